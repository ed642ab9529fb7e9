# SPDX-License-Identifier: Apache-2.0
"""Collecting a test file before the fork.

A child that imports and collects its file does so with cold memory: each page
it writes to is copied first, and what it has imported is gone with it. A file
whose option --inert says that importing it and its first-party closure does
nothing but define names is collected in the process that is forked for it
instead, one file after the other. After each, everything is put back, so that
the next file finds what it would have found alone:

- sys.modules, and what packages know of their submodules. A module that was
  imported is kept aside (Kept): when another file imports it, its body is not
  executed again, but the import statements of its body are, through the import
  system, in their order; so exactly the modules that this file imports, itself
  or through others, are in sys.modules.
- sys.path, pytest's fixtures and initial paths.

Whatever is not plain leaves the file to a process that has collected nothing
(a warning, output, an error, a new thread or descriptor, an edited module) or
makes this process one for this file only: a module of an installed
distribution, whose import may change others, or anything else in Standing.
Reference: importlib._bootstrap (PEP 451), pytest 8.0 to 9.x, _pytest/main.py.
"""

import builtins
import gc
import importlib
import os
import sys

from . import cycles
from ..process.process import in_library, stamp, threads
from ..runner.collect import OWN, foreign

MAX_FILES = 100         # collected by one process
_MISSING = object()


class Kept:
    """An imported module while it is not in sys.modules."""

    __slots__ = ("module", "file", "stamp", "spec", "calls", "names",
                 "children", "path")

    def __init__(self, module, path):
        self.module = module
        self.file = getattr(module, "__file__", None)
        self.stamp = stamp(self.file)
        self.spec = getattr(module, "__spec__", None)
        self.calls = ()         # its import statements: __import__ arguments
        self.names = None       # a package's namespace,
        self.children = []      # and the submodules seen of it
        self.path = path        # sys.path when it was found


def initializing(name):
    """Is the body of this module being executed?"""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return getattr(spec, "_initializing", False)


def statement(frame):
    """Is this frame at an import statement? (Else it uses a name that a lazy
    one has bound.)"""
    return frame.f_code.co_code[frame.f_lasti] == _IMPORT_NAME


if hasattr(sys, "get_lazy_imports"):
    from opcode import opmap
    _IMPORT_NAME = opmap["IMPORT_NAME"]
else:
    statement = None        # before Python 3.15 there are no others


def places(spec):
    """The directories of a package."""
    return list(spec.submodule_search_locations or ())


class Modules:
    """sys.modules between files; a finder (importlib.abc.MetaPathFinder) and
    a loader of what is kept."""

    def __init__(self, ours):
        self.ours = ours        # is this file first-party source?
        self.kept = {}
        self.last = next(reversed(sys.modules))
        self.known = set(sys.modules)
        self.search = list(sys.path)
        self.undo = []          # (module, namespace of its parent, its name
                                # there, value before)
        self.packages = []      # Kept ones whose names are not yet known
        self.calls = {}         # module name: import statements seen
        self.cyclic = False     # do modules of this file import each other?
        self.learnt = False     # was a submodule imported that stays?
        self.late = False       # did a module that is not to stay import
                                # something after its body?
        self.stale = False      # is what is kept not what it would be now?
        self.plain = self.plain_module = None

    def enter(self):
        """Begin a file."""
        self.plain = plain = builtins.__import__
        calls, modules = self.calls, sys.modules

        def import_(name, globals=None, locals=None, fromlist=(), level=0):
            importer = globals.get("__name__") if globals else None
            if importer in calls and initializing(importer) and \
                    (statement is None or statement(sys._getframe(1))):
                self.note(importer, (name, tuple(fromlist or ()), level))
                return plain(name, globals, locals, fromlist, level)
            # a function of a module imports something, or it is imported by
            # the first use of its name
            before = len(modules)
            try:
                return plain(name, globals, locals, fromlist, level)
            finally:
                if len(modules) != before:
                    if importer in calls or importer in self.kept:
                        self.late = True
                    else:
                        self.learn(list(modules)[before:])

        builtins.__import__ = import_
        self.plain_module = plain_module = importlib.import_module

        def import_module(name, package=None):
            importer = sys._getframe(1).f_globals.get("__name__")
            if importer in calls and isinstance(name, str):
                self.note(importer, (cycles.absolute(name, package), (), 0))
            return plain_module(name, package)

        importlib.import_module = import_module
        sys.meta_path.insert(0, self)

    def note(self, importer, call):
        """An import statement of a module that is being imported. Note a
        cycle: that it names one whose body has not ended. (A package's own
        modules always come after its body has begun.)"""
        self.calls[importer].append(call)
        for name in cycles.targets(sys.modules.get(importer), call):
            if initializing(name) and \
                    not (importer + ".").startswith(name + "."):
                self.cyclic = True

    def learn(self, names):
        """What modules that were here before import for themselves stays; no
        first-party ones do that. A package tells of a submodule: so only
        pytest's may stay for other files."""
        self.known.update(names)
        for name in names:
            top, dot, _ = name.partition(".")
            file = getattr(sys.modules.get(name), "__file__", None)
            if isinstance(file, str) and self.ours(file):
                self.stale = True
            elif dot and top != "pluggy" and top not in OWN:
                self.learnt = True

    def leave(self):
        """Before the fork: the finder is gone, what was imported is there."""
        if self.plain is not None:
            builtins.__import__ = self.plain
            importlib.import_module = self.plain_module
            self.plain = self.plain_module = None
            sys.meta_path.remove(self)

    def find_spec(self, name, path=None, target=None):
        parent, _, child = name.rpartition(".")
        if parent:
            # The import system will bind the submodule. If the package's own
            # body imports it, that stays.
            package = sys.modules[parent]
            if not getattr(package.__spec__, "_initializing", False):
                space = package.__dict__
                self.undo.append((name, space, child,
                                  space.get(child, _MISSING)))
        kept = self.kept.get(name)
        if kept is not None and (
                kept.stamp != stamp(kept.file) or
                not parent and not self.same(name, kept)):
            self.stale = True
            kept = None
        if kept is None:
            self.calls[name] = []
            return None
        from importlib.machinery import ModuleSpec
        return ModuleSpec(name, self, origin=getattr(kept.spec, "origin",
                                                     None))

    def holds(self, file):
        """Is the module of this file kept? Others then know it."""
        return any(kept.file == file for kept in self.kept.values())

    def same(self, name, kept):
        """Would the top-level module `name` be found where it was?"""
        if kept.path == sys.path:
            return True
        from importlib.machinery import BuiltinImporter, FrozenImporter, \
            PathFinder
        for finder in BuiltinImporter, FrozenImporter, PathFinder:
            spec = finder.find_spec(name)
            if spec is not None:
                break
        if spec is None or spec.origin != kept.spec.origin or \
                places(spec) != places(kept.spec):
            return False
        kept.path = list(sys.path)
        return True

    def create_module(self, spec):
        return self.kept[spec.name].module

    def exec_module(self, module):
        kept = self.kept[module.__spec__.name]
        module.__spec__ = kept.spec
        plain, space = self.plain, module.__dict__
        for child in kept.children:
            space.pop(child, None)      # as before the body imports it
        for name, fromlist, level in kept.calls:
            try:
                plain(name, space, None, fromlist, level)
            except ImportError:
                pass
        if kept.names is not None:
            space.update(kept.names)

    def new(self):
        """Names in sys.modules that came with a file, the last one first: it
        keeps the order of insertion."""
        found = []
        for name in reversed(sys.modules):
            if name == self.last:
                break
            if name not in self.known:
                found.append(name)
        return found

    def covered(self):
        """Was a name that a package had bound replaced by its submodule? Then
        what is kept may have taken the one or the other."""
        return any(value is not _MISSING and
                   value is not sys.modules.get(name)
                   for name, space, child, value in self.undo)

    def settle(self, test):
        """After a file was collected: keep what it imported. False if some
        module can't be kept for others."""
        before = len(self.kept)
        calls = {name: made for name, made in self.calls.items()
                 if getattr(sys.modules.get(name), "__file__", "") != test}
        if self.cyclic and cycles.tangled(calls, self.ours) or \
                cycles.relies(calls, self.ours):
            return False
        for name in self.new():
            module = sys.modules[name]
            if name in self.kept and self.kept[name].module is module:
                continue
            kept = Kept(module, list(sys.path))
            kept.calls = tuple(dict.fromkeys(self.calls.pop(name, ())))
            if kept.file == test:
                continue
            if type(module) is not type(sys) or kept.spec is None or \
                    not self.keepable(kept.file):
                return False
            self.kept[name] = kept
            if hasattr(module, "__path__"):
                self.packages.append(kept)
        for name in list(self.kept)[before:]:
            parent, _, child = name.rpartition(".")
            if parent in self.kept:
                self.kept[parent].children.append(child)
        return True

    def keepable(self, file):
        """Is a module with this file first-party or of the standard library
        (built in, frozen and namespace packages have none)?"""
        return file is None or self.ours(file) or in_library(file)

    def restore(self):
        """Forget the file."""
        for name in self.new():
            del sys.modules[name]
        while self.undo:
            name, space, child, value = self.undo.pop()
            if name in self.known:
                continue
            if value is _MISSING:
                space.pop(child, None)
            else:
                space[child] = value
        while self.packages:
            kept = self.packages.pop()
            kept.names = dict(kept.module.__dict__)
        self.calls.clear()
        self.cyclic = False
        sys.path[:] = self.search


class Saved:
    """The attributes of an object as they are now, containers copied."""

    def __init__(self, thing):
        self.thing = thing
        self.plain = {}
        self.containers = {}
        for name, value in vars(thing).items():
            if isinstance(value, (dict, set, list)):
                self.containers[name] = value, copied(value)
            else:
                self.plain[name] = value

    def restore(self):
        space = self.thing.__dict__
        space.update(self.plain)
        for name, (live, value) in self.containers.items():
            space[name] = live
            if live == value:
                continue
            live.clear()
            if isinstance(live, list):
                live.extend(value)
            else:
                live.update(copied(value))


def copied(value):
    """A copy of nested containers, each of its own kind."""
    if isinstance(value, dict):
        made = value.copy()
        for key, inner in made.items():
            if isinstance(inner, (dict, set, list)):
                made[key] = copied(inner)
        return made
    return value.copy() if isinstance(value, (list, set)) else value


class Standing:
    """What of this process an import may change besides modules."""

    def __init__(self):
        self.threads = threads()
        self.files = len(os.listdir("/dev/fd"))
        self.rest = self.look()

    def look(self):
        import atexit
        import logging
        import signal
        import warnings
        root = logging.root
        return (dict(os.environ._data), list(warnings.filters),
                list(sys.meta_path), list(sys.path_hooks), sys.excepthook,
                sys.displayhook, sys.stdout, sys.stderr, sys.getprofile(),
                sys.gettrace(), sys.getrecursionlimit(), gc.get_threshold(),
                gc.isenabled(), root.level, list(root.handlers),
                logging.Logger.manager.disable, logging.getLoggerClass(),
                atexit._ncallbacks(), len(vars(builtins)),
                [signal.getsignal(n) for n in range(1, 16)])


class Compiled:
    """The .pyc files written from now to restore(). Who compiles a file hears
    of what there is to warn of, who reads its .pyc file does not: whoever
    collects it again must not find one."""

    def __init__(self):
        from importlib.machinery import SourceFileLoader
        from ..runner import pycache
        self.files = files = pycache.kept = []
        self.pycache = pycache
        self.loader = SourceFileLoader
        self.plain_cache = plain_cache = SourceFileLoader._cache_bytecode

        def _cache_bytecode(self, source_path, bytecode_path, data):
            files.append(bytecode_path)
            return plain_cache(self, source_path, bytecode_path, data)

        SourceFileLoader._cache_bytecode = _cache_bytecode

    def restore(self):
        self.pycache.kept = None
        self.loader._cache_bytecode = self.plain_cache

    def remove(self):
        for file in self.files:
            try:
                os.unlink(file)
            except OSError:
                pass


class Collector:
    """Collects files in this process, which is forked for each."""

    def __init__(self, config, session, rec, directories, ours):
        self.config = config
        self.session = session
        self.rec = rec
        directories.install(session)
        self.modules = Modules(ours)
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        self.saved = [Saved(thing) for thing in
                      (session._fixturemanager, session, rec, reporter)]
        self.terminal = config.pluginmanager.get_plugin("tgraph-terminal")
        self.files = 0
        self.standing = Standing()
        self.spent = False      # is this process fit for no other file?

    def collect(self, opts):
        """Collect the file of `opts` (option --inert). False if it must be
        collected by the process that runs it, forked from a clean one."""
        file = opts.files[0]
        self.files += 1
        if self.modules.holds(file):
            return False
        here = os.getcwd()
        self.modules.enter()
        compiled = Compiled()
        try:
            plain = self.run_hook(opts)
        finally:
            compiled.restore()
            self.modules.leave()
        now, before = Standing(), self.standing
        plain = plain and not self.modules.stale and \
            not self.modules.covered() and \
            now.threads == before.threads and now.files == before.files
        if not plain:
            compiled.remove()
        self.spent = not plain or self.modules.learnt or \
            self.modules.late or not self.modules.settle(file) or \
            now.rest != before.rest or os.getcwd() != here or \
            self.files >= MAX_FILES
        return plain

    def run_hook(self, opts):
        """pytest's collection; False if anything but items came of it."""
        from ..runner.pytestrun import prepare
        rec = self.rec
        try:
            if not prepare(self.config, self.session, rec, opts):
                return False
            self.config.hook.pytest_collection(session=self.session)
        except BaseException:
            return False
        return not (rec.warnings or rec.collect_errors or rec.reports or
                    rec.noisy or self.session.testsfailed)

    def forget(self):
        """Put everything back."""
        for saved in self.saved:
            saved.restore()
        self.terminal.clear()
        self.modules.restore()
        gc.collect()
        gc.freeze()


_SEEING = ("pytest_collection", "pytest_collection_modifyitems",
           "pytest_collection_finish", "pytest_collectstart",
           "pytest_collect_file", "pytest_make_collect_report",
           "pytest_collectreport", "pytest_itemcollected",
           "pytest_deselected", "pytest_report_collectionfinish",
           "pytest_pycollect_makemodule", "pytest_pycollect_makeitem",
           "pytest_generate_tests", "pytest_make_parametrize_id",
           "pytest_warning_recorded")
# First part of the names of installed plugins whose collection hooks look at
# the items they are called for and at nothing else.
_PLAIN = OWN | {"pytest_asyncio", "anyio", "_hypothesis_pytestplugin",
                "pytest_mock", "pytest_subtests", "pytest_trio", "pytest_cov",
                "xdist", "pytest_timeout", "pytest_forked",
                "pytest_rerunfailures"}


def traced(pm):
    """Does something follow what is executed? It has to see each body."""
    coverage = sys.modules.get("coverage")
    current = getattr(getattr(coverage, "Coverage", None), "current", None)
    return sys.gettrace() is not None or sys.getprofile() is not None or \
        pm.has_plugin("_cov") or current is not None and current() is not None


def lazy():
    """May any import statement, from Python 3.15 on, import at its name's
    first use? (A file that asks for that itself is not inert.)"""
    get = getattr(sys, "get_lazy_imports", None)
    return get is not None and get() != "normal"


def collector(config, session, rec, directories, ours):
    """A Collector for this process; None if something here wants to see each
    file collected in the process that runs it."""
    pm = config.pluginmanager
    if not directories.deepest or \
            config.getoption("importmode") == "importlib" or \
            not hasattr(pm.get_plugin("terminalreporter"), "stats") or \
            traced(pm) or lazy():
        return None
    if any(foreign(config.hook, hook, _PLAIN) for hook in _SEEING):
        return None
    return Collector(config, session, rec, directories, ours)
