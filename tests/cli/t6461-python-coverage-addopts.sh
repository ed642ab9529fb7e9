#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Options of pytest-cov in addopts, files that reports go to, workspaces.
. "$(dirname "$0")/../lib.sh"

PLAIN=$PATH
PATH=$TG_BUILD/obj/tests/venv-cov/bin:$PATH

# addopts WORDS: a package with these.
addopts() {
	put pyproject.toml <<EOF
[project]
name = "lib"
version = "1"
[tool.pytest.ini_options]
pythonpath = ["src"]
addopts = "$1"
EOF
}
lib() {
	fresh
	addopts "${1-}"
	put src/lib/__init__.py <<\EOF
def f(x):
    if x:
        return 1
    return 2


def unused():
    return 0
EOF
	put src/lib/other.py <<\EOF
A = 1
EOF
	put tests/test_a.py <<\EOF
import lib


def test_a():
    assert lib.f(1) == 1
EOF
	put tests/test_b.py <<\EOF
import lib


def test_b():
    assert lib.f(0) == 2
EOF
}
# as_plain: what the last run reported is what pytest does with these addopts.
as_plain() {
	COVERAGE_FILE=$T_DIR/plain.data python -m pytest -q \
		-p no:cacheprovider 2>&1 | table >"$T_DIR/plain"
	find . -name __pycache__ -exec rm -rf {} +
	table <"$T_OUT" >"$T_DIR/ours"
	check [ -s "$T_DIR/plain" ]
	check diff -u "$T_DIR/plain" "$T_DIR/ours"
}
table() { sed -n '/^Name /,/^TOTAL/p'; }

t 'addopts ask for coverage'
lib '--cov=src --cov-report=term-missing --cov-branch'
build_tests
as_plain
build_tests
tests_ran -
as_plain
addopts '--cov src --cov-report term-missing:skip-covered'
build
as_plain
addopts '--cov=lib --cov=tests'
build
as_plain
addopts '--cov=lib --cov-context=test --cov-report=term-missing'
build
as_plain
addopts '--cov --cov=src/lib'
build
as_plain

t 'a limit is one of the total, and of no file'
addopts '--cov=src --cov-fail-under=75'
build_fail 1
as_plain
expect_out 'FAIL Required test coverage of 75% not reached'
expect_out '1 other step failed'
expect_out '2 files: 2 passed'
addopts '--cov=src --cov-fail-under=70'
build
build_fail 1 --coverage-fail-under 75
build_fail 1 --coverage=src --coverage-fail-under 75 tests/test_a.py

t 'PYTEST_ADDOPTS too'
addopts ''
PYTEST_ADDOPTS='--cov=src' build
expect_out TOTAL
build
no_out TOTAL

t 'it can be switched off'
addopts '--cov=src --no-cov'
build
no_out TOTAL
addopts '--cov=src --cov-fail-under=99'
build --no-coverage
no_out TOTAL
addopts '--cov=src --cov-report='
build
no_out TOTAL
no_out Stmts

t 'where coverage is not installed it does not count, and that is said'
addopts '--cov=src --cov-fail-under=99'
PATH=$PLAIN
build
no_out TOTAL
expect_err '--cov-fail-under in addopts does not count'
PATH=$TG_BUILD/obj/tests/venv-cov/bin:$PATH

t 'reports that go to files'
lib
build --coverage=src --coverage-report xml --coverage-report html \
	--coverage-report json:out/cov.json --coverage-report lcov
no_out TOTAL
check grep -q 'line-rate="0.7' coverage.xml
check grep -q 'lib' htmlcov/index.html
check grep -q '"percent_covered": 7' out/cov.json
check grep -q '^SF:src/lib/__init__.py' coverage.lcov

t 'they are no inputs, and made again when they are gone'
build_tests --coverage=src --coverage-report xml --coverage-report html \
	--coverage-report json:out/cov.json --coverage-report lcov
tests_ran -
rm -r coverage.xml out htmlcov
build_tests --coverage=src --coverage-report xml --coverage-report html \
	--coverage-report json:out/cov.json --coverage-report lcov
tests_ran -
exists coverage.xml out/cov.json htmlcov/index.html
build_tests
build_tests --coverage=src --coverage-report xml
tests_ran -
rm -r coverage.xml coverage.lcov out htmlcov
build_tests
tests_ran -

t 'from below the root a path is as seen from there'
mkdir below
cd tests || exit 2
build --coverage --coverage-report xml:../below/c.xml
cd ..
exists below/c.xml
rm -r below

t 'packages are measured by their own settings, and the whole is reported'
fresh
py_workspace a b:a
put packages/b/pyproject.toml <<\EOF
[project]
name = "b"
version = "1"
dependencies = ["a"]
[tool.coverage.run]
source = ["packages"]
EOF
put .coveragerc <<\EOF
[run]
source = packages
omit = */tests/*
EOF
build --coverage
COVERAGE_FILE=$T_DIR/plain.data python -m pytest -q -p no:cacheprovider \
	--cov 2>&1 | table >"$T_DIR/plain"
find . -name __pycache__ -exec rm -rf {} +
table <"$T_OUT" >"$T_DIR/ours"
check [ -s "$T_DIR/plain" ]
check diff -u "$T_DIR/plain" "$T_DIR/ours"
build_tests --coverage packages/a
tests_ran -
expect_out packages/a/src/a/core.py
end
