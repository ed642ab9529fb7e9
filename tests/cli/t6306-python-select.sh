#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Running a part of the tests: node ids, --match, --pytest-k, --pytest-m.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "parts"
version = "1.0"
[tool.pytest.ini_options]
markers = ["slow"]
END
put tests/test_a.py <<\END
import pytest


@pytest.mark.parametrize("n", [1, 2, 12])
def test_number(n):
    assert n


class TestGroup:
    def test_first(self):
        pass

    @pytest.mark.slow
    def test_second(self):
        pass
END
put tests/test_b.py <<\END
def test_number_of_b():
    pass


def test_bad():
    assert False, "it is bad"
END
put tests/test_none.py <<\END
"""No tests."""
END
git_all 'Parts'

t 'everything: a file without tests is told'
build_tests_fail 1
counts passed=6 failed=1
expect_out '1 file without tests'

t 'a node id runs only that'
build_tests 'tests/test_a.py::TestGroup::test_first'
counts passed=1 failed=0
tests_ran tests/test_a.py

t 'node ids of several files, in any order'
build_tests tests/test_a.py::test_number tests/test_b.py::test_number_of_b \
	'tests/test_a.py::TestGroup::test_first'
counts passed=5 failed=0

t 'a parameter in brackets'
build_tests 'tests/test_a.py::test_number[2]'
counts passed=1

t 'a node id that is none is an error'
build_tests_fail 1 'tests/test_a.py::test_number[3]'
expect_out 'no such test: test_number[3]'
status tests/test_a.py failed

t 'one of two node ids is none'
build_tests_fail 1 tests/test_a.py::TestGroup 'tests/test_a.py::test_number[3]'
expect_out 'no such test: test_number[3] '

t 'and nothing is run if the text of the file tells so'
for id in test_nothing TestGroup::test_nothing test_number_of_b; do
	build_fail 2 tests/test_b.py::test_bad "tests/test_a.py::$id"
	expect_err "tests/test_a.py::$id: there is no such test"
	holds "$T_OUT" ''
done
build_fail 2 tests/test_a.py::test_nubmer
expect_err "did you mean 'tests/test_a.py::test_number'?"
build_fail 2 tests/test_a.py::TestGroup::test_frist
expect_err "did you mean 'tests/test_a.py::TestGroup::test_first'?"
cd tests || exit 2
build_fail 2 test_a.py::nothing_like_it
expect_err '(tgraph -t tests test_a.py lists those'
cd ..

t 'names that are made when the file runs'
put tests/test_made.py <<\END
def a_test(n):
    def test():
        assert n
    return test


for name in "one", "two":
    globals()["test_" + name] = a_test(name)
END
build_tests tests/test_made.py::test_two
counts passed=1
build_tests_fail 1 tests/test_made.py::test_three
expect_out 'no such test: test_three'
rm tests/test_made.py

t 'a part never counts as the file'
build_tests --pytest-k number
counts passed=4 failed=0
build_tests_fail 1
counts passed=6 failed=1

t 'files of which nothing is wanted are not without tests'
build_tests --match '*::test_number_of_b'
counts passed=1 failed=0
status tests/test_a.py 'not selected'
status tests/test_b.py passed
status tests/test_none.py empty
expect_out '2 files: 1 passed, 1 file without tests'

t 'and then nothing runs'
build_tests --match '*::test_number_of_b'
tests_ran -

t 'a glob without a star fits anywhere, brackets are brackets'
build_tests --match 'test_number[1'
counts passed=2
build_tests --match 'test_number[1]'
counts passed=1

t 'a regular expression between slashes'
build_tests --match '/test_(a\.py.*first|b\.py::test_number)/'
counts passed=2 failed=0

t 'a bad regular expression, in the words of Python, once, and each time'
for T_i in 1 2; do
	build_fail 2 --match '/a(/'
	expect_err '--match /a(/: missing ), unterminated subpattern at position 1'
	same 1 "$(grep -c unterminated "$T_ERR")" 'said so many times'
	no_out passed
done
build_fail 2 --match '/a{99999999999999}/'
expect_err 'the repetition number is too large'
build_fail 2 -n --match '/a(/'
build_fail 2 -t tests --match '/a(/'

t 'it is not that of other languages'
build_fail 2 --match '/\Qtest_number\E/'
expect_err 'bad escape \Q'
build_tests --match '/(?u)::test_number_of_b/'
counts passed=1

t 'what fits nothing at all'
build_fail 1 --match nowhere
expect_err 'no test fits what was asked for'

t 'a failure in a part is a failure'
build_tests_fail 1 --match test_bad
counts passed=0 failed=1
expect_out 'it is bad'

t 'marks'
build_tests --pytest-m slow
counts passed=1
build_tests --pytest-m 'not slow' --pytest-k 'TestGroup or number'
counts passed=5

t 'one process a file says the same'
build_tests_fail 1 --no-workers --no-cache 'tests/test_a.py::test_number[3]'
expect_out 'no such test: test_number[3]'
build_tests --no-workers --no-cache --match '*::test_number_of_b'
counts passed=1
status tests/test_a.py 'not selected'

t 'all files of a package in one process'
cat >>pyproject.toml <<\END
[tool.tgraph]
granularity = "package"
END
build_tests tests/test_b.py::test_number_of_b
counts passed=1 failed=0
build_tests tests/test_a.py::test_number tests/test_b.py::test_number_of_b
counts passed=4 failed=0
build_tests --match '*of_b'
counts passed=1
build_tests_fail 1
counts passed=6 failed=1

t 'files that a conftest leaves out of a whole run'
fresh
put pyproject.toml <<\END
[project]
name = "left-out"
version = "1.0"
[tool.pytest.ini_options]
addopts = "--ignore=tests/test_option.py"
END
put tests/conftest.py <<\END
collect_ignore = ["test_listed.py", "sub"]
collect_ignore_glob = ["*_globbed.py"]
END
for f in listed globbed option sub/test_deep; do
	case $f in
	*/*) file=tests/$f.py ;;
	*) file=tests/test_$f.py ;;
	esac
	put "$file" <<\END
def test_bad():
    assert False
END
done
put tests/test_good.py <<\END
def test_good():
    pass
END
build_tests
counts passed=1 failed=0
status tests/test_listed.py empty
status tests/test_globbed.py empty
status tests/sub/test_deep.py empty

t 'but not if a test in them is named'
build_tests_fail 1 tests/test_listed.py::test_bad
counts passed=0 failed=1

t 'unittest without pytest: node ids, globs'
fresh
python -m venv --without-pip ../bare
put pyproject.toml <<\END
[project]
name = "plain"
version = "1.0"
[tool.tgraph]
runner = "unittest"
END
put tests/__init__.py </dev/null
put tests/test_u.py <<\END
import unittest


class TestU(unittest.TestCase):
    def test_one(self):
        pass

    def test_two(self):
        self.fail("two is bad")
END
put tests/test_v.py <<\END
import unittest


class TestV(unittest.TestCase):
    def test_three(self):
        pass
END
VIRTUAL_ENV=$(cd ../bare && pwd -P)
export VIRTUAL_ENV
build_tests_fail 1
counts passed=2 failed=1
build_tests tests/test_u.py::TestU::test_one
counts passed=1 failed=0
build_tests --match '/one|three/'
counts passed=2 failed=0
build_tests --pytest-k three
counts passed=1 failed=0
status tests/test_u.py 'not selected'
build_fail 2 tests/test_u.py::TestU::test_four
expect_err 'tests/test_u.py::TestU::test_four: there is no such test'

end
