#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A process that dies, or is ended for its time, in the middle of a file: what
# was known stays, and the test that ran is named.
. "$(dirname "$0")/../lib.sh"

put test_dies.py <<\END
import os
import signal


def test_ok():
    pass


def test_bad():
    assert 1 == 2


def test_dies():
    print("got so far")
    os.kill(os.getpid(), signal.SIGSEGV)


def test_after():
    pass
END
put test_exits.py <<\END
import os


def test_exits():
    os._exit(0)
END
put test_hangs.py <<\END
import os
import time


def helper():
    open(os.environ["T_HANGS"], "w"), time.sleep(60)


def test_fine():
    pass


def test_hangs():
    print("waiting now")
    helper()
END
put test_stops.py <<\END
import pytest


def test_fine():
    pass


def test_stops():
    pytest.exit("enough", 0)


def test_after():
    pass
END
git_all Deaths

for how in '' --no-workers; do
	t "a crash: outcomes, blame, prints and stack $how"
	# shellcheck disable=SC2086
	build_tests_fail 1 --junit=../r.xml $how test_dies.py
	status test_dies.py crashed
	counts passed=1 failed=2
	expect_out 'killed by SIGSEGV in test_dies.py::test_dies; 1 test did not run'
	expect_out '  failed test_dies.py::test_dies (line 13)'
	expect_out 'got so far'
	expect_out 'line 15 in test_dies'
	no_out '_pytest/python.py'
	check grep -q 'name="test_dies".*<failure message="killed by SIGSEGV' \
		../r.xml
	check grep -q 'tests="3" failures="2" errors="0"' ../r.xml

	t "an exit code of 0 is no success $how"
	# shellcheck disable=SC2086
	build_tests_fail 1 $how test_exits.py
	status test_exits.py crashed
	counts passed=0 failed=1
	expect_out 'ended with exit code 0 in test_exits.py::test_exits'
	build_fail 1 --last test_exits.py
	expect_out 'ended with exit code 0 in test_exits.py::test_exits'

	t "a time limit: the same $how"
	# shellcheck disable=SC2086
	build_hangs test_hangs.py --junit=../r.xml $how test_hangs.py
	status test_hangs.py timeout
	counts passed=1 failed=1
	expect_out '  failed test_hangs.py::test_hangs (line 13)'
	expect_out 'waiting now'
	expect_out 'line 6 in helper'
	check grep -q 'name="test_hangs".*message="stopped by the time limit' \
		../r.xml
	build_fail 1 --last test_hangs.py
	expect_out 'line 6 in helper'
done
t "a run that was stopped says so, not what had passed"
build_tests_fail 1 test_stops.py
status test_stops.py failed
expect_out ': 2 items did not run; 1 passed'
end
