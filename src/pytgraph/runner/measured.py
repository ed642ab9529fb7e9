# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin that has a run measured."""

from pytest import UsageError, hookimpl

from . import measure


class Measured:
    """Begins when pytest-cov would, and stops with the tests. `shared`: files
    will be run by processes that are forked from this one."""

    def __init__(self, opts, shared):
        self.measure = None     # the Measure
        self.opts = opts
        self.shared = shared
        self.each = opts.coverage_context == "test"

    @hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self):
        try:
            self.measure = measure.begin(self.opts, self.shared)
        except measure.Unusable as exc:
            raise UsageError(str(exc))

    @hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtestloop(self):
        yield
        if self.measure is not None:
            self.measure.stop()

    @hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        self.context(item, "setup")

    @hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item):
        self.context(item, "teardown")

    @hookimpl(hookwrapper=True)
    def pytest_runtest_call(self, item):
        """As pytest-cov has it, also where that is not there."""
        self.context(item, "run")
        spared = item.get_closest_marker("no_cover") or \
            "no_cover" in getattr(item, "fixturenames", ())
        if spared:
            self.measure.stop()
        yield
        if spared:
            self.measure.start()

    def context(self, item, when):
        if self.each:
            self.measure.context("%s|%s" % (item.nodeid, when))
