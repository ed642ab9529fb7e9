# SPDX-License-Identifier: Apache-2.0
"""The library that notes what this process asks the system for.

It is loaded by LD_PRELOAD, or it is not there; src/observe/format.h says how it
is spoken to. Of what the import system does, only for which modules it looked in
which directories is noted: not what else is in these. In those of the
interpreter and of what is installed it may do as it likes.
"""

import os
import posix
import sys

_quiet = "/.//././"     # and the key, when there is one
# Variables by which the library is loaded and finds its log, and the ticket.
_VARIABLES = ("LD_PRELOAD", "TGRAPH_OBSERVE", "TGRAPH_TICKET")
_NAME = "libtgraph-observe.so"
_access = posix.access

on = False
_ticket = None          # whoever has it can keep to himself what he reads
_passed = ()            # directories, each with a slash at its end
_inside = ()            # those that lie in
_tree = ""              # the directory that tgraph runs in


def begin():
    """Once, as early as can be: tests don't see the variables, and imports are
    quiet."""
    global on, _tree
    if _VARIABLES[1] not in os.environ:
        return
    ticket = os.environ.get(_VARIABLES[2], "")
    _tree = os.path.join(os.getcwd(), "")
    theirs = ":".join(p for p in os.environ["LD_PRELOAD"].split(":")
                      if os.path.basename(p) != _NAME)
    _hide(theirs)
    on = _take(ticket) and _say(":pass:" + os.path.dirname(os.path.dirname(
        os.path.abspath(__file__))))
    if on:
        _quiet_imports()


def _take(ticket):
    """The key is taken for this program: is the library there, and did it give
    it?"""
    global _ticket, _quiet
    if not _say(":key:" + ticket):
        return False
    _ticket = ticket
    _quiet += "".join("./" if bit == "1" else "/"
                      for bit in format(int(ticket[-6:], 16), "024b"))
    return True


def hand_on():
    """Let the program that this one is about to become have the key."""
    if _ticket is not None:
        os.environ[_VARIABLES[2]] = _ticket


def _hide(theirs):
    """Take them out of what Python shows; what processes inherit stays, so
    that those that a shell starts are seen too."""
    for name in _VARIABLES:
        key = os.fsencode(name)
        for space in os.environ._data, posix.environ:
            space.pop(key, None)
            if theirs and name == _VARIABLES[0]:
                space[key] = os.fsencode(theirs)


def quiet(path):
    """The absolute path, spelt so that using it is not noted."""
    return _quiet + path[1:] if on and path[:1] == "/" else path


def is_conftest(path):
    """Is this (text) a conftest.py of the tree, there or not?"""
    return type(path) is str and path.startswith(_tree or "\0") and \
        path.endswith("/conftest.py")


def _say(text):
    try:
        return _access(_quiet + text, 0)
    except (OSError, ValueError):
        return False


def environment():
    """What is installed is known by other means. Once, when it is known."""
    global _passed, _inside
    if not on or _passed:
        return
    paths = set(_environment())
    for path in sorted(paths):
        _say(":pass:" + path)
    _passed = tuple(os.path.join(p, "") for p in paths | {_own})
    # The tree may lie there itself.
    _inside = tuple(p for p in _passed if p.startswith(_tree) and p != _tree)


def _is_passed(path):
    """Does this (text) lie in what is known by other means?"""
    path += "/"
    return path.startswith(_inside if path.startswith(_tree) else _passed)


def _environment():
    stdlib = os.path.join(os.path.dirname(os.__file__), "")
    # In Python's own source tree it is source.
    if not stdlib.startswith(_tree) or stdlib.startswith(
            (os.path.join(sys.prefix, ""), os.path.join(sys.base_prefix, ""))):
        yield stdlib[:-1]
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
    yield os.path.join(os.path.dirname(os.path.dirname(os.__file__)),
                       "libpython%d.%d%s.so.1.0" % (
                           *sys.version_info[:2], sys.abiflags))
    if sys.prefix != sys.base_prefix:
        for name in "", "3", "3.%d" % sys.version_info[1]:
            yield os.path.join(sys.prefix, "bin", "python" + name)
            yield os.path.join(sys.prefix, "bin", "python%s._pth" % name)


def forked():
    """This process was forked from one that serves files, and serves some
    itself."""
    if on:
        _say(":fork")
        _note_early()


def switch(log):
    """From now on what this process asks for is of one file, whose log (None:
    none) this is."""
    global on
    if on and log is not None:
        on = _say(":log:" + log)
        _note_early()


def join(log):
    """What this process has asked for and will ask for is of this file too."""
    if on and log is not None:
        _say(":join:" + log)


def variable(name):
    """This variable was read; "*": all of them."""
    if on:
        _say(":env:" + name)


def left(log):
    """What this process asks for from now on is not for this file any more."""
    if on and log is not None:
        _say(":left:" + log)


_ready = False


def ready():
    """The test runner is loaded. Once."""
    global _ready
    if on and not _ready:
        _ready = _say(":ready")


def loaded():
    """Note which libraries are loaded by now: what they need the loader opens
    itself, which is seen at a process's start and orderly end only."""
    if on:
        _say(":loaded")


# ---- imports ----

MANY = 64               # names in a note
_early = set()          # top-level modules that were looked for until _late
_late = False           # what is loaded is noted, for whoever it is
_entries = set()        # of sys.path, that _early was noted for
_tag = ""               # how names of compiled modules end, less ".so"
_own = ""               # where this program lies


def _quiet_imports():
    global _tag, _own
    import types
    external = vars(sys.modules["_frozen_importlib_external"])
    stat, listdir = posix.stat, posix.listdir

    def quiet_stat(path, *args, **kwargs):
        if type(path) is str and path[:1] == "/":
            path = _quiet + path[1:]
        return stat(path, *args, **kwargs)

    def quiet_listdir(path="."):
        if type(path) is str and path[:1] == "/":
            path = _quiet + path[1:]
        return listdir(path)

    system = types.SimpleNamespace(**vars(external["_os"]))
    system.stat, system.listdir = quiet_stat, quiet_listdir
    external["_os"] = system
    suffixes = sys.modules["_imp"].extension_suffixes()
    _tag = suffixes[0][:-3] if suffixes else ""
    _own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    _note_finders(external["FileFinder"], external["PathFinder"])


def _note_finders(files, paths):
    """A finder is asked for one directory after the other, until one of them
    has the module."""
    find_in, find = files.find_spec, paths.find_spec.__func__

    def find_in_directory(self, fullname, target=None):
        _note_find(self.path, fullname.rpartition(".")[2])
        return find_in(self, fullname, target)

    def find_spec(cls, fullname, path=None, target=None):
        if path is None:
            if _late:
                _note_entries()
            else:
                _early.add(fullname)
        spec = find(cls, fullname, path, target)
        _note_no_directories(sys.path if path is None else path)
        return spec

    files.find_spec = find_in_directory
    paths.find_spec = classmethod(find_spec)


def _note_find(directory, name):
    """It is looked for what is called so in a directory ("*": for what is
    installed there)."""
    try:
        if _passed and name[:7] != "_tgraph" and not _is_passed(directory):
            _say(":find:%s/%s:%s" % (directory, name, _tag))
    except TypeError:
        return                  # it is no text: none of ours


def _note_no_directories(path):
    """Entries of a search path that are none, and might become some."""
    cache = sys.path_importer_cache
    for entry in path:
        try:
            if cache.get(entry, path) is None and not _is_passed(entry):
                _access(entry, 0)
        except (OSError, ValueError, TypeError):
            continue


def _note_early():
    """Of what was loaded, or not found, before anything was noted for anybody,
    another one would be found in a directory of sys.path."""
    global _late
    if not _late:
        _late = True
        _early.update(name for name in sys.modules if "." not in name)
        _note_entries()


def _note_entries():
    """The same for directories that have come to sys.path since."""
    for entry in sys.path:
        if type(entry) is str and entry not in _entries:
            _entries.add(entry)
            shadowed(entry, _early)


_shadowed = {}          # directory: names that were asked after there: what was
                        # noted in this process counts for all that it does


def shadowed(directory, names=None):
    """Modules of these names (all that are loaded) would have been found in the
    directory, if there were any."""
    if not on or type(directory) is not str or _is_passed(directory):
        return
    if names is None:
        names = {name for name in sys.modules if "." not in name}
    known = _shadowed.setdefault(directory, set())
    names = [name for name in sorted(names - known) if name.isidentifier() and
             name not in sys.builtin_module_names and
             not name.startswith(("_pytgraph", "_tgraph", "__main__"))]
    known.update(names)
    for at in range(0, len(names), MANY):
        _note_find(directory, ",".join(names[at:at + MANY]))


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
        _note_find(root, "*")
        try:
            return listdir(_quiet + root[1:])
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
            return posix.stat(_quiet + root[1:]).st_mtime
        except OSError:
            pass
    return plain(self)
