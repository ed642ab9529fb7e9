# SPDX-License-Identifier: Apache-2.0
"""The other end of a session or branch: how its owner starts it, asks it to
run files, and hears what came of them.
"""

import os
import signal
import struct

from ..observe import library
from ..process.threads import fork
from . import protocol

# What a session answers: it can serve (or has served), it can for other package
# roots too, it can't; it can, but not this file; the file has to be run again,
# by its command; it has served, and a process below it stays for the next file.
READY, MOVABLE, UNFIT, REFUSED, AGAIN, STAYS = \
    b"R", b"M", b"U", b"N", b"A", b"S"
HEAD = struct.Struct("<II")
# With the first answer: what it tells of itself, JSON of so many bytes.
TOLD = struct.Struct("<I")


class Session:
    """The other end of a session, branch or node."""

    def __init__(self, pid, sock):
        self.pid = pid
        self.sock = sock
        self.movable = False
        self.told = {}

    @classmethod
    def start(cls, owner, live):
        """Fork a process that lives live(sock), and wait until it says whether
        it can serve (fit) and what it tells. In a child that the new process
        forks for a test, an exception goes up through live() and this."""
        import socket
        ours, theirs = socket.socketpair()
        pid = fork()
        if pid == 0:
            ours.close()
            owner.in_child_session()
            library.forked()
            live(theirs)
            os._exit(1)
        theirs.close()
        session = cls(pid, ours)
        got = session.answer(owner)
        session.fit = got in (READY, MOVABLE)
        session.movable = got == MOVABLE
        if got:
            session.told = session.hear()
        if not session.fit:
            session.end(signal.SIGKILL)
        return session

    def hear(self):
        """What it tells of itself, after its first answer."""
        import json
        try:
            head = protocol.read_exactly(self.sock, TOLD.size)
            data = protocol.read_exactly(self.sock, *TOLD.unpack(head))
            return json.loads(data.decode("ascii"))
        except (OSError, ValueError, struct.error, protocol.ProtocolError):
            return {}

    def answer(self, owner):
        """One byte from the session; b"" when it has ended."""
        try:
            owner.readable(self.sock)
            return self.sock.recv(1)
        except OSError:
            return b""

    def ask(self, owner, seq, request):
        """Let the session run a file and answer tgraph. What it says of that;
        ProtocolError if it dies on it."""
        import json
        data = json.dumps(request).encode("ascii")
        try:
            self.sock.sendall(HEAD.pack(seq, len(data)) + data)
        except OSError:
            return UNFIT
        got = self.answer(owner)
        if got == b"":
            raise protocol.ProtocolError(
                "a session process ended while a test ran")
        return got

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


def tell(sock, answer, **told):
    """The first answer of a session, and what it tells of itself."""
    import json
    data = json.dumps(told).encode("ascii")
    sock.sendall(answer + TOLD.pack(len(data)) + data)
