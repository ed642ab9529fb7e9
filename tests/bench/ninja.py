#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times tgraph against ninja on generated manifests, in turn.

    ninja.py TGRAPH NINJA GEN_MANIFEST STEPS [RUNS]

GEN_MANIFEST is the generator of manifests (gen_manifest.py). Prints the median
wall seconds, and the peak memory in MiB, of: a build with nothing to do; the
first load without a compiled graph (-t targets of one name, nothing is built);
and STEPS trivial `touch` steps at -j2, for at most 5,000. Each engine keeps its
records in a tree of its own.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def run(command, cwd):
    """(wall seconds, peak MiB) of a command that must succeed."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL,
                               stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit("%s: exit code %d" % (command, process.returncode))
    return wall, usage.ru_maxrss / 1024


def pairs(what, ours, theirs, runs, before=lambda: None):
    """Runs the two in turn; prints medians and the ratio pair by pair."""
    a, b = [], []
    for _ in range(runs):
        before()
        a.append(run(*ours))
        before()
        b.append(run(*theirs))
    wall = [statistics.median(x[0] for x in side) for side in (a, b)]
    peak = [statistics.median(x[1] for x in side) for side in (a, b)]
    ratio = statistics.median(x[0] / y[0] for x, y in zip(a, b))
    print("%-12s tgraph %.3f s %.0f MiB, ninja %.3f s %.0f MiB, "
          "time %.2f, memory %.2f" % (what, wall[0], peak[0], wall[1],
                                      peak[1], ratio, peak[0] / peak[1]),
          flush=True)


def main():
    tgraph, ninja, gen = map(os.path.abspath, sys.argv[1:4])
    steps = int(sys.argv[4])
    runs = int(sys.argv[5]) if len(sys.argv) > 5 else 7
    top = tempfile.mkdtemp(prefix="tgraph-bench-")
    try:
        tree = top + "/tree/build"
        subprocess.check_call([sys.executable, gen, tree, str(steps),
                               "--logs", "7"])
        ours = [tgraph, "-f", "build.ninja"], tree
        theirs = [ninja], tree
        run(*ours)              # takes ninja's records over
        pairs("nothing", ours, theirs, runs)
        state = tree + "/.tgraph"

        def no_state():
            shutil.rmtree(state, ignore_errors=True)

        pairs("first load", (ours[0] + ["-t", "rules"], tree),
              (theirs[0] + ["-t", "rules"], tree), runs, no_state)
        fan = top + "/fan"
        subprocess.check_call([sys.executable, gen, fan,
                               str(min(steps, 5000)), "--shape", "fanout"])

        def nothing_made():
            for name in ("o", ".tgraph", ".ninja_log", ".ninja_deps"):
                path = os.path.join(fan, name)
                if os.path.isdir(path):
                    shutil.rmtree(path)
                elif os.path.exists(path):
                    os.unlink(path)

        pairs("touch", ([tgraph, "-f", "build.ninja", "-j2"], fan),
              ([ninja, "-j2"], fan), min(runs, 5), nothing_made)
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    main()
