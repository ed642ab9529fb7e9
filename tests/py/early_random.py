#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random packages of modules that only define names and import each other:
what a test file finds when a warm worker has collected it before the fork must
be what it finds alone.

    early_random.py [--seeds N] [--first SEED] [--python PYTHON]

Each test file tells which first-party modules are in sys.modules and what is
bound in them; a fresh interpreter that imports the same file says what is
right. Ends with 1 if they differ.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

import drive_worker

LIBRARY = ["bisect", "calendar", "colorsys", "xml.dom", "xml.dom.minidom",
           "xml.sax", "email.mime.text", "json.tool", "decimal", "wave",
           "concurrent.futures", "importlib.resources", "unittest.mock"]
STATE = '''
def state():
    import sys
    found = {}
    for name, module in sorted(sys.modules.items()):
        if name.split(".")[0] in TOPS:
            found[name] = sorted(
                (key, getattr(value, "__name__", None) or repr(value))
                for key, value in vars(module).items()
                if not key.startswith("__") and key != "state")
    for name in LIBRARY:
        parent, dot, child = name.rpartition(".")
        if dot and parent in sys.modules:
            found["bound " + name] = hasattr(sys.modules[parent], child)
        if dot:
            found["loaded " + name] = name in sys.modules
    return found
'''


class Tree:
    """One random repository."""

    def __init__(self, seed, root):
        self.random = random.Random(seed)
        self.root = root
        self.names = []         # modules; a package's name has a "/" at its end
        self.make("", 0)
        self.tests = []
        for name in self.names:
            self.module(name)
        for i in range(self.random.randint(3, 6)):
            self.test("test_%d.py" % i)
        self.write("pytest.ini", "[pytest]\n")

    def write(self, name, text):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as stream:
            stream.write(text)

    def make(self, prefix, depth):
        for i in range(self.random.randint(2, 4)):
            name = prefix + "m%d" % i
            if depth < 3 and self.random.random() < .45:
                self.names.append(name + "/")
                self.make(name + ".", depth + 1)
            else:
                self.names.append(name)

    def imports(self, me, most):
        """Import statements that any module may make."""
        lines = []
        for _ in range(self.random.randint(0, most)):
            other = self.random.choice(self.names).rstrip("/")
            kind = self.random.randrange(6)
            parent, dot, child = other.rpartition(".")
            if kind == 0:
                lines.append("import " + other)
            elif kind == 1:
                lines.append("import %s as alias%d" % (other, len(lines)))
            elif kind == 2 and dot:
                lines.append("from %s import %s" % (parent, child))
            elif kind == 3:
                lines += ["try:", "    from %s import VALUE as v%d" % (
                    other, len(lines)), "except ImportError:", "    pass"]
            elif kind == 4:
                lines.append("import " + self.random.choice(LIBRARY))
            elif me and "." in me:
                up = self.random.randint(1, me.count("."))
                if me.endswith("/"):
                    up += 1
                level = me.rstrip("/").count(".") + me.endswith("/")
                up = max(1, min(up, level))
                base = me.rstrip("/").split(".")
                base = base[:len(base) - up + me.endswith("/")]
                near = [n.rstrip("/") for n in self.names
                        if n.rstrip("/").split(".")[:-1] == base]
                if near:
                    lines.append("from %s import %s" % (
                        "." * up, self.random.choice(near).split(".")[-1]))
        return lines

    def module(self, name):
        path = name.rstrip("/").replace(".", "/")
        lines = self.imports(name, 3)
        if name.endswith("/"):
            if self.random.random() < .15:
                os.makedirs(os.path.join(self.root, path), exist_ok=True)
                return
            path += "/__init__"
            mine = [n.rstrip("/").split(".")[-1] for n in self.names
                    if n.startswith(name[:-1] + ".") and
                    n.rstrip("/").count(".") == name.count(".") + 1]
            if mine and self.random.random() < .4:
                child = self.random.choice(mine)
                lines.insert(self.random.randint(0, len(lines)) if not any(
                    line[0] in " e" for line in lines) else 0,
                    "from .%s import VALUE as %s" % (child, child)
                    if self.random.random() < .5 else "%s = 7" % child)
        if self.random.random() < .15:
            # uses a module that somebody else may have imported
            other = self.random.choice(self.names).rstrip("/")
            lines += ["import " + other.split(".")[0],
                      "BORROWED = %s.__name__" % other]
        at = self.random.choice((0, len(lines)))
        lines.insert(at, "VALUE = %r" % name)
        self.write(path + ".py", "\n".join(lines) + "\n")

    def test(self, name):
        lines = self.imports(None, 4)
        tops = sorted({n.rstrip("/").split(".")[0] for n in self.names})
        self.write(name, "\n".join(lines) + "\nTOPS = %r\nLIBRARY = %r\n" % (
            tops, LIBRARY) + STATE +
            "\ndef test_state(record_property):\n"
            "    record_property('state', repr(state()))\n")
        self.tests.append(name)


def alone(python, root, name):
    """What the test file finds in an interpreter of its own; None if it can't
    be imported."""
    got = subprocess.run([python, "-m", "pytest", "-q", "-p",
                          "no:cacheprovider", "--junitxml", "alone.xml",
                          name], cwd=root, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    if got.returncode != 0:
        return None
    import xml.etree.ElementTree as tree
    for prop in tree.parse(os.path.join(root, "alone.xml")).iter("property"):
        return prop.get("value")


def check(seed, python):
    """How many differences there are, and files compared."""
    root = os.path.realpath(tempfile.mkdtemp(prefix="pg-random-"))
    try:
        tree = Tree(seed, root)
        want = {name: alone(python, root, name) for name in tree.tests}
        order = tree.tests * 2
        tree.random.shuffle(order)
        out = os.path.join(root, ".tgraph")
        env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        worker = drive_worker.Worker(python, root, env=env)
        worker.read()
        bad = 0
        for name in order:
            args = drive_worker.arguments(root, os.path.join(root, name), out)
            worker.run(args[:-1] + ["--inifile", "pytest.ini", "--inert",
                                    name])
            _, doc, _ = worker.wait()
            props = [p for item in (doc or {}).get("items", ())
                     for p in item.get("properties", ())]
            got = props[0][1] if props else None
            if got != want[name]:
                bad += 1
                print("seed %d: %s in %s:\n  alone %s\n  here  %s" % (
                    seed, name, order, want[name], got))
        worker.quit()
        return bad, len(order)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--seeds", type=int, default=5)
    ap.add_argument("--first", type=int, default=1)
    ap.add_argument("--python", default=sys.executable)
    a = ap.parse_args()
    bad = files = 0
    for seed in range(a.first, a.first + a.seeds):
        b, f = check(seed, a.python)
        bad += b
        files += f
    print("%d files, %d differ" % (files, bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
