# SPDX-License-Identifier: Apache-2.0
"""The process that runs several test files, one after the other (lasting.py has
the other end)."""

import os
from itertools import takewhile
from time import process_time

from pytest import CallInfo, Package, Session, hookimpl

try:
    from pytest import Directory
except ImportError:             # pytest 7
    Directory = Package

from ..observe import environ, library
from ..observe.imported import Company
from ..process.clock import Clock
from ..process.process import open_log, redirect, run_exit_functions, \
    same_file, write_err
from ..runner import private
from ..runner.results import PASSED, common
from . import protocol
from .imports import place
from .lasting import CUT_OFF, GO, OVER, READY
from .session import HEAD


class Staying:
    """`sock`: to the other end. `fds`: descriptors above 2 that are open on
    what this process prints; None: on the file of descriptor 1 when pytest is
    configured."""

    def __init__(self, sock, box, shared, at_line, fds=None):
        self.sock = sock
        self.box = box
        self.shared = shared
        self.at_line = at_line
        self.fds = fds
        self.send = box.sender()
        self.code = 5           # of all files, as pytest would end
        self.last = None        # (opts, code) of the file before
        self.running = True     # one runs
        self.done = set()       # paths of the files that have run
        self.company = None
        self.failed = False
        self.keep = None
        self.item = None        # the last one that ran
        self.same = False       # nodes of directories are, for all files

    def begin(self, run, config, session):
        """Before the first file."""
        from ..runner import pycache
        self.rec, self.terminal = run.rec, run.terminal
        self.config, self.session = config, session
        if self.fds is None:
            self.fds = same_file(1)
        caches = pycache.started.caches
        self.company = Company(caches.ours if caches else _nobody,
                               run.opts.base)
        environ.seen.importing = self.company.importing
        nodes = private.Nodes.of(session)
        if nodes is not None:
            self.same = True
            nodes.keep(is_directory)
        setup = private.Setup.of(session)
        if self.shared and setup is not None:
            self.keep = Keep(setup)
            config.pluginmanager.register(self.keep, "tgraph-keep")

    def over(self, opts, code):
        """A file is over, with this exit code of pytest's main loop; Options
        of the next one, None: there is none."""
        self.running = False
        if self.rec.listing is not None:
            self.rec.listing.restore()
        self.last = opts, code
        self.note(code)
        self.hand_over(opts, code)
        self.done.update(opts.files)
        if self.session.items:
            self.item = self.session.items[-1]
        try:
            self.sock.sendall(OVER)
            return self.next()
        except (OSError, ValueError):
            os._exit(CUT_OFF)   # tests have closed what was not theirs

    def note(self, code):
        """One more exit code: 1 something failed, 5 nothing ran, 0."""
        if code not in (0, 5):
            self.code = 1
        elif code == 0 and self.code == 5:
            self.code = 0

    def hand_over(self, opts, code):
        parcel = self.parcel(opts, code)
        library.left(opts.observe)
        self.send(parcel)

    def parcel(self, opts, code):
        """What the other end is to know of a file."""
        from ..runner import document
        library.loaded()
        if code not in (0, 5) and not self.terminal.start:
            summarise(self.config, self.terminal)
        files = self.company.files(lambda p: self.is_other(p, opts)) + [
            p for p in document.read(self.rec) if not self.is_other(p, opts)]
        doc = document.document(opts, self.rec, code, self.terminal,
                                common(opts, files))
        environ.seen.on = True
        good = doc["status"] in PASSED
        if not good:
            self.failed = True
            write_err(self.terminal.text())
        doc["way"] = "shared" if self.shared else "batch"
        if opts.of:
            doc["of"] = opts.of
        opts.clock.ends("report")
        doc["times"] = opts.clock.times()
        doc["done"] = True
        return {"doc": doc, "passed": good, "temporary": None,
                "natives": [], "ends": None, "spent": process_time()}

    def is_other(self, path, opts):
        """Is it a test file that ran before this one, or a conftest of a
        directory that this one is not in? pytest has loaded it, not the
        file."""
        if path in opts.files:
            return False
        if path.endswith("conftest.py") and \
                os.path.basename(path) == "conftest.py":
            above = os.path.join(os.path.dirname(path), "")
            return not opts.files[0].startswith(above)
        return path in self.done

    def next(self):
        """Wait for the next file; its Options, None if there is none."""
        from ..command import options
        import json
        head = protocol.read_exactly(self.sock, HEAD.size)
        if not head:
            os._exit(0)
        request = json.loads(protocol.read_exactly(
            self.sock, HEAD.unpack(head)[1]).decode("ascii"))
        self.send = self.box.sender()
        opts = None
        if "args" in request:
            opts = options.parse(request["args"], self.last[0].base)
            opts.observe = request.get("observe")
        if self.leave(opts):
            self.note(1)
            self.last = self.last[0], self.last[1] or 1
            if opts is not None:
                self.hand_over(*self.last)
        if opts is None:
            return None
        self.sock.sendall(READY)
        if self.sock.recv(1) != GO:
            os._exit(0)
        self.send = self.box.sender()
        self.start(opts, request["asked"])
        return opts

    def leave(self, opts):
        """Tear down what the file `opts` (None: nothing) doesn't need. Has
        something failed?"""
        stack = self.keep.setup.stack if self.keep else []
        if self.item is None or not stack:
            return False
        kept = [] if opts is None else takewhile(
            lambda node: self.is_above(node, opts), stack)
        chain = Chain(list(kept))
        return not report_teardown(
            self.item, lambda: self.keep.setup.teardown(chain))

    def is_above(self, node, opts):
        """Is it the session, or the node of a directory that the file lies
        in?"""
        if node is self.session:
            return True
        return self.same and is_directory(node) and \
            opts.files[0].startswith(os.path.join(str(node.path), ""))

    def start(self, opts, asked):
        """Be ready for a file."""
        from ..runner import ending
        config, session = self.config, self.session
        opts.stay = self
        opts.way, opts.of = self.last[0].way, self.last[0].of
        opts.clock = Clock(asked)
        self.running = True
        library.join(opts.observe)
        redirect(open_log(opts.log), self.fds)
        os.chdir(opts.cwd)
        self.note_root(opts)
        self.rec.renew()
        ending.seen.natives = ending.natives()
        environ.seen.written.clear()
        self.company.begin()
        session.testsfailed = session.testscollected = 0
        session.items = []
        private.forget_files(config)
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        getattr(reporter, "stats", {}).clear()
        self.terminal.clear()

    def note_root(self, opts):
        """What earlier files have loaded is not looked for where this one would
        look first."""
        if library.on and \
                self.config.getoption("importmode", "prepend") != "importlib":
            library.shadowed(place(opts.files[0])[0])

    def end(self, opts, code, rec, terminal):
        """pytest has come back, with this exit code; ends the process."""
        from ..command import child
        run_exit_functions()
        if self.running:
            # Something has ended the session.
            child.guarded(opts, lambda: self.interrupted(opts, code),
                          self.send, True)
        parcel = None
        if self.shared:
            opts, own = self.last
            if code != self.code:
                own = code      # hooks have changed it
            parcel = self.parcel(opts, own)
        temporary = None if self.failed else self.rec.temporary
        child.leave(lambda natives, ends: self.send({
            "parcel": parcel, "temporary": temporary,
            "natives": list(natives), "ends": ends}),
            0 if code == self.code or parcel else 1, self.shared)

    def interrupted(self, opts, code):
        from ..runner import document
        doc = document.document(opts, self.rec, code, self.terminal, common(
            opts, document.read(self.rec)))
        return opts, doc, None


class Chain:
    """Stands for a node below `nodes`, for which these are kept."""

    def __init__(self, nodes):
        self.nodes = nodes

    def listchain(self):
        return self.nodes


class Keep:
    """A pytest plugin that lets what is set up for the session and for
    directories live on when the last test of a file ends."""

    def __init__(self, setup):
        self.setup = setup
        self.on = True
        setup.replace(self.teardown)

    @hookimpl(tryfirst=True)
    def pytest_sessionfinish(self):
        self.on = False

    def teardown(self, nextitem):
        if nextitem is None and self.on:
            nextitem = Chain(list(takewhile(is_directory, self.setup.stack)))
        self.setup.teardown(nextitem)


def is_directory(node):
    """Is it the session, or the node of a directory?"""
    return isinstance(node, (Session, Package, Directory))


def report_teardown(item, teardown):
    """teardown(), reported as a part of the item's; did it go well?"""
    call = CallInfo.from_call(teardown, when="teardown")
    if call.excinfo is None:
        return True
    report = item.ihook.pytest_runtest_makereport(item=item, call=call)
    item.ihook.pytest_runtest_logreport(report=report)
    return False


def summarise(config, terminal):
    """Let pytest print what it prints at the end of a run."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    terminal.start = terminal.buffer.tell()
    for name in ("summary_errors", "summary_failures", "summary_warnings",
                 "short_test_summary", "summary_stats"):
        function = getattr(reporter, name, None)
        if function is not None:
            try:
                function()
            except Exception as exc:
                terminal.buffer.write("tgraph: %s: %r\n" % (name, exc))


def _nobody(path):
    return False
