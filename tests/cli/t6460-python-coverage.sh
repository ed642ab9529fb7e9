#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Coverage is what pytest-cov measures, file by file and from the cache.
. "$(dirname "$0")/../lib.sh"

PATH=$TG_BUILD/obj/tests/venv-cov/bin:$PATH

lib() {
	fresh
	put pyproject.toml <<\EOF
[project]
name = "lib"
version = "1"
[tool.pytest.ini_options]
pythonpath = ["src"]
[tool.coverage.run]
source = ["src"]
EOF
	put src/lib/__init__.py <<\EOF
from lib import one


def unused():
    return 0
EOF
	put src/lib/one.py <<\EOF
import sys

if sys.version_info > (3,):
    A = 1
else:
    A = 2


def f(x):
    if x:
        return 1
    return 2
EOF
	put src/lib/two.py <<\EOF
B = 3


def g(x):
    for i in range(x):
        if i == 2:
            return "two"
    return "none"
EOF
	put src/lib/never.py <<\EOF
def never():
    return 1
EOF
	put conftest.py <<\EOF
import pytest

import lib


@pytest.fixture
def one():
    return lib.one.f(1)
EOF
	put tests/test_a.py <<\EOF
from lib import one as module


def test_a(one):
    assert one == 1
EOF
	put tests/test_b.py <<\EOF
from lib import one
from lib import two


def test_b():
    assert one.f(0) == 2
    assert two.g(1) == "none"
EOF
	put tests/test_c.py <<\EOF
from lib import one
from lib import two


def test_c():
    assert two.g(5) == "two"
EOF
	put tests/test_d.py <<\EOF
def test_d():
    pass
EOF
}

# plain ARG...: what pytest --cov reports, without its headings.
plain() {
	case " $* " in
	*' --cov='*) ;;
	*) set -- "$@" --cov ;;
	esac
	COVERAGE_FILE=$T_DIR/plain.data python -m pytest -q \
		-p no:cacheprovider "$@" 2>&1 | table
	find . -name __pycache__ -exec rm -rf {} +
}
table() { sed -n '/^Name /,/^TOTAL/p'; }
# as_plain ARG...: the last run reported what pytest --cov ARG...
# does.
as_plain() {
	plain "$@" >"$T_DIR/plain"
	table <"$T_OUT" >"$T_DIR/ours"
	check [ -s "$T_DIR/plain" ]
	check diff -u "$T_DIR/plain" "$T_DIR/ours"
}
total() { same "$1" "$(sed -n 's/^TOTAL.* //p' "$T_OUT")" 'the total'; }

t 'the same report as of pytest --cov, and again when nothing is to be done'
lib
build_tests -j 1 --coverage --coverage-report term-missing
tests_ran tests/test_a.py tests/test_b.py tests/test_c.py tests/test_d.py
as_plain --cov-report term-missing
for x in a b c d; do same fork "$(T_field tests/test_$x.py way)"; done
build_tests --coverage --coverage-report term-missing
tests_ran -
as_plain --cov-report term-missing

t 'branches, and each file on its own'
build_tests --coverage --coverage-branch --coverage-report=term-missing
as_plain --cov-branch --cov-report term-missing
for x in a b c; do
	build --coverage --coverage-branch tests/test_$x.py
	as_plain --cov-branch tests/test_$x.py
done
build --coverage -- tests/test_b.py::test_b
as_plain tests/test_b.py::test_b
build --coverage --pytest-k test_c
as_plain -k test_c

t 'a plain result is not enough, and stays one'
lib
build_tests
no_out TOTAL
build_tests --coverage
tests_ran tests/test_a.py tests/test_b.py tests/test_c.py tests/test_d.py
build_tests
tests_ran -
build_tests --coverage
tests_ran -

t 'an edit measures again what depends on it, and nothing else'
sed 's/return "none"/x = "none"\n    return x/' src/lib/two.py >new
mv new src/lib/two.py
build_tests --coverage --coverage-report term-missing
tests_ran tests/test_b.py tests/test_c.py
as_plain --cov-report term-missing
echo 'C = 4' >src/lib/other.py
build_tests --coverage --coverage-report term-missing
tests_ran -
as_plain --cov-report term-missing
rm src/lib/other.py src/lib/never.py
build_tests --coverage --coverage-report term-missing
as_plain --cov-report term-missing

t 'from the cache, in another place too'
rm -rf .tgraph
build_tests --coverage
tests_ran -
as_plain
mkdir "$T_DIR/elsewhere"
cp -R . "$T_DIR/elsewhere/lib"
cd "$T_DIR/elsewhere/lib" || exit 2
rm -rf .tgraph
build_tests --coverage
tests_ran -
as_plain
cd "$T_DIR/work" || exit 2

t 'what failed is reported too, and what died does not hide the others'
lib
put tests/test_a.py <<\EOF
from lib import two


def test_a():
    assert two.g(5) == "none"
EOF
build_tests_fail 1 --coverage
as_plain
put tests/test_d.py <<\EOF
import os


def test_d():
    os._exit(0)
EOF
build_tests_fail 1 --coverage
total 74%
put tests/test_a.py <<\EOF
import nothing
EOF
build_tests_fail 1 --coverage
total 74%

t 'no report of another run'
rm tests/test_d.py
echo 'def test_a(): assert 0' >tests/test_a.py
build_fail 1 -k 1 -j 1 --coverage
no_out TOTAL
no_out Stmts

t 'the configuration counts'
lib
build_tests --coverage
put .coveragerc <<\EOF
[run]
source = src
omit = */never.py
relative_files = true
branch = true
[report]
exclude_lines = def unused
EOF
build_tests --coverage --coverage-report term-missing
tests_ran tests/test_a.py tests/test_b.py tests/test_c.py tests/test_d.py
as_plain --cov-report term-missing
put .coveragerc <<\EOF
[run]
source = lib
[report]
fail_under = 95
skip_covered = true
EOF
build_tests_fail 1 --coverage
as_plain
expect_out 'FAIL Required test coverage of 95% not reached'
build --coverage --coverage-fail-under 50
expect_out 'Required test coverage of 50% reached'
build_fail 1 --coverage-fail-under 99.5

t 'sources on the command line'
rm .coveragerc
build --coverage=src/lib
as_plain --cov=src/lib
build --coverage=lib.two --coverage=tests
plain --cov=lib.two --cov=tests --cov-report= >/dev/null
check grep -q 'lib/two.py' "$T_OUT"
check grep -q 'tests/test_d.py' "$T_OUT"
check_not grep -q 'lib/one.py' "$T_OUT"

t 'unittest is measured as coverage run does it'
lib
rm -r tests conftest.py
put pyproject.toml <<\EOF
[project]
name = "lib"
version = "1"
[tool.tgraph]
runner = "unittest"
[tool.coverage.run]
source = ["src"]
EOF
put test_u.py <<\EOF
import sys
import unittest
sys.path.insert(0, "src")
from lib import two


class T(unittest.TestCase):
    def test(self):
        self.assertEqual(two.g(5), "two")
EOF
build --coverage
COVERAGE_FILE=$T_DIR/plain.data python -m coverage run -m unittest -q test_u \
	2>/dev/null
COVERAGE_FILE=$T_DIR/plain.data python -m coverage report | table \
	>"$T_DIR/plain"
table <"$T_OUT" >"$T_DIR/ours"
check [ -s "$T_DIR/plain" ]
check diff -u "$T_DIR/plain" "$T_DIR/ours"

t 'without workers, in a process each, and where files would share one'
lib
for x in --no-workers --isolation=process --isolation=batch \
	--isolation=shared; do
	build --no-cache --rerun --coverage $x
	as_plain
done

t 'contexts, what is not to be measured, and processes that tests start'
lib
put src/lib/sub.py <<\EOF
def main():
    print("in a process")


if __name__ == "__main__":
    main()
EOF
put src/lib/quiet.py <<\EOF
def quiet():
    return 1
EOF
put tests/test_e.py <<\EOF
import os
import subprocess
import sys

import pytest

from lib import quiet


@pytest.mark.no_cover
def test_quiet():
    assert quiet.quiet() == 1


def test_sub():
    subprocess.run([sys.executable, "src/lib/sub.py"], check=True)


def test_fork():
    pid = os.fork()
    if not pid:
        quiet.quiet()
        os._exit(0)
    os.waitpid(pid, 0)
EOF
put .coveragerc <<\EOF
[run]
source = src
patch = subprocess, _exit, fork
dynamic_context = test_function
[report]
show_missing = true
EOF
build --coverage
as_plain
put .coveragerc <<\EOF
[run]
source = src
EOF
build --coverage --coverage-report term-missing
as_plain --cov-report term-missing

t 'mistakes are told'
build_fail 2 --coverage-fail-under x
expect_err "--coverage-fail-under: 'x' is not a number from 0 to 100"
build_fail 2 --coverage-report pdf
expect_err "--coverage-report: 'pdf' is not term"
put .coveragerc <<\EOF
[run]
dynamic_context = nonsense
EOF
build_fail 1 --coverage
expect_out "Don't understand dynamic_context setting: 'nonsense'"
rm .coveragerc
PATH=$T_VENV/bin:$PATH
build_fail 3 --coverage
expect_err 'coverage is not installed for'
end
