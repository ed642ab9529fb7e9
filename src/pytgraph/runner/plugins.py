# SPDX-License-Identifier: Apache-2.0
"""pytest plugins that take part while options are parsed and conftests are
loaded; recorder.py has those that note what happens."""

from pytest import hookimpl

from .addopts import without_added


class Ready:
    """Ends the neutralising as soon as options are parsed."""

    def __init__(self, neutral):
        self.neutral = neutral

    def pytest_configure(self, config):
        self.neutral.restore_env()


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


class Limit:
    """A pytest plugin: while options are parsed, directories below `anchor`
    count as `anchor`, so that late conftests are not loaded yet."""

    def __init__(self, anchor):
        self.anchor = anchor
        self.manager = None
        self.plain = None

    @hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self, early_config):
        from pathlib import Path
        self.manager = pm = early_config.pluginmanager
        self.plain = plain = pm._get_directory
        anchor = Path(self.anchor)

        def _get_directory(path):
            found = plain(path)
            return anchor if anchor in found.parents else found

        pm._get_directory = _get_directory

    def lift(self):
        """From now on the late conftests are loaded as pytest comes to
        them."""
        if self.manager is not None:
            self.manager._get_directory = self.plain
