#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is run by unittest is what its discovery finds: the ids are compared.
. "$(dirname "$0")/../lib.sh"

# same_tests: the classes and names of the tests in the last report are those of
# "unittest discover".
same_tests() {
	T_checks=$((T_checks + 1))
	python -B - "$T_JSON" 3>&- >"$T_DIR/.diff" <<\END || fail "$(cat "$T_DIR/.diff")"
import json, sys, unittest


def ids(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from ids(test)
        else:
            yield ".".join(test.id().split(".")[-2:])


sys.path.insert(0, "")
wanted = sorted(ids(unittest.TestLoader().discover(".")))
got = []
with open(sys.argv[1]) as f:
    doc = json.load(f)
for f in doc["files"]:
    for i in f["items"]:
        got.append(i["id"].partition("::")[2].replace("::", "."))
got.sort()
print("wanted", *wanted)
print("got", *got)
sys.exit(not wanted or wanted != got)
END
}

t 'cases in the __init__.py of packages'
put pyproject.toml <<\END
[project]
name = "units"
version = "1"
[tool.tgraph]
runner = "unittest"
END
: | put tests/__init__.py
put tests/test_pkg/__init__.py <<\END
import unittest


class A(unittest.TestCase):
    def test_in_init(self):
        pass
END
put tests/test_pkg/test_b.py <<\END
import unittest


class B(unittest.TestCase):
    def test_b(self):
        pass
END
put tests/other/__init__.py <<\END
from tests.cases import Case
END
put tests/cases.py <<\END
import unittest


class Case(unittest.TestCase):
    def test_case(self):
        pass
END
put lib/__init__.py <<\END
class Nothing:
    def test(self):
        raise Exception
END
git_all 'Units'
build_tests
tests_ran tests/other/__init__.py tests/test_pkg/__init__.py \
	tests/test_pkg/test_b.py
same_tests

t 'nothing runs again'
build_tests
tests_ran -

t 'one of them fails'
sed 's/pass/self.fail("seen")/' tests/test_pkg/__init__.py >x
mv x tests/test_pkg/__init__.py
build_tests_fail 1
status tests/test_pkg/__init__.py failed
git checkout -q .

t 'one that is named'
build_tests --rerun tests/test_pkg/__init__.py::A::test_in_init
counts passed=1

t 'load_tests of a package'
put tests/loaded/__init__.py <<\END
import os
import unittest


class Own(unittest.TestCase):
    def test_own(self):
        pass


def load_tests(loader, tests, pattern):
    here = os.path.dirname(__file__)
    tests.addTests(loader.discover(here, pattern=pattern))
    tests.addTests(loader.discover(here, pattern="check_*.py"))
    return tests
END
put tests/loaded/test_c.py <<\END
import unittest


class C(unittest.TestCase):
    def test_c(self):
        pass
END
put tests/loaded/check_d.py <<\END
import unittest
from . import test_c


class D(unittest.TestCase):
    def test_d(self):
        assert __name__ == "tests.loaded.check_d"
END
git_all 'More'
build_tests
counts passed=6 failed=0
same_tests

t 'files that only unittest has by name, where there is no pytest'
fresh
put pyproject.toml <<\END
[project]
name = "units"
version = "1"
END
python -c '
import sys
for v in "/usr/bin/python3", sys.base_prefix + "/bin/python3":
    print(v)' >"$T_DIR/pythons"
T_python=
while read -r p; do
	[ -x "$p" ] && ! "$p" -c 'import pytest' 2>/dev/null && T_python=$p
done <"$T_DIR/pythons"
if [ -n "$T_python" ] && "$T_python" -m venv --without-pip "$T_DIR/bare"; then
	: | put tests/__init__.py
	put tests/testing_more.py <<\END
import unittest


class M(unittest.TestCase):
    def test_m(self):
        pass
END
	put tests/testdata.py <<\END
VALUES = [1]
END
	git_all 'Names'
	PATH=$T_DIR/bare/bin:$PATH VIRTUAL_ENV=$T_DIR/bare build_tests
	tests_ran tests/testing_more.py
	same_tests
else
	skip 'no python without pytest'
fi
t 'a directory that is no package has the name of one elsewhere'
fresh
put pyproject.toml <<\END
[project]
name = "units"
version = "1"
[tool.tgraph]
runner = "unittest"
END
# as "test" of the standard library does, which has a test_json, too
put test/test_json.py <<\END
import os
import unittest
import beside


class Own(unittest.TestCase):
    def test_own(self):
        self.assertEqual(beside.value, 1)
        self.assertFalse(os.path.exists("fail"))
END
put apart/test_examples.py <<\END
"""
>>> 1
1
"""
import doctest


def load_tests(loader, tests, pattern):
    tests.addTests(doctest.DocTestSuite())
    return tests
END
echo 'value = 1' >test/beside.py
git_all 'Hidden'
build_tests
counts passed=2 failed=0
build -t doctor
expect_out '2 by unittest, 2 by tgraph'
expect_out 'the same tests'
: >fail
build_tests_fail 1 --rerun
counts failed=1

end
