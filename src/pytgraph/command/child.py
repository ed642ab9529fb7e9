# SPDX-License-Identifier: Apache-2.0
"""The process that runs one file: from its fork to its end."""

import os
import sys

from ..process.process import collect_less, internal_error, \
    run_exit_functions, write_err
from ..runner.results import PASSED, common


def run_file(opts):
    """Run the file(s) of `opts` in this process, from the start; returns the
    exit code for finish() and the result document."""
    from ..observe import environ
    environ.watch_spawns()
    collect_less()
    if opts.runner == "unittest":
        from ..runner import unitrun
        caches(opts)
        return unitrun.run(opts)
    from ..runner import pytestrun
    if not has_pytest():
        return without_pytest(opts)
    caches(opts)
    return report_pytest(*pytestrun.main(opts))


def caches(opts):
    """Let .pyc files go where `opts` says."""
    if opts.pycache:
        from ..runner import pycache
        pycache.install(opts.pycache, trees(opts), opts.runner == "pytest")


def trees(opts):
    """Directories below which source is first-party."""
    return {opts.base, opts.cwd, opts.rootdir or opts.base}


def has_pytest():
    try:
        import pytest
    except ModuleNotFoundError as exc:
        if exc.name != "pytest":
            raise
        return False
    return bool(pytest)


def without_pytest(opts):
    """The result of a run that needs pytest where there is none."""
    import time
    text = "%s: No module named pytest" % sys.executable
    doc = {"version": 1, "runner": "pytest", "runner_version": None}
    doc.update(common(opts))
    doc.update({"rootdir": None, "exitstatus": 1, "status": "error",
                "reason": text, "collected": 0, "deselected": 0,
                "start": time.time(), "duration": 0.0, "items": [],
                "collect_errors": [], "warnings": [], "summary": text + "\n"})
    sys.stderr.write(text + "\n")
    return opts, doc


def report_pytest(opts, code, rec, terminal):
    """(opts, document) of a pytest run that came back."""
    from ..runner import document, pytestrun
    run_exit_functions()
    doc = document.document(opts, rec, code, terminal,
                             common(opts, document.read(rec)))
    passed = doc["status"] in PASSED
    pytestrun.end(rec, passed)
    if terminal and not passed:
        write_err(terminal.text())
    return opts, doc


def finish(opts, doc, ring=None):
    """Write the results and end the process: 0 passed or empty, else 1."""
    from ..runner import results
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass
    doc["way"] = opts.way
    if opts.why:
        doc["why"] = opts.why
    doc["done"] = True
    code = 0 if doc["status"] in PASSED else 1
    try:
        data = results.write_all(opts, doc)
        if ring is not None:
            ring.write(data)
    except OSError as exc:
        write_err("tgraph: cannot write results: %s\n" % exc)
        code = 1
    os._exit(code)


def guarded(opts, work, ring=None):
    """work() -> (opts, document), then finish(); never returns. An exception
    that gets here is this program's fault and leaves no result."""
    try:
        opts, doc = work()
        finish(opts, doc, ring)
    except BaseException:
        internal_error()
    os._exit(70)
