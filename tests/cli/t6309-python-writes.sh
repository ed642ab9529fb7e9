#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tests that write into their own tree.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "writes"
version = "1.0"
END
echo 0 >count.txt
put tests/test_write.py <<\END
import pathlib

HERE = pathlib.Path(__file__).parent


def test_write():
    path = HERE.parent / "count.txt"
    path.write_text("%d\n" % (int(path.read_text()) + 1))
END
put tests/test_same.py <<\END
import pathlib


def test_same():
    path = pathlib.Path(__file__).parent / "same.txt"
    path.write_text("the same\n")
END
echo 'the same' >tests/same.txt
git_all 'Writes'

t 'who changes an input is told that its tests run again'
build_tests
expect_err 'count.txt: changed while the tests ran'
no_err 'same.txt'
holds count.txt 1

t 'and so it is: no result is believed for what has changed'
build_tests
tests_ran tests/test_write.py
holds count.txt 2

t 'to write the same again changes nothing'
git rm -q tests/test_write.py
git commit -q -m 'Less'
build_tests
no_err 'changed while'
build_tests
tests_ran -
no_err 'changed while'

t 'a file that git ignores is no input'
git rm -q tests/test_same.py
put tests/test_ignored.py <<\END
import pathlib


def test_ignored():
    path = pathlib.Path(__file__).parent / "out.tmp"
    text = path.read_text() if path.exists() else ""
    path.write_text(text + "x")
END
echo '*.tmp' >.gitignore
git_all 'Ignored'
build_tests
no_err 'changed while'
build_tests
tests_ran -

t 'a file that was not there is told of too: its users, if any, run again'
fresh
put pyproject.toml <<\END
[project]
name = "writes"
version = "1.0"
END
put tests/test_make.py <<\END
import pathlib


def test_make():
    (pathlib.Path(__file__).parent / "made.txt").write_text("made\n")
    (pathlib.Path(__file__).parent / "made.tmp").write_text("made\n")
END
echo '*.tmp' >.gitignore
git_all 'Makes'
build_tests --trace=trace.json
expect_err 'tests/made.txt: made while the tests ran'
expect_err 'git ignores'
no_err 'made.tmp'
no_err 'trace.json'
build_tests
tests_ran -
no_err 'made'

t 'nor is what a tgraph.ninja makes, and it counts for who reads it'
fresh
put pyproject.toml <<\END
[project]
name = "makes"
version = "1"
END
put tgraph.ninja <<\END
rule copy
  command = cp $in $out
build made.txt: copy in.txt
END
put tests/test_reads.py <<\END
def test_reads():
    assert open("made.txt").read()
END
put tests/test_other.py <<\END
def test_other():
    pass
END
echo 1 >in.txt
git_all 'Generates'
build_tests
counts passed=2
no_err 'made while'
echo 2 >in.txt
build_tests
tests_ran tests/test_reads.py

t 'who writes an input anew as it was is believed at once'
build_tests
tests_ran -

t 'whichever way it is done, and so are those that run then'
fresh
put pyproject.toml <<\END
[project]
name = "anew"
version = "1"
END
put data.txt <<\END
data
END
put tests/test_1.py <<\END
import os
import pathlib


def test_anew():
    p = pathlib.Path("data.txt")
    p.write_bytes(p.read_bytes())


def test_replaced():
    with open("data.new", "w") as f:
        f.write("data\n")
    os.replace("data.new", "data.txt")


def test_descriptor():
    fd = os.open(b"data.txt", os.O_RDWR)
    os.write(fd, b"data\n")
    os.close(fd)
END
for i in 2 3; do
	put tests/test_$i.py <<\END
def test_reads():
    assert open("data.txt").read() == "data\n"
END
done
git_all 'Anew'
for how in '' --no-workers; do
	build_tests -j1 --rerun --no-cache $how
	counts passed=5
	build_tests --no-cache $how
	tests_ran -
done

t 'by unittest'
rm tests/test_1.py tests/test_3.py
put tests/test_2.py <<\END
import unittest


class T(unittest.TestCase):
    def test(self):
        with open("data.txt", "r+") as f:
            f.write("data\n")
END
printf '[tool.tgraph]\nrunner = "unittest"\n' >>pyproject.toml
build_tests
build_tests
tests_ran -

t 'who writes something else is not'
put tests/test_1.py <<\END
import unittest


class T(unittest.TestCase):
    def test(self):
        with open("data.txt", "a") as f:
            f.write("more\n")
END
build_tests
build_tests
tests_ran tests/test_2.py
end
