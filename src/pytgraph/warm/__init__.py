# SPDX-License-Identifier: Apache-2.0
"""The warm worker and the sessions that it forks."""
