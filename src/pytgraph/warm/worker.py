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
    node      one for imports that several files of a branch begin with: it
              has done them (imports.py); nodes have nodes
    child     runs one file, in its own process group

A session that can't be forked safely (it has threads of Python's) is not kept:
each of its files then runs in a child of the worker's, which does everything
from the start; results are the same. So does a file for which pytest can't be
configured, unless that has to do with its conftests only: then a session that
has failed (one for each chain of conftests) says so for each file. Where even
that would differ (the package root holds modules that would have been found
instead of those already imported, or the environment changes the interpreter
itself) the plain command is executed.

One request at a time. Whoever forks a child waits for it, kills what is left
of its process group, reaps it, and answers tgraph directly.
"""

import os
import signal
import sys

from ..process import shown
from ..process.outbox import Outbox
from ..process.process import open_log, redirect, reseed, scratch, \
    show_stack, stamp
from ..process.threads import threads, unfit
from ..observe import library
from . import protocol
from .forker import Forker
from .lasting import Lasting
from .serving import Serving, change_environment, load
from .session import AGAIN


def main(argv):
    """Serve until QUIT or the end of the stream; the exit code."""
    from ..observe import environ
    try:
        fd, ring_fd, preload = _options(argv)
    except ValueError as exc:
        sys.stderr.write("pytgraph worker: %s\n" % exc)
        return 2
    environ.install()
    library.environment()
    import socket
    try:
        sock = socket.socket(fileno=fd)
        os.set_inheritable(fd, False)
    except OSError as exc:
        sys.stderr.write("pytgraph worker: --fd: %s\n" % exc)
        return 2
    wire = protocol.Wire(sock, None)
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


class Worker(Forker):
    """The process that tgraph talks to."""

    def __init__(self, wire, preload):
        super().__init__(wire, Outbox())
        self.watch = wire.sock
        self.pytest = None
        self.coverage = False   # was import_coverage() called?
        self.shadowed = {}      # package root: what shadows() says of it
        self.apart = set()      # (session key, package root) it can't serve
        self.homes = {}         # session key: the package root it starts in
        self.base = os.getcwd()
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        self.prepare()
        self.preload = preload
        from ..runner.conftests import Judge
        self.judge = Judge()

    def serve(self):
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
            if kind == protocol.FINISH:
                self.close()
                continue
            payload = protocol.read_exactly(self.wire.sock, size)
            if len(payload) != size:
                raise protocol.ProtocolError("request without its payload")
            self.request(seq, payload)
        self.close()
        for session in self.sessions.values():
            session.end(signal.SIGTERM)

    def request(self, seq, payload):
        from ..command import options
        args, env, isolation, parts, log = protocol.decode_run(payload)
        try:
            opts = options.parse(args, self.base)
            opts.observe = log
        except options.UsageError as exc:
            raise protocol.ProtocolError("request arguments: %s" % exc)
        from ..runner import results
        results.remove_old(opts)
        if opts.coverage:
            isolation = None    # each file is measured alone
            self.import_coverage()
        if isolation is None:
            self.close()
        if self.plain_only(opts, env):
            self.close()
            self.by_command(seq, args, env, opts)
            return
        if opts.runner == "unittest" and self.pytest is None:
            # With pytest, it is for the session to do when it is configured.
            load(self.preload)
            self.preload = []
        if opts.runner == "unittest" or opts.others:
            self.close()
            self.by_start(seq, args, env, opts)
            return
        early, late = self.judge.split(opts)
        # The session itself reads it.
        inifile = opts.inifile and library.quiet(opts.inifile)
        key = (opts.key(), stamp(inifile), early,
               tuple(sorted(env.items())))
        if isolation == "shared":
            self.by_shared(seq, opts, env, key + (opts.cwd,))
            return
        if not self.movable(key, opts.cwd):
            key += (opts.cwd,)
        request = {"args": args, "asked": opts.clock.began,
                   "late": [p for p, _ in late],
                   "branch": repr((opts.cwd, late)), "isolation": isolation,
                   "parts": parts, "observe": log}

        def live(sock):
            Serving(self.wire, self.outbox, sock, self.base,
                    self.preload).live(opts, env, early, late)

        got = self.serve_by_session(key, seq, request, live)
        if not got and key in self.sessions and \
                self.homes.get(key) != opts.cwd:
            got = self.serve_apart(key, seq, opts, request, live)
        if not got and self.unfit.get(key, "") is None:
            del request["branch"], request["isolation"]
            got = self.serve_failing(key + (opts.cwd, repr(late)), seq, opts,
                                     request, env, early + late)
        if not got:
            opts.why = self.unfit.get(key)
            self.by_start(seq, args, env, opts)
        elif got == AGAIN:
            self.by_command(seq, args, env, opts)

    def by_shared(self, seq, opts, env, key):
        """Let the process that files of this session share run it."""
        if self.lasting is None or self.lasting.key != key:
            self.close()
            self.lasting = Lasting(self, True, lambda opts, box, sock:
                                   self.shared(opts, env, box, sock), key)
        self.in_company(seq, opts)

    def shared(self, opts, env, box, sock):
        """In the child that files share: from the start."""
        from .staying import Staying
        opts.stay = Staying(sock, box, True, self.wire.ring.at_line)
        self.fresh(opts, env, box, opts.stay.send)

    def by_start(self, seq, args, env, opts):
        """Run everything from the start, in a child."""
        self.close()
        with self.captured(opts, 2):
            got = self.run(seq, opts, lambda box: self.fresh(opts, env, box))
        if got == AGAIN:
            self.by_command(seq, args, env, opts)

    def by_command(self, seq, args, env, opts):
        """Run the plain command."""
        self.close()
        fd = scratch()
        try:
            box = Outbox(fd)
            self.run(seq, opts, lambda _: execute(args, env, opts, fd), box)
        finally:
            os.close(fd)

    def serve_apart(self, key, seq, opts, request, live):
        """Let a session of its own run a file whose package root the session
        `key` can't move to."""
        if key[-1] == opts.cwd:
            return False
        self.apart.add((key, opts.cwd))
        return self.serve_by_session(key + (opts.cwd,), seq, request, live)

    def serve_failing(self, key, seq, opts, request, env, conftests):
        """pytest's configuration fails: let a session say it for every file
        that has these conftests, if all that fails has to do with is them."""
        def live(sock):
            Serving(self.wire, self.outbox, sock, self.base, (),
                    True).live(opts, env, conftests, ())

        return self.serve_by_session(key, seq, request, live)

    def movable(self, key, cwd):
        """Is the session `key` one for package root `cwd`?"""
        home = self.homes.setdefault(key, cwd)
        session = self.sessions.get(key)
        return home == cwd or session is not None and session.movable and \
            (key, cwd) not in self.apart

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
        return known or threads() > 1 and unfit() is not None

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

    def import_coverage(self):
        """Import what measures, once. Where it is not there, or fails, each
        file says so."""
        if not self.coverage:
            self.coverage = True
            try:
                import coverage.control     # noqa: F401
            except Exception:
                pass

    def in_child(self):
        super().in_child()
        self.wire.sock.close()

    def in_child_session(self):
        """In a process forked to be a session: it answers tgraph itself."""
        super().in_child()

    def fresh(self, opts, env, box, send=None):
        """In a child: run everything from the start."""
        from ..command import child
        if send is None:
            opts.note = box.noter()
        send = send or box.sender()
        opts.way = "start"
        change_environment(env)
        redirect(open_log(opts.log))
        show_stack(2)
        reseed()
        child.guarded(opts, lambda: child.run_file(opts), send, True)


def execute(args, env, opts, fd):
    """In a child: become the plain command, with an Outbox at `fd`."""
    os.set_inheritable(fd, True)
    change_environment(env)
    redirect(open_log(opts.log))
    shown.give()
    library.hand_on()
    at = args.index("--") if "--" in args else len(args)
    here = sys.modules["_pytgraph"].__path__[0]
    words = [sys.executable] + flags() + [here, "run"] + args[:at] + \
        ["--inner", "%d:%r" % (fd, opts.clock.began)] + args[at:]
    os.execv(sys.executable, words)


def flags():
    """The interpreter options that this process was started with."""
    import subprocess
    return subprocess._args_from_interpreter_flags()


_SUFFIXES = (".py", ".so", ".pyc")


def shadows(cwd):
    """Does `cwd`, which will be first on sys.path, hold a module of a name
    that this process has already imported from elsewhere?"""
    if getattr(sys.flags, "safe_path", False):
        return False
    try:
        entries = os.listdir(library.quiet(cwd))
    except OSError:
        return True
    for entry in entries:
        stem, dot, _ = entry.partition(".")
        module = sys.modules.get(stem)
        if module is None or stem == "__main__":
            continue
        if not dot:
            origin = os.path.join(cwd, entry, "__init__.py")
            if not os.path.exists(library.quiet(origin)):
                continue
        elif not entry.endswith(_SUFFIXES):
            continue
        path = getattr(module, "__file__", None) or ""
        if not path.startswith(os.path.join(cwd, stem)):
            return True
    return False
