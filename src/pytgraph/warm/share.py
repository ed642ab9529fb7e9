# SPDX-License-Identifier: Apache-2.0
"""When one pytest session may serve several package roots.

A session knows the directory it was started in only through
invocation_params.dir and sys.path[0] if nothing but pytest's own plugins,
and others known to be indifferent to it, took part in its configuration, and
no conftest did. Then a branch of it can be moved to another package root.
"""

import os
import sys

# Module names (first part) of plugins that don't look at the working
# directory before tests run, as long as the options that would make them do
# so are not given; addopts.py takes those out.
_INDIFFERENT = frozenset((
    "_pytest", "pytest", "_pytgraph", "xdist", "pytest_asyncio", "anyio",
    "pytest_mock", "pytest_timeout", "pytest_forked", "pytest_rerunfailures",
    "pytest_subtests", "pytest_trio", "pytest_cov",
    "_hypothesis_pytestplugin", "faker", "pytest_bdd", "pytest_check",
    "pytest_clarity", "pytest_datadir", "pytest_dependency", "pytest_env",
    "pytest_factoryboy", "pytest_freezer", "pytest_html", "pytest_httpx",
    "pytest_icdiff", "pytest_instafail", "pytest_metadata", "pytest_order",
    "pytest_pretty", "pytest_randomly", "pytest_regressions", "pytest_repeat",
    "pytest_socket", "pytest_sugar", "pytest_unordered", "requests_mock"))


def movable(config, opts, early):
    """May branches of this session have another working directory?"""
    if early or not opts.rootdir or config.inipath is None:
        return False
    if os.environ._data.get(b"PYTEST_PLUGINS") or opts.extra or \
            config.getoption("log_file", None) or config.getini("log_file"):
        return False
    pm = config.pluginmanager
    # Hypothesis, not its plugin, takes a directory where it is imported.
    if pm._conftest_plugins or "hypothesis" in sys.modules:
        return False
    return all(_indifferent(plugin) for plugin in pm.get_plugins())


def _indifferent(plugin):
    name = getattr(plugin, "__name__", None) if \
        isinstance(plugin, type(sys)) else type(plugin).__module__
    return isinstance(name, str) and \
        name.partition(".")[0] in _INDIFFERENT


def move(config, old, new):
    """Make `new` (absolute path) the directory pytest was started in."""
    from pathlib import Path
    os.chdir(new)
    if old in sys.path:
        sys.path[sys.path.index(old)] = new
    object.__setattr__(config.invocation_params, "dir", Path(new))
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if hasattr(reporter, "startpath"):
        reporter.startpath = Path(new)
