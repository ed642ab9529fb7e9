# SPDX-License-Identifier: Apache-2.0
"""What --match means, and what of it cannot be used."""

import os
import subprocess
import sys
import unittest

import pytgraph_case

pytgraph_case.modules()

from _pytgraph.runner import match  # noqa: E402

IDS = ["tests/test_a.py::test_1", "tests/test_a.py::test_1[a-b]",
       "tests/test_b.py::TestX::test_2", "tests/test_b.py::test_\u00e9"]


class Pattern(unittest.TestCase):

    def fits(self, expr, *want):
        search = match.pattern(expr)
        self.assertEqual([i for i, x in enumerate(IDS) if search(x)],
                         list(want), expr)

    def test_globs(self):
        self.fits("test_1", 0, 1)
        self.fits("test_1[a", 1)
        self.fits("test_1[a-b]", 1)
        self.fits("*test_1", 0)
        self.fits("*::TestX::*", 2)
        self.fits("test_?.py", 0, 1, 2, 3)
        self.fits("(.*", *[])
        self.fits("/", 0, 1, 2, 3)

    def test_regular_expressions(self):
        self.fits("/test_1$/", 0)
        self.fits("/(?u)test_\\w$/", 0, 2, 3)
        self.fits("/a.py.*1|TestX/", 0, 1, 2)
        self.fits("//", 0, 1, 2, 3)

    def test_wrong_ones(self):
        for expr, said in (("/a(/", "missing ), unterminated subpattern at "
                            "position 1"),
                           ("/\\Q1\\E/", "bad escape \\Q at position 0"),
                           ("/a{99999999999999}/",
                            "the repetition number is too large")):
            with self.assertRaises(ValueError) as caught:
                match.pattern(expr)
            self.assertEqual(str(caught.exception),
                             "--match %s: %s" % (expr, said))


class Command(unittest.TestCase):
    """`match EXPR`, as session/match.c calls it."""

    def ask(self, expr):
        out = subprocess.run(
            [os.fsencode(sys.executable), b"-I", b"-S",
             os.fsencode(pytgraph_case.PYTGRAPH), b"match", expr],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return out.returncode, out.stdout

    def test_answers(self):
        self.assertEqual(self.ask(b"/test_1/"), (0, b""))
        self.assertEqual(self.ask(b"a("), (0, b""))
        self.assertEqual(self.ask(b"/(/")[0], match.WRONG)
        self.assertEqual(self.ask(b"/(/")[1], b"--match /(/: missing ), "
                         b"unterminated subpattern at position 0")

    def test_bytes_that_are_no_text(self):
        self.assertEqual(self.ask(b"/\xff/"), (0, b""))
        code, said = self.ask(b"/\xff(/")
        self.assertEqual(code, match.WRONG)
        self.assertIn(b"/\xff(/: missing )", said)


if __name__ == "__main__":
    unittest.main()
