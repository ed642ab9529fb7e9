# SPDX-License-Identifier: Apache-2.0
"""Warm worker: equality with the plain command, isolation and faults."""

import importlib.util
import json
import os
import re
import signal
import struct
import time
import unittest

import drive_worker
import pytgraph_case

ALL = """
    import os, sys, warnings
    import pytest

    @pytest.fixture
    def bad_teardown():
        yield
        raise RuntimeError("teardown")

    @pytest.fixture
    def bad_setup():
        raise RuntimeError("setup")

    def test_pass(tmp_path):
        assert tmp_path.is_dir()

    def test_fail():
        print("out here")
        sys.stderr.write("err here\\n")
        os.write(1, b"raw here\\n")
        assert [1, 2] == [1, 3]

    def test_setup(bad_setup): pass
    def test_teardown(bad_teardown): pass

    def test_both(bad_teardown):
        assert 0

    @pytest.mark.skip(reason="not now")
    def test_skip(): pass

    def test_skip_inside():
        pytest.skip("inside")

    @pytest.mark.xfail(reason="known")
    def test_xfail():
        assert 0

    @pytest.mark.xfail
    def test_xpass(): pass

    @pytest.mark.xfail(strict=True, reason="must")
    def test_strict(): pass

    @pytest.mark.parametrize("value", ["a", "\\u00e9", None, 1.5])
    def test_param(value):
        assert value != 1.5

    def test_warn():
        warnings.warn("careful", UserWarning)

    def test_property(record_property):
        record_property("key", "va<l>ue")

    class TestClass:
        def test_method(self):
            assert sys.argv[0].endswith("__main__.py")
            assert os.path.basename(sys.argv[-1]).startswith("test_")

        def test_stdin(self):
            with pytest.raises(OSError):
                sys.stdin.read()
"""


def steady(doc):
    """A result document without what differs from run to run."""
    def walk(value):
        if isinstance(value, dict):
            return {k: walk(v) for k, v in value.items()
                    if k not in ("duration", "start", "summary", "env",
                                 "env_all", "way", "of", "why", "times")}
        if isinstance(value, list):
            return [walk(v) for v in value]
        if isinstance(value, str):      # an inner pytest's last line
            return re.sub(r"in \d+\.\d\ds =+", "in 0 s", value)
        return value
    return walk(doc)


@unittest.skipUnless(pytgraph_case.has_pytest(), "needs pytest")
class Equal(pytgraph_case.Case):
    """The same document by the worker and by the plain command."""

    def both(self, name, *more, **kwargs):
        code, _, plain = self.plain(name, *more, **kwargs)
        status, ring, file = self.work(name, *more, **kwargs)
        self.assertEqual(ring, file)
        self.assertEqual(steady(file), steady(plain))
        self.assertEqual(status, code << 8)
        return file

    def test_all_outcomes(self):
        self.write("tests/test_all.py", ALL)
        doc = self.both("tests/test_all.py")
        got = self.outcomes(doc)
        self.assertEqual(got["test_pass"], "passed")
        self.assertEqual(got["test_fail"], "failed")
        self.assertEqual(got["test_setup"], "error")
        self.assertEqual(got["test_teardown"], "error")
        self.assertEqual(got["test_both"], "failed")
        self.assertEqual(got["test_skip"], "skipped")
        self.assertEqual(got["test_xfail"], "xfailed")
        self.assertEqual(got["test_xpass"], "xpassed")
        self.assertEqual(got["test_strict"], "failed")
        self.assertEqual(got["test_param[1.5]"], "failed")
        self.assertEqual(got["TestClass::test_stdin"], "passed")
        self.assertEqual(doc["exitstatus"], 1)
        self.assertIs(doc["done"], True)
        items = {i["id"].partition("::")[2]: i for i in doc["items"]}
        self.assertEqual(dict(items["test_fail"]["sections"]), {
            "Captured stdout call": "out here\nraw here\n",
            "Captured stderr call": "err here\n"})
        self.assertEqual(items["test_skip"]["reason"], "not now")
        self.assertEqual(items["test_property"]["properties"],
                         [["key", "va<l>ue"]])
        self.assertEqual(items["test_both"]["phases"]["teardown"]["outcome"],
                         "error")
        self.assertEqual([w["message"] for w in doc["warnings"]
                          if w["category"] == "UserWarning"], ["careful"])

    def test_import_error(self):
        self.write("test_bad.py", "import no_such_module\n")
        doc = self.both("test_bad.py")
        self.assertEqual((doc["status"], doc["exitstatus"]), ("error", 2))
        self.assertEqual([c["id"] for c in doc["collect_errors"]],
                         ["test_bad.py"])

    def test_empty(self):
        self.write("test_none.py", "x = 1\n")
        doc = self.both("test_none.py")
        self.assertEqual((doc["status"], doc["exitstatus"]), ("empty", 5))

    def test_module_skip(self):
        self.write("test_skip.py",
                   "import pytest\npytest.skip('no', "
                   "allow_module_level=True)\n")
        doc = self.both("test_skip.py")
        self.assertEqual(doc["items"][0]["outcome"], "skipped")
        self.assertEqual(doc["items"][0]["reason"], "no")

    def test_conftest_chain(self):
        self.write("conftest.py", """
            import pytest
            def pytest_addoption(parser):
                parser.addoption("--deep", default="root")
            @pytest.fixture
            def where(): return "root"
            """)
        self.write("a/conftest.py", """
            import pytest
            @pytest.fixture
            def where(where): return where + "/a"
            """)
        self.write("a/b/conftest.py", """
            import pytest
            @pytest.fixture(autouse=True)
            def deep(request, where): request.node.deep = where
            """)
        for name, want in (("test_r.py", "root"), ("a/test_a.py", "root/a"),
                           ("a/b/test_b.py", "root/a"),
                           ("a/b/c/test_c.py", "root/a")):
            self.write(name, """
                def test_where(where, request):
                    assert where == %r
                    assert request.config.getoption("--deep") == "root"
                    assert hasattr(request.node, "deep") == %r
                """ % (want, "b/" in name))
            doc = self.both(name)
            self.assertEqual(doc["status"], "passed", doc["summary"])
        self.assertIn("a/b/conftest.py", doc["imported"])
        self.assertIn("conftest.py", doc["imported"])

    def test_conftest_that_fails(self):
        self.write("conftest.py", "raise ValueError('early')\n")
        self.write("test_x.py", "def test_x(): pass\n")
        doc = self.both("test_x.py")
        self.assertEqual((doc["status"], doc["exitstatus"]), ("error", 4))

    def test_late_conftest_that_fails(self):
        self.write("pytest.ini", "[pytest]\n")
        self.write("conftest.py", "import no_such_thing\n")
        self.write("test_x.py", "def test_x(): pass\n")
        doc = self.both("test_x.py")
        self.assertEqual((doc["status"], doc["exitstatus"]), ("error", 4))

    def test_threads_in_conftest(self):
        self.write("conftest.py", """
            import threading, time
            event = threading.Event()
            threading.Thread(target=event.wait, daemon=True).start()
            """)
        self.write("test_x.py", """
            import threading
            def test_x(): assert threading.active_count() == 2
            """)
        self.assertEqual(self.both("test_x.py")["status"], "passed")

    def test_package_roots(self):
        self.write("pytest.ini", "[pytest]\n")
        for name in "ab":
            self.write("%s/only_%s.py" % (name, name), "here = %r\n" % name)
            self.write("%s/tests/conftest.py" % name, "import only_%s\n"
                       % name)
            self.write("%s/tests/test_it.py" % name, """
                import os, sys
                import only_%s
                def test_root(request):
                    assert os.getcwd() == sys.path[1]
                    assert os.path.basename(os.getcwd()) == %r
                    config = request.config
                    assert str(config.invocation_params.dir) == os.getcwd()
                    assert request.node.nodeid.startswith(%r)
                """ % (name, name, name))
        for name in "abab":
            doc = self.both("%s/tests/test_it.py" % name, cwd=name)
            self.assertEqual(doc["status"], "passed", doc["summary"])
            self.assertIn("%s/only_%s.py" % (name, name), doc["imported"])

    def test_whole_run_options(self):
        self.write("pytest.ini", """
            [pytest]
            addopts = -x --maxfail=1 --junitxml=j.xml --lf -vq --durations=3
                --pdb --color=yes -p no:doctest
            """.replace("            [", "[").replace("            a", "a"))
        self.write("test_x.py", """
            def test_a(): assert 0
            def test_b(request):
                assert not request.config.pluginmanager.has_plugin("doctest")
            """)
        doc = self.both("test_x.py")
        self.assertEqual(self.outcomes(doc),
                         {"test_a": "failed", "test_b": "passed"})
        self.assertFalse(os.path.exists(os.path.join(self.root, "j.xml")))

    def test_select(self):
        self.write("test_x.py", """
            class TestA:
                def test_a(self): pass
                def test_b(self): pass
            def test_c(): pass
            """)
        doc = self.both("test_x.py", "--select", "test_x.py::TestA::test_b",
                        "--select", "test_x.py::test_c")
        self.assertEqual(list(self.outcomes(doc)),
                         ["TestA::test_b", "test_c"])
        self.assertIs(doc["partial"], True)
        doc = self.both("test_x.py", "--pytest-k", "test_a or test_c",
                        "--deselect", "test_x.py::test_c")
        self.assertEqual(list(self.outcomes(doc)), ["TestA::test_a"])
        self.assertEqual(doc["deselected"], 2)

    def test_package_granularity(self):
        for name in ("test_1.py", "sub/test_2.py"):
            self.write(name, "def test_x(): pass\n")
        doc = self.both("test_1.py", "--granularity", "package",
                        "sub/test_2.py")
        self.assertEqual(sorted(i["id"] for i in doc["items"]),
                         ["sub/test_2.py::test_x", "test_1.py::test_x"])

    def test_cache_fixture(self):
        self.write("test_x.py", """
            def test_cache(cache):
                cache.set("a/b", 1)
                assert cache.get("a/b", 0) == 1
            """)
        self.assertEqual(self.both("test_x.py")["status"], "passed")
        self.assertEqual(sorted(os.listdir(self.root)),
                         [".tgraph", "test_x.py"])

    def test_in_process_pytest(self):
        """A test that runs pytest itself is not disturbed."""
        self.write("conftest.py", "pytest_plugins = ['pytester']\n")
        self.write("test_x.py", """
            def test_inner(pytester):
                pytester.makepyfile(test_a="def test_1(): pass",
                                    test_b="def test_2(): pass")
                pytester.runpytest_inprocess().assert_outcomes(passed=2)
            """)
        doc = self.both("test_x.py")
        self.assertEqual(doc["status"], "passed", doc["summary"])


@unittest.skipUnless(pytgraph_case.has_pytest(), "needs pytest")
class Isolation(pytgraph_case.Case):

    def test_nothing_is_kept(self):
        self.write("test_1.py", """
            import os, sys, signal, gc
            sys.spoiled = True
            def test_spoil():
                os.environ["SPOILED"] = "1"
                os.chdir("/")
                os.umask(0o777)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                sys.stdout.close()
                os.closerange(3, 64)
            """)
        self.write("test_2.py", """
            import os, sys, signal
            def test_clean():
                assert not hasattr(sys, "spoiled")
                assert "SPOILED" not in os.environ
                assert "test_1" not in sys.modules
                assert os.getcwd() != "/"
                assert os.umask(0o22) != 0o777
                assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
                assert signal.getsignal(signal.SIGINT) is \\
                    signal.default_int_handler
            """)
        self.work("test_1.py")
        self.assertEqual(self.work("test_2.py")[2]["status"], "passed")

    def test_output_of_conftests(self):
        for name in "ab":
            self.write(name + "/conftest.py", "import noisy_%s\n" % name)
            self.write("noisy_%s.py" % name,
                       "import os\nos.write(1, b'<%s>')\n" % name)
            self.write("%s/test_%s.py" % (name, name), "def test_x(): pass\n")
        for name in "abab":
            file = "%s/test_%s.py" % (name, name)
            self.work(file, "--", "-s")
            log = self.read(".tgraph/" + file + ".log")
            self.assertEqual(("<a>" in log, "<b>" in log),
                             (name == "a", name == "b"))

    def test_random_differs(self):
        self.write("test_x.py", """
            import random
            def test_x(record_property):
                record_property("number", random.random())
            """)
        seen = {self.work("test_x.py")[1]["items"][0]["properties"][0][1]
                for _ in range(3)}
        self.assertEqual(len(seen), 3)

    def test_environment_of_a_request(self):
        self.write("test_x.py", """
            import os
            def test_x(record_property):
                record_property("v", os.environ.get("ASKED", "none"))
            """)
        got = [self.work("test_x.py", env=env)[1]
               for env in ({"ASKED": "1"}, {}, {"ASKED": None})]
        self.assertEqual([d["items"][0]["properties"][0][1] for d in got],
                         ["1", "none", "none"])
        self.assertIn("ASKED", got[1]["env"])
        self.assertIs(got[1]["env_all"], False)

    def test_environment_read_whole(self):
        self.write("test_a.py", """
            import os
            def test_x(): dict(os.environ)
            """)
        self.write("test_b.py", """
            import subprocess
            def test_x(): subprocess.check_call(["true"])
            """)
        self.assertIs(self.work("test_a.py")[1]["env_all"], True)
        self.assertIs(self.work("test_b.py")[1]["env_all"], True)

    def test_interpreter_variables(self):
        self.write("lib/helper.py", "")
        self.write("test_x.py", "def test_x(): import helper\n")
        env = {"PYTHONPATH": os.path.join(self.root, "lib")}
        self.assertEqual(self.work("test_x.py", env=env)[2]["status"],
                         "passed")
        self.assertEqual(self.work("test_x.py")[2]["status"], "failed")

    def test_shadowed_module(self):
        """A package root whose modules would have been found before those
        that the worker has imported already."""
        self.write("iniconfig.py", "from configparser import *\nmine = 1\n")
        self.write("test_x.py", "def test_x(): pass\n")
        code, _, plain = self.plain("test_x.py")
        status, _, doc = self.work("test_x.py")
        self.assertEqual(status, code << 8 if plain else status)
        self.assertEqual(plain and plain["status"], doc and doc["status"])

    def test_tree_stays_clean(self):
        self.write("pkg/__init__.py")
        self.write("test_x.py", """
            import subprocess, sys
            import pkg
            def test_x():
                subprocess.check_call([sys.executable, "-c", "import pkg"])
            """)
        self.assertEqual(self.work("test_x.py")[2]["status"], "passed")
        left = [d for _, dirs, _ in os.walk(self.root) for d in dirs]
        self.assertNotIn("__pycache__", [
            d for where, dirs, _ in os.walk(self.root)
            if ".tgraph" not in where for d in dirs])
        self.assertIn("pycache", left)


@unittest.skipUnless(pytgraph_case.has_pytest(), "needs pytest")
class Faults(pytgraph_case.Case):

    def after(self):
        """The worker is well."""
        self.write("test_fine.py", "def test_fine(): pass\n")
        self.assertEqual(self.work("test_fine.py")[2]["status"], "passed")

    def test_exit_in_mid_test(self):
        self.write("test_x.py", """
            import os
            def test_a(): pass
            def test_b(): os._exit(0)
            """)
        self.write(".tgraph/test_x.py.json", '{"status": "passed"}')
        status, ring, doc = self.work("test_x.py")
        self.assertEqual((status, ring), (0, doc))
        self.told(doc, "ended with exit code 0 in test_x.py::test_b",
                  ["passed", "failed"])
        self.after()
        self.write(".tgraph/test_x.py.json", '{"status": "passed"}')
        code, out, doc = self.plain("test_x.py")
        self.assertEqual(code, 1)
        self.told(doc, "ended with exit code 0 in test_x.py::test_b",
                  ["passed", "failed"])
        self.assertIn("ended with exit code 0 in test_x.py::test_b", out)

    def told(self, doc, crash, outcomes):
        """It is a document of what was known when the process died."""
        self.assertEqual((doc["status"], doc["crash"]), ("error", crash))
        self.assertEqual([i["outcome"] for i in doc["items"]], outcomes)

    def test_killed(self):
        self.write("test_x.py", """
            import os, signal
            def test_x(): os.kill(os.getpid(), signal.SIGKILL)
            """)
        status, ring, doc = self.work("test_x.py")
        self.assertEqual((status, ring), (9, doc))
        self.told(doc, "killed by SIGKILL in test_x.py::test_x", ["failed"])
        self.after()
        code, out, _ = self.plain("test_x.py")
        self.assertEqual(code, 1)
        self.assertIn("SIGKILL", out)

    def test_exit_zero(self):
        self.write("test_x.py", """
            import pytest
            def test_a(): pytest.exit("enough", returncode=0)
            def test_b(): pass
            """)
        status, _, doc = self.work("test_x.py")
        self.assertNotEqual(status, 0)
        self.assertEqual(doc["status"], "error")
        self.assertEqual(doc["reason"], "2 items did not run")

    def test_daemon(self):
        self.write("test_x.py", """
            import os, time
            def test_x(record_property):
                pid = os.fork()
                if pid == 0:
                    time.sleep(600)
                record_property("pid", pid)
            """)
        _, ring, _ = self.work("test_x.py")
        self.assertEqual(ring["status"], "passed")
        pid = ring["items"][0]["properties"][0][1]
        self.assertTrue(gone(pid))
        self.after()

    def test_hang_is_killed_from_outside(self):
        self.write("test_x.py", """
            import time
            def test_x():
                print("begun", flush=True)
                time.sleep(600)
            """)
        worker = self.start()
        worker.run(self.arguments("test_x.py"))
        kind, _, _, pid, _, _ = worker.read()
        self.assertEqual(kind, 2)
        self.assertEqual(os.getpgid(pid), pid)
        os.killpg(pid, signal.SIGTERM)
        status, doc, _ = worker.wait()
        self.assertEqual(status, signal.SIGTERM)
        # None: it had not come to the test
        self.assertTrue(doc is None or doc["status"] == "error", doc)
        self.after()

    def test_large_output(self):
        self.write("test_x.py", """
            def test_x():
                print("x" * (20 << 20))
                assert 0
            """)
        _, ring, doc = self.work("test_x.py")
        self.assertEqual(doc["status"], "failed")
        self.assertIsNone(ring)         # larger than this ring
        text = doc["items"][0]["sections"][0][1]
        self.assertLess(len(text), (1 << 20) + 100)
        self.assertIn("characters left out", text)
        self.after()

    def test_results_cannot_be_written(self):
        self.write("test_x.py", "def test_x(): pass\n")
        self.write(".tgraph/test_x.py.json/in_the_way", "")
        code, out, _ = self.plain_raw("test_x.py")
        self.assertEqual(code, 3)

    def plain_raw(self, name):
        import subprocess
        import sys
        got = subprocess.run(
            [sys.executable, pytgraph_case.PYTGRAPH, "run",
             *self.arguments(name)], cwd=self.root, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=self.environment(), timeout=60)
        return got.returncode, got.stdout.decode(), None

    def test_worker_ends_with_its_socket(self):
        self.write("test_x.py", """
            import time
            def test_x(): time.sleep(600)
            """)
        worker = self.start()
        worker.run(self.arguments("test_x.py"))
        pid = worker.read()[3]
        worker.sock.close()
        worker.process.wait(30)
        self.assertTrue(gone(pid))

    def test_socket_closed_before_the_child_is_known(self):
        path = os.path.join(self.root, "pid")
        self.write("test_fine.py", "def test_fine(): pass\n")
        self.write("test_x.py", """
            import os, time
            def test_x():
                with open("pid", "w") as stream:
                    stream.write(str(os.getpid()))
                time.sleep(600)
            """)
        worker = self.start()
        self.work("test_fine.py")
        worker.run(self.arguments("test_x.py"))
        worker.sock.close()
        worker.process.wait(30)
        end = time.monotonic() + 2
        while time.monotonic() < end and not os.path.exists(path):
            time.sleep(0.01)
        if os.path.exists(path):
            self.assertTrue(gone(int(self.read("pid") or 0)))

    def test_worker_terminated(self):
        self.write("test_x.py", """
            import time
            def test_x(): time.sleep(600)
            """)
        worker = self.start()
        worker.run(self.arguments("test_x.py"))
        pid = worker.read()[3]
        worker.process.terminate()
        worker.process.wait(30)
        self.assertTrue(gone(pid))


def gone(pid):
    """Does process `pid` end within 20 s, or is it a zombie already?"""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            with open("/proc/%d/stat" % pid) as stream:
                if stream.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.01)
    return False


class Protocol(pytgraph_case.Case):

    def bad(self, data):
        """What the worker says to `data`, and its exit code."""
        worker = self.start()
        worker.sock.sendall(data)
        kind, _, _, pid, text, _ = worker.read()
        self.assertEqual((kind, pid), (4, 0xFFFFFFFF))
        code = worker.process.wait(30)
        self.assertEqual(code, 3)
        return text.decode()

    def header(self, magic=0x51524754, version=1, kind=1, seq=1, flags=0,
               size=0, reserved=0, key=0):
        return drive_worker.REQUEST.pack(magic, version, kind, seq, flags,
                                         size, reserved, key)

    def test_magic(self):
        self.assertIn("magic", self.bad(self.header(magic=1)))

    def test_version(self):
        self.assertIn("version 9", self.bad(self.header(version=9)))

    def test_kind(self):
        self.assertIn("type 7", self.bad(self.header(kind=7)))

    def test_size(self):
        self.assertIn("payload", self.bad(self.header(size=1 << 30)))

    def test_not_json(self):
        self.assertIn("JSON", self.bad(self.header(size=3) + b"abc"))

    def test_not_arguments(self):
        data = b'{"args": [1]}'
        self.assertIn("args", self.bad(self.header(size=len(data)) + data))

    def test_unknown_option(self):
        data = b'{"args": ["--frobnicate", "x"]}'
        self.assertIn("--frobnicate",
                      self.bad(self.header(size=len(data)) + data))

    def test_bad_environment(self):
        data = b'{"args": [], "env": {"A=B": "1"}}'
        self.assertIn("environment",
                      self.bad(self.header(size=len(data)) + data))

    def test_ping_and_quit(self):
        worker = self.start()
        worker.send(3)
        kind, seq, _, pid, _, _ = worker.read()
        self.assertEqual((kind, seq, pid), (5, 1, worker.process.pid))
        worker.quit()
        self.assertEqual(worker.process.returncode, 0)


class RingTest(unittest.TestCase):

    def test_wraps_and_refuses(self):
        pytgraph_case.modules()
        from _pytgraph.warm.protocol import ProtocolError, Ring
        fd = os.memfd_create("ring")
        self.addCleanup(os.close, fd)
        os.ftruncate(fd, 64 + 16)
        with self.assertRaises(ProtocolError):
            Ring(fd)
        os.pwrite(fd, struct.pack("<IIQQQ", 0x47524754, 1, 16, 0, 0), 0)
        ring = Ring(fd)
        self.assertTrue(ring.write(b"0123456789"))
        self.assertEqual(ring.tail(), 10)
        self.assertFalse(ring.write(b"0123456"))
        self.assertEqual(ring.tail(), 10)
        os.pwrite(fd, struct.pack("<Q", 10), 16)
        self.assertTrue(ring.write(b"abcdefgh"))
        self.assertEqual(os.pread(fd, 16, 64), b"gh23456789abcdef")
        self.assertEqual(ring.tail(), 18)


class Fit(pytgraph_case.Case):
    """A worker that serves each file from the start is right, and slow."""

    def test_files_are_forked_from_a_session(self):
        self.write("pytest.ini", "[pytest]\n")
        self.write("tests/conftest.py", "def f(): return 1\n")
        self.write("tests/test_a.py", """
            import os
            def test_a():
                with open("parents", "a") as f:
                    f.write("%d\\n" % os.getppid())
        """)
        for _ in range(3):
            self.assertEqual(self.work("tests/test_a.py")[0], 0)
        parents = self.read("parents").split()
        self.assertEqual(len(set(parents)), 1, parents)
        self.assertNotEqual(parents[0], str(self.worker.process.pid))

    def test_what_fails_for_all_is_tried_once(self):
        """A plugin that is not there, a hook of a conftest that fails, a
        conftest that can't be loaded: of all their files."""
        self.write("pytest.ini", "[pytest]\naddopts = -p no_such_plugin\n")
        self.write("tests/conftest.py", "open('tried', 'a').write('x')\n")
        self.write("a/conftest.py", """
            open("tried", "a").write("x")
            def pytest_configure(config):
                raise ValueError("no")
        """)
        self.write("b/conftest.py", """
            open("tried", "a").write("x")
            import no_such_thing
        """)
        for where, ini, tried in ("tests", True, 0), ("a", False, 2), \
                ("b", False, 2):
            if not ini:
                self.write("pytest.ini", "[pytest]\n")
            known = {}
            for i in 1, 2, 3:
                name = "%s/test_%s%d.py" % (where, where, i)
                self.write(name, "def test_x(): pass\n")
                code, plain = self.alike(name, known)
                self.write("tried")
                doc = self.both(name, code, plain)
                self.assertEqual((doc["way"], doc["of"]),
                                 ("fork", "session that fails"))
                self.assertEqual(len(self.read("tried")),
                                 tried if i == 1 else 0)
                self.assertIn("no", self.read(".tgraph/%s.log" % name))

    def both(self, name, code, plain):
        status, doc, _ = self.work(name)
        self.assertEqual(status, code << 8)
        self.assertEqual(steady(doc), steady(plain))
        return doc

    def test_what_may_fail_for_one_is_tried_with_each(self):
        for name, text in (
                ("a", """
                    def pytest_configure(config):
                        if "a1" in config.args[0]:
                            raise ValueError("a1")
                """),
                ("b", """
                    def pytest_load_initial_conftests(args):
                        if "b1" in args[-1]:
                            raise ValueError("b1")
                """)):
            self.write("bad_%s.py" % name, text)
            self.write("pytest.ini",
                       "[pytest]\naddopts = -p bad_%s\n" % name)
            for i, status in (1, "error"), (2, "passed"), (1, "error"):
                file = "test_%s%d.py" % (name, i)
                self.write(file, "def test_x(): pass\n")
                doc = self.work(file)[1]
                self.assertEqual(doc and doc["status"], status, (file, doc))
                if i == 1:
                    self.assertEqual(doc["way"], "start")

    def test_hypothesis_is_not_imported_for_others(self):
        if importlib.util.find_spec("hypothesis") is None:
            self.skipTest("needs hypothesis")
        self.write("test_a.py", """
            import atexit, sys
            def test_a():
                atexit.register(lambda: print(
                    "imported", "hypothesis" in sys.modules, file=sys.stderr))
        """)
        self.assertEqual(self.work("test_a.py")[0], 0)
        self.assertIn("imported False", self.read(".tgraph/test_a.py.log"))
        self.write("test_b.py", """
            from hypothesis import given, strategies as st
            @given(st.integers())
            def test_b(n): assert n < 100
        """)
        doc = self.work("test_b.py")[2]
        self.assertEqual(doc["status"], "failed")
        self.assertIn("n=100,", str(doc))

    def test_a_plugin_without_anything_to_tell_does_not_look_for_it(self):
        """A plugin that is named and made as inline-snapshot's is."""
        self.write("inline_snapshot/__init__.py")
        self.write("inline_snapshot/_global_state.py", """
            class State:
                active = True
                flags = {"report"}
                snapshots = {}
                all_problems = set()
            def state(state=State()):
                return state
        """)
        self.write("inline_snapshot/pytest_plugin.py", """
            import sys
            import inline_snapshot._global_state
            class Plugin:
                def pytest_sessionfinish(self):
                    sys.stderr.write("it looks\\n")
            def pytest_addoption(parser):
                parser.addoption("--inline-snapshot", default=None)
            def pytest_configure(config):
                config.pluginmanager.register(Plugin(), "p")
        """)
        self.write("conftest.py",
                   "pytest_plugins = 'inline_snapshot.pytest_plugin'\n")
        self.write("test_a.py", "def test(): pass\n")
        self.write("test_b.py", """
            from inline_snapshot._global_state import state
            def test(): state().snapshots[1] = 2
        """)
        for name, more, looks in (
                ("test_a.py", (), False), ("test_b.py", (), True),
                ("test_a.py", ("--", "--inline-snapshot=report"), True)):
            self.assertEqual(self.work(name, *more)[0], 0)
            self.assertEqual("it looks" in self.read(
                ".tgraph/%s.log" % name), looks, (name, more))

    def test_a_name_for_what_is_not_saved_is_not_asked_for(self):
        """A plugin that is named and made as pytest-benchmark's is."""
        self.write("pytest_benchmark/__init__.py")
        self.write("pytest_benchmark/utils.py", """
            import sys
            def get_tag():
                sys.stderr.write("it asks\\n")
                return "tag"
        """)
        self.write("pytest_benchmark/plugin.py", """
            import sys
            from .utils import get_tag
            def pytest_addoption(parser):
                tag = get_tag()
                parser.addoption("--benchmark-autosave", action="store_const",
                                 const=tag, help=f"as {tag}.json")
            def pytest_configure(config):
                config.name = config.getoption("benchmark_autosave")
            def pytest_sessionfinish(session):
                name = session.config.name
                if name:
                    sys.stderr.write(f"counter_{name}.json\\n")
        """)
        self.write("test_a.py", "def test(): pass\n")
        for more, asks in (("--", "-p", "pytest_benchmark.plugin"), False), \
                (("--", "-p", "pytest_benchmark.plugin",
                  "--benchmark-autosave"), True):
            self.assertEqual(self.work("test_a.py", *more)[0], 0)
            log = self.read(".tgraph/test_a.py.log")
            self.assertEqual("it asks" in log, asks, more)
            self.assertEqual("counter_tag.json" in log, asks, more)

    def test_hooks_that_only_set_a_variable_and_take_it_away(self):
        """A session is shared if its hooks do no more than that: a constant's
        name says nothing, a function's does."""
        conftest = """
            from os import environ
            NAME = "ONE_CONTEXT"
            def place():
                return "here"
            def pytest_sessionstart(session):
                environ[NAME] = %s
            def pytest_sessionfinish(session):
                environ.pop(NAME)
        """
        test = """
            import os
            def test(): assert os.environ["ONE_CONTEXT"] == "here"
        """
        for value, way in ('"here"', "fork"), ("place()", "start"):
            at = way + "/"
            self.write(at + "conftest.py", conftest % value)
            for name in "test_a.py", "test_b.py":
                self.write(at + name, test)
                code, _, doc = self.work(at + name)
                self.assertEqual((code, doc["way"]), (0, way), doc)

    def test_directories_are_known_once(self):
        """What is said of files does not depend on which came before, in
        directories that are packages, hold conftests, or are ignored."""
        self.write("pytest.ini", "[pytest]\nnorecursedirs = away\n")
        self.write("a/b/__init__.py")
        self.write("c/conftest.py", "collect_ignore = ['test_2.py']\n")
        names = []
        for where in "", "a/", "a/b/", "c/", "c/d/", "away/", "away/e/":
            for i in 1, 2:
                names.append("%stest_%d%s.py" % (
                    where, i, "" if where == "c/" else where.replace("/", "")))
                self.write(names[-1], """
                    import pytest
                    def test(request):
                        assert len([n for n in request.node.listchain()
                                    if isinstance(n, pytest.Module)]) == 1
                        assert request.node.listchain() == []
                """)
        plains = {name: self.plain(name) for name in names}
        for name in names + names[::-1]:
            code, _, plain = plains[name]
            status, _, doc = self.work(name)
            self.assertEqual(steady(doc), steady(plain), name)
            self.assertEqual(status, code << 8)
        self.assertEqual(self.result("away/e/test_1awaye.py")["status"],
                         "empty")
        self.assertEqual(self.result("c/test_2.py")["status"], "empty")
        self.assertEqual(self.result("c/d/test_2cd.py")["status"], "failed")

    def test_lines_are_those_of_pytest(self):
        self.write("conftest.py", """
            import json, pytest
            @pytest.hookimpl(trylast=True)
            def pytest_collection_finish(session):
                with open("lines.json", "w") as out:
                    json.dump({i.nodeid: i.location[1] + 1
                               for i in session.items}, out)
        """)
        self.write("other.py", """


            def test_elsewhere(): pass
        """)
        self.write("test_a.py", """
            import functools, unittest, pytest
            from other import test_elsewhere
            def wrapped(f):
                @functools.wraps(f)
                def inner(*args): return f(*args)
                return inner
            def unlike(f):
                def inner(): f()
                inner.place_as = f
                return inner
            def test_plain(): pass
            @pytest.mark.parametrize(
                "a", [1, 2])
            @pytest.mark.xfail
            def test_marked(a): pass
            @wrapped
            def test_wrapped(): pass
            @unlike
            def test_place(): pass
            test_lambda = lambda: None
            test_partial = functools.partial(lambda a: None, 1)
            exec("def test_text():" + chr(10) + " pass")
            class TestA:
                def test_method(self): pass
                @staticmethod
                def test_static(): pass
                @classmethod
                def test_class(cls): pass
                @wrapped
                def test_wrapped(self): pass
            class TestB(TestA): pass
            class Unit(unittest.TestCase):
                def test_unit(self): pass
                @wrapped
                def test_wrapped(self): pass
        """)
        doc = self.work("test_a.py")[2]
        lines = {i["id"]: i["line"] for i in doc["items"]}
        self.assertGreater(len(lines), 13)
        self.assertEqual(lines, json.loads(self.read("lines.json")))


if __name__ == "__main__":
    unittest.main()
