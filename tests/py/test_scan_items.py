# SPDX-License-Identifier: Apache-2.0
"""The items found by reading are those that pytest and unittest collect."""
import json
import os
import re
import subprocess
import sys
import unittest

import pytest

DUMP = os.path.abspath(os.environ.get("TG_SCAN_DUMP",
                                      "obj/tests/unit/scan_dump"))
PARAMETRIZED, MAYBE, ASYNC, DYNAMIC, INHERITED = 1, 2, 4, 8, 16
MORE, LOAD_TESTS, NONE = 1, 2, 4

HELPERS = {
    "base.py": """
        import unittest
        class Case(unittest.TestCase):
            def test_from_base(self): pass
            def helper(self): pass
        class TestPlain:
            def test_plain(self): pass
            def test_over(self): pass
        class WithInit:
            def __init__(self): pass
        def test_imported(): pass
        def _test_hidden(): pass
    """,
    "pkg/__init__.py": "from .deep import Deep as Renamed\n",
    "pkg/deep.py": """
        from base import Case
        class Deep(Case):
            def test_deep(self): pass
    """,
}

FILES = {
    "functions": """
        import pytest
        def test_a(): pass
        async def test_b(): pass
        def testc(): pass
        def helper(): pass
        def Test_d(): pass
        @pytest.fixture
        def test_fix(): return 1
        def test_e(test_fix): pass
        @pytest.mark.parametrize("x", [1, 2])
        def test_p(x): pass
        test_alias = test_a
        test_number = 1
        test_text = "x"
        test_none = None
        def test_twice(): pass
        def test_twice(): pass
        def test_off(): pass
        test_off.__test__ = False
        class NotATest:
            def test_x(self): pass
    """,
    "classes": """
        import pytest
        class TestA:
            def test_one(self): pass
            def helper(self): pass
            @staticmethod
            def test_static(): pass
            @classmethod
            def test_class(cls): pass
            @property
            def test_prop(self): return 1
            test_alias = test_one
            class TestInner:
                def test_in(self): pass
                class TestInnermost:
                    def test_deep(self): pass
            class Other:
                def test_no(self): pass
        class TestInit:
            def __init__(self): pass
            def test_no(self): pass
        class TestNew:
            def __new__(cls): return object.__new__(cls)
            def test_no(self): pass
        class TestOff:
            __test__ = False
            def test_no(self): pass
        class Named:
            __test__ = True
            def test_named(self): pass
        class TestB(TestA):
            def test_one(self): pass
            def test_b(self): pass
        class TestC(TestB):
            test_b = None
        class TestBad(TestInit):
            def test_no(self): pass
        class TestDict(dict):
            def test_no(self): pass
        class TestErr(Exception):
            def test_no(self): pass
        @pytest.mark.parametrize("x", [1])
        class TestP:
            def test_p(self, x): pass
        class TestEmpty: pass
    """,
    "unit": """
        import unittest
        from unittest import TestCase as TC
        import unittest as u
        class Any(unittest.TestCase):
            def test_z(self): pass
            def test_a(self): pass
            def testB(self): pass
            def tes(self): pass
            class TestInside(unittest.TestCase):
                def test_no(self): pass
        class Two(TC):
            def test_two(self): pass
        class Three(u.IsolatedAsyncioTestCase):
            async def test_three(self): pass
        class Four(Two):
            def test_four(self): pass
        class Init(unittest.TestCase):
            def __init__(self, name="runTest"): super().__init__(name)
            def test_init(self): pass
        class Run(unittest.TestCase):
            def runTest(self): pass
        class Off(unittest.TestCase):
            __test__ = False
            def test_no(self): pass
        class Mixin:
            def test_mixin(self): pass
        class Mixed(Mixin, unittest.TestCase): pass
        def test_function(): pass
    """,
    "modules": """
        import base
        import pkg.deep
        from base import Case, TestPlain, test_imported
        from base import WithInit as TestWithInit
        from pkg import Renamed
        class A(base.Case):
            def test_a(self): pass
        class B(Renamed): pass
        class C(pkg.deep.Deep):
            def test_c(self): pass
        class TestD(TestPlain):
            def test_over(self): pass
            def test_d(self): pass
        class TestE(TestWithInit):
            def test_no(self): pass
        Alias = Case
        class F(Alias):
            def test_f(self): pass
    """,
    "stars": """
        from base import *
        def test_own(): pass
    """,
    "diamond": """
        class TestA:
            def test_a(self): pass
            def test_x(self): pass
        class TestB(TestA):
            def test_b(self): pass
        class TestC(TestA):
            def test_c(self): pass
            def test_x(self): pass
        class TestD(TestB, TestC):
            def test_d(self): pass
    """,
    "nothing": """
        __test__ = False
        def test_no(): pass
    """,
}


def dedent(text):
    lines = text.splitlines()
    return "\n".join(line[8:] for line in lines) + "\n"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("items")
    (root / "pytest.ini").write_text("[pytest]\n")
    (root / "pkg").mkdir()
    for name, text in HELPERS.items():
        (root / name).write_text(dedent(text) if "        " in text else text)
    for name, text in FILES.items():
        (root / f"test_{name}.py").write_text(dedent(text))
    return root


def scan(path, *options):
    run = subprocess.run([DUMP, *options, str(path)], check=True,
                         stdout=subprocess.PIPE, text=True)
    return json.loads(run.stdout)


def collected(path):
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q",
         "-p", "no:cacheprovider", path.name],
        cwd=path.parent, stdout=subprocess.PIPE, text=True)
    assert run.returncode in (0, 5), run.stdout
    ids = [line.partition("::")[2] for line in run.stdout.splitlines()
           if "::" in line]
    return list(dict.fromkeys(re.sub(r"\[.*", "", i) for i in ids))


@pytest.mark.parametrize("name", FILES)
def test_as_pytest(tree, name):
    path = tree / f"test_{name}.py"
    got = scan(path, "-i")
    want = collected(path)
    certain = [i["id"] for i in got["items"] if not i["flags"] & MAYBE]
    assert certain == want
    assert not [i for i in got["items"] if i["flags"] & MAYBE]
    assert got["flags"] == (NONE if name == "nothing" else 0)


def test_as_unittest(tree):
    sys.path.insert(0, str(tree))
    try:
        loader = unittest.TestLoader()
        suite = loader.loadTestsFromName("test_unit")
        want = []
        todo = [suite]
        while todo:
            t = todo.pop(0)
            if isinstance(t, unittest.TestSuite):
                todo[:0] = list(t)
            else:
                want.append(f"{type(t).__name__}::{t._testMethodName}")
    finally:
        sys.path.remove(str(tree))
    got = scan(tree / "test_unit.py", "-u")
    # unittest knows no __test__
    want = [i for i in want if not i.startswith("Off::")]
    assert sorted(i["id"] for i in got["items"]) == sorted(want)


def flags(tmp_path, text):
    path = tmp_path / "test_x.py"
    path.write_text(text)
    return scan(path, "-i")


def test_doubts_are_said(tmp_path):
    got = flags(tmp_path, "import x\nclass TestA(x.Base):\n"
                          "    def test_a(self): pass\n")
    assert got["flags"] & MORE
    assert got["items"][0]["flags"] & MAYBE
    got = flags(tmp_path, "if x:\n    def test_a(): pass\n")
    assert got["items"][0]["flags"] == MAYBE
    assert not got["flags"]
    got = flags(tmp_path, "test_a = make()\n")
    assert got["items"][0]["flags"] == MAYBE | DYNAMIC
    for text in ("from x import *", "globals()['test_a'] = f",
                 "from x import test_a", "def f(:", "TestA = make()",
                 "class A(make()): pass"):
        assert flags(tmp_path, text)["flags"] & MORE, text
    got = flags(tmp_path, "def load_tests(l, t, p): return t\n")
    assert got["flags"] & LOAD_TESTS


def test_cycles_end(tmp_path):
    for text in ("class TestA(TestA):\n    def test_a(self): pass\n",
                 "A = B\nB = A\nclass TestA(A): pass\n",
                 "from test_x import *\n", "from test_x import A as B\n"
                 "from test_x import B as A\nclass TestC(A): pass\n",
                 "class TestA(TestB): pass\nclass TestB(TestA): pass\n"):
        flags(tmp_path, text)
    wide = "".join(f"class A{i}({', '.join(f'A{j}' for j in range(i))}):"
                   " pass\n" for i in range(60))
    flags(tmp_path, wide + "class TestA(A59):\n    def test_a(self): pass\n")


def test_flags_of_items(tmp_path):
    got = flags(tmp_path, """
import pytest
@pytest.fixture(params=[1])
def par(): pass
def test_a(par): pass
async def test_b(): pass
@parameterized.expand([1])
def test_c(): pass
class TestX:
    def test_d(self): pass
class TestY(TestX): pass
""")
    assert [(i["id"], i["flags"], i["line"]) for i in got["items"]] == [
        ("test_a", PARAMETRIZED, 5), ("test_b", ASYNC, 6),
        ("test_c", DYNAMIC, 8), ("TestX::test_d", 0, 10),
        ("TestY::test_d", INHERITED, 11)]
