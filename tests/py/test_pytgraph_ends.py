#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs of pytest that end in other ways than with the last test, and plugins
that take part in that."""

import os
import sys
import unittest

import pytgraph_case


@unittest.skipUnless(pytgraph_case.has_pytest(), "no pytest")
class Ends(pytgraph_case.Case):

    def both(self, name="test_a.py", *more, **kwargs):
        """The result documents by the plain command and by a worker."""
        code, _, plain = self.plain(name, *more, **kwargs)
        status, _, worker = self.work(name, *more, **kwargs)
        self.assertEqual((code, status), (code, code << 8))
        for doc in plain, worker:
            self.assertIsNotNone(doc, self.log(name))
        self.assertEqual((plain["status"], plain["reason"]),
                         (worker["status"], worker["reason"]))
        return plain, worker

    def log(self, name="test_a.py"):
        return self.read(".tgraph/%s.log" % name)

    def ended(self, reason, *more, **kwargs):
        """No test is said to have run, and why."""
        for doc in self.both("test_a.py", *more, **kwargs):
            self.assertEqual((doc["status"], doc["reason"], doc["items"]),
                             ("error", reason, []))

    def test_unregister(self):
        self.write("conftest.py", """
            class Helper:
                pass
            def pytest_configure(config):
                config.pluginmanager.register(Helper(), "helper")
            def pytest_unconfigure(config):
                config.pluginmanager.unregister(name="helper")
            """)
        self.write("test_a.py", "def test_a():\n    assert 1\n")
        for doc in self.both():
            self.assertEqual(self.outcomes(doc), {"test_a": "passed"})

    def test_options(self):
        self.write("test_a.py", "def test_a():\n    assert 0\n")
        for option in ("--fixtures", "--help", "-h", "--markers", "--co",
                       "--setup-plan", "--setup-only", "--cache-show"):
            self.start(env={"PYTEST_ADDOPTS": "-q " + option})
            self.ended("with %s, in PYTEST_ADDOPTS, pytest runs no tests"
                       % option, env={"PYTEST_ADDOPTS": "-q " + option})
            self.tearDown()
            self.worker = None
        self.ended("with --fixtures, in the arguments after --, pytest runs "
                   "no tests", "--", "--fixtures")
        self.write("pytest.ini", "[pytest]\naddopts = --collect-only\n")
        self.ended("with --collect-only, in addopts, pytest runs no tests")

    def test_exit(self):
        self.write("test_a.py", "def test_a():\n    assert 1\n")
        for where in "configure", "sessionstart", "collection":
            self.write("conftest.py", """
                import pytest
                def pytest_%s():
                    pytest.exit("enough", returncode=0)
                """ % where)
            self.ended("pytest ended before it ran tests")
        self.assertIn("enough", self.log())

    def test_exception(self):
        self.write("test_a.py", "def test_a():\n    assert 1\n")
        self.write("conftest.py", "import sys\nsys.exit(0)\n")
        for doc in self.both():
            self.assertEqual(doc["status"], "error")
            self.assertRegex(doc["reason"], "SystemExit|usage error")
        self.write("conftest.py", """
            def pytest_cmdline_main(config):
                raise RuntimeError("out of order")
            """)
        self.ended("pytest ended by RuntimeError: out of order")
        self.assertIn("out of order", self.log())
        self.assertNotIn("pytgraph", self.log().replace(self.root, ""))

    def test_internal_error(self):
        self.write("test_a.py", "def test_a():\n    assert 1\n")
        self.write("conftest.py", """
            def pytest_runtestloop():
                raise RuntimeError("out of order")
            """)
        for doc in self.both():
            self.assertEqual((doc["status"], doc["exitstatus"]), ("error", 3))
        self.assertIn("INTERNALERROR> RuntimeError: out of order", self.log())


@unittest.skipUnless(pytgraph_case.has_pytest(), "no pytest")
class Preload(pytgraph_case.Case):

    def setUp(self):
        super().setUp()
        self.write("site/userlib.py", "import fakeplug\n")
        self.write("site/fakeplug.py", "def pytest_configure(): pass\n")
        self.write("site/fakeplug-1.dist-info/METADATA",
                   "Metadata-Version: 2.1\nName: fakeplug\nVersion: 1\n")
        self.write("site/fakeplug-1.dist-info/entry_points.txt",
                   "[pytest11]\nfakeplug = fakeplug\n")
        self.write("site/fakeplug-1.dist-info/RECORD", "fakeplug.py,,\n")
        self.write("test_a.py", """
            import os
            import sys
            def test_a():
                assert ("userlib" in sys.modules) == bool(os.getpid())
            """)

    def environment(self):
        return dict(super().environment(),
                    PYTHONPATH=os.path.join(self.root, "site"))

    def test_of_a_plugin(self):
        """pytest warns of plugins that were imported before it has seen
        them."""
        self.write("pytest.ini", "[pytest]\nfilterwarnings = error\n")
        self.start("--preload", "userlib")
        _, doc, _ = self.work("test_a.py")
        self.assertEqual(self.outcomes(doc), {"test_a": "passed"})

    def test_of_nothing(self):
        self.start("--preload", "nosuch", "--preload", "userlib")
        _, doc, _ = self.work("test_a.py")
        self.assertEqual(self.outcomes(doc), {"test_a": "passed"})
        self.assertIn("tgraph: preload nosuch: ModuleNotFoundError",
                      self.read(".tgraph/test_a.py.log"))

    def test_of_unittest(self):
        self.write("test_u.py", """
            import sys
            import unittest
            class Case(unittest.TestCase):
                def test(self):
                    self.assertIn("userlib", sys.modules)
            """)
        self.start("--preload", "userlib")
        _, doc, _ = self.work("test_u.py", runner="unittest")
        self.assertEqual(list(self.outcomes(doc).values()), ["passed"])


if __name__ == "__main__":
    sys.exit(unittest.main())
