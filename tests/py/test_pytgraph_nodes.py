#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a session does before it forks: sessions with threads, and nodes, which
do imports that several files begin with."""

import os
import unittest

import pytest

import pytgraph_case
from test_pytgraph_worker import steady

pytgraph_case.modules()
from _pytgraph.warm import imports, leading  # noqa: E402

# A module that takes so long that a node is worth its while.
SLOW = """
import os, time
end = time.process_time() + 0.03
while time.process_time() < end: pass
made = os.getpid()
"""
# Runs what pytest does not know of, in a thread that Python does not know of.
NATIVE = """
    import ctypes
    libc = ctypes.CDLL(None)
    number = ctypes.c_ulong()
    start = ctypes.cast(libc.pause, ctypes.c_void_p)
    assert libc.pthread_create(ctypes.byref(number), None, start, None) == 0
    """


@unittest.skipUnless(pytgraph_case.has_pytest(), "needs pytest")
class Nodes(pytgraph_case.Case):

    def setUp(self):
        super().setUp()
        self.write("pytest.ini", "[pytest]\n")

    def equal(self, *names):
        """Run the files by one worker; their documents, each of which is that
        of the plain command."""
        found, known = [], {}
        for name in names:
            code, plain = self.alike(name, known)
            status, _, doc = self.work(name)
            self.assertEqual(steady(doc), steady(plain), name)
            self.assertEqual(status, code << 8)
            found.append(doc)
        return found

    def files(self, text, count=3):
        names = ["test_%d.py" % i for i in range(count)]
        for name in names:
            self.write(name, text)
        return names

    def here(self, names):
        """Which of the files, run by one worker, found `slow` imported in their
        own process?"""
        for name in names:
            self.work(name)
        return [self.outcomes(self.result(n))["test_here"] == "passed"
                for n in names]

    def test_second_file_makes_node(self):
        self.write("slow.py", SLOW)
        names = self.files("""
            import os
            from slow import made
            def test_here(): assert made == os.getpid()
            """, 4)
        self.assertEqual(self.here(names), [True, False, False, False])

    def test_cheap_imports_make_none(self):
        self.write("slow.py", "import os\nmade = os.getpid()\n")
        names = self.files("""
            import os
            from slow import made
            def test_here(): assert made == os.getpid()
            """)
        self.assertEqual(self.here(names), [True, True, True])

    def test_no_file_sees_more_than_it_imports(self):
        self.write("slow.py", SLOW)
        self.write("other.py", SLOW)
        both = self.files("import slow, other\ndef test_x(): pass\n")
        self.write("test_one.py", """
            import slow, sys
            def test_x(): assert "other" not in sys.modules
            """)
        self.write("test_none.py", """
            import sys
            def test_x():
                assert "slow" not in sys.modules
                assert "other" not in sys.modules
            """)
        docs = self.equal(*both, "test_one.py", "test_none.py", "test_one.py")
        self.assertEqual({d["status"] for d in docs}, {"passed"})
        self.assertIn("slow.py", docs[0]["imported"])
        self.assertNotIn("slow.py", docs[4]["imported"] and
                         self.equal("test_none.py")[0]["imported"])

    def test_circle(self):
        """`b` can't be imported first; that `a` was in a node hides it not."""
        self.write("a.py", SLOW + "import b\nx = 1\n")
        self.write("b.py", "from a import made\nimport late\n")
        self.write("late.py", "import a\na.b.made\n")
        text = "import a\ndef test_x(): a.made\n"
        names = self.files(text)
        self.write("test_b.py", "import b\nimport a\ndef test_x(): pass\n")
        docs = self.equal(*names, "test_b.py")
        self.assertEqual([d["status"] for d in docs[:3]],
                         [docs[0]["status"]] * 3)
        self.write("c.py", SLOW + "import d\nx = 1\n")
        self.write("d.py", "import c\ny = c.x\n")
        self.write("e.py", "import d\nimport c\n")
        for name in "test_c.py", "test_f.py", "test_g.py":
            self.write(name, "import d, c\ndef test_x(): pass\n")
        self.write("test_h.py", "import c\ndef test_x(): pass\n")
        docs = self.equal("test_c.py", "test_f.py", "test_h.py", "test_g.py")
        self.assertEqual([d["status"] for d in docs],
                         ["passed", "passed", "error", "passed"])

    def test_warning_of_an_import(self):
        self.write("slow.py", SLOW + "import warnings\nwarnings.warn('oh')\n")
        names = self.files("import slow\ndef test_x(): pass\n", 4)
        docs = self.equal(*names)
        self.assertEqual([len(d["warnings"]) for d in docs], [1] * 4)

    def test_import_that_fails(self):
        self.write("slow.py", SLOW + "raise ValueError('oh')\n")
        names = self.files("import slow\ndef test_x(): pass\n", 4)
        docs = self.equal(*names)
        self.assertEqual({d["status"] for d in docs}, {"error"})

    def test_import_that_prints_or_starts_a_thread(self):
        self.write("loud.py", SLOW + "print('oh')\n")
        self.write("busy.py", SLOW + """
import threading
event = threading.Event()
thread = threading.Thread(target=event.wait, daemon=True)
thread.start()
""")
        for module in "loud", "busy":
            names = ["test_%s%d.py" % (module, i) for i in range(3)]
            for name in names:
                self.write(name, """
                    import %s, threading
                    def test_x():
                        assert threading.active_count() == %d
                        assert 0, "to see the output"
                    """ % (module, 1 + (module == "busy")))
            docs = self.equal(*names)
            self.assertEqual([d["items"][0]["message"].split("\n")[0]
                              for d in docs],
                             ["AssertionError: to see the output"] * 3)

    def test_what_changes_others_keeps_its_place(self):
        """`slow` sets a variable that `first` reads: no file that imports
        `first` first may find it set."""
        self.write("slow.py", SLOW + "os.environ['SET'] = '1'\n")
        self.write("first.py", "import os\nvalue = os.environ.get('SET')\n")
        names = self.files("import slow\ndef test_x(): pass\n")
        self.write("test_first.py", """
            import first
            import slow
            def test_x(): assert first.value is None
            """)
        docs = self.equal(*names, "test_first.py", "test_first.py")
        self.assertEqual({d["status"] for d in docs}, {"passed"})

    def test_modules_of_two_directories(self):
        """Modules of the same name beside the files of two directories."""
        for name in "one", "two":
            self.write(name + "/helper.py", SLOW +
                       "name = '%s'\n" % name)
            for i in range(3):
                self.write("%s/test_%s%d.py" % (name, name, i), """
                    import helper
                    def test_x(): assert helper.name == '%s'
                    """ % name)
        docs = self.equal(*("%s/test_%s%d.py" % (n, n, i) for i in range(3)
                            for n in ("one", "two")))
        self.assertEqual({d["status"] for d in docs}, {"passed"})

    def test_threads_of_a_library(self):
        self.write("conftest.py", NATIVE)
        names = self.files("def test_x(): pass\n")
        for name in names:
            self.work(name)
            self.assertEqual(self.result(name)["way"], "fork")

    def test_thread_of_a_conftest_is_named(self):
        self.write("conftest.py", """
            import threading
            event = threading.Event()
            threading.Thread(target=event.wait, name="poller",
                             daemon=True).start()
            """)
        self.write("test_x.py", "def test_x(): pass\n")
        self.work("test_x.py")
        doc = self.result("test_x.py")
        self.assertEqual(doc["way"], "start")
        self.assertIn("poller", doc["why"])


@unittest.skipUnless(pytgraph_case.has_pytest(), "needs pytest")
class Leftovers(pytgraph_case.Case):
    """What is set up once is not torn down by one child for the others."""

    SETUPS = {
        "temporary directory": """
            import tempfile
            keep = tempfile.TemporaryDirectory()
            place = keep.name
            """,
        "exit function": """
            import atexit, os, shutil
            place = os.path.join(os.path.dirname(__file__), "made")
            os.mkdir(place) if not os.path.exists(place) else None
            atexit.register(shutil.rmtree, place)
            """,
        "hooks": """
            import os, shutil
            place = os.path.join(os.path.dirname(__file__), "made")
            def pytest_configure(config):
                os.mkdir(place)
            def pytest_unconfigure(config):
                os.rmdir(place)
            """,
        "a plugin that conftest registers": """
            import os, shutil
            place = os.path.join(os.path.dirname(__file__), "made")
            class Plugin:
                def __init__(self): os.mkdir(place)
                def pytest_sessionfinish(self): os.rmdir(place)
            def pytest_configure(config):
                config.pluginmanager.register(Plugin())
            """,
        "what the module makes": """
            import os, shutil
            place = os.path.join(os.path.dirname(__file__), "made")
            os.mkdir(place)
            def pytest_sessionfinish(session):
                shutil.rmtree(place)
            """,
        "cleanup": """
            import os, shutil
            place = os.path.join(os.path.dirname(__file__), "made")
            def pytest_configure(config):
                os.mkdir(place)
                config.add_cleanup(lambda: os.rmdir(place))
            """,
    }

    def ways(self, conftest):
        """The ways of three files, all of which pass."""
        self.write("conftest.py", conftest)
        found = []
        for i in range(3):
            name = "test_%d.py" % i
            self.write(name, """
                import os
                from conftest import place
                def test_place(): assert os.path.isdir(place)
                """)
            status, _, doc = self.work(name)
            self.assertEqual((status, doc["status"]), (0, "passed"),
                             doc["summary"])
            found.append(doc["way"])
        return found

    def test_setups(self):
        for name, conftest in self.SETUPS.items():
            with self.subTest(name):
                self.ways(conftest)
                self.assertFalse(os.path.exists(self.root + "/made"))
                self.tearDown()
                self.worker = None

    def test_directory_of_a_plugin(self):
        """An installed plugin removes at the end a directory that it has made
        at the start."""
        self.write("pytest.ini", "[pytest]\naddopts = -p makes\n")
        self.write("site-packages/makes.py", """
            import os, tempfile
            def pytest_configure(config):
                global place
                place = tempfile.mkdtemp()
            def pytest_unconfigure(config):
                os.rmdir(place)
            """)
        # (-p looks before pythonpath is set, until pytest 8.4.)
        self.start(env={"PYTHONPATH": self.root + "/site-packages"})
        self.assertEqual(self.ways("from makes import place\n"), ["fork"] * 3)

    def test_what_needs_none(self):
        self.assertEqual(self.ways("""
            import os
            place = os.path.dirname(__file__)
            def pytest_configure(config):
                config.addinivalue_line("markers", "slow: takes long")
            def pytest_sessionfinish(session, exitstatus):
                print("end", exitstatus)
            """), ["fork"] * 3)


@unittest.skipUnless(pytgraph_case.has_pytest(), "needs pytest")
class Roots(pytgraph_case.Case):
    """One session for several package roots, unless it depends on one."""

    LOOKS = {
        "getcwd": "HERE = os.getcwd()",
        "abspath": "HERE = os.path.abspath('.')",
        "open": "HERE = open('mark').read()",
        "listdir": "HERE = os.listdir() and os.path.realpath('.')",
        "pathlib": "HERE = str(pathlib.Path('mark').resolve().parent)",
        "params": "HERE = None\n"
                  "def pytest_configure(config):\n"
                  "    global HERE\n"
                  "    HERE = str(config.invocation_params.dir)",
        "args": "HERE = None\n"
                "def pytest_configure(config):\n"
                "    global HERE\n"
                "    HERE = os.path.dirname(os.path.abspath(config.args[0]))",
    }

    def tree(self, conftest):
        self.write("pytest.ini", "[pytest]\n")
        self.write("conftest.py", "import os, pathlib\n"
                   "def pytest_report_header(): pass\n" + conftest + "\n")
        for name in "one", "two":
            root = "%s/%s" % (self.root, name)
            self.write(name + "/mark", root)
            self.write("%s/test_%s.py" % (name, name), """
                import os, sys
                def test_here(pytestconfig):
                    module = pytestconfig.pluginmanager.get_plugin(%r)
                    here = getattr(module, "HERE", os.getcwd())
                    assert here == %r
                def test_session(pytestconfig):
                    module = pytestconfig.pluginmanager.get_plugin(%r)
                    assert module.PID == %d
                def test_path():
                    assert sys.path[0] == %r or sys.path[1] == %r
                """ % (self.root + "/conftest.py", root,
                       self.root + "/conftest.py", 0, root, root))

    def sessions(self):
        """How many sessions run the files of both roots, all right?"""
        found = set()
        for name in "one", "two":
            self.work("%s/test_%s.py" % (name, name), cwd=name)
            doc = self.result("%s/test_%s.py" % (name, name))
            bad = {i["id"].partition("::")[2]: i["message"]
                   for i in doc["items"] if i["outcome"] != "passed"}
            self.assertEqual(list(bad), ["test_session"], bad)
            found.add(bad["test_session"].split("assert ")[1].split(" ")[0])
        return len(found)

    def test_one_session(self):
        self.tree("PID = os.getpid()")
        self.assertEqual(self.sessions(), 1)

    def test_own_sessions(self):
        for name, look in self.LOOKS.items():
            with self.subTest(name):
                self.tree("PID = os.getpid()\n" + look)
                self.assertEqual(self.sessions(), 2)
                self.tearDown()
                self.worker = None

    def test_modules_of_a_root(self):
        """A root has a module that the session has tried to import."""
        self.tree("PID = os.getpid()\n"
                  "try: import optional\nexcept ImportError: optional = None")
        self.write("two/optional.py")
        self.assertEqual(self.sessions(), 2)


class Leading(pytgraph_case.Case):

    def head(self, text):
        return [n for n, _, _ in leading.imports(self.write("x.py", text))]

    def test_heads(self):
        for text, names in (
                ("import a, b.c\nfrom d import e\n", ["a", "b.c", "d"]),
                ('"""Text.\nimport no\n"""\nimport a\n', ["a"]),
                ("from a import (\n    b,\n    c,\n)\nimport d\n", ["a", "d"]),
                ("import a\nX = 1\npytestmark = pytest.mark.slow\nimport b\n",
                 ["a", "b"]),
                ("import a\nfrom typing import TYPE_CHECKING\n"
                 "if TYPE_CHECKING:\n    import no\nimport b\n",
                 ["a", "typing", "b"]),
                ("np = pytest.importorskip('np')\nimport b\n", ["np", "b"]),
                ("import a\nsys.path.insert(0, 'x')\nimport no\n", ["a"]),
                ("import a\nos.environ['X'] = '1'\nimport no\n", ["a"]),
                ("import a\ndel sys.modules['b']\nimport no\n", ["a"]),
                ("import a\na.b = 1\nimport no\n", ["a"]),
                ("import a\nx = a.b\nimport no\n", ["a"]),
                ("import a\nx: f() = 1\nimport no\n", ["a"]),
                ("import a\ntry:\n    import no\nexcept ImportError:\n"
                 "    pass\n", ["a"]),
                ("import a\ndef f():\n    import no\nimport no\n", ["a"]),
                ("import a\nx = '''\ndef f():\n'''\nimport no\n", ["a"]),
                ("import a\nx = (\n", ["a"]),
                ("", [])):
            with self.subTest(text=text):
                self.assertEqual(self.head(text), names)

    def test_places(self):
        self.write("a/b/__init__.py")
        self.write("a/b/c/__init__.py")
        path = self.write("a/b/c/test_x.py")
        self.assertEqual(imports.place(path), (self.root + "/a", "b.c"))
        self.assertEqual(imports._absolute("d", "b.c", 2), "b.d")
        self.assertEqual(imports._absolute("", "b.c", 1), "b.c")
        self.assertIsNone(imports._absolute("d", "b.c", 3))


if __name__ == "__main__":
    unittest.main()
