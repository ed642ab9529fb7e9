#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What tests do to the process that reports on them: a pass stays one, and
nothing but a pass becomes one."""

import json
import os
import sys
import textwrap
import unittest

import pytgraph_case

# Ways to leave a process, each after which pytest ends well.
LEFT = {
    "descriptors": """
        import resource
        def test():
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
        """,
    "file size": """
        import resource
        def test():
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        """,
    "time": """
        import time
        def test():
            time.time = time.monotonic = lambda: 0
            time.gmtime = time.strftime = None
        """,
    "built-ins": """
        import builtins
        def test():
            builtins.len = lambda x: 99
            builtins.open = None
        """,
    "os": """
        import os
        def test():
            os.getpid = os.getcwd = os.write = os.unlink = os.replace = None
        """,
    "json": """
        import json, marshal
        def test():
            json.dumps = json.loads = marshal.dumps = None
        """,
    "directory": """
        import os
        def test(tmp_path):
            os.chdir(tmp_path)
            tmp_path.rmdir()
        """,
    "a process that goes on": """
        import os
        def test():
            if os.fork() == 0:
                return
            os.wait()
        """,
    "user": """
        import os
        def test():
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(12345)
                os.setuid(12345)
        """,
    "umask": """
        import os
        def test():
            os.umask(0o777)
        """,
}

# Ways to end after the tests.
CRASH = {
    "ctypes": """
        import ctypes
        class A:
            def __del__(self):
                ctypes.string_at(0)
        a = A()
        def test():
            pass
        """,
    "finalizer": """
        import os
        import signal
        class A:
            def __del__(self, kill=os.kill, pid=os.getpid()):
                kill(pid, 11)
        def test():
            test.a = A()
        """,
    "exit code": """
        import os
        class A:
            def __del__(self, end=os._exit):
                end(3)
        a = A()
        def test():
            pass
        """,
    "output": """
        import sys
        class Broken:
            closed = False
            def write(self, text):
                return len(text)
            def flush(self):
                raise OSError("disk full")
        def test():
            pass
        def teardown_module():
            import atexit
            atexit.register(setattr, sys, "stdout", Broken())
        """,
    "thread": """
        import os
        import threading
        import time
        def wait():
            try:
                while True:
                    time.sleep(0.001)
            finally:
                pass
        class A:
            def __del__(self, end=os._exit):
                end(3)
        def test():
            threading.Thread(target=wait, daemon=True).start()
            threading.current_thread().a = A()
        """,
}

FORGER = """
    import json
    import os
    import sys
    DOC = %r
    def test():
        for name, text in (("json", DOC), ("d", ""), ("log", "")):
            path = os.path.join(%r, ".tgraph", "test_a.py." + name)
            with open(path, "w") as stream:
                stream.write(text)
        os._exit(0)
    """


@unittest.skipUnless(pytgraph_case.has_pytest(), "no pytest")
class Handover(pytgraph_case.Case):

    def ways(self, name="test_a.py", **kwargs):
        """(exit code, result document) by the plain command and by a
        worker, -1 for a signal."""
        code, _, plain = self.plain(name, **kwargs)
        status, _, worker = self.work(name, **kwargs)
        return (code, plain), (os.WEXITSTATUS(status)
                               if os.WIFEXITED(status) else -1, worker)

    def test_left(self):
        os.chmod(self.root, 0o755)
        for what, text in LEFT.items():
            with self.subTest(what):
                self.write("test_a.py", text)
                for code, doc in self.ways():
                    self.assertEqual(code, 0)
                    self.assertEqual(doc["status"], "passed")
                    self.assertEqual(doc["collected"], 1)
                    self.assertEqual(self.outcomes(doc), {"test": "passed"})
        self.assertEqual(doc["way"], "fork")

    def test_left_by_unittest(self):
        for what, text in LEFT.items():
            if "tmp_path" in text or what == "built-ins":
                continue        # unittest fails by that
            with self.subTest(what):
                text = textwrap.dedent(text)
                at = text.index("def test():")
                body = textwrap.indent(text[at:], "    ").replace(
                    "test()", "test(self)")
                self.write("test_a.py", "import unittest\n" + text[:at] +
                           "class A(unittest.TestCase):\n" + body)
                for code, doc in self.ways(runner="unittest"):
                    self.assertEqual(code, 0)
                    self.assertEqual(list(self.outcomes(doc).values()),
                                     ["passed"])

    def test_crash(self):
        for what, text in CRASH.items():
            with self.subTest(what):
                self.write("test_a.py", text)
                code, out, _ = self.plain("test_a.py")
                self.assertEqual(code, 1)
                self.assertIn("at its end, after its tests", out)
                status, _, _ = self.work("test_a.py")
                self.assertNotEqual(status, 0)

    def test_crash_in_others(self):
        """In a conftest, that the session has loaded, and in a module."""
        self.write("test_a.py", "import mod\ndef test():\n    pass\n")
        for name in "conftest.py", "mod.py":
            self.write("mod.py")
            self.write(name, CRASH["finalizer"].replace(
                "def test():\n            test.a = A()", "a = A()").replace(
                "pid=os.getpid()", "pid=os.getpid").replace(
                "kill(pid, 11)", "kill(pid(), 11)"))
            with self.subTest(name):
                self.assertEqual(self.plain("test_a.py")[0], 1)
                self.assertNotEqual(self.work("test_a.py")[0], 0)

    def test_crash_of_a_fork(self):
        """What ends badly only because it was forked has passed."""
        self.write("conftest.py", "import os\nPID = os.getpid()\n")
        self.write("test_a.py", """
            import os
            import conftest
            class A:
                def __del__(self, end=os._exit, pid=os.getpid(),
                            home=conftest.PID):
                    if pid != home:
                        end(9)
            a = A()
            def test():
                pass
            """)
        status, ring, doc = self.work("test_a.py")
        self.assertEqual((status, doc["status"]), (0, "passed"))
        self.assertEqual((ring, doc["way"]), (doc, "process"))

    def test_good_finalizer(self):
        self.write("test_a.py", """
            class A:
                def __del__(self):
                    print("the end")
            a = A()
            def test():
                pass
            """)
        for code, doc in self.ways():
            self.assertEqual((code, doc["status"]), (0, "passed"))
            self.assertIn("the end", self.read(".tgraph/test_a.py.log"))
        self.assertEqual(doc["way"], "fork")

    def test_forged(self):
        self.write("test_a.py", "def test():\n    pass\n")
        doc = self.plain("test_a.py")[2]
        self.assertEqual(doc["status"], "passed")
        self.write("test_a.py", FORGER % (json.dumps(doc), self.root))
        code, out, doc = self.plain("test_a.py")
        self.assertEqual((code, doc["status"]), (1, "error"))
        self.assertIn("ended with exit code 0 in test_a.py::test", out)
        status, ring, doc = self.work("test_a.py")
        self.assertEqual((status, ring), (0, doc))
        self.assertEqual((doc["status"], doc["crash"]), (
            "error", "ended with exit code 0 in test_a.py::test"))
        self.assertEqual(doc["imported"], [])

    def test_large(self):
        """Results that don't fit into the ring."""
        self.write("test_a.py", """
            import pytest
            @pytest.mark.parametrize("n", range(40))
            def test(n):
                print("x" * 100000)
                assert n < 0
            """)
        for code, doc in self.ways():
            self.assertEqual((code, len(doc["items"])), (1, 40))


class Memory(unittest.TestCase):

    def test_only_with_the_secret(self):
        pytgraph_case.modules()
        from _pytgraph.process.outbox import Outbox
        box = Outbox()
        box.arm()
        send = box.sender()
        send({"a": 1})
        # a fork has a copy of the secret
        self.assertIsNone(box.take())
        for told, expected in (True, {"a": 1}), (False, None):
            box.arm()
            pid = os.fork()
            if pid == 0:
                send = box.sender()
                if told:
                    send({"a": 1})
                else:
                    box.map[32:64] = b"x" * 32
                os._exit(0)
            os.waitpid(pid, 0)
            self.assertEqual(box.take(), expected)
            self.assertIsNone(box.take())

    def test_sizes(self):
        pytgraph_case.modules()
        from _pytgraph.process import outbox
        box = outbox.Outbox()
        for size in (0, 10, outbox._LARGE * 3, 10):
            box.arm()
            secret = box.secret
            box.sender()("x" * size)
            box.secret = secret
            self.assertEqual(box.take(), "x" * size)
        box.arm()
        with self.assertRaises(ValueError):
            box.sender()("x" * outbox.MOST)


if __name__ == "__main__":
    sys.exit(unittest.main())
