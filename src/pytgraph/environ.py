# SPDX-License-Identifier: Apache-2.0
"""Which environment variables a run reads.

CPython has no audit event for reading os.environ, so its class is replaced by
a subclass that notes names. Iterating or copying the mapping, or starting a
process that inherits it, counts as reading all of it. Reads by C code
(locale, time zone, libraries) are not seen: the caller adds those names.
"""

import os
import sys

_SPAWN = frozenset(("subprocess.Popen", "os.system", "os.exec", "os.spawn",
                    "os.posix_spawn", "os.fork", "os.forkpty"))
# Read only to decide how a report looks, by those who print it.
_DISPLAY = frozenset(("COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR",
                      "PY_COLORS", "PYTEST_CURRENT_TEST", "PYTEST_THEME",
                      "PYTEST_THEME_MODE"))
_PRINTERS = ("_pytest", "shutil", "pytest", "_pytgraph")


class Seen:
    """Names read so far; `all` once the whole environment was."""

    def __init__(self):
        self.names = set()
        self.all = False
        self.hooked = False
        self.on = True


seen = Seen()


def _note(name):
    if name in _DISPLAY:
        caller = sys._getframe(2).f_globals.get("__name__") or ""
        if caller.partition(".")[0] in _PRINTERS:
            return
    if isinstance(name, str):
        seen.names.add(name)


class RecordingEnviron(os.environ.__class__):
    """os.environ that notes what is read; else unchanged."""

    def __getitem__(self, name):
        if seen.on and name not in seen.names:
            _note(name)
        return super().__getitem__(name)

    def get(self, name, default=None):
        if seen.on and name not in seen.names:
            _note(name)
        try:
            return super().__getitem__(name)
        except KeyError:
            return default

    def __contains__(self, name):
        if seen.on and name not in seen.names:
            _note(name)
        try:
            super().__getitem__(name)
        except KeyError:
            return False
        return True

    def __iter__(self):
        if seen.on:
            seen.all = True
        return super().__iter__()


def install():
    """Start recording in this process and all forked from it."""
    if type(os.environ) is not RecordingEnviron:
        os.environ.__class__ = RecordingEnviron


def watch_spawns():
    """Take the start of a process for a read of everything. An audit hook
    can't be removed: call it only in the process that runs the tests."""
    if not seen.hooked:
        seen.hooked = True
        sys.addaudithook(_audit)


def _audit(event, args):
    if event in _SPAWN and seen.on:
        seen.all = True


def snapshot():
    """(sorted names, all) and stop recording."""
    seen.on = False
    everything = seen.all or "multiprocessing.popen_spawn_posix" in \
        sys.modules or "multiprocessing.popen_forkserver" in sys.modules
    return sorted(seen.names), everything
