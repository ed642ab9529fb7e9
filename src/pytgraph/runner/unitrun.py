# SPDX-License-Identifier: Apache-2.0
"""Runs a unittest file as `python -m unittest FILE` from the package root
does, with the standard library only.

One process, one file: the file is imported by its dotted name relative to the
working directory (as unittest's own command line turns a path into a name);
a file that has no such name (a directory that is no identifier, or that is
hidden by a package of its name) is imported as discovery would, by its base
name with its directory first on sys.path. A directory that is no package can
only be where discovery starts: what lies beside the file in it can be imported
too.
The __init__.py of a package gives what discovery finds in the package itself.
load_tests, module and class fixtures, subtests, expected failures, skips and
asynchronous cases are unittest's own. Reference: Lib/unittest/main.py,
loader.py, result.py of CPython 3.8 to 3.15.
"""

import fnmatch
import os
import sys
import time
import traceback
import unittest

from ..process.process import as_main, collect_as_usual, set_arguments
from . import breakpoints
from .slots import Slot

__unittest = True       # unittest leaves frames of such modules out


INIT = "__init__.py"
PATTERN = "test*.py"


class Output:
    """What is printed while a test runs: a part of the log file, which is
    where descriptors 1 and 2 go."""

    def __init__(self, path):
        self.path = path
        self.at = 0

    def mark(self):
        self.at = self.end()

    def end(self):
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError):
                pass
        try:
            return os.stat(self.path).st_size if self.path else 0
        except OSError:
            return 0

    def text(self):
        """What was written since mark(), at most the last SECTION_LIMIT
        bytes."""
        from .results import SECTION_LIMIT
        end = self.end()
        if end <= self.at:
            return ""
        start = max(self.at, end - SECTION_LIMIT)
        try:
            with open(self.path, "rb") as stream:
                stream.seek(start)
                return stream.read(end - start).decode("utf-8", "replace")
        except OSError:
            return ""


class Result(unittest.TestResult):
    """Keeps what the result document needs."""

    def __init__(self, opts):
        super().__init__()
        self.opts = opts
        self.file = opts.name(opts.files[0])
        self.items = []
        self.by_id = {}
        self.outside_errors = []
        self.outside_skips = []
        self.begun = 0.0
        self.output = Output(opts.log)

    # -- which item

    def nodeid(self, test):
        """pytest's spelling: FILE::Class::method."""
        known = getattr(test, "_tgraph_id", None)
        return known or "%s::%s" % (self.file, "::".join(names_of(test)))

    def tell_apart(self, tests):
        """Give those of `tests` ids of their own that have the names of
        others: one class under two names, or classes made in a loop."""
        seen = {}
        for test in tests:
            nodeid = self.nodeid(test)
            seen[nodeid] = count = seen.get(nodeid, 0) + 1
            if count > 1:
                test._tgraph_id = "%s#%d" % (nodeid, count)

    def item(self, test):
        nodeid = self.nodeid(test)
        item = self.by_id.get(nodeid)
        if item is None:
            item = {"id": nodeid, "outcome": "passed", "duration": 0.0,
                    "line": _line(test)}
            self.by_id[nodeid] = item
            self.items.append(item)
        return item

    # -- unittest.TestResult

    def startTest(self, test):
        super().startTest(test)
        if not outside(test):
            self.item(test)
        self.output.mark()
        self.begun = time.perf_counter()

    def stopTest(self, test):
        seconds = time.perf_counter() - self.begun
        super().stopTest(test)
        if outside(test):
            return
        item = self.item(test)
        item["duration"] = round(item["duration"] + seconds, 6)
        if item["outcome"] == "failed":
            text = self.output.text()
            if text:
                item.setdefault("sections", []).append(
                    ["Captured output call", _clip(text)])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.bad(test, err, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        text = self.errors[-1][1]
        if outside(test):
            self.outside_errors.append(
                {"id": self.file if type(test).__name__ == "_FailedTest" else
                 "%s::%s" % (self.file, test.id()),
                 "longrepr": _clip(text), "what": str(test)})
        else:
            self.bad(test, err, text)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        if outside(test):
            self.outside_skips.append((str(test), reason))
        elif hasattr(test, "test_case"):
            self.item(test.test_case).setdefault("subtests", []).append(
                {"outcome": "skipped", "reason": reason})
        else:
            self.item(test).update(outcome="skipped", reason=reason)

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.item(test).update(outcome="xfailed", reason="")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.item(test).update(outcome="failed",
                               message="Unexpected success",
                               longrepr="Unexpected success")

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is None:
            return
        text = (self.failures if issubclass(err[0], test.failureException)
                else self.errors)[-1][1]
        self.item(test).setdefault("subtests", []).append(
            {"outcome": "failed", "message": _short(err),
             "longrepr": _clip(text), "name": subtest._subDescription()})
        self.bad(test, err, text)

    # -- keeping

    def bad(self, test, err, text):
        item = self.item(test)
        if breakpoints.quits(err[0]):
            below = self.opts.below
            text = breakpoints.text(
                err[2], below(self.opts.files[0]) +
                self.nodeid(test)[len(self.file):], below)
            err = (AssertionError, AssertionError(text), None)
        if item["outcome"] == "failed":
            item["longrepr"] = _clip(item["longrepr"] + "\n" + text)
        else:
            item.update(outcome="failed", message=_short(err),
                        longrepr=_clip(text))

    def not_run(self, expected):
        """Account for the tests in `expected` (node id, class, line) that
        did not run because a fixture of their class or module failed or
        skipped; returns how many have no such reason."""
        lost = 0
        for nodeid, cls, line in expected:
            if nodeid in self.by_id:
                continue
            item = {"id": nodeid, "outcome": "error", "duration": 0.0,
                    "line": line}
            for what, reason in self.outside_skips:
                if _covers(what, cls):
                    item.update(outcome="skipped", reason=reason)
                    break
            else:
                for bad in self.outside_errors:
                    if _covers(bad["what"], cls):
                        bad["told"] = True
                        item.update(message="%s failed" % bad["what"],
                                    longrepr=bad["longrepr"])
                        break
                else:
                    lost += 1
                    continue
            self.by_id[nodeid] = item
            self.items.append(item)
        return lost


def _covers(what, cls):
    """Is `what` ("setUpClass (module.Class)" or "setUpModule (module)") a
    fixture of class `cls`?"""
    kind, _, where = what.partition(" (")
    where = where.rstrip(")")
    if kind.endswith("Module"):
        return where == cls.__module__
    return where == "%s.%s" % (cls.__module__, cls.__qualname__)


def outside(test):
    """Is this no test, but what stands for a failed fixture or import?"""
    return isinstance(test, unittest.suite._ErrorHolder) or \
        type(test).__name__ in ("_FailedTest", "ModuleSkipped")


def not_loaded(test):
    """Of a case that stands for a module: the module's name from where
    discovery began, and the last line of why it could not be imported (empty:
    unittest does not say)."""
    lines = str(getattr(test, "_exception", "")).strip().splitlines()
    return getattr(test, "_testMethodName", ""), \
        lines[-1].strip() if lines else ""


def names_of(test):
    method = getattr(test, "_testMethodName", None)
    if isinstance(test, unittest.FunctionTestCase):
        return [test._testFunc.__name__]
    if method is None or type(test).__module__ == "doctest":
        return [test.id()]
    return type(test).__qualname__.split(".") + [method]


def _line(test):
    method = getattr(type(test), getattr(test, "_testMethodName", ""), None)
    while hasattr(method, "__wrapped__"):
        method = method.__wrapped__
    code = getattr(method, "__code__", None)
    return code.co_firstlineno if code else 1


def _short(err):
    lines = traceback.format_exception_only(err[0], err[1])
    return _clip("".join(lines).strip())


def _clip(text):
    from .results import clip
    return clip(text)


def module_name(path, cwd):
    """(dotted name, directory for sys.path) that imports `path`."""
    if os.path.basename(path) == INIT:
        path = os.path.dirname(path)
    stem = os.path.splitext(os.path.relpath(path, cwd))[0]
    parts = stem.split(os.sep)
    if all(p.isidentifier() for p in parts) and leads_below(parts, cwd):
        return ".".join(parts), cwd
    top = os.path.dirname(path)
    names = [os.path.splitext(os.path.basename(path))[0]]
    while os.path.exists(os.path.join(top, INIT)):
        names.insert(0, os.path.basename(top))
        top = os.path.dirname(top)
    return ".".join(names), top


def leads_below(parts, cwd):
    """Is the first of these names the directory in `cwd`? One that is no
    package gives way to a package of its name wherever that is on sys.path, as
    "test" in the standard library."""
    first = os.path.join(cwd, parts[0])
    if len(parts) == 1 or os.path.exists(os.path.join(first, INIT)):
        return True
    from importlib.util import find_spec
    try:
        spec = find_spec(parts[0])
    except ValueError:
        return False
    places = spec and spec.submodule_search_locations or ()
    return any(os.path.exists(p) and os.path.samefile(p, first)
               for p in places)


def load(opts, loader):
    """One suite of all files; an exception while importing one is raised
    (unittest itself turns ImportError into a failing test)."""
    suite = unittest.TestSuite()
    for path in opts.files:
        name, top = module_name(path, opts.cwd)
        where = os.path.dirname(path)
        if top != opts.cwd:
            sys.path.insert(0, top)
        elif where not in sys.path and \
                not os.path.exists(os.path.join(where, INIT)):
            sys.path.append(where)
        if os.path.basename(path) == INIT:
            suite.addTest(Packages(loader, name, top).load())
        else:
            suite.addTest(loader.loadTestsFromName(name))
    return suite


class Packages(unittest.TestLoader):
    """Loads the tests that a package has itself, in the way of discovery."""

    def __init__(self, loader, name, top):
        super().__init__()
        self.name = name
        self.top = top          # directory from which it has this name
        self.testNamePatterns = loader.testNamePatterns

    def load(self):
        import importlib
        module = importlib.import_module(self.name)
        # Those that are being loaded now: discovery in the package leaves it
        # out.
        loading = getattr(self, "_loading_packages", None)
        if loading is not None:
            loading.add(self.name)
        return self.loadTestsFromModule(module, pattern=PATTERN)

    def discover(self, start_dir, pattern=PATTERN, top_level_dir=None):
        """As load_tests of the package calls it. Files with the usual names
        have runs of their own."""
        start = os.path.join(os.path.abspath(start_dir), "")
        if pattern.startswith("test") and \
                start.startswith(os.path.join(self.top, "")):
            return self.suiteClass()
        return super().discover(start_dir, pattern, top_level_dir or self.top)


def cases(suite):
    """Every test case below `suite`."""
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from cases(test)
        elif test is not None:
            yield test


def choose(suite, keep):
    """A suite of the cases for which keep(case), nested as before."""
    out = unittest.TestSuite()
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            out.addTest(choose(test, keep))
        elif test is not None and keep(test):
            out.addTest(test)
    return out


def keeper(opts, result, suite):
    """What of a suite --select, --failed, --deselect, --match and --pytest-k
    leave."""
    from .match import matcher
    fits = matcher(opts)
    part = opts.pytest_k
    if part is not None and "*" not in part:
        part = "*%s*" % part
    wanted = [s.partition("::")[2] for s in opts.select]
    failed = {s.partition("::")[2] for s in opts.failed}
    known = {"::".join(names_of(t)) for t in cases(suite) if not outside(t)}
    if not failed & known:
        failed = known
    dropped = [s.partition("::")[2] for s in opts.deselect]

    def below(names, roots):
        return any(names == r or names.startswith(r + "::") for r in roots)

    def keep(test):
        if outside(test):
            return True
        if part is not None and not fnmatch.fnmatchcase(test.id(), part):
            return False
        if fits and not fits.wants(result.nodeid(test), opts.cwd):
            return False
        names = "::".join(names_of(test))
        if wanted and "" not in wanted and not below(names, wanted):
            return False
        if names not in failed:
            return False
        return not below(names, [d for d in dropped if d])
    return keep


def partial(opts):
    """Is only a part of the file(s) wanted?"""
    return bool(opts.select or opts.failed or opts.deselect or
                opts.pytest_k is not None or opts.match is not None)


def missing(opts, suite):
    """The --select values that fit no test."""
    known = {"::".join(names_of(t)) for t in cases(suite) if not outside(t)}
    ids = [s.partition("::")[2] for s in opts.select]
    return [i for i in ids if i and i not in known and
            not any(k.startswith(i + "::") for k in known)]


def run(opts):
    """Run the file(s) of `opts`; returns (opts, result document); Unusable."""
    from . import measure
    from . import results
    from ..process import process
    os.chdir(opts.cwd)
    Slot().hide()
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.getcwd())
    set_arguments(as_main("unittest"), "unittest",
                  [opts.name(f) for f in opts.files])
    opts.clock.ends("start")
    result = Result(opts)
    start, tick = time.time(), time.perf_counter()
    ran = Run(opts, result)
    opts.measure = measure.begin(opts)
    ran.go()
    if opts.measure:
        opts.measure.stop()
    process.run_exit_functions()
    doc = {"version": 1, "runner": "unittest",
           "runner_version": "%d.%d.%d" % sys.version_info[:3]}
    doc.update(results.common(opts))
    status, reason = ran.status()
    doc.update({
        "rootdir": None, "exitstatus": ran.code, "status": status,
        "reason": reason, "collected": len(ran.expected),
        "deselected": ran.deselected, "start": start,
        "duration": round(time.perf_counter() - tick, 6),
        "items": result.items,
        "collect_errors": [{"id": e["id"], "longrepr": e["longrepr"]}
                           for e in result.outside_errors
                           if "told" not in e],
        "warnings": ran.warnings, "show": "w", "summary": _summary(result)})
    if status not in results.PASSED:
        process.write_err(doc["summary"])
    return opts, doc


class Run:
    """One run: what was expected and how it ended."""

    def __init__(self, opts, result):
        self.opts = opts
        self.result = result
        self.code = 0           # unittest's exit code; 5: no tests (3.12)
        self.expected = []
        self.deselected = 0
        self.lost = 0
        self.warnings = []
        self.missing = []
        self.skipped = None

    def go(self):
        import warnings
        from .results import warning
        with warnings.catch_warnings(record=True) as caught:
            if not sys.warnoptions:
                warnings.simplefilter("default")
            try:
                self.load_and_run()
            except unittest.SkipTest as exc:
                self.skipped = str(exc)
            except BaseException as exc:
                self.failed(exc)
        self.warnings = [warning(w, "", self.opts) for w in caught]
        result = self.result
        self.lost = result.not_run(self.expected)
        if not result.wasSuccessful() or result.outside_errors or \
                self.lost or self.missing:
            self.code = self.code or 1
        elif not result.items and self.skipped is None and \
                not result.outside_skips:
            self.code = 5
        if self.skipped is not None:
            result.items.append({
                "id": result.file, "outcome": "skipped", "duration": 0.0,
                "line": 1, "reason": self.skipped})

    def load_and_run(self):
        opts, result = self.opts, self.result
        suite = load(opts, unittest.TestLoader())
        opts.clock.ends("import")
        if partial(opts):
            count = suite.countTestCases()
            self.missing = missing(opts, suite)
            suite = choose(suite, keeper(opts, result, suite))
            self.deselected = count - suite.countTestCases()
        result.tell_apart(t for t in cases(suite) if not outside(t))
        self.expected = [(result.nodeid(t), type(t), _line(t))
                         for t in cases(suite) if not outside(t)]
        result.startTestRun()
        opts.clock.ends("collect")
        try:
            collect_as_usual()
            suite(result)
        finally:
            result.stopTestRun()
            opts.clock.ends("run")

    def failed(self, exc):
        """An exception that unittest does not catch: while importing, or to
        interrupt."""
        self.code = 2 if isinstance(exc, KeyboardInterrupt) else 1
        text = "".join(traceback.format_exception(type(exc), exc,
                                                  exc.__traceback__))
        self.result.outside_errors.append(
            {"id": self.result.file, "longrepr": _clip(text), "what": ""})
        self.result.errors.append((self.result.file, text))

    def status(self):
        if any("told" not in e for e in self.result.outside_errors):
            return "error", "importing, or a class or module fixture, failed"
        if self.missing:
            return "error", "no such test: " + ", ".join(self.missing)
        if self.code == 5:
            return "empty", "all tests deselected" if self.deselected else \
                "no tests collected"
        if self.lost:
            return "error", "%d items did not run" % self.lost
        if self.code:
            return "failed", None
        return "passed", None


def _summary(result):
    """Failures in the layout of unittest's text runner."""
    out = []
    for kind, found in (("ERROR", result.errors), ("FAIL", result.failures)):
        for test, text in found:
            item = result.by_id.get(result.nodeid(test)) \
                if hasattr(test, "_testMethodName") else None
            out.append("%s\n%s: %s\n%s\n%s" % ("=" * 70, kind, test,
                                               "-" * 70, text))
            for title, captured in (item or {}).get("sections", ()):
                out.append("%s\n%s" % ((" %s " % title).center(70, "-"),
                                       captured))
    for test in result.unexpectedSuccesses:
        out.append("%s\nUNEXPECTED SUCCESS: %s" % ("=" * 70, test))
    return "\n".join(out) + "\n" if out else ""
