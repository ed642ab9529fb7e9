#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times the first run of tgraph against pytest, on generated workloads and
suites, in one environment or several.

    first.py [--runs N] [--files N] [--jobs N] [--only WORK,...]
             [--suite DIRECTORY]... [--ways WAY,...] [--limit RATIO]
             TGRAPH [NAME=]PYTHON...

Each PYTHON is that of a virtual environment with pytest and what it is to be
measured with: plugins, and libraries that take long to import (an environment
may cost more than all tests in it). The workloads are N files (100) each:

    define    functions that assert            tmp_path  files written to tmp_path
    data      one test in six reads a file     mocks     unittest.mock
    lazy      one in ten imports as it runs    classes   test classes with setup
    fixtures  fixtures of files and conftests  unittest  unittest.TestCase
    params    parametrized tests               imports   a package that all import
    all       each of these in turn

A suite (a repository with its tests) is copied. Each run begins without .tgraph,
cache and the .pyc files of the tree; pytest, pytest -n N if there is xdist, and
tgraph take turns, and with --ways tgraph once for each of these ways to keep
files apart (--isolation: fork, process, batch, shared) instead of as the
repository has it. Printed are median processor seconds (user and system, with
all processes), the same in milliseconds a file, and wall seconds, the ratio of
tgraph's processor time to pytest's and of its wall time to the better of
pytest's two, and tgraph's own account of how files were run (-d stats), for the
last run.

Look at the processor ratio on a busy machine. What is far above the others has
fallen off a cliff; the table of -d stats says where. --limit: exit code 1 if a
processor ratio is above it.
"""

import argparse
import itertools
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PACKAGE = """
import argparse, decimal, email.message, json, logging, urllib.request
def value(n): return n * %d
"""


def define(i):
    return "def helper(n): return n * 2\n" + tests(
        "def test_{t}():\n    assert helper({t}) == {t} * 2\n")


def data(i):
    return "import os\nHERE = os.path.dirname(__file__)\n" + tests(
        "def test_{t}():\n    assert {t} >= 0\n", 5) + """
def test_data():
    with open(os.path.join(HERE, "data.txt")) as stream:
        assert len(stream.read().split()) == 100
"""


def lazy(i):
    if i % 10:
        return define(i)
    return tests("def test_{t}():\n    import html.parser, plistlib\n"
                 "    assert plistlib.dumps({{}}) and html.parser\n")


def fixtures(i):
    return """
import pytest
@pytest.fixture(scope="module")
def numbers(shared): return [n + shared for n in range(10)]
@pytest.fixture
def number(numbers):
    yield numbers[3]
    numbers[3] = 4
""" + tests("def test_{t}(number, named):\n"
            "    assert number == 4 and named == 'test_{t}'\n")


def params(i):
    return """
import pytest
@pytest.mark.parametrize("a", range(5))
@pytest.mark.parametrize("b", ["x", "y", "z"])
def test_product(a, b):
    assert len(b * a) == a
"""


def tmp_path(i):
    return tests("""
def test_{t}(tmp_path):
    (tmp_path / "a").write_text("{t}")
    assert (tmp_path / "a").read_text() == "{t}"
""")


def mocks(i):
    return "import os\nfrom unittest import mock\n" + tests("""
def test_{t}(monkeypatch):
    monkeypatch.setenv("A", "{t}")
    with mock.patch("os.getcwd", return_value="{t}") as patched:
        assert os.getcwd() == os.environ["A"]
    patched.assert_called_once_with()
""")


def classes(i):
    return "class TestAll:\n    def setup_method(self): self.n = 1\n" + tests(
        "    def test_{t}(self):\n        assert self.n == 1\n")


def cases(i):
    return "import unittest\nclass Case(unittest.TestCase):\n" \
        "    def setUp(self): self.n = 1\n" + tests(
            "    def test_{t}(self):\n        self.assertEqual(self.n, 1)\n")


def imports(i):
    return "from package import part%d\nfrom package import value\n" % (
        i % 5) + tests("def test_{t}():\n    assert value({t}) == {t} * 7\n")


def tests(text, count=6):
    return "\n".join(text.format(t=t) for t in range(count))


WORKS = {"define": define, "data": data, "lazy": lazy, "fixtures": fixtures,
         "params": params, "tmp_path": tmp_path, "mocks": mocks,
         "classes": classes, "unittest": cases, "imports": imports}


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as stream:
        stream.write(text)


def generate(tree, kinds, count):
    """A repository with `count` files, of each kind in turn."""
    write(tree + "/pyproject.toml", "[project]\nname = 'bench'\n"
          "version = '1'\n[tool.pytest.ini_options]\n"
          "pythonpath = ['.']\n")
    write(tree + "/package/__init__.py", PACKAGE % 7)
    for part in range(5):
        write(tree + "/package/part%d.py" % part, PACKAGE % part)
    write(tree + "/tests/conftest.py", """
import pytest
@pytest.fixture(scope="session")
def shared(): return 1
@pytest.fixture
def named(request): return request.node.name
""")
    write(tree + "/tests/data.txt", "word " * 100)
    for i in range(count):
        write(tree + "/tests/test_%04d.py" % i,
              kinds[i % len(kinds)](i // len(kinds)))


class Bench:
    def __init__(self, top, tree, tgraph, python, jobs, ways):
        self.top, self.tree = top, tree
        self.old = itertools.count()
        home = os.path.dirname(os.path.dirname(python))
        self.cache = top + "/cache"
        self.env = dict(os.environ, VIRTUAL_ENV=home,
                        XDG_CACHE_HOME=self.cache, PATH="%s/bin:%s" % (
                            home, os.environ["PATH"]))
        for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX",
                     "PYTEST_ADDOPTS"):
            self.env.pop(name, None)
        plain = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        self.rows = {"pytest": plain}
        if subprocess.call([python, "-c", "import xdist"],
                           stderr=subprocess.DEVNULL) == 0:
            self.rows["pytest -n %s" % jobs] = plain + ["-n", jobs]
        for way in ways or [None]:
            self.rows[ours(way)] = [tgraph, "-j", jobs, "-d", "stats"] + (
                ["--isolation", way] if way else [])
        self.got = {name: [] for name in self.rows}
        self.ways = ways
        self.said = {}

    def aside(self, path):
        """Away, but not removed: ext4 is slow in making files for a while
        after many were removed."""
        if os.path.exists(path):
            os.rename(path, "%s/old%d" % (self.top, next(self.old)))

    def cold(self):
        self.aside(self.cache)
        self.aside(self.tree + "/.tgraph")
        for here, dirs, _ in os.walk(self.tree):
            if "__pycache__" in dirs:
                self.aside(os.path.join(here, "__pycache__"))
                dirs.remove("__pycache__")

    def turn(self):
        """Each once."""
        for name, command in self.rows.items():
            self.cold()
            before, began = os.times(), time.perf_counter()
            done = subprocess.run(
                command, cwd=self.tree, env=self.env, text=True,
                errors="replace", stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            wall, after = time.perf_counter() - began, os.times()
            if done.returncode not in (0, 1):
                sys.exit("%s: exit code %d\n%s" % (
                    " ".join(command), done.returncode, done.stdout[-3000:]))
            self.got[name].append((
                after.children_user + after.children_system -
                before.children_user - before.children_system, wall))
            self.said[name] = done.stdout

    def result(self, work, environment):
        """Print a line for each, and how files were run; the worst ratio."""
        median = {name: [statistics.median(column) for column in zip(*got)]
                  for name, got in self.got.items()}
        plain = [v for n, v in median.items() if not n.startswith("tgraph")]
        files = max(map(self.files, self.said), default=0)
        worst = 0
        print("%s in %s: %d files" % (work, environment, files))
        for name, (cpu, wall) in median.items():
            print("    %-14s %8.2f s processor %8.1f ms a file %8.2f s wall" % (
                name, cpu, 1e3 * cpu / max(files, 1), wall))
        for way in self.ways or [None]:
            cpu, wall = median[ours(way)]
            ratio = cpu / median["pytest"][0]
            worst = max(worst, ratio)
            print("    %s: processor %.2f of pytest, wall %.2f of the better "
                  "pytest" % (ours(way), ratio,
                              wall / min(wall for _, wall in plain)))
            for line in self.table(ours(way)):
                print("        " + line.partition("stats: ")[2])
        sys.stdout.flush()
        return worst

    def table(self, name):
        """Lines of -d stats that say how files were run."""
        lines = self.said[name].splitlines()
        at = [i for i, line in enumerate(lines) if "ms a file" in line]
        return lines[at[0]:] if at else []

    def files(self, name):
        """How many have run."""
        said = re.search(r"^(\d+) files?: ", self.said[name], re.M)
        return int(said.group(1)) if said else 0


def ours(way):
    return "tgraph " + way if way else "tgraph"


def main():
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--files", type=int, default=100)
    words.add_argument("--jobs", default="2")
    words.add_argument("--only", default=",".join([*WORKS, "all"]))
    words.add_argument("--suite", action="append", default=[])
    words.add_argument("--ways", default="")
    words.add_argument("--limit", type=float, default=float("inf"))
    words.add_argument("tgraph")
    words.add_argument("python", nargs="+")
    asked = words.parse_args()
    works = [name for name in asked.only.split(",")
             if name and not (asked.suite and asked.only == words.get_default(
                 "only"))]
    worst = 0
    for work in works + asked.suite:
        for python in asked.python:
            name, given, path = python.rpartition("=")
            top = tempfile.mkdtemp(prefix="tgraph-bench-")
            try:
                if work in asked.suite:
                    shutil.copytree(
                        work, top + "/tree", symlinks=True,
                        ignore=shutil.ignore_patterns(
                            ".tgraph", ".git", "__pycache__"))
                else:
                    generate(top + "/tree", list(WORKS.values())
                             if work == "all" else [WORKS[work]], asked.files)
                bench = Bench(top, top + "/tree", os.path.abspath(
                    asked.tgraph), os.path.abspath(path), asked.jobs,
                    [way for way in asked.ways.split(",") if way])
                for _ in range(asked.runs):
                    bench.turn()
                worst = max(worst, bench.result(
                    os.path.basename(os.path.abspath(work)),
                    name if given else path))
            finally:
                shutil.rmtree(top, ignore_errors=True)
    return worst > asked.limit


if __name__ == "__main__":
    sys.exit(main())
