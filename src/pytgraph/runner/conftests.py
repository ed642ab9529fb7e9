# SPDX-License-Identifier: Apache-2.0
"""Which conftest files belong to a test file, and which of them may be loaded
after pytest's session has started.

pytest loads the chain of a file named on its command line while it parses
options, and any other conftest when it comes to its directory (in
pytest_make_collect_report since 8, in Session.gethookproxy before). For a
conftest that only defines fixtures and names, both give the same results, so
a session can be shared by test files whose chains differ in such conftests
only. Anything that could act on options, plugins, configuration or session
start makes the conftest an early one.
"""

import os

from ..observe.library import quiet
from ..process.process import stamp
from . import private

_EARLY_WORDS = ("pytest_", "hookimpl", "globals(", "__getattr__", "setattr(",
                "import *", "exec(", "eval(", "sys.path", "sys.modules")
_HARMLESS_CALLS = ("Path", "pathlib.Path", "frozenset", "set", "dict", "list",
                   "tuple", "object", "TypeVar", "namedtuple")
_HARMLESS_PREFIX = ("os.path.", "pytest.mark.", "re.compile", "Path.",
                    "logging.getLogger")


def chain(opts):
    """Absolute paths of the conftest files of opts.files[0], outermost
    first, as pytest's confcutdir bounds them."""
    top = opts.confcutdir
    if top is None and opts.inifile not in (None, "none"):
        top = os.path.dirname(opts.inifile)
    if top is None:
        top = opts.rootdir or "/"
    found = []
    where = os.path.dirname(opts.files[0])
    while True:
        path = os.path.join(where, "conftest.py")
        if os.path.isfile(quiet(path)):
            found.append(path)
        if where == top or where == os.path.dirname(where):
            break
        where = os.path.dirname(where)
    found.reverse()
    return found


class Judge:
    """Remembers which conftests are early, by content as of first sight."""

    def __init__(self):
        self.known = {}

    def early(self, path):
        now = stamp(quiet(path))
        known = self.known.get(path)
        if known is None or known[0] != now:
            try:
                with open(quiet(path), "rb") as stream:
                    known = now, acts_early(stream.read())
            except OSError:
                return True
            self.known[path] = known
        return known[1]

    def split(self, opts):
        """(early, late): the chain up to its last early conftest, and the
        rest. Each is a tuple of paths with their stamps."""
        paths = chain(opts)
        cut = 0
        for i, path in enumerate(paths):
            if self.early(path):
                cut = i + 1
        if len(opts.files) > 1:
            cut = len(paths)
        marked = [(p, self.known.get(p, (None,))[0]) for p in paths]
        return tuple(marked[:cut]), tuple(marked[cut:])


def acts_early(source):
    """Could a conftest with this source (bytes) do anything that matters
    before collection?"""
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError:
        return True
    if any(word in text for word in _EARLY_WORDS):
        return True
    import ast
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return True
    return not all(_harmless(ast, node) for node in tree.body)


def _harmless(ast, node):
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef,
                         ast.AsyncFunctionDef)):
        return True
    if isinstance(node, ast.ClassDef):
        return all(_harmless(ast, n) for n in node.body)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.If) and _name(ast, node.test).endswith(
            "TYPE_CHECKING"):
        return True
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else \
            [node.target]
        if not all(isinstance(t, (ast.Name, ast.Tuple)) for t in targets):
            return False
        return node.value is None or not any(
            isinstance(n, ast.Call) and not _harmless_call(ast, n)
            for n in ast.walk(node.value))
    return isinstance(node, ast.Pass)


def _harmless_call(ast, node):
    name = _name(ast, node.func)
    return name in _HARMLESS_CALLS or name.startswith(_HARMLESS_PREFIX) or \
        not name and isinstance(node.func, ast.Attribute) and \
        node.func.attr in ("resolve", "absolute", "joinpath")


def _name(ast, node):
    """Dotted name of an expression; "" if it is none."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id] + parts[::-1])


def load(config, path):
    """Load the conftest chain of the test file `path` now, as pytest does
    for a file on its command line. False if this pytest can't be told to."""
    from pathlib import Path
    function = private.conftest_loader(config)
    if function is not None:
        function(Path(path).parent)
    return function is not None
