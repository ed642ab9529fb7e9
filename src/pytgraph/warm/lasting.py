# SPDX-License-Identifier: Apache-2.0
"""The other end of a process that stays for several test files: who has forked
it gives it one file after the other, and answers tgraph.

There are two kinds. In a batch, up to MOST files of a branch, everything that
a file sets up is torn down before the next one begins, as if it ran alone. What
does not pass, or warns, behind others counts for nothing: tgraph runs it again,
alone. The others count when the process has ended well; until then they linger.
A shared process is what pytest is without tgraph: it goes on until nothing more
comes, or something for another session, and session fixtures live as long. In
it the last file lingers: what is set up for several is torn down with the next
one or at the end, and fails on its account.
"""

import os
import select
import signal
from time import perf_counter

from ..observe import library
from ..process.process import kill_group
from .forker import drain
from . import protocol
from .session import HEAD

MOST = 8                # files of a batch
LONG = 2.0              # seconds of processor time, after which it takes none
# What the process says: a file is over, it can go on to the next one; and what
# it is told: go on.
OVER, READY, GO = b"O", b"R", b"G"
# Wait status of a file that has failed behind others.
FAILED = 1 << 8
# Exit code of one that has lost the connection by which it says so.
CUT_OFF = 71


class Lasting:
    """`owner`: the Forker. enter(opts, box, sock): the life of the process,
    from its first file on."""

    def __init__(self, owner, shared, enter, key=None):
        self.owner = owner
        self.wire = owner.wire
        self.box = owner.outbox
        self.shared = shared
        self.enter = enter
        self.key = key
        self.pid = 0            # 0: there is none (any more)
        self.sock = None
        self.held = []          # (seq, opts, parcel) of what lingers
        self.goes_on = False    # it has run more than one
        self.count = 0          # files that it was given

    def run(self, seq, opts):
        """Run a file, and answer. If pid is 0 afterwards, it takes no more."""
        if not self.pid or not self.go_on(seq, opts):
            self.begin(seq, opts)
        self.count += 1
        if self.wait() == OVER:
            self.over(seq, opts, self.box.take())
        else:
            self.died(seq, opts)

    def begin(self, seq, opts):
        """Fork it, with its first file."""
        import socket
        ours, theirs = socket.socketpair()

        def work(box):
            ours.close()
            self.enter(opts, box, theirs)

        opts.clock.ends("prepare")
        self.count, self.goes_on = 0, False
        def note():
            library.forked()
            library.join(opts.observe)

        self.pid = self.owner.fork(self.box, work, note)
        theirs.close()
        self.sock = ours
        self.wire.send(protocol.STARTED, seq=seq, pid=self.pid)

    def ask(self, request):
        import json
        self.box.arm()
        data = json.dumps(request).encode("ascii")
        try:
            self.sock.sendall(HEAD.pack(0, len(data)) + data)
        except OSError:
            pass                # it has ended: seen when it is waited for

    def go_on(self, seq, opts):
        """Let it go on to the next file. False: it has ended."""
        self.ask({"args": opts.args, "asked": opts.clock.began,
                  "observe": opts.observe})
        if self.wait() != READY:
            pid = self.pid
            self.ended(self.reap(), None, pid)
            return False
        self.goes_on = True
        if self.shared:
            self.tell(0, True)
        self.wire.ring.at_line(0)
        self.box.arm()
        self.wire.send(protocol.STARTED, seq=seq, pid=self.pid)
        self.sock.sendall(GO)
        return True

    def wait(self):
        """What it says; b"" if it ends instead."""
        owner = self.owner
        owner.child = self.pid
        poll = select.poll()
        poll.register(owner.wakeup[0], select.POLLIN)
        poll.register(self.sock.fileno(), select.POLLIN)
        hangup = getattr(select, "POLLRDHUP", 0)
        for sock in {owner.watch, self.wire.sock}:
            poll.register(sock.fileno(), hangup)
        while True:
            for fd, what in poll.poll(1000):
                if fd == owner.wakeup[0]:
                    drain(fd)
                elif fd == self.sock.fileno():
                    try:
                        return self.sock.recv(1)
                    except OSError:
                        return b""
                elif what & ~select.POLLIN:
                    kill_group(self.pid)
                    os._exit(0)
            flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
            if os.waitid(os.P_PID, self.pid, flags) is not None:
                return self.last_word()

    def last_word(self):
        """What it has said before it ended."""
        self.sock.setblocking(False)
        try:
            return self.sock.recv(1)
        except OSError:
            return b""

    def reap(self):
        """Its wait status: it ends, or has been seen to."""
        status = self.owner.reap(self.pid, self.box)
        self.sock.close()
        self.pid = 0
        return status

    def over(self, seq, opts, parcel):
        """A file is over."""
        opts.over = perf_counter()
        self.owner.child = 0
        if parcel is None:
            self.owner.child = self.pid
            kill_group(self.pid)
            self.died(seq, opts)
            return
        good = parcel["passed"]
        self.held.append((seq, opts, parcel))
        if self.shared or good and not parcel["doc"]["warnings"] or \
                good and len(self.held) == 1:
            self.linger(seq, parcel["spent"] > LONG)
            return
        if len(self.held) > 1:
            self.held.pop()
            self.again(seq, protocol.NO_PID,
                       signal.SIGKILL if good else FAILED)
        if not good:
            self.finish()

    def linger(self, seq, long):
        if not self.shared and (long or self.count >= MOST):
            self.finish()
        else:
            self.wire.send(protocol.LINGERS, seq=seq)

    def died(self, seq, opts):
        """It has ended while a file ran."""
        pid = self.pid
        status = self.reap()
        parcel = self.box.take()
        if cut_off(status):
            status = 0
        if self.shared or not self.held:
            self.done(seq, opts, parcel, status, pid)
        else:
            self.again(seq, pid)
        for other in self.held:
            self.again(other[0], pid)
        self.held = []

    def finish(self):
        """End it: all that lingers is answered."""
        if not self.pid:
            return
        self.ask({"finish": True})
        pid = self.pid
        status = self.reap()
        self.ended(status, self.box.take(), pid)

    def ended(self, status, last, pid=protocol.NO_PID):
        """It has, and said `last` of that (None: nothing)."""
        if last is not None and last["temporary"]:
            from shutil import rmtree
            rmtree(last["temporary"], ignore_errors=True)
        good = last is not None and status == 0
        if cut_off(status):
            status = 0
        elif not good and status == 0:
            status = 70 << 8    # it has not come to its end
        if self.shared:
            self.tell(status, good, last and last["parcel"], pid)
            return
        alone = len(self.held) == 1
        for seq, opts, parcel in self.held:
            if good or alone and not parcel["passed"]:
                self.done(seq, opts, parcel, status if alone else 0, pid)
            else:
                self.again(seq, pid)
        self.held = []

    def tell(self, status, good, parcel=None, pid=protocol.NO_PID):
        """What lingers in a shared process is done with; `parcel` is what is
        known of it now, if that is more."""
        for seq, opts, before in self.held:
            if parcel is None:
                parcel = self.box.take() if good else None
            self.done(seq, opts, parcel or before, status, pid)
        self.held = []

    def done(self, seq, opts, parcel, status, pid):
        if parcel is not None:
            parcel["doc"]["way"] = self.way()
            # What lingers costs nothing.
            opts.clock.began += perf_counter() - (opts.over or perf_counter())
        size, offset = self.owner.deliver(opts, parcel,
                                          0 if parcel else self.box.error())
        self.wire.send(protocol.DONE, seq=seq, status=status, pid=pid,
                       size=size, offset=offset)

    def way(self):
        """How a file was run in it."""
        if self.goes_on:
            return "shared" if self.shared else "batch"
        return "start" if self.shared else "fork"

    def again(self, seq, pid, status=signal.SIGKILL):
        self.wire.send(protocol.AGAIN, seq=seq, pid=pid, status=status)


def cut_off(status):
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == CUT_OFF
