# SPDX-License-Identifier: Apache-2.0
"""What the tests of src/pytgraph share: a directory of files and ways to run
them, by the plain command and by a worker."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

import drive_worker

HERE = os.path.dirname(os.path.abspath(__file__))
PYTGRAPH = os.path.join(HERE, "..", "..", "src", "pytgraph")


def has_pytest():
    try:
        import pytest
    except ImportError:
        return False
    return bool(pytest)


def modules():
    """Make `_pytgraph` importable, as __main__.py does."""
    if "_pytgraph" not in sys.modules:
        package = type(sys)("_pytgraph")
        package.__path__ = [PYTGRAPH]
        sys.modules["_pytgraph"] = package


class Case(unittest.TestCase):
    """A test with a tree of its own, `self.root`."""

    pytgraph = PYTGRAPH

    def setUp(self):
        self.root = os.path.realpath(tempfile.mkdtemp(prefix="pg-"))
        self.addCleanup(shutil.rmtree, self.root, True)
        self.worker = None

    def tearDown(self):
        if self.worker is not None:
            if self.worker.process.poll() is None:
                self.worker.process.kill()
                self.worker.process.wait()
            self.worker.sock.close()

    def write(self, name, text=""):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as stream:
            stream.write(textwrap.dedent(text))
        return path

    def read(self, name):
        with open(os.path.join(self.root, name)) as stream:
            return stream.read()

    def arguments(self, name, *more, cwd=".", runner="pytest"):
        base = os.path.join(".tgraph", name)
        args = ["--runner", runner, "--cwd", cwd, "--result", base + ".json",
                "--log", base + ".log", "--depfile", base + ".d",
                "--pycache", ".tgraph/pycache"]
        if runner == "pytest":
            args += ["--rootdir", "."]
        if os.path.exists(os.path.join(self.root, "pytest.ini")):
            args += ["--inifile", "pytest.ini"]
        if "--" in more:
            at = more.index("--")
            return args + list(more[:at]) + [name] + list(more[at:])
        return args + list(more) + [name]

    def environment(self):
        env = dict(os.environ)
        env.pop("PYTEST_ADDOPTS", None)
        env.pop("PYTHONUNBUFFERED", None)
        env["PYTHONDONTWRITEBYTECODE"] = "1"
        return env

    def result(self, name):
        """The result document of a file; None if there is none."""
        try:
            return json.loads(self.read(os.path.join(".tgraph",
                                                     name + ".json")))
        except FileNotFoundError:
            return None

    def plain(self, name, *more, env=None, **kwargs):
        """(exit code, stdout, result document) of the plain command."""
        got = subprocess.run(
            [sys.executable, self.pytgraph, "run",
             *self.arguments(name, *more, **kwargs)],
            cwd=self.root, env=dict(self.environment(), **(env or {})),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=60)
        return got.returncode, got.stdout.decode(), self.result(name)

    def alike(self, name, known):
        """(exit code, result document) of the plain command. Files beside each
        other with the same text differ in their names only: the first of them
        is run, and kept in `known`."""
        folder, base = os.path.split(name)
        key = folder, self.read(name)
        if key not in known:
            code, _, doc = self.plain(name)
            known[key] = base[:-3], code, json.dumps(doc)
        stem, code, text = known[key]
        return code, json.loads(text.replace(stem, base[:-3]))

    def start(self, *more, env=None, capacity=1 << 16):
        self.worker = drive_worker.Worker(
            sys.executable, self.root, more=more, capacity=capacity,
            pytgraph=self.pytgraph,
            env=dict(self.environment(), **(env or {})))
        self.assertEqual(self.worker.read()[0], 1)
        return self.worker

    def work(self, name, *more, env=None, **kwargs):
        """(wait status, ring's document, result file's) by a worker."""
        if self.worker is None:
            self.start()
        self.worker.run(self.arguments(name, *more, **kwargs), env)
        status, doc, _ = self.worker.wait()
        return status, doc, self.result(name)

    def outcomes(self, doc):
        return {i["id"].partition("::")[2]: i["outcome"]
                for i in doc["items"]}
