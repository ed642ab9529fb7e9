#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Feeds test files to warm workers, in the place of tgraph's scheduler.

    drive_worker.py [-j N] [--python PYTHON] [--out DIR] ROOT [FILE...]

Each FILE (default: every test_*.py below ROOT) is run with the nearest
directory upwards that holds a pyproject.toml as its package root. Prints how
many results of each status there were and the milliseconds a file took.
"""

import argparse
import collections
import json
import mmap
import os
import selectors
import socket
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PYTGRAPH = os.path.join(HERE, "..", "..", "src", "pytgraph")
REQUEST = struct.Struct("<IHHIIIIQ")
RESULT = struct.Struct("<IHHIiIIQQ")


class Worker:
    """tgraph's end of one worker."""

    def __init__(self, python, cwd, capacity=1 << 20, env=None, flags=(),
                 more=(), pytgraph=PYTGRAPH):
        self.sock, theirs = socket.socketpair()
        ring = os.memfd_create("ring")
        os.ftruncate(ring, 64 + capacity)
        self.map = mmap.mmap(ring, 64 + capacity)
        self.capacity = capacity
        struct.pack_into("<IIQQQ", self.map, 0, 0x47524754, 1, capacity, 0, 0)
        fds = theirs.fileno(), ring
        self.process = subprocess.Popen(
            [python, *flags, pytgraph, "worker", "--fd", str(fds[0]),
             "--ring-fd", str(fds[1]), *more], cwd=cwd, pass_fds=fds, env=env,
            start_new_session=True)
        theirs.close()
        os.close(ring)
        self.seq = 0
        self.task = None

    def read(self):
        """(type, seq, status, pid, payload, usec); None at the end."""
        data = b""
        while len(data) < 40:
            part = self.sock.recv(40 - len(data))
            if not part:
                return None
            data += part
        magic, version, kind, seq, status, pid, size, offset, usec = \
            RESULT.unpack(data)
        assert (magic, version) == (0x53524754, 1), data
        payload = b""
        if kind == 4:
            while len(payload) < size:
                payload += self.sock.recv(size - len(payload))
        elif size and offset != (1 << 64) - 1:
            at = offset % self.capacity
            whole = self.map[64:64 + self.capacity]
            payload = (whole + whole)[at:at + size]
            struct.pack_into("<Q", self.map, 16, offset + size)
        return kind, seq, status, pid, payload, usec

    def send(self, kind, payload=b"", key=0):
        self.seq += 1
        self.sock.sendall(REQUEST.pack(0x51524754, 1, kind, self.seq, 0,
                                       len(payload), 0, key) + payload)

    def run(self, args, env=None, **more):
        self.send(1, json.dumps({"args": args, "env": env or {},
                                 **more}).encode())

    def wait(self):
        """(status, document or None, pid) of the request under way; "again"
        for a status if it has to run again."""
        while True:
            got = self.read()
            if got is None:
                return None
            kind, _, status, pid, payload, _ = got
            if kind == 4:
                return "error", payload.decode(), pid
            if kind == 7:
                return "again", None, pid
            if kind == 3:
                return status, json.loads(payload) if payload else None, pid

    def quit(self):
        self.send(2)
        self.process.wait()
        self.sock.close()


def package_of(path, root):
    where = os.path.dirname(path)
    while where != root and \
            not os.path.exists(os.path.join(where, "pyproject.toml")):
        where = os.path.dirname(where)
    return where


def arguments(root, path, out, runner="pytest"):
    """The argument vector of the plain command after `run`."""
    name = os.path.relpath(path, root)
    base = os.path.join(out, name)
    ini = os.path.join(root, "pyproject.toml")
    args = ["--runner", runner,
            "--cwd", os.path.relpath(package_of(path, root), root),
            "--result", base + ".json",
            "--log", base + ".log", "--depfile", base + ".d",
            "--pycache", os.path.join(out, "pycache")]
    if runner == "pytest":
        args += ["--rootdir", "."]
        if os.path.exists(ini):
            args += ["--inifile", "pyproject.toml"]
    return args + [name]


def find(root):
    found = []
    for where, dirs, names in os.walk(root):
        dirs[:] = sorted(d for d in dirs if not d.startswith("."))
        found += [os.path.join(where, n) for n in sorted(names)
                  if n.startswith("test_") and n.endswith(".py")]
    return found


def drive(workers, jobs):
    """Give each of `jobs` (argument vectors) to the next free worker;
    returns the list of (status, document)."""
    done = []
    todo = collections.deque(jobs)
    chooser = selectors.DefaultSelector()
    busy = 0
    for worker in workers:
        chooser.register(worker.sock, selectors.EVENT_READ, worker)
        got = worker.read()
        assert got[0] == 1, got
        if todo:
            worker.run(todo.popleft())
            busy += 1
    while busy:
        for key, _ in chooser.select():
            worker = key.data
            got = worker.read()
            assert got is not None and got[0] != 4, got
            if got[0] != 3:
                continue
            done.append((got[2], json.loads(got[4]) if got[4] else None))
            busy -= 1
            if todo:
                worker.run(todo.popleft())
                busy += 1
    return done


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("-j", type=int, default=1)
    ap.add_argument("--python", default=sys.executable)
    ap.add_argument("--runner", default="pytest")
    ap.add_argument("--out")
    ap.add_argument("root")
    ap.add_argument("files", nargs="*")
    a = ap.parse_args()
    root = os.path.abspath(a.root)
    out = os.path.abspath(a.out or os.path.join(root, ".tgraph"))
    files = [os.path.abspath(f) for f in a.files] or find(root)
    for f in files:
        os.makedirs(os.path.dirname(os.path.join(
            out, os.path.relpath(f, root))), exist_ok=True)
    jobs = [arguments(root, f, out, a.runner) for f in files]
    before = os.times()
    began = time.perf_counter()
    workers = [Worker(a.python, root) for _ in range(a.j)]
    done = drive(workers, jobs)
    for worker in workers:
        worker.quit()
    wall = time.perf_counter() - began
    after = os.times()
    cpu = after.children_user + after.children_system - \
        before.children_user - before.children_system
    count = collections.Counter(
        d["status"] if d else "no result, status %d" % s for s, d in done)
    items = sum(len(d["items"]) for _, d in done if d)
    print("%d files, %d items: %s; %.2f s wall, %.1f ms/file; %.2f s CPU, "
          "%.1f ms/file" % (len(done), items, dict(count), wall,
                            1000 * wall / len(done), cpu,
                            1000 * cpu / len(done)))


if __name__ == "__main__":
    main()
