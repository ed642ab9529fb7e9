# SPDX-License-Identifier: Apache-2.0
"""Which environment variables a run reads.

CPython has no audit event for reading os.environ, so its class is replaced by
a subclass that notes names, and the dict below it, which is posix.environ too,
by one that does. Iterating or copying a mapping counts as reading all of it, and
so does starting a process that inherits it, where the library (library.py) does
not tell what that reads. It is told all names too: a forked child, which leaves
no document, may have read them. Reads by C code (locale, time zone, libraries)
are not seen here.
"""

import gc
import os
import sys

from ..process.packages import OURS, PYTEST
from . import library, zone

_SPAWN = frozenset(("subprocess.Popen", "os.system", "os.exec", "os.spawn",
                    "os.posix_spawn", "os.fork", "os.forkpty", "import"))
# These start processes without an event.
_SPAWNERS = ("multiprocessing.popen_spawn_posix",
             "multiprocessing.popen_forkserver")
# Read only to decide how a report looks, by those who print it.
_DISPLAY = frozenset(("COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR",
                      "PY_COLORS", "PYTHON_COLORS", "PYTEST_CURRENT_TEST",
                      "PYTEST_THEME", "PYTEST_THEME_MODE"))
# Which of several files that run at once it is must not matter (slots.py).
_SLOT = frozenset(("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT",
                   "PYTEST_XDIST_TESTRUNUID"))
_PRINTERS = PYTEST | {"shutil", OURS}
# Modules of Python that read them for whoever calls.
_HELPERS = ("_colorize", "argparse")


class Seen:
    """Names read so far; `all` once the whole environment was."""

    def __init__(self):
        self.names = set()
        self.all = False
        self.hooked = False
        self.watching = False   # for starts of processes
        self.on = True
        self.spawning = None    # called with the event that starts a process
        self.thaw = True        # for whoever asks the collector
        self.temporary = []     # files and directories made by tempfile
        self.makers = {}        # of these: source files of their makers
        self.place = None       # called with imports and openings of files
        self.written = set()    # absolute paths of files opened to be written,
                                # or renamed to
        self.importing = None   # called with the name of a module that an
                                # import statement has to load


seen = Seen()


def _note(name):
    if name in _DISPLAY:
        frame = sys._getframe(2)
        while frame.f_back and frame.f_globals.get("__name__") in _HELPERS:
            frame = frame.f_back
        caller = frame.f_globals.get("__name__") or ""
        if caller.partition(".")[0] in _PRINTERS:
            return
    if isinstance(name, bytes):
        name = _fsdecode(name)
    if isinstance(name, str) and name not in _SLOT:
        _note_name(name)


def _note_name(name):
    if seen.on:
        seen.names.add(name)
        if not seen.all:
            library.variable(name)


def _note_all():
    if not seen.all:
        seen.all = True
        library.variable("*")


class RecordingEnviron(os.environ.__class__):
    """os.environ, or os.environb, that notes what is read; else unchanged."""

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
            _note_all()
        return super().__iter__()


class RecordingData(dict):
    """posix.environ, which os.environ keeps its values in, that notes what is
    read by others than os.environ."""

    def __getitem__(self, name):
        if seen.on and not _is_environ():
            _note(name)
        return dict.__getitem__(self, name)

    def get(self, name, default=None):
        if seen.on and not _is_environ():
            _note(name)
        return dict.get(self, name, default)

    def __contains__(self, name):
        if seen.on and not _is_environ():
            _note(name)
        return dict.__contains__(self, name)


def _whole(name):
    plain = getattr(dict, name)

    def function(self, *args):
        if seen.on and not _is_environ():
            _note_all()
        return plain(self, *args)

    function.__name__ = name
    setattr(RecordingData, name, function)


# Also copying: without an __iter__ of their own dicts are copied unseen.
for _name in ("__iter__", "__len__", "__eq__", "__ne__", "__repr__", "__or__",
              "__ror__", "__reversed__", "keys", "values", "items", "copy",
              "popitem"):
    if hasattr(dict, _name):
        _whole(_name)
del _name


def _is_environ():
    """Does os.environ ask, or this program?"""
    name = sys._getframe(2).f_globals.get("__name__") or ""
    return name == "os" or name.partition(".")[0] == OURS


def install():
    """Start recording in this process and all forked from it."""
    if type(os.environ) is RecordingEnviron:
        return
    data = os.environ._data
    os.environ.__class__ = RecordingEnviron
    if os.supports_bytes_environ:
        os.environb.__class__ = RecordingEnviron
    posix = sys.modules.get("posix")
    if posix is not None and getattr(posix, "environ", None) is data:
        posix.environ = os.environ._data = RecordingData(data)
        if os.supports_bytes_environ:
            os.environb._data = posix.environ
    if library.on:
        zone.install(_note_name)


def watch_spawns():
    """From here on the start of a process is a read of everything. An audit
    hook can't be removed and is slow: call it only in processes of tests and
    those they are forked from."""
    seen.watching = True
    if not seen.hooked:
        seen.hooked = True
        sys.addaudithook(_audit)


def ignore_spawns():
    """Until watch_spawns() again: this process starts its own kind."""
    seen.watching = False


# These don't find what gc.freeze() has taken from the collector: a process that
# forks children does so, that no child copies all objects to look at them.
_THAW = frozenset(("gc.get_objects", "gc.get_referrers"))


_TEMPORARY = frozenset(("tempfile.mkdtemp", "tempfile.mkstemp"))
_WRITING = os.O_WRONLY | os.O_RDWR
_watched = _SPAWN | _THAW | _TEMPORARY | {"open", "os.rename", "ctypes.dlsym"}
# The environment as C has it.
_C_ENVIRON = ("environ", "_environ", "__environ")


def tell_place(function):
    """Call function(event, args) for imports and openings of files, until it
    is None."""
    seen.place = function


def _audit(event, args):
    if event not in _watched:
        return
    if seen.place is not None:
        seen.place(event, args)
    if event == "import" and seen.importing is not None:
        seen.importing(args[0])
    if event == "open":
        if args[2] & _WRITING:
            _note_written(args[0])
        elif seen.on and not seen.all and _is_environ_file(args[0]):
            _note_all()
    elif event == "ctypes.dlsym":
        if seen.on and args[1] in _C_ENVIRON:
            _note_all()
    elif event == "os.rename":
        _note_written(args[1])
    elif event in _THAW:
        if seen.thaw:
            gc.unfreeze()
    elif event in _TEMPORARY:
        seen.temporary.append(args[0])
        seen.makers[args[0]] = _stack()
    elif seen.watching and (event != "import" or args[0] in _SPAWNERS):
        if seen.on and not library.on:
            seen.all = True
        if seen.spawning is not None:
            seen.spawning(event)


def _note_written(path):
    """Whatever the tests have made of this world, their call must not fail."""
    try:
        if type(path) is not int:
            path = _fsdecode(path)
            seen.written.add(path if path[:1] == "/"
                             else _getcwd() + "/" + path)
    except BaseException:
        return


def _is_environ_file(path):
    """What Linux shows of it: /proc/self/environ, or with a number."""
    try:
        return type(path) is not int and \
            _fsdecode(path).endswith("/environ")
    except BaseException:
        return False


# Not what tests have put in their place.
_fsdecode, _getcwd = os.fsdecode, os.getcwd


def _stack():
    """The source files of the functions that are being executed."""
    found, frame = set(), sys._getframe(2)
    while frame is not None:
        found.add(frame.f_code.co_filename)
        frame = frame.f_back
    return found


def objects():
    """Those that the collector knows, without what gc.freeze() has taken from
    it."""
    seen.thaw = False
    try:
        return gc.get_objects()
    finally:
        seen.thaw = True


def written(base):
    """Files below `base` that this process has written, from there, sorted; not
    all of very many."""
    prefix = os.path.join(base, "")
    found = {os.path.normpath(p) for p in seen.written}
    return sorted(p[len(prefix):] for p in found
                  if p.startswith(prefix) and "/.tgraph/" not in p)[:1000]


def snapshot():
    """(sorted names, all) and stop recording."""
    seen.on = False
    everything = seen.all or not library.on and any(
        m in sys.modules for m in _SPAWNERS)
    return sorted(seen.names), everything
