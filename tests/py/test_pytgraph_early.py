# SPDX-License-Identifier: Apache-2.0
"""Files collected before the fork (early.py) give what they give alone."""

import os
import shutil
import signal
import sys
import tempfile
import unittest

import early_random
import pytgraph_case
from test_pytgraph_worker import steady



def _pytest_has_nodes():
    try:
        from _pytest.main import Dir
    except ImportError:
        return False
    return bool(Dir)


@unittest.skipUnless(_pytest_has_nodes(), "needs pytest 8")
class Early(pytgraph_case.Case):

    def setUp(self):
        super().setUp()
        self.write("pytest.ini", "[pytest]\n")

    def equal(self, *names, env=None):
        """Run the files in this order by one worker and compare each with the
        plain command; the documents."""
        docs = []
        alone = {name: self.plain(name, env=env)[2] for name in set(names)}
        if self.worker is None:
            self.start(env=env)
        for name in names:
            status, ring, file = self.work(name, "--inert")
            self.assertIsNotNone(file, name)
            self.assertEqual(ring, file)
            self.assertEqual(steady(file), steady(alone[name]), name)
            docs.append(file)
        return docs

    def passed(self, *names, env=None):
        for name, doc in zip(names, self.equal(*names, env=env)):
            self.assertEqual(doc["status"], "passed", (name, doc))

    def test_submodule_of_the_library(self):
        self.write("test_a.py", """
            import xml.dom.minidom
            def test_a(): assert xml.dom.minidom
        """)
        self.write("test_b.py", """
            import sys, xml
            def test_b():
                assert "xml.dom" not in sys.modules
                assert not hasattr(xml, "dom")
        """)
        self.passed("test_a.py", "test_b.py", "test_a.py", "test_b.py")

    @unittest.skipUnless(hasattr(sys, "set_lazy_imports"),
                         "needs Python 3.15")
    def test_lazy_imports(self):
        """What makes imports lazy makes them happen at any later time."""
        self.write("conftest.py", """
            import sys
            sys.set_lazy_imports_filter(lambda importer, name, names:
                                        name.startswith("p."))
            sys.set_lazy_imports("all")
        """)
        self.write("p/__init__.py", "")
        self.write("p/core.py", "from p.low import X\nimport p.other\n")
        self.write("p/low.py", "X = 1\n")
        self.write("p/other.py", "X = 2\n")
        self.write("test_a.py", """
            import pytest
            import p.core
            @pytest.mark.parametrize("x", [p.core.X, p.core.p.other.X])
            def test_a(x): assert x
        """)
        self.write("test_b.py", """
            import sys
            from p import core
            def test_b():
                assert "p.low" not in sys.modules
                assert core.X == 1
                assert "p.low" in sys.modules
        """)
        self.write("test_c.py", """
            import sys
            import p.core
            from p.core import X
            def test_c():
                assert "p.other" not in sys.modules
                assert X == 1
        """)
        names = "test_a.py", "test_b.py", "test_c.py"
        self.passed(*names + names[::-1])

    def test_names_that_import(self):
        """From Python 3.15 on concurrent.futures imports what it defines
        when that is used; before, by a function of its own."""
        self.write("test_a.py", """
            from concurrent.futures import ThreadPoolExecutor
            def test_a(): assert ThreadPoolExecutor
        """)
        self.write("test_b.py", """
            import sys
            import concurrent.futures
            def test_b():
                assert "concurrent.futures.thread" not in sys.modules
                assert concurrent.futures.ThreadPoolExecutor
                assert "concurrent.futures.thread" in sys.modules
        """)
        self.passed("test_a.py", "test_b.py", "test_a.py", "test_b.py")

    def test_submodules_of_a_package(self):
        self.write("p/__init__.py", "from .core import core\nX = []\n")
        self.write("p/core.py", "from . import low\ndef core(): return 1\n")
        self.write("p/low.py", "import p\nfrom p import other\n")
        self.write("p/other.py", "NAME = __name__\n")
        self.write("p/more.py", "from p.core import core as c\n")
        self.write("test_a.py", """
            import p.more
            from p import X
            def test_a():
                assert p.more.c() == 1
                assert callable(p.core)
                X.append(1)
        """)
        self.write("test_b.py", """
            import sys, p
            def test_b():
                assert not hasattr(p, "more")
                assert "p.more" not in sys.modules
                assert sorted(n for n in sys.modules if n[:2] == "p.") == [
                    "p.core", "p.low", "p.other"]
                assert p.core() == 1 and p.X == []
                assert p.low.other.NAME == "p.other"
                import p.more as more
                assert more.c is p.core
        """)
        self.write("test_c.py", """
            import p.core, p.more
            def test_c():
                assert p.core() == 1 and p.more is not None
        """)
        self.passed("test_a.py", "test_b.py", "test_c.py", "test_b.py",
                    "test_a.py")

    def test_same_names_in_other_directories(self):
        for name in "ab":
            self.write(name + "/helpers.py", "WHERE = %r\n" % name)
            self.write(name + "/test_same.py", """
                import sys
                import helpers
                def test_where():
                    assert helpers.WHERE == %r
                    assert sys.path[0].endswith("/%s")
            """ % (name, name))
        self.passed("a/test_same.py", "b/test_same.py", "a/test_same.py",
                    "b/test_same.py")

    def test_packages_of_tests(self):
        self.write("tests/__init__.py")
        self.write("tests/sub/__init__.py", "VALUE = 3\n")
        self.write("tests/sub/test_a.py", """
            from . import VALUE
            from ..base import Base
            class TestA(Base):
                expect = VALUE
        """)
        self.write("tests/base.py", """
            class Base:
                def test_it(self): assert self.expect == 3
        """)
        self.write("tests/test_b.py", """
            import sys
            import tests
            def test_b():
                assert not hasattr(tests, "base")
                assert not hasattr(tests, "sub")
        """)
        self.passed("tests/sub/test_a.py", "tests/test_b.py",
                    "tests/sub/test_a.py")

    def test_fixtures_stay_with_their_file(self):
        self.write("test_a.py", """
            import pytest
            @pytest.fixture(autouse=True)
            def spoil(monkeypatch): monkeypatch.setenv("SPOILT", "1")
            @pytest.fixture
            def thing(): return "a"
            def test_a(thing): assert thing == "a"
        """)
        self.write("test_b.py", """
            import os, pytest
            def test_b(request):
                assert "SPOILT" not in os.environ
                with pytest.raises(pytest.FixtureLookupError):
                    request.getfixturevalue("thing")
            def test_none(thing): pass
        """)
        docs = self.equal("test_a.py", "test_b.py", "test_a.py", "test_b.py")
        self.assertEqual([d["status"] for d in docs],
                         ["passed", "failed"] * 2)

    def test_classes_and_parameters(self):
        self.write("test_a.py", """
            import unittest, pytest
            class TestA(unittest.TestCase):
                @classmethod
                def setUpClass(cls): cls.x = 1
                def test_x(self): self.assertEqual(self.x, 1)
            @pytest.mark.parametrize("a", [1, 2])
            class TestB:
                class TestC:
                    @pytest.mark.parametrize("b", "xy")
                    def test_c(self, a, b): assert b in "xy"
            @pytest.mark.skip(reason="later")
            def test_skip(): pass
        """)
        self.write("test_b.py", "def test_b(): assert 0, 'told'\n")
        docs = self.equal("test_a.py", "test_b.py", "test_a.py")
        self.assertEqual(len(docs[2]["items"]), 6)
        self.assertIn("told", docs[1]["items"][0]["longrepr"])

    def test_tests_do_not_meet(self):
        self.write("shared.py", "STATE = []\n")
        for name in "ab":
            self.write("test_%s.py" % name, """
                import shared
                def test_it():
                    assert shared.STATE == []
                    shared.STATE.append(1)
            """)
        self.passed("test_a.py", "test_b.py", "test_a.py")

    def test_unplain_collections(self):
        self.write("test_plain.py", "import json\ndef test_x(): json.dumps(1)\n")
        self.write("test_print.py", "print('seen')\ndef test_x(): assert 0\n")
        self.write("test_warn.py", """
            import warnings
            warnings.warn("careful")
            def test_x(): pass
        """)
        self.write("test_class.py", """
            class TestInit:
                def __init__(self): pass
                def test_x(self): pass
            def test_y(): pass
        """)
        self.write("test_error.py", "import json\n1 / 0\n")
        self.write("test_syntax.py", "def f(:\n")
        self.write("test_skip.py", """
            import pytest
            pytest.skip("not here", allow_module_level=True)
        """)
        self.write("test_thread.py", """
            import threading, time
            threading.Thread(target=time.sleep, args=(60,),
                             daemon=True).start()
            def test_x(): assert threading.active_count() == 2
        """)
        self.write("test_empty.py")
        names = ["test_plain.py"]
        for name in ("print", "warn", "class", "error", "syntax", "skip",
                     "thread", "empty"):
            names += ["test_%s.py" % name, "test_plain.py"]
        docs = dict(zip(names, self.equal(*names)))
        self.assertEqual(docs["test_plain.py"]["status"], "passed")
        self.assertEqual(docs["test_error.py"]["status"], "error")
        self.assertEqual(docs["test_empty.py"]["status"], "empty")
        self.assertEqual([w["message"] for w in
                          docs["test_warn.py"]["warnings"]], ["careful"])

    def test_warnings_of_compiling(self):
        # A .pyc file would be there the second time, and nothing be told.
        self.write("mod.py", "def text(): return '\\d'\n")
        self.write("test_a.py", """
            import mod
            def test_a(): assert (1, "always")
        """)
        for name in "mod.py", "test_a.py":
            os.utime(os.path.join(self.root, name), (1, 1))
        self.start()
        self.assertEqual(len(self.work("test_a.py", "--inert")[2]["warnings"]),
                         2)

    def test_a_file_that_others_import(self):
        self.write("test_base.py", """
            def helper(x):
                assert x == 1
            def test_base(): helper(2)
        """)
        self.write("test_user.py", """
            from test_base import helper
            def test_user(): helper(1)
        """)
        self.equal("test_user.py", "test_base.py", "test_user.py")

    def test_a_file_in_a_cycle_with_what_it_imports(self):
        self.write("common.py", """
            import test_base
            def flag(): return test_base.FLAG
        """)
        self.write("test_base.py", """
            import common
            FLAG = []
            def test_base():
                FLAG.append(1)
                assert common.flag() == [1]
        """)
        self.write("test_user.py", """
            import common
            def test_user(): assert common.flag() == []
        """)
        self.passed("test_user.py", "test_base.py", "test_user.py",
                    "test_base.py")

    def test_lazy_import_of_what_is_known(self):
        """A function of a module that was there before imports something."""
        self.write("conftest.py", """
            import sys
            def lazy():
                import xml.dom.minidom
                return xml.dom.minidom
            sys.lazy = lazy
        """)
        self.write("test_a.py", """
            import sys
            DOM = sys.lazy()
            def test_a(): assert DOM
        """)
        self.write("test_b.py", """
            import xml.dom.minidom
            def test_b(): assert xml.dom.minidom.parseString
        """)
        self.write("test_c.py", """
            import sys
            import xml
            def test_c():
                assert not hasattr(xml, "dom")
                assert "xml.dom" not in sys.modules
        """)
        self.passed("test_a.py", "test_b.py", "test_c.py", "test_a.py",
                    "test_c.py", "test_b.py")

    def test_a_distribution_that_registers(self):
        """An import may change modules that are kept."""
        outside = tempfile.mkdtemp(prefix="pg-")
        self.addCleanup(shutil.rmtree, outside, True)
        site = os.path.join(outside, "site-packages")
        os.mkdir(site)
        for name, text in (("base.py", "KNOWN = []\n"),
                           ("plug.py", "import base\n"
                            "base.KNOWN.append('plug')\n")):
            with open(os.path.join(site, name), "w") as stream:
                stream.write(text)
        self.write("test_a.py", """
            import plug, base
            def test_a(): assert base.KNOWN == ["plug"]
        """)
        self.write("test_b.py", """
            import base
            def test_b(): assert base.KNOWN == []
        """)
        self.passed("test_a.py", "test_b.py", "test_a.py", "test_b.py",
                    env={"PYTHONPATH": site})

    def test_changed_between_runs(self):
        self.write("mod.py", "V = 1\n")
        self.write("test_a.py", "import mod\ndef test_a(): assert mod.V == 1\n")
        self.passed("test_a.py")
        self.write("mod.py", "V = 20\n")
        self.assertEqual(self.equal("test_a.py")[0]["status"], "failed")

    def test_hooks_of_a_conftest(self):
        self.write("d/conftest.py", """
            def pytest_collection_modifyitems(items):
                items.reverse()
        """)
        self.write("d/test_a.py", "def test_1(): pass\ndef test_2(): pass\n")
        self.write("test_b.py", "def test_1(): pass\ndef test_2(): pass\n")
        docs = self.equal("d/test_a.py", "test_b.py", "d/test_a.py")
        self.assertEqual([i["id"][-1] for i in docs[0]["items"]], ["2", "1"])

    def test_optional_imports(self):
        self.write("mod.py", """
            try:
                import no_such_module_here as fast
            except ImportError:
                import bisect as fast
            try:
                from xml import no_such_name
            except ImportError:
                no_such_name = None
        """)
        self.write("test_a.py", "import mod\ndef test_a(): assert mod.fast\n")
        self.write("test_b.py", """
            import sys
            from mod import fast
            def test_b():
                assert fast.__name__ == "bisect"
                assert sys.modules["bisect"] is fast
                assert "xml" in sys.modules
        """)
        self.passed("test_a.py", "test_b.py", "test_a.py", "test_b.py")

    def test_selected_items(self):
        self.write("test_a.py", "def test_1(): pass\ndef test_2(): assert 0\n")
        self.work("test_a.py", "--inert")
        for more in (("--select", "test_a.py::test_1"),
                     ("--match", "test_1"), ("--pytest-k", "test_2")):
            plain = self.plain("test_a.py", *more)[2]
            self.assertEqual(
                steady(self.work("test_a.py", "--inert", *more)[2]),
                steady(plain))

    def test_installed_distributions(self):
        """Modules of others may do at import what they like."""
        outside = tempfile.mkdtemp(prefix="pg-site-")
        self.addCleanup(shutil.rmtree, outside, True)
        for name, text in (
                ("calm/__init__.py", "from importlib import import_module\n"
                 "low = import_module('.low', __name__)\n"),
                ("calm/low.py", "STATE = []\n"),
                ("calm/high.py", "from . import low\n"),
                ("filters.py", "import warnings\n"
                 "warnings.simplefilter('ignore')\n"),
                ("variables.py", "import os\nos.environ['SET_BY'] = 'v'\n"),
                ("opens.py", "import os\nPIPE = os.pipe()\n"),
                ("starts.py", "import threading, time\n"
                 "threading.Thread(target=time.sleep, args=(60,),"
                 " daemon=True).start()\n"),
                ("hooks.py", "import sys\nclass Oddity:\n"
                 "    @staticmethod\n"
                 "    def find_spec(name, path=None, target=None): pass\n"
                 "sys.meta_path.append(Oddity)\n")):
            path = os.path.join(outside, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as stream:
                stream.write(text)
        names = []
        for name in ("calm", "calm.high", "filters", "variables", "opens",
                     "starts", "hooks"):
            file = "test_%s.py" % name.replace(".", "_")
            self.write(file, """
                import sys
                import %s as it
                def test_it(record_property):
                    record_property("modules", sorted(
                        n for n in sys.modules if n.startswith("calm")))
                    if it.__name__ == "opens":
                        import os
                        os.write(it.PIPE[1], b"x")
                        assert os.read(it.PIPE[0], 1) == b"x"
            """ % name)
            names.append(file)
        self.write("test_after.py", """
            import os, sys, threading, warnings
            import calm
            def test_nothing_is_left():
                assert "SET_BY" not in os.environ
                assert threading.active_count() == 1
                assert not any("Oddity" in repr(f) for f in sys.meta_path)
                assert calm.low.STATE == [] and not hasattr(calm, "high")
                assert ("ignore", None, Warning, None, 0) not in \\
                    warnings.filters
                calm.low.STATE.append(1)
        """)
        order = []
        for name in names:
            order += [name, "test_after.py"]
        self.passed(*order, env={"PYTHONPATH": outside})

    def test_death_of_an_import(self):
        self.write("mod.py", "import os\nos.abort()\n")
        self.write("test_bad.py", "import mod\ndef test_x(): pass\n")
        self.write("test_good.py", "def test_x(): pass\n")
        self.work("test_good.py", "--inert")
        for name, wanted in (("test_bad.py", signal.SIGABRT),
                             ("test_good.py", 0), ("test_bad.py",
                                                   signal.SIGABRT)):
            status, _, doc = self.work(name, "--inert")
            self.assertEqual(status & 0x7f, wanted)
            self.assertEqual(doc is None, bool(wanted))

    def test_cycles(self):
        """What modules of a cycle hold depends on which was first."""
        self.write("one.py", """
            try:
                from two import VALUE
            except ImportError:
                VALUE = "none"
        """)
        self.write("two.py", "from one import VALUE as TOLD\n"
                   "VALUE = 'two'\n")
        self.write("test_a.py", """
            import one
            def test_a(): assert one.VALUE == "none"
        """)
        self.write("test_b.py", """
            import two
            def test_b(): assert two.TOLD == "none"
        """)
        self.equal("test_a.py", "test_b.py", "test_b.py", "test_a.py")

    def test_borrowed_submodules(self):
        """A body that needs what something else has imported."""
        self.write("p/__init__.py")
        self.write("p/sub.py", "VALUE = 1\n")
        self.write("p/deep/__init__.py")
        self.write("p/deep/low.py", "VALUE = 1\n")
        self.write("deep.py", "import p.deep\nV = p.deep.low.VALUE\n")
        self.write("user.py", "import p\nV = p.sub.VALUE\n")
        self.write("q/__init__.py", "name = 7\n")
        self.write("q/name.py")
        self.write("taker.py", "from q import name\n")
        self.write("test_a.py", """
            import p.sub
            import p.deep.low
            import deep
            import q.name
            import user
            import taker
            def test_a(): assert taker.name is q.name
        """)
        self.write("test_b.py", "import user\ndef test_b(): pass\n")
        self.write("test_d.py", "import deep\ndef test_d(): pass\n")
        self.write("test_c.py", """
            import taker
            def test_c(): assert taker.name == 7
        """)
        docs = self.equal("test_a.py", "test_b.py", "test_c.py", "test_a.py",
                          "test_d.py")
        self.assertEqual([d["status"] for d in docs],
                         ["passed", "error", "passed", "passed", "error"])

    def test_random_packages(self):
        for seed in 50, 56:
            self.assertEqual(early_random.check(seed, sys.executable)[0], 0)

    def test_traced(self):
        """A tracer sees the body of every module, for every file."""
        self.write("conftest.py", """
            import sys
            LINES = set()
            def trace(frame, event, arg):
                LINES.add((frame.f_code.co_filename.split("/")[-1],
                           frame.f_lineno))
                return trace
            sys.settrace(trace)
        """)
        self.write("mod.py", "V = 1\nW = 2\n")
        for name in "ab":
            self.write("test_%s.py" % name, """
                import mod
                def test_it(request):
                    conftest = [p for p in
                                request.config.pluginmanager.get_plugins()
                                if hasattr(p, "LINES")][0]
                    assert ("mod.py", 2) in conftest.LINES
            """)
        self.passed("test_a.py", "test_b.py", "test_a.py")

    def test_output_that_is_not_captured(self):
        self.write("test_a.py", "def test_a(): pass\n")
        self.write("test_b.py", "print('told')\ndef test_b(): pass\n")
        for name in ("test_a.py", "test_b.py", "test_a.py"):
            self.work(name, "--inert", "--", "-s")
            log = self.read(".tgraph/" + name + ".log")
            self.assertEqual("told" in log, name == "test_b.py")

    def test_many_files(self):
        for i in range(12):
            self.write("test_%d.py" % i, """
                import json.tool, decimal
                def test_x(tmp_path, capsys):
                    print(%d)
                    assert capsys.readouterr().out == "%d\\n"
                    assert not list(tmp_path.iterdir())
            """ % (i, i))
        self.passed(*["test_%d.py" % i for i in range(12)] * 2)


if __name__ == "__main__":
    sys.exit(unittest.main())
