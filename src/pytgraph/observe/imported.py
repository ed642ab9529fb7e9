# SPDX-License-Identifier: Apache-2.0
"""Which first-party files a run has imported."""

import os
import sys
from os.path import abspath

# What know_imported() found in a process that this one is forked from.
_known = {"files": frozenset()}
_MARK = "_pytgraph.mark"


def imported(base, more=()):
    """Files below `base` that this process has imported, and `more`, relative
    to it and sorted; installed distributions are left out."""
    prefix = os.path.join(base, "")
    found = set(_known["files"])
    for path in files() + list(more):
        path = abspath(path)
        if path.startswith(prefix) and "/site-packages/" not in path and \
                "/dist-packages/" not in path:
            found.add(path[len(prefix):])
    return sorted(found)


def files():
    """The paths of modules that were imported after know_imported()."""
    found = []
    for name in reversed(sys.modules):
        if name == _MARK:
            break
        path = getattr(sys.modules.get(name), "__file__", None)
        if isinstance(path, str) and name != "__main__":
            found.append(path)
    return found


def know_imported(base):
    """Let imported() in processes forked from this one look only at modules
    that were added after now (sys.modules keeps the order of insertion)."""
    _known["files"] = frozenset(imported(base))
    sys.modules.pop(_MARK, None)
    sys.modules[_MARK] = type(sys)(_MARK)
