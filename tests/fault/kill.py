#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills tgraph, its workers and their children at random moments.

    kill.py TGRAPH PYTHON ROUNDS [SEED]

In a repository of small test files, each of which notes outside of the tree
that it ran, every round changes one module, starts tgraph, and sends SIGKILL
to one of its processes after a random number of tests. Then tgraph runs
undisturbed and must be right: everything passed, with the items that there are,
but for what the round has broken, and nothing is at work when it has ended.
What was up to date before the kill, by what another tgraph says that runs
nothing, must not run again; nor, where tgraph itself lives on, what it has
reported as passed. (What has ended is up to date when the environment has been
looked at once more, which is done now and then: of what had ended, a killed
tgraph has not recorded all.) The last line is "N passed, N failed"; rounds are
counted.
"""

import collections
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

FILES, GROUPS, JOBS = 24, 4, 2


def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def make_tree(root, log):
    put(root + "/pyproject.toml", '[project]\nname = "kill"\nversion = "1"\n')
    for g in range(GROUPS):
        put("%s/src/part%d.py" % (root, g), "VALUE = 0\n")
    put(root + "/conftest.py",
        "import sys\nsys.path.insert(0, %r)\n" % (root + "/src"))
    for i in range(FILES):
        put("%s/tests/test_%02d.py" % (root, i), """\
import os
import time
import part%d


def note(word):
    fd = os.open(%r, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, b"%%s %02d\\n" %% word)
    os.close(fd)


def test_first():
    note(b"begin")
    time.sleep(0.01)
    assert part%d.VALUE >= 0


def test_last():
    note(b"end")
""" % (i % GROUPS, log, i, i % GROUPS))


def descendants(pid):
    """Pids below pid, with the depth of each."""
    children = collections.defaultdict(list)
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as f:
                    ppid = int(f.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            children[ppid].append(int(name))
    found, todo = [], [(pid, 0)]
    while todo:
        at, depth = todo.pop()
        for child in children[at]:
            found.append((child, depth + 1))
            todo.append((child, depth + 1))
    return found


def kill_something(rng, tgraph):
    """Kills tgraph itself or one below it. Returns what."""
    below = descendants(tgraph.pid)
    what = rng.choice(["tgraph", "worker", "child"])
    if what == "worker":
        pids = [p for p, d in below if d == 1]
    elif what == "child":
        pids = [p for p, d in below if d > 1]
    else:
        pids = [tgraph.pid]
    if not pids:
        what, pids = "tgraph", [tgraph.pid]
    try:
        os.kill(rng.choice(pids), signal.SIGKILL)
    except ProcessLookupError:
        pass
    return what


def at_work(below):
    """Processes that work somewhere below a directory."""
    found = []
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        try:
            if name.isdigit() and os.readlink(
                    "/proc/%s/cwd" % name).startswith(below):
                found.append(int(name))
        except OSError:
            pass
    return found


def ended(log):
    """Files that came to their end, each as often as it did."""
    try:
        with open(log) as f:
            lines = f.read().split("\n")
    except FileNotFoundError:
        return collections.Counter()
    return collections.Counter(w[4:] for w in lines if w.startswith("end "))


class Case:
    def __init__(self, tgraph, python, seed):
        self.dir = tempfile.mkdtemp(prefix="tgraph-kill-")
        self.root = self.dir + "/work"
        self.log = self.dir + "/log"
        self.report = self.dir + "/report.json"
        self.rng = random.Random(seed)
        self.broken = set()
        self.env = dict(os.environ, XDG_CACHE_HOME=self.dir + "/cache",
                        VIRTUAL_ENV=os.path.dirname(os.path.dirname(python)))
        for name in ("PYTHONDONTWRITEBYTECODE", "MAKEFLAGS"):
            self.env.pop(name, None)
        # The leak sanitizer's helper process, left alone by a kill, spins.
        self.env["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + \
            ":detect_leaks=0"
        self.command = [tgraph, "-j%d" % JOBS, "--no-cache",
                        "--json", self.report]
        make_tree(self.root, self.log)

    def start(self):
        return subprocess.Popen(self.command, cwd=self.root, env=self.env,
                                stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)

    def wait_for(self, lines, tgraph):
        """Until tests have noted so much, or tgraph has ended."""
        while tgraph.poll() is None:
            if os.path.exists(self.log):
                with open(self.log) as f:
                    if f.read().count("\n") >= lines:
                        return
            elif not lines:
                return
            time.sleep(0.005)

    def ask(self, *options):
        """What a tgraph says that runs nothing."""
        p = subprocess.run(self.command + list(options), cwd=self.root,
                           env=self.env, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, timeout=120)
        return p.stdout.decode(errors="replace")

    def up_to_date(self):
        """Numbers of the files that would not run."""
        names = {"%02d" % i for i in range(FILES)}
        return names - set(re.findall(r"^\[.* tests/test_(..)\.py$",
                                      self.ask("-n"), re.M))

    def reported(self):
        """Numbers of the files that have passed, by the last report."""
        self.ask("--last")
        with open(self.report) as f:
            files = json.load(f)["files"]
        return {f["file"][-5:-3] for f in files if f["status"] == "passed"}

    def expected(self, file):
        """How a file has to end."""
        number = int(file[-5:-3])
        return "failed" if number % GROUPS in self.broken else "passed"

    def round(self, n):
        """One kill and one undisturbed run; the list of what was wrong."""
        rng, wrong = self.rng, []
        group = rng.randrange(GROUPS)
        value = rng.choice([n, n, -n])
        put("%s/src/part%d.py" % (self.root, group), "VALUE = %d\n" % value)
        self.broken.discard(group)
        if value < 0:
            self.broken.add(group)
        if os.path.exists(self.log):
            os.unlink(self.log)
        tgraph = self.start()
        self.wait_for(rng.randrange(2 * FILES // GROUPS), tgraph)
        time.sleep(rng.uniform(0, 0.2))
        known = self.up_to_date()
        what = kill_something(rng, tgraph)
        tgraph.communicate(timeout=120)
        if tgraph.returncode >= 0:
            known |= self.reported()
        before = ended(self.log)
        again = self.start()
        out = again.communicate(timeout=120)[0].decode(errors="replace")
        if again.returncode != bool(self.broken):
            wrong.append("exit code %d" % again.returncode)
        left = at_work(self.dir)
        if left:
            wrong.append("still at work: %s" % left)
        try:
            with open(self.report) as f:
                files = json.load(f)["files"]
        except FileNotFoundError:
            return ["round %d, killed %s: no report" % (n, what), out[-2000:]]
        bad = [f["file"] for f in files
               if f["status"] != self.expected(f["file"]) or
               len(f["items"]) != 2]
        if bad or len(files) != FILES:
            wrong.append("%d files, with the wrong end: %s" % (
                len(files), bad))
        twice = sorted(known & set(ended(self.log) - before))
        if twice:
            wrong.append("passed, and ran again: %s" % twice)
        missing = {"%02d" % i for i in range(FILES)
                   if i % GROUPS == group} - set(ended(self.log))
        if missing and n > 1:
            wrong.append("never ran: %s" % sorted(missing))
        return ["round %d, killed %s: %s" % (n, what, w) for w in wrong] + (
            [out[-600:]] if wrong else [])


def main():
    tgraph, python = map(os.path.abspath, sys.argv[1:3])
    rounds = int(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else random.randrange(1 << 30)
    print("# seed %d" % seed)
    case = Case(tgraph, python, seed)
    failed = 0
    try:
        for n in range(1, rounds + 1):
            wrong = case.round(n)
            failed += bool(wrong)
            print("%s %d - round %d" % ("not ok" if wrong else "ok", n, n))
            for line in wrong:
                print("# " + line.replace("\n", "\n# "))
    finally:
        shutil.rmtree(case.dir, ignore_errors=True)
    print("1..%d" % rounds)
    print("%d passed, %d failed" % (rounds - failed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
