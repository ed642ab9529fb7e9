# SPDX-License-Identifier: Apache-2.0
"""Options of the plain command, `run [options] FILE...`.

Paths are relative to the directory the command is started in (the build
root). Parsed by hand: argparse costs a start-up that a unittest file does not
otherwise pay.

    --runner pytest|unittest   default pytest
    --cwd DIR                  where the tests run
    --package DIR              the package's root, if that is not --cwd
    --rootdir DIR              pytest's rootdir
    --inifile FILE|none        pytest's ini file; none: pytest finds none
    --confcutdir DIR           pytest's confcutdir
    --result FILE --log FILE --depfile FILE
                               what is written; the result is written last
    --pycache DIR              where .pyc files of first-party code go
    --cache DIR                pytest's cache directory
    --pytest-k EXPR            pytest's -k; with unittest, unittest's own
    --pytest-m EXPR
    --pytest WORD              an argument for pytest, repeatable: a partial run
    --match EXPR               only items whose node id fits (match.py)
    --select NODEID            only this item, repeatable: a partial run
    --failed NODEID            only this item and others like it, repeatable; if
                               there is none of them any more, all
    --deselect NODEID          repeatable
    --granularity file|package package: all FILEs in one process
    --inner FD:SECONDS         the caller already watches this process, and
                               has memory for its results at FD (outbox.py);
                               it was asked then (clock.py)
    --functions               note which functions items enter (entered.py)
    --coverage FILE            measure coverage; the data go there (measure.py)
    --coverage-source SRC      what is measured, a directory or package;
                               repeatable
    --coverage-config FILE     coverage's configuration
    --coverage-branch          branch coverage
    --coverage-context test    a context for each test
    --others                   run the files that hooks make tests of: FILE's,
                               a conftest or plugin, or any (others.py)
    -- ARG...                  further arguments of the runner
"""

import os

from ..process.clock import Clock

ONE = {"--runner", "--cwd", "--package", "--rootdir", "--inifile",
        "--confcutdir", "--result", "--log", "--depfile", "--pycache",
        "--cache", "--pytest-k", "--pytest-m", "--match", "--granularity",
        "--inner", "--coverage", "--coverage-config", "--coverage-context"}
MANY = {"--select", "--failed", "--deselect", "--pytest",
         "--coverage-source"}
_FLAGS = {"--others", "--coverage-branch", "--functions"}
_PATHS = ("cwd", "package", "rootdir", "confcutdir", "result", "log", "depfile",
          "pycache", "cache", "coverage", "coverage_config")


class UsageError(Exception):
    """The command line is not one that options.py describes."""


class Options:
    """A parsed command line. Paths are absolute str; `files` are absolute;
    absent options are None. `base` is the directory they were relative to."""

    def __init__(self):
        self.runner = "pytest"
        self.cwd = self.package = None
        self.rootdir = self.inifile = self.confcutdir = None
        self.result = self.log = self.depfile = None
        self.pycache = self.cache = None
        self.pytest_k = self.pytest_m = self.match = None
        self.select = []
        self.failed = []
        self.deselect = []
        self.granularity = "file"
        self.inner = None
        self.others = False
        self.functions = False
        self.coverage = self.coverage_config = self.coverage_context = None
        self.coverage_source = []
        self.coverage_branch = False
        self.measure = None     # the Measure, where one has begun
        self.walk = []          # directories, with --others
        self.pytest = []
        self.extra = []
        self.files = []
        self.base = None
        self.args = ()          # what it was parsed from
        self.way = "process"    # how this run is done,
        self.why = None         # and why not in a better way: for the result
        self.of = None          # what was forked (text), with "fork"
        self.clock = Clock()
        self.note = None        # notes what its process does: Outbox.noter()
        self.captures = ()      # descriptors of files for what is captured
        self.over = None        # when its tests were, if that is not the end
        self.observe = None     # the log for what it reads, see library.py
        self.stay = None        # the Staying of a process for several files
        self.parts = 1          # processes that its tests may run in
        self.split = None       # the Parts, if there may be several;
        self.part = None        # the same, in one that runs but a part

    def key(self):
        """What two runs must share to share a pytest session: everything but
        the working directory, the package, the files, what is selected in
        them, and where results go."""
        return (self.runner, self.rootdir, self.inifile,
                self.confcutdir, self.pycache, self.cache, self.pytest_k,
                self.pytest_m, tuple(self.deselect), tuple(self.pytest),
                tuple(self.extra), self.functions, self.measured())

    def measured(self):
        """How coverage is measured; None: it is not. Its configuration is
        looked for in the working directory."""
        return self.coverage and (
            self.cwd, self.coverage_config, self.coverage_branch,
            self.coverage_context, tuple(self.coverage_source))

    def outputs(self):
        """Absolute paths of every file that the run writes."""
        return [p for p in (self.result, self.log, self.depfile,
                            self.coverage) if p]

    def name(self, path):
        """`path` as messages and results call it: relative to cwd if it is
        below it."""
        rel = os.path.relpath(path, self.cwd)
        return path if rel.startswith("..") else rel

    def below(self, path):
        """`path` from where the run was started if it is below it: nothing in
        a result says where the repository lies unless the tests say it."""
        rel = os.path.relpath(path, self.base)
        return path if rel.startswith("..") else rel


def parse(argv, base=None):
    """Options of the argument vector after `run`; UsageError."""
    opts = Options()
    opts.base = base = base or os.getcwd()
    opts.args = list(argv)
    todo = list(argv)
    todo.reverse()
    while todo:
        arg = todo.pop()
        if arg == "--":
            opts.extra = todo[::-1]
            break
        if not arg.startswith("--"):
            opts.files.append(os.path.normpath(os.path.join(base, arg)))
            continue
        name, eq, value = arg.partition("=")
        if name in _FLAGS and not eq:
            setattr(opts, name[2:].replace("-", "_"), True)
            continue
        if name not in ONE and name not in MANY:
            raise UsageError("unknown option %s" % name)
        if not eq:
            if not todo:
                raise UsageError("option %s needs a value" % name)
            value = todo.pop()
        field = name[2:].replace("-", "_")
        if name in MANY:
            getattr(opts, field).append(value)
        else:
            setattr(opts, field, value)
    _check(opts)
    return opts


def _check(opts):
    if opts.runner not in ("pytest", "unittest"):
        raise UsageError("--runner is pytest or unittest, not %r"
                         % opts.runner)
    if opts.granularity not in ("file", "package"):
        raise UsageError("--granularity is file or package, not %r"
                         % opts.granularity)
    if opts.runner == "unittest" and (opts.pytest_m is not None or
                                      opts.pytest or opts.extra):
        raise UsageError("--pytest-m and arguments after -- need pytest")
    if not opts.files:
        raise UsageError("no file given")
    if len(opts.files) > 1 and opts.granularity == "file":
        raise UsageError("several files need --granularity package")
    if not opts.result:
        raise UsageError("--result is needed")
    if opts.inner is not None:
        fd, _, began = opts.inner.partition(":")
        try:
            opts.inner, opts.clock = int(fd), Clock(float(began))
        except ValueError:
            raise UsageError("--inner is FD:SECONDS, not %r" % opts.inner)
    opts.cwd = opts.cwd or "."
    opts.package = opts.package or opts.cwd
    for field in _PATHS:
        value = getattr(opts, field)
        if value is not None:
            setattr(opts, field,
                    os.path.normpath(os.path.join(opts.base, value)))
    if opts.inifile not in (None, "none"):
        opts.inifile = os.path.normpath(os.path.join(opts.base, opts.inifile))
