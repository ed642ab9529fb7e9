#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files that run in one process: in batches, and as in plain pytest.
. "$(dirname "$0")/../lib.sh"

# way WORD FILE...: the report says that the files were run so.
way() {
	T_w=$1
	shift
	for T_x do
		same "$T_w" "$(T_field "$T_x" way)" "way of $T_x"
	done
}

# noted [WORD]: how many lines of the notes begin so.
NOTES=$T_DIR/notes
export NOTES
noted() { grep -c "^$1" "$NOTES"; }

app() {
	fresh
	rm -f "$NOTES"
	put pyproject.toml <<\END
[project]
name = "app"
version = "1"
END
	put conftest.py <<\END
import os
import pytest


def note(text):
    with open(os.environ["NOTES"], "a") as out:
        print(text, os.getpid(), file=out)


@pytest.fixture(scope="session")
def once():
    note("up")
    yield
    note("down")


@pytest.fixture(scope="package")
def each():
    note("begin")
    yield
    note("end")
END
	for T_i in 01 02 03 04 05 06 07 08 09 10; do
		put tests/test_$T_i.py <<END
from conftest import note


def test_a(once, each, tmp_path):
    print("this is $T_i")
    note("test $T_i")


def test_b(once):
    assert True
END
	done
	touch tests/__init__.py
	git_all 'App'
}

t 'a batch has up to eight files, each with all that it sets up'
app
build_tests -j1 --no-cache --isolation batch
counts passed=20
same 10 "$(noted up)"
same 10 "$(noted down)"
same 10 "$(noted begin)"
same '2 8' "$(sed -n 's/^test .. //p' "$NOTES" | sort | uniq -c | sort -n |
	awk '{ print $1 }' | xargs)"
way batch tests/test_01.py tests/test_10.py
for i in 01 02 10; do
	check [ -f .tgraph/results/*/tests/test_$i.log ]
done

t 'a shared process sets up once'
app
build_tests -j1 --no-cache --isolation shared
counts passed=20
same 1 "$(noted up)"
same 1 "$(noted down)"
same 1 "$(sed -n 's/^test .. //p' "$NOTES" | sort -u | wc -l | tr -d ' ')"
way shared tests/test_01.py tests/test_10.py

t 'one that runs alone counts as such'
for way in batch shared; do
	build_tests -j1 --no-cache --rerun --isolation $way tests/test_03.py
	build_null --isolation process tests/test_03.py
done

t 'what was gained in company does not count for who is kept apart'
app
build_tests -j1 --isolation shared
tests_cached -
build_null --isolation shared
build_tests -j1 --isolation batch -d explain
counts passed=20
tests_cached -
expect_err 'it ran in a process with others'
build_null --isolation batch
build_null --isolation shared
build_tests -j1 --isolation process tests/test_01.py
tests_ran tests/test_01.py
build_tests -j1
counts passed=20
tests_cached tests/test_01.py
build_null --isolation batch
build_null --isolation shared
build_null --isolation process

t 'nor does it get into a cache'
app
build_tests -j1 --isolation batch
rm -rf .tgraph
build_tests -j1
tests_cached -
rm -rf .tgraph
build_tests -j1 --isolation shared
tests_ran -

t 'what fails behind others counts only alone'
app
put tests/test_02.py <<\END
import sys


def test_leaves():
    sys.leftover = 1
END
put tests/test_04.py <<\END
import sys


def test_finds():
    assert not hasattr(sys, "leftover")
END
put tests/test_06.py <<\END
def test_fails():
    assert 6 == 7
END
git_all 'Leftover'
build_tests_fail 1 -j1 --no-cache --isolation batch
counts passed=16 failed=1
status tests/test_04.py passed
way fork tests/test_04.py tests/test_06.py
way batch tests/test_01.py
status tests/test_06.py failed
expect_out 'assert 6 == 7'
expect_err 'tests/test_04.py failed behind other files in one process, and passed alone'
no_err 'tests/test_06.py failed behind'

t 'in a shared process it counts as in plain pytest'
build_tests_fail 1 -j1 --no-cache --rerun --isolation shared
counts passed=15 failed=2
status tests/test_04.py failed
status tests/test_06.py failed
expect_out 'assert 6 == 7'
expect_out 'hasattr'

t 'a file that ends its process is the one to blame'
app
put tests/test_05.py <<\END
import os


def test_ends():
    os._exit(0)
END
git_all 'Exit'
for way in batch shared; do
	build_tests_fail 1 -j1 --no-cache --rerun --isolation $way
	counts passed=18
	status tests/test_05.py crashed
	status tests/test_01.py passed
	status tests/test_04.py passed
	status tests/test_06.py passed
	expect_out 'tests/test_05.py'
	expect_out 'exit code 0'
done

t 'and one that is killed, or hangs'
put tests/test_05.py <<\END
import os
import signal


def test_ends():
    os.kill(os.getpid(), signal.SIGKILL)
END
put tests/test_07.py <<\END
import os
import time


def test_hangs():
    open(os.environ["T_HANGS"], "w").close()
    time.sleep(600)
END
git_all 'Kill'
for way in batch shared; do
	build_hangs tests/test_07.py -j1 --no-cache --rerun --isolation $way
	counts passed=16
	status tests/test_05.py crashed
	status tests/test_07.py timeout
	status tests/test_08.py passed
	expect_out 'SIGKILL'
done

t 'warnings are those that a file gives alone'
app
for i in 02 03; do
	put tests/test_$i.py <<\END
import warnings


def test_warns():
    warnings.warn("beware", UserWarning)
END
done
git_all 'Warn'
build_tests -j1 --no-cache --isolation batch
way fork tests/test_02.py
way batch tests/test_04.py
same 2 "$(grep -c beware "$T_JSON")"
build_tests -j1 --no-cache --rerun --isolation shared
same 2 "$(grep -c beware "$T_JSON")"

t 'a fixture of the session that fails at its end'
app
put tests/test_03.py <<\END
import pytest


@pytest.fixture(scope="session")
def bad():
    yield
    raise ValueError("too late")


def test_it(bad):
    assert True
END
git_all 'Teardown'
build_tests_fail 1 -j1 --no-cache --isolation batch
status tests/test_03.py failed
counts passed=18 errors=1
way fork tests/test_03.py
build_tests_fail 1 -j1 --no-cache --rerun --isolation shared
counts errors=1
status tests/test_03.py passed
status tests/test_10.py failed
expect_out 'too late'

t 'a hook that changes how the session ends'
app
put conftest.py <<\END
import pytest

note = print


@pytest.fixture(scope="session")
def once():
    yield


@pytest.fixture(scope="package")
def each():
    yield


def pytest_sessionfinish(session):
    session.exitstatus = 1
END
git_all 'Hook'
build_tests_fail 1 -j1 --no-cache
counts passed=20
same 10 "$(grep -c '"status": *"failed"' "$T_JSON")"
build_tests_fail 1 -j1 --no-cache --rerun --isolation batch
same 10 "$(grep -c '"status": *"failed"' "$T_JSON")"
build_tests_fail 1 -j1 --no-cache --rerun --isolation shared
same 1 "$(grep -c '"status": *"failed"' "$T_JSON")"

t 'files that close what is not theirs'
app
put tests/test_03.py <<\END
import os
import stat


def test_closes():
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                os.close(fd)
        except OSError:
            pass
END
git_all 'Close'
build_tests -j1 --no-cache
build_tests -j1 --no-cache --rerun --isolation batch
counts passed=19
build_tests -j1 --no-cache --rerun --isolation shared
counts passed=19

t 'several at once'
app
build_tests -j3 --no-cache --isolation shared
counts passed=20
same "$(noted up)" "$(noted down)"
build_tests -j3 --no-cache --rerun --isolation batch
counts passed=20

end
