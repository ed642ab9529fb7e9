# SPDX-License-Identifier: Apache-2.0
"""What the process that runs a file hands to the one that has forked it.

Tests share their process with what reports on them, and may leave it in a state
in which it can open no file, write to none, or is another user; and a result
file is one that any test can write. So the results of a run go through memory
that both processes have had since before the fork; whoever waits believes them
only if a secret is with them that it has drawn for this run, and writes the
files. The secret is not in the environment, on the command line or at a
descriptor: the process that runs the file takes it before it runs any code but
ours, and has it nowhere but in a closure.
"""

import mmap
import os
from marshal import dumps, loads
from os import getpid

# Secret for the other process; the same with what it hands over, whose size
# and data follow, and an errno if it can't run the tests.
_SECRET = 32
_TOLD = slice(0, _SECRET)
_SAID = slice(_SECRET, 2 * _SECRET)
_SIZE = slice(2 * _SECRET, 2 * _SECRET + 8)
_ERRNO = slice(2 * _SECRET + 8, 2 * _SECRET + 12)
_DATA = 2 * _SECRET + 16
_NOTHING = bytes(_SECRET)
# Of address space: what is not written to takes no memory.
MOST = 256 << 20
_LARGE = 1 << 20
MOST_ERRNO = 4095


class Outbox:
    """The memory, in both processes. One run at a time."""

    def __init__(self, fd=-1):
        """`fd`: of an empty file for it, or of one that holds an Outbox; else
        it can be had only by a fork."""
        size = os.fstat(fd).st_size if fd >= 0 else 0
        self.map = mmap.mmap(fd, size) if size else _reserve(fd)
        self.secret = None

    def arm(self):
        """Before the other process is made: draw a secret for it."""
        self.secret = os.urandom(_SECRET)
        self.map[_TOLD] = self.secret
        self.map[_SAID] = _NOTHING
        self.map[_ERRNO] = bytes(4)
        half = len(self.map) // 2
        self.map[half:half + 8] = bytes(8)

    def failed(self, error):
        """In the other process: its log can't be written (errno)."""
        self.map[_ERRNO] = error.to_bytes(4, "little")

    def error(self):
        """The errno that the other process has left; 0: none."""
        return min(int.from_bytes(self.map[_ERRNO], "little"), MOST_ERRNO)

    def noter(self):
        """In the other process: a function that notes a value, for the case
        that it ends before it hands anything over. What there is no room for
        is not noted. In processes forked from this one it does nothing."""
        memory, pid, at = self.map, getpid(), len(self.map) // 2

        def note(value):
            nonlocal at
            data = dumps(value)
            end = at + 8 + len(data)
            if end + 8 > len(memory) or getpid() != pid:
                return
            memory[at + 8:end + 8] = data + bytes(8)
            memory[at:at + 8] = len(data).to_bytes(8, "little")
            at = end

        memory[at:at + 8] = bytes(8)
        return note

    def notes(self):
        """What the other process has noted."""
        found, at = [], len(self.map) // 2
        try:
            while True:
                size = int.from_bytes(self.map[at:at + 8], "little")
                if not size:
                    return found
                found.append(loads(self.map[at + 8:at + 8 + size]))
                at += 8 + size
        except (EOFError, ValueError, TypeError):
            return found        # tests have written there

    def sender(self):
        """In the other process: a function that hands over a value (of None,
        bool, int, float, str, list, tuple and dict) and raises a ValueError if
        it can't. In processes forked from this one it does nothing."""
        secret, memory, pid = self.map[_TOLD], self.map, getpid()
        memory[_TOLD] = _NOTHING
        self.secret = None
        room = len(memory) // 2 - _DATA

        def send(value):
            data = dumps(value)
            size = len(data)
            if size > room:
                raise ValueError("%d bytes of results" % size)
            if getpid() == pid:
                memory[_DATA:_DATA + size] = data
                memory[_SIZE] = size.to_bytes(8, "little")
                memory[_SAID] = secret

        return send

    def full(self):
        """Has the other process handed something over?"""
        return self.map[_SAID] == self.secret

    def take(self):
        """What it has handed over, when it has ended; None: nothing."""
        if self.secret is None or not self.full():
            return None
        self.secret = None
        size = int.from_bytes(self.map[_SIZE], "little")
        value = loads(self.map[_DATA:_DATA + size])
        if size > _LARGE and hasattr(mmap, "MADV_REMOVE"):
            try:
                self.map.madvise(mmap.MADV_REMOVE)
            except OSError:
                pass            # it keeps the memory
        return value


def _reserve(fd):
    size = MOST
    while True:
        try:
            if fd >= 0:
                os.ftruncate(fd, size)
            return mmap.mmap(fd, size)
        except (OSError, ValueError):
            if size <= _LARGE:
                raise
            size //= 2
