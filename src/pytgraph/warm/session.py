# SPDX-License-Identifier: Apache-2.0
"""The other end of a session or branch: how its owner starts it, asks it to
run files, and hears what came of them.
"""

import os
import signal
import struct

from . import protocol

# What a session answers: it can serve (or has served), it can for other package
# roots too, it can't; it has served and ends; it ends and has not begun.
READY, MOVABLE, UNFIT, SPENT, UNCLEAN = b"R", b"M", b"U", b"S", b"C"
# With early collection, what a session that ends without an answer was doing:
# nothing that counts; it ran a file in its own process, or in a child.
AT_REST, INSIDE, FORKED = range(3)
# Before the answer, if a file has run in its own process: a mark, size and
# offset of the result in the ring, microseconds.
RAN = struct.Struct("<cIQQ")
RAN_INSIDE = b"I"
HEAD = struct.Struct("<II")
_MADE_TO_END = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL)


class Session:
    """The other end of a session or branch process."""

    def __init__(self, pid, sock, doing):
        self.pid = pid
        self.sock = sock
        self.doing = doing      # a byte of shared memory: AT_REST ...
        self.movable = False

    @classmethod
    def start(cls, owner, live):
        """Fork a process that lives live(sock), and wait until it can serve;
        None if it can't. In a child that the new process forks for a test,
        an exception goes up through live() and this."""
        import mmap
        import socket
        ours, theirs = socket.socketpair()
        doing = mmap.mmap(-1, 1)
        pid = os.fork()
        if pid == 0:
            ours.close()
            owner.in_child_session()
            owner.doing = doing
            live(theirs)
            os._exit(1)
        theirs.close()
        session = cls(pid, ours, doing)
        got = session.answer(owner)
        if got in (READY, MOVABLE):
            session.movable = got == MOVABLE
            return session
        session.end(signal.SIGKILL)
        return None

    def answer(self, owner):
        """One byte from the session; b"" when it has ended."""
        try:
            owner.readable(self.sock)
            return self.sock.recv(1)
        except OSError:
            return b""

    def ask(self, owner, seq, request, early):
        """Let the session run a file and answer tgraph. What it says of that;
        ProtocolError if it dies on it."""
        import json
        data = json.dumps(request).encode("ascii")
        try:
            self.sock.sendall(HEAD.pack(seq, len(data)) + data)
        except OSError:
            return UNFIT
        got = self.answer(owner)
        if got == RAN_INSIDE:
            self.tell(owner, seq, got)
            got = self.answer(owner)
        if got == b"" and early and self.doing[0] != FORKED:
            return self.ended(owner, seq)
        if got == b"":
            raise protocol.ProtocolError(
                "a session process ended while a test ran")
        return got

    def tell(self, owner, seq, mark):
        """Tell tgraph that a file has passed in the session's own process."""
        rest = protocol.read_exactly(self.sock, RAN.size - 1)
        _, size, offset, usec = RAN.unpack(mark + rest)
        owner.wire.send(protocol.DONE, seq=seq, pid=self.pid, size=size,
                        offset=offset, usec=usec)

    def ended(self, owner, seq):
        """What to say of a session that collects early and has ended: unless
        it was killed while it ran a file, the file can run elsewhere."""
        info = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        if self.doing[0] == AT_REST or info.si_code == os.CLD_EXITED or \
                info.si_status not in _MADE_TO_END:
            return UNCLEAN
        owner.wire.send(protocol.DONE, seq=seq, status=info.si_status,
                        pid=self.pid)
        return SPENT

    def end(self, number):
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            pass
        self.sock.close()
        try:
            os.waitpid(self.pid, 0)
        except ChildProcessError:
            pass
