# SPDX-License-Identifier: Apache-2.0
"""What every process of ours needs: signals, descriptors, threads, files, its
end.
"""

import gc
import os
import signal
import sys

_LIBRARY = os.path.join(os.path.dirname(os.__file__), "")


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


def kill_group(pid):
    """End every process in the group of `pid`, which is not reaped yet."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def threads():
    """How many threads this process has."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        import threading
        return threading.active_count()


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
    if gc.get_threshold()[0] in (700, 2000):
        gc.set_threshold(7000, 10, 10)


def write_err(text):
    """To the log, whatever state sys.stderr is in."""
    data = memoryview(text.encode("utf-8", "backslashreplace"))
    try:
        while data:
            data = data[os.write(2, data):]
    except OSError:
        return


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


def stamp(path):
    """What tells an edited file from what it was; None if there is none."""
    try:
        info = os.stat(path)
    except (OSError, TypeError):
        return None
    return info.st_ctime_ns, info.st_mtime_ns, info.st_size, info.st_ino


def in_library(file):
    """Is this a file of Python's own library?"""
    return file.startswith(_LIBRARY) and "-packages" + os.sep not in file


_plain = {}


def freeze():
    """gc.freeze(), without its traces. A process that forks children for files
    keeps its objects from the garbage collector, so that no child copies them
    all to look at them. Frozen objects are missing in what gc.get_objects()
    and gc.get_referrers() find; the first use of these in a process thaws
    them."""
    if not _plain:
        _plain.update(objects=gc.get_objects, referrers=gc.get_referrers)
        gc.get_objects = get_objects
        gc.get_referrers = get_referrers
    gc.freeze()


def get_objects(*args, **kwargs):
    gc.unfreeze()
    return _plain["objects"](*args, **kwargs)


def get_referrers(*objects):
    gc.unfreeze()
    return [r for r in _plain["referrers"](*objects) if r is not objects]
