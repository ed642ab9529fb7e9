# SPDX-License-Identifier: Apache-2.0
"""How long a process that has handed over its results may take to end."""

import os
import signal
import socket
import time
import unittest

import pytgraph_case

pytgraph_case.modules()

from _pytgraph.process.outbox import Outbox  # noqa: E402
from _pytgraph.warm import forker  # noqa: E402


class Wire:
    def __init__(self, sock):
        self.sock = sock


class Patience(unittest.TestCase):

    def setUp(self):
        self.least = forker.PATIENCE
        forker.PATIENCE = 0.0
        self.ours, self.theirs = socket.socketpair()

    def tearDown(self):
        forker.PATIENCE = self.least
        self.ours.close()
        self.theirs.close()

    def status(self, lived, seconds):
        """The wait status of a process that hands over after `lived` seconds,
        and ends with 7 `seconds` later."""
        box = Outbox()
        owner = forker.Forker(Wire(self.ours), box)
        owner.watch = self.ours
        owner.wakeup = os.pipe()
        box.arm()
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            box.sender()("done")
            time.sleep(seconds)
            os._exit(7)
        try:
            os.setpgid(pid, pid)
        except OSError:
            pass
        owner.forked = time.monotonic() - lived
        try:
            return owner.reap(pid, box)
        finally:
            for fd in owner.wakeup:
                os.close(fd)

    def test_short_life(self):
        status = self.status(0.0, 600)
        self.assertEqual(os.WTERMSIG(status), signal.SIGKILL)

    def test_long_life(self):
        status = self.status(600.0, 2.5)
        self.assertEqual(os.WEXITSTATUS(status), 7)


if __name__ == "__main__":
    unittest.main()
