#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times tgraph against pytest on a repository of many small test files.

    python.py TGRAPH PYTHON REPOSITORY LEAF [RUNS]

PYTHON belongs to a virtual environment with pytest and pytest-xdist.
REPOSITORY is copied first. All caches are cold in the first three rows: no
.tgraph, no cache directory, no .pyc files of the repository (pytest, again has
them). LEAF is a module of it (path from its root) to which a comment is added for the last row.
Prints median wall and processor seconds.
"""

import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def run(command, cwd, env):
    """(wall, processor) seconds; a failing command ends the program."""
    before = os.times()
    began = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    wall = time.perf_counter() - began
    after = os.times()
    if done.returncode != 0:
        sys.stdout.buffer.write(done.stdout[-3000:])
        raise SystemExit("%s: exit code %d" % (command, done.returncode))
    return wall, (after.children_user + after.children_system -
                  before.children_user - before.children_system)


def main():
    tgraph, python, repository = map(os.path.abspath, sys.argv[1:4])
    leaf = sys.argv[4]
    runs = int(sys.argv[5]) if len(sys.argv) > 5 else 3
    top = tempfile.mkdtemp(prefix="tgraph-bench-")
    tree, cache = top + "/tree", top + "/cache"
    env = dict(os.environ, XDG_CACHE_HOME=cache,
               VIRTUAL_ENV=os.path.dirname(os.path.dirname(python)))
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"):
        env.pop(name, None)

    old = itertools.count()

    def aside(path):
        """Away, but not removed: ext4 is slow in making files for a while
        after many were removed."""
        if os.path.exists(path):
            os.rename(path, os.path.join(top, "old%d" % next(old)))

    def cold():
        aside(cache)
        aside(tree + "/.tgraph")
        for here, dirs, _ in os.walk(tree):
            if "__pycache__" in dirs:
                aside(os.path.join(here, "__pycache__"))
                dirs.remove("__pycache__")

    rows = {}

    def row(name, command, before):
        before()
        rows.setdefault(name, []).append(run(command, tree, env))

    def edit():
        with open(os.path.join(tree, leaf), "a") as f:
            f.write("# a remark %s\n" % time.time())

    version = "%d.%d" % tuple(int(x) for x in subprocess.check_output(
        [python, "-c", "import sys; print(*sys.version_info[:2])"]).split())
    ours = [tgraph, "--python", version]
    try:
        shutil.copytree(repository, tree, ignore=shutil.ignore_patterns(
            ".tgraph", "__pycache__"))
        for _ in range(runs):
            row("pytest", [python, "-m", "pytest", "-q"], cold)
            row("pytest, again", [python, "-m", "pytest", "-q"],
                lambda: None)
            row("pytest -n 2", [python, "-m", "pytest", "-q", "-n", "2"],
                cold)
            row("tgraph", ours, cold)
            for _ in range(3):
                row("tgraph, nothing to do", ours, lambda: None)
            row("tgraph, one leaf changed", ours, edit)
        for name, values in rows.items():
            print("%-26s %8.3f s wall %8.3f s processor" % (
                name, statistics.median(v[0] for v in values),
                statistics.median(v[1] for v in values)), flush=True)
        best = min(statistics.median(v[0] for v in rows[n])
                   for n in ("pytest", "pytest -n 2"))
        full = statistics.median(v[0] for v in rows["tgraph"])
        none = statistics.median(v[0] for v in rows["tgraph, nothing to do"])
        again = statistics.median(v[0] for v in rows["pytest, again"])
        print("cold: %.2f of the better pytest; nothing to do: 1/%.0f of "
              "pytest" % (full / best, again / none))
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    main()
