# SPDX-License-Identifier: Apache-2.0
"""Parts of src/pytgraph one by one, and the unittest runner."""

import json
import os
import subprocess
import sys
import unittest

import pytgraph_case

pytgraph_case.modules()

from _pytgraph.command import options  # noqa: E402
from _pytgraph.observe import environ  # noqa: E402
from _pytgraph.runner import addopts, conftests, results  # noqa: E402


def own_options():
    """Names of pytest's own options and how many values argparse has them
    take."""
    code = """if True:
        import argparse, json, os, sys
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        import pytest
        out = []

        class Show:
            def pytest_cmdline_main(self, config):
                parser = config._parser.optparser
                for action in parser._actions:
                    for name in action.option_strings:
                        out.append((name, action.nargs))
                return 0

        pytest.main(["-c", os.devnull], plugins=[Show()])
        print(json.dumps(out))
    """
    out = subprocess.run([sys.executable, "-c", code], check=True,
                         stdout=subprocess.PIPE).stdout
    return json.loads(out.splitlines()[-1])


class Addopts(unittest.TestCase):

    def check(self, words, left):
        self.assertEqual(addopts.neutralise(words.split()), left.split())

    def test_ending(self):
        for words, found in (("-q -xV", "-V"), ("-kh -q --co", "--co"),
                             ("-q -k x", None), ("-p h --setup-plan",
                                                 "--setup-plan"),
                             ("--tb=short -- --help", None)):
            self.assertEqual(addopts.ending(words.split()), found)

    def test_dropped(self):
        for words in ("-n 4", "-n4", "-nauto", "--numprocesses=4",
                      "--numprocesses 4", "--dist loadfile", "--cov",
                      "--cov=src", "--cov src", "--cov-report term-missing",
                      "--cov-report=xml", "--cov-fail-under=90", "-x",
                      "--exitfirst", "--maxfail 1", "--maxfail=1",
                      "--junitxml=a", "--junit-xml a", "--lf", "--ff", "--sw",
                      "--nf", "--durations=10", "--durations 10",
                      "--basetemp=x", "--pdb", "--color=yes", "--html=a.html",
                      "--cov --cov-branch -x"):
            with self.subTest(words):
                self.check(words, "")

    def test_kept(self):
        for words in ("-ra", "-v -q", "-W error", "-Werror", "--strict-markers",
                      "-p no:doctest", "--import-mode=importlib",
                      "--doctest-modules", "-m slow", "-k x", "--ignore=a",
                      "-o a=b", "--asyncio-mode auto", "--tb=short", "-s"):
            with self.subTest(words):
                self.assertEqual(
                    "".join(addopts.neutralise(words.split())),
                    "".join(words.split()))

    def test_clusters(self):
        self.check("-xvs", "-vs")
        self.check("-vx", "-v")
        self.check("-xn2", "")
        self.check("-vrA", "-v -rA")
        self.check("-xk expr", "-kexpr")

    def test_values_are_no_options(self):
        self.check("-k -x", "-k-x")
        self.check("--ignore --lf tests", "--ignore --lf tests")
        self.check("--cov -v", "-v")
        self.check("-rx --strict", "-rx --strict")
        self.check("--cov-report --lf -v", "-v")

    @unittest.skipUnless(pytgraph_case.has_pytest(), "needs pytest")
    def test_pytests_own_options(self):
        """What the table says of them is what pytest's parser does."""
        said = {name: {0: "0", None: "1"}.get(nargs, nargs)
                for name, nargs in own_options()}
        self.assertIn("--maxfail", said)
        self.assertIn("-k", said)
        self.assertEqual(said, {name: addopts._TAKES.get(name)
                                for name in said})


class Conftests(unittest.TestCase):

    def early(self, text):
        return conftests.acts_early(text.encode())

    def test_fixtures_only(self):
        self.assertFalse(self.early("""
import os
import pytest
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = ["a", "b"]


@pytest.fixture(scope="session")
def thing():
    os.environ["X"] = "1"
    return object()


class Helper:
    limit = 3
"""))

    def test_early(self):
        for text in ("def pytest_configure(config): pass",
                     "pytest_plugins = ['a']",
                     "from helpers import *",
                     "import os\nos.environ['A'] = '1'",
                     "import sys\nsys.path.insert(0, 'x')",
                     "value = compute()",
                     "import x\nx.setup()",
                     "try:\n    import a\nexcept ImportError:\n    a = 1",
                     "if True:\n    a = 1",
                     "def f(:\n",
                     "globals()['a'] = 1"):
            with self.subTest(text):
                self.assertTrue(self.early(text))
        self.assertTrue(conftests.acts_early(b"# \xff\n"))


class Environ(unittest.TestCase):
    """Which reads of the environment count."""

    def noted(self, variable, *modules):
        """The names noted when the last of `modules`, called by the one
        before, and so on, reads `variable`."""
        read = None
        for name in reversed(modules):
            space = {"__name__": name, "os": os, "variable": variable,
                     "inner": read}
            exec("def call(): return " + (
                "inner()" if read else "os.environ.get(variable)"), space)
            read = space["call"]
        kind, seen = os.environ.__class__, environ.seen
        environ.seen = environ.Seen()
        environ.install()
        try:
            read()
            return environ.seen.names
        finally:
            os.environ.__class__, environ.seen = kind, seen

    def test_looks(self):
        for modules in (("_pytest.terminal",), ("test_a", "_pytest.x"),
                        ("_pytest.x", "argparse", "_colorize"),
                        ("_pytest.x", "argparse", "argparse", "_colorize"),
                        ("test_a", "_pytest.x", "_colorize")):
            for variable in "TERM", "NO_COLOR", "PYTHON_COLORS":
                with self.subTest(modules):
                    self.assertEqual(self.noted(variable, *modules), set())

    def test_reads(self):
        for modules in (("test_a",), ("test_a", "_colorize"),
                        ("test_a", "argparse", "_colorize"),
                        ("_pytest.x", "test_a", "argparse", "_colorize")):
            with self.subTest(modules):
                self.assertEqual(self.noted("TERM", *modules), {"TERM"})
        self.assertEqual(self.noted("X", "_pytest.x", "argparse"), {"X"})


    def test_what_is_below_os(self):
        """posix.environ, and what os.environ keeps its values in."""
        import posix
        kind, seen = os.environ.__class__, environ.seen
        environ.install()
        data = posix.environ
        self.addCleanup(setattr, environ, "seen", seen)
        self.addCleanup(setattr, os.environ, "__class__", kind)
        self.assertIs(data, os.environ._data)
        for read, names, everything in (
                (lambda: b"X" in data, {"X"}, False),
                (lambda: data.get(b"X"), {"X"}, False),
                (lambda: data[b"PATH"], {"PATH"}, False),
                (lambda: dict(data), set(), True),
                (lambda: data.copy(), set(), True),
                (lambda: list(data.items()), set(), True),
                (lambda: {**data}, set(), True),
                (lambda: len(data), set(), True),
                (lambda: os.environ.get("X"), {"X"}, False),
                (lambda: os.environb.get(b"X"), {"X"}, False),
                (lambda: list(os.environ), set(), True)):
            environ.seen = environ.Seen()
            read()
            self.assertEqual(environ.seen.all, everything)
            if not everything:
                self.assertEqual(environ.seen.names, names)
        environ.watch_spawns()
        environ.seen = environ.Seen()
        with open("/dev/null", "rb"):
            self.assertFalse(environ.seen.all)
        if os.path.exists("/proc/self/environ"):
            with open("/proc/self/environ", "rb"):
                self.assertTrue(environ.seen.all)
        environ.ignore_spawns()
        os.environ["X_NEW"] = "1"
        self.assertEqual(data[b"X_NEW"], b"1")
        del os.environ["X_NEW"]
        self.assertEqual(subprocess.check_output(
            ["sh", "-c", "echo ${X_NEW-}"]), b"\n")


class Results(pytgraph_case.Case):

    def test_clip(self):
        text = results.clip("a" * 5 + "b" * 5, 5)
        self.assertEqual(text, "[5 characters left out]\nbbbbb")

    def test_atomic(self):
        path = os.path.join(self.root, "a/b.json")
        results.write_atomic(path, b"1")
        results.write_atomic(path, b"22")
        with open(path, "rb") as stream:
            self.assertEqual(stream.read(), b"22")
        self.assertEqual(os.listdir(os.path.dirname(path)), ["b.json"])

    def test_depfile(self):
        opts = options.parse(["--result", "o/r.json", "a.py"], "/base")
        text = results.depfile(opts, {"imported": ["a b.py", "c$#.py"]})
        self.assertEqual(text, b"o/r.json: a\\ b.py \\\n  c$$\\#.py\n")


class Options(unittest.TestCase):

    def test_paths(self):
        opts = options.parse(
            ["--cwd=p", "--result", "o/r", "--inifile", "../x.ini",
             "p/t.py", "--", "-s", "--x"], "/base/b")
        self.assertEqual(opts.cwd, "/base/b/p")
        self.assertEqual(opts.inifile, "/base/x.ini")
        self.assertEqual(opts.files, ["/base/b/p/t.py"])
        self.assertEqual(opts.extra, ["-s", "--x"])
        self.assertEqual(opts.name(opts.files[0]), "t.py")

    def test_refused(self):
        for argv in ([], ["a.py"], ["--result", "r"],
                     ["--result", "r", "a.py", "b.py"],
                     ["--frob", "--result", "r", "a.py"],
                     ["--runner", "nose", "--result", "r", "a.py"],
                     ["a.py", "--result"]):
            with self.subTest(argv), self.assertRaises(options.UsageError):
                options.parse(argv, "/base")


MIXED = """
    import os, sys, unittest

    class A(unittest.TestCase):
        def test_ok(self): pass
        def test_bad(self):
            print("printed")
            os.write(2, b"written\\n")
            self.assertEqual(1, 2)
        def test_error(self): raise KeyError("x")
        @unittest.skip("why")
        def test_skip(self): pass
        @unittest.expectedFailure
        def test_expected(self): self.fail()
        @unittest.expectedFailure
        def test_unexpected(self): pass
        def test_sub(self):
            for i in range(3):
                with self.subTest(i=i):
                    self.assertNotEqual(i, 1)

    class B(unittest.TestCase):
        @classmethod
        def setUpClass(cls): raise RuntimeError("no class")
        def test_b(self): pass

    class C(unittest.TestCase):
        @classmethod
        def setUpClass(cls): raise unittest.SkipTest("no c")
        def test_c(self): pass

    class D(unittest.IsolatedAsyncioTestCase):
        async def test_async(self):
            assert "pytest" not in sys.modules
"""


class Unittest(pytgraph_case.Case):
    """The unittest runner; the standard library only."""

    def both(self, name, *more):
        code, out, plain = self.plain(name, *more, runner="unittest")
        status, ring, doc = self.work(name, *more, runner="unittest")
        self.assertEqual(ring, doc)
        self.assertEqual(status, code << 8)
        self.assertEqual(self.outcomes(doc), self.outcomes(plain))
        self.assertEqual(doc["status"], plain["status"])
        return doc, out

    def test_outcomes(self):
        self.write("tests/test_a.py", MIXED)
        doc, out = self.both("tests/test_a.py")
        self.assertEqual(self.outcomes(doc), {
            "A::test_ok": "passed", "A::test_bad": "failed",
            "A::test_error": "failed", "A::test_skip": "skipped",
            "A::test_expected": "xfailed", "A::test_unexpected": "failed",
            "A::test_sub": "failed", "B::test_b": "error",
            "C::test_c": "skipped", "D::test_async": "passed"})
        items = {i["id"].partition("::")[2]: i for i in doc["items"]}
        self.assertEqual(items["A::test_bad"]["id"],
                         "tests/test_a.py::A::test_bad")
        text = items["A::test_bad"]["sections"][0][1]
        self.assertIn("printed\n", text)
        self.assertIn("written\n", text)
        self.assertEqual(items["A::test_skip"]["reason"], "why")
        self.assertEqual(len(items["A::test_sub"]["subtests"]), 1)
        self.assertIn("no class", items["B::test_b"]["longrepr"])
        self.assertEqual((doc["status"], doc["exitstatus"]), ("failed", 1))
        self.assertIn("FAIL: test_bad", out)

    def test_beside(self):
        self.write("plain/helper_of_tests.py", "x = 1\n")
        text = """
            import unittest
            import helper_of_tests

            class A(unittest.TestCase):
                def test_a(self): self.assertEqual(helper_of_tests.x, 1)
        """
        self.write("plain/test_a.py", text)
        doc, _ = self.both("plain/test_a.py")
        self.assertEqual(doc["status"], "passed")
        self.write("package/helper_of_tests.py", "x = 1\n")
        self.write("package/__init__.py", "")
        self.write("package/test_a.py", text)
        doc, _ = self.both("package/test_a.py")
        self.assertEqual(doc["status"], "error")

    def test_same_names(self):
        self.write("tests/test_a.py", """
            import unittest

            def make(bad):
                class A(unittest.TestCase):
                    def test_a(self): self.assertFalse(bad)
                return A

            One, Two, Three = make(False), make(True), make(False)
            Four = One
        """)
        doc, _ = self.both("tests/test_a.py")
        self.assertEqual(
            sorted(i["outcome"] for i in doc["items"]),
            ["failed", "passed", "passed", "passed"])
        self.assertEqual(len({i["id"] for i in doc["items"]}), 4)
        self.assertEqual(doc["status"], "failed")

    def test_import_fails(self):
        for text in ("import no_such_module", "raise ValueError('no')",
                     "import sys; sys.exit(0)"):
            with self.subTest(text):
                self.write("test_a.py", text)
                doc, _ = self.both("test_a.py")
                self.assertEqual(doc["status"], "error")
                self.assertEqual([c["id"] for c in doc["collect_errors"]],
                                 ["test_a.py"])

    def test_module_skipped(self):
        self.write("test_a.py", "import unittest\n"
                                "raise unittest.SkipTest('not here')\n")
        doc, _ = self.both("test_a.py")
        self.assertEqual(doc["status"], "passed")
        self.assertEqual(doc["items"][0]["reason"], "not here")

    def test_load_tests(self):
        self.write("test_a.py", """
            import unittest
            class A(unittest.TestCase):
                def test_a(self): pass
                def test_b(self): self.fail()
            def load_tests(loader, tests, pattern):
                return unittest.TestSuite([A("test_a")])
            """)
        doc, _ = self.both("test_a.py")
        self.assertEqual(self.outcomes(doc), {"A::test_a": "passed"})

    def test_empty(self):
        self.write("test_a.py", "x = 1\n")
        doc, _ = self.both("test_a.py")
        self.assertEqual(doc["status"], "empty")

    def test_select(self):
        self.write("test_a.py", """
            import unittest
            class A(unittest.TestCase):
                def test_a(self): pass
                def test_b(self): self.fail()
                def test_c(self): pass
            """)
        doc, _ = self.both("test_a.py", "--select", "test_a.py::A::test_c")
        self.assertEqual(self.outcomes(doc), {"A::test_c": "passed"})
        self.assertIs(doc["partial"], True)
        doc, _ = self.both("test_a.py", "--deselect", "test_a.py::A::test_b")
        self.assertEqual(len(doc["items"]), 2)
        doc, _ = self.both("test_a.py", "--pytest-k", "A.test_a")
        self.assertEqual(self.outcomes(doc), {"A::test_a": "passed"})

    def test_module_fixture_fails(self):
        self.write("test_a.py", """
            import unittest
            def setUpModule(): raise OSError("none")
            class A(unittest.TestCase):
                def test_a(self): pass
            """)
        doc, _ = self.both("test_a.py")
        self.assertEqual(self.outcomes(doc), {"A::test_a": "error"})

    def test_exit_in_mid_test(self):
        self.write("test_a.py", """
            import os, unittest
            class A(unittest.TestCase):
                def test_a(self): os._exit(0)
            """)
        code, out, doc = self.plain("test_a.py", runner="unittest")
        self.assertEqual((code, doc), (1, None))
        self.assertEqual(self.work("test_a.py", runner="unittest"),
                         (0, None, None))

    def test_directory_without_a_name(self):
        self.write("my-tests/helper.py", "VALUE = 3\n")
        self.write("my-tests/test_a.py", """
            import unittest
            import helper
            class A(unittest.TestCase):
                def test_a(self): self.assertEqual(helper.VALUE, 3)
            """)
        doc, _ = self.both("my-tests/test_a.py")
        self.assertEqual(doc["status"], "passed", doc["summary"])
        self.assertIn("my-tests/helper.py", doc["imported"])


class WithoutPytest(pytgraph_case.Case):

    def test_no_pytest(self):
        if pytgraph_case.has_pytest():
            self.skipTest("pytest is here")
        self.write("test_a.py", "def test_a(): pass\n")
        code, out, doc = self.plain("test_a.py")
        self.assertEqual(code, 1)
        self.assertIn("No module named pytest", out)
        self.assertEqual(doc["status"], "error")
        status, _, doc = self.work("test_a.py")
        self.assertNotEqual(status, 0)
        self.assertEqual(doc["status"], "error")


class Written(pytgraph_case.Case):

    def test_document_is_json(self):
        for text, want in (("\u00e9\U0001f600", "\u00e9\U0001f600"),
                           ("x\udcff", "x\\xff"), ("\ud800", "\\ud800")):
            data = results.encode({"a": text}).decode("utf-8")
            self.assertEqual(json.loads(data), {"a": want})

    def test_plain_command_reads_it(self):
        self.write("test_a.py", """
            import unittest
            class A(unittest.TestCase):
                @unittest.skip("\\U0001f600")
                def test_a(self): pass
            """)
        code, _, doc = self.plain("test_a.py", runner="unittest")
        self.assertEqual(code, 0)
        self.assertEqual(doc["items"][0]["reason"], "\U0001f600")


@unittest.skipUnless(pytgraph_case.has_pytest(), "needs pytest")
class Rewriting(unittest.TestCase):

    SOURCE = """
import os
async def test_a(x, *, y=None):
    assert (
        x == [1, 2, {"k": f"{y!r:>{x}}"}]
        and not y.z(*x, **{"a": ...}) or x[1:2] is y), "why %s" % x
    assert (n := x) > 1 < 3
    global g
    if x:
        assert lambda: (yield)
        assert isinstance(x, int), lambda a=1, /, *b, c, **d: a
    assert [i async for i in x if i] != -1 @ 2
"""

    def tree(self):
        import ast
        from _pytest.assertion import rewrite

        class Config:
            def getini(self, name):
                return True

        tree = ast.parse(self.SOURCE)
        rewrite.rewrite_asserts(tree, self.SOURCE.encode(), "x.py", Config())
        return ast.dump(tree, include_attributes=True)

    def test_places_are_those_of_pytest(self):
        from _pytest.assertion import rewrite
        from _pytgraph.runner import rewriting
        kept = rewrite.AssertionRewriter.visit_Assert, rewrite.traverse_node
        try:
            plain = self.tree()
            rewriting.install()
            self.assertIsNot(rewrite.AssertionRewriter.visit_Assert, kept[0])
            self.assertEqual(self.tree(), plain)
        finally:
            rewrite.AssertionRewriter.visit_Assert, \
                rewrite.traverse_node = kept


if __name__ == "__main__":
    unittest.main()
