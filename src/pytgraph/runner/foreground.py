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
        from .match import chosen
        try:
            fit = chosen(self.opts, [i.nodeid for i in items],
                         str(config.rootpath))
        except ValueError as exc:
            raise UsageError(str(exc))
        if fit is not None and not all(fit):
            config.hook.pytest_deselected(
                items=[i for i, is_fit in zip(items, fit) if not is_fit])
            items[:] = [i for i, is_fit in zip(items, fit) if is_fit]
