# SPDX-License-Identifier: Apache-2.0
"""What plugins do in every run, though it had nothing to do with them. Once in a
run of all files it doesn't matter; for each file it may take longer than the
tests. Those that look at something at the end are taken out before the session
finishes where they have nothing to tell.
"""

import sys

from pytest import PytestPluginManager, hookimpl


class Tag:
    """pytest-benchmark asks git, as it adds its options, for a name of results
    that nobody may want to save: six programs for each session, and each change
    in the repository is another answer. Inside this, which is a pytest plugin
    too, and until options are parsed it gets one that asks when it is used."""

    def __init__(self):
        self.plain = None
        self.adding = True

    def __enter__(self):
        self.plain = plain = PytestPluginManager.register

        def register(manager, plugin, name=None):
            if getattr(plugin, "__name__", None) == \
                    "pytest_benchmark.plugin" and hasattr(plugin, "get_tag"):
                make = plugin.get_tag
                plugin.get_tag = lambda: Later(self, make)
            return plain(manager, plugin, name)

        PytestPluginManager.register = register
        return self

    @hookimpl(tryfirst=True)
    def pytest_configure(self, config):
        self.end()

    def end(self):
        self.adding = False
        if self.plain is not None:
            PytestPluginManager.register, self.plain = self.plain, None

    def __exit__(self, *exc):
        self.end()


class Later:
    """A text that is made when it is asked for; but not for a help text."""

    def __init__(self, tag, make):
        self.tag = tag
        self.make = make
        self.text = None

    def __str__(self):
        if self.tag.adding:
            return "COMMIT_TIME"
        if self.text is None:
            self.text = self.make()
        return self.text


def spare(config):
    """Take out those that this run has not used."""
    for name, unused in (("_hypothesis_pytestplugin", hypothesis),
                         ("inline_snapshot.pytest_plugin", snapshots)):
        module = sys.modules.get(name)
        if module is None:
            continue
        for plugin in config.pluginmanager.get_plugins():
            if (plugin is module or type(plugin).__module__ == name) and \
                    unused(config):
                config.pluginmanager.unregister(plugin)


def hypothesis(config):
    """Hypothesis' plugin imports all of it to find that there are no
    failures of its tests to tell."""
    return "hypothesis" not in sys.modules and \
        not getattr(config.option, "hypothesis_show_statistics", False)


def snapshots(config):
    """inline-snapshot's plugin looks through all files of the project for
    snapshots that lie beside them."""
    module = sys.modules.get("inline_snapshot._global_state")
    state = getattr(module, "state", None)
    if state is None or getattr(config.option, "inline_snapshot", None):
        return False
    state = state()
    # Of a version that has them: whether it is on, what was asked for in the
    # configuration, what tests have compared, what was wrong.
    active, flags, used, wrong = (
        getattr(state, name, None) for name in (
            "active", "flags", "snapshots", "all_problems"))
    return active is True and type(flags) is set and "trim" not in flags and \
        used == {} and wrong == set()
