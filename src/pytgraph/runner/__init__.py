# SPDX-License-Identifier: Apache-2.0
"""Running one file by pytest or unittest, and its result."""
