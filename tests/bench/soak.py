#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Edits a workspace at random and compares what tgraph shows with pytest.

    soak.py TGRAPH PYTHON [--edits N] [--seed N] [--ways fork,process,...]
            [--dir DIR] [--only KIND,...] [--why]

PYTHON belongs to a virtual environment with pytest. The workspace
(soak_tree.py) has test files that look at data, listings, modes, variables,
programs, modules and more, and record what they saw as a property. After each
edit pytest runs in each package, and tgraph in each way of running tests,
with a state and a cache for each way. An outcome is what all items of a file
have come to, with the properties.

A miss is a file whose outcome as tgraph shows it is neither that of the whole
run of pytest nor that of a new pytest for that file alone. They are printed
with the edits that led there; the exit code is 1 then. At the end: for each
way, files that ran, for each file whose outcome changed; and by kinds of edits.
"""

import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import soak_tree as st  # noqa: E402


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("tgraph", type=os.path.abspath)
    p.add_argument("python", type=os.path.abspath)
    p.add_argument("--edits", type=int, default=100)
    p.add_argument("--seed", type=int, default=int(time.time()))
    p.add_argument("--ways", default="fork,process,batch,shared")
    p.add_argument("--dir")
    p.add_argument("--only", default="", help="edits of these kinds")
    p.add_argument("--options", default="", help="of tgraph, more")
    p.add_argument("--why", action="store_true", help="say what made each file "
                   "run whose outcome did not change")
    return p.parse_args()


# ---- pytest ----

def of_junit(path, package):
    """{file: sorted [(item, outcome, value)]}"""
    out = collections.defaultdict(list)
    try:
        top = xml.parse(path).getroot()
    except (OSError, xml.ParseError):
        return out
    for case in top.iter("testcase"):
        name, file = case.get("name"), case.get("file")
        outcome = "passed"
        for child in case:
            if child.tag in ("failure", "skipped"):
                outcome = child.tag.replace("failure", "failed")
            elif child.tag == "error":
                outcome = "error"
        if not case.get("classname"):
            file, name, outcome = name.replace(".", "/") + ".py", "", "error"
        values = [p.get("value") for p in case.iter("property")]
        out["%s/%s" % (package, file)].append((name, outcome, tuple(values)))
    return {f: sorted(v) for f, v in out.items()}


class Pytest:
    def __init__(self, python, tree, top):
        self.python, self.tree, self.junit = python, tree, top + "/junit.xml"

    def run(self, package, *files):
        env = dict(self.tree.process_env(), PYTHONDONTWRITEBYTECODE="1")
        if os.path.exists(self.junit):
            os.unlink(self.junit)
        subprocess.run(
            [self.python, "-m", "pytest", "-q", "-p", "no:cacheprovider",
             "-o", "junit_family=xunit1", "--junit-xml", self.junit,
             "--continue-on-collection-errors"] + list(files),
            cwd=self.tree.at(package), env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return of_junit(self.junit, package)

    def all(self):
        # Edits are faster than the times of compiled files.
        for here, dirs, _ in os.walk(self.tree.root):
            if "__pycache__" in dirs:
                dirs.remove("__pycache__")
                shutil.rmtree(here + "/__pycache__")
        out = {}
        for package in st.PACKAGES:
            out.update(self.run(package))
        return out

    def alone(self, file):
        package, rest = file.split("/", 1)
        return self.run(package, rest).get(file, [])


# ---- tgraph ----

def of_report(path):
    """The same of tgraph's report, and the files that ran."""
    with open(path, encoding="utf-8") as f:
        report = json.load(f)
    out, ran = {}, set()
    for file in report["files"]:
        name = file["file"]
        items = []
        for item in file.get("items", ()):
            values = [v for _, v in item.get("properties", ())]
            items.append((item["id"].split("::", 1)[1], item["outcome"],
                          tuple(str(v) for v in values)))
        if file.get("collect_errors"):
            items.append(("", "error", ()))
        out[name] = sorted(items)
        if not file["cached"]:
            ran.add(name)
    return out, ran


class Tgraph:
    """One way of running tests, with a state of its own."""

    def __init__(self, args, tree, top, way):
        self.args, self.tree, self.way = args, tree, way
        self.state = "%s/state-%s" % (top, way)
        self.cache = "%s/cache-%s" % (top, way)
        self.report = "%s/report-%s.json" % (top, way)
        self.said = ""
        self.count = collections.Counter()

    def why(self, file):
        """What made the file run, as it was said in the last run."""
        begin = "tgraph explain: " + file
        return [line[len(begin):].split(": ", 1)[-1]
                for line in self.said.split("\n") if line.startswith(begin)]

    def run(self):
        place = self.tree.at(".tgraph")
        if os.path.exists(self.state):
            os.rename(self.state, place)
        if os.path.exists(self.report):
            os.unlink(self.report)
        env = dict(self.tree.process_env(), XDG_CACHE_HOME=self.cache,
                   VIRTUAL_ENV=os.path.dirname(os.path.dirname(
                       self.args.python)))
        try:
            done = subprocess.run(
                [self.args.tgraph, "--isolation", self.way, "--json",
                 self.report, "-d", "explain"] + self.args.options.split(),
                cwd=self.tree.root, env=env, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.said = done.stdout
            return of_report(self.report)
        except FileNotFoundError:
            sys.exit(self.said)
        finally:
            os.rename(place, self.state)


# ---- the soak ----

class Soak:
    def __init__(self, args, top):
        self.args, self.top = args, top
        self.tree = st.Tree(top + "/tree", top, args.seed)
        self.misses = 0
        self.by_edit = collections.defaultdict(collections.Counter)
        self.history = []
        self.before = {}

    def prepare(self):
        tree = self.tree
        missing = st.compile_programs(self.top + "/bin", self.args.python,
                                      shutil.which("go"))
        if missing:
            print("not to be had here:", *missing)
        self.kinds = st.kinds(missing)
        st.make(tree, self.kinds)
        for name in "SOAK_A", "SOAK_E":
            tree.env[name] = "v"
        tree.env["PATH"] = tree.fill("@O@/bin1:@O@/bin2:") + os.environ["PATH"]
        tree.env["PYTHONTZPATH"] = tree.fill("@O@/zone")
        base = {k: v for k, v in os.environ.items()
                if not k.startswith(("PYTHON", "PYTEST", "LC_", "GIT_",
                                     "TGRAPH", "SOAK", "TZ"))}
        tree.process_env = lambda: dict(base, **tree.env)
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
        for words in (["init", "-q", "-b", "one"], ["add", "-A"],
                      ["commit", "-q", "-m", "x"], ["branch", "two"],
                      ["branch", "three"]):
            subprocess.run(git + words, cwd=tree.root, check=True)
        self.pytest = Pytest(self.args.python, tree, self.top)
        self.ways = [Tgraph(self.args, tree, self.top, w)
                     for w in self.args.ways.split(",")]

    def edit(self):
        tree, only = self.tree, [k for k in self.args.only.split(",") if k]
        kinds = [k for k in self.kinds if not only or k.name in only]
        tree.begin()
        if tree.random.random() < .7 or only and tree.random.random() < .7:
            kind = tree.random.choice(kinds)
            tree.of(kind)
            n = tree.random.randrange(len(kind.edits))
            kind.edits[n](tree)
            name = "%s %d" % (kind.name, n)
        else:
            edit = tree.random.choice(st.EVERYWHERE)
            edit(tree)
            name = edit.__name__
        tree.end(name)
        return name

    def miss(self, way, file, got, whole, alone):
        self.misses += 1
        print("MISS %s %s after edit %d: %s" % (
            way.way, file, len(self.history) - 1,
            " < ".join(self.history[-1:-8:-1])))
        print("  tgraph", got, "\n  whole ", whole, "\n  alone ", alone)
        lines = way.said.split("\n")
        print("   |" + "\n   |".join([l for l in lines if "test_" in l][:12]),
              flush=True)

    def judge(self, name):
        whole = self.pytest.all()
        changed = {f for f in set(whole) | set(self.before)
                   if whole.get(f) != self.before.get(f)}
        self.before = whole
        alone = {}
        for way in self.ways:
            got, ran = way.run()
            for file in sorted(set(got) | set(whole)):
                if got.get(file) == whole.get(file):
                    continue
                if file not in alone:
                    alone[file] = self.pytest.alone(file)
                if got.get(file, []) != alone[file]:
                    self.miss(way, file, got.get(file), whole.get(file),
                              alone[file])
            way.count["ran"] += len(ran)
            way.count["changed"] += len(changed)
            way.count["extra"] += len(ran - changed)
            if self.args.why:
                for file in sorted(ran - changed):
                    print("     %s %s: %s" % (way.way, file,
                                              "; ".join(way.why(file))))
            row = self.by_edit[name]
            row["edits"] += 1
            row["ran"] += len(ran)
            row["changed"] += len(changed)
        return len(whole), len(changed)

    def run(self):
        self.prepare()
        self.history.append("(begin)")
        files, _ = self.judge("(begin)")
        print("%d test files, seed %d" % (files, self.args.seed), flush=True)
        for way in self.ways:
            way.count.clear()
        self.by_edit.clear()
        for n in range(self.args.edits):
            name = self.edit()
            self.history.append(name)
            before = [w.count["ran"] for w in self.ways]
            _, changed = self.judge(name)
            print("%4d %-18s changed %2d  ran %s" % (n + 1, name, changed,
                  " ".join("%2d" % (w.count["ran"] - b) for w, b in
                           zip(self.ways, before))), flush=True)
        self.sums()

    def sums(self):
        for name, row in sorted(self.by_edit.items()):
            ways = len(self.ways)
            print("%-18s %4d edits %6.1f ran %6.1f changed" % (
                name, row["edits"] / ways, row["ran"] / ways,
                row["changed"] / ways))
        for way in self.ways:
            c = way.count
            print("%-8s %5d files ran, %5d outcomes changed: %.2f; ran "
                  "without a change %d" % (way.way, c["ran"], c["changed"],
                  c["ran"] / max(c["changed"], 1), c["extra"]))
        print("%d misses in %d edits" % (self.misses, self.args.edits))


def main():
    args = arguments()
    top = args.dir or tempfile.mkdtemp(prefix="tgraph-soak-")
    top = os.path.realpath(top)
    os.makedirs(top + "/tree")
    soak = Soak(args, top)
    try:
        soak.run()
    finally:
        if not args.dir:
            shutil.rmtree(top, ignore_errors=True)
    return 1 if soak.misses else 0


if __name__ == "__main__":
    sys.exit(main())
