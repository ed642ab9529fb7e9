# SPDX-License-Identifier: Apache-2.0
"""Runs pytest on a test file, in the way of `python -m pytest FILE`.

pytest.main() is called as it is, with a plugin that records what happens. A
warm worker lets it come to the point where the session has started and nothing
is collected yet (the first of what its hook pytest_collection calls), waits
there for files, and forks: each child returns into pytest with its own file, so
that collection, running, finishing and unconfiguring are pytest's own code in
every version from 7.0 on.
"""

import os
import sys

from ..process import shown
from ..process.process import as_main, flush, set_arguments, write_err
from . import addopts, private


class Neutral:
    """Takes whole-run options out of addopts while pytest parses them."""

    def __init__(self):
        self.env = None
        self.plain = None
        self.ending = None      # an option with which no tests are run, and
                                # where it stands

    def __enter__(self):
        import shlex
        words = os.environ._data.get(b"PYTEST_ADDOPTS")
        if words is not None:
            self.env = os.environ["PYTEST_ADDOPTS"]
            try:
                clean = self.words(shlex.split(self.env), "PYTEST_ADDOPTS")
                os.environ["PYTEST_ADDOPTS"] = " ".join(
                    shlex.quote(w) for w in clean)
            except ValueError:
                pass
        import pytest
        self.config = config = pytest.Config
        self.plain = plain = config.getini

        def getini(config, name, *more):
            value = plain(config, name, *more)
            if name == "addopts":
                self.restore()
                value[:] = self.words(value, "addopts")
            return value

        config.getini = getini
        return self

    def words(self, words, place):
        found = addopts.ending(words)
        if found and not self.ending:
            self.ending = found, place
        return addopts.neutralise(words)

    def restore(self):
        """Options are parsed, or as good as."""
        if self.plain is not None:
            self.config.getini, self.plain = self.plain, None
        if self.env is not None:
            os.environ["PYTEST_ADDOPTS"] = self.env
            self.env = None

    def __exit__(self, *exc):
        self.restore()


def arguments(opts):
    """pytest's command line for `opts`, files last."""
    args = []
    if opts.rootdir:
        args.append("--rootdir=" + opts.rootdir)
    if opts.inifile not in (None, "none"):
        args += ["-c", opts.inifile]
    if opts.confcutdir:
        args.append("--confcutdir=" + opts.confcutdir)
    args += ["-o", "cache_dir=" + cache_directory(opts)]
    args.append("--color=no")
    if opts.pytest_k is not None:
        args += ["-k", opts.pytest_k]
    if opts.pytest_m is not None:
        args += ["-m", opts.pytest_m]
    for nodeid in opts.deselect:
        args += ["--deselect", nodeid]
    return args + shown.words + opts.pytest + opts.extra


def cache_directory(opts):
    """pytest's cache directory, out of the user's tree."""
    if opts.cache:
        return opts.cache
    if opts.pycache:
        return opts.pycache + ".pytest"
    return os.path.join(os.path.dirname(opts.result), ".pytest_cache")


def targets(opts):
    """The positional arguments: files, or the items selected in them."""
    if opts.others:
        from .others import asked
        return [opts.name(d) for d in opts.walk or [asked(opts)]]
    if not opts.select:
        return [opts.name(f) for f in opts.files]
    return [selected(opts, nodeid) for nodeid in opts.select]


def selected(opts, nodeid):
    """An item of --select as pytest is to be told of it."""
    for path in opts.files:
        name = os.path.relpath(path, opts.base)
        if nodeid == name or nodeid.startswith(name + "::"):
            return opts.name(path) + nodeid[len(name):]
    _, colons, rest = nodeid.partition("::")
    return opts.name(opts.files[0]) + colons + rest


def enter(opts):
    """Working directory, sys.path and sys.argv of `python -m pytest`."""
    os.chdir(opts.cwd)
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.getcwd())


class Run:
    """One call of pytest.main()."""

    def __init__(self, opts, wait, anchor, more):
        from .plugins import Added, Breakpoints, Gate, Limit, Ready
        from .recorder import Recorder
        from .sparing import Tag
        self.opts = opts
        self.wait = wait
        self.rec = Recorder()
        self.terminal = None
        self.neutral = Neutral()
        self.gate = Gate(self.started, self.rec)
        self.tag = Tag()
        self.plugins = [self.rec, Ready(self.neutral), self.tag, Added(),
                        self.gate,
                        Breakpoints(self.rec), *more]
        self.measured = None
        if opts.coverage:
            from .measured import Measured
            self.measured = Measured(opts, wait is not None)
            self.plugins.append(self.measured)
        if opts.functions:
            from .entered import begin
            self.rec.entered = begin(opts)
            if self.rec.entered is not None:
                self.plugins.append(self.rec.entered)
        if opts.stay is not None:
            self.rec.at_line = opts.stay.at_line
        self.limit = None
        if anchor is not None:
            self.limit = Limit(anchor)
            self.plugins.append(self.limit)

    def call(self):
        """pytest's exit code, or the one with which Python ends when pytest
        ends by an exception."""
        import pytest
        try:
            with self.neutral, self.tag:
                code = pytest.main(sys.argv[1:], plugins=self.plugins)
        except BaseException as exc:
            code = self.died(exc)
        words = self.opts.pytest + self.opts.extra
        self.rec.ending = addopts.ending(words) and (
            addopts.ending(words), "the arguments after --") or \
            self.neutral.ending
        try:
            return int(code)
        except (TypeError, ValueError):
            return 3

    def died(self, exc):
        """Say what Python would say of an exception that nobody catches."""
        import traceback
        code = 1
        if isinstance(exc, SystemExit):
            code = 0 if exc.code is None else exc.code
        where = exc.__traceback__
        while where is not None and where.tb_frame.f_globals.get(
                "__name__", "").startswith("_pytgraph."):
            where = where.tb_next
        lines = traceback.format_exception(type(exc), exc, where)
        write_err("".join(lines))
        self.rec.died = lines[-1].strip(), "".join(lines)
        return code

    def started(self, config, session):
        """Nothing is collected yet. False if nothing is to be."""
        from .recorder import Terminal
        rec = self.rec
        silence(config)
        if self.limit is not None and not self.limit.lift():
            rec.unfit = "conftests can't be loaded late"
        own_captures(config, self.opts)
        measure = self.measured and self.measured.measure
        if measure and measure.unfit:
            rec.unfit = measure.unfit
        self.terminal = Terminal(config)
        config.pluginmanager.register(self.terminal, "tgraph-terminal")
        rec.slot.show()
        if self.wait is not None:
            opts = self.wait(config, session, rec)
            if opts is None:
                return False
            self.opts = opts
        self.opts.measure = measure
        if self.opts.stay is not None:
            self.opts.stay.begin(self, config, session)
            self.gate.more = self.more
        return self.file(config, session)

    def file(self, config, session):
        """The files of `opts` come now. False if none is to be collected."""
        rec = self.rec
        if not prepare(config, session, rec, self.opts):
            return False
        if rec.temporary is None:
            begin(config, rec, self.opts)
        flush()                 # perhaps tests leave nowhere to write to
        self.allow_parts(config)
        rec.slot.enter(config)
        rec.restart()
        self.opts.clock.ends("start")
        return True

    def allow_parts(self, config):
        """The tests may be run in several processes, if the file was forked
        from a session that others are forked from too."""
        opts = self.opts
        if opts.parts > 1 and opts.way == "fork" and opts.stay is None:
            from .parts import Parts
            from .pycache import trees
            opts.split = Parts(self.rec, opts, trees(opts))
            config.pluginmanager.register(opts.split, "tgraph-parts")

    def more(self, config, session, code):
        """In a process that stays: a file has ended with this exit code of
        pytest's main loop; then run all that come after it."""
        stay = self.opts.stay
        while True:
            opts = stay.over(self.opts, code)
            if opts is None:
                break
            self.opts = opts
            code = self.gate.again(config, session,
                                   lambda: self.file(config, session))
        # As if all had been one run.
        session.testsfailed = int(stay.code == 1)
        session.testscollected = int(stay.code != 5)


def main(opts, wait=None, anchor=None, more=()):
    """Run pytest for `opts`. Returns (opts, code, recorder, terminal).

    `wait(config, session, recorder)`: called when the session has started; it
    serves files and returns only in the child forked for one, with that
    file's Options, or None: the session is to end without one.
    Errors of configuration end pytest.main() before it. Conftests below the
    directory `anchor` are not loaded before it. `more`: pytest plugins."""
    enter(opts)
    set_arguments(as_main("pytest"), "pytest",
                  arguments(opts) + targets(opts))
    run = Run(opts, wait, anchor, more)
    code = run.call()
    return run.opts, code, run.rec, run.terminal


def own_captures(config, opts):
    """Let pytest capture into the files that the waiting process has too."""
    found = private.captures(config) or []
    if len(found) == len(opts.captures):
        for fd, own in zip(found, opts.captures):
            os.dup2(own, fd, inheritable=False)


def prepare(config, session, rec, opts):
    """Point a started session at the files of `opts`. False if it is
    configured not to run them."""
    if opts.others:
        from . import others
        others.prepare(config, rec, opts)
        retarget(config, opts)
        return bool(opts.walk)
    from .collect import Listing, not_ignored
    retarget(config, opts)
    as_listed(config, session, opts)
    rec.opts = opts
    rec.ignored = not keep(config, opts, not_ignored(config, session, opts))
    if rec.ignored:
        return False
    rec.listing = Listing()
    rec.listing.only(opts.files)
    return True


def as_listed(config, session, opts):
    """Where every module's doctests are run, a file that python_files does not
    fit gives no other tests, as in a run that does not name it; those that
    testpaths name are."""
    vars(session).pop("isinitpath", None)
    if not config.getoption("doctestmodules", False):
        return
    from pathlib import Path
    from .collect import fits, tops_of
    patterns = config.getini("python_files")
    others = {f for f in opts.files if not fits(Path(f), patterns)}
    if others:
        others -= {os.fspath(top) for top in tops_of(config, opts)}
    plain = session.isinitpath

    def isinitpath(path, **more):
        return os.fspath(path) not in others and plain(path, **more)

    session.isinitpath = isinitpath


def silence(config):
    """Take out the plugins that remember a whole run between runs."""
    pm = config.pluginmanager
    for name in "lfplugin", "nfplugin", "stepwiseplugin", "stepwise":
        plugin = pm.get_plugin(name)
        if plugin is not None:
            pm.unregister(plugin)


def keep(config, opts, files):
    """Run only `files` of those of `opts`; returns `files`."""
    if len(files) < len(opts.files):
        opts.files[:] = files or opts.files
        config.args[:] = targets(opts)
    return files


def retarget(config, opts):
    """Let a session made for another file run that of `opts`."""
    names = targets(opts)
    paths = [opts.name(p) for p in opts.files + opts.walk]
    if any("[" in path or "::" in path for path in paths):
        private.bracketed(paths)
    args = arguments(opts) + names
    config.args[:] = names
    config.option.file_or_dir = list(names)
    config.known_args_namespace.file_or_dir = list(names)
    object.__setattr__(config.invocation_params, "args", tuple(args))
    set_arguments(sys.argv[0], "pytest", args)


def begin(config, rec, opts):
    """What every file has of its own: a directory for temporary files. It is
    made when first asked for, and emptied by pytest."""
    def place():
        from pathlib import Path
        from .results import temporary
        rec.temporary = temporary(opts.result)
        return Path(rec.temporary)

    private.temporary_in(config, place)
