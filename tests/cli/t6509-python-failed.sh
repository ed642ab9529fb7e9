#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --failed runs the items that failed, and what it says of them is not taken for
# their files.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "items"
version = "1.0"
END
put lib/__init__.py </dev/null
put lib/answer.py <<\END
answer = 41
END
# each test leaves its name in the file RAN
put tests/conftest.py <<\END
import os

import pytest


@pytest.fixture(autouse=True)
def leave(request):
    with open(os.environ["RAN"], "a") as f:
        print(request.node.nodeid, file=f)
END
put tests/test_a.py <<\END
import pytest

from lib.answer import answer


def test_good():
    pass


@pytest.mark.parametrize("v", ["a b", "x[1]", "p::q", "it's"])
def test_odd(v):
    assert v == "a b" or answer == 42


class TestGroup:
    def test_in(self):
        assert answer == 42

    def test_also_good(self):
        pass
END
put tests/test_b.py <<\END
def test_fine():
    pass
END
cat >>pyproject.toml <<\END
[tool.pytest.ini_options]
pythonpath = ["."]
END
git_all 'Items'
RAN=$T_DIR/ran
export RAN

# left NAME...: just these tests ran, in any order
left() {
	printf '%s\n' "$@" | LC_ALL=C sort >"$T_DIR/want"
	# What fails beside another file runs once more, alone.
	LC_ALL=C sort -u "$RAN" 2>/dev/null >"$T_DIR/got"
	check diff "$T_DIR/want" "$T_DIR/got"
	rm -f "$RAN"
}

t 'what failed runs, and nothing else'
build_tests_fail 1
counts passed=4 failed=4
rm -f "$RAN"
build_tests_fail 1 --failed
tests_ran tests/test_a.py
counts passed=0 failed=4
left 'tests/test_a.py::test_odd[x[1]]' 'tests/test_a.py::test_odd[p::q]' \
	"tests/test_a.py::test_odd[it's]" tests/test_a.py::TestGroup::test_in

t 'and when it passes the file has not run'
echo 'answer = 42' >lib/answer.py
build_tests --failed
counts passed=4 failed=0
rm -f "$RAN"
build_tests
counts passed=8 failed=0
tests_ran tests/test_a.py
rm -f "$RAN"
build --failed
expect_out 'nothing failed or was left unfinished'
build_tests
tests_ran -

t 'a failure that another part of the file causes is not lost'
cat >tests/test_b.py <<\END
state = []


def test_first():
    state.append(1)


def test_second():
    assert not state
END
build_tests_fail 1
counts failed=1
build_tests --failed
counts passed=1 failed=0
build_tests_fail 1 --failed
counts passed=1 failed=1
tests_ran tests/test_b.py
build_tests --failed
build_tests_fail 1
counts failed=1
tests_ran tests/test_b.py

t 'a test that failed is there no more: all of its file'
rm -f "$RAN"
cat >tests/test_b.py <<\END
def test_renamed():
    pass


def test_other():
    pass
END
build_tests --failed
left tests/test_b.py::test_renamed tests/test_b.py::test_other

t 'no item to blame: all of its file; new files too; a package at a time'
build
echo 'import nowhere' >tests/test_c.py
echo 'answer = 1' >lib/answer.py
build_tests_fail 1
echo 'def test_c(): pass' >tests/test_c.py
echo 'def test_d(): pass' >tests/test_d.py
rm -f "$RAN"
build_tests_fail 1 --failed
left 'tests/test_a.py::test_odd[x[1]]' 'tests/test_a.py::test_odd[p::q]' \
	"tests/test_a.py::test_odd[it's]" tests/test_a.py::TestGroup::test_in \
	tests/test_c.py::test_c tests/test_d.py::test_d
build_tests_fail 1 --failed tests/test_a.py
tests_ran tests/test_a.py
build_tests --lf tests/test_c.py
build_fail 2 --failed nowhere
git checkout -q lib
echo 'answer = 42' >lib/answer.py
build

t 'what a stop has left out runs too'
echo 'answer = 3' >lib/answer.py
build_tests_fail 1 -x
counts failed=1
rm -f "$RAN"
build_tests_fail 1 --failed tests/test_a.py
counts failed=4 passed=3
rm -f "$RAN"

t '--pdb of it'
build_tests_fail 1
rm -f "$RAN"
echo 'q' | "$T_PROG" --failed --pdb tests/test_a.py >"$T_OUT" 2>"$T_ERR"
expect_out '4 failed'
expect_out 'PDB post_mortem'

t 'unittest'
fresh
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
    def test_good(self):
        pass

    def test_bad(self):
        self.fail("bad")
END
build_tests_fail 1
counts passed=1 failed=1
build_tests_fail 1 --failed
counts passed=0 failed=1
sed -i.bak 's/test_bad/test_new/; s/self.fail.*/pass/' tests/test_u.py
rm tests/test_u.py.bak
build_tests --failed
counts passed=2 failed=0

end
