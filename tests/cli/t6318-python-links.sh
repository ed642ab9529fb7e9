#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Symlinks to directories: where they lead decides what is read through them.
. "$(dirname "$0")/../lib.sh"

lead() { rm -f current && ln -s "$1" current; }

put pyproject.toml <<\END
[project]
name = "links"
version = "1.0"
END
mkdir -p data/one data/two
echo 1 >data/one/x.txt
echo 2 >data/two/x.txt
lead data/one
put tests/test_link.py <<\END
def test_one():
    assert open("current/x.txt").read() == "1\n"
END
put tests/test_other.py <<\END
def test_other():
    pass
END
git_all 'Links'

t 'a link that leads elsewhere is another input, and back again the former one'
build_tests
build_tests
tests_ran -
lead data/two
build -n -d explain
build_tests_fail 1
counts passed=1 failed=1
lead data/one
build_tests
tests_ran -

t 'why, and what is affected'
lead data/two
build -t why tests/test_link.py
expect_out '.tgraph/env/symlinks changed'
build -t affected --since HEAD
expect_out 'tests/test_link.py'
build -t affected current
expect_out 'tests/test_link.py'
lead data/one

t 'what a tool saw is not what the next run sees'
build_tests
lead data/two
build -t why tests/test_link.py
lead data/one
build_tests
tests_ran -
lead data/two
build_tests_fail 1
counts passed=1 failed=1
lead data/one
build_tests

t 'a link that leads elsewhere while a test runs'
put tests/test_link.py <<\END
import os


def test_one():
    if os.path.exists("turn"):
        os.remove("current")
        os.symlink("data/two", "current")
    assert open("current/x.txt").read() == "%d\n" % (
        2 if os.path.exists("turn") else 1)
END
build_tests
: >turn
build_tests
expect_err 'a link to a directory was made or changed while the tests ran'
rm turn
lead data/one
build_tests
lead data/two
build_tests_fail 1
lead data/one

t 'there is none any more'
build_tests
rm current
build_tests_fail 1
mkdir current
echo 1 >current/x.txt
build_tests
build_tests
tests_ran -
end
