# SPDX-License-Identifier: Apache-2.0
"""The process that runs one file: from its fork to its end."""

import gc
import sys
from os import _exit

from ..process.process import collect_less, internal_error, \
    run_exit_functions, write_err
from ..runner.results import PASSED, common, parcel


def run_file(opts):
    """Run the file(s) of `opts` in this process, from the start; as
    report_pytest()."""
    from ..observe import environ
    environ.watch_spawns()
    collect_less()
    load_report(opts)
    if opts.runner == "unittest":
        from ..runner import measure, unitrun
        caches(opts)
        try:
            return unitrun.run(opts) + (None,)
        except measure.Unusable as exc:
            return unable(opts, str(exc)) + (None,)
    from ..runner import pytestrun
    if not has_pytest():
        return without_pytest(opts) + (None,)
    caches(opts)
    result = pytestrun.main(opts)
    if opts.stay is not None:
        end(lambda: opts.stay.end(*result))
    return report_pytest(*result)


def caches(opts):
    """Let .pyc files go where `opts` says."""
    if opts.pycache:
        from ..runner import pycache
        pycache.install(opts.pycache, pycache.trees(opts),
                        opts.runner == "pytest")


def load_report(opts):
    """Import all that reports on a run: when tests have run, perhaps nothing
    can be opened."""
    from ..observe import library
    from ..runner import ending, measure, pycache
    if opts.runner == "pytest" and has_pytest():
        from ..runner import document, pytestrun
        library.ready()
        return ending, measure, pycache, document, pytestrun
    library.ready()
    return ending, measure, pycache


def has_pytest():
    try:
        import pytest
    except ModuleNotFoundError as exc:
        if exc.name != "pytest":
            raise
        return False
    from ..observe import library
    library.quiet_metadata()
    return bool(pytest)


def without_pytest(opts):
    """The result of a run that needs pytest where there is none."""
    return unable(opts, "%s: No module named pytest" % sys.executable)


def unable(opts, text):
    """The result of a run that can't begin, and why."""
    import time
    doc = {"version": 1, "runner": opts.runner, "runner_version": None}
    doc.update(common(opts))
    doc.update({"rootdir": None, "exitstatus": 1, "status": "error",
                "reason": text, "collected": 0, "deselected": 0,
                "start": time.time(), "duration": 0.0, "items": [],
                "collect_errors": [], "warnings": [], "summary": text + "\n"})
    sys.stderr.write(text + "\n")
    return opts, doc


def report_pytest(opts, code, rec, terminal):
    """(opts, document, directory to be removed) of a pytest run that came
    back."""
    from ..runner import document
    run_exit_functions()
    if opts.part is not None:
        return opts, opts.part.document(code), None
    doc = document.document(opts, rec, code, terminal,
                            common(opts, document.read(rec)))
    if opts.split is not None:
        opts.split.complete(doc)
    if doc["status"] in PASSED:
        return opts, doc, rec.temporary
    if terminal:
        write_err(terminal.text())
    return opts, doc, None


class Ending(SystemExit):
    """Goes up to the interpreter, which ends then."""


def finish(opts, doc, temporary, send, always):
    """Hand over the results with `send`, then leave(): 0 passed or empty,
    else 1."""
    doc["way"] = opts.way
    if opts.of:
        doc["of"] = opts.of
    if opts.why:
        doc["why"] = opts.why
    opts.clock.ends("report")
    doc["times"] = opts.clock.times()
    data = measured(opts, doc)
    doc["done"] = True
    if opts.part is not None:
        send = opts.part.send
    leave(lambda natives, ends: send(parcel(doc, temporary, natives, ends,
                                            data)),
          0 if doc["status"] in PASSED else 1, always)


def measured(opts, doc):
    """What was measured of coverage (bytes), if that is asked for. A run that
    passed and can't tell has not passed."""
    if not opts.coverage:
        return None
    from ..runner import measure
    try:
        if opts.measure is None:
            raise measure.Unusable("coverage was not measured")
        return opts.measure.take(opts)
    except measure.Unusable as exc:
        if doc["status"] in PASSED:
            doc["status"], doc["reason"] = "error", str(exc)
            write_err(str(exc) + "\n")
    return None


def leave(tell, code, always):
    """End this process with `code`, or what Python gives: by Ending, if
    `always` or if it may matter, else at once. tell(natives, ends) hands over
    what there is."""
    if not flushed():
        code = code or 120      # as Python has it
    from ..observe import library
    from ..runner import ending, pycache
    natives, ends = (), ending.WHOLE
    if not always:
        ours = pycache.started.caches.ours
        natives = ending.natives()
        ends = ending.how(ours, natives)
    if code != 0:
        ends = None             # it has failed anyway
    library.loaded()
    tell(natives, ends)
    if ends == ending.WHOLE:
        gc.unfreeze()           # what holds the tests goes too
        raise Ending(0)
    if ends == ending.FINALIZERS:
        ending.finalize(ours)
        if not flushed():
            code = 120
    _exit(code)


def flushed():
    """Flush what Python flushes at its end; False if that fails."""
    done = True
    for name in "stdout", "stderr":
        stream = getattr(sys, name, None)
        try:
            if stream is not None and not getattr(stream, "closed", False):
                stream.flush()
        except BaseException:
            done = False
    return done


def guarded(opts, work, send, always):
    """work() -> (opts, document, directory), then finish(); never returns but
    by Ending. Another exception that gets here is this program's fault and
    leaves no result."""
    end(lambda: finish(*work(), send, always))


def end(work):
    """work(), which ends this process, and doesn't fail."""
    try:
        work()
    except Ending:
        raise
    except BaseException:
        internal_error()
    _exit(70)
