# SPDX-License-Identifier: Apache-2.0
"""The process that runs one file: from its fork to its end."""

import os
import signal
import sys

PASSED = ("passed", "empty")


def open_log(path):
    """A descriptor for what the tests print, `path` or nothing; OSError."""
    if path is None:
        return os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, flags, 0o666)


def redirect(log_fd, more=()):
    """stdin from /dev/null; stdout, stderr and `more` to the log."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    if null != 0:
        os.close(null)
    for fd in (1, 2) + tuple(more):
        if fd != log_fd:
            os.dup2(log_fd, fd, inheritable=fd < 3)
    if log_fd > 2:
        os.close(log_fd)


def default_signals():
    """The signal handling of a fresh interpreter."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def reseed():
    """New random numbers in each child; `random` does it itself."""
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        try:
            numpy.seed()
        except Exception as exc:
            sys.stderr.write("tgraph: numpy.random.seed: %s\n" % exc)


def collect_less():
    """Look for cyclic garbage less often, unless the environment's site or a
    plugin has set how often: what lives when a run starts is most of what
    there is."""
    import gc
    if gc.get_threshold()[0] in (700, 2000):
        gc.set_threshold(7000, 10, 10)


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


def ours(opts):
    """A function: is this file (str) first-party source?"""
    from ..runner.pycache import Caches
    return Caches(opts.pycache, trees(opts)).ours


def own_started(opts):
    """In a child of a session: Pythons it starts share no .pyc files with
    those of other runs."""
    if opts.pycache:
        from ..runner import pycache
        pycache.started.renew(opts.pycache)


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
    from ..runner import pytestrun
    run_exit_functions()
    doc = pytestrun.document(opts, rec, code, terminal,
                             common(opts, pytestrun.read(rec)))
    passed = doc["status"] in PASSED
    pytestrun.end(rec, passed)
    if terminal and not passed:
        write_err(terminal.text())
    return opts, doc


def write_err(text):
    """To the log, whatever state sys.stderr is in."""
    data = memoryview(text.encode("utf-8", "backslashreplace"))
    try:
        while data:
            data = data[os.write(2, data):]
    except OSError:
        return


def common(opts, files=()):
    """What a result document has whatever the runner; `files` are first-party
    files that sys.modules may not know (any more)."""
    from ..observe import environ
    names, everything = environ.snapshot()
    doc = {"python": "%d.%d.%d" % sys.version_info[:3],
           "file": opts.name(opts.files[0]), "cwd": opts.cwd,
           "partial": bool(opts.select or opts.deselect or opts.pytest_k or
                           opts.pytest_m or opts.match)}
    if len(opts.files) > 1:
        doc["files"] = [opts.name(f) for f in opts.files]
    doc["env"] = names
    doc["env_all"] = everything
    doc["imported"] = imported(opts.base, files)
    return doc


# What know_imported() found in a process that this one is forked from.
_known = {"files": frozenset()}
_MARK = "_pytgraph.mark"


def imported(base, more=()):
    """Files below `base` that this process has imported, and `more`, relative
    to it and sorted; installed distributions are left out."""
    prefix = os.path.join(base, "")
    files = set(_known["files"])
    paths = list(more)
    for name in reversed(sys.modules):
        if name == _MARK:
            break
        path = getattr(sys.modules.get(name), "__file__", None)
        if isinstance(path, str) and name != "__main__":
            paths.append(path)
    for path in paths:
        path = os.path.abspath(path)
        if path.startswith(prefix) and "/site-packages/" not in path and \
                "/dist-packages/" not in path:
            files.add(path[len(prefix):])
    return sorted(files)


def know_imported(base):
    """Let imported() in processes forked from this one look only at modules
    that were added after now (sys.modules keeps the order of insertion)."""
    _known["files"] = frozenset(imported(base))
    sys.modules.pop(_MARK, None)
    sys.modules[_MARK] = type(sys)(_MARK)


def run_exit_functions():
    """What the interpreter does at its end before it takes itself apart."""
    import atexit
    import threading
    try:
        if threading.active_count() > 1:
            threading._shutdown()
        atexit._run_exitfuncs()
    except BaseException as exc:
        sys.stderr.write("tgraph: at exit: %r\n" % (exc,))


def finish(opts, doc, ring=None):
    """Write the results and end the process: 0 passed or empty, else 1."""
    from ..runner import results
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass
    if opts.pycache:
        from ..runner import pycache
        pycache.started.end()
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
        import traceback
        write_err("tgraph: internal error\n" + traceback.format_exc())
    os._exit(70)
