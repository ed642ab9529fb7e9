#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks which files the scanner calls inert by rules written once more.

usage: inert_oracle.py SCAN_DUMP [-v] PATH ...

SCAN_DUMP is the program of tests/unit/scan_dump.c. Every .py file below each
PATH is scanned, and judged here from `ast`: importing it may do nothing but
import modules and define names. A file that the scanner calls inert must be
inert by these rules too. Files that this Python cannot parse are counted and
left out. Prints how many are inert; the exit status is 1 if any file is only
inert for the scanner.
"""

import ast
import builtins
import json
import os
import subprocess
import sys
import warnings

from scan_oracle import files

# What may be called, by module; "@" before a name: as a decorator only.
CALLABLE = {
    "builtins": """object frozenset set dict list tuple range len int str float
        bool bytes bytearray complex min max sum sorted abs zip enumerate
        reversed round isinstance issubclass hasattr getattr type property
        staticmethod classmethod slice repr ord chr divmod pow any all hash id
        bin hex oct ascii format callable memoryview dict.fromkeys
        str.maketrans str.join bytes.fromhex bytes.maketrans int.from_bytes
        float.fromhex""",
    "re": "compile escape",
    "logging": "getLogger NullHandler Formatter",
    "collections": "namedtuple OrderedDict defaultdict deque Counter ChainMap",
    "typing": """TypeVar NewType cast NamedTuple ParamSpec TypedDict
        TypeVarTuple TypeAliasType ForwardRef @overload @final
        @runtime_checkable @runtime @no_type_check @override @deprecated
        @dataclass_transform""",
    "functools": """partial partialmethod lru_cache cached_property @cache
        @wraps @total_ordering @singledispatch @singledispatchmethod""",
    "pathlib": """Path PurePath PurePosixPath PureWindowsPath PosixPath
        WindowsPath Path.cwd Path.home""",
    "os": """fspath getenv environ.get environ.copy getcwd cpu_count""",
    "os.path": """abspath basename commonpath commonprefix dirname exists
        expanduser expandvars getsize isabs isdir isfile islink join lexists
        normcase normpath realpath relpath samefile split splitdrive
        splitext""",
    "datetime": "date datetime timedelta timezone time",
    "enum": "auto @unique",
    "dataclasses": "field @dataclass",
    "contextlib": "nullcontext @contextmanager @asynccontextmanager",
    "abc": """@abstractmethod @abstractclassmethod @abstractstaticmethod
        @abstractproperty""",
    "struct": "Struct calcsize", "decimal": "Decimal",
    "fractions": "Fraction", "uuid": "UUID",
    "itertools": """chain chain.from_iterable product permutations combinations
        combinations_with_replacement count islice repeat zip_longest compress
        pairwise batched cycle""",
    "operator": """attrgetter itemgetter methodcaller add sub mul truediv
        floordiv mod neg not_ eq ne lt le gt ge or_ and_ xor contains""",
    "textwrap": "dedent", "string": "Template", "inspect": "cleandoc",
    "types": "SimpleNamespace MappingProxyType",
    "weakref": "WeakKeyDictionary WeakValueDictionary WeakSet",
    "threading": "Lock RLock local Event", "io": "StringIO BytesIO",
    "contextvars": "ContextVar", "importlib.metadata": "version",
    "pytest": "fixture param approx @hookimpl @hookspec",
    "unittest": "@skip @skipIf @skipUnless @expectedFailure",
    "unittest.mock": """@patch @patch.object @patch.dict @patch.multiple Mock
        MagicMock AsyncMock NonCallableMock""",
    "platform": """system machine python_version python_version_tuple
        python_implementation release version""",
    "sys": """getrecursionlimit getdefaultencoding getfilesystemencoding
        intern""",
}
BASES = {
    "builtins": """object int str dict list tuple set frozenset float bytes
        bytearray complex""",
    "abc": "ABC",
    "enum": "Enum IntEnum StrEnum Flag IntFlag ReprEnum",
    "typing": """Generic Protocol NamedTuple TypedDict Any Dict List Set
        FrozenSet Tuple Mapping MutableMapping Sequence MutableSequence
        Iterable Iterator Collection Container Callable Awaitable Generator
        AsyncIterator AsyncIterable SupportsInt SupportsFloat SupportsIndex
        Hashable Sized Deque DefaultDict Counter OrderedDict Reversible""",
    "collections": """namedtuple OrderedDict deque Counter ChainMap UserDict
        UserList UserString""",
    "collections.abc": """Awaitable Callable Collection Container Coroutine
        Generator Hashable ItemsView Iterable Iterator KeysView Mapping
        MappingView MutableMapping MutableSequence MutableSet Reversible
        Sequence Set Sized ValuesView AsyncGenerator AsyncIterable
        AsyncIterator""",
    "unittest": "TestCase IsolatedAsyncioTestCase case.TestCase",
    "unittest.mock": "Mock MagicMock",
    "threading": "local Thread", "datetime": "tzinfo",
    "json": "JSONEncoder JSONDecoder",
    "logging": "Handler Formatter Filter LoggerAdapter Logger",
    "contextlib": """ContextDecorator AbstractContextManager
        AbstractAsyncContextManager ExitStack AsyncExitStack""",
    "argparse": """Action ArgumentParser HelpFormatter Namespace
        RawDescriptionHelpFormatter""",
    "ast": "NodeVisitor NodeTransformer", "html.parser": "HTMLParser",
    "io": """StringIO BytesIO TextIOWrapper RawIOBase BufferedIOBase TextIOBase
        IOBase""",
    "http.server": "BaseHTTPRequestHandler SimpleHTTPRequestHandler",
    "asyncio": "Protocol Event Queue", "numbers": "Number Integral Real",
    "string": "Formatter Template", "types": "ModuleType SimpleNamespace",
}
META = {"abc.ABCMeta", "enum.EnumMeta", "enum.EnumType"}
EXCEPTIONS = {n for n, v in vars(builtins).items()
              if isinstance(v, type) and issubclass(v, BaseException)} | {
    "ExceptionGroup", "BaseExceptionGroup", "EncodingWarning",
    "PythonFinalizationError"}
READING = set("""capitalize casefold center copy count decode difference encode
    endswith expandtabs find format get hex index intersection isdigit issubset
    issuperset items join keys ljust lower lstrip partition removeprefix
    removesuffix replace rjust rpartition rsplit rstrip split splitlines
    startswith strip swapcase title translate union upper values
    zfill""".split())
PATHS = {"joinpath", "resolve", "absolute", "with_name", "with_suffix"}
EFFECTS = set("""__main__ antigravity builtins eventlet gevent idlelib readline
    rlcompleter site sitecustomize test this tkinter turtle turtledemo
    usercustomize distutils lib2to3""".split())
CLASS_HOOKS = set("""__init_subclass__ __set_name__ __class_getitem__
    __prepare__ __mro_entries__ __instancecheck__ __subclasscheck__
    __subclasshook__""".split())
MODULE_HOOKS = set("""__getattr__ __dir__ pytest_plugins __path__ __name__
    __file__ __spec__ __builtins__ pytest_generate_tests
    __lazy_modules__""".split())
TELLING = set("""reload import_module __import__ __subclasses__ get_objects
    get_referrers meta_path settrace setprofile __builtins__
    pytest_plugins __lazy_import__ set_lazy_imports
    set_lazy_imports_filter""".split())
# t"...", from Python 3.14 on
TEMPLATES = tuple(getattr(ast, name) for name in (
    "TemplateStr", "Interpolation") if hasattr(ast, name))
PROPERTIES = {"builtins.property", "functools.cached_property",
              "abc.abstractproperty"}


def table(by_module):
    out = set()
    for module, names in by_module.items():
        out.update(("@" + module + "." + n[1:]) if n[0] == "@"
                   else module + "." + n for n in names.split())
    return out


CALLS = table(CALLABLE) | {"builtins." + n for n in EXCEPTIONS}
BASE = table(BASES) | {"builtins." + n for n in EXCEPTIONS}


class Active(Exception):
    """Importing the file does more than define names."""


def deny(node, why):
    raise Active("%s, line %s" % (why, getattr(node, "lineno", "?")))


class Class:
    """What is known of a class of the file."""

    def __init__(self, flags):
        self.flags = frozenset(flags)

    def __eq__(self, other):
        return isinstance(other, Class) and self.flags == other.flags

    __hash__ = None


OTHER, FRESH, PATH, MARK = "other", "fresh", "path", "=pytest.mark.()"


def target(dotted):
    return "=" + dotted


class Judge:
    def __init__(self, tree):
        self.scopes = [{}]
        self.flags = []             # of the open classes
        self.star = False
        self.future = any(
            isinstance(n, ast.ImportFrom) and n.module == "__future__"
            and any(a.name == "annotations" for a in n.names)
            for n in tree.body)
        self.words(tree)
        self.body(tree.body)

    # what stands anywhere in the file

    def words(self, tree):
        for n in ast.walk(tree):
            if isinstance(n, ast.Attribute):
                if n.attr in TELLING:
                    deny(n, "mentions " + n.attr)
                if isinstance(n.value, ast.Name) and n.value.id == "sys" \
                        and n.attr in ("modules", "path"):
                    deny(n, "mentions sys." + n.attr)
            elif isinstance(n, ast.Name):
                if isinstance(n.ctx, ast.Load) and (
                        n.id in TELLING or n.id == "exec"):
                    deny(n, "mentions " + n.id)
            elif isinstance(n, ast.ImportFrom):
                for a in n.names:
                    if a.name in TELLING or (
                            n.module == "sys" and
                            a.name in ("modules", "path", "*")):
                        deny(n, "imports " + a.name)
            elif isinstance(n, ast.Import):
                for a in n.names:
                    if a.name == "builtins" or (
                            a.name == "sys" and a.asname not in (None, "sys")):
                        deny(n, "imports " + a.name)

    # names

    def bind(self, node, name, what):
        if not name.isascii():
            deny(node, "name that is not ASCII")
        if self.flags:
            if name in CLASS_HOOKS or name == "pytest_generate_tests":
                deny(node, name)
            if name.startswith("_"):
                self.flags[-1].add("private")
            if name.startswith("__") and name.endswith("__") and \
                    isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.flags[-1].add("hooks")
        elif name in MODULE_HOOKS:
            deny(node, name)
        self.scopes[-1].setdefault(name, []).append(what)

    def meaning(self, name):
        found = [w for s in self.scopes for w in s.get(name, ())]
        if not found:
            return OTHER if self.star else target("builtins." + name)
        return found[0] if all(w == found[0] for w in found) else OTHER

    # expressions; each returns what is known of the value

    def expr(self, node):
        if node is None:
            return OTHER
        return getattr(self, "on_" + type(node).__name__, self.parts)(node)

    def parts(self, node):
        if not isinstance(node, (
                ast.Compare, ast.BoolOp, ast.IfExp, ast.UnaryOp, ast.Slice,
                ast.Starred, ast.keyword, ast.FormattedValue, ast.JoinedStr,
                ast.expr_context, ast.operator, ast.boolop, ast.unaryop,
                ast.cmpop) + TEMPLATES):
            deny(node, type(node).__name__)
        for child in ast.iter_child_nodes(node):
            self.expr(child)
        if type(node).__name__ in ("JoinedStr", "TemplateStr"):
            return FRESH
        if isinstance(node, ast.UnaryOp) and isinstance(
                node.operand, ast.Constant):
            return FRESH
        return OTHER

    def on_Constant(self, node):
        return FRESH

    def on_Name(self, node):
        return self.meaning(node.id)

    def on_Attribute(self, node):
        what = self.expr(node.value)
        if isinstance(what, str) and what.startswith("="):
            return what + "." + node.attr
        if what == PATH and node.attr == "parent":
            return PATH
        return OTHER

    def on_Subscript(self, node):
        self.expr(node.value)
        self.expr(node.slice)
        if isinstance(node.value, ast.Attribute) and \
                node.value.attr == "parents" and \
                self.expr(node.value.value) == PATH:
            return PATH
        return OTHER

    def display(self, node):
        for child in ast.iter_child_nodes(node):
            self.expr(child)
        return FRESH

    on_List = on_Tuple = on_Set = on_Dict = display

    def comprehension(self, node):
        scope = {}
        for g in node.generators:
            if g.is_async:
                deny(node, "async comprehension")
            for n in ast.walk(g.target):
                if isinstance(n, ast.Name):
                    scope[n.id] = [OTHER]
                elif isinstance(n, (ast.Attribute, ast.Subscript)):
                    deny(node, "target of a comprehension")
        keep = self.scopes
        self.expr(node.generators[0].iter)
        # inside it the names are those of the comprehension
        self.scopes = [{k: v for k, v in s.items() if k not in scope}
                       for s in keep] + [scope]
        for g in node.generators:
            self.expr(g.iter)
            for test in g.ifs:
                self.expr(test)
        for field in ("elt", "key", "value"):
            self.expr(getattr(node, field, None))
        self.scopes = keep
        return OTHER if isinstance(node, ast.GeneratorExp) else FRESH

    on_ListComp = on_SetComp = on_DictComp = on_GeneratorExp = comprehension

    def on_Lambda(self, node):
        for d in node.args.defaults + node.args.kw_defaults:
            self.expr(d)
        return OTHER

    def on_BinOp(self, node):
        left, right = self.expr(node.left), self.expr(node.right)
        if isinstance(node.op, ast.Div) and left == PATH:
            return PATH
        return FRESH if FRESH in (left, right) else OTHER

    # calls

    def on_Call(self, node):
        func = node.func
        if isinstance(func, ast.Attribute):
            of = self.expr(func.value)
            if of == FRESH and func.attr in READING:
                self.arguments(node)
                return OTHER if func.attr == "get" else FRESH
            if of == PATH and func.attr in PATHS:
                self.arguments(node)
                return PATH
            if of == PATH and func.attr == "as_posix":
                self.arguments(node)
                return FRESH
        what = self.expr(func)
        if not isinstance(what, str) or not what.startswith("="):
            deny(node, "call")
        return self.known_call(node, what[1:])

    def arguments(self, node):
        kinds = [self.expr(a) for a in node.args]
        for k in node.keywords:
            self.expr(k.value)
        return kinds

    def is_mark(self, dotted):
        return dotted.startswith("pytest.mark.") and dotted.count(".") == 2

    def known_call(self, node, dotted, decorator=False):
        mark = self.is_mark(dotted)
        if not mark and dotted not in CALLS and not (
                decorator and "@" + dotted in CALLS):
            deny(node, "call of " + dotted)
        kinds = self.arguments(node)
        keywords = {k.arg for k in node.keywords}
        stars = None in keywords
        name = dotted.rpartition(".")[2]
        if dotted in ("builtins.min", "builtins.max", "builtins.sorted") and (
                stars or "key" in keywords):
            deny(node, "key=")
        if dotted == "builtins.type" and (len(kinds) != 1 or keywords):
            deny(node, "type()")
        if dotted in PROPERTIES and self.flags:
            self.flags[-1].add("hooks")
        if dotted == "collections.defaultdict" and node.args:
            first = node.args[0]
            if kinds[0] != FRESH and not (
                    isinstance(first, ast.Name) and kinds[0] == target(
                        "builtins." + first.id)
                    and isinstance(vars(builtins).get(first.id), type)):
                deny(node, "defaultdict of a function")
        if dotted == "pytest.fixture" and node.args:
            deny(node, "fixture of a function")
        if mark or dotted in ("pytest.fixture", "pytest.param"):
            self.called_by_pytest(node, stars)
        if mark:
            if not keywords and len(kinds) == 1 and kinds[0] != FRESH:
                deny(node, "mark of a function")
            return MARK
        if dotted.startswith("pathlib."):
            return PATH
        if dotted.startswith("os.path.") or dotted in (
                "re.escape", "textwrap.dedent", "inspect.cleandoc",
                "datetime.timedelta"):
            return FRESH
        if dotted.startswith("builtins.") and name not in (
                "min", "max", "getattr", "type", "property", "staticmethod",
                "classmethod"):
            return FRESH
        return OTHER

    def called_by_pytest(self, node, stars):
        if stars:
            deny(node, "** of a mark or fixture")
        for k in node.keywords:
            if k.arg in ("ids", "scope"):
                what = self.expr(k.value)
                if what != FRESH and not (
                        isinstance(what, str)
                        and what.startswith("=builtins.")):
                    deny(node, k.arg + "= that may be called")

    # statements

    def body(self, statements):
        before = None
        for s in statements:
            method = getattr(self, "do_" + type(s).__name__, None)
            if method is None:
                deny(s, type(s).__name__)
            self.before = before
            method(s)
            before = s

    def do_Pass(self, s):
        pass

    def do_Global(self, s):
        if self.flags:
            deny(s, "global in a class")

    def do_Expr(self, s):
        for n in ast.walk(s.value):
            if not isinstance(n, (ast.Constant, ast.Tuple, ast.Load)):
                deny(s, "expression statement")

    def do_Delete(self, s):
        for t in s.targets:
            if not isinstance(t, ast.Name):
                deny(s, "del of a part")
            self.bind(s, t.id, OTHER)

    def do_Import(self, s):
        if getattr(s, "is_lazy", 0):
            deny(s, "lazy import")
        for a in s.names:
            top = a.name.partition(".")[0]
            if top in EFFECTS:
                deny(s, "import of " + a.name)
            what = a.name if a.asname else top
            if what == "typing_extensions":
                what = "typing"
            self.bind(s, a.asname or top, target(what))

    def do_ImportFrom(self, s):
        if getattr(s, "is_lazy", 0):
            deny(s, "lazy import")
        module = s.module or ""
        if not s.level and module.partition(".")[0] in EFFECTS:
            deny(s, "import of " + module)
        if module == "typing_extensions":
            module = "typing"
        for a in s.names:
            if a.name == "*":
                self.star = True
                for scope in self.scopes:
                    for name in scope:
                        scope[name] = [OTHER, FRESH]
                continue
            self.bind(s, a.asname or a.name, OTHER if s.level
                      else target(module + "." + a.name))

    def targets(self, s, node, what):
        if isinstance(node, ast.Name):
            self.bind(s, node.id, what)
        elif isinstance(node, (ast.Tuple, ast.List)):
            for e in node.elts:
                self.targets(s, e, OTHER)
        elif isinstance(node, ast.Starred):
            self.targets(s, node.value, OTHER)
        else:
            deny(s, "assignment to a part")

    def do_Assign(self, s):
        what = self.expr(s.value)
        for t in s.targets:
            self.targets(s, t, what)

    def do_AnnAssign(self, s):
        if not isinstance(s.target, ast.Name):
            deny(s, "assignment to a part")
        if not self.future:
            self.expr(s.annotation)
        if s.value is not None:
            self.targets(s, s.target, self.expr(s.value))

    def do_AugAssign(self, s):
        if not isinstance(s.target, ast.Name) or \
                self.meaning(s.target.id) != FRESH:
            deny(s, "augmented assignment")
        self.expr(s.value)

    def do_TypeAlias(self, s):
        self.bind(s, s.name.id, OTHER)

    def never(self, test):
        if isinstance(test, ast.Compare) and \
                isinstance(test.left, ast.Name) and \
                test.left.id == "__name__":
            return len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq) \
                and isinstance(test.comparators[0], ast.Constant) \
                and test.comparators[0].value == "__main__"
        return self.expr(test) == target("typing.TYPE_CHECKING")

    def do_If(self, s):
        if not self.never(s.test):
            self.body(s.body)
        self.body(s.orelse)

    def do_Try(self, s):
        self.body(s.body)
        for h in s.handlers:
            self.expr(h.type)
            if h.name:
                self.bind(s, h.name, OTHER)
            self.body(h.body)
        self.body(s.orelse)
        self.body(s.finalbody)

    do_TryStar = do_Try

    def decorators(self, s):
        """Is one of them a property?"""
        found = False
        for d in s.decorator_list:
            if self.sets_property(s, d):
                found = True
                continue
            call = d if isinstance(d, ast.Call) else None
            what = self.expr(call.func if call else d)
            if not isinstance(what, str) or not what.startswith("="):
                deny(s, "decorator")
            if call:
                self.known_call(call, what[1:], True)
            elif what[1:] not in CALLS and "@" + what[1:] not in CALLS and \
                    not self.is_mark(what[1:]):
                deny(s, "decorator " + what[1:])
            found |= what[1:] in PROPERTIES
        return found

    def sets_property(self, s, d):
        return (self.flags and isinstance(d, ast.Attribute)
                and d.attr in ("setter", "getter", "deleter")
                and isinstance(d.value, ast.Name)
                and isinstance(self.before, ast.FunctionDef)
                and self.before.decorator_list
                and d.value.id == self.before.name == s.name)

    def do_FunctionDef(self, s):
        is_property = self.decorators(s)
        a = s.args
        for d in a.defaults + a.kw_defaults:
            self.expr(d)
        if not self.future:
            for p in a.posonlyargs + a.args + a.kwonlyargs + [
                    a.vararg, a.kwarg]:
                self.expr(p.annotation if p else None)
            self.expr(s.returns)
        self.bind(s, s.name, OTHER)
        if is_property:
            self.flags and self.flags[-1].add("hooks")

    do_AsyncFunctionDef = do_FunctionDef

    def base(self, s, b):
        if isinstance(b, ast.Subscript):
            self.expr(b.slice)
            b = b.value
        call = b if isinstance(b, ast.Call) else None
        what = self.expr(b.func if call else b)
        if isinstance(what, Class) and not call:
            return what.flags if "enum" in what.flags else \
                what.flags | {"own"}
        if not isinstance(what, str) or what[1:] not in BASE:
            deny(s, "base class")
        if call:
            self.known_call(call, what[1:])
        if what.startswith("=enum."):
            return {"enum"}
        return {"case"} if what.startswith("=unittest.") and \
            what.endswith("Case") else set()

    def do_ClassDef(self, s):
        self.decorators(s)
        flags = set()
        for b in s.bases:
            flags |= self.base(s, b)
        for k in s.keywords:
            what = self.expr(k.value)
            if k.arg is None or (k.arg == "metaclass" and (
                    not isinstance(what, str) or what[1:] not in META)):
                deny(s, "metaclass")
        if {"enum", "own"} <= flags:
            deny(s, "enumeration of a class")
        flags.discard("own")
        if "test" in s.name.lower():
            flags.add("case")
        self.scopes.append({})
        self.flags.append(flags)
        self.body(s.body)
        self.flags.pop()
        self.scopes.pop()
        if "enum" in flags and flags & {"hooks", "private"} or \
                {"case", "hooks"} <= flags:
            deny(s, "class with special methods")
        self.bind(s, s.name, Class(flags))


def judge(source):
    """None: inert; else why not. SyntaxError if it is no source."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    try:
        Judge(tree)
    except Active as e:
        return str(e)
    return None


def main(argv):
    verbose = "-v" in argv
    dump, *paths = [a for a in argv if a != "-v"]
    listed = [p for p in files(paths) if "\n" not in p]
    run = subprocess.run([dump, "-"], stdout=subprocess.PIPE,
                         input=os.fsencode("".join(p + "\n" for p in listed)))
    counts = dict.fromkeys(("both", "here", "neither", "wrong", "left"), 0)
    for line in run.stdout.splitlines():
        scan = json.loads(line.decode("utf-8", "surrogateescape"))
        try:
            with open(scan["path"], "rb") as f:
                why = judge(f.read())
        except (SyntaxError, ValueError, RecursionError):
            counts["left"] += 1
            continue
        if scan["inert"]:
            counts["both" if why is None else "wrong"] += 1
            if why is not None:
                print("%s: %s" % (scan["path"], why))
        else:
            counts["here" if why is None else "neither"] += 1
            if why is None and verbose:
                print("%s: only the scanner: %s, line %d" % (
                    scan["path"], scan["active"], scan["active_line"]))
    print("%d files, %d inert, %d only by these rules, %d not, %d not parsed,"
          " %d wrong" % (sum(counts.values()), counts["both"], counts["here"],
                         counts["neither"], counts["left"], counts["wrong"]))
    return 1 if counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
