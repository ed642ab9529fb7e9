# SPDX-License-Identifier: Apache-2.0
"""A session, branch or node process: pytest has come to the point where it
would collect, and waits for files.
"""

import gc
import os
import signal

from ..observe import library
from ..observe.leftovers import Leftovers
from ..observe.place import Place, Unnoted
from ..process.clock import Clock
from ..process.process import collect_less, flush, internal_error, \
    open_log, redirect, reseed, run_exit_functions, same_file, scratch, \
    show_stack, write_err
from ..process.threads import unfit
from . import protocol
from .forker import Forker, InChild
from .imports import Import, Tree, head_of, left, place
from .lasting import Lasting
from .session import HEAD, MOVABLE, READY, REFUSED, STAYS, UNFIT, Session, \
    tell


MAX_DIRECTORIES = 256   # whose nodes are made before the fork


class Serving(Forker):
    """A session, branch or node process."""

    def __init__(self, wire, outbox, sock, base, preload, fails=False):
        super().__init__(wire, outbox)
        self.fails = fails      # it is there to fail, for each of its files
        self.preload = preload  # names of modules
        self.sock = sock
        self.watch = sock
        self.base = base
        self.tree = Tree()
        self.output = None
        self.captures = ()
        self.said = b""
        self.rec = None         # set when pytest is configured
        self.session = None
        self.send = None        # set in the child that runs a file
        self.reason = None      # why this session can't serve
        self.name = "session"   # what this process is, for results
        self.tops = frozenset()     # top-level modules that nodes have loaded

    def live(self, opts, env, early, late):
        """Configure pytest, then serve; ends the process."""
        from ..command import child
        from ..observe import environ
        from ..runner import pycache, pytestrun
        self.early = early
        self.opts = opts
        try:
            self.output = scratch()
            for fd in (1, 2):
                os.dup2(self.output, fd)
            show_stack(self.output)
            change_environment(env)
            environ.watch_spawns()
            child.caches(opts)
            child.load_report(opts)
            self.unnoted = Unnoted(opts.files[0])
            self.place = Place()
            self.place.watch()
            self.leftovers = Leftovers(pycache.trees(opts))
            self.leftovers.watch()
            result = pytestrun.main(opts, self.serve,
                                    anchor_of(early, late), (self.place,))
            if self.fails and self.rec is None:
                result = self.fail(*result)
            if self.send is not None:
                stay = result[0].stay
                if stay is not None:
                    child.end(lambda: stay.end(*result))
                child.guarded(result[0],
                              lambda: child.report_pytest(*result),
                              self.send, not opts.pycache)
            run_exit_functions()
            tell(self.sock, UNFIT, unfit=self.reason)
        except child.Ending:
            raise
        except BaseException:
            # Without a file to serve nobody reads it.
            internal_error()
        os._exit(1)

    def serve(self, config, session, rec):
        """pytestrun's `wait`: returns the Options of a file in its child; None
        if this session can't serve."""
        from . import share, warmup
        from ..runner import collect, private
        self.rec = rec
        if self.fails:
            self.reason = "it can be configured after all"
            return None
        rec.at_line = self.wire.ring.at_line
        self.config = config
        self.session = session
        self.directories = collect.Directories()
        self.known = set()      # directories that know_directory() has seen
        load(self.preload)
        self.place.leave(config)
        self.unnoted.end()
        flush()
        self.captures = private.captures(config)
        self.reason = self.leftovers.found(config) or unfit() or rec.unfit or \
            self.captures is None and "what is captured can't be found" or None
        if self.reason is not None:
            return None         # what was set up is torn down
        warmup.session(config, self.opts)
        gc.collect()
        fixed = share.why_not(config, self.opts, self.place)
        self.settle(READY if fixed else MOVABLE, fixed=fixed)
        return self.wait()

    def fail(self, opts, code, rec, terminal):
        """pytest can't be configured, and what it says of that holds for each
        file: main()'s result in the child of one. Unchanged if it may have to
        do with the file."""
        self.place.leave(rec.config)
        flush()
        self.name = "session that fails"
        self.reason = self.place.asked() or \
            self.leftovers.found(rec.config) or unfit()
        if self.reason is None:
            self.settle(READY)
            opts = self.wait()
        return opts, code, rec, terminal

    def wait(self):
        """Serve requests: the Options of a file, in its child."""
        while True:
            try:
                self.next()
            except InChild as got:
                opts, self.send = got.args
                return opts

    def refuse(self, reason):
        """End this process if there is a reason why it can't serve."""
        if reason is not None:
            tell(self.sock, UNFIT, unfit=reason)
            os._exit(0)

    def settle(self, answer, **told):
        """Come to rest: from here on children are forked."""
        from ..observe import environ, imported
        from ..runner import ending, pycache
        environ.ignore_spawns()
        self.said = said(self.output)
        self.fds = same_file(self.output)
        os.chdir(self.base)
        if pycache.started.caches:
            ending.rest(pycache.started.caches.ours)
        imported.know_imported(self.base)
        self.prepare()
        gc.freeze()
        tell(self.sock, answer, **told)

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
        try:
            if request.get("isolation") is None:
                self.close()
            if "finish" in request:
                got = READY
            else:
                opts = options.parse(request["args"], self.base)
                opts.clock = Clock(request["asked"])
                opts.parts = request["parts"]
                opts.observe = request.get("observe")
                got = self.serve_file(seq, request, opts)
        except (OSError, protocol.ProtocolError):
            os._exit(1)         # the worker sees it and gives up
        if got == READY and self.stays():
            got = STAYS
        self.sock.sendall(got or REFUSED)

    def serve_file(self, seq, request, opts):
        """Let the right process run a file: what next() answers."""
        if self.fails:
            return self.by_child(seq, opts)
        if "branch" in request:
            return self.by_branch(seq, request, opts)
        if not self.stays():
            self.know_directory(opts)
        if request.get("isolation") is not None:
            return self.by_batch(seq, request, opts)
        return self.by_node(seq, request, opts) or self.by_child(seq, opts)

    def by_branch(self, seq, request, opts):
        """Let the file's branch run it. False if there can't be one."""
        branch = request.pop("branch")
        late = request["late"]
        return self.serve_by_session(
            branch, seq, request, lambda sock: self.branch(sock, opts, late))

    def by_node(self, seq, request, opts):
        """Let the node that has done most of the file's imports run it. False
        if there is none, and none is worth its while."""
        if opts.others or len(opts.files) > 1:
            return False
        tree = self.tree
        head = head_of(self.config, opts.files[0])
        key = tree.find(head)
        if key is None:
            return False
        if key not in tree.nodes and not self.make_node(head, key, opts):
            return False
        tree.used(key)
        return self.serve_by_session(key, seq, request, None)

    def by_batch(self, seq, request, opts):
        """Let the batch of this branch run it, or a new one of it or of the
        node that is best for its first file."""
        if not self.stays():
            got = self.by_node(seq, request, opts)
            if got:
                return got
            self.lasting = Lasting(self, False, self.enter_batch)
        if self.open is not None:
            return self.serve_by_session(self.open, seq, request, None)
        return self.in_company(seq, opts)

    def make_node(self, head, key, opts):
        """Fork a node, for this file first; False if it is of no use to it."""
        tree = self.tree
        begins = tree.begins(head, key)
        made = Session.start(self, lambda sock: self.node(
            sock, opts, key, begins))
        if not tree.made(key, made.told):
            if made.fit:
                made.end(signal.SIGTERM)
            return False
        self.sessions[key] = made
        while True:
            crowded = tree.crowded()
            if crowded is None:
                break
            del tree.nodes[crowded]
            self.sessions.pop(crowded).end(signal.SIGTERM)
        return key in tree.nodes and tree.nodes[key].serves(
            head, tree.cut(left(head.items)), tree.stems)

    def by_child(self, seq, opts):
        with self.captured(opts, len(self.captures)):
            return self.run(seq, opts, lambda box: self.enter(opts, box))

    def in_child_session(self):
        """In a process forked to be a branch or node of this one."""
        self.in_child()
        self.sock.close()

    def become(self, sock):
        """In the process forked to serve at `sock`."""
        from ..observe import environ
        environ.watch_spawns()
        self.sock = self.watch = sock
        self.sessions, self.unfit, self.tree = {}, {}, Tree()
        self.own_output()

    def branch(self, sock, opts, late):
        """The life of a branch: take its place, load late conftests, then
        serve. Ends only by InChild."""
        from . import share
        from ..runner import conftests
        self.become(sock)
        self.name = "branch " + opts.below(
            os.path.dirname(late[-1]) if late else opts.cwd)
        if opts.cwd != self.opts.cwd and \
                share.shadows(opts.cwd, self.place.names - {"conftest"}):
            self.refuse("modules of the same names")
        try:
            if opts.cwd != self.opts.cwd:
                share.move(self.config, self.opts.cwd, opts.cwd)
            os.chdir(opts.cwd)
            unnoted = Unnoted(opts.files[0])
            if late and not conftests.load(self.config, opts.files[0]):
                self.refuse("conftests can't be loaded late")
            unnoted.end()
            flush()
        except BaseException:
            self.refuse("a conftest fails")
        self.refuse(unfit())
        self.settle(READY)
        while True:
            self.next()

    def node(self, sock, opts, key, begins):
        """The life of a node: import, then serve. Ends only by InChild."""
        self.become(sock)
        self.name = "node of " + words(key[1])
        os.chdir(opts.cwd)
        files = (self.output,) + tuple(self.captures)
        sizes = [os.fstat(fd).st_size for fd in files]
        told = Import(self.config, *key).run(begins)
        flush()
        if sizes != [os.fstat(fd).st_size for fd in files]:
            told["unfit"] = "an import prints"
        if "unfit" in told:
            tell(self.sock, UNFIT, **told)
            os._exit(0)
        self.tops = self.tops.union(told["tops"])
        self.settle(READY, **told)
        while True:
            self.next()

    def own_output(self):
        """Files of its own for what this process prints, the first beginning
        with what its parent has."""
        before = said(self.output)
        fds = (1, 2) + same_file(self.output)
        fresh = scratch()
        os.write(fresh, before)
        for fd in fds:
            os.dup2(fresh, fd, inheritable=fd < 3)
        os.close(fresh)

    def know_directory(self, opts):
        """Make the nodes of the file's directory, and ask whether it is
        ignored, for all files in it. Where that fails it is left to each."""
        from ..runner import collect
        directory = os.path.dirname(opts.files[0])
        if directory in self.known or opts.others or \
                len(opts.files) > 1 or len(self.known) == MAX_DIRECTORIES:
            return
        self.known.add(directory)
        os.chdir(opts.cwd)
        unnoted = Unnoted(opts.files[0])
        try:
            self.directories.collect(self.config, self.session, directory)
            collect.ask_before(self.config, self.session, opts, directory)
        except BaseException:
            self.directories.reports.pop(directory, None)
        unnoted.end()
        os.chdir(self.base)
        gc.freeze()

    def enter_batch(self, opts, box, sock):
        """In the child that runs a batch, as enter()."""
        from .staying import Staying
        opts.stay = Staying(sock, box, False, self.wire.ring.at_line, self.fds)
        self.enter(opts, box, opts.stay.send)

    def enter(self, opts, box, send=None):
        """In the child: what a process of its own would have."""
        from ..observe import environ
        from ..runner import pycache
        if send is None:
            opts.note = box.noter()
        send = send or box.sender()
        self.sock.close()
        self.wire.sock.close()
        log = open_log(opts.log)
        if self.said:
            os.write(log, self.said)
        redirect(log, self.fds)
        self.own_captures(opts)
        opts.way, opts.of = "fork", self.name
        os.chdir(opts.cwd)
        environ.watch_spawns()
        self.leftovers.renew()
        pycache.started.renew()
        reseed()
        collect_less()
        self.note_root(opts)
        if self.session is not None:
            self.directories.install(self.session,
                                     os.path.dirname(opts.files[0]))
        raise InChild(opts, send)

    def note_root(self, opts):
        """What a node has imported was not looked for where the file would
        have looked first."""
        from ..observe import library
        if library.on and self.tops and \
                self.config.getoption("importmode", "prepend") != "importlib":
            library.shadowed(place(opts.files[0])[0], self.tops)

    def own_captures(self, opts):
        """Files of its own for what pytest captures in this process."""
        for i, fd in enumerate(self.captures):
            fresh = opts.captures[i] if opts.captures else scratch()
            os.dup2(fresh, fd, inheritable=False)
            if not opts.captures:
                os.close(fresh)


def words(items):
    """Imports as results name them: the first, and how many more."""
    names = [name if not part else "%s.%s" % (name, part)
             for name, part in items]
    more = len(names) - 2
    return ", ".join(names[:2]) + (" and %d more" % more if more > 0 else "")


def load(modules):
    """Import what is used by many files. One that can't be is said, with what
    the session has printed, in the log of each file."""
    import importlib
    if modules:
        library.ready()
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception as exc:
            write_err("tgraph: preload %s: %s: %s\n"
                      % (name, type(exc).__name__, exc))


def said(fd):
    """All that was written to `fd`."""
    size = os.fstat(fd).st_size
    return os.pread(fd, min(size, 1 << 20), 0) if size else b""


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
