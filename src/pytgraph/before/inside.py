# SPDX-License-Identifier: Apache-2.0
"""Running a test file in the process that has collected it.

A child for each file costs more than the tests of a small file do. If all that
the items of a file execute is pure (pure.py, values.py), and nothing but
pytest's own plugins takes part, running them leaves the process as it was: then
it needs no child.

pytest collects the file, sets its fixtures up, calls its functions and tears
down, by its own code and in its order. What only looks at an item or reports
about it is left out: capturing, hooks around items, the rewriting of asserts,
which matters when one fails. Only a file whose items all pass, with no assert
that fails, no warning and no output, gets its result so. Whatever else happens,
this process ends, and the file is run in a child as if nothing had been.
Reference: pytest 8.0 to 9.x, _pytest/runner.py.
"""

import ast
import os
import sys
import time
import warnings

from ..observe import environ
from ..runner import pytestrun, results
from ..runner.collect import OWN, foreign
from .early import Standing
from .values import Values

_RUNNING = (
    "pytest_runtestloop", "pytest_runtest_protocol",
    "pytest_runtest_logstart", "pytest_runtest_setup", "pytest_runtest_call",
    "pytest_runtest_teardown", "pytest_runtest_makereport",
    "pytest_runtest_logreport", "pytest_runtest_logfinish",
    "pytest_pyfunc_call", "pytest_fixture_setup",
    "pytest_fixture_post_finalizer", "pytest_report_teststatus",
    "pytest_report_to_serializable", "pytest_exception_interact",
    "pytest_assertion_pass", "pytest_assertrepr_compare",
    "pytest_warning_recorded", "pytest_terminal_summary",
    "pytest_sessionfinish", "pytest_unconfigure", "pytest_enter_pdb",
    "pytest_keyboard_interrupt", "pytest_internalerror")
# First part of the names of plugins that do nothing in these hooks unless an
# option makes them, which addopts.py takes out, or their library is used, which
# no pure function does.
_IDLE = OWN | {"xdist", "_hypothesis_pytestplugin"}
# Options under which a run is another one.
_OPTIONS = ("setuponly", "setupshow", "setupplan", "collectonly", "usepdb",
            "trace", "log_file")
_SETTINGS = ("log_cli", "log_file", "faulthandler_timeout")
# Marks whose arguments pytest evaluates when it runs an item, or acts on.
_MARKS = frozenset(("skip", "skipif", "xfail", "filterwarnings"))
# As pytest's own names in a module whose asserts it has rewritten.
_FAILED = "@tgraph_failed"


class Inside:
    """Runs files in this process, after `collector` (early.Collector) has
    collected them."""

    def __init__(self, collector):
        self.collector = collector
        self.config = collector.config
        self.values = Values(collector.modules.ours)
        self.plugins = None     # how many there were when asked for hooks
        self.idle = False
        self.fits = self.misses = 0     # of the files that looked fit
        self.packages = {}      # pytest.Package: see node()
        self.failed = False     # did an assert?
        self.hook = next((f for f in sys.meta_path if type(f).__name__ ==
                          "AssertionRewritingHook"), None)

    def promising(self, file):
        """Does the source of `file` (absolute path) look as if its items will
        be fit?"""
        return self.misses < 3 + self.fits and self.hook is not None and \
            not sys.flags.optimize and self.alone() and \
            self.values.source(file).pure()

    def collect(self, opts):
        """Collect a promising file; its asserts are not rewritten. False as
        Collector.collect()."""
        file = opts.files[0]
        hook, plain = self.hook, self.hook.exec_module
        self.failed = False

        def exec_module(module):
            if module.__spec__.origin != file:
                return plain(module)
            hook._rewritten_names[module.__name__] = module.__spec__.origin
            module.__dict__[_FAILED] = self.fail
            exec(self.compiled(file), module.__dict__)

        hook.exec_module = exec_module
        try:
            return self.collector.collect(opts)
        finally:
            del hook.exec_module

    def compiled(self, file):
        """The code of a promising file. An assert that fails tells fail(): its
        text is another one than that of a rewritten assert."""
        source = self.values.source(file)
        for facts in source.functions.values():
            for node in facts.asserts:
                place = {name: getattr(node, name) for name in
                         ("lineno", "col_offset", "end_lineno",
                          "end_col_offset")}
                node.msg = ast.Call(
                    func=ast.Name(id=_FAILED, ctx=ast.Load(), **place),
                    args=[node.msg] if node.msg else [], keywords=[], **place)
        return compile(source.tree, file, "exec", dont_inherit=True)

    def fail(self, message=None):
        self.failed = True
        return message

    def fit(self, file):
        """May the collected items of `file` be run here?"""
        items = self.collector.session.items
        used = []
        fit = bool(items) and self.alone() and \
            len({item.nodeid for item in items}) == len(items) and \
            all(self.item(item, used) for item in items) and \
            self.values.all_harmless(used, file)
        self.fits += fit
        self.misses += not fit
        return fit

    def alone(self):
        """Do only pytest's own plugins take part in running tests?"""
        config = self.config
        plugins = len(config.pluginmanager.get_plugins())
        if plugins != self.plugins:
            self.plugins = plugins
            self.idle = not any(
                foreign(config.hook, hook, _IDLE) for hook in _RUNNING) and \
                not any(config.getoption(name, None) for name in _OPTIONS) \
                and not any(setting(config, name) for name in _SETTINGS)
        return self.idle

    def item(self, item, used):
        """Add to `used` what an item executes; False: more than can be
        told."""
        import pytest
        info = getattr(item, "_fixtureinfo", None)
        if type(item) is not pytest.Function or \
                "request" in info.names_closure or \
                any(mark.name in _MARKS for mark in item.iter_markers()) or \
                not all(map(self.node, item.listchain()[:-1])):
            return False
        used.append(getattr(item.obj, "__func__", item.obj))
        if item.cls is not None:
            used.append(item.cls)
        for definitions in info.name2fixturedefs.values():
            for definition in definitions:
                if definition.params is not None:
                    return False
                if not gives_parameter(definition.func):
                    used.append(definition.func)
        callspec = getattr(item, "callspec", None)
        if callspec is not None:
            used.extend(callspec.params.values())
        return True

    def node(self, node):
        """Does setting up this collector execute nothing of the user's? (A
        package calls what its __init__.py has for that by name; modules and
        classes have fixtures made of theirs.)"""
        import pytest
        if type(node) is not pytest.Package:
            return type(node) in (pytest.Session, pytest.Dir, pytest.Module,
                                  pytest.Class)
        known = self.packages.get(node)
        if known is None:
            try:
                with open(str(node.path / "__init__.py"), "rb") as stream:
                    text = stream.read().lower()
            except OSError:
                return False
            known = self.packages[node] = not any(
                word in text for word in (b"setup", b"teardown", b"*"))
        return known

    def run(self, opts):
        """Run the collected items of `opts`. The result document of a file
        that passed; None: the file has to be run elsewhere."""
        session, rec = self.collector.session, self.collector.rec
        rec.restart()
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                items = [self.run_item(*pair) for pair in zip(
                    session.items, session.items[1:] + [None])]
            rec.at_line(0)
            doc = pytestrun.outline(
                opts, rec, items,
                results.common(opts, pytestrun.read(rec)))
        except BaseException:
            return None
        environ.seen.on = True
        doc["done"] = True
        return None if caught or doc["warnings"] or self.failed or \
            session.shouldstop else doc

    def run_item(self, item, following):
        """An item of the result document."""
        state, rec = self.collector.session._setupstate, self.collector.rec
        line = rec.lines[item.nodeid]
        rec.at_line(line)
        began = time.perf_counter()
        state.setup(item)
        item.runtest()
        state.teardown_exact(following)
        took = time.perf_counter() - began
        return {"id": item.nodeid, "outcome": "passed",
                "duration": round(took, 6), "line": line}

    def unchanged(self, modules, here):
        """Is this process what it was, when it had so many `modules` and was
        in the directory `here`?"""
        now, before = Standing(), self.collector.standing
        return len(sys.modules) == modules and os.getcwd() == here and \
            now.threads == before.threads and now.files == before.files and \
            now.rest == before.rest


def setting(config, name):
    try:
        return config.getini(name)
    except (KeyError, ValueError):
        return None


def gives_parameter(function):
    """Is it pytest's own, for the values of a parametrized test?"""
    return function.__name__ == "get_direct_param_fixture_func" and \
        function.__module__.partition(".")[0] == "_pytest"
