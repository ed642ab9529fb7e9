#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What src/pytgraph uses of pytest that is private: it is all in one file, and
without any of it the outcomes are the same."""

import ast
import os
import shutil
import tempfile
import unittest

try:
    import pytest
except ImportError:
    pytest = None

import pytgraph_case
from pytgraph_case import PYTGRAPH
from test_pytgraph_worker import steady

PYTEST = int(pytest.__version__.partition(".")[0]) if pytest else 0
PRIVATE = os.path.join(PYTGRAPH, "runner", "private.py")
NAMES = os.path.join(PYTGRAPH, "process", "packages.py")
# Names with an underscore that are Python's, or this project's own: none of
# them is looked for in an object of pytest's.
OTHERS = {"_exit", "_getframe", "_current_frames", "_data", "_target",
          "_set_native_id", "_shutdown", "_run_exitfuncs", "_fields",
          "_attributes", "_bootstrap_external", "_initializing",
          "_args_from_interpreter_flags"}
# Those that measure coverage, whose names of that library these are.
OTHERS |= {"_atexit", "_post_save_work"}
# The module that has to do with unittest.
UNITTEST = {"_testMethodName", "_testFunc", "_ErrorHolder", "_subDescription",
            "_loading_packages", "_tgraph_id", "_exception"}
# How a name is looked up that is not written as an attribute.
LOOKS = {"getattr", "hasattr", "setattr", "delattr", "has"}


# Without these each file has a start of its own.
ALONE = {"catch_warnings_for_item", "_get_directory", "_global_capturing",
         "out", "err", "tmpfile",
         "_loadconftestmodules" if PYTEST > 7 else "_getconftestmodules"}


def sources():
    for top, _, names in os.walk(PYTGRAPH):
        for name in names:
            if name.endswith(".py"):
                yield os.path.join(top, name)


def tree_of(path):
    with open(path, "rb") as stream:
        return ast.parse(stream.read())


def hidden(name):
    return name[:1] == "_" and name[:2] != "__"


def uses(tree):
    """(line, name) of what a module names of others with an underscore, or of
    pytest's private package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == "_pytest":
                    yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").partition(".")[0] == "_pytest":
                yield node.lineno, node.module
        elif isinstance(node, ast.Attribute):
            own = isinstance(node.value, ast.Name) and \
                node.value.id in ("self", "cls")
            if hidden(node.attr) and not own:
                yield node.lineno, node.attr
        elif isinstance(node, ast.Constant) and \
                isinstance(node.value, str):
            if node.value.partition(".")[0] == "_pytest":
                yield node.lineno, node.value
        elif isinstance(node, ast.Call) and \
                isinstance(node.func, ast.Name) and node.func.id in LOOKS:
            for word in node.args[1:]:
                if isinstance(word, ast.Constant) and hidden(str(word.value)):
                    yield word.lineno, word.value


def looked_for(tree):
    """The names that private.py asks for before it uses them."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and \
                isinstance(node.func, ast.Name) and node.func.id == "has":
            found += [word.value for word in node.args[1:]
                      if isinstance(word, ast.Constant)]
    return sorted(set(found))


class OnePlace(unittest.TestCase):

    def test_nobody_else_names_them(self):
        bad = []
        for path in sources():
            if os.path.samefile(path, PRIVATE) or \
                    os.path.samefile(path, NAMES):
                continue
            allowed = OTHERS | (UNITTEST if path.endswith("unitrun.py")
                                else set())
            bad += ["%s:%d: %s" % (os.path.relpath(path, PYTGRAPH), *use)
                    for use in uses(tree_of(path)) if use[1] not in allowed]
        self.assertEqual(bad, [])

    def test_a_use_is_seen(self):
        found = [name for _, name in uses(ast.parse(
            "import _pytest.main\n"
            "from _pytest import main\n"
            "session._collect(1)\n"
            "getattr(config, '_store')\n"
            "own = '_pytest.main'\n"
            "self._own, config.args, config.__class__\n"))]
        self.assertEqual(sorted(found), [
            "_collect", "_pytest", "_pytest.main", "_pytest.main", "_store"])

    def test_each_is_looked_for_first(self):
        tree = tree_of(PRIVATE)
        asked = set(looked_for(tree))
        self.assertGreater(len(asked), 20)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and hidden(node.attr):
                self.assertIn(node.attr, asked, node.lineno)


@unittest.skipUnless(pytgraph_case.has_pytest(), "needs pytest")
class Without(pytgraph_case.Case):
    """Each of them is hidden in turn."""

    def setUp(self):
        super().setUp()
        self.ways = set()
        self.write("pytest.ini", "[pytest]\n"
                   "filterwarnings = ignore:quiet\n")
        self.write("conftest.py", """
            import os, pytest
            @pytest.fixture
            def top(): return os.getpid()
            """)
        self.write("a/conftest.py", """
            import pytest
            @pytest.fixture
            def late(top): return top
            """)
        self.write("slow.py", """
            import os, time, warnings
            warnings.warn("quiet")
            end = time.process_time() + 0.03
            while time.process_time() < end: pass
            value = 1
            """)
        for name in "a/test_one.py", "a/test_two.py":
            self.write(name, """
                import os, warnings
                import slow
                def test_late(late): assert late == os.getpid()
                def test_captured(capfd):
                    print("text", flush=True)
                    os.system("echo more")
                    assert capfd.readouterr().out == "text\\nmore\\n"
                def test_files(tmp_path):
                    assert not list(tmp_path.iterdir())
                    (tmp_path / "file").write_text("")
                def test_warns(): warnings.warn("told")
                def test_value():
                    print("said")
                    assert slow.value == 1 and [1, 2] == [1, 2]
                """)
        self.write("b/test_three.py", """
            def test_no_late(request):
                import pytest
                with pytest.raises(pytest.FixtureLookupError):
                    request.getfixturevalue("late")
            def test_bad(): assert [1, 2] == [1, 3]
            """)

    def hide(self, name):
        """Run a copy that does not find `name`."""
        home = tempfile.mkdtemp(prefix="pg-")
        self.addCleanup(shutil.rmtree, home, True)
        self.pytgraph = os.path.join(home, "src", "pytgraph")
        # (With what is compiled, which the times of the files go with.)
        shutil.copytree(PYTGRAPH, self.pytgraph)
        rules = os.path.join(PYTGRAPH, "..", "..", "rules")
        os.symlink(os.path.realpath(rules), os.path.join(home, "rules"))
        path = os.path.join(self.pytgraph, "runner", "private.py")
        with open(path) as stream:
            text = stream.read()
        with open(path, "w") as stream:
            stream.write(text + "\n\n_has = has\n\n\n"
                         "def has(thing, *names):\n"
                         "    return %r not in names and "
                         "_has(thing, *names)\n" % name)

    def run_all(self):
        found = []
        for name in "a/test_one.py", "a/test_two.py", "b/test_three.py":
            doc = self.work(name)[2]
            self.ways.add(doc["way"])
            found.append(steady(doc))
        # Of the same size, and as old, as before.
        path = os.path.join(self.root, "a", "test_one.py")
        state = os.stat(path)
        text = self.read("a/test_one.py")
        self.write("a/test_one.py", text.replace("value == 1", "value == 2"))
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        found.append(steady(self.work("a/test_one.py")[2]))
        return found

    def check(self, docs):
        for doc in docs[:2]:
            self.assertEqual(set(self.outcomes(doc).values()), {"passed"}, doc)
            self.assertEqual([w["message"] for w in doc["warnings"]], ["told"])
            self.assertIn("a/conftest.py", doc["imported"])
        self.assertEqual(list(self.outcomes(docs[2]).values()),
                         ["passed", "failed"])
        self.assertEqual(self.outcomes(docs[3])["test_value"], "failed")


def without(name):
    def test(self):
        self.hide(name)
        self.check(self.run_all())
        self.assertEqual(self.ways, {"start" if name in ALONE else "fork"})
    return test


for _name in looked_for(tree_of(PRIVATE)):
    setattr(Without, "test_" + _name.strip("_"), without(_name))

if __name__ == "__main__":
    unittest.main()
