# SPDX-License-Identifier: Apache-2.0
"""What is known of a run whose process has ended before it could hand over its
results.

It notes, in the memory that it shares with the process that waits for it (see
Outbox.noter()), which tests it has collected, which one it begins, and how each
has ended. Of these notes the other makes a result document: tests that had
finished keep their outcomes, and the one that ran has failed. That document
never says that all is well.
"""

import os
import signal
import time

from .results import clip

PRINTS = 1 << 16        # bytes of what the test had printed that are kept
STACK = 1 << 16         # of the log, in which its stack may be
_TITLES = "Captured stdout call", "Captured stderr call"
_STACKS = b"Fatal Python error: ", b"Current thread 0x", b"Thread 0x"


def how(status, stopped):
    """How a process with this wait status has ended, in words."""
    if stopped:
        return "stopped by the time limit"
    if not os.WIFSIGNALED(status):
        return "ended with exit code %d" % os.WEXITSTATUS(status)
    number = os.WTERMSIG(status)
    try:
        return "killed by " + signal.Signals(number).name
    except ValueError:
        return "killed by signal %d" % number


def parcel(opts, status, stopped, notes, captured=()):
    """As results.parcel(), of a process that ended with this wait status:
    stopped for its time, or not. `captured`: descriptors of the files into
    which pytest captured. None: there is nothing to tell."""
    order, running, done = None, None, {}
    for note in notes:
        if note[0] == "items":
            rootdir, order = note[1:]
        elif note[0] == "begin":
            running = note[1]
        elif note[0] == "item":
            done[note[1]["id"]] = note[1]
            running = None
    if order is None or running is None and not done:
        return None
    why = how(status, stopped)
    items = [done[nodeid] for nodeid, _ in order if nodeid in done]
    if running is not None:
        items.append(_blamed(opts, running, dict(order).get(running, 0), why,
                             captured))
        why = ("in " if stopped else why + " in ") + running
    return {"doc": _document(opts, rootdir, order, items, why),
            "temporary": None, "natives": (), "ends": None}


def _blamed(opts, nodeid, line, why, captured):
    sections = []
    for title, fd in zip(_TITLES, captured):
        text = os.pread(fd, PRINTS, max(0, os.fstat(fd).st_size - PRINTS))
        if text:
            sections.append([title, text.decode("utf-8", "replace")])
    stack = _stack(opts.log)
    return {"id": nodeid, "outcome": "failed", "duration": 0.0, "line": line,
            "message": why, "longrepr": clip(why + "\n" + stack),
            "sections": sections}


def _stack(path):
    """What faulthandler has written to the log, without what is pytest's."""
    try:
        with open(path, "rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - STACK))
            text = stream.read()
    except (OSError, TypeError):
        return ""
    found = [at for at in map(text.find, _STACKS) if at >= 0]
    if not found:
        return ""
    lines, skips = [], False
    for line in text[min(found):].decode("utf-8", "replace").splitlines():
        frame = line.startswith("  File ")
        skips = frame and (skips or "/_pytest/" in line or
                           "/pluggy/" in line)
        if not skips:
            lines.append(line)
    return "\n".join(lines).rstrip() + "\n"


def _document(opts, rootdir, order, items, why):
    left = len(order) - len(items)
    text = why if not left else "%s; %d test%s did not run" % (
        why, left, "" if left == 1 else "s")
    return {"version": 1, "runner": "pytest", "runner_version": None,
            "file": opts.name(opts.files[0]), "cwd": opts.below(opts.cwd),
            "partial": True, "env": [], "env_all": False, "imported": [],
            "rootdir": rootdir, "exitstatus": 3, "status": "error",
            "reason": text, "crash": text, "collected": len(order),
            "deselected": 0, "start": time.time(), "duration": 0.0,
            "items": items, "collect_errors": [], "warnings": [],
            "show": "w", "summary": "", "way": opts.way,
            "times": opts.clock.times(), "done": True}
