# SPDX-License-Identifier: Apache-2.0
"""A session or branch process itself: pytest has come to the point where it
would collect, and waits for files.
"""

import gc
import os
import signal
import sys
import time

from ..process.process import collect_less, open_log, redirect, reseed, \
    threads
from . import protocol
from .forker import ENDING, Forker
from .session import AT_REST, FORKED, HEAD, INSIDE, MOVABLE, RAN, RAN_INSIDE, \
    READY, SPENT, UNCLEAN, UNFIT


class InChild(Exception):
    """Carries the Options of a file, and whether it is collected, up to where
    its child goes on."""


class Serving(Forker):
    """A session or branch process."""

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
            self.sock.sendall(UNFIT)
        finally:
            os._exit(code)

    def serve(self, config, session, rec):
        """pytestrun's `wait`: returns the Options of a file, and whether it
        is collected, in its child."""
        from . import share
        from ..runner import collect
        self.rec = rec
        rec.at_line = self.wire.ring.at_line
        self.config = config
        self.session = session
        self.directories = collect.Directories()
        self.flush()
        if threads() > 1:
            self.sock.sendall(UNFIT)
            os._exit(0)
        from ..before import warmup as warm
        warm.session(config, self.opts)
        gc.collect()
        movable = share.movable(config, self.opts, self.early)
        self.settle(MOVABLE if movable else READY)
        while True:
            try:
                self.next()
            except InChild as got:
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
        from ..observe import environ, imported
        environ.ignore_spawns()
        self.said = said(self.output)
        self.fds = same_file(self.output)
        self.captures = captures(self.config)
        os.chdir(self.base)
        imported.know_imported(self.base)
        self.prepare()
        if early:
            from ..before import early as module
            from ..before.inside import Inside
            self.collector = module.collector(
                self.config, self.session, self.rec, self.directories,
                child.ours(self.opts))
            if self.collector is None:
                answer = UNFIT
            else:
                os.setpgid(0, 0)
                self.inside = Inside(self.collector)
        gc.freeze()
        self.sock.sendall(answer)

    def next(self):
        """Serve one request; InChild in its child."""
        from ..command import options
        import json
        self.readable(self.sock)
        head = protocol.read_exactly(self.sock, HEAD.size)
        if not head:
            self.terminate(0, None)
        seq, size = HEAD.unpack(head)
        data = protocol.read_exactly(self.sock, size)
        request = json.loads(data.decode("ascii"))
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
        except protocol.ProtocolError:
            os._exit(1)         # the worker sees it and gives up
        self.sock.sendall(READY if fit else UNFIT)

    def serve_file(self, seq, opts):
        """Run a file in a child, say what came of it; OSError."""
        early = self.collector
        if early is None:
            self.run(seq, lambda: self.enter(opts))
            self.sock.sendall(READY)
            return
        began = time.monotonic()
        self.doing[0] = AT_REST
        inside = self.collect(opts)
        if inside:
            doc = self.run_inside(seq, opts)
            self.finish_inside(opts, doc, began)
        else:
            self.doing[0] = FORKED
            self.run(seq, lambda: self.enter(opts), began)
        if early.spent:
            self.sock.sendall(SPENT)
            os._exit(0)
        self.sock.sendall(READY)
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
        self.sock.sendall(UNCLEAN)
        os._exit(0)

    def run_inside(self, seq, opts):
        """Run a collected file in this process; its result document. Ends this
        process if that went not as it should."""
        self.doing[0] = INSIDE
        self.wire.ring.at_line(0)
        os.chdir(opts.cwd)
        size, modules = os.fstat(self.output).st_size, len(sys.modules)
        # Whoever ends it means the file: nothing else is to be done then.
        for number in ENDING:
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
        self.doing[0] = AT_REST
        self.sock.sendall(RAN.pack(RAN_INSIDE, size, offset, usec))

    def write_log(self, opts):
        """The log of a file that has printed nothing."""
        log = open_log(opts.log)
        if self.said:
            os.write(log, self.said)
        os.close(log)

    def in_child_session(self):
        """In a process forked to be a branch of this one."""
        self.in_child()
        self.sock.close()

    def branch(self, sock, opts, late):
        """The life of a branch: take its place, load late conftests, make the
        nodes of its directories, then serve. Ends only by InChild."""
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
            sock.sendall(UNFIT)
            os._exit(0)
        if opts.inert:
            self.own_captures()
        self.settle(READY, opts.inert)
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
        from ..observe import environ
        self.sock.close()
        self.wire.sock.close()
        log = open_log(opts.log)
        if self.said:
            os.write(log, self.said)
        redirect(log, self.fds)
        self.own_captures()
        os.chdir(opts.cwd)
        environ.watch_spawns()
        reseed()
        collect_less()
        if self.collector is None:
            self.directories.install(self.session)
        raise InChild(opts, self.collector is not None)

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
