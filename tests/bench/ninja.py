#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times tgraph against ninja and others of its kind on generated manifests.

    ninja.py [--runs N] [--only WHAT] TGRAPH GEN_MANIFEST STEPS PEER...

GEN_MANIFEST is the generator of manifests (gen_manifest.py). Each PEER is a
program that takes ninja's options, or NAME=COMMAND with a command line (a
samurai: samu=/usr/bin/samu). The programs run in turn, the peers in trees of
their own as each keeps records of its own; what a peer cannot do is told and
left out. Prints for each the median wall and CPU seconds (its steps' CPU
time included) and the peak memory in MiB (never less than this Python's own,
which a child has until it executes the program), and tgraph's ratio to it, run
by run, of:

    nothing     a build with nothing to do
    load        the first load without a compiled graph: -t rules, which
                builds nothing (samurai has no such tool: -t commands there)
    touch       STEPS trivial `touch` steps at -j2, at most 5,000
"""

import argparse
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


class Failed(Exception):
    pass


class Engine:
    def __init__(self, text, state=(), options=()):
        name, given, command = text.partition("=")
        if not given:
            name, command = os.path.basename(text), os.path.abspath(text)
        self.name = name
        self.command = shlex.split(command) + list(options)
        self.state = state
        self.trees = {}

    def run(self, arguments, tree):
        """(wall seconds, CPU seconds, peak MiB); it must succeed."""
        began = time.perf_counter()
        process = subprocess.Popen(self.command + arguments,
                                   cwd=tree, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise Failed("%s %s: exit code %d" % (
                self.name, " ".join(arguments), process.returncode))
        return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def medians(rows):
    return [statistics.median(column) for column in zip(*rows)]


def compare(what, engines, runs, once, ready=lambda engine: None):
    """The engines in turn, the first against each of the others."""
    rows = {}
    engines = list(engines)
    for engine in list(engines):
        try:
            ready(engine)
            once(engine)            # the first is not counted
            rows[engine] = []
        except Failed as failed:
            print("%-8s %s" % (what, failed), flush=True)
            engines.remove(engine)
    for _ in range(runs):
        for engine in engines:
            ready(engine)
            rows[engine].append(once(engine))
    for engine in engines:
        wall, cpu, peak = medians(rows[engine])
        line = "%-8s %-10s wall %8.4f s  CPU %8.4f s  %7.1f MiB" % (
            what, engine.name, wall, cpu, peak)
        if engine is not engines[0] and engines[0] in rows:
            pairs = list(zip(rows[engines[0]], rows[engine]))
            line += "  tgraph/%s: wall %.2f CPU %.2f memory %.2f" % (
                engine.name,
                statistics.median(a[0] / b[0] for a, b in pairs),
                statistics.median(a[1] / b[1] for a, b in pairs),
                medians(rows[engines[0]])[2] / peak)
        print(line, flush=True)


def remove(tree, names):
    for name in names:
        path = os.path.join(tree, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            os.unlink(path)


def generate(options, directory, *more):
    subprocess.check_call([sys.executable, options.gen_manifest, directory]
                          + [str(m) for m in more])


def nothing_and_load(options, engines, top):
    """Each engine has a tree whose records say that all is made."""
    usable = []
    for i, engine in enumerate(engines):
        tree = "%s/tree%d/build" % (top, i)
        generate(options, tree, options.steps, "--logs", 7)
        engine.trees["compile"] = tree
        try:
            engine.run([], tree)        # takes the records over
            usable.append(engine)
        except Failed as failed:
            print("prime    %s" % failed, flush=True)
    if options.only in (None, "nothing"):
        compare("nothing", usable, options.runs,
                lambda e: e.run([], e.trees["compile"]))
    if options.only in (None, "load"):
        compare("load", usable, options.runs,
                lambda e: e.run(["-t", "commands" if e.name.startswith("samu")
                                 else "rules"], e.trees["compile"]),
                lambda e: remove(e.trees["compile"], e.state))


def touch(options, engines, top):
    for i, engine in enumerate(engines):
        engine.trees["fan"] = "%s/fan%d" % (top, i)
        generate(options, engine.trees["fan"], min(options.steps, 5000),
                 "--shape", "fanout")
    compare("touch", engines, min(options.runs, 5),
            lambda e: e.run(["-j2"], e.trees["fan"]),
            lambda e: remove(e.trees["fan"], (
                "o", ".tgraph", ".ninja_log", ".ninja_deps", ".n2_db")))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tgraph")
    parser.add_argument("gen_manifest", type=os.path.abspath)
    parser.add_argument("steps", type=int)
    parser.add_argument("peer", nargs="+")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", choices=("nothing", "load", "touch"))
    options = parser.parse_args()
    engines = [Engine(options.tgraph, (".tgraph",), ("-f", "build.ninja"))]
    engines += [Engine(peer) for peer in options.peer]
    top = tempfile.mkdtemp(prefix="tgraph-bench-")
    try:
        if options.only != "touch":
            nothing_and_load(options, engines, top)
        if options.only in (None, "touch"):
            touch(options, engines, top)
    finally:
        shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    main()
