# SPDX-License-Identifier: Apache-2.0
"""The warm worker.

Processes, each forked from the one above it:

    worker    talks to tgraph (protocol.py); has imported pytest
    session   one for each pytest configuration (Options.key and environment):
              pytest has parsed options, loaded plugins and conftests, started
              the session, and waits in pytestrun.main() before collection
    child     runs one file, in its own process group

A session that can't be forked safely (it has threads), or whose configuration
fails, is not kept: each of its files then runs in a child forked from the
worker, which does everything from the start; results are the same. Where even
that would differ (the package root holds modules that would have been found
instead of those already imported, or the environment changes the interpreter
itself) the plain command is executed.

One request at a time. Whoever forks a child waits for it, kills what is left
of its process group, reaps it, and answers tgraph directly.
"""

import os
import signal
import sys
import time

MAX_SESSIONS = 8
_READY, _UNFIT = b"R", b"U"


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
    from . import environ, protocol
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
        os._exit(128 + signal.SIGTERM)

    def kill_child(self):
        if self.child:
            from .plain import kill_group
            kill_group(self.child)

    def in_child(self):
        """What a forked process undoes first."""
        from . import child
        child.default_signals()
        for fd in self.wakeup:
            os.close(fd)

    def run(self, seq, work):
        """Fork; work() runs in the child and must not return. Answers tgraph
        with STARTED and DONE."""
        from . import protocol
        before = self.wire.ring.tail()
        began = time.monotonic()
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            self.in_child()
            work()
            os._exit(70)
        try:
            os.setpgid(pid, pid)
        except OSError:
            pass
        self.child = pid
        self.wire.send(protocol.STARTED, seq=seq, pid=pid)
        status = self.reap(pid)
        usec = int((time.monotonic() - began) * 1e6)
        size, offset = self.wire.ring.since(before)
        self.wire.send(protocol.DONE, seq=seq, status=status, pid=pid,
                       size=size, offset=offset, usec=usec)

    def reap(self, pid):
        """Wait for `pid`, end its group, return its wait status. If the
        other end of `watch` closes meanwhile, end everything."""
        from .plain import kill_group
        import select
        poll = select.poll()
        poll.register(self.wakeup[0], select.POLLIN)
        if self.watch is not None:
            poll.register(self.watch.fileno(), select.POLLRDHUP
                          if hasattr(select, "POLLRDHUP") else 0)
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
        self.sessions = {}      # key: Session, least recently used first
        self.unfit = set()
        self.watch = wire.sock
        self.pytest = None
        self.base = os.getcwd()
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        self.prepare()
        for name in preload:
            import importlib
            importlib.import_module(name)
        self.loaded_main = sys.modules["__main__"]

    def terminate(self, number, frame):
        for session in self.sessions.values():
            session.end(signal.SIGTERM)
        super().terminate(number, frame)

    def serve(self):
        from . import protocol
        while True:
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
        from . import options, protocol
        args, env = protocol.decode_run(payload)
        try:
            opts = options.parse(args, self.base)
        except options.UsageError as exc:
            raise protocol.ProtocolError("request arguments: %s" % exc)
        from . import results
        results.remove_old(opts)
        if self.plain_only(opts, env):
            self.run(seq, lambda: execute(args, env, opts))
            return
        if opts.runner == "unittest":
            self.run(seq, lambda: self.fresh(opts, env))
            return
        key = opts.key() + (tuple(sorted(env.items())),)
        if key not in self.unfit:
            session = self.session(key, opts, env)
            if session is not None and session.ask(seq, args):
                return
            self.drop(key)
            self.unfit.add(key)
        self.run(seq, lambda: self.fresh(opts, env))

    def plain_only(self, opts, env):
        """Would this process, as it is, change what the tests see?"""
        for name, value in env.items():
            if name.startswith("PYTHON") and name != "PYTHONPYCACHEPREFIX" \
                    and os.environ._data.get(os.fsencode(name)) != \
                    (value if value is None else os.fsencode(value)):
                return True
        if opts.runner == "pytest" and not self.import_pytest():
            return True
        return threads() > 1 or shadows(opts.cwd)

    def import_pytest(self):
        """Import pytest and what a run of it imports lazily, once; False if
        there is no pytest."""
        if self.pytest is None:
            from . import child
            self.pytest = child.has_pytest()
        return self.pytest

    def session(self, key, opts, env):
        """The Session for `key`, made if need be; None if that fails."""
        session = self.sessions.pop(key, None)
        if session is None:
            while len(self.sessions) >= MAX_SESSIONS:
                self.drop(next(iter(self.sessions)))
            session = Session.start(self, opts, env)
        if session is not None:
            self.sessions[key] = session
        return session

    def drop(self, key):
        session = self.sessions.pop(key, None)
        if session is not None:
            session.end(signal.SIGKILL)

    def in_child(self):
        super().in_child()
        self.wire.sock.close()
        for session in self.sessions.values():
            session.sock.close()

    def fresh(self, opts, env):
        """In a child: run everything from the start."""
        from . import child
        change_environment(env)
        child.redirect(child.open_log(opts.log))
        child.reseed()
        child.guarded(opts, lambda: child.run_file(opts), self.wire.ring)


def change_environment(env):
    for name, value in env.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def execute(args, env, opts):
    """In a child: become the plain command."""
    from . import child
    change_environment(env)
    child.redirect(child.open_log(opts.log))
    at = args.index("--") if "--" in args else len(args)
    here = os.path.dirname(os.path.abspath(__file__))
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
    """The worker's end of a session process."""

    def __init__(self, pid, sock):
        self.pid = pid
        self.sock = sock

    @classmethod
    def start(cls, worker, opts, env):
        """Fork a session and wait until it can serve; None if it can't."""
        import socket
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                ours.close()
                for other in worker.sessions.values():
                    other.sock.close()
                _Serving(worker.wire, theirs).live(opts, env)
                code = 0
            finally:
                os._exit(code)
        theirs.close()
        session = cls(pid, ours)
        if session.answer() == _READY:
            return session
        session.end(signal.SIGKILL)
        return None

    def answer(self):
        """One byte from the session; b"" when it has ended."""
        try:
            return self.sock.recv(1)
        except OSError:
            return b""

    def ask(self, seq, args):
        """Let the session run a file and answer tgraph. False if it did not
        get as far as starting the child."""
        import json
        data = json.dumps(args).encode("ascii")
        import struct
        try:
            self.sock.sendall(struct.pack("<II", seq, len(data)) + data)
        except OSError:
            return False
        began = self.answer()
        if began != _READY:
            return False
        if self.answer() != _READY:
            from .protocol import ProtocolError
            raise ProtocolError("a session process ended while a test ran")
        return True

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


class _Serving(Forker):
    """The session process itself."""

    def __init__(self, wire, sock):
        super().__init__(wire)
        self.sock = sock
        self.watch = sock
        self.output = None
        self.base = os.getcwd()

    def live(self, opts, env):
        """Configure pytest, then serve. Returns only if that fails; in a
        child it does not return."""
        from . import child, pytestrun
        self.output = scratch()
        for fd in (1, 2):
            os.dup2(self.output, fd)
        self.before_config()
        change_environment(env)
        if opts.pycache:
            from . import pycache
            pycache.install(opts.pycache)
        result = pytestrun.main(opts, wait=self.serve)
        if self.sock is not None:
            self.sock.sendall(_UNFIT)
            return
        child.guarded(result[0], lambda: child.report_pytest(*result),
                      self.wire.ring)

    def before_config(self):
        """Configuration runs with the signal handling of a fresh process."""
        from . import child
        child.default_signals()

    def serve(self, config, session, recorder, terminal):
        """pytestrun's `wait`: returns the Options of a file, in its child."""
        from . import child
        import gc
        import json
        import struct
        from .protocol import read_exactly
        if threads() > 1:
            self.sock.sendall(_UNFIT)
            os._exit(0)
        self.flush()
        self.said = said(self.output)
        self.fds = same_file(self.output)
        self.captures = captures(config)
        os.chdir(self.base)
        child.know_imported(self.base)
        self.prepare()
        gc.collect()
        gc.freeze()
        self.sock.sendall(_READY)
        while True:
            head = read_exactly(self.sock, 8)
            if not head:
                os._exit(0)
            seq, size = struct.unpack("<II", head)
            args = json.loads(read_exactly(self.sock, size).decode("ascii"))
            opts = self.fork(seq, args)
            if opts is not None:
                return opts
            self.sock.sendall(_READY)

    def flush(self):
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError):
                pass

    def fork(self, seq, args):
        """Options in the child; None in this process, when it is over."""
        opts = []
        self.sock.sendall(_READY)

        class Child(Exception):
            pass

        def work():
            opts.append(self.enter(args))
            raise Child

        try:
            self.run(seq, work)
        except Child:
            return opts[0]
        return None

    def enter(self, args):
        """In the child: what a process of its own would have."""
        from . import child, environ, options
        self.sock.close()
        self.sock = None
        self.wire.sock.close()
        opts = options.parse(args, self.base)
        log = child.open_log(opts.log)
        if self.said:
            os.write(log, self.said)
        child.redirect(log, self.fds)
        for fd in self.captures:
            fresh = scratch()
            os.dup2(fresh, fd, inheritable=False)
            os.close(fresh)
        os.chdir(opts.cwd)
        environ.watch_spawns()
        child.reseed()
        return opts


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
