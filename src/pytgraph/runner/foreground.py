# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin of a run in the foreground: what the others do to a run
that a test could see."""

from pytest import UsageError, hookimpl

from .slots import Slot


class Foreground:
    def __init__(self, opts):
        self.opts = opts
        self.slot = Slot()

    @hookimpl(tryfirst=True)
    def pytest_configure(self, config):
        self.slot.hide()

    @hookimpl(trylast=True)
    def pytest_sessionstart(self, session):
        from .pytestrun import as_listed, silence
        silence(session.config)
        self.slot.show()
        as_listed(session.config, session, self.opts)
        self.slot.enter(session.config)

    @hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session):
        self.slot.leave(session.config)

    @hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, session, config, items):
        from .match import matcher
        try:
            wanted = matcher(self.opts)
        except ValueError as exc:
            raise UsageError(str(exc))
        if wanted is None:
            return
        top = str(config.rootpath)
        fit = [i for i in items if wanted.wants(i.nodeid, top)]
        if len(fit) < len(items):
            config.hook.pytest_deselected(
                items=[i for i in items if i not in fit])
            items[:] = fit
