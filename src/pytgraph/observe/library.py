# SPDX-License-Identifier: Apache-2.0
"""The library that notes what this process asks the system for.

It is loaded by LD_PRELOAD, or it is not there; src/observe/format.h says how it
is spoken to. What the import system looks for is left out: which modules are
there is known from the source tree, and which were imported is in the result.
Not that of directories elsewhere: where one of them comes first and has no such
module is noted.
"""

import os
import posix
import sys

QUIET = "/.//././"
# Variables by which the library is loaded and finds its log.
_VARIABLES = ("LD_PRELOAD", "TGRAPH_OBSERVE")
_NAME = "libtgraph-observe.so"
_access = posix.access

on = False
_passed = ()            # directories, each with a slash at its end
_tree = ""              # the directory that tgraph runs in, likewise


def begin():
    """Once, as early as can be: tests don't see the variables, and imports are
    quiet."""
    global on, _tree
    if _VARIABLES[1] not in os.environ:
        return
    _tree = os.path.join(os.getcwd(), "")
    theirs = ":".join(p for p in os.environ["LD_PRELOAD"].split(":")
                      if os.path.basename(p) != _NAME)
    on = _hide(theirs)
    if on:
        _quiet_imports()


def _hide(theirs):
    """Take them out of what Python shows; what processes inherit stays, so
    that those that a shell starts are seen too. Is the library there?"""
    for name in _VARIABLES:
        key = os.fsencode(name)
        for space in os.environ._data, posix.environ:
            space.pop(key, None)
            if theirs and name == _VARIABLES[0]:
                space[key] = os.fsencode(theirs)
    return _say(":pass:" + os.path.dirname(os.path.dirname(
        os.path.abspath(__file__))))


def quiet(path):
    """The absolute path, spelt so that using it is not noted."""
    return QUIET + path[1:] if on and path[:1] == "/" else path


def is_conftest(path):
    """Is this (text) a conftest.py of the tree, there or not?"""
    return type(path) is str and path.startswith(_tree or "\0") and \
        path.endswith("/conftest.py")


def _say(text):
    try:
        return _access(QUIET + text, 0)
    except (OSError, ValueError):
        return False


def environment():
    """What is installed is known by other means. Once, when it is known."""
    global _passed
    if not on or _passed:
        return
    paths = set(_environment())
    for path in sorted(paths):
        _say(":pass:" + path)
    _passed = tuple(os.path.join(p, "") for p in paths)


def _environment():
    yield os.path.dirname(os.__file__)
    site = sys.modules.get("site")
    if site is not None:
        yield from site.getsitepackages()
        if site.ENABLE_USER_SITE:
            yield site.getusersitepackages()
    for path in sys.path:
        if os.path.basename(path) in ("site-packages", "dist-packages",
                                      "lib-dynload"):
            yield path
        elif path.endswith(".zip") and path.startswith(sys.base_prefix):
            yield path
    if sys.executable:
        yield sys.executable
        yield os.path.realpath(sys.executable)
    if sys.prefix != sys.base_prefix:
        yield os.path.join(sys.prefix, "bin")
        yield os.path.join(sys.prefix, "pyvenv.cfg")


def forked():
    """This process was forked from one that serves files, and serves some
    itself."""
    if on:
        _say(":fork")


def switch(log):
    """From now on what this process asks for is of one file, whose log (None:
    none) this is."""
    global on
    if on and log is not None:
        on = _say(":log:" + log)


def join(log):
    """What this process has asked for and will ask for is of this file too."""
    if on and log is not None:
        _say(":join:" + log)


# ---- imports ----

def _quiet_imports():
    import types
    external = vars(sys.modules["_frozen_importlib_external"])
    stat, listdir = posix.stat, posix.listdir

    def quiet_stat(path, *args, **kwargs):
        if type(path) is str and path[:1] == "/":
            path = QUIET + path[1:]
        return stat(path, *args, **kwargs)

    def quiet_listdir(path="."):
        if type(path) is str and path[:1] == "/":
            path = QUIET + path[1:]
        return listdir(path)

    system = types.SimpleNamespace(**vars(external["_os"]))
    system.stat, system.listdir = quiet_stat, quiet_listdir
    external["_os"] = system
    finder = external["PathFinder"]
    plain = finder.find_spec.__func__

    def find_spec(cls, fullname, path=None, target=None):
        spec = plain(cls, fullname, path, target)
        path = sys.path if path is None else path
        if spec is None or spec.loader is None:
            _note_absent(fullname, path)
        elif _passed:
            before = _elsewhere_before(spec.origin, path)
            if before:
                _note_absent(fullname, before)
        return spec

    finder.find_spec = classmethod(find_spec)


_known = {}             # entry of a path: is it a directory elsewhere?


def _elsewhere_before(origin, path):
    """Directories that are neither of the tree nor of what is installed, and
    come before the one that a module was found in."""
    found = []
    try:
        home, file = os.path.split(origin)
        if file.startswith("__init__."):
            home = os.path.dirname(home)
        for entry in path:
            if entry == home:
                break
            where = _known.get(entry)
            if where is None:
                _known[entry] = where = type(entry) is str and \
                    entry[:1] == "/" and \
                    not (entry + "/").startswith(_passed + (_tree,))
            if where:
                found.append(entry)
    except (AttributeError, TypeError):
        return ()
    return found


def _note_absent(fullname, path):
    """A module was looked for in these directories and is in none of them."""
    tail = fullname.rpartition(".")[2]
    if fullname.startswith("_tgraph"):
        return
    try:
        for entry in path:
            if type(entry) is not str or \
                    (entry + "/").startswith(_passed) or entry[-4:] == ".zip":
                continue
            where = os.path.join(entry, tail) if entry else tail
            _access(where, 0)
            _access(where + ".py", 0)
    except (OSError, ValueError, TypeError):
        return


_metadata = []          # whose children() and mtime are not noted


def quiet_metadata():
    """Let importlib.metadata list directories of modules without being noted:
    it looks for what is installed."""
    metadata = sys.modules.get("importlib.metadata")
    path = getattr(metadata, "FastPath", None)
    if not on or not hasattr(path, "children") or path in _metadata:
        return
    plain, listdir = path.children, posix.listdir

    def children(self):
        root = getattr(self, "root", None)
        if type(root) is not str or root[:1] != "/":
            return plain(self)
        try:
            return listdir(QUIET + root[1:])
        except OSError:
            return plain(self)

    path.children = children
    _metadata.append(path)
    time = getattr(path, "mtime", None)
    if isinstance(time, property):
        path.mtime = property(lambda self: _time(self, time.fget))


def _time(self, plain):
    root = getattr(self, "root", None)
    if type(root) is str and root[:1] == "/":
        try:
            return posix.stat(QUIET + root[1:]).st_mtime
        except OSError:
            pass
    return plain(self)
