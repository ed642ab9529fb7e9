# SPDX-License-Identifier: Apache-2.0
"""The pytest plugins that note what happens for the result document."""

import os
import sys
from time import perf_counter, time

from pytest import Module, hookimpl

from ..process.process import collect_as_usual
from . import marks, private
from .document import item_of, longrepr_of, skip_reason
from .marks import Marked
from .results import warning
from .slots import Slot
from .sparing import spare


class Recorder:
    """A pytest plugin that keeps what the result document needs."""

    def __init__(self):
        self.session = None
        self.config = None
        self.opts = None
        self.at_line = None     # told the line of the test that runs
        self.slot = Slot()
        self.ending = None      # an option that ends pytest early, and where
                                # it stands
        self.died = None        # by which exception pytest did: its name,
                                # its traceback
        self.conftests = []     # files of conftest modules (those that share a
                                # name push each other out of sys.modules)
        self.temporary = None   # the directory of tmp_path and the like
        self.unfit = None       # why a session can't serve
        self.entered = None     # the Entered, where functions are noted
        self.renew()

    def renew(self):
        """Forget what is known of a file."""
        self.restart()
        self.lines = {}
        self.order = []
        self.reports = {}
        self.collect_errors = []
        self.warnings = []
        self.warned = {}        # those, by what they say
        self.deselected = 0
        self.fixtures = 0.0     # seconds that session fixtures took
        self.sets_up = False    # one is being set up
        self.listing = None
        self.ignored = False
        self.usage = ()
        self.importing = None   # a module that pytest is about to import
        self.looped = False     # did pytest come to run items?
        self.marked = Marked()
        if self.entered is not None:
            self.entered.renew()

    def pytest_plugin_registered(self, plugin):
        path = getattr(plugin, "__file__", None)
        if type(plugin) is type(sys) and isinstance(path, str) and \
                os.path.basename(path) == "conftest.py":
            self.conftests.append(path)

    def restart(self):
        """Begin counting time: this process runs a file now."""
        self.start = time()
        self.tick = perf_counter()

    @hookimpl(tryfirst=True)
    def pytest_configure(self, config):
        self.config = config
        config.addinivalue_line("markers", marks.LINE)
        # As tgraph has read it: hooks that are called later may add to it.
        self.patterns = list(config.getini("python_files"))
        self.doctests = (config.getoption("doctestmodules", False),
                         list(config.getoption("doctestglob", None) or ()))
        self.slot.hide()

    def pytest_sessionstart(self, session):
        self.session = session

    @hookimpl(hookwrapper=True)
    def pytest_report_header(self, config):
        """What a log says of a run holds wherever the repository lies."""
        outcome = yield
        top = str(config.rootpath)
        for lines in outcome.get_result():
            for i, line in enumerate(lines if type(lines) is list else ()):
                if line.startswith("rootdir: " + top):
                    lines[i] = line.replace(top, os.path.relpath(top), 1)

    @hookimpl(tryfirst=True)
    def pytest_collectstart(self, collector):
        if self.opts is not None and isinstance(collector, Module):
            self.opts.clock.ends("collect")
            self.importing = collector

    @hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector, name, obj):
        """The first thing found in a module that is there."""
        if self.importing is not None:
            self.imported()

    def imported(self):
        self.opts.clock.ends("import")
        self.importing = None

    def pytest_collectreport(self, report):
        if self.importing is not None:
            self.imported()
        if report.outcome == "failed":
            self.collect_errors.append(
                {"id": report.nodeid or ".",
                 "longrepr": longrepr_of(report)})
        elif report.outcome == "skipped":
            reason = skip_reason(report)
            self.order.append(report.nodeid)
            self.reports[report.nodeid] = [report]
            self.lines[report.nodeid] = 1
            report.when = "collect"
            report.duration = 0.0
            report.tgraph_reason = reason

    @hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session):
        if self.listing is None:
            return              # pytest does something else: --fixtures
        self.listing.restore()
        self.read_markers(session.items)
        for item in session.items:
            nodeid = item.nodeid
            self.order.append(nodeid)
            self.lines[nodeid] = line_of(item)
        if self.opts is not None and self.opts.note is not None:
            self.opts.note(("items", self.opts.below(
                str(self.config.rootpath)), list(self.lines.items())))

    def read_markers(self, items):
        for item in items:
            try:
                self.marked.read(item)
            except marks.Wrong as exc:
                from pytest import UsageError
                raise UsageError("%s:%d: marker tgraph: %s" % (
                    os.path.relpath(str(item.path)), line_of(item), exc))

    @hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, session, config, items):
        from .match import chosen
        try:
            fit = self.opts and chosen(
                self.opts, [i.nodeid for i in items], str(config.rootpath))
        except ValueError as exc:
            from pytest import UsageError
            raise UsageError(str(exc))
        if fit is not None and not all(fit):
            config.hook.pytest_deselected(
                items=[i for i, is_fit in zip(items, fit) if not is_fit])
            items[:] = [i for i, is_fit in zip(items, fit) if is_fit]

    def pytest_deselected(self, items):
        self.deselected += len(items)

    @hookimpl(hookwrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        outer = fixturedef.scope == "session" and not self.sets_up
        begin = outer and perf_counter()
        self.sets_up = self.sets_up or outer
        yield
        if outer:
            self.sets_up = False
            self.fixtures += perf_counter() - begin

    def pytest_runtest_logstart(self, nodeid, location):
        if self.at_line is not None:
            self.at_line(self.lines.get(nodeid, 0))
        if self.opts is not None and self.opts.note is not None:
            self.opts.note(("begin", nodeid))

    def pytest_runtest_logfinish(self, nodeid, location):
        if self.at_line is not None:
            self.at_line(0)
        if self.opts is None or self.opts.note is None:
            return
        item = item_of(nodeid, self.reports.get(nodeid, ()),
                       self.lines.get(nodeid, 0))
        if item is not None:
            self.opts.note(("item", item))

    def pytest_runtest_logreport(self, report):
        nodeid = report.nodeid
        known = self.reports.get(nodeid)
        if known is None:
            self.reports[nodeid] = [report]
        else:
            known.append(report)

    @hookimpl(hookwrapper=True)
    def pytest_runtestloop(self, session):
        self.looped = True
        if self.opts is not None:
            self.opts.clock.ends("collect")
        collect_as_usual()
        outcome = yield
        if self.opts is not None:
            self.opts.clock.ends("run")
        if outcome.excinfo is None:
            spare(session.config)

    @hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session):
        self.slot.leave(session.config)

    def pytest_warning_recorded(self, warning_message, when, nodeid, location):
        told = warning(warning_message, nodeid, self.opts)
        told["when"] = when
        key = tuple(told.values())
        known = self.warned.get(key)
        if known is None:
            self.warned[key] = told
            self.warnings.append(told)
        else:
            known["count"] = known.get("count", 1) + 1


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


class Terminal:
    """What pytest's terminal reporter prints goes to memory; the part from
    the summaries on is kept. No progress: nobody sees it, and rendering it
    takes time."""

    def __init__(self, config):
        import io
        self.buffer = io.StringIO()
        self.start = 0
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        private.print_to(reporter, self.buffer)
        private.no_progress(reporter)

    @hookimpl(tryfirst=True)
    def pytest_terminal_summary(self):
        self.start = self.buffer.tell()

    def clear(self):
        """Forget what was printed."""
        self.buffer.seek(0)
        self.buffer.truncate()
        self.start = 0

    def text(self):
        return self.buffer.getvalue()

    def summary(self):
        return self.text()[self.start:] if self.start else ""
