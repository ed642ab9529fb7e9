#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What test runs show besides their outcomes: prints, warnings, reasons; where
# failures are, and how they are named.
. "$(dirname "$0")/../lib.sh"

for p in one two; do
	mkdir -p packages/$p/tests
	printf '[project]\nname = "%s"\nversion = "1"\n[tool.pytest.ini_options]\n' \
		$p >packages/$p/pyproject.toml
done
put packages/one/tests/test_notes.py <<\END
import warnings

import pytest


def test_print():
    print("hello there")


def test_warn():
    warnings.warn("old api", DeprecationWarning)


@pytest.mark.parametrize("n", range(12))
def test_many(n):
    warnings.warn("again and again")


@pytest.mark.parametrize("n", [1, 2])
def test_skip(n):
    pytest.skip("no database")


@pytest.mark.xfail(reason="later")
def test_later():
    assert 0
END
echo 'def test_same(): pass' >packages/two/tests/test_same.py
git_all Notes

# says TEXT: whole lines of the last run's output, one after the other
says() {
	case "
$(cat "$T_OUT")
" in
	*"
$1
"*)
		check true ;;
	*)
		fail "stdout has no lines:" "$1" ;;
	esac
}

notes='WARNINGS
packages/one/tests/test_notes.py::test_warn
  packages/one/tests/test_notes.py:11: DeprecationWarning: old api
    warnings.warn("old api", DeprecationWarning)

packages/one/tests/test_notes.py: 12 warnings
  packages/one/tests/test_notes.py:16: UserWarning: again and again
    warnings.warn("again and again")
'
shows_notes() {
	same "$notes" "$(sed -n '/^WARNINGS/,/^SKIPPED\|^[0-9]* file/p' \
		"$T_OUT" | sed '/^SKIPPED\|^[0-9]* file/d')
" warnings
	expect_out '14 passed, 2 skipped, 1 xfailed, 13 warnings'
}

t 'warnings are counted and told once'
build_tests packages/one
shows_notes
no_out SKIPPED

t 'from what is up to date too, and from the cache'
build_tests packages/one
tests_ran -
shows_notes
rm -rf .tgraph
build_tests packages/one
tests_ran -
shows_notes

t 'what tests print is shown with -v'
no_out 'hello there'
build_tests -v packages/one
tests_ran -
expect_out '  passed packages/one/tests/test_notes.py::test_print'
says '    -- Captured stdout call
hello there'

t '-ra in the settings: why tests were skipped, and which are to fail'
echo 'addopts = "-ra"' >>packages/one/pyproject.toml
build_tests packages/one
says 'SKIPPED [2] packages/one/tests/test_notes.py:21: no database
XFAIL packages/one/tests/test_notes.py::test_later - later'
build_tests packages/one
tests_ran -
says 'SKIPPED [2] packages/one/tests/test_notes.py:21: no database'

t 'or on the command line'
git checkout -q packages
build_tests packages/one -- -rx
tests_ran -
says 'XFAIL packages/one/tests/test_notes.py::test_later - later'
no_out SKIPPED

t 'whoever wants to see no warnings sees none'
echo 'addopts = "--disable-warnings"' >>packages/one/pyproject.toml
build_tests packages/one
no_out WARNINGS
expect_out '13 warnings'
git checkout -q packages

t 'failures: where they are, and what they are called, from here'
put packages/two/tests/test_same.py <<\END
def helper():
    assert 0


def test_same():
    helper()


class TestMore:
    def test_more(self):
        assert 1 == 2, "more"
END
build_tests_fail 1
says '  failed packages/two/tests/test_same.py::test_same (line 5)'
says 'packages/two/tests/test_same.py:2: AssertionError'
says '  rerun: tgraph packages/two/tests/test_same.py::test_same packages/two/tests/test_same.py::TestMore::test_more'
# the list, after the blocks
same 'FAILED packages/two/tests/test_same.py::test_same - assert 0
FAILED packages/two/tests/test_same.py::TestMore::test_more - AssertionError: more' \
	"$(tail -n 3 "$T_OUT" | head -n 2)" list
same 1 "$(grep -c 'packages/two/tests/test_same.py:2: Asser' "$T_OUT")" \
	'blocks'
cd packages/two/tests || exit 2
build_tests_fail 1 test_same.py::TestMore
says '  failed test_same.py::TestMore::test_more (line 10)'
says 'test_same.py:11: AssertionError'
says '  rerun: tgraph test_same.py::TestMore::test_more'
no_out packages/two
build_tests_fail 1 test_same.py::TestMore::test_more
tests_ran packages/two/tests/test_same.py
cd "$T_DIR/work" || exit 2

t 'reports name them from the root'
build_tests_fail 1 --junit=../r.xml --json=../r.json
check grep -q 'classname="packages.two.tests.test_same.TestMore" name="test_more"' \
	../r.xml
check_not grep -q 'hello there' ../r.xml
check grep -q '"target":"packages/two/tests/test_same.py::TestMore::test_more"' \
	../r.json

t 'many failures end with a list of files'
{
	echo 'import pytest'
	echo '@pytest.mark.parametrize("n", range(60))'
	echo 'def test_n(n): assert n < 0'
} >packages/two/tests/test_n.py
build_tests_fail 1 packages/two
same 'FAILED packages/two/tests/test_n.py - 60 failed
FAILED packages/two/tests/test_same.py - 2 failed' \
	"$(tail -n 3 "$T_OUT" | head -n 2)" list

t 'flaky tests by name, also where another fails'
rm packages/two/tests/*
put packages/two/tests/test_flaky.py <<\END
import os

flag = os.path.join(os.path.dirname(__file__), "flag")


def test_flaky():
    if not os.path.exists(flag):
        open(flag, "w").close()
        assert 0


def test_bad():
    assert 0
END
build_tests_fail 1 --retries=1 packages/two
says 'FLAKY packages/two/tests/test_flaky.py::test_flaky - failed before it passed'
no_out 'FLAKY packages/two/tests/test_flaky.py::test_bad'

t 'session fixtures that are paid for by each file'
put packages/two/tests/conftest.py <<\END
import pytest
import time


@pytest.fixture(scope="session")
def db():
    time.sleep(1.1)
    return {}
END
for i in 1 2; do
	echo 'def test_db(db): assert db == {}' >packages/two/tests/test_$i.py
done
rm packages/two/tests/test_flaky.py
build_tests packages/two
expect_out 'session fixtures of two were set up in 2 files and took '
build_tests packages/two
no_out 'session fixtures'

t 'what a file took has not the start of its process in it'
build_tests --rerun --no-workers packages/one
check "$T_VENV/bin/python" - "$T_JSON" <<\END
import json, sys
f, = json.load(open(sys.argv[1]))["files"]
assert f["times"]["start"] > 0.05, f["times"]
took = sum(f["times"][part] for part in ("import", "collect", "run"))
assert abs(f["duration"] - took) < 0.001, (f["duration"], f["times"])
END
end
