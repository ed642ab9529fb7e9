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
        if counts(path, prefix):
            found.add(path[len(prefix):])
    return sorted(found)


def counts(path, prefix):
    """Is the absolute path below the directory that `prefix` is with its
    slash, and of no installed distribution?"""
    if not path.startswith(prefix):
        return False
    rest = path[len(prefix) - 1:]
    return "/site-packages/" not in rest and "/dist-packages/" not in rest


class Company:
    """What several files that run in one process have imported, each of them.

    A module that is loaded already is not loaded again for the next file. What
    first-party code imports by a statement is known without running it; what
    else was loaded before (by name, by a library) counts for all that follow.
    """

    def __init__(self, ours, base):
        """ours(path): is it first-party source? `base`: as of imported()."""
        self.ours = ours
        self.prefix = os.path.join(base, "")
        self.stated = set()     # modules that a first-party statement loads

    def importing(self, name):
        """An import statement is about to load module `name`."""
        frame = sys._getframe(2)
        while frame is not None and \
                frame.f_code.co_filename.startswith("<frozen importlib"):
            frame = frame.f_back
        if frame is not None and self.ours(frame.f_code.co_filename):
            self.stated.add(name)

    def begin(self):
        """The next file begins."""
        rest = set()
        for name in reversed(sys.modules):
            if name == _MARK:
                break
            path = getattr(sys.modules.get(name), "__file__", None)
            if name not in self.stated and isinstance(path, str) and \
                    name != "__main__" and (
                        counts(abspath(path), self.prefix) or
                        not os.path.isabs(path)):
                rest.add(path)
        self.stated.clear()
        _known["more"] = _known.get("more", frozenset()) | rest
        sys.modules.pop(_MARK, None)
        sys.modules[_MARK] = type(sys)(_MARK)

    def files(self, without):
        """Paths of what earlier files have loaded for all, but for those of
        which without(path)."""
        return [p for p in _known.get("more", ()) if not without(p)]


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
