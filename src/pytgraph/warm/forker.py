# SPDX-License-Identifier: Apache-2.0
"""Forking a child and waiting for it: what a worker, its sessions and their
branches have in common.

One request at a time. Whoever forks a child waits for it, kills what is left
of its process group, reaps it, and answers tgraph directly.
"""

import os
import signal
import time
from contextlib import contextmanager

# Here and not where it is used: a signal handler uses it.
from ..process.process import be_first, default_signals, internal_error, \
    kill_group, scratch
from ..observe import library
from ..process.threads import fork
from . import protocol
from .session import AGAIN, READY, REFUSED, STAYS, Session

MAX_SESSIONS = 32
ENDING = (signal.SIGTERM, signal.SIGINT)


# Seconds that a child may take to end after it has handed over its results, if
# it has not lived longer until then: to take apart what many tests have left
# takes long.
PATIENCE = 10.0


class InChild(Exception):
    """Carries the Options of a file, and how to hand over its results, up to
    where its child goes on."""


class Forker:
    """Forks one child at a time and waits for it: the part that the worker
    and its sessions have in common."""

    def __init__(self, wire, outbox):
        self.wire = wire
        self.outbox = outbox
        self.child = 0
        self.forked = 0.0       # when, by the monotonic clock
        self.sessions = {}      # key: Session, least recently used first
        self.asked = None       # the Session that runs a file now
        self.unfit = {}         # keys of sessions that can't be, and why
        self.lasting = None     # the Lasting that stays for files in company
        self.open = None        # the key of the session below which one stays
        self.wakeup = None
        self.watch = None       # a socket whose end of stream means: stop

    def prepare(self):
        """Signal handling of a process that waits for children."""
        read, write = os.pipe()
        os.set_blocking(read, False)
        os.set_blocking(write, False)
        self.wakeup = read, write
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _ignore)
        signal.signal(signal.SIGTERM, self.terminate)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def terminate(self, number, frame):
        self.kill_child()
        if self.lasting is not None and self.lasting.pid:
            kill_group(self.lasting.pid)
        if self.asked is not None:
            self.asked.end(signal.SIGTERM)
        for session in list(self.sessions.values()):
            session.end(signal.SIGTERM)
        os._exit(128 + signal.SIGTERM)

    def readable(self, sock):
        """Wait until `sock` can be read. A signal that comes just before the
        wait ends it too (its handler runs), and so does the end of what this
        process lives for."""
        import select
        hangup = getattr(select, "POLLRDHUP", 0)
        poll = select.poll()
        poll.register(self.wakeup[0], select.POLLIN)
        if sock is not self.watch:
            poll.register(self.watch.fileno(), hangup)
        poll.register(sock.fileno(), select.POLLIN)
        while True:
            events = dict(poll.poll())
            if self.wakeup[0] in events:
                drain(self.wakeup[0])
            if sock.fileno() in events:
                return
            if events.get(self.watch.fileno(), 0) & ~select.POLLIN:
                self.terminate(0, None)

    def kill_child(self):
        if self.child:
            kill_group(self.child)

    def in_child(self):
        """What a forked process undoes first."""
        default_signals()
        be_first()
        for fd in self.wakeup:
            os.close(fd)
        for session in self.sessions.values():
            session.sock.close()
        self.sessions.clear()
        self.asked = self.lasting = self.open = None

    def serve_by_session(self, key, seq, request, live):
        """Let the session `key` run `request` (a JSON value); live(sock) is
        the life of its process if it has to be made. READY, or AGAIN; False if
        that fails: nothing has run then."""
        if key in self.unfit:
            return False
        if self.open != key:
            self.close()
        session = self.sessions.pop(key, None)
        if session is None:
            while len(self.sessions) >= MAX_SESSIONS:
                oldest = next(iter(self.sessions))
                self.sessions.pop(oldest).end(signal.SIGTERM)
            session = Session.start(self, live)
        if session.fit:
            self.asked = session
            got = session.ask(self, seq, request)
            self.asked = None
            self.open = key if got == STAYS else None
            if got in (READY, REFUSED, AGAIN, STAYS):
                self.sessions[key] = session
                return READY if got == STAYS else \
                    got if got != REFUSED else False
            session.end(signal.SIGKILL)
        self.unfit[key] = session.told.get("unfit")
        return False

    def close(self):
        """End the process that stays, here or below: what lingers in it is
        answered."""
        lasting, self.lasting = self.lasting, None
        if lasting is not None:
            lasting.finish()
        key, self.open = self.open, None
        if key is not None:
            self.asked = self.sessions[key]
            self.asked.ask(self, 0, {"finish": True})
            self.asked = None

    def stays(self):
        """Does one stay, here or below?"""
        return self.lasting is not None or self.open is not None

    def in_company(self, seq, opts):
        """Let the process that stays run a file: READY."""
        self.lasting.run(seq, opts)
        if not self.lasting.pid:
            self.lasting = None
        return READY

    def run(self, seq, opts, work, outbox=None):
        """Fork; work(send) runs in the child and must not return, but by
        InChild or Ending. Answers tgraph with STARTED and DONE (AGAIN, if the
        parts of a file that was split don't count): READY. Not with DONE if the
        child has passed and then ended in another way: AGAIN, as a process that
        was not forked may end well. With an `outbox` of its own the
        child is such a process."""
        from ..runner import ending, results
        box = outbox or self.outbox
        began = time.monotonic()
        opts.clock.ends("prepare")
        pid = self.fork(box, work, lambda: library.switch(opts.observe))
        try:
            self.wire.send(protocol.STARTED, seq=seq, pid=pid)
            status = self.reap(pid, box)
        except OSError:
            self.kill_child()   # tgraph has gone
            raise
        parcel = box.take()
        if opts.parts > 1 and parts_failed(parcel, status):
            results.remove_old(opts)
            self.wire.send(protocol.AGAIN, seq=seq, status=status, pid=pid)
            return READY
        if parcel is None:
            from ..runner import story
            parcel = story.parcel(opts, status, self.wire.ring.stopped(),
                                  box.notes(), opts.captures)
        if results.passed(parcel) and parcel["ends"]:
            if status != 0 and outbox is None:
                results.remove_old(opts)
                return AGAIN
            if parcel["ends"] == ending.WHOLE:
                ending.seen.well.add(frozenset(parcel["natives"]))
        size, offset = self.deliver(opts, parcel, box.error())
        usec = int((time.monotonic() - began) * 1e6)
        self.wire.send(protocol.DONE, seq=seq, status=status, pid=pid,
                       size=size, offset=offset, usec=usec)
        return READY

    @contextmanager
    def captured(self, opts, count):
        """So many files for what a child captures, which are here too."""
        opts.captures = tuple(scratch() for _ in range(count))
        try:
            yield
        finally:
            for fd in opts.captures:
                os.close(fd)
            opts.captures = ()

    def fork(self, box, work, note):
        """The process id of a child that does note(), which tells who it is,
        and work(box)."""
        from ..command.child import Ending
        box.arm()
        self.wire.ring.at_line(0)
        self.wire.ring.start()
        # A signal to end it must not meet our handler in the child.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        self.forked = time.monotonic()
        pid = fork()
        if pid == 0:
            os.setpgid(0, 0)
            self.in_child()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
            note()
            try:
                work(box)
            except (InChild, Ending):
                raise
            except OSError as exc:
                from ..runner import results
                box.failed(results.unwritten(exc))
                internal_error()
            except BaseException:
                internal_error()
            os._exit(70)
        try:
            os.setpgid(pid, pid)
        except OSError:
            pass
        self.child = pid
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        return pid

    def deliver(self, opts, parcel, error):
        """Write the results; (size, offset) of them for tgraph. `error`: an
        errno for which there are none."""
        from ..runner import results
        try:
            data = results.accept(opts, parcel)
        except OSError as exc:
            data, error = None, results.unwritten(exc)
        if data is None:
            return 0, protocol.NO_OFFSET - error
        before = self.wire.ring.tail()
        written = self.wire.ring.write(data)
        return len(data), before if written else protocol.NO_OFFSET

    def reap(self, pid, box):
        """Wait for `pid`, end its group, return its wait status. If the
        other end of `watch`, or tgraph's, closes meanwhile, end everything; if
        it does not end after its results, end it."""
        import select
        poll = select.poll()
        poll.register(self.wakeup[0], select.POLLIN)
        hangup = getattr(select, "POLLRDHUP", 0)
        for sock in {self.watch, self.wire.sock}:
            poll.register(sock.fileno(), hangup)
        flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
        until = None
        while os.waitid(os.P_PID, pid, flags) is None:
            for fd, what in poll.poll(1000):
                if fd == self.wakeup[0]:
                    drain(fd)
                elif what & ~select.POLLIN:
                    kill_group(pid)
                    os._exit(0)
            if until is None and box.full():
                now = time.monotonic()
                until = now + max(PATIENCE, now - self.forked)
            if until is not None and time.monotonic() > until:
                kill_group(pid)
        kill_group(pid)
        self.child = 0
        return os.waitpid(pid, 0)[1]


def parts_failed(parcel, status):
    """Has a process whose file may have run in parts not ended well? Only if it
    says that it was not does that count."""
    return (status != 0 or not parcel or
            parcel["doc"]["status"] != "passed") and \
        (not parcel or parcel["doc"].get("way") == "split")


def _ignore(number, frame):
    """A handler, so that the signal wakes poll()."""


def drain(fd):
    try:
        while len(os.read(fd, 512)) == 512:
            pass
    except BlockingIOError:
        pass
