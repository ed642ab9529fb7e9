# SPDX-License-Identifier: Apache-2.0
"""Threads, and whether a process that has some can be forked.

A library's pool (of OpenBLAS, say) survives a fork by handlers of its own, a
thread of Python's does not: who started it and counts on it finds in the child
that it is gone. So the former is tried, and the latter refuses.
"""

import os
import sys

# First part of the names of modules whose threads wait for what never comes:
# the workers of xdist, of which there are none.
_IDLE = ("pytest_rerunfailures",)
TRIAL = 30.0            # seconds


def threads():
    """How many threads this process has."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        import threading
        return threading.active_count()


def kept():
    """The name of a Python thread that this process would lose in a fork, with
    what it runs; None if there is none."""
    threading = sys.modules.get("threading")
    if threading is None:
        return None
    others = set(sys._current_frames())
    for thread in threading.enumerate():
        others.discard(thread.ident)
        if thread is threading.main_thread():
            continue
        code = getattr(thread, "_target", None) or type(thread)
        module = getattr(code, "__module__", None) or "?"
        if module.partition(".")[0] not in _IDLE:
            return "%s (%s.%s)" % (thread.name, module, getattr(
                code, "__qualname__", type(code).__name__))
    return "of _thread" if others else None


def unfit():
    """Why this process can't be forked (text); None: it can."""
    name = kept()
    if name is not None:
        return "thread " + name
    if threads() > 1 and not survives():
        return "threads of a library"
    return None


def fork():
    """os.fork(), without a warning that there are threads."""
    if sys.version_info < (3, 12) or threads() == 1:
        return os.fork()
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def survives():
    """Does a child of this process, which has threads that are not Python's,
    work? Found out with one, in TRIAL seconds."""
    import select
    import signal
    ends = os.pipe()
    pid = fork()
    if pid == 0:
        try:
            _work()
            os.write(ends[1], b"1")
        finally:
            os._exit(0)
    os.close(ends[1])
    poll = select.poll()
    poll.register(ends[0], select.POLLIN)
    told = poll.poll(TRIAL * 1000) and os.read(ends[0], 1)
    os.close(ends[0])
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return told == b"1"


def _work():
    """Use what was loaded that is known to have threads, and one more."""
    import threading
    done = []
    thread = threading.Thread(target=done.append, args=(1,))
    thread.start()
    thread.join()
    for name, make in (("numpy", "ones"), ("torch", "ones")):
        library = sys.modules.get(name)
        if library is not None:
            matrix = getattr(library, make)((256, 256))
            assert float((matrix @ matrix)[0, 0]) == 256.0
    blas = sys.modules.get("scipy.linalg.blas")
    if blas is not None:
        import numpy
        matrix = numpy.ones((256, 256))
        assert blas.dgemm(1.0, matrix, matrix)[0, 0] == 256.0
    assert done
