# SPDX-License-Identifier: Apache-2.0
"""Runs a unittest file as `python -m unittest FILE` from the package root
does, with the standard library only.

One process, one file: the file is imported by its dotted name relative to the
working directory (as unittest's own command line turns a path into a name);
a file that has no such name (a directory that is no identifier) is imported
as discovery would, by its base name with its directory first on sys.path.
load_tests, module and class fixtures, subtests, expected failures, skips and
asynchronous cases are unittest's own. Reference: Lib/unittest/main.py,
loader.py, result.py of CPython 3.8 to 3.14.
"""

import io
import os
import sys
import time
import traceback
import unittest


class Result(unittest.TestResult):
    """Keeps what the result document needs; output is captured per test."""

    def __init__(self, file):
        super().__init__()
        self.file = file
        self.items = []
        self.by_id = {}
        self.errors_outside = []
        self.begun = 0.0
        self.capture = None
        self.saved = None

    # -- which item

    def nodeid(self, test):
        """pytest's spelling: FILE::Class::method."""
        return "%s::%s" % (self.file, "::".join(_names(test)))

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
        self.item(test)
        self.begun = time.perf_counter()
        self.capture_on()

    def stopTest(self, test):
        out = self.capture_off()
        item = self.item(test)
        item["duration"] = round(time.perf_counter() - self.begun, 6)
        if item["outcome"] in ("failed", "error"):
            item["sections"] = [
                ["Captured %s call" % which, _clip(text)]
                for which, text in out if text]
        super().stopTest(test)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.item(test).setdefault("finished", True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.bad(test, "failed", err, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        text = self.errors[-1][1]
        if _outside(test):
            self.outside(test, text)
        else:
            self.bad(test, "failed", err, text)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        if _outside(test):
            self.skipped_outside = (str(test), reason)
            item = {"id": self.file + "::" + str(test), "duration": 0.0,
                    "line": 1, "outcome": "skipped", "reason": reason}
            self.items.append(item)
            return
        item = self.item(getattr(test, "test_case", test))
        if hasattr(test, "test_case"):
            item.setdefault("subtests", []).append(
                {"outcome": "skipped", "reason": reason})
        else:
            item.update(outcome="skipped", reason=reason)

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
        sub = {"outcome": "failed", "message": _short(err),
               "longrepr": _clip(text), "name": subtest._subDescription()}
        self.item(test).setdefault("subtests", []).append(sub)
        self.bad(test, "failed", err, text)

    # -- keeping

    def bad(self, test, outcome, err, text):
        item = self.item(test)
        if "longrepr" in item and item["outcome"] == outcome:
            item["longrepr"] = _clip(item["longrepr"] + "\n" + text)
        else:
            item.update(outcome=outcome, message=_short(err),
                        longrepr=_clip(text))

    def outside(self, test, text):
        """An error in setUpClass, setUpModule or while loading."""
        name = test.id() if isinstance(test, unittest.TestCase) else str(test)
        self.errors_outside.append({"id": "%s::%s" % (self.file, name),
                                    "longrepr": _clip(text)})

    def capture_on(self):
        self.saved = sys.stdout, sys.stderr
        self.capture = io.StringIO(), io.StringIO()
        sys.stdout, sys.stderr = self.capture

    def capture_off(self):
        if self.capture is None:
            return []
        out, err = self.capture
        if sys.stdout is out:
            sys.stdout = self.saved[0]
        if sys.stderr is err:
            sys.stderr = self.saved[1]
        self.capture = None
        return [("stdout", out.getvalue()), ("stderr", err.getvalue())]


def _outside(test):
    """Is this no test, but what stands for a failed fixture or import?"""
    return isinstance(test, unittest.suite._ErrorHolder) or \
        type(test).__name__ in ("_FailedTest", "ModuleSkipped")


def _names(test):
    method = getattr(test, "_testMethodName", None)
    if method is None:
        return [str(test)]
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
    stem = os.path.splitext(os.path.relpath(path, cwd))[0]
    parts = stem.split(os.sep)
    if all(p.isidentifier() for p in parts):
        return ".".join(parts), cwd
    top = os.path.dirname(path)
    names = [os.path.splitext(os.path.basename(path))[0]]
    while os.path.exists(os.path.join(top, "__init__.py")):
        names.insert(0, os.path.basename(top))
        top = os.path.dirname(top)
    return ".".join(names), top


def load(opts, loader):
    """One suite of all files."""
    suite = unittest.TestSuite()
    for path in opts.files:
        name, top = module_name(path, opts.cwd)
        if top != opts.cwd:
            sys.path.insert(0, top)
        suite.addTest(loader.loadTestsFromName(name))
    return suite


def cases(suite):
    """Every test case below `suite`."""
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from cases(test)
        elif test is not None:
            yield test


def choose(suite, keep):
    """A suite of the cases for which keep(case); suites stay together so that
    class and module fixtures run as they would."""
    out = type(suite)() if type(suite) is unittest.TestSuite else \
        unittest.TestSuite()
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            out.addTest(choose(test, keep))
        elif test is not None and keep(test):
            out.addTest(test)
    return out


def _keeper(opts, result):
    """What --select, --deselect and --pytest-k (a plain word) leave."""
    def keep(test):
        if _outside(test):
            return True
        names = "::".join(_names(test))
        wanted = [s.partition("::")[2] for s in opts.select]
        if wanted and not any(w in ("", names) or names.startswith(w + "::")
                              for w in wanted):
            return False
        dropped = [s.partition("::")[2] for s in opts.deselect]
        return not any(d and (names == d or names.startswith(d + "::"))
                       for d in dropped)
    return keep


def run(opts):
    """Run the file(s) of `opts`; returns (opts, result document)."""
    from . import child, pytestrun
    os.chdir(opts.cwd)
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.getcwd())
    sys.argv[:] = [pytestrun.as_main("unittest")] + \
        [opts.name(f) for f in opts.files]
    result = Result(opts.name(opts.files[0]))
    start, tick = time.time(), time.perf_counter()
    warned = []
    suite, code = _run(opts, result, warned)
    child.run_exit_functions()
    total = suite.countTestCases() if suite else 0
    doc = {"version": 1, "runner": "unittest",
           "runner_version": "%d.%d.%d" % sys.version_info[:3]}
    doc.update(child.common(opts))
    status, reason = _status(code, result, suite)
    doc.update({
        "rootdir": None, "exitstatus": code, "status": status,
        "reason": reason, "collected": total, "deselected": 0, "start": start,
        "duration": round(time.perf_counter() - tick, 6),
        "items": _finished(result), "collect_errors": result.errors_outside,
        "warnings": warned, "summary": _summary(result)})
    if status not in child.PASSED:
        child.write_err(doc["summary"])
    return opts, doc


def _run(opts, result, warned):
    """(suite, exit code); the code is unittest's: 0, 1, or 5 for none."""
    import warnings
    loader = unittest.TestLoader()
    with warnings.catch_warnings(record=True) as caught:
        if not sys.warnoptions:
            warnings.simplefilter("default")
        suite = load(opts, loader)
        if opts.select or opts.deselect:
            suite = choose(suite, _keeper(opts, result))
        result.expected = suite.countTestCases()
        unittest.installHandler if False else None
        result.startTestRun()
        try:
            suite(result)
        finally:
            result.stopTestRun()
    for w in caught:
        warned.append({"message": str(w.message),
                       "category": w.category.__name__, "file": w.filename,
                       "line": w.lineno, "id": ""})
    if not result.wasSuccessful():
        return suite, 1
    if not result.items and not result.skipped:
        return suite, 5
    return suite, 0


def _finished(result):
    for item in result.items:
        item.pop("finished", None)
    return result.items


def _status(code, result, suite):
    if result.errors_outside:
        return "error", "loading or a class or module fixture failed"
    if code == 5:
        return "empty", "no tests collected"
    if code:
        return "failed", None
    return "passed", None


def _summary(result):
    """Failures in the layout of unittest's text runner."""
    out = []
    for kind, found in (("ERROR", result.errors), ("FAIL", result.failures)):
        for test, text in found:
            item = result.by_id.get(result.nodeid(test)) \
                if hasattr(test, "_testMethodName") else None
            out.append("%s\n%s: %s\n%s\n%s" % ("=" * 70, kind, test, "-" * 70,
                                               text))
            for title, captured in (item or {}).get("sections", ()):
                out.append("%s\n%s" % ((" %s " % title).center(70, "-"),
                                       captured))
    for test in result.unexpectedSuccesses:
        out.append("%s\nUNEXPECTED SUCCESS: %s" % ("=" * 70, test))
    return "\n".join(out) + "\n" if out else ""
