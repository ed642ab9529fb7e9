#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a test can see of the process it runs in is what it would see under
`python -m pytest`."""

import os
import subprocess
import sys
import unittest

import pytgraph_case

SLOT = {"PYTEST_XDIST_WORKER": "gw3", "PYTEST_XDIST_WORKER_COUNT": "8",
        "PYTEST_XDIST_TESTRUNUID": "0123456789abcdef"}


@unittest.skipUnless(pytgraph_case.has_pytest(), "no pytest")
class Seen(pytgraph_case.Case):

    def alone(self, name):
        """Does the file pass under pytest itself?"""
        got = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
             name], cwd=self.root, env=self.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.assertEqual(got.returncode, 0, got.stdout.decode())

    def check(self, name="test_a.py", **kwargs):
        """All its tests pass, by the plain command and by a worker."""
        for doc in (self.plain(name, **kwargs)[2],
                    self.work(name, **kwargs)[2]):
            self.assertEqual(set(self.outcomes(doc).values()), {"passed"},
                             doc["summary"])
        return doc

    def test_process(self):
        self.write("test_a.py", """
            import gc
            import os
            import signal
            import sys
            import threading
            THRESHOLD = %r
            class Kept:
                pass
            kept = Kept()
            holder = [kept]
            def test_threshold():
                assert gc.get_threshold() == THRESHOLD
                assert gc.isenabled()
            def test_functions():
                for name in "get_objects", "get_referrers", "freeze":
                    assert type(getattr(gc, name)) is type(len)
            def test_objects():
                assert any(o is os.environ for o in gc.get_objects())
                assert any(o is vars(os) for o in
                           gc.get_referrers(os.environ))
                assert any(o is holder for o in gc.get_referrers(kept))
            def test_coroutine():
                async def body():
                    exc = ValueError()
                    assert gc.get_referrers(exc) == []
                try:
                    body().send(None)
                except StopIteration:
                    pass
            def test_thread():
                main = threading.main_thread()
                assert main is threading.current_thread()
                assert main.ident == threading.get_ident()
                assert main.native_id == threading.get_native_id()
                if sys.platform == "linux":
                    assert main.native_id == os.getpid()
            def test_signals():
                assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
                assert signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL
                assert signal.getsignal(signal.SIGINT) is \\
                    signal.default_int_handler
                assert not signal.pthread_sigmask(signal.SIG_BLOCK, [])
            def test_command_line():
                assert sys.argv[1:][-1] == "test_a.py"
                if hasattr(sys, "orig_argv"):
                    assert sys.orig_argv[1:3] == ["-m", "pytest"]
                    assert sys.orig_argv[-1] == "test_a.py"
            """ % (threshold(),))
        if sys.version_info < (3, 11):
            text = self.read("test_a.py").replace("def test_coro", "def coro")
            self.write("test_a.py", text)
        self.alone("test_a.py")
        self.check()

    def test_thresholds_of_ones_own(self):
        self.write("conftest.py", "import gc\ngc.set_threshold(123, 4, 5)\n")
        self.write("test_a.py", """
            import gc
            def test():
                assert gc.get_threshold() == (123, 4, 5)
            """)
        self.alone("test_a.py")
        self.check()

    def test_slot(self):
        self.write("conftest.py", """
            import os
            import pytest
            import sys
            NAME = os.environ["PYTEST_XDIST_WORKER"]
            def controller(config):
                return "PYTEST_XDIST_WORKER" not in os.environ and \\
                    not hasattr(config, "workerinput")
            def pytest_configure(config):
                config.told = [controller(config)]
            def pytest_sessionstart(session):
                session.config.told.append(controller(session.config))
            @pytest.hookimpl(optionalhook=True)
            def pytest_configure_node(node):
                node.workerinput["more"] = node.gateway.id
            def pytest_sessionfinish(session):
                assert session.config.told == [True, True]
                assert controller(session.config)
            def pytest_unconfigure(config):
                assert controller(config)
            """)
        self.write("test_a.py", """
            import os
            import subprocess
            import conftest
            NAME = os.environ.get("PYTEST_XDIST_WORKER")
            def test(request):
                told = request.config.workerinput
                assert NAME == conftest.NAME == told["workerid"] == "gw3"
                assert told["workercount"] == 8
                assert told["testrunuid"] == "0123456789abcdef"
                assert os.environ["PYTEST_XDIST_WORKER_COUNT"] == "8"
                assert told["more"] == "gw3"
            """)
        self.start(env=SLOT)
        doc = self.check(env=SLOT)
        self.assertFalse([n for n in doc["env"] if n in SLOT])

    def test_slot_without_a_name(self):
        self.write("test_a.py", """
            def test(request):
                assert not hasattr(request.config, "workerinput")
            """)
        self.check()

    def test_slot_of_unittest(self):
        self.write("test_a.py", """
            import os
            import unittest
            class Case(unittest.TestCase):
                def test(self):
                    self.assertNotIn("PYTEST_XDIST_WORKER", os.environ)
            """)
        self.start(env=SLOT)
        self.check(runner="unittest", env=SLOT)


def threshold():
    """That of an interpreter nobody has told anything."""
    out = subprocess.check_output(
        [sys.executable, "-S", "-c", "import gc; print(gc.get_threshold())"],
        env=dict(os.environ))
    return tuple(int(n) for n in out.decode().strip("()\n").split(","))


if __name__ == "__main__":
    sys.exit(unittest.main())
