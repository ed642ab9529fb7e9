# SPDX-License-Identifier: Apache-2.0
"""Runs pytest on a test file, in the way of `python -m pytest FILE`.

pytest.main() is called as it is, with a plugin that records what happens. A
warm worker lets it come to the point where the session has started and nothing
is collected yet (`_pytest.main._main`, called by pytest's own
`wrap_session`), waits there for files, and forks: each child returns into
pytest with its own file, so that collection, running, finishing and
unconfiguring are pytest's own code in every version.
Reference: pytest 7.0 to 9.x, _pytest/main.py and _pytest/config/__init__.py.
"""

import os
import sys
import time

from ..process.process import collect_as_usual, set_arguments
from .slots import Slot


class Recorder:
    """A pytest plugin that keeps what the result document needs."""

    def __init__(self):
        self.start = time.time()
        self.tick = time.perf_counter()
        self.lines = {}
        self.order = []
        self.reports = {}
        self.collect_errors = []
        self.warnings = []
        self.deselected = 0
        self.session = None
        self.config = None
        self.listing = None
        self.opts = None
        self.ignored = False
        self.noisy = False      # was something printed during collection?
        self.usage = ()
        self.at_line = None     # told the line of the test that runs
        self.slot = Slot()

    def restart(self):
        """Begin counting time: this process runs a file now."""
        self.start = time.time()
        self.tick = time.perf_counter()

    def pytest_configure(self, config):
        self.config = config
        self.slot.hide()

    pytest_configure.pytest_impl = {"tryfirst": True}

    def pytest_sessionstart(self, session):
        self.session = session

    def pytest_report_header(self, config):
        """What a log says of a run holds wherever the repository lies."""
        outcome = yield
        top = str(config.rootpath)
        for lines in outcome.get_result():
            for i, line in enumerate(lines if type(lines) is list else ()):
                if line.startswith("rootdir: " + top):
                    lines[i] = line.replace(top, os.path.relpath(top), 1)

    pytest_report_header.pytest_impl = {"hookwrapper": True}

    def pytest_collectreport(self, report):
        if report.sections:
            self.noisy = True
        if report.outcome == "failed":
            self.collect_errors.append(
                {"id": report.nodeid or ".",
                 "longrepr": _longrepr(report)})
        elif report.outcome == "skipped":
            reason = _skip_reason(report)
            self.order.append(report.nodeid)
            self.reports[report.nodeid] = [report]
            self.lines[report.nodeid] = 1
            report.when = "collect"
            report.duration = 0.0
            report.tgraph_reason = reason

    def pytest_collection_finish(self, session):
        self.listing.restore()
        for item in session.items:
            nodeid = item.nodeid
            self.order.append(nodeid)
            self.lines[nodeid] = line_of(item)

    pytest_collection_finish.pytest_impl = {"tryfirst": True}

    def pytest_collection_modifyitems(self, session, config, items):
        from .match import matcher
        try:
            wanted = matcher(self.opts)
        except ValueError as exc:
            from pytest import UsageError
            raise UsageError(str(exc))
        if wanted is None:
            return
        top = str(config.rootpath)
        fit = [wanted.wants(item.nodeid, top) for item in items]
        if not all(fit):
            config.hook.pytest_deselected(
                items=[i for i, is_fit in zip(items, fit) if not is_fit])
            items[:] = [i for i, is_fit in zip(items, fit) if is_fit]

    pytest_collection_modifyitems.pytest_impl = {"trylast": True}

    def pytest_deselected(self, items):
        self.deselected += len(items)

    def pytest_runtest_logstart(self, nodeid, location):
        if self.at_line is not None:
            self.at_line(self.lines.get(nodeid, 0))

    def pytest_runtest_logfinish(self, nodeid, location):
        if self.at_line is not None:
            self.at_line(0)

    def pytest_runtest_logreport(self, report):
        nodeid = report.nodeid
        known = self.reports.get(nodeid)
        if known is None:
            self.reports[nodeid] = [report]
        else:
            known.append(report)

    def pytest_runtestloop(self):
        collect_as_usual()

    pytest_runtestloop.pytest_impl = {"tryfirst": True}

    def pytest_sessionfinish(self, session):
        self.slot.leave(session.config)
        spare_hypothesis(session.config)

    pytest_sessionfinish.pytest_impl = {"tryfirst": True}

    def pytest_warning_recorded(self, warning_message, when, nodeid, location):
        category = warning_message.category
        self.warnings.append({
            "message": str(warning_message.message),
            "category": category.__name__, "file": warning_message.filename,
            "line": warning_message.lineno, "id": nodeid, "when": when})


def line_of(item):
    """The line of an item, as item.location has it; that looks at paths too,
    which takes longer than all else at the end of a collection."""
    from pytest import Function
    if type(item) is Function and "location" not in item.__dict__:
        function = item.function
        if type(function) is type(line_of) and \
                function.__dict__.keys() <= {"pytestmark"}:
            return function.__code__.co_firstlineno
    return (item.location[1] or 0) + 1


def spare_hypothesis(config):
    """Hypothesis' plugin imports all of it at the end of a run that had
    nothing to do with it, to find that there is nothing to tell; in each file
    that takes longer than most tests."""
    plugin = sys.modules.get("_hypothesis_pytestplugin")
    if plugin is None or "hypothesis" in sys.modules or \
            not config.pluginmanager.is_registered(plugin) or \
            getattr(config.option, "hypothesis_show_statistics", False):
        return
    config.hook.pytest_terminal_summary._remove_plugin(plugin)


class Terminal:
    """What pytest's terminal reporter prints goes to memory; the part from
    the summaries on is kept."""

    def __init__(self, config):
        import io
        self.buffer = io.StringIO()
        self.start = 0
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        writer = getattr(reporter, "_tw", None)
        if writer is not None and hasattr(writer, "_file"):
            writer._file = self.buffer

    def pytest_terminal_summary(self):
        self.start = self.buffer.tell()

    def text(self):
        return self.buffer.getvalue()

    def clear(self):
        self.buffer.seek(0)
        self.buffer.truncate()

    def summary(self):
        return self.text()[self.start:] if self.start else ""


Terminal.pytest_terminal_summary.pytest_impl = {"tryfirst": True}


def _longrepr(report):
    """The failure as pytest prints it, without colour."""
    longrepr = report.longrepr
    if longrepr is None:
        return ""
    if isinstance(longrepr, tuple):
        return "%s:%s: %s" % longrepr[:3]
    try:
        return str(longrepr)
    except Exception as exc:
        return "<report can't be printed: %r>" % exc


def _message(report):
    """The short crash message, as pytest's junitxml plugin takes it."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return crash.message
    return _longrepr(report)


def _skip_reason(report):
    longrepr = report.longrepr
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return text[9:] if text.startswith("Skipped: ") else \
        "" if text == "Skipped" else text


def _phase(report):
    """One report as (outcome, details)."""
    wasxfail = getattr(report, "wasxfail", None)
    if report.outcome == "failed":
        outcome = "failed" if report.when == "call" else "error"
        return outcome, {"message": clip(_message(report)),
                         "longrepr": clip(_longrepr(report))}
    if report.outcome == "skipped":
        if wasxfail is not None:
            return "xfailed", {"reason": _xfail_reason(wasxfail)}
        return "skipped", {"reason": _skip_reason(report),
                           "longrepr": _longrepr(report)}
    if report.outcome == "passed" and wasxfail is not None:
        return "xpassed", {"reason": _xfail_reason(wasxfail)}
    return report.outcome, {}


def clip(text):
    from .results import clip as cut
    return cut(text)


def _xfail_reason(text):
    return text[8:] if text.startswith("reason: ") else text


_RANK = {"passed": 0, "xpassed": 1, "xfailed": 2, "skipped": 3, "error": 4,
         "failed": 5}


def _item(nodeid, reports, line):
    """The result document's item of a node id; None if it did not finish."""
    item = {"id": nodeid, "outcome": "passed", "duration": 0.0, "line": line}
    worst = None
    phases = {}
    subtests = []
    ended = False
    for report in reports:
        item["duration"] += report.duration
        if report.when in ("teardown", "collect"):
            ended = True
        if report.outcome == "passed" and not hasattr(report, "wasxfail"):
            if hasattr(report, "context"):
                continue
            phases.setdefault(report.when, ("passed", {}))
            continue
        if report.outcome not in ("passed", "failed", "skipped"):
            item["reruns"] = item.get("reruns", 0) + 1
            phases.clear()
            worst = None
            continue
        outcome, details = _phase(report)
        if hasattr(report, "context"):
            sub = {"outcome": outcome}
            sub.update(details)
            subtests.append(sub)
        else:
            phases[report.when] = (outcome, details)
        if worst is None or _RANK[outcome] > _RANK[worst[0]]:
            worst = (outcome, details, report)
    if subtests:
        item["subtests"] = subtests
    if worst is not None:
        outcome, details, report = worst
        if outcome not in ("failed", "error") and hasattr(report, "context"):
            outcome, details = phases.get("call", ("passed", {}))
        item["outcome"] = outcome
        item.update(details)
        if outcome in ("failed", "error"):
            item["sections"] = [[t, clip(x)]
                                for t, x in reports[-1].sections]
            if not item["sections"]:
                item["sections"] = [[t, clip(x)] for t, x in report.sections]
        others = {w: p for w, p in phases.items() if p[0] != "passed"}
        if len(others) > 1 or outcome == "error" and "call" in phases:
            item["phases"] = {w: dict(p[1], outcome=p[0])
                              for w, p in phases.items()}
    if reports[-1].user_properties if hasattr(
            reports[-1], "user_properties") else False:
        item["properties"] = [[str(n), _plain(v)] for n, v
                              in reports[-1].user_properties]
    item["duration"] = round(item["duration"], 6)
    return item if ended else None


def _plain(value):
    return value if isinstance(value, (str, int, float, bool)) or \
        value is None else str(value)


def read(rec):
    """Files of the conftest modules loaded (those that share a module name
    push each other out of sys.modules), and those that a hook was asked to
    make tests of and did."""
    pm = getattr(rec.config, "pluginmanager", None)
    found = [m.__file__ for m in getattr(pm, "_conftest_plugins", ())
             if isinstance(getattr(m, "__file__", None), str)]
    if rec.opts is not None and rec.opts.others:
        found += getattr(pm.get_plugin("tgraph-others"), "files", ())
    return found


def document(opts, rec, code, terminal, common):
    """The result document (results.py) of a finished session; `code` is
    pytest's exit code, `common` the keys that every runner has."""
    items = []
    unfinished = []
    seen = set()
    for nodeid in rec.order + [n for n in rec.reports if n not in rec.lines]:
        if nodeid in seen:
            continue
        seen.add(nodeid)
        reports = rec.reports.get(nodeid)
        item = reports and _item(nodeid, reports, rec.lines.get(nodeid, 0))
        if item:
            items.append(item)
        else:
            unfinished.append(nodeid)
    status, reason = _status(int(code), items, unfinished, rec)
    doc = outline(opts, rec, items, common)
    if opts.others:
        doc["others"] = True
    doc.update({"exitstatus": int(code), "status": status, "reason": reason})
    doc["summary"] = clip(terminal.summary()) if terminal else ""
    return doc


def outline(opts, rec, items, common):
    """The result document of a session with these items, all of which have
    passed."""
    import pytest
    doc = {"version": 1, "runner": "pytest",
           "runner_version": pytest.__version__}
    doc.update(common)
    doc.update({
        "rootdir": opts.below(str(rec.config.rootpath)) if rec.config
        else None,
        "exitstatus": 0, "status": "passed", "reason": None,
        "collected": len(rec.lines), "deselected": rec.deselected,
        "start": rec.start,
        "duration": round(time.perf_counter() - rec.tick, 6),
        "items": items, "collect_errors": rec.collect_errors,
        "warnings": rec.warnings, "summary": ""})
    return doc


def _not_found(rec):
    """The --select values that fit no item, as the user wrote them."""
    told = [line.rstrip() for text in rec.usage
            for line in str(text).splitlines()]
    chosen = [s.partition("::")[2] or s for s in rec.opts.select]
    return [s for s in chosen
            if any(t.endswith("::" + s) for t in told)] or chosen


def _status(code, items, unfinished, rec):
    """(status, reason). An exit code of 0 is not believed when an item did
    not finish or failed."""
    bad = [i for i in items if i["outcome"] in ("failed", "error")]
    if code == 5 and rec.opts and rec.opts.others:
        return "empty", "no hook makes tests of other files"
    if code == 5:
        return "empty", "ignored by conftest.py or an option" \
            if rec.ignored else "all tests deselected" \
            if rec.deselected else "no tests collected"
    if code == 1:
        return "failed", None if bad else "pytest exit status 1"
    if code == 4 and rec.opts and rec.opts.select and not rec.collect_errors:
        return "error", "no such test: " + ", ".join(_not_found(rec))
    if code != 0:
        what = {2: "interrupted", 3: "internal error", 4: "usage error"}
        return "error", "collection failed" if rec.collect_errors else \
            what.get(code, "pytest exit status %d" % code)
    if rec.collect_errors:
        return "error", "collection failed"
    if bad:
        return "failed", None
    collectonly = rec.config and getattr(rec.config.option, "collectonly",
                                         False)
    if unfinished and not collectonly:
        return "error", "%d items did not run" % len(unfinished)
    return "passed", None


class Neutral:
    """Takes whole-run options out of addopts while pytest parses them."""

    def __init__(self):
        self.env = None

    def __enter__(self):
        from _pytest.config import Config
        from .addopts import neutralise
        import shlex
        words = os.environ._data.get(b"PYTEST_ADDOPTS")
        if words is not None:
            self.env = os.environ["PYTEST_ADDOPTS"]
            try:
                clean = neutralise(shlex.split(self.env))
                os.environ["PYTEST_ADDOPTS"] = " ".join(
                    shlex.quote(w) for w in clean)
            except ValueError:
                pass
        self.plain = plain = Config._getini

        def _getini(config, name):
            value = plain(config, name)
            if name == "addopts":
                value = neutralise(value)
                self.restore_env()
            return value

        Config._getini = _getini
        return self

    def restore_env(self):
        if self.env is not None:
            os.environ["PYTEST_ADDOPTS"] = self.env
            self.env = None

    def __exit__(self, *exc):
        from _pytest.config import Config
        Config._getini = self.plain
        self.restore_env()


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
    return args + opts.extra


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
    found = []
    for nodeid in opts.select:
        file, colons, rest = nodeid.partition("::")
        path = os.path.normpath(os.path.join(opts.base, file))
        if path not in opts.files:
            path = opts.files[0]
        found.append(opts.name(path) + colons + rest)
    return found


def as_main(package):
    """Make `__main__` what `python -m PACKAGE` would have made it (used by
    multiprocessing's spawn and by pickle) and return its file."""
    import importlib.util
    spec = importlib.util.find_spec(package + ".__main__")
    main = type(sys)("__main__")
    main.__spec__ = spec
    main.__file__ = spec.origin
    main.__package__ = package
    main.__loader__ = spec.loader
    sys.modules["__main__"] = main
    return spec.origin


def enter(opts):
    """Working directory, sys.path and sys.argv of `python -m pytest`."""
    os.chdir(opts.cwd)
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.getcwd())


def main(opts, wait=None, anchor=None):
    """Run pytest for `opts`. Returns (opts, code, recorder, terminal).

    `wait(config, session, recorder)`: called when the session has started; it
    serves files and returns only in the child forked for one, with that
    file's Options.
    Errors of configuration end pytest.main() before it. Conftests below the
    directory `anchor` are not loaded before it."""
    import pytest
    import _pytest.main
    from _pytest.config import Config
    from .addopts import Added
    rec = Recorder()
    state = {"opts": opts, "terminal": None}
    enter(opts)
    set_arguments(as_main("pytest"), "pytest",
                  arguments(opts) + targets(opts))
    neutral = Neutral()
    plugins = [rec, _Ready(neutral), Added()]
    limit = None
    if anchor is not None:
        from .conftests import Limit
        limit = Limit(anchor)
        plugins.append(limit)
    plain_main = _pytest.main._main

    def started(config, session):
        _pytest.main._main = plain_main
        silence(config)
        if limit is not None:
            limit.lift()
        state["terminal"] = terminal = Terminal(config)
        config.pluginmanager.register(terminal, "tgraph-terminal")
        quiet(config)
        rec.slot.show()
        if wait is not None:
            state["opts"] = wait(config, session, rec)
        if not prepare(config, session, rec, state["opts"]):
            return 5
        begin(config, state["opts"])
        rec.slot.enter(config)
        rec.restart()
        try:
            return plain_main(config, session)
        except pytest.UsageError as exc:
            rec.usage = exc.args
            raise

    _pytest.main._main = started
    try:
        with neutral:
            code = pytest.main(sys.argv[1:], plugins=plugins)
    finally:
        _pytest.main._main = plain_main
    try:
        code = int(code)
    except (TypeError, ValueError):
        code = 3
    return state["opts"], code, rec, state["terminal"]


def prepare(config, session, rec, opts):
    """Point a started session at the files of `opts`. False if it is
    configured not to run them."""
    if opts.others:
        from . import others
        return others.prepare(config, session, rec, opts)
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
    fit gives no other tests, as in a run that does not name it."""
    vars(session).pop("isinitpath", None)
    if not config.getoption("doctestmodules", False):
        return
    from pathlib import Path
    from _pytest.python import path_matches_patterns
    patterns = config.getini("python_files")
    others = {f for f in opts.files
              if not path_matches_patterns(Path(f), patterns)}
    plain = session.isinitpath

    def isinitpath(path, **more):
        return os.fspath(path) not in others and plain(path, **more)

    session.isinitpath = isinitpath


class _Ready:
    """Ends the neutralising as soon as options are parsed."""

    def __init__(self, neutral):
        self.neutral = neutral

    def pytest_configure(self, config):
        self.neutral.restore_env()


def silence(config):
    """Take out the plugins that remember a whole run between runs."""
    pm = config.pluginmanager
    for name in ("lfplugin", "nfplugin", "stepwiseplugin"):
        plugin = pm.get_plugin(name)
        if plugin is not None:
            pm.unregister(plugin)


def quiet(config):
    """No progress output: nobody sees it, and rendering it takes time."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if hasattr(reporter, "_show_progress_info"):
        reporter._show_progress_info = False
        reporter.showfspath = False


def keep(config, opts, files):
    """Run only `files` of those of `opts`; returns `files`."""
    if len(files) < len(opts.files):
        opts.files[:] = files or opts.files
        config.args[:] = targets(opts)
    return files


def retarget(config, opts):
    """Let a session made for another file run that of `opts`."""
    names = targets(opts)
    args = arguments(opts) + names
    config.args[:] = names
    config.option.file_or_dir = list(names)
    config.known_args_namespace.file_or_dir = list(names)
    object.__setattr__(config.invocation_params, "args", tuple(args))
    set_arguments(sys.argv[0], "pytest", args)


def begin(config, opts):
    """What every file has of its own: a directory for temporary files. It is
    made when first asked for, and emptied by pytest."""
    factory = getattr(config, "_tmp_path_factory", None)
    if factory is None or getattr(factory, "_basetemp", 1) is not None:
        return
    plain = factory.getbasetemp

    def getbasetemp():
        if factory._basetemp is None:
            from pathlib import Path
            factory.tgraph_base = base = temporary(opts.result)
            factory._given_basetemp = Path(base)
        return plain()

    factory.getbasetemp = getbasetemp


def temporary(result):
    """A directory for the run with this result file, not yet made, in one
    that only this user can write; OSError."""
    import stat
    import tempfile
    import zlib
    name = os.fsencode(result)
    parent = os.path.join(os.path.realpath(tempfile.gettempdir()),
                          "tgraph-%d" % os.getuid())
    try:
        os.mkdir(parent, 0o700)
    except FileExistsError:
        info = os.lstat(parent)
        if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid() or \
                info.st_mode & 0o077:
            parent = tempfile.mkdtemp(prefix="tgraph-")
    return os.path.join(parent, "%08x%08x" % (zlib.crc32(name),
                                              zlib.crc32(name[::-1])))


def end(rec, passed):
    """Remove the temporary files of a run that passed."""
    factory = getattr(rec.config, "_tmp_path_factory", None)
    base = getattr(factory, "tgraph_base", None)
    if base and passed and getattr(factory, "_basetemp", None) is not None:
        import shutil
        shutil.rmtree(base, ignore_errors=True)
