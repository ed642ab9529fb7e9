# SPDX-License-Identifier: Apache-2.0
"""What is used of pytest though its name begins with an underscore, or though
no page of its manual has it. No other file does so: each part here gives one
thing, or None (or does nothing) where this pytest, which may be any from 7.0
on, has it not.

    what                    what for                    without it

    list_only               files are collected         pytest lists whole
                            without their neighbours    directories
    Nodes                   directories' nodes are      each file makes them
                            made once
    in_confcutdir           the same                    the same
    conftest_loader         conftests are loaded in a   a file with conftests
                            session that has started    has its own start
    limit_conftests         that are not loaded before  the same
    warnings_caught         and what they warn of is    the same; imports that
                            told                        warn of anything are
                                                        left to the files
    captures                children capture into       each file has its own
                            files of their own          start
    RewritingCache          modules whose asserts are   .pyc files that may be
                            rewritten are kept by       old are removed before
                            content                     each start
    AssertRewriter          asserts are rewritten       slower
                            quickly
    print_to                pytest's output is not in   it is in the log, the
                            the log of what passes      result has no summary
    no_progress             dots are not drawn          they are
    temporary_in            tmp_path is made where      it is where pytest makes
                            tgraph removes it           it, which removes it
    bracketed               a path with a bracket or    such a file can't be
                            two colons is named         named
    Setup                   session fixtures outlive    each file has its own
                            a file in a shared process
    forget_files            a file can be collected     -
                            though another was before
    configured              tgraph --show knows what    it says nothing of
                            of addopts is left out      addopts
    fixtures_of             who sets up what a test     no functions entered
                            uses is known               for what lasts longer
    shared_fixtures         tests that share something  no file is split
                            stay in one process
    other_temporary         a second process for a      its tmp_path lies where
                            file makes tmp_path         the first one's does
"""


def has(thing, *names):
    """Is all of this there?"""
    return all(hasattr(thing, name) for name in names)


# ---- collecting

def list_only(scandir):
    """Let pytest's collectors of directories list by scandir(plain), called as
    the function `plain` is that it gives way to. A function that undoes this;
    None. (pytest 7 lists nothing for a file.)"""
    import _pytest.main
    import _pytest.python
    modules = _pytest.main, _pytest.python
    if not all(has(module, "scandir") for module in modules):
        return None
    plain = _pytest.main.scandir
    given = scandir(plain)

    def undo():
        for module in modules:
            module.scandir = plain

    for module in modules:
        module.scandir = given
    return undo


class Nodes:
    """How a session makes the nodes of directories."""

    def __init__(self, session):
        self.session = session

    @classmethod
    def of(cls, session):
        """Those of a session; None (and with pytest 7, which makes none)."""
        import pytest
        if not hasattr(pytest, "Dir") or not has(
                session, "_collect_one_node", "_collect_path",
                "_initialpaths", "_initialpaths_with_parents",
                "_collection_cache"):
            return None
        return cls(session)

    def begin(self, chain):
        """The directories `chain` (Paths) will be collected."""
        self.session._initialpaths = frozenset()
        self.session._initialpaths_with_parents = frozenset(chain)

    def end(self):
        self.session._collection_cache.clear()
        self.session._initialpaths_with_parents = frozenset()

    def first(self, path):
        """The nodes of a directory at which collecting begins."""
        return self.session._collect_path(path, {})

    def report(self, node):
        """The CollectReport of a node."""
        return self.session._collect_one_node(node)[0]

    def know(self, first, reports):
        """Let pytest find the nodes and reports of these dicts, by path and
        by node, in the place of making them."""
        plain_path = self.session._collect_path
        plain_node = self.session._collect_one_node

        def _collect_path(path, path_cache):
            found = first.get(path)
            return plain_path(path, path_cache) if found is None else found

        def _collect_one_node(node, handle_dupes=True):
            report = reports.get(node)
            if report is None:
                return plain_node(node, handle_dupes)
            return report, False

        self.session._collect_path = _collect_path
        self.session._collect_one_node = _collect_one_node


    def keep(self, is_directory):
        """Let the nodes for which is_directory(node) be the same each time that
        something is collected."""
        plain_path = self.session._collect_path
        plain_node = self.session._collect_one_node
        known = {}

        def same(nodes):
            return [known.setdefault(node.path, node) if is_directory(node)
                    else node for node in nodes]

        def _collect_path(path, path_cache):
            return same(plain_path(path, path_cache))

        def _collect_one_node(node, handle_dupes=True):
            report, duplicate = plain_node(node, handle_dupes)
            if report.passed:
                report.result = same(report.result)
            return report, duplicate

        self.session._collect_path = _collect_path
        self.session._collect_one_node = _collect_one_node


def forget_files(config):
    """Let nothing that was collected before stand in the way of a file."""
    manager = config.pluginmanager
    if has(manager, "_duplicatepaths"):
        manager._duplicatepaths.clear()
    hook = getattr(manager, "rewrite_hook", None)
    if has(hook, "_session_paths_checked"):
        hook._session_paths_checked = False


class Setup:
    """What a session has set up. stack: the nodes, outermost first;
    teardown(item): tears down all that is not needed for the item, which may
    be None."""

    def __init__(self, state):
        self.state = state
        self.teardown = state.teardown_exact

    @classmethod
    def of(cls, session):
        """None."""
        if not has(session, "_setupstate") or \
                not has(session._setupstate, "teardown_exact", "stack"):
            return None
        return cls(session._setupstate)

    @property
    def stack(self):
        return list(self.state.stack)

    def replace(self, teardown):
        """Let pytest call teardown(item)."""
        self.state.teardown_exact = teardown


def in_confcutdir(config):
    """in_confcutdir(path): are conftests of this directory loaded? None."""
    manager = config.pluginmanager
    return manager._is_in_confcutdir if has(manager, "_is_in_confcutdir") \
        else None


# ---- conftests

def conftest_loader(config):
    """load(directory): loads the conftests of a directory (a Path) and those
    above, as pytest does for a file on its command line; None."""
    manager = config.pluginmanager
    if has(manager, "_loadconftestmodules"):    # pytest 8
        function = manager._loadconftestmodules
    elif has(manager, "_getconftestmodules"):
        function = manager._getconftestmodules
    else:
        return None
    caught = warnings_caught(config, config.hook, "config")
    words = function.__code__.co_varnames
    if caught is None or "importmode" not in words:
        return None
    more = {}
    if "consider_namespace_packages" in words:
        more["consider_namespace_packages"] = config.getini(
            "consider_namespace_packages")

    def load(directory):
        with caught():
            function(directory, config.getoption("importmode"),
                     config.rootpath, **more)

    return load


def limit_conftests(manager, limit):
    """Let the plugin manager, where it loads the conftests for a path, take
    the directory limit(directory) for that of the path. A function that undoes
    this; None."""
    if not has(manager, "_get_directory"):
        return None
    plain = manager._get_directory

    def undo():
        manager._get_directory = plain

    manager._get_directory = lambda path: limit(plain(path))
    return undo


def warnings_caught(config, hooks, when):
    """caught(): the context in which pytest executes what may warn while it
    does `when`; hooks.pytest_warning_recorded hears of it. None. (Without its
    plugin pytest has no such context.)"""
    from contextlib import ExitStack
    if not config.pluginmanager.has_plugin("warnings"):
        return ExitStack
    import _pytest.warnings
    if not has(_pytest.warnings, "catch_warnings_for_item"):
        return None
    return lambda: _pytest.warnings.catch_warnings_for_item(
        config=config, ihook=hooks, when=when, item=None)


# ---- rewritten asserts

class AssertRewriter:
    """How pytest gives the statements that it makes of an assert their place:
    visit(rewriter, assert_) makes them and walks them by a generator."""

    def __init__(self, module):
        self.module = module
        self.visit = module.AssertionRewriter.visit_Assert

    @classmethod
    def find(cls):
        """None (or if somebody has replaced it)."""
        from _pytest.assertion import rewrite
        if not has(rewrite, "AssertionRewriter", "traverse_node") or \
                not has(rewrite.AssertionRewriter, "visit_Assert"):
            return None
        found = cls(rewrite)
        names = getattr(getattr(found.visit, "__code__", None), "co_names", ())
        return found if {"traverse_node", "copy_location"} <= set(names) \
            else None

    def only_missing(self):
        """Does pytest give a place only to what has none (since 8.0.1)?"""
        return "lineno" in self.visit.__code__.co_consts

    def replace(self, visit):
        """Let `visit` do it, and pytest's own walk nothing."""
        self.module.AssertionRewriter.visit_Assert = visit
        self.module.traverse_node = lambda node: ()


class RewritingCache:
    """The functions through which rewritten modules go (pytest 7.0 to 9.x), as
    they are before anybody has replaced them:

        make(directory)                 can it be written into?
        read(source, pyc, ...)          the code that is kept, or None
        compile(source, config)         (stat result, code)
        write(state, code, source, pyc) keep it
        tail                            of the names of .pyc files
    """

    NAMES = {"make": "try_makedirs", "read": "_read_pyc",
             "compile": "_rewrite_test", "write": "_write_pyc"}

    def __init__(self, module):
        self.module = module
        self.tail = module.PYC_TAIL
        for own, name in self.NAMES.items():
            function = getattr(module, name)
            setattr(self, own, getattr(function, "tgraph_plain", function))

    @classmethod
    def find(cls):
        from _pytest.assertion import rewrite
        if not has(rewrite, "try_makedirs", "_read_pyc", "_rewrite_test",
                   "_write_pyc", "PYC_TAIL"):
            return None
        return cls(rewrite)

    def replace(self, **functions):
        """Put others in the places of those named."""
        for own, function in functions.items():
            function.tgraph_plain = getattr(self, own)
            function.__name__ = self.NAMES[own]
            setattr(self.module, self.NAMES[own], function)


# ---- output

def print_to(reporter, stream):
    """Let pytest's terminal reporter print to `stream`."""
    if has(reporter, "_tw") and has(reporter._tw, "_file"):
        reporter._tw._file = stream


def no_progress(reporter):
    """Let pytest's terminal reporter say nothing while tests run."""
    if has(reporter, "_show_progress_info", "showfspath"):
        reporter._show_progress_info = False
        reporter.showfspath = False


def captures(config):
    """Descriptors of the files into which pytest captures descriptors 1 and 2,
    where it does; None: that can't be told."""
    manager = config.pluginmanager.get_plugin("capturemanager")
    if manager is None:
        return []
    if not has(manager, "_global_capturing"):
        return None
    both = manager._global_capturing
    if both is None:
        return []
    if not has(both, "out", "err"):
        return None
    found = []
    for one in both.out, both.err:
        if one is None:
            continue
        if not has(one, "tmpfile"):
            return None
        try:
            found.append(one.tmpfile.fileno())
        except (AttributeError, OSError, ValueError):
            continue            # one in memory
    return found


# ---- temporary files

def temporary_in(config, place):
    """Let tmp_path and the like lie below the directory place(), which is
    called, and the directory made, when the first is asked for; nothing if
    there is one by now."""
    if not has(config, "_tmp_path_factory"):
        return
    factory = config._tmp_path_factory
    if not has(factory, "_basetemp", "_given_basetemp") or \
            factory._basetemp is not None:
        return
    plain = factory.getbasetemp

    def getbasetemp():
        if factory._basetemp is None:
            factory._given_basetemp = place()
        return plain()

    factory.getbasetemp = getbasetemp


def bracketed(paths):
    """Let pytest's arguments name `paths` (relative to its working directory),
    though they have a bracket, which it takes for the beginning of parameters,
    or two colons (pytest 7.0 to 9.x)."""
    import os
    import _pytest.main
    plain = getattr(_pytest.main, "resolve_collection_argument", None)
    if plain is None:
        return

    def resolve_collection_argument(invocation_path, arg, *more, **named):
        for path in paths:
            if arg != path and not arg.startswith(path + "::"):
                continue
            real = type(invocation_path)(os.path.abspath(invocation_path /
                                                         path))
            if real.exists():
                other = "/" if real.is_dir() else os.devnull
                return with_path(real, plain(
                    invocation_path, other + arg[len(path):], *more, **named))
        return plain(invocation_path, arg, *more, **named)

    _pytest.main.resolve_collection_argument = resolve_collection_argument


def with_path(path, found):
    """What was found of an argument, with another path."""
    if isinstance(found, tuple):
        return (path,) + found[1:]
    from dataclasses import replace
    return replace(found, path=path)


def configured(args):
    """Let pytest read its configuration as for these arguments, and forget it
    again."""
    try:
        from _pytest.config import _prepareconfig
    except ImportError:
        return
    config = _prepareconfig(args)
    if has(config, "_ensure_unconfigure"):
        config._ensure_unconfigure()


def other_temporary(config, place):
    """In a process that was forked to run some tests of a file: let tmp_path
    lie below the directory `place`, whatever the file's process has done."""
    if not has(config, "_tmp_path_factory"):
        return
    factory = config._tmp_path_factory
    if not has(factory, "_basetemp", "_given_basetemp"):
        return
    from pathlib import Path
    factory.__dict__.pop("getbasetemp", None)
    factory._basetemp = None
    factory._given_basetemp = Path(place)


# ---- fixtures

def fixtures_of(item):
    """By name the definitions of fixtures that an item may use; None: it can't
    be told."""
    info = getattr(item, "_fixtureinfo", None)
    return getattr(info, "name2fixturedefs", None)


def shared_fixtures(item):
    """What is set up for this item, a Function, and may be for others of its
    module or class: hashable things. (Not what lives longer than the module and
    is made outside.) None: it can't be told."""
    found = fixtures_of(item)
    if found is None:
        return None
    import pytest
    module = item.getparent(pytest.Module)
    shared = set()
    for name, definitions in found.items():
        if name.startswith("_unittest_setUpClass_fixture") and \
                not _sets_up_class(item.cls):
            continue
        for definition in definitions:
            if not has(definition, "scope", "baseid"):
                return None
            scope = definition.scope
            if scope == "class":
                shared.add((definition, item.cls or module))
            elif scope == "module" or scope != "function" and \
                    definition.baseid.startswith(module.nodeid):
                shared.add(definition)
    return shared


def _sets_up_class(cls):
    """Has a TestCase more to be done once than unittest's own?"""
    from unittest import TestCase
    return any(
        getattr(getattr(cls, name, None), "__func__", None) is not
        getattr(TestCase, name).__func__
        for name in ("setUpClass", "tearDownClass"))
