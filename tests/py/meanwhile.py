#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Edits inputs while steps run, and looks for outputs that stay as they were.

    meanwhile.py [-n ROUNDS] [-s SEED] [-k] [-r NINJA] [-v] TGRAPH

From each seed a manifest is made, as by differential.py. In every round files
are written in all ways that editors and generators have (in place, renamed,
removed and made again, of the same size, with the times of before) while a
build runs; then comes a build in peace, and each output must be what a clean
directory has with the same sources, built by the NINJA of -r if there is one;
and after that there must be nothing to do. With -k the build is killed as well,
with all that it started or alone. The last line has the numbers of rounds, of
edits that met a running build, of stale outputs and of builds that did not
settle.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import differential

# Time passes between the inputs, and before the outputs.
SLOW = differential.STEP.replace(
    'cat "$a"; done', 'cat "$a"; [ -z "$SLOW" ] || sleep 0.00$SLOW; done'
).replace("first=$1\n", 'first=$1\n[ -z "$SLOW" ] || sleep 0.02\n')
assert SLOW.count("$SLOW") == 5


class Tree:
    def __init__(self, where, tgraph, maker, text):
        self.where, self.tgraph, self.maker = where, tgraph, maker
        self.count = 0
        for name, content in list(maker.files.items()) + [
                ("build.ninja", text), ("step.sh", SLOW), ("forgive", "")]:
            self.write(name, content)
        # commands have dir/.. in their paths, whether it is there or not
        os.makedirs(self.path("dir"), exist_ok=True)

    def path(self, name):
        return os.path.join(self.where, name)

    def write(self, name, content):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(content)

    def edit(self, rng):
        """Another content for some source, of the same size."""
        name = rng.choice(self.maker.sources)
        path = self.path(name)
        self.count += 1
        text = "%s %06d\n" % (name, self.count)
        was = os.stat(path)
        how = rng.choice(["place", "place", "rename", "again", "times",
                          "twice", "touch"])
        if how == "touch":
            os.utime(path)
        elif how == "rename":
            self.write(name + ".new", text)
            os.replace(path + ".new", path)
        elif how == "again":
            os.unlink(path)
            self.write(name, text)
        else:
            self.write(name, text)
        if how == "times":
            os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
        if how == "twice":
            self.write(name, text.upper())
        return name, how

    def start(self, slow, *args):
        env = {k: v for k, v in os.environ.items()
               if k not in ("MAKEFLAGS", "SLOW", "NINJA_STATUS")}
        env["TERM"] = "dumb"
        if not self.cache:
            env["TGRAPH_CACHE"] = ""
        if slow:
            env["SLOW"] = str(slow)
        return subprocess.Popen(
            [self.tgraph, "-j3"] + list(args), cwd=self.where, env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)

    cache = False

    def build(self):
        p = self.start(0)
        out = p.communicate(timeout=120)[0].decode(errors="replace")
        return p.returncode, out

    def outputs(self):
        """Path to content, of all that steps have made."""
        found = {}
        for top, dirs, files in os.walk(self.where):
            dirs[:] = [d for d in dirs if d != ".tgraph"]
            for name in files:
                if name in (".ninja_log", ".ninja_deps"):
                    continue
                path = os.path.join(top, name)
                with open(path, "rb") as f:
                    found[os.path.relpath(path, self.where)] = f.read()
        for name in ("trace", "forgive"):
            found.pop(name, None)
        return found


def below(pid):
    """The processes that pid has started, and these, and so on."""
    found, todo = [], [pid]
    while todo:
        try:
            with open("/proc/%d/task/%d/children" % ((todo.pop(),) * 2)) as f:
                more = [int(word) for word in f.read().split()]
        except OSError:
            continue
        found += more
        todo += more
    return found


def kill(rng, p):
    """SIGKILL for tgraph alone, or for it and some of what is below it."""
    pids = [p.pid]
    if rng.random() < 0.5:
        pids += [pid for pid in below(p.pid) if rng.random() < 0.5]
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


class Rounds:
    def __init__(self, opts):
        self.opts = opts
        self.rounds = self.met = self.stale = self.unsettled = 0
        self.kills = 0

    def say(self, *what):
        print(*what, flush=True)

    def compare(self, seed, n, tree, done):
        """With what a clean directory has."""
        clean = tree.where + ".clean"
        shutil.rmtree(clean, ignore_errors=True)
        os.makedirs(clean)
        other = Tree(clean, self.opts.reference or tree.tgraph, tree.maker,
                     self.text)
        for name in tree.maker.files:
            if name != "step.sh":
                shutil.copyfile(tree.path(name), other.path(name))
        code, out = other.build()
        if code != 0:
            raise SystemExit("seed %d: a clean build fails:\n%s" % (seed, out))
        mine, want = tree.outputs(), other.outputs()
        bad = [k for k in want if mine.get(k) != want[k]]
        self.stale += len(bad)
        for name in bad:
            self.say("not ok - seed %d round %d: %s is stale after %s" % (
                seed, n, name, done))
        shutil.rmtree(clean)
        return not bad

    def one(self, rng, seed, n, tree):
        p = tree.start(rng.choice([1, 4, 9]))
        done, ended = [], threading.Event()

        def edits():
            for _ in range(rng.randint(2, 6)):
                ended.wait(rng.expovariate(60))
                running = p.poll() is None
                done.append(tree.edit(rng))
                self.met += running
            if self.opts.kill:
                ended.wait(rng.expovariate(15))
                if p.poll() is None:
                    self.kills += 1
                    kill(rng, p)

        thread = threading.Thread(target=edits)
        thread.start()
        p.communicate(timeout=120)
        thread.join()
        self.rounds += 1
        code, out = tree.build()
        if code != 0:
            self.say("not ok - seed %d round %d: exit code %d\n%s" % (
                seed, n, code, out))
            self.stale += 1
            return False
        if not self.compare(seed, n, tree, done):
            self.say(out)
            return False
        for tries in range(3):
            code, out = tree.build()
            if "no work to do" in out:
                return True
        self.unsettled += 1
        self.say("not ok - seed %d round %d: not settled:\n%s" % (
            seed, n, out))
        return False

    def seed(self, seed, rounds):
        rng = random.Random(seed)
        top = tempfile.mkdtemp(prefix="tgraph-meanwhile-")
        maker = differential.Maker(seed)
        self.text = maker.manifest()
        try:
            os.makedirs(top + "/w")
            tree = Tree(top + "/w", self.opts.tgraph, maker, self.text)
            tree.cache = rng.random() < 0.5
            code, out = tree.build()
            if code != 0:
                # a manifest that is wrong, or a cycle
                return
            for n in range(rounds):
                # edits before it, so that there is something to run
                for _ in range(rng.randint(2, 6)):
                    tree.edit(rng)
                good = self.one(rng, seed, n, tree)
                if not good:
                    break
        finally:
            shutil.rmtree(top, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=20)
    parser.add_argument("-s", type=int)
    parser.add_argument("-k", dest="kill", action="store_true")
    parser.add_argument("-r", dest="reference", type=os.path.abspath)
    parser.add_argument("-v", dest="verbose", action="store_true")
    parser.add_argument("-T", type=float, default=0,
                        help="seconds after which no seed begins")
    parser.add_argument("tgraph")
    opts = parser.parse_args()
    opts.tgraph = os.path.abspath(opts.tgraph)
    seed = opts.s if opts.s is not None else random.randrange(1 << 30)
    print("# seed %d" % seed)
    rounds, began = Rounds(opts), time.monotonic()
    while rounds.rounds < opts.n:
        if opts.T and time.monotonic() - began > opts.T:
            break
        rounds.seed(seed, min(8, opts.n - rounds.rounds))
        seed += 1
        if opts.verbose and seed % 10 == 0:
            rounds.say("# %d rounds" % rounds.rounds)
    bad = rounds.stale + rounds.unsettled
    print("# %d rounds, %d edits while it ran, %d kills, %d stale, "
          "%d not settled" % (rounds.rounds, rounds.met, rounds.kills,
                              rounds.stale, rounds.unsettled))
    print("%d passed, %d failed" % (rounds.rounds - min(bad, rounds.rounds),
                                    bad))
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
