# SPDX-License-Identifier: Apache-2.0
"""pytest plugins that take part while options are parsed and conftests are
loaded; recorder.py has those that note what happens."""

from pytest import UsageError, hookimpl

from . import breakpoints, private
from .addopts import without_added


class Ready:
    """Ends the neutralising as soon as options are parsed."""

    def __init__(self, neutral):
        self.neutral = neutral

    def pytest_configure(self, config):
        self.neutral.restore()


class Added:
    """A pytest plugin: takes out whole-run options that hooks add to the
    command line while the initial conftests are loaded."""

    @hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config, args):
        before = list(args)
        known = early_config.known_args_namespace
        had = "no_cov" in known
        plain = getattr(known, "no_cov", False)
        # A hook may have pytest-cov look at the options at once.
        known.no_cov = True
        yield
        if had:
            known.no_cov = plain
        else:
            del known.no_cov
        manager = early_config.pluginmanager
        if manager.has_plugin("_cov"):
            manager.unregister(name="_cov")
        args[:] = without_added(before, args)


class Breakpoints:
    """A pytest plugin: says how a test that calls a debugger can be debugged.
    """

    def __init__(self, rec):
        self.rec = rec

    @hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item, call):
        outcome = yield
        opts = self.rec.opts
        if call.excinfo is None or opts is None or \
                not breakpoints.quits(call.excinfo.type):
            return
        name = opts.below(str(item.path)) + "::" + \
            item.nodeid.partition("::")[2]
        outcome.get_result().longrepr = breakpoints.text(
            call.excinfo.tb, name, opts.below)


class Limit:
    """A pytest plugin: while options are parsed, directories below `anchor`
    count as `anchor`, so that late conftests are not loaded yet."""

    def __init__(self, anchor):
        self.anchor = anchor
        self.undo = None

    @hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self, early_config):
        from pathlib import Path
        anchor = Path(self.anchor)
        self.undo = private.limit_conftests(
            early_config.pluginmanager,
            lambda found: anchor if anchor in found.parents else found)

    def lift(self):
        """From now on the late conftests are loaded as pytest comes to them.
        False if they have been loaded."""
        if self.undo is None:
            return False
        self.undo()
        return True


class Gate:
    """A pytest plugin that calls started(session) when pytest would begin to
    collect, before any other plugin hears of it. If that is False, nothing is
    collected and nothing runs."""

    def __init__(self, started, rec):
        self.started = started
        self.rec = rec
        self.shut = Shut()
        self.more = None        # called with a session, and the exit code of
                                # its main loop, when that is over

    @hookimpl(trylast=True)
    def pytest_sessionstart(self, session):
        # What is registered last comes first.
        session.config.pluginmanager.register(self.shut, "tgraph-shut")
        session.config.pluginmanager.register(First(self), "tgraph-first")

    def again(self, config, session, started):
        """Collect and run once more; the exit code of that."""
        more, self.more = self.more, None
        self.started = lambda config, session: started()
        try:
            config.hook.pytest_collection(session=session)
            config.hook.pytest_runtestloop(session=session)
        except UsageError:
            return 4
        except session.Interrupted:
            if not self.rec.collect_errors:
                raise
            return 2
        finally:
            self.more = more
        return code_of(session)


def code_of(session):
    """What pytest makes of a main loop."""
    return 1 if session.testsfailed else 0 if session.testscollected else 5


class First:
    """The part of a Gate that comes first."""

    def __init__(self, gate):
        self.gate = gate

    @hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection(self, session):
        self.gate.shut.now = not self.gate.started(session.config, session)
        outcome = yield
        if outcome.excinfo and issubclass(outcome.excinfo[0], UsageError):
            self.gate.rec.usage = outcome.excinfo[1].args

    @hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session):
        outcome = yield
        gate = self.gate
        if gate.more is None:
            return
        code = code_of(session)
        if outcome.excinfo:
            # It is this file that can't be collected.
            if not gate.rec.collect_errors or not issubclass(
                    outcome.excinfo[0], session.Interrupted):
                return
            outcome.force_result(True)
            code = 2
        gate.more(session.config, session, code)


class Shut:
    """The part of a Gate that keeps others from collecting and running."""

    now = False

    @hookimpl(tryfirst=True)
    def pytest_collection(self):
        return self.now or None

    @hookimpl(tryfirst=True)
    def pytest_runtestloop(self):
        return self.now or None
