#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Test files that skip themselves: pytest alone calls that no tests (5), but
# it is a skip and nothing is wrong.
. "$(dirname "$0")/../lib.sh"

put test_all.py <<\END
import pytest

pytest.skip("not today", allow_module_level=True)
END
put test_import.py <<\END
import pytest

pytest.importorskip("there_is_no_such_module")


def test_a():
    pass
END
put test_mark.py <<\END
import pytest

pytestmark = pytest.mark.skip(reason="marked")


def test_a():
    pass
END
put test_case.py <<\END
import unittest

raise unittest.SkipTest("no")
END
git_all 'Skips'

for way in '' --no-workers; do
	t "skipped, not passed over and not failed $way"
	# shellcheck disable=SC2086
	build_tests --rerun $way
	counts skipped=4 passed=0 failed=0 errors=0
	for f in test_all.py test_import.py test_mark.py test_case.py; do
		status "$f" passed
	done
	no_out 'without tests'
	build_tests
	tests_ran -
	counts skipped=4
	build_tests test_all.py
	counts skipped=1
done

t 'a file without any test is still told as such'
echo 'x = 1' >test_none.py
build_tests
counts skipped=4
expect_out '1 file without tests'
build_tests_fail 1 test_none.py

if "$T_VENV/bin/python" -c 'import sys, pytest
sys.exit(int(pytest.__version__.split(".")[0]) < 9)'; then
	t 'an item is not what its subtests are, unless they fail'
	fresh
	put test_sub.py <<\END
import pytest


def test_sub(subtests):
    with subtests.test("a"):
        pytest.xfail("known")
    with subtests.test("b"):
        pytest.skip("not here")


@pytest.mark.xfail
def test_expected(subtests):
    with subtests.test("a"):
        pytest.xfail("known")
    with subtests.test("b"):
        pytest.skip("not here")
    assert False
END
	build_tests
	counts passed=1 xfailed=1 skipped=0
fi

end
