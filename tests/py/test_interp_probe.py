# SPDX-License-Identifier: Apache-2.0
"""The script that asks an interpreter what is installed: it reads that itself
where it can, and says what importlib.metadata says."""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from ast import literal_eval
from importlib import metadata

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                      "src", "python", "interp", "interp_probe.c")
FINDER = """
import sys
class Finder:
    def find_spec(self, *args):
        return None
    def find_distributions(self, context):
        from importlib import metadata
        class D(metadata.Distribution):
            def read_text(self, name):
                return "Name: Found\\nVersion: 3\\n\\n" \\
                    if name == "METADATA" else None
            def locate_file(self, path):
                return path
        return [D()]
sys.meta_path.append(Finder())
"""


def script():
    with open(SOURCE) as stream:
        text = stream.read()
    body = re.search(r"script\[\] =\n(.*?);\n\n", text, re.S).group(1)
    return literal_eval("(" + body + ")")


class Probe(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.top = os.path.realpath(made.name)

    def put(self, name, text):
        path = os.path.join(self.top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as stream:
            stream.write(text)

    def ask(self, first=""):
        """What it says of what is in our directory, or what it doesn't know
        the place of."""
        out = subprocess.run(
            [sys.executable, "-c", first + script()], check=True,
            env=dict(os.environ, PYTHONPATH=self.top),
            stdout=subprocess.PIPE).stdout.decode()
        lines = [line.split("\t") for line in out.splitlines()]
        found = [line for line in lines if line[0] == "dist" and
                 (line[3] == "" or line[3].startswith(self.top))]
        names = {line[1] for line in found}
        return found + [line for line in lines if line[0] == "plugin" and
                        line[1] in names]

    def test_as_importlib_has_it(self):
        self.put("a-1.dist-info/METADATA",
                 "Metadata-Version: 2.1\nName: A__b.C\nVersion: 1\n"
                 "Summary: x\n\nVersion: 2\n")
        self.put("a-1.dist-info/entry_points.txt",
                 "# c\n[console_scripts]\nx = a:b\n\n[pytest11]\n"
                 "one = a.plugin\ntwo=a.b:c\n")
        self.put("d.egg-info/PKG-INFO", "Name: d\nVersion: 2.0\n")
        got = self.ask()
        want = []
        for each in metadata.distributions(path=[self.top]):
            name = re.sub("[-_.]+", "-", each.metadata["Name"]).lower()
            want.append(["dist", name, each.version, str(each._path)])
        self.assertEqual(sorted(got[:2]), sorted(want))
        self.assertEqual(got[2:], [
            ["plugin", "a-b-c", "1", "one", "a.plugin"],
            ["plugin", "a-b-c", "1", "two", "a.b:c"]])

    def test_by_importlib_itself(self):
        """Where others find distributions, or one is of another form."""
        got = self.ask(FINDER)
        self.assertEqual(got, [["dist", "found", "3", ""]])
        self.put("old-1.egg-info", "Name: old\nVersion: 1\n")
        got = self.ask()
        self.assertEqual(got, [["dist", "old", "1", os.path.join(
            self.top, "old-1.egg-info")]])


if __name__ == "__main__":
    unittest.main()
