# SPDX-License-Identifier: Apache-2.0
"""What is done before a fork, so that children need not."""
