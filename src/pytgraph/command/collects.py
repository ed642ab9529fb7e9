# SPDX-License-Identifier: Apache-2.0
"""What a runner collects when it is called by hand, for -t doctor.

    PYTHON PYTGRAPH_DIR collects FD DIR pytest [ARG...]
    PYTHON PYTGRAPH_DIR collects FD DIR unittest DIRECTORY

as "python -m pytest --collect-only -q ARG..." and "python -m unittest discover
-s DIRECTORY" do in DIR. Nothing of how tgraph collects takes part; but what of
addopts writes into the tree, or counts for a whole run, is left out as it is
there. What is printed is the runner's. FD gets a JSON document:

    version 1, runner, runner_version, runner_dir, exit (the code that it would
    have ended with), died (the exception it ended by), finished (it has
    collected all), plugins (of pytest, installed: name and version), files,
    deselected (how many), done

A file: path (absolute), ids (what of a test's id follows "FILE::"; of a test that
has none, what is left), error (why its tests cannot be told). A file is there also
if it has no tests.
"""

import os
import sys


def main(argv):
    fd, runner, words = int(argv[0]), argv[2], argv[3:]
    os.set_inheritable(fd, False)
    sys.dont_write_bytecode = True      # the tree is only read
    os.chdir(argv[1])
    if "PWD" in os.environ:
        os.environ["PWD"] = argv[1]
    doc = {"version": 1, "runner": runner, "finished": False, "files": {}}
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.getcwd())
    if runner == "pytest":
        by_pytest(words, doc)
    else:
        by_unittest(words[0], doc)
    hand_over(fd, doc)
    return 0


def hand_over(fd, doc):
    """Write the document; names may have any bytes."""
    import json
    doc["files"] = list(doc["files"].values())
    doc["done"] = True
    with open(fd, "wb") as stream:
        stream.write(json.dumps(doc, ensure_ascii=False).encode(
            "utf-8", "surrogateescape"))


def entry(doc, path):
    """The document's entry of a file."""
    path = os.path.normpath(str(path))
    return doc["files"].setdefault(path, {"path": path, "ids": []})


def by_pytest(words, doc):
    import shutil
    import tempfile
    from ..process.process import as_main, set_arguments
    try:
        import pytest
    except ModuleNotFoundError as exc:
        if exc.name != "pytest":
            raise
        doc["exit"] = 1
        doc["died"] = "%s: No module named pytest" % sys.executable
        sys.stdout.write(doc["died"] + "\n")
        return
    doc["runner_version"] = pytest.__version__
    doc["runner_dir"] = os.path.dirname(pytest.__file__)
    from ..runner.plugins import Added, Ready
    from ..runner.pytestrun import Neutral
    # What failed last in other runs decides nothing here, and stays as it is.
    cache = tempfile.mkdtemp(prefix="tgraph-")
    args = ["--collect-only", "-q", "-o", "cache_dir=" + cache] + words
    set_arguments(as_main("pytest"), "pytest", args)
    neutral = Neutral()
    try:
        with neutral:
            doc["exit"] = int(pytest.main(args, plugins=[
                Ready(neutral), Added(), Noting(pytest, doc)]))
    except BaseException as exc:
        died(doc, exc)
    finally:
        shutil.rmtree(cache, ignore_errors=True)


def died(doc, exc):
    """The runner ended by an exception: say what Python would say."""
    import traceback
    code = getattr(exc, "code", 1)
    doc["exit"] = code if isinstance(code, int) else 1
    doc["died"] = "".join(traceback.format_exception_only(type(exc),
                                                          exc)).strip()
    traceback.print_exception(type(exc), exc, exc.__traceback__)


class Noting:
    """A pytest plugin that notes which files there are, and what is left in
    them at the end."""

    def __new__(cls, pytest, doc):
        def pytest_configure(config):
            found = {(dist.project_name, dist.version) for plugin, dist
                     in config.pluginmanager.list_plugin_distinfo()}
            doc["plugins"] = [list(pair) for pair in sorted(found)]

        @pytest.hookimpl(hookwrapper=True)
        def pytest_make_collect_report(collector):
            outcome = yield
            if not isinstance(collector, pytest.File) or \
                    isinstance(collector, pytest.Package):
                return
            report = outcome.get_result()
            found = entry(doc, path_of(collector))
            if report.outcome == "failed":
                found["error"] = said(report)

        def pytest_deselected(items):
            doc["deselected"] = doc.get("deselected", 0) + len(items)

        @pytest.hookimpl(trylast=True)
        def pytest_collection_finish(session):
            doc["finished"] = True
            for item in session.items:
                of = item.getparent(pytest.File)
                found = entry(doc, path_of(of or item))
                found["ids"].append(rest(item, of))

        plugin = object.__new__(cls)
        for hook in (pytest_configure, pytest_make_collect_report,
                     pytest_deselected, pytest_collection_finish):
            setattr(plugin, hook.__name__, hook)
        return plugin


def path_of(node):
    return getattr(node, "path", None) or node.fspath


def rest(item, of):
    """What of an item's id follows that of its file."""
    if of is not None and item.nodeid.startswith(of.nodeid + "::"):
        return item.nodeid[len(of.nodeid) + 2:]
    return item.nodeid.partition("::")[2] or item.nodeid


def said(report):
    """The last line of what a collector says that failed."""
    lines = str(report.longrepr).strip().splitlines()
    return lines[-1].strip() if lines else report.outcome


def by_unittest(start, doc):
    import unittest
    from ..process.process import as_main, set_arguments
    doc["runner_version"] = "%d.%d.%d" % sys.version_info[:3]
    doc["runner_dir"] = os.path.dirname(unittest.__file__)
    set_arguments(as_main("unittest"), "unittest", ["discover", "-s", start])
    known = set()

    class Noting(unittest.TestLoader):
        def loadTestsFromModule(self, module, *args, **kws):
            suite = super().loadTestsFromModule(module, *args, **kws)
            if getattr(module, "__file__", None):
                note(doc, module, suite, known)
            return suite

    try:
        note_failed(doc, start, Noting().discover(start))
        doc["exit"], doc["finished"] = 0, True
    except BaseException as exc:
        died(doc, exc)


def note(doc, module, suite, known):
    """The tests that a module has, less those that it has from modules loaded
    while it was."""
    from ..runner import unitrun
    found, seen = entry(doc, module.__file__), {}
    called = unitrun.module_name(found["path"], os.getcwd())[0]
    for test in unitrun.cases(suite):
        if unitrun.outside(test) or Same(test) in known:
            continue
        name = "::".join(unitrun.names_of(test))
        # Examples have the module's name in theirs, wherever discovery began.
        if type(test).__module__ == "doctest" and \
                (name + ".").startswith(module.__name__ + "."):
            name = called + name[len(module.__name__):]
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name += "#%d" % seen[name]
        found["ids"].append(name)
    known.update(Same(test) for test in unitrun.cases(suite))


class Same:
    """An object as itself, whatever it says to be equal to."""

    def __init__(self, of):
        self.of = of

    def __hash__(self):
        return id(self.of)

    def __eq__(self, other):
        return self.of is other.of


def note_failed(doc, start, suite):
    """The modules that could not be imported; and those that were skipped,
    which have no tests."""
    from ..runner import unitrun
    for test in unitrun.cases(suite):
        if not unitrun.outside(test):
            continue
        name, why = unitrun.not_loaded(test)
        path = os.path.abspath(os.path.join(start, *name.split(".")))
        path = os.path.join(path, "__init__.py") if os.path.isdir(path) \
            else path + ".py"
        found = entry(doc, path)
        if type(test).__name__ != "ModuleSkipped":
            found["error"] = why or "it failed"
