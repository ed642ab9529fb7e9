#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Edits modules of a repository and looks at what runs again.

    parity_leaf.py [-n MODULES] [--seed N] TGRAPH SUITE_DIR PYTHON

Runs everything once with a cache of its own, then appends a remark to one
module after the other (chosen at random among those that some test file has
imported) and runs again: every file whose run has imported the module, by its
result document, must run. Each module is put back; then nothing but what
failed may run. Prints what was missing; ends with 1 if something was.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

import parity


def run(a, root, scratch, number):
    """The files of tgraph's report, by name."""
    env = parity.environment()
    env["VIRTUAL_ENV"] = os.path.dirname(os.path.dirname(a.python))
    report = os.path.join(scratch, "report%d.json" % number)
    version = subprocess.run(
        [a.python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    got = subprocess.run(
        [a.tgraph, "--cache", os.path.join(scratch, "cache"), "--json",
         report, "--python", version], cwd=root, env=env,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    try:
        with open(report) as stream:
            return {e["file"]: e for e in json.load(stream)["files"]}
    except OSError:
        sys.exit("no report: exit code %d\n%s"
                 % (got.returncode, got.stdout.decode("utf-8", "replace")))


def imports(root, files):
    """What each file has imported, by its result document."""
    found = {}
    for name, entry in files.items():
        try:
            with open(os.path.join(root, entry["result"])) as stream:
                found[name] = set(json.load(stream)["imported"])
        except (OSError, ValueError):
            found[name] = set()
    return found


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("-n", type=int, default=4)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("tgraph")
    ap.add_argument("suite")
    ap.add_argument("python")
    a = ap.parse_args()
    a.tgraph = os.path.abspath(a.tgraph)
    root = os.path.abspath(a.suite)
    rng = random.Random(a.seed)
    missing = 0
    with tempfile.TemporaryDirectory(prefix="leaf-") as scratch:
        first = run(a, root, scratch, 0)
        known = imports(root, first)
        modules = sorted(set().union(*known.values()) - set(first))
        bad = {n for n, e in first.items() if e["status"] not in (
            "passed", "empty", "not selected")}
        for number, module in enumerate(
                rng.sample(modules, min(a.n, len(modules))), 1):
            path = os.path.join(root, module)
            with open(path, "rb") as stream:
                text = stream.read()
            with open(path, "ab") as stream:
                stream.write(b"\n# a remark\n")
            try:
                ran = {n for n, e in run(a, root, scratch, number).items()
                       if not e["cached"]}
            finally:
                with open(path, "wb") as stream:
                    stream.write(text)
            after = {n for n, e in run(a, root, scratch, 0).items()
                     if not e["cached"]}
            want = {n for n in known if module in known[n]}
            print("%s: imported by %d of %d files, %d ran, %d when put back"
                  % (module, len(want), len(first), len(ran), len(after)))
            if want - ran:
                missing += 1
                print("  did not run: %s" % sorted(want - ran))
            if after - bad:
                print("  ran for nothing: %s" % sorted(after - bad))
                missing += 1
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
