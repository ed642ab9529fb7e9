# SPDX-License-Identifier: Apache-2.0
"""What every process needs: signals, descriptors, its end."""
