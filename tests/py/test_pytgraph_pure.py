# SPDX-License-Identifier: Apache-2.0
"""What src/pytgraph/pure.py and values.py accept must leave nothing behind:
tables of functions that they accept and that they deny, and random ones. What
is accepted is executed, and everything that could be reached must be as it was.

With TGRAPH_SEED=N, TGRAPH_ROUNDS=N in the environment: other random ones."""

import ast
import builtins
import collections
import importlib.machinery
import importlib.util
import io
import operator
import os
import random
import shutil
import sys
import tempfile
import textwrap
import types
import unittest
import warnings

import pytgraph_case

pytgraph_case.modules()

from _pytgraph.before import pure, values  # noqa: E402

# Loaded before anything is compared, as in a process that runs tests.
for _name in ("contextlib", "copy", "datetime", "fractions", "functools",
              "itertools", "json", "math", "re", "string", "time", "typing"):
    importlib.import_module(_name)

# Each is a module; what it calls test_... is asked about and executed.
ACCEPTED = {
    "locals": """
        ITEMS = [1, 2]
        def test_a():
            out = []
            for i, item in enumerate(ITEMS):
                out.append(item)
                out[i] += 1
            out += ITEMS
            del out[0]
            found = {k: v for k, v in zip(ITEMS, ITEMS)}
            found["x"] = [*ITEMS]
            found.update(y=1)
            n = 0
            a = b = []
            a.append(b)
            while n < 3:
                n += 1
                if n == 2:
                    continue
            assert out == [3, 1, 2] and n == 3 and found["y"] == 1
        """,
    "classes": """
        class Point:
            kind = "point"
            __slots__ = ("x", "y")
            def __init__(self, x, y=0):
                self.x, self.y = x, y
            def __eq__(self, other):
                return type(self) is type(other) and self.x == other.x
            def __repr__(self):
                return f"{type(self).__name__}({self.x!r})"
            @property
            def twice(self):
                return self.x * 2
            @classmethod
            def zero(cls):
                return cls(0)
            @staticmethod
            def other():
                return 3
        class Far(Point):
            def __init__(self, x):
                super().__init__(x, y=1)
        class Lines(list):
            def __init__(self, text):
                super().__init__(text.split())
                self.text = text
        def test_a():
            assert Far(2).twice == 4 and Point.zero() == Point(0)
            assert repr(Far(1)) == "Far(1)" and Point.other() == 3
            assert Lines("a b") == ["a", "b"] and Far(1).y == 1
        """,
    "generators": """
        def count(n):
            i = 0
            while i < n:
                yield i
                i += 1
        def test_a():
            assert sum(count(3)) == 3
            assert list(map(lambda v: v + 1, count(2))) == [1, 2]
            assert any(x == 1 for x in count(5))
        """,
    "library": """
        import collections, contextlib, copy, functools, io, itertools, json
        import math, operator, os, re, textwrap
        from collections import Counter
        DATA = {"a": [1, {"b": None}]}
        WORD = re.compile(r"\\w+", re.I | re.X)
        def test_a():
            assert json.loads(json.dumps(DATA)) == DATA
            assert WORD.findall("a b") == ["a", "b"]
            assert os.path.join("a", "b") == "a/b"
            assert functools.reduce(operator.add, [1, 2]) == 3
            assert Counter("aab").most_common(1) == [("a", 2)]
            assert copy.copy(DATA) == DATA and math.pi > 3
            with contextlib.suppress(KeyError):
                DATA["z"]
            stream = io.StringIO()
            stream.write("x")
            assert stream.getvalue() == "x"
            assert textwrap.dedent(" a") == "a"
            assert list(itertools.chain([1], [2])) == [1, 2]
            assert "{}{:>3}.{x:.1f}".format(1, 2, x=.5) == "1  2.0.5"
        """,
    "errors": """
        class Bad(ValueError):
            def __init__(self, text, code):
                super().__init__(text)
                self.code = code
        def check(value):
            if not isinstance(value, int):
                raise Bad(f"bad: {value} {type(value)}", 3)
            return value
        def test_a():
            try:
                check("x")
            except Bad as e:
                assert e.code == 3 and "bad" in str(e)
            else:
                assert False
        """,
    "reading": """
        import os
        def test_a():
            with open(__file__) as stream:
                assert stream.read()
            with open(os.path.join(os.path.dirname(__file__),
                                   os.path.basename(__file__)), "rb") as s:
                assert s.read(1)
        """.replace("open(__file__)", "open(f'{__file__}')"),
    "types": """
        KINDS = (int, str)
        def test_a():
            assert type(1) is int and type("") == str
            assert type(1) in KINDS and type(1) in (int, float)
            assert type(1).__name__ == "int"
        """,
    "defaults": """
        def f(x, y=[1], *, z={"a": ()}):
            return x, y, z
        def test_a():
            assert f(1)[1] == [1]
        """,
    "circle": """
        def even(n):
            return n == 0 or odd(n - 1)
        def odd(n):
            return n != 0 and even(n - 1)
        def test_a():
            assert even(10)
        """,
}

# What stands before the code of each row of DENIED.
HEAD = """
import builtins, collections, contextlib, copy, datetime, fractions, functools
import io, itertools, json, math, operator, os, random, re, string, sys
import textwrap, time, typing, warnings, weakref
from collections import Counter, OrderedDict, defaultdict, deque
L = [3, 1, 2]
D = {"a": [1], "b": -1}
S = {1, 2}
NESTED = ([1], {"x": [2]})
BYTES = bytearray(b"ab")
IT = iter([1, 2, 3])
GEN = (x for x in [1, 2])
COUNT = itertools.count()
DEQUE = deque([1])
TEXT = io.StringIO()
ERROR = ValueError("x")
class C:
    items = [1]
    limit = 3
    def get(self):
        return self.items
class It:
    it = iter([1, 2])
OBJECT = C()
def ident(x):
    return x
def marked():
    return 1
marked.it = iter([1, 2])
"""
# Bodies of a function; those with "def" or "class" in them are at the top.
DENIED = r"""
global L; L = []
global NEW; NEW = 1
L.append(4)
L[0] = 1
L[:] = []
del L[0]
D["c"] = 1
D.pop("a")
D.setdefault("q", 1)
S.add(5)
NESTED[0].append(1)
NESTED[1]["x"] = 1
NESTED[1]["x"].append(1)
x = L; x.append(1)
x = L; x += [1]
x = L; x *= 2
L[0] += 1
D["b"] -= 1
x = [L]; x[0] *= 2
x = [L]; x[0] += [1]
x = [L]; x[0][0] += 1
x = L; x *= 0
x = D; x |= {}
x = S; x -= {1}
x = [L]; x[0].append(1)
x = [L]; y = x[0]; y.append(1)
x = [L]; y = x.pop(); y.append(1)
x = y = L; x.append(1)
x, = [L]; x.append(1)
x = []; x = L; x.append(1)
x = []; (x := L); x.append(1)
if (x := L): x.append(1)
x = L or []; x.append(1)
x = [] if D else L; x.append(1)
for x in [L]: x.append(1)
for L[0] in [7]: pass
for x in [L]: x *= 2
with open("/dev/null") as L[0]: pass
with open("/dev/null") as C.f: pass
with open("/dev/null") as f: yield f
[x.append(1) for x in [L]]
[L for L[0] in [9]]
list(map(L.append, [1]))
list(map(lambda x: x.append(1), [L]))
(lambda x: x.append(1))(L)
(lambda x=L: x)().append(1)
(lambda: (x := 1))()
ident(L).append(1)
ident(L)[0] = 1
ident(L).sort()
[L][0].reverse()
(L if L else D).clear()
x = L.append; x(1)
list.append(L, 1)
dict.update(D, z=1)
set.add(S, 9)
list.sort(L)
list.__setitem__(L, 0, 1)
L.__init__([])
L.__iadd__([1])
getattr(L, "append")(1)
vars(C)["x"] = 1
setattr(C, "x", 1)
delattr(C, "limit")
object.__setattr__(OBJECT, "x", 1)
type.__setattr__(C, "x", 1)
C.limit = 4
C.limit += 1
C.items.append(2)
C().items.append(2)
C().get().append(2)
x = C(); x.limit = 3
del C.limit
OBJECT.x = 1
OBJECT.get()
ident.x = 1
next(IT)
list(GEN)
next(COUNT)
next(It.it)
next(marked.it)
DEQUE.appendleft(1)
deque.rotate(DEQUE)
TEXT.write("x")
BYTES[0] = 1
BYTES.extend(b"a")
Counter.subtract(D, {"a": 1})
Counter._keep_positive(D)
Counter.update(D, {"a": 1})
collections.Counter.__isub__(D, {})
operator.setitem(L, 0, 1)
operator.iadd(L, [1])
operator.methodcaller("append", 1)(L)
operator.attrgetter("append")(L)(1)
functools.partial(L.append, 1)()
functools.reduce(operator.iconcat, [L, [1]])
random.seed(1)
random.random()
sys.setrecursionlimit(999)
sys.path.append("x")
sys.modules["zz"] = 1
sys.stdout.write("")
os.environ["TGRAPH_X"] = "1"
os.environ.update(TGRAPH_X="1")
os.putenv("TGRAPH_X", "1")
os.chdir("/")
os.umask(0)
os.remove("/nonexistent")
os.open("/dev/null", 0)
print("x")
input()
exec("L.append(1)")
eval("L.append(1)")
compile("1", "x", "eval")
globals()["L"] = 1
locals()
__import__("os")
import os.path
from os import sep
breakpoint()
memoryview(BYTES)[0] = 1
open("/tmp/tgraph-never", "w")
open("/tmp/tgraph-never", mode="a")
open("/tmp/tgraph-never", "r+")
open("/tmp/tgraph-never", *["w"])
open("/tmp/tgraph-never", **{"mode": "w"})
open("/dev/null", opener=ident)
open("/dev/null", "r", 0)
open(0)
open(ident(1))
open(*[1])
open(file="/dev/null")
x = open; x("/tmp/tgraph-never", "w")
io.open("/tmp/tgraph-never", "w")
io.FileIO("/tmp/tgraph-never", "w")
open("/dev/null").buffer.raw
open("/dev/null", "rb").detach()
warnings.simplefilter("ignore")
warnings.warn("x")
time.tzset()
weakref.ref(C)
json.dumps.x = 1
json.JSONEncoder.item_separator = ""
re.purge()
re.I._add_alias_("X")
type(re.I)._convert_("X", "json", ident)
type(ident)
type(list[int])(lambda: C, (int,))()
type(type(1))("N", (C,), {})
type("N", (C,), {})
type(C()).limit = 3
x = type(C()); x.limit = 3
C() == type(L)
type(L) == C()
type(L) in [C()]
x = C(); type(L) == x
C.mro()
contextlib.suppress.register(C)
fractions.Fraction.register(C)
fractions.Fraction._abc_registry_clear()
"{0.__class__}".format(C)
"{0._" "_class__}".format(C)
("{0._" + "_class__}").format(C)
"{0.limit}".format(C)
"{:{0[a]}}".format(D)
"{!r:{x.get}}".format(1, x=C())
str.format("{0}", C)
"{x}".format_map(D)
x = "{0}"; x.format(C)
ident.__globals__["L"].append(1)
ident.__globals__
ident.__code__
ident.__defaults__
ident.__dict__["x"] = 1
C.__dict__
C().__class__.limit = 1
C.__subclasses__()
C.get.__get__(1)
C.__init__(OBJECT)
x = (i for i in L); x.gi_frame
x = (i for i in L); x.gi_code.co_name
try: {}["x"]\nexcept KeyError as e: e.__traceback__
try: {}["x"]\nexcept KeyError as e: e.tb_frame.f_globals
try: C().zz\nexcept AttributeError as e: e.obj
raise ERROR
ERROR.args = ()
nonlocal_ = 1; nosuchname
match.nosuch
os.nosuch
L = 1; L.append(2); L[0] = 1; x = L; x += x
async def test_x(): pass
def test_x(request): pass
def test_x(a=L): a.append(1)
def test_x(a=[]): a.append(1)
def test_x(a=[]): a[0] = 1
def test_x(a=iter([1])): next(a)
def test_x(a=C()): pass
def test_x(*, a=L): return a
def test_x(*a): a += (1,); a.append(1)
def test_x(a):\n    a = []\n    a.append(1)
def test_x(): return (yield from L)
def test_x():\n    def inner(): pass\n    return inner
def test_x():\n    class Inner: pass\n    return Inner
def test_x():\n    for os in [C]: open(os.path.join("x"))
def test_x(os): open(os.path.join("x"))
def test_x():\n    [len for len in L]
def test_x():\n    return [x for x in L], (lambda ident: ident)(1)
def test_x():\n    x = [1]\n    return [x for x in [L]], x.append(1)
def test_x():\n    list = ident\n    x = list(L)\n    x.append(1)
def list(x): return x\ndef test_x():\n    x = list(L)\n    x.append(1)
def sorted(x): return x\ndef test_x():\n    x = sorted(L)\n    x[0] = 1
def open(x): return x\ndef test_x(): open("x")
def type(x): return L\ndef test_x(): return type(1) is L
def __getattr__(x): return 1\ndef test_x(): __getattr__(1)
def __init__(self): self.x = 1\ndef test_x(): __init__(C)
def dec(f): return lambda: L.append(1)\n@dec\ndef test_x(): pass
@functools.lru_cache()\ndef test_x(): pass
@functools.lru_cache()\ndef f(): pass\ndef test_x(): f()
f = lambda: L\ndef test_x(): f()
f = functools.partial(next, IT)\ndef test_x(): f()
def f():\n    f.calls = 1\ndef test_x(): f()
class T:\n    def test_x(self): self.x = 1\ntest_y = T.test_x
class T:\n    def __init__(self): C.x = self\ndef test_x(): T()
class T:\n    def __init__(self): self = C; self.x = 1\ndef test_x(): T()
class T:\n    def __init__(self):\n        for self in [C]: self.x = 1\ndef test_x(): T()
class T:\n    def __init__(self):\n        try: {}[1]\n        except KeyError as self: self.x = 1\ndef test_x(): T()
class T:\n    def __init__(self):\n        [self for self in L]\n        self.x = 1\ndef test_x(): T()
class T:\n    def __init__(self, o): o.x = self\ndef test_x(): T(C)
class T:\n    def __init__(self): self.items = C.items; self.items.append(1)\ndef test_x(): T()
class T:\n    def __init__(self): self.__x = 1\ndef test_x(): T()
class T:\n    def __init__(self): self.__class__ = C\ndef test_x(): T()
class T:\n    def __init__(self): self.x = 1\n    again = __init__\ndef test_x(): T.again(C)
class T:\n    def __init__(self): self.x = 1\n    fs = [__init__]\ndef test_x(): T.fs[0](C)
class T:\n    def __init__(self): self.x = 1\n    again = staticmethod(__init__)\ndef test_x(): T.again(C)
class T:\n    def __init__(self): self.x = 1\n    again = property(__init__)\ndef test_x(): T().again
class T:\n    def __init__(self): self.x = 1\n    __enter__ = __init__\ndef test_x(): T()
class T:\n    def __init__(self): self.x = 1\ndef test_x(): T.__init__(C)
class T(list):\n    def __init__(self, o): (lambda c: super().__init__(o, [7]))(T)\ndef test_x(): T(L)
class T:\n    def m(self):\n        __x = []\n        _T__x = L\n        __x[0] = 1\ndef test_x(): T().m()
class T:\n    def m(self, _T__x):\n        __x = []\n        __x += [1]\ndef test_x(): T().m(L)
class T:\n    def m(self):\n        _T__x = []\n        (lambda __x: 1)(2)\ndef test_x(): T().m()
class T:\n    def __init__(self): super().__reduce_ex__(2)\ndef test_x(): T()
class os:\n    class path:\n        def join(*a): return 0\ndef test_x(): open(os.path.join("x"))
class T:\n    def __new__(cls): return OBJECT\ndef test_x(): T()
class T:\n    def __del__(self): pass\ndef test_x(): T()
class T:\n    def __getattr__(self, n): return n\ndef test_x(): T()
class T:\n    def __setattr__(self, n, v): pass\ndef test_x(): T()
class T:\n    def __iadd__(self, n): return self\ndef test_x(): T()
class T:\n    def __init_subclass__(cls): pass\ndef test_x(): T()
class T:\n    def __set_name__(self, o, n): pass\ndef test_x(): T()
class T:\n    def __get__(self, o, n): pass\ndef test_x(): T()
class T:\n    def __missing__(self, o): pass\ndef test_x(): T()
class T(type):\n    pass\ndef test_x(): T
class M(type): pass\nclass T(metaclass=M): pass\ndef test_x(): T()
class T(typing.NamedTuple):\n    x: int\ndef test_x(): T(1)
class T(Counter):\n    def less(self, o): super().subtract(o)\ndef test_x(): T()
class T(io.FileIO): pass\ndef test_x(): T("/dev/null")
class T(threading_ if 0 else weakref.ref): pass\ndef test_x(): T(C)
class T:\n    __module__ = []\ndef test_x(): T()
class T:\n    __eq__ = ident\ndef test_x(): T()
class T:\n    __call__ = len\ndef test_x(): T()
class T:\n    x = property(lambda self: L.append(1))\ndef test_x(): T().x
class T:\n    @functools.lru_cache()\n    def x(self): pass\ndef test_x(): T().x()
class T:\n    x = OBJECT\ndef test_x(): T.x
class T:\n    x = os\ndef test_x(): T.x
class T:\n    x = COUNT\ndef test_x(): T.x
class T:\n    def x(self): L.append(1)\ndef test_x(): T()
class B:\n    def x(self): L.append(1)\nclass T(B): pass\ndef test_x(): T
def f(x): x *= 2\ndef test_x(): f(L)
def f(x): x += [2]\ndef test_x(): f(L)
def f(x): x.append(2)\ndef test_x(): f(L)
def f(x): del x[0]\ndef test_x(): f(L)
def f(x):\n    if not x: x = []\n    x[0] = 1\ndef test_x(): f(L)
def f(x):\n    if not x: x = []\n    x += [1]\ndef test_x(): f(L)
class T:\n    def __enter__(self): return L\n    def __exit__(self, *e): pass\ndef test_x():\n    with T() as x: x.append(1)
def f(x):\n    if not x: x = []\n    x.append(1)\ndef test_x(): f(L)
def f(x): return x\nf.log = TEXT\ndef test_x(): f.log.write("x")
def f(x=None): return x\nf.__defaults__ = (IT,)\ndef test_x(): next(f())
def f(*, x=None): return x\nf.__kwdefaults__ = {"x": IT}\ndef test_x(): next(f())
def f(): L.append(1)\ndef g(): f()\ndef test_x(): g()
def f(): L.append(1)\nFS = {"f": [f]}\ndef test_x(): FS["f"][0]()
def f(): L.append(1)\ndef test_x(f=f): f()
len = L.append\ndef test_x(): len(1)
len = TEXT.write\ndef test_x(): len("x")
"""
# Only where the running Python can parse it.
NEWER = r"""
match L:\n    case [x, *y]: x
match D:\n    case {"a": x}: x.append(1)
try: pass\nexcept* ValueError: pass
type X = L
def test_x[T](a: T): return a
def f[T](a: T): return a\ndef test_x(): f(1)
class T[X]: pass\ndef test_x(): T()
t"{L}"
[*x for x in [L, IT]]
{**x for x in [D]}
frozendict(a=L)
sentinel("X")
BYTES.resize(1)
BYTES.take_bytes(1)
class T: pass\nlazy import colorsys\ndef test_x(): colorsys.rgb_to_hls(1, 1, 1)
class T: pass\nlazy import string\ndef test_x(): string.capwords("a")
with (open("/dev/null") as a, open("/dev/null") as L[0]): pass
"""


def rows(table):
    for line in table.strip().splitlines():
        yield line, line.replace("\\n", "\n")


def module_of(code):
    """The source of a row of DENIED."""
    if code.startswith(("def ", "class ", "async ", "@", "f = ", "len = ")):
        return HEAD + code
    return HEAD + "def test_x():\n" + textwrap.indent(code, "    ")


class Snapshot:
    """All that can be reached from a module's namespace, and what of the
    process may be changed easily, in a form that can be compared."""

    def __init__(self, space):
        self.seen = {}          # id: number; and keeps the objects alive
        self.kept = []
        self.state = (
            [(name, self.look(value)) for name, value in space.items()],
            dict(os.environ), sorted(map(str, sys.modules)), os.getcwd(),
            sys.getrecursionlimit(), list(warnings.filters),
            list(map(id, sys.path)), len(os.listdir("/dev/fd")),
            len(vars(builtins)))

    def look(self, value):
        kind = type(value)
        if kind in (int, float, complex, str, bytes, bool, type(None)):
            return kind, value
        if kind is types.ModuleType or id(value) in self.seen:
            return kind, self.seen.get(id(value), id(value))
        self.seen[id(value)] = len(self.seen)
        self.kept.append(value)
        made = [kind, id(value)]
        if kind in (list, tuple, set, frozenset, bytearray) or \
                isinstance(value, (list, collections.deque)):
            made += map(self.look, value)
        elif isinstance(value, dict):
            made += [(self.look(k), self.look(v)) for k, v in value.items()]
        elif hasattr(value, "__length_hint__"):
            made.append(operator.length_hint(value))
        elif kind is io.StringIO:
            made.append(value.getvalue())
        elif isinstance(value, type) or hasattr(value, "__dict__"):
            own = not isinstance(value, type) or \
                value.__module__ == "tgraph_snippet"
            made += [(k, self.look(v)) for k, v in vars(value).items()
                     if own and k not in ("__dict__", "__weakref__",
                                          "__warningregistry__")]
        if kind is types.FunctionType:
            made += [self.look(value.__defaults__),
                     self.look(value.__kwdefaults__), id(value.__code__)]
        return made

class Snippets(unittest.TestCase):

    def setUp(self):
        self.root = os.path.realpath(tempfile.mkdtemp(prefix="pg-"))
        self.addCleanup(shutil.rmtree, self.root, True)
        self.addCleanup(sys.modules.pop, "tgraph_snippet", None)
        self.number = 0

    def load(self, source):
        """A new module with this source."""
        self.number += 1
        name = "tgraph_snippet"
        path = os.path.join(self.root, "s%d.py" % self.number)
        with open(path, "w") as stream:
            stream.write(source)
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            spec.loader.exec_module(module)
        return module

    def fit(self, module, functions):
        """Are these functions of a module accepted?"""
        asked = values.Values(lambda file: file.startswith(self.root))
        return asked.all_harmless(functions, module.__file__)

    def functions(self, module):
        return [f for name, f in vars(module).items()
                if name.startswith("test_")]

    def check(self, module, functions, *args):
        """Execute accepted functions; nothing may have changed."""
        before = Snapshot(vars(module))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for function in functions:
                try:
                    function(*args)
                except AssertionError:
                    raise
                except Exception:
                    pass
        self.assertEqual(before.state, Snapshot(vars(module)).state)


class Tables(Snippets):

    def test_accepted(self):
        for name, source in ACCEPTED.items():
            with self.subTest(name):
                module = self.load(textwrap.dedent(source))
                tests = self.functions(module)
                self.assertTrue(self.fit(module, tests))
                for function in tests:
                    function()
                self.check(module, tests)

    def denied(self, line, code):
        with self.subTest(line):
            module = self.load(module_of(code))
            self.assertFalse(self.fit(module, self.functions(module)))

    def test_denied(self):
        for line, code in rows(DENIED):
            self.denied(line, code)

    def test_denied_newer(self):
        for line, code in rows(NEWER):
            try:
                ast.parse(module_of(code))
            except SyntaxError:
                continue
            self.denied(line, code)

    def test_all_the_same(self):
        """One impure function among pure ones; each answer stands alone."""
        module = self.load(HEAD + "def test_a(): return ident(1)\n"
                           "def test_b(): L.append(1)\n")
        asked = values.Values(lambda file: file.startswith(self.root))
        file = module.__file__
        for names, answer in (("a", True), ("ab", False), ("ba", False),
                              ("b", False), ("a", True), ("aa", True)):
            self.assertEqual(asked.all_harmless(
                [vars(module)["test_" + n] for n in names], file), answer)

    def test_edited(self):
        """What was read of a file holds for as long as the file is that."""
        module = self.load("def test_a(): pass\n")
        asked = values.Values(lambda file: True)
        self.assertTrue(asked.source(module.__file__).pure())
        with open(module.__file__, "w") as stream:
            stream.write("def test_a():\n    global L\n    L = 1\n")
        self.assertFalse(asked.source(module.__file__).pure())

    def test_loader(self):
        """A module that something other than its plain source may have
        become."""
        class Loader(importlib.machinery.SourceFileLoader):
            pass

        module = self.load("def test_a(): pass\n")
        self.assertTrue(self.fit(module, self.functions(module)))
        module.__spec__.loader = Loader(module.__name__, module.__file__)
        self.assertFalse(self.fit(module, self.functions(module)))

    def test_others(self):
        """Functions of files that are not first-party."""
        module = self.load("def test_a(): pass\n")
        asked = values.Values(lambda file: False)
        self.assertFalse(asked.all_harmless(self.functions(module),
                                            module.__file__))

    def test_foreign_builtin(self):
        """What has been put in the place of a library function."""
        import json
        module = self.load("import json\ndef test_a(): json.dumps(1)\n")
        plain = json.dumps
        json.dumps = [].append
        try:
            self.assertFalse(self.fit(module, self.functions(module)))
        finally:
            json.dumps = plain
        self.assertTrue(self.fit(module, self.functions(module)))


RANDOM_HEAD = """
from collections import Counter
L = [3, 1, 2]
D = {"a": [1], "b": {"c": [2]}, 1: [3]}
S = {1, 2}
N = 5
T = ([1], {"k": [2]})
class A:
    items = [1, 2]
    table = {"k": [1]}
    limit = 3
    def __init__(self, x=0):
        self.x = x
    def get(self):
        return self.items
    def self_(self):
        return self
    @classmethod
    def cls(cls):
        return cls
    @property
    def prop(self):
        return self.x
class K(list):
    def __init__(self, x=()):
        super().__init__(x)
        self.y = x
def ident(x):
    return x
def first(x=[], *y):
    return x
FS = [ident, first]
"""
_NAMES = ("a", "b", "c", "p", "q") * 3 + (
    "L", "D", "S", "N", "T", "A", "K", "ident", "first", "FS", "len", "list")
_PLACES = ("a", "b", "c") * 4 + ("L", "p", "A.limit", "a[0]", "b['k']", "p[0]",
                                 "D['a']", "(a, b)", "a.x", "self.x")
_ATTRIBUTES = ("get", "items", "x", "limit", "table", "prop", "copy", "count",
               "self_", "cls", "index", "keys", "real")
_CHANGERS = ("append(%s)", "pop()", "clear()", "update(%s)", "add(%s)",
             "extend(%s)", "sort()", "setdefault('n', %s)", "insert(0, %s)",
             "remove(%s)", "subtract(%s)", "__init__(%s)")


class Grammar:
    """Random functions of what may and what may not be there."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.below = 0          # helpers that may be called: h0, h1, ...

    def pick(self, *what):
        return self.random.choice(what)

    def atom(self):
        r = self.random.random()
        if r < 0.35:
            return self.pick("0", "1", "2", "'k'", "'a'", "None", "()", "[]",
                             "{}", "[1, 2]", "{'k': [1]}", "{1}")
        return self.random.choice(_NAMES)

    def value(self, depth=3):
        r = self.random.random()
        if depth == 0 or r < 0.3:
            return self.atom()
        more, d = self.value, depth - 1
        if r < 0.38:
            return "%s.%s" % (more(d), self.random.choice(_ATTRIBUTES))
        if r < 0.46:
            return "%s[%s]" % (more(d), self.pick("0", "'k'", "'a'", ":", "-1"))
        if r < 0.54:
            return "(%s %s %s)" % (more(d), self.pick(
                "+", "-", "*", "|", "and", "or", "==", "in", "is", "<"),
                more(d))
        if r < 0.62:
            return "%s(%s)" % (self.pick(
                "ident", "first", "A", "K", "list", "dict", "set", "sorted",
                "len", "tuple", "Counter", "sum", "max", more(d)), more(d))
        if r < 0.66 and self.below:
            return "h%d(%s, %s)" % (self.random.randrange(self.below),
                                    more(d), more(d))
        if r < 0.71:
            return "[%s, %s]" % (more(d), more(d))
        if r < 0.75:
            return "{'k': %s, 1: %s}" % (more(d), more(d))
        if r < 0.80:
            return "[%s for %s in list(%s)[:3]]" % (
                more(d), self.pick("v", "v", "w", "a", "L", "p"), more(d))
        if r < 0.84:
            return "(lambda %s: %s)(%s)" % (
                self.pick("v", "w", "a", "L"), more(d), more(d))
        if r < 0.88:
            return "%s.%s()" % (more(d), self.pick(
                "get", "self_", "cls", "items", "keys", "values", "copy"))
        if r < 0.91:
            return "(%s := %s)" % (self.pick("a", "b", "w"), more(d))
        if r < 0.94:
            return "(%s if %s else %s)" % (more(d), more(d), more(d))
        if r < 0.96:
            return "list(map(%s, list(%s)[:3]))" % (more(d), more(d))
        return self.changer(d)

    def changer(self, depth):
        text = self.random.choice(_CHANGERS)
        if "%s" in text:
            text %= self.value(depth)
        return "%s.%s" % (self.pick("a", "a", "b", "p", self.value(depth)),
                          text)

    def statement(self, depth):
        r = self.random.random()
        value = self.value
        if r < 0.35:
            return [self.pick("a", "a", "b", "c", self.random.choice(_PLACES))
                    + " = " + value()]
        if r < 0.50:
            return ["%s %s= %s" % (
                self.random.choice(_PLACES), self.pick(*"++-*|"),
                self.pick("1", "2", value(2)))]
        if r < 0.62:
            return [self.changer(2)]
        if r < 0.66:
            return ["del %s" % self.pick("a", "a[0]", "p[0]", "L[0]", "A.x")]
        if r < 0.70:
            return ["return " + value()]
        if r < 0.74:
            return [self.pick("global L", "import os", "assert " + value(2),
                              "pass", "yield " + value(1), "raise KeyError")]
        if depth == 0:
            return [value()]
        if r < 0.84:
            head = "for %s in list(%s)[:3]:" % (
                self.random.choice(_PLACES), value())
        elif r < 0.92:
            head = "if %s:" % value()
        else:
            return ["try:"] + self.body(depth - 1) + \
                ["except Exception%s:" % self.pick("", " as a", " as c")] + \
                self.body(depth - 1)
        return [head] + self.body(depth - 1)

    def body(self, depth):
        lines = []
        for _ in range(self.random.randint(1, 2)):
            lines += self.statement(depth)
        return ["    " + line for line in lines]

    def function(self, name, *params):
        lines = self.pick([], ["    a = []"], ["    a = {}", "    b = []"],
                          ["    a = list(q)", "    b = dict()"])
        for _ in range(self.random.randint(1, 3)):
            lines = lines + self.body(2)
        return "\n".join(["def %s(%s):" % (name, ", ".join(params))] + lines)

    def module(self):
        self.below = 0
        parts = [RANDOM_HEAD]
        for i in range(6):
            parts.append(self.function("h%d" % i, "p", "q"))
            self.below = i + 1
        method = self.function(self.pick("__init__", "get", "__eq__"), "self",
                               "p", "q=()")
        parts.append("class R(%s):\n" % self.pick("A", "list", "K") +
                     textwrap.indent(method, "    "))
        parts.append("def h6(p, q): return R(p), R(q).get(p), R(p) == R(q)")
        return "\n".join(parts) + "\n"


class Random(Snippets):

    def test_nothing_left(self):
        """The verdict of each function, and its effects on what its arguments
        and global names hold."""
        rounds = int(os.environ.get("TGRAPH_ROUNDS", "120"))
        grammar = Grammar(int(os.environ.get("TGRAPH_SEED", "1")))
        accepted = ran = 0
        for _ in range(rounds):
            source = grammar.module()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    compile(source, "x", "exec")
            except SyntaxError:
                continue
            module = self.load(source)
            space = vars(module)
            for i in range(7):
                ran += 1
                function = space["h%d" % i]
                if not self.fit(module, [function]):
                    continue
                accepted += 1
                self.execute(module, function, source)
        # if the grammar's functions were all denied this would test nothing
        self.assertGreater(accepted, ran // 20)

    def execute(self, module, function, source):
        space = vars(module)
        A, L, D, S = space["A"], space["L"], space["D"], space["S"]
        for args in ((L, D), (A, L), (D, S), (space["T"], A), (S, 2),
                     (A.items, A.table), (space["FS"], "k")):
            before = Snapshot(space)
            try:
                made = function(*args)
                if isinstance(made, types.GeneratorType):
                    for _ in zip(range(9), made):
                        pass
            except (Exception, AssertionError):
                pass
            if before.state != Snapshot(space).state:
                self.fail("%s changed something:\n%s" % (
                    function.__name__, source[len(RANDOM_HEAD):]))


if __name__ == "__main__":
    unittest.main()
