# SPDX-License-Identifier: Apache-2.0
"""A file whose tests run in several processes: the result is that of one."""

import os
import signal
import struct
import time
import unittest

import pytgraph_case

ALL = """
    import os, sys, warnings
    import pytest

    @pytest.fixture(autouse=True)
    def note(request):
        with open(os.environ["NOTES"], "a") as out:
            print(os.getpid(), request.node.name, file=out)

    @pytest.fixture(scope="session")
    def directory(tmp_path_factory):
        return tmp_path_factory.mktemp("data")

    @pytest.mark.parametrize("n", range(20))
    def test_param(n, tmp_path):
        (tmp_path / "x").write_text(str(n))
        assert list(tmp_path.iterdir()) == [tmp_path / "x"]

    @pytest.mark.skip(reason="not now")
    def test_skip(): pass

    def test_skip_inside():
        pytest.skip("inside")

    @pytest.mark.xfail(reason="known")
    def test_xfail():
        assert 0

    @pytest.mark.xfail
    def test_xpass(): pass

    @pytest.mark.parametrize("n", range(3))
    def test_warn(n):
        warnings.warn("careful %d" % n, UserWarning)

    def test_property(record_property):
        print("said")
        record_property("key", "va<l>ue")

    @pytest.mark.parametrize("n", range(5))
    def test_env(n):
        assert os.environ.get("PARTS_%d" % n) is None

    def test_import(directory):
        import beside
        assert beside.N == 1 and directory.is_dir()

    class TestClass:
        @pytest.fixture(scope="class")
        def numbers(self):
            return []

        def test_first(self, numbers):
            numbers.append(1)

        def test_between(self): pass

        def test_second(self, numbers):
            assert numbers == [1]
"""

# meet(n): wait until so many processes are there.
MEET = """
            import os, time
            def meet(n):
                where = os.environ["NOTES"] + ".d"
                os.makedirs(where, exist_ok=True)
                open(os.path.join(where, str(os.getpid())), "w").close()
                for _ in range(1000):
                    if len(os.listdir(where)) >= n:
                        return
                    time.sleep(0.01)
"""

# How long session fixtures took is said only where it was long.
LOCAL = ("start", "duration", "times", "way", "of", "why", "parts", "summary",
         "log", "done", "fixtures")


def alive(pid):
    """(It may be that nobody waits for it.)"""
    try:
        with open("/proc/%d/stat" % pid) as stream:
            return stream.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Parts(pytgraph_case.Case):
    def split(self, name, parts=4, *more):
        """As work(), in parts."""
        if self.worker is None:
            self.start(env={"NOTES": self.notes})
        self.worker.run(self.arguments(name, *more), parts=parts)
        status, doc, _ = self.worker.wait()
        return status, doc, self.result(name)

    def setUp(self):
        super().setUp()
        self.notes = os.path.join(self.root, "notes")
        self.write("beside.py", "N = 1\n")

    def same(self, name, parts=4):
        """Its result in parts, after a comparison with the plain one."""
        code, text, plain = self.plain(name, env={"NOTES": self.notes})
        self.assertEqual(code, 0, text)
        depfile = self.read(".tgraph/%s.d" % name)
        status, doc, file = self.split(name, parts)
        self.assertEqual((status, doc), (0, file))
        self.assertEqual(self.read(".tgraph/%s.d" % name), depfile)
        for each in plain, file:
            for item in each["items"]:
                del item["duration"]
        self.assertEqual(sorted(map(str, file.pop("warnings"))),
                         sorted(map(str, plain.pop("warnings"))))
        for key in ("env", "imported"):
            self.assertEqual(set(file.pop(key)), set(plain.pop(key)))
        for key in set(plain) | set(file):
            if key not in LOCAL:
                self.assertEqual(plain.get(key), file.get(key), key)
        return file

    def whole(self, name, reason):
        """It runs in one process, and says why."""
        status, doc, _ = self.split(name)
        self.assertEqual((status, doc["status"], doc["way"]),
                         (0, "passed", "fork"))
        self.assertIn(reason, doc["why"])
        self.assertNotIn("parts", doc)

    def again(self, name, text):
        """Parts of this don't count."""
        self.write(name, text)
        self.assertEqual(self.split(name), ("again", None, None))
        status, doc, _ = self.work(name)
        return status, doc

    def runs(self):
        """{process id: [names of tests]}, and forget them."""
        found = {}
        for line in self.read("notes").splitlines():
            pid, _, name = line.partition(" ")
            found.setdefault(int(pid), []).append(name)
        os.unlink(self.notes)
        return found

    def test_result_is_that_of_one_process(self):
        self.write("test_all.py", ALL)
        doc = self.same("test_all.py")
        self.assertEqual((doc["way"], doc["of"], doc["parts"]),
                         ("split", "4 parts", 4))
        self.assertEqual(len(doc["items"]), 37)

    def test_each_test_runs_once(self):
        self.write("test_all.py", ALL)
        self.split("test_all.py")
        ran = self.runs()
        names = sorted(name for pid in ran for name in ran[pid])
        self.split("test_all.py", 1)
        one = self.runs()
        self.assertEqual(len(one), 1)
        self.assertEqual(names, sorted(*one.values()))
        self.assertLessEqual(len(ran), 4)
        for pid in ran:
            group = [n for n in ran[pid]
                     if n in ("test_first", "test_between", "test_second")]
            self.assertIn(len(group), (0, 3))

    def test_several_processes_take_part(self):
        self.write("test_a.py", MEET + """
            import pytest
            @pytest.mark.parametrize("n", range(3))
            def test(n):
                meet(3)
        """)
        status, doc, _ = self.split("test_a.py", 3)
        self.assertEqual((status, doc["status"], doc["parts"]),
                         (0, "passed", 3))
        self.assertEqual(len(os.listdir(self.notes + ".d")), 3)

    def test_unittest_classes(self):
        self.write("test_a.py", """
            import unittest
            class Plain(unittest.TestCase):
                def test_1(self): pass
                def test_2(self):
                    for n in range(3):
                        with self.subTest(n=n):
                            self.assertEqual(n, n)
            class Once(unittest.TestCase):
                @classmethod
                def setUpClass(cls): cls.n = 0
                def test_1(self): type(self).n = 1
                def test_2(self): self.assertEqual(self.n, 1)
        """)
        self.same("test_a.py")

    def test_workers_have_names_of_their_own(self):
        self.write("test_a.py", """
            import os, pytest
            @pytest.mark.parametrize("n", range(9))
            def test(n, request):
                name = os.environ["PYTEST_XDIST_WORKER"]
                assert request.config.workerinput["workerid"] == name
                with open(os.environ["NOTES"], "a") as out:
                    print(os.getpid(), name, file=out)
        """)
        self.start(env={"NOTES": self.notes, "PYTEST_XDIST_WORKER": "gw1",
                        "PYTEST_XDIST_WORKER_COUNT": "2",
                        "PYTEST_XDIST_TESTRUNUID": "run"})
        self.assertEqual(self.split("test_a.py")[0], 0)
        ran = self.runs()
        names = {name for pid in ran for name in ran[pid]}
        self.assertEqual(len(names), len(ran))
        self.assertLessEqual(names, {"gw1", "gw3", "gw5", "gw7"})

    def test_what_stays_whole(self):
        two = """
            def test_1(): pass
            def test_2(): pass
        """
        self.write("test_module.py", """
            import pytest
            @pytest.fixture(scope="module", autouse=True)
            def one(): return []
        """ + two)
        self.whole("test_module.py", "all its tests have set up")
        self.write("test_xunit.py", """
            def setup_module(): pass
        """ + two)
        self.whole("test_xunit.py", "all its tests have set up")
        self.write("test_session.py", """
            import pytest
            @pytest.fixture(scope="session")
            def one(): return []
            def test_a(one): pass
            def test_b(one): pass
        """)
        self.whole("test_session.py", "all its tests have set up")
        self.write("test_mark.py", """
            import pytest
            pytestmark = pytest.mark.incremental
        """ + two)
        self.write("pytest.ini", "[pytest]\nmarkers = incremental\n")
        self.whole("test_mark.py", "mark incremental")
        self.write("test_open.py", """
            F = open(__file__)
        """ + two)
        self.whole("test_open.py", "a file that it opens")
        self.write("test_exit.py", """
            import atexit
            atexit.register(len, ())
        """ + two)
        self.whole("test_exit.py", "exit function")
        self.write("test_thread.py", """
            import threading
            threading.Thread(target=threading.Event().wait,
                             daemon=True).start()
        """ + two)
        self.whole("test_thread.py", "thread")
        self.write("test_child.py", """
            import subprocess, sys
            P = subprocess.Popen([sys.executable, "-c",
                                  "import time; time.sleep(60)"])
            def teardown_function(): P.kill()
        """ + two)
        self.whole("test_child.py", "a process that it starts")

    def test_hooks_that_see_all(self):
        self.write("conftest.py", """
            def pytest_terminal_summary(terminalreporter):
                terminalreporter.write_line("all")
        """)
        self.write("test_a.py", "def test_1(): pass\ndef test_2(): pass\n")
        self.whole("test_a.py", "hook pytest_terminal_summary")

    def test_a_failure_counts_alone_only(self):
        status, doc = self.again("test_a.py", """
            import pytest
            N = []
            @pytest.mark.parametrize("n", range(8))
            def test(n): assert n != 5
        """)
        self.assertEqual(doc["status"], "failed")
        self.assertEqual(len(doc["items"]), 8)
        self.assertEqual(self.outcomes(doc)["test[5]"], "failed")

    def test_tests_that_need_each_other(self):
        _, doc = self.again("test_a.py", """
            import pytest
            N = []
            @pytest.mark.parametrize("n", range(8))
            def test(n):
                assert N == list(range(n))
                N.append(n)
        """)
        self.assertEqual(doc["status"], "passed")

    def test_ends_that_are_no_ends(self):
        for how in ("os._exit(0)", "os._exit(3)", "os.abort()",
                    "os.kill(os.getpid(), 9)", "pytest.exit('enough')",
                    "sys.exit(0)", "os.closerange(3, 99)"):
            with self.subTest(how):
                self.write("test_a.py", """
                    import os, pytest, sys, time
                    @pytest.mark.parametrize("n", range(12))
                    def test(n):
                        if n == 7:
                            %s
                """ % how)
                self.assertEqual(self.split("test_a.py"),
                                 ("again", None, None))

    def test_a_part_that_ends_badly(self):
        """Errors that come after the last test, in any of the processes."""
        self.write("conftest.py", """
            import pytest
            @pytest.fixture(scope="session", autouse=True)
            def bad():
                yield
                raise RuntimeError("at the end")
        """)
        _, doc = self.again("test_a.py", """
            def test_1(): pass
            def test_2(): pass
        """)
        self.assertEqual(doc["status"], "failed")

    def test_others_wait_for_our_processes(self):
        _, doc = self.again("test_a.py", MEET + """
            import pytest
            @pytest.mark.parametrize("n", range(2))
            def test(n):
                meet(2)
                for _ in range(9):
                    try:
                        os.wait()
                    except ChildProcessError:
                        return
        """)
        self.assertEqual(doc["status"], "passed")

    def test_a_hang_is_ended_with_all(self):
        self.write("test_a.py", """
            import os, pytest, time
            @pytest.mark.parametrize("n", range(4))
            def test(n):
                with open(os.environ["NOTES"], "a") as out:
                    print(os.getpid(), n, file=out)
                if n == 1:
                    time.sleep(600)
        """)
        self.start(env={"NOTES": self.notes})
        self.worker.run(self.arguments("test_a.py"), parts=3)
        kind, _, _, pid, _, _ = self.worker.read()
        self.assertEqual(kind, 2)
        for _ in range(1000):
            if os.path.exists(self.notes) and \
                    self.read("notes").count("\n") == 4:
                break
            time.sleep(0.02)
        for _ in range(1000):   # all others are over
            if struct.unpack_from("<Q", self.worker.map, 32)[0] == 3:
                break
            time.sleep(0.02)
        self.assertEqual(struct.unpack_from("<Q", self.worker.map, 32)[0], 3)
        os.killpg(pid, signal.SIGTERM)
        self.assertEqual(self.worker.wait()[0], "again")
        left = set(self.runs())
        for _ in range(1000):
            left = set(filter(alive, left))
            if left:
                time.sleep(0.01)
        self.assertEqual(left, set())

    def test_worker_goes_on(self):
        self.write("test_a.py", ALL)
        self.assertEqual(self.split("test_a.py")[0], 0)
        self.write("test_b.py", "def test(): pass\n")
        status, doc, _ = self.work("test_b.py")
        self.assertEqual((status, doc["way"]), (0, "fork"))
        self.assertEqual(self.split("test_a.py")[1]["parts"], 4)


if __name__ == "__main__":
    unittest.main()
