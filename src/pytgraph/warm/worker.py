# SPDX-License-Identifier: Apache-2.0
"""The warm worker.

Processes, each forked from the one above it:

    worker    talks to tgraph (protocol.py); has imported pytest
    session   one for each pytest configuration (Options.key, environment and
              early conftests): pytest has parsed options, loaded plugins,
              started the session, and waits in pytestrun.main() before
              collection
    branch    one for each chain of late conftests (conftests.py) below it,
              which it has loaded; a session without such is its own branch
    child     runs one file, in its own process group

A session that can't be forked safely (it has threads), or whose configuration
fails, is not kept: each of its files then runs in a child forked from the
worker, which does everything from the start; results are the same. Where even
that would differ (the package root holds modules that would have been found
instead of those already imported, or the environment changes the interpreter
itself) the plain command is executed.

A branch of its own collects the files that only define names before it forks
their children (early.py), and runs those of them in its own process that leave
nothing behind (inside.py).

One request at a time. Whoever forks a child waits for it, kills what is left
of its process group, reaps it, and answers tgraph directly.
"""

import os
import signal
import struct
import sys
import time

# Here and not where it is used: a signal handler uses it.
from ..command.plain import kill_group

MAX_SESSIONS = 32
# What a session answers: it can serve (or has served), it can for other package
# roots too, it can't; it has served and ends; it ends and has not begun.
_READY, _MOVABLE, _UNFIT, _SPENT, _UNCLEAN = b"R", b"M", b"U", b"S", b"C"
# With early collection, what a session that ends without an answer was doing:
# nothing that counts; it ran a file in its own process, or in a child.
_AT_REST, _INSIDE, _FORKED = range(3)
# Before the answer, if a file has run in its own process: a mark, size and
# offset of the result in the ring, microseconds.
_RAN = struct.Struct("<cIQQ")
_RAN_INSIDE = b"I"
_HEAD = struct.Struct("<II")
_ENDING = (signal.SIGTERM, signal.SIGINT)
_MADE_TO_END = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL)


class Wire:
    """The connection to tgraph, shared by the worker and its sessions."""

    def __init__(self, sock, ring):
        self.sock = sock
        self.ring = ring

    def send(self, kind, payload=b"", **fields):
        from .protocol import encode_result
        self.sock.sendall(encode_result(kind, **fields) + payload)


def main(argv):
    """Serve until QUIT or the end of the stream; the exit code."""
    from . import protocol
    from ..observe import environ
    try:
        fd, ring_fd, preload = _options(argv)
    except ValueError as exc:
        sys.stderr.write("pytgraph worker: %s\n" % exc)
        return 2
    environ.install()
    import socket
    try:
        sock = socket.socket(fileno=fd)
        os.set_inheritable(fd, False)
    except OSError as exc:
        sys.stderr.write("pytgraph worker: --fd: %s\n" % exc)
        return 2
    wire = Wire(sock, None)
    try:
        os.set_inheritable(ring_fd, False)
        wire.ring = protocol.Ring(ring_fd)
        os.close(ring_fd)
        worker = Worker(wire, preload)
        wire.send(protocol.READY, pid=os.getpid())
        worker.serve()
    except (protocol.ProtocolError, OSError) as exc:
        return fail(wire, str(exc))
    return 0


def fail(wire, text, seq=0):
    """Say why the worker ends; its exit code."""
    from . import protocol
    data = text.encode("utf-8", "backslashreplace")
    try:
        wire.send(protocol.ERROR, data, seq=seq, size=len(data))
    except OSError:
        pass
    return 3


def _options(argv):
    """(fd, ring fd, modules to preload); ValueError."""
    fd = ring = None
    preload = []
    words = list(argv)
    while words:
        word = words.pop(0)
        name, eq, value = word.partition("=")
        if name not in ("--fd", "--ring-fd", "--preload"):
            raise ValueError("unknown argument %s" % word)
        if not eq:
            if not words:
                raise ValueError("%s needs a value" % name)
            value = words.pop(0)
        if name == "--preload":
            preload.append(value)
        elif name == "--fd":
            fd = int(value)
        else:
            ring = int(value)
    if fd is None or ring is None:
        raise ValueError("--fd and --ring-fd are needed")
    return fd, ring, preload


class Forker:
    """Forks one child at a time and waits for it: the part that the worker
    and its sessions have in common."""

    def __init__(self, wire):
        self.wire = wire
        self.child = 0
        self.sessions = {}      # key: Session, least recently used first
        self.asked = None       # the Session that runs a file now
        self.unfit = set()      # keys of sessions that can't be
        self.points = {}        # count() of keys
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
        from ..command import child
        child.default_signals()
        for fd in self.wakeup:
            os.close(fd)
        for session in self.sessions.values():
            session.sock.close()
        self.sessions.clear()
        self.asked = None

    def serve_by_session(self, key, seq, request, live, early=False):
        """Let the session `key` run `request` (a JSON value); live(sock) is
        the life of its process if it has to be made; `early`: it collects
        before it forks. False if that fails: nothing has run then."""
        if key in self.unfit:
            return False
        session = self.sessions.pop(key, None)
        if session is None:
            while len(self.sessions) >= MAX_SESSIONS:
                oldest = next(iter(self.sessions))
                self.sessions.pop(oldest).end(signal.SIGTERM)
            session = Session.start(self, live)
        if session is not None:
            self.asked = session
            got = session.ask(self, seq, request, early)
            self.asked = None
            if got == _READY:
                self.sessions[key] = session
                self.count(key, 1)
                return True
            session.end(signal.SIGKILL)
            if got in (_SPENT, _UNCLEAN):
                self.count(key, -2)
                return got == _SPENT
        self.unfit.add(key)
        return False

    def count(self, key, points):
        """Is it worth the while to start the session `key` again and
        again?"""
        self.points[key] = points = min(8, self.points.get(key, 4) + points)
        if points < 0:
            self.unfit.add(key)

    def run(self, seq, work, began=None):
        """Fork; work() runs in the child and must not return. Answers tgraph
        with STARTED and DONE. The time counts from `began`."""
        from . import protocol
        before = self.wire.ring.tail()
        self.wire.ring.at_line(0)
        began = began or time.monotonic()
        # A signal to end it must not meet our handler in the child.
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            self.in_child()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
            work()
            os._exit(70)
        try:
            os.setpgid(pid, pid)
        except OSError:
            pass
        self.child = pid
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        try:
            self.wire.send(protocol.STARTED, seq=seq, pid=pid)
            status = self.reap(pid)
        except OSError:
            self.kill_child()   # tgraph has gone
            raise
        usec = int((time.monotonic() - began) * 1e6)
        size, offset = self.wire.ring.since(before)
        self.wire.send(protocol.DONE, seq=seq, status=status, pid=pid,
                       size=size, offset=offset, usec=usec)

    def reap(self, pid):
        """Wait for `pid`, end its group, return its wait status. If the
        other end of `watch`, or tgraph's, closes meanwhile, end everything."""
        import select
        poll = select.poll()
        poll.register(self.wakeup[0], select.POLLIN)
        hangup = getattr(select, "POLLRDHUP", 0)
        for sock in {self.watch, self.wire.sock}:
            poll.register(sock.fileno(), hangup)
        flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
        while os.waitid(os.P_PID, pid, flags) is None:
            for fd, what in poll.poll():
                if fd == self.wakeup[0]:
                    drain(fd)
                elif what & ~select.POLLIN:
                    kill_group(pid)
                    os._exit(0)
        kill_group(pid)
        self.child = 0
        return os.waitpid(pid, 0)[1]


def _ignore(number, frame):
    """A handler, so that the signal wakes poll()."""


def drain(fd):
    try:
        while len(os.read(fd, 512)) == 512:
            pass
    except BlockingIOError:
        pass


class Worker(Forker):
    """The process that tgraph talks to."""

    def __init__(self, wire, preload):
        super().__init__(wire)
        self.watch = wire.sock
        self.pytest = None
        self.shadowed = {}      # package root: what shadows() says of it
        self.homes = {}         # session key: the package root it starts in
        self.base = os.getcwd()
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        self.prepare()
        for name in preload:
            import importlib
            importlib.import_module(name)
        from ..runner.conftests import Judge
        self.judge = Judge()

    def serve(self):
        from . import protocol
        while True:
            self.readable(self.wire.sock)
            header = protocol.read_exactly(self.wire.sock, 32)
            if not header:
                break
            kind, seq, size, _ = protocol.decode_request(header)
            if kind == protocol.QUIT:
                break
            if kind == protocol.PING:
                self.wire.send(protocol.PONG, seq=seq, pid=os.getpid())
                continue
            payload = protocol.read_exactly(self.wire.sock, size)
            if len(payload) != size:
                raise protocol.ProtocolError("request without its payload")
            self.request(seq, payload)
        for session in self.sessions.values():
            session.end(signal.SIGTERM)

    def request(self, seq, payload):
        from . import protocol
        from ..command import options
        from ..runner import conftests
        args, env = protocol.decode_run(payload)
        try:
            opts = options.parse(args, self.base)
        except options.UsageError as exc:
            raise protocol.ProtocolError("request arguments: %s" % exc)
        from ..runner import results
        results.remove_old(opts)
        if self.plain_only(opts, env):
            self.run(seq, lambda: execute(args, env, opts))
            return
        if opts.runner == "unittest" or opts.others:
            self.run(seq, lambda: self.fresh(opts, env))
            return
        early, late = self.judge.split(opts)
        key = (opts.key(), conftests.stamp(opts.inifile), early,
               tuple(sorted(env.items())))
        if not self.movable(key, opts.cwd):
            key += (opts.cwd,)
        request = {"args": args, "late": [p for p, _ in late],
                   "branch": repr((opts.cwd, late))}

        def live(sock):
            _Serving(self.wire, sock, self.base).live(opts, env, early, late)

        if not self.serve_by_session(key, seq, request, live):
            self.run(seq, lambda: self.fresh(opts, env))

    def movable(self, key, cwd):
        """Is the session `key` one for package root `cwd`?"""
        home = self.homes.setdefault(key, cwd)
        session = self.sessions.get(key)
        return home == cwd or session is not None and session.movable

    def plain_only(self, opts, env):
        """Would this process, as it is, change what the tests see?"""
        for name, value in env.items():
            if name.startswith("PYTHON") and name != "PYTHONPYCACHEPREFIX" \
                    and os.environ._data.get(os.fsencode(name)) != \
                    (value if value is None else os.fsencode(value)):
                return True
        if opts.runner == "pytest" and not self.import_pytest():
            return True
        known = self.shadowed.get(opts.cwd)
        if known is None:
            known = self.shadowed[opts.cwd] = shadows(opts.cwd)
        return known or threads() > 1

    def import_pytest(self):
        """Import pytest and what a run of it imports lazily, once; False if
        there is no pytest."""
        if self.pytest is None:
            from ..command import child
            self.pytest = child.has_pytest()
            if self.pytest:
                from ..runner import rewriting
                rewriting.install()
        return self.pytest

    def in_child(self):
        super().in_child()
        self.wire.sock.close()

    def in_child_session(self):
        """In a process forked to be a session: it answers tgraph itself."""
        super().in_child()

    def fresh(self, opts, env):
        """In a child: run everything from the start."""
        from ..command import child
        change_environment(env)
        child.redirect(child.open_log(opts.log))
        child.reseed()
        child.guarded(opts, lambda: child.run_file(opts), self.wire.ring)


def anchor_of(early, late):
    """The directory down to which conftests are loaded early; None: all."""
    if not late:
        return None
    if early:
        return os.path.dirname(early[-1][0])
    return os.path.dirname(os.path.dirname(late[0][0]))


def change_environment(env):
    for name, value in env.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def execute(args, env, opts):
    """In a child: become the plain command."""
    from ..command import child
    change_environment(env)
    child.redirect(child.open_log(opts.log))
    at = args.index("--") if "--" in args else len(args)
    here = sys.modules["_pytgraph"].__path__[0]
    words = [sys.executable] + flags() + [here, "run"] + args[:at] + \
        ["--inner"] + args[at:]
    os.execv(sys.executable, words)


def flags():
    """The interpreter options that this process was started with."""
    import subprocess
    return subprocess._args_from_interpreter_flags()


def threads():
    """How many threads this process has."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        import threading
        return threading.active_count()


_SUFFIXES = (".py", ".so", ".pyc")


def shadows(cwd):
    """Does `cwd`, which will be first on sys.path, hold a module of a name
    that this process has already imported from elsewhere?"""
    if getattr(sys.flags, "safe_path", False):
        return False
    try:
        entries = os.listdir(cwd)
    except OSError:
        return True
    for entry in entries:
        stem, dot, _ = entry.partition(".")
        module = sys.modules.get(stem)
        if module is None or stem == "__main__":
            continue
        if not dot:
            origin = os.path.join(cwd, entry, "__init__.py")
            if not os.path.exists(origin):
                continue
        elif not entry.endswith(_SUFFIXES):
            continue
        path = getattr(module, "__file__", None) or ""
        if not path.startswith(os.path.join(cwd, stem)):
            return True
    return False


class Session:
    """The other end of a session or branch process."""

    def __init__(self, pid, sock, doing):
        self.pid = pid
        self.sock = sock
        self.doing = doing      # a byte of shared memory: _AT_REST ...
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
        if got in (_READY, _MOVABLE):
            session.movable = got == _MOVABLE
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
            self.sock.sendall(_HEAD.pack(seq, len(data)) + data)
        except OSError:
            return _UNFIT
        got = self.answer(owner)
        if got == _RAN_INSIDE:
            self.tell(owner, seq, got)
            got = self.answer(owner)
        if got == b"" and early and self.doing[0] != _FORKED:
            return self.ended(owner, seq)
        if got == b"":
            from .protocol import ProtocolError
            raise ProtocolError("a session process ended while a test ran")
        return got

    def tell(self, owner, seq, mark):
        """Tell tgraph that a file has passed in the session's own process."""
        from . import protocol
        rest = protocol.read_exactly(self.sock, _RAN.size - 1)
        _, size, offset, usec = _RAN.unpack(mark + rest)
        owner.wire.send(protocol.DONE, seq=seq, pid=self.pid, size=size,
                        offset=offset, usec=usec)

    def ended(self, owner, seq):
        """What to say of a session that collects early and has ended: unless
        it was killed while it ran a file, the file can run elsewhere."""
        from . import protocol
        info = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        if self.doing[0] == _AT_REST or info.si_code == os.CLD_EXITED or \
                info.si_status not in _MADE_TO_END:
            return _UNCLEAN
        owner.wire.send(protocol.DONE, seq=seq, status=info.si_status,
                        pid=self.pid)
        return _SPENT

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


class _InChild(Exception):
    """Carries the Options of a file, and whether it is collected, up to where
    its child goes on."""


class _Serving(Forker):
    """A session or branch process itself."""

    def __init__(self, wire, sock, base):
        super().__init__(wire)
        self.sock = sock
        self.watch = sock
        self.base = base
        self.collector = None   # early.Collector
        self.inside = None      # inside.Inside
        self.output = None
        self.captures = ()
        self.said = b""
        self.serving_over = False

    def live(self, opts, env, early, late):
        """Configure pytest, then serve; ends the process."""
        from ..command import child
        from ..observe import environ
        from ..runner import pytestrun
        code = 1
        self.early = early
        self.opts = opts
        try:
            self.output = scratch()
            for fd in (1, 2):
                os.dup2(self.output, fd)
            change_environment(env)
            environ.watch_spawns()
            child.caches(opts)
            result = pytestrun.main(opts, self.serve,
                                    anchor_of(early, late))
            if self.serving_over:
                child.guarded(result[0],
                              lambda: child.report_pytest(*result),
                              self.wire.ring)
            self.sock.sendall(_UNFIT)
        finally:
            os._exit(code)

    def serve(self, config, session, rec):
        """pytestrun's `wait`: returns the Options of a file, and whether it
        is collected, in its child."""
        from . import share
        from ..runner import collect
        import gc
        self.rec = rec
        rec.at_line = self.wire.ring.at_line
        self.config = config
        self.session = session
        self.directories = collect.Directories()
        self.flush()
        if threads() > 1:
            self.sock.sendall(_UNFIT)
            os._exit(0)
        from ..before import warmup as warm
        warm.session(config)
        gc.collect()
        movable = share.movable(config, self.opts, self.early)
        self.settle(_MOVABLE if movable else _READY)
        while True:
            try:
                self.next()
            except _InChild as got:
                self.serving_over = True
                return got.args

    def flush(self):
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError):
                pass

    def settle(self, answer, early=False):
        """Come to rest: from here on children are forked."""
        from ..command import child
        from ..observe import environ
        from ..process import frozen
        environ.ignore_spawns()
        self.said = said(self.output)
        self.fds = same_file(self.output)
        self.captures = captures(self.config)
        os.chdir(self.base)
        child.know_imported(self.base)
        self.prepare()
        if early:
            from ..before import early as module
            from ..before.inside import Inside
            self.collector = module.collector(
                self.config, self.session, self.rec, self.directories,
                child.ours(self.opts))
            if self.collector is None:
                answer = _UNFIT
            else:
                os.setpgid(0, 0)
                self.inside = Inside(self.collector)
        frozen.freeze()
        self.sock.sendall(answer)

    def next(self):
        """Serve one request; _InChild in its child."""
        from ..command import options
        from .protocol import ProtocolError, read_exactly
        import json
        self.readable(self.sock)
        head = read_exactly(self.sock, _HEAD.size)
        if not head:
            self.terminate(0, None)
        seq, size = _HEAD.unpack(head)
        request = json.loads(read_exactly(self.sock, size).decode("ascii"))
        opts = options.parse(request["args"], self.base)
        branch = request.pop("branch", None)
        if branch is None:
            try:
                self.serve_file(seq, opts)
            except OSError:
                os._exit(1)
            return
        late = request["late"]

        def live(sock):
            self.branch(sock, opts, late)

        try:
            fit = opts.inert and self.serve_by_session(
                branch + " inert", seq, request, live, True)
            opts.inert = False
            fit = fit or self.serve_by_session(branch, seq, request, live)
        except ProtocolError:
            os._exit(1)         # the worker sees it and gives up
        self.sock.sendall(_READY if fit else _UNFIT)

    def serve_file(self, seq, opts):
        """Run a file in a child, say what came of it; OSError."""
        early = self.collector
        if early is None:
            self.run(seq, lambda: self.enter(opts))
            self.sock.sendall(_READY)
            return
        began = time.monotonic()
        self.doing[0] = _AT_REST
        inside = self.collect(opts)
        if inside:
            doc = self.run_inside(seq, opts)
            self.finish_inside(opts, doc, began)
        else:
            self.doing[0] = _FORKED
            self.run(seq, lambda: self.enter(opts), began)
        if early.spent:
            self.sock.sendall(_SPENT)
            os._exit(0)
        self.sock.sendall(_READY)
        early.forget()

    def collect(self, opts):
        """Collect a file here, or end this process if that is not possible.
        May it be run here too?"""
        early, inside, file = self.collector, self.inside, opts.files[0]
        if inside.promising(file):
            self.checked(opts, inside.collect)
            if inside.fit(file):
                return True
            if early.spent:
                self.unclean()
            early.forget()
        self.checked(opts, early.collect)
        return False

    def checked(self, opts, collect):
        """collect(opts) in its directory; ends this process if it fails, or
        prints."""
        os.chdir(opts.cwd)
        size = os.fstat(self.output).st_size
        plain = collect(opts)
        self.flush()
        os.chdir(self.base)
        if not plain or os.fstat(self.output).st_size != size:
            self.unclean()

    def unclean(self):
        self.sock.sendall(_UNCLEAN)
        os._exit(0)

    def run_inside(self, seq, opts):
        """Run a collected file in this process; its result document. Ends this
        process if that went not as it should."""
        from . import protocol
        self.doing[0] = _INSIDE
        self.wire.ring.at_line(0)
        os.chdir(opts.cwd)
        size, modules = os.fstat(self.output).st_size, len(sys.modules)
        # Whoever ends it means the file: nothing else is to be done then.
        for number in _ENDING:
            signal.signal(number, signal.SIG_DFL)
        self.wire.send(protocol.STARTED, seq=seq, pid=os.getpid())
        doc = self.inside.run(opts)
        signal.signal(signal.SIGTERM, self.terminate)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.flush()
        if doc is None or os.fstat(self.output).st_size != size or \
                not self.inside.unchanged(modules, opts.cwd):
            self.unclean()
        os.chdir(self.base)
        return doc

    def finish_inside(self, opts, doc, began):
        """Write the results of a file that has passed here."""
        from ..runner import results
        ring = self.wire.ring
        before = ring.tail()
        self.write_log(opts)
        ring.write(results.write_all(opts, doc))
        size, offset = ring.since(before)
        usec = int((time.monotonic() - began) * 1e6)
        self.doing[0] = _AT_REST
        self.sock.sendall(_RAN.pack(_RAN_INSIDE, size, offset, usec))

    def write_log(self, opts):
        """The log of a file that has printed nothing."""
        from ..command import child
        log = child.open_log(opts.log)
        if self.said:
            os.write(log, self.said)
        os.close(log)

    def in_child_session(self):
        """In a process forked to be a branch of this one."""
        self.in_child()
        self.sock.close()

    def branch(self, sock, opts, late):
        """The life of a branch: take its place, load late conftests, make the
        nodes of its directories, then serve. Ends only by _InChild."""
        from . import share
        from ..observe import environ
        from ..runner import conftests
        environ.watch_spawns()
        self.sock = self.watch = sock
        self.sessions, self.unfit = {}, set()
        self.own_output()
        try:
            if opts.cwd != self.opts.cwd:
                share.move(self.config, self.opts.cwd, opts.cwd)
            os.chdir(opts.cwd)
            if late:
                conftests.load(self.config, opts.files[0])
            self.precollect(opts, late)
            self.flush()
            if threads() > 1:
                raise OSError("threads")
        except BaseException:
            sock.sendall(_UNFIT)
            os._exit(0)
        if opts.inert:
            self.own_captures()
        self.settle(_READY, opts.inert)
        while True:
            self.next()

    def own_output(self):
        """A file of its own for what this process prints, beginning with what
        the session has."""
        before = said(self.output)
        fds = (1, 2) + same_file(self.output)
        fresh = scratch()
        os.write(fresh, before)
        for fd in fds:
            os.dup2(fresh, fd, inheritable=fd < 3)
        os.close(fresh)

    def precollect(self, opts, late):
        """Make the nodes of the directories that all files of this branch
        are below."""
        from ..runner import collect
        deepest = os.path.dirname(late[-1]) if late else opts.cwd
        if opts.files[0].startswith(os.path.join(deepest, "")):
            top = collect.top_of(self.config, deepest)
            self.directories.collect(self.session, top, deepest)
            collect.ask_before(self.config, self.session, opts, deepest)

    def enter(self, opts):
        """In the child: what a process of its own would have."""
        from ..command import child
        from ..observe import environ
        self.sock.close()
        self.wire.sock.close()
        log = child.open_log(opts.log)
        if self.said:
            os.write(log, self.said)
        child.redirect(log, self.fds)
        self.own_captures()
        os.chdir(opts.cwd)
        environ.watch_spawns()
        child.own_started(opts)
        child.reseed()
        child.collect_less()
        if self.collector is None:
            self.directories.install(self.session)
        raise _InChild(opts, self.collector is not None)

    def own_captures(self):
        """Files of its own for what pytest captures in this process."""
        for fd in self.captures:
            fresh = scratch()
            os.dup2(fresh, fd, inheritable=False)
            os.close(fresh)


def scratch():
    """A descriptor of a new file without a name."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("tgraph")
    import tempfile
    fd, path = tempfile.mkstemp()
    os.unlink(path)
    return fd


def said(fd):
    """All that was written to `fd`."""
    size = os.fstat(fd).st_size
    return os.pread(fd, min(size, 1 << 20), 0) if size else b""


def same_file(fd):
    """Other descriptors above 2 of the file that `fd` is open on."""
    want = os.fstat(fd)
    found = []
    for name in os.listdir("/dev/fd"):
        number = int(name)
        if number < 3:
            continue
        try:
            info = os.fstat(number)
        except OSError:
            continue
        if (info.st_dev, info.st_ino) == (want.st_dev, want.st_ino):
            found.append(number)
    return tuple(found)


def captures(config):
    """Descriptors of the files into which pytest captures descriptors 1 and
    2; each child gets files of its own there."""
    manager = config.pluginmanager.get_plugin("capturemanager")
    capture = getattr(manager, "_global_capturing", None)
    found = []
    for name in ("out", "err"):
        stream = getattr(getattr(capture, name, None), "tmpfile", None)
        try:
            found.append(stream.fileno())
        except (AttributeError, OSError, ValueError):
            continue
    return found
