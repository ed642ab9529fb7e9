# SPDX-License-Identifier: Apache-2.0
"""The plain command: one test file in a process of its own.

The tests run in a forked child in its own process group; this process waits,
kills what the child left behind, and believes only what the child has handed
over (outbox.py): one that ends early with exit code 0 has not passed. The
child ends as Python does, and so has one that dies of that not.
"""

import os
import signal
import sys

from ..process.outbox import Outbox
from ..process.process import be_first, kill_group, open_log, redirect, \
    scratch, show_stack

TAIL = 8192
UNWRITTEN = 3


def main(argv):
    """Run the command; returns 0 passed or empty, 1 not, 2 usage, 3 log or
    result can't be written."""
    from . import options
    from ..runner import results
    try:
        opts = options.parse(argv)
    except options.UsageError as exc:
        sys.stderr.write("pytgraph: %s\n" % exc)
        return 2
    try:
        results.remove_old(opts)
        log = open_log(opts.log)
    except OSError as exc:
        return unwritten(exc)
    if opts.inner is not None:
        outbox = Outbox(opts.inner)
        os.close(opts.inner)
        start(opts, log, outbox)
    outbox = Outbox()
    outbox.arm()
    sys.stdout.flush()
    parent = os.getpid()
    opts.captures = scratch(), scratch()
    ends = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        os.close(ends[1])
        end_with(parent, ends[0])
        start(opts, log, outbox)
    os.close(ends[0])
    status, stopped = wait(pid)
    parcel = outbox.take()
    if parcel is None:
        from ..runner import story
        parcel = story.parcel(opts, status, stopped, outbox.notes(),
                              opts.captures)
    try:
        results.accept(opts, parcel)
    except OSError as exc:
        return unwritten(exc)
    if stopped:
        signal.signal(stopped, signal.SIG_DFL)
        os.kill(os.getpid(), stopped)
    return judge(opts, status, parcel and parcel["doc"])


def unwritten(exc):
    """Say so; the exit code."""
    from ..runner import results
    sys.stderr.write("%s: %s\n" % (exc.filename, exc.strerror)
                     if exc.filename else "%s\n" % exc)
    return UNWRITTEN if results.unwritten(exc) else 1


def end_with(parent, fd):
    """Let the kernel end this process group when `parent` ends, which alone
    holds the other end of the pipe `fd`. Only Linux can."""
    import fcntl
    if not hasattr(fcntl, "F_SETSIG"):
        os.close(fd)
        return
    fcntl.fcntl(fd, fcntl.F_SETOWN, -os.getpid())
    fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGKILL)
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    fcntl.fcntl(fd, fcntl.F_SETFL, flags | os.O_ASYNC)
    if os.getppid() != parent:
        os._exit(70)


def start(opts, log, outbox):
    """Run the tests in this process; never returns, but by child.Ending."""
    from . import child
    from ..observe import environ, library
    send = outbox.sender()
    opts.note = outbox.noter()
    library.environment()
    be_first()
    redirect(log)
    show_stack(2)
    environ.install()
    child.load_report(opts)
    library.forked()
    child.guarded(opts, lambda: child.run_file(opts), send, True)


def wait(pid):
    """The wait status of `pid`, whose process group is gone afterwards, and the
    signal by which it was asked to end; 0."""
    try:
        os.setpgid(pid, pid)
    except OSError:
        pass
    pending = []

    def stop(number, frame):
        pending.append(number)
        os.killpg(pid, number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    signal.signal(signal.SIGURG, lambda number, frame: os.killpg(pid, number))
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    kill_group(pid)
    status = os.waitpid(pid, 0)[1]
    return status, pending[0] if pending else 0


def judge(opts, status, doc):
    """The exit code; the failure block goes to stdout."""
    good = doc and doc["status"] in ("passed", "empty")
    if status == 0 and good:
        return 0
    name = opts.name(opts.files[0])
    if doc and not good:
        text = doc["summary"] or doc["reason"] or doc["status"]
        text = "%s: %s\n%s" % (name, doc["reason"] or doc["status"], text)
    else:
        text = "%s: %s\n%s" % (name, died(status, good), tail(opts.log))
    out = getattr(sys.stdout, "buffer", None)
    out.write(text.rstrip("\n").encode("utf-8", "backslashreplace") + b"\n")
    out.flush()
    return 1


def died(status, passed):
    """A sentence on a child that handed nothing over, or that its tests
    passed."""
    when = "at its end, after its tests" if passed else "before its end"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            what = signal.Signals(number).name
        except ValueError:
            what = "signal %d" % number
        return "killed by %s %s" % (what, when)
    return "ended with exit code %d %s" % (os.WEXITSTATUS(status), when)


def tail(path):
    """The last bytes of the log."""
    if path is None:
        return ""
    try:
        with open(path, "rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - TAIL))
            return stream.read().decode("utf-8", "replace")
    except OSError:
        return ""
