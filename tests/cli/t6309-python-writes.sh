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
tests_ran tests/test_write.py tests/test_same.py
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

t 'a file that was not there is told of too: its users run again'
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
tests_ran tests/test_make.py
no_err 'made'

t 'who writes an input anew as it was is believed the third time in a row'
build_tests
tests_ran tests/test_make.py
build_tests
tests_ran tests/test_make.py
no_err 'changed while'
build_tests
tests_ran -

end
