# SPDX-License-Identifier: Apache-2.0
"""Whose code is it? By the names of the top-level packages that modules are
in."""

PYTEST = frozenset(("_pytest", "pytest"))
OURS = "_pytgraph"
# Where the hooks of pytest's own plugins are, and ours.
OWN = frozenset(("_pytest", OURS))
