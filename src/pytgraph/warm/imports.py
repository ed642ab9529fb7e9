# SPDX-License-Identifier: Apache-2.0
"""Imports that several test files begin with, done before the fork.

A process that serves files (serving.py) runs the first of a kind in a child,
which imports for itself. When a second one comes whose head (leading.py) has
imports in common with an earlier one's, it forks a process that does these,
and serves the files that all do them. There the same is done with what is left
of their heads. So no file finds a module that it doesn't import itself.

What a file imports before the common part, it then imports after it. That is
the same unless modules of the common part import each other in a circle (who
comes first matters), or change what others see (os.environ, sys.path and the
like): such a process serves only files whose heads begin with its imports. One
in which an import fails, warns, prints, starts a thread or a process, or leaves
a descriptor or temporary file serves none.

Modules of the standard library are left to the child, unless others bring them.
"""

import builtins
import os
import sys
import time

from ..observe.library import quiet

MAX_NODES = 12          # of one process
MAX_MEMORY = 768 << 20  # bytes that they have to themselves
MAX_SEEN = 64
WORTH = 0.004           # seconds that a file must save
UNKNOWN = 0.010         # taken for what was not measured


class Head:
    """What a file imports first: `items`, (module, "") or (module, name) of a
    from import, in order; `root` is what pytest puts on sys.path for it."""

    __slots__ = ("root", "items")

    def __init__(self, root, items):
        self.root = root
        self.items = items


def head_of(config, path):
    """The Head of the file (absolute path)."""
    from .leading import imports
    mode = config.getoption("importmode", "prepend")
    if mode not in ("prepend", "append", "importlib") or \
            _setting(config, "consider_namespace_packages"):
        return Head(None, ())
    root, package = None, ""
    if mode != "importlib":
        root, package = place(path)
    items = {}
    _dotted(package, items)
    for module, names, level in imports(path):
        if level:
            module = _absolute(module, package, level)
            if module is None:
                break
        if _standard(module.partition(".")[0]):
            continue
        _dotted(module, items)
        for name in names:
            if name != "*":
                items[module, name] = None
    return Head(root, tuple(items))


def _setting(config, name):
    try:
        return config.getini(name)
    except (KeyError, ValueError):
        return None


def place(path):
    """(directory on sys.path, name of the package) of a test file, as pytest
    tells them by the files __init__.py."""
    names = []
    where = os.path.dirname(path)
    while os.path.isfile(os.path.join(where, "__init__.py")):
        where, name = os.path.split(where)
        if not name.isidentifier():
            where = os.path.join(where, name)
            break
        names.insert(0, name)
    return where, ".".join(names)


def _dotted(module, items):
    at = module.find(".")
    while at > 0:
        items[module[:at], ""] = None
        at = module.find(".", at + 1)
    if module:
        items[module, ""] = None


def _absolute(module, package, level):
    parts = package.split(".") if package else []
    if level > len(parts):
        return None
    parts = parts[:len(parts) - level + 1]
    return ".".join(parts + ([module] if module else []))


_standard_names = getattr(sys, "stdlib_module_names", None)


def _standard(name):
    if _standard_names is not None:
        return name in _standard_names
    from importlib.machinery import PathFinder
    if name in sys.builtin_module_names:
        return True
    library = os.path.dirname(os.__file__)
    return PathFinder.find_spec(
        name, [library, os.path.join(library, "lib-dynload")]) is not None


def left(items):
    """Those of `items` that are not loaded in this process."""
    found = []
    for item in items:
        module = sys.modules.get(item[0])
        if module is None or \
                item[1] and item[1] not in getattr(module, "__dict__", {}):
            found.append(item)
    return tuple(found)


class Node:
    """A process that has done `items`; what it told of itself."""

    def __init__(self, items, root):
        self.items = items
        self.root = root
        self.strict = False
        self.memory = 0
        self.tops = frozenset()     # top-level modules that came with them

    def serves(self, head, items, stems):
        """Is it one for a file with `items` left of its head?"""
        if self.root is not None and self.root != head.root:
            return False
        if self.root is None and not self.tops.isdisjoint(stems(head.root)):
            return False
        if self.strict:
            return items[:len(self.items)] == self.items
        return set(self.items) <= set(items)


class Tree:
    """Which nodes a process has, and which it should have."""

    def __init__(self):
        self.nodes = {}         # (root, items): Node, last used last
        self.seen = {}          # (root, items) of files run without one
        self.costs = {}         # item: seconds
        self.failing = set()    # items that can't be imported
        self.spoilt = set()     # (root, items) that make no node
        self.listed = {}

    def stems(self, root):
        """Names that modules in a directory may have."""
        if root is None:
            return ()
        found = self.listed.get(root)
        if found is None:
            try:
                names = os.listdir(quiet(root))
            except OSError:
                names = ()
            found = self.listed[root] = frozenset(
                name.partition(".")[0] for name in names)
        return found

    def cost(self, items):
        return sum(self.costs.get(item, UNKNOWN) for item in items)

    def cut(self, items):
        """`items` up to the first that is known to fail."""
        for at, item in enumerate(items):
            if item in self.failing:
                return items[:at]
        return items

    def find(self, head):
        """The key of the node that is, or should be, for this file; None."""
        items = self.cut(left(head.items))
        best = None
        for key, node in self.nodes.items():
            if node.serves(head, items, self.stems) and (
                    best is None or self.cost(key[1]) > self.cost(best[1])):
                best = key
        if best is None:
            best = self.design(head, items)
        if best is None and items:
            self.seen.pop((head.root, items), None)
            self.seen[head.root, items] = None
            if len(self.seen) > MAX_SEEN:
                del self.seen[next(iter(self.seen))]
        return best

    def design(self, head, items):
        """The key of a node that would be worth its while for this file and
        one before it."""
        best, most = None, WORTH
        for root, others in self.seen:
            for common in (tuple(i for i in items if i in set(others)),
                           os.path.commonprefix([items, others])):
                key = self.key(head, root, tuple(common))
                worth = self.cost(key[1])
                if worth >= most and key not in self.spoilt and \
                        key not in self.nodes:
                    best, most = key, worth
        return best

    def key(self, head, root, common):
        """(root, items) of a node for two files with `common` imports: it
        needs no place on sys.path if none of them is found there."""
        mine, theirs = self.stems(head.root), self.stems(root)
        tops = {name.partition(".")[0] for name, _ in common}
        if tops.isdisjoint(mine) and tops.isdisjoint(theirs):
            return None, common
        if head.root == root:
            return root, common
        return None, tuple(i for i in common if i[0].partition(".")[0]
                           not in mine and i[0].partition(".")[0]
                           not in theirs)

    def begins(self, head, key):
        """Does the head begin with the imports of node `key`?"""
        items = self.cut(left(head.items))
        return items[:len(key[1])] == key[1]

    def made(self, key, told):
        """Node `key` told this of itself when it was there, or why it is not.
        Is it one to keep?"""
        self.costs.update(((m, n), seconds) for m, n, seconds
                          in told.get("costs", ()))
        if told.get("failing"):
            self.failing.add(tuple(told["failing"]))
        if told.get("unfit") or self.cost(key[1]) < WORTH:
            self.spoilt.add(key)
            return False
        node = self.nodes[key] = Node(key[1], key[0])
        node.strict = told["strict"]
        node.memory = told["memory"]
        node.tops = frozenset(told["tops"])
        return True

    def used(self, key):
        self.nodes[key] = self.nodes.pop(key)

    def crowded(self):
        """The node to give up, last used longest ago; None: there is room."""
        if len(self.nodes) > MAX_NODES or \
                sum(n.memory for n in self.nodes.values()) > MAX_MEMORY:
            return next(iter(self.nodes))
        return None


class Import:
    """Does the imports of a node in this process."""

    def __init__(self, config, root, items):
        self.config = config
        self.root = root
        self.items = items
        self.circle = False
        self.told = {"costs": []}

    def run(self, begins):
        """What to tell of it; "unfit" is in it if this process is not to
        serve. `begins`: the files' heads begin with these imports."""
        from ..process import threads
        before, modules = standing(), set(sys.modules)
        from ..observe import environ
        temporary = len(environ.seen.temporary)
        files, memory = len(os.listdir("/dev/fd")), private_memory()
        search = self.config.getoption("importmode", "prepend")
        if self.root is not None and search == "prepend" and \
                sys.path[0] != self.root:
            sys.path.insert(0, self.root)
        elif self.root is not None and search == "append" and \
                self.root not in sys.path:
            sys.path.append(self.root)
        path = list(sys.path)
        bad = self.watched()
        if not bad and (threads.unfit() or _children() or
                        len(os.listdir("/dev/fd")) != files or
                        any(map(os.path.exists,
                               environ.seen.temporary[temporary:]))):
            bad = "it leaves something"
        strict = self.circle or standing() != before or sys.path != path
        if bad or strict and not begins:
            self.told["unfit"] = bad or "order matters"
        new = [n for n in sys.modules if n not in modules]
        self.told.update(strict=strict, memory=private_memory() - memory,
                         tops=sorted({n.partition(".")[0] for n in new}))
        return self.told

    def watched(self):
        """Import with warnings as when a test module is imported; why it went
        not as it should, or None."""
        from ..runner import private
        warned = []
        caught = private.warnings_caught(self.config, _Hooks(warned),
                                         "collect") or all_caught(warned)
        plain, builtins.__import__ = builtins.__import__, self.watch()
        try:
            with caught():
                for item in self.items:
                    began = time.process_time()
                    try:
                        plain(item[0], {}, None, item[1:] if item[1] else (),
                              0)
                    except BaseException:
                        self.told["failing"] = item
                        return "an import fails"
                    self.told["costs"].append(
                        (*item, time.process_time() - began))
        finally:
            builtins.__import__ = plain
        return "an import warns" if warned else None

    def watch(self):
        plain, modules = builtins.__import__, sys.modules

        def import_(name, globals=None, locals=None, fromlist=(), level=0):
            if globals and not self.circle:
                self.note(modules, globals, name, fromlist, level)
            return plain(name, globals, locals, fromlist, level)

        return import_

    def note(self, modules, space, name, fromlist, level):
        """Note a circle: an import of a module whose body has not ended, in
        which it matters who came first. It doesn't in a package whose own body
        is being executed: whatever is imported of it begins with that."""
        importer = space.get("__name__") or ""
        if level:
            package = space.get("__package__") or importer
            parts = package.split(".")
            name = ".".join(parts[:len(parts) - level + 1] +
                            ([name] if name else []))
        for target in [name] + ["%s.%s" % (name, f) for f in fromlist or ()]:
            if not initializing(modules.get(target)) or \
                    (importer + ".").startswith(target + "."):
                continue
            top = target.partition(".")[0]
            if importer.partition(".")[0] != top or \
                    not initializing(modules.get(top)):
                self.circle = True


def initializing(module):
    """Is the body of this module being executed?"""
    return getattr(getattr(module, "__spec__", None), "_initializing", False)


def all_caught(warned):
    """caught() of private.warnings_caught() that puts all warnings into the
    list `warned`, be they ignored or not."""
    from contextlib import contextmanager
    from warnings import catch_warnings, simplefilter

    @contextmanager
    def caught():
        with catch_warnings(record=True) as seen:
            simplefilter("always")
            yield
        warned.extend(seen)

    return caught


class _Hooks:
    """In the place of pytest's hooks: hears of warnings."""

    def __init__(self, warned):
        self.warned = warned
        self.pytest_warning_recorded = self

    def call_historic(self, kwargs):
        self.warned.append(kwargs)


def _children():
    """Has this process one that it has not waited for?"""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def standing():
    """What of this process an import may change besides modules."""
    import gc
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
            len(vars(builtins)), os.getcwd(),
            [signal.getsignal(n) for n in range(1, 16)])


def private_memory():
    """Bytes of this process that are no file's."""
    try:
        with open("/proc/self/statm", "rb") as stream:
            words = stream.read().split()
    except OSError:
        return 0
    return (int(words[1]) - int(words[2])) * os.sysconf("SC_PAGESIZE")
