# SPDX-License-Identifier: Apache-2.0
"""What every process of ours needs: signals, descriptors, threads, files, its
end.
"""

import atexit
import gc
import os
import signal
import sys
import threading

_write = os.write       # whatever a test has put in its place


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


def scratch():
    """A descriptor of a new file without a name."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("tgraph")
    import tempfile
    fd, path = tempfile.mkstemp()
    os.unlink(path)
    return fd


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


def same_file(fd):
    """Other descriptors above 2 of the file that `fd` is open on."""
    want = os.fstat(fd)
    found = []
    for name in os.listdir("/dev/fd"):
        number = int(name)
        if number < 3:
            continue
        try:
            info = os.fstat(number)
        except OSError:
            continue
        if (info.st_dev, info.st_ino) == (want.st_dev, want.st_ino):
            found.append(number)
    return tuple(found)


def show_stack(fd):
    """From now on SIGURG, which by itself does nothing, has the stacks of all
    threads written to what `fd` is open on; a descriptor for that. tgraph sends
    it before it ends a test for its time."""
    import faulthandler
    own = os.dup(fd)
    faulthandler.register(signal.SIGURG, file=own, all_threads=True)
    return own


def default_signals():
    """The signal handling of a fresh interpreter."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def be_first():
    """In a forked process: what a fresh interpreter knows of its first thread
    (a fork leaves it the number that the system gave the parent's)."""
    renew = getattr(threading.main_thread(), "_set_native_id", None)
    if renew is not None:
        renew()


def kill_group(pid):
    """End every process in the group of `pid`, which is not reaped yet."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def reseed():
    """New random numbers in each child; `random` does it itself."""
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        try:
            numpy.seed()
        except Exception as exc:
            sys.stderr.write("tgraph: numpy.random.seed: %s\n" % exc)


# The interpreter and its options, as this process was started.
_python = sys.orig_argv[:len(sys.orig_argv) - len(sys.argv)] \
    if hasattr(sys, "orig_argv") else []


def set_arguments(file, module, args):
    """The command line of `python -m MODULE ARGS`, whose file is `file`."""
    sys.argv[:] = [file] + args
    if _python:
        sys.orig_argv[:] = _python + ["-m", module] + args


_LESS = (7000, 10, 10)
_usual = []


def as_main(package):
    """Make `__main__` what `python -m PACKAGE` would have made it (used by
    multiprocessing's spawn and by pickle) and return its file."""
    import importlib.util
    spec = importlib.util.find_spec(package + ".__main__")
    main = type(sys)("__main__")
    main.__spec__ = spec
    main.__file__ = spec.origin
    main.__package__ = package
    main.__loader__ = spec.loader
    sys.modules["__main__"] = main
    return spec.origin


def collect_less():
    """Look for cyclic garbage less often until collect_as_usual(), unless the
    environment's site or a plugin has set how often: what lives when a run
    starts is most of what there is."""
    if gc.get_threshold()[0] in (700, 2000):
        _usual[:] = gc.get_threshold()
        gc.set_threshold(*_LESS)


def collect_as_usual():
    """As before collect_less(); code that has set something else meanwhile is
    left alone."""
    if _usual and gc.get_threshold() == _LESS:
        gc.set_threshold(*_usual)


def write_err(text):
    """To the log, whatever state sys.stderr is in."""
    data = memoryview(text.encode("utf-8", "backslashreplace"))
    try:
        while data:
            data = data[_write(2, data):]
    except OSError:
        return


def internal_error():
    """Say what of ours has failed, in an exception that is handled now."""
    import traceback
    try:
        text = traceback.format_exc()
    except BaseException:
        text = "%r\n" % (sys.exc_info()[1],)   # tests have broken that too
    write_err("tgraph: internal error\n" + text)


def flush():
    """Write out what is printed, as well as can be."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass


def run_exit_functions():
    """What the interpreter does at its end before it takes itself apart."""
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
