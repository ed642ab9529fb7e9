#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Options in pytest's meaning, and arguments that are handed to pytest.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "args"
version = "1.0"
[tool.pytest.ini_options]
markers = ["slow"]
END
put tests/test_a.py <<\END
import warnings

import pytest


def test_first():
    secret = 6 * 7
    assert secret == 1


def test_second():
    assert [1, 2] == [1, 3]


@pytest.mark.slow
def test_warns():
    warnings.warn("it is old")
END
put tests/test_b.py <<\END
def test_good():
    pass
END
git_all 'Arguments'

t 'arguments that decide: a result of its own'
build_tests tests/test_a.py -- -k warns
counts passed=1 failed=0
build_tests_fail 1 tests/test_a.py -- -k warns -W error
counts passed=0 failed=1
build_tests tests/test_a.py -- -k warns
tests_cached tests/test_a.py
build_tests_fail 1 tests/test_a.py
tests_ran tests/test_a.py
counts passed=1 failed=2
build_tests --pytest-k good -- -W error tests/test_b.py
counts passed=1
build_tests tests/test_b.py
tests_ran tests/test_b.py
build_tests tests/test_b.py -- -W error
tests_ran tests/test_b.py
build_tests tests/test_b.py -- -W error
tests_cached tests/test_b.py

t 'arguments that only show: the same result'
# There pytest shows whole differences.
unset CI BUILD_NUMBER
build_tests tests/test_b.py -- --tb=short -vv -l
tests_cached tests/test_b.py
run tests/test_a.py -- --tb=line
no_out 'secret = 6 * 7'
run --tb line tests/test_a.py
no_out 'secret = 6 * 7'
run tests/test_a.py
expect_out 'secret = 6 * 7'
no_out 'secret     = 42'
run --showlocals tests/test_a.py
expect_out 'secret     = 42'
run -vv tests/test_a.py
expect_out 'Full diff:'
run tests/test_a.py
no_out 'Full diff:'

t 'they are not seen by tests, nor by workers that run the plain command'
put tests/test_c.py <<\END
import os


def test_environment():
    assert not [n for n in os.environ if n.startswith("TGRAPH_PYTEST")]
    assert os.system("env | grep TGRAPH_PYTEST") != 0


def test_fails():
    hidden = 3
    assert hidden == 4
END
run --tb=line tests/test_c.py
no_out 'hidden = 3'
expect_out '1 passed, 1 failed'
run --tb=line --no-workers tests/test_c.py
no_out 'hidden = 3'
PYTHONDEVMODE=1 run --tb=line tests/test_c.py
no_out 'hidden = 3'
rm tests/test_c.py

t 'stopping early, and what it says of a file never counts'
build_tests_fail 1 -x tests/test_a.py
counts passed=0 failed=1
build_tests_fail 1 tests/test_a.py
counts passed=1 failed=2
build_tests_fail 1 --maxfail 2 tests/test_a.py
counts passed=0 failed=2
build_tests_fail 1 tests/test_a.py -- --exitfirst
counts passed=0 failed=1
build_tests_fail 1 -j1 -x
build_tests -x tests/test_b.py
build_tests tests/test_b.py
tests_cached tests/test_b.py

t 'stopping after some failed tests of all files'
for i in 1 2 3 4; do
	echo 'def test_x(): assert 0' >tests/test_d$i.py
done
build_tests_fail 1 -j1 --maxfail 2 'tests/test_d*.py'
counts failed=2
rm tests/test_d*.py

t '-k and -m, a number is ninja'\''s'
build_tests_fail 1 -k 'first or good'
counts passed=1 failed=1
build_tests -m slow
counts passed=1 failed=0
build_tests_fail 1 -k 1
counts failed=2
build_fail 2 -k 'a or ('
expect_err "tgraph: -k 'a or (': expected"

t '--lf: what failed, and everything if nothing has'
build_tests_fail 1
build_tests_fail 1 --lf
tests_ran tests/test_a.py
tests_cached -
sed -i.bak 's/== 1$/== 42/; s/1, 3/1, 2/' tests/test_a.py
rm tests/test_a.py.bak
build_tests --last-failed
tests_ran tests/test_a.py
counts passed=2
build_tests --lf
tests_ran tests/test_a.py
counts passed=3
build_tests --lf
tests_cached tests/test_a.py tests/test_b.py
build_tests -- --lf
tests_cached tests/test_a.py tests/test_b.py
build --failed
expect_out 'nothing failed'
build_tests --ff
tests_cached tests/test_a.py tests/test_b.py

t 'targets may follow, values of unknown options are asked for'
build_tests -- --tb=short tests/test_b.py
tests_cached tests/test_b.py
build_tests -- tests/test_b.py
tests_cached tests/test_b.py
build_fail 2 -- --frobnicate tests
expect_err 'Write --frobnicate=tests, or the target before --'

t 'what tgraph does itself'
build_fail 2 -- --cov
expect_err '--cov: it is for a whole run of pytest'
build_fail 2 -- --collect-only
expect_err 'did you mean -t tests?'
build_fail 2 -- -n 4
expect_err '-n: did you mean -j N?'

t 'what is shown besides: -r, -s, --durations; from the cache too'
fresh
put test_a.py <<\END
import pytest


def test_prints():
    print("hello from it")


@pytest.mark.skip(reason="not today")
def test_skipped():
    pass


def test_quick():
    pass
END
for cached in no yes; do
	rm -rf .tgraph/results
	[ $cached = yes ] || rm -rf .tgraph "$XDG_CACHE_HOME"
	build -rs
	expect_out 'not today'
	no_out 'hello from it'
	build -s
	expect_out 'hello from it'
	build -- -sra --durations=1 --durations-min=0 test_a.py
	expect_out 'hello from it'
	expect_out 'not today'
	same 1 "$(grep -c ' s  test_a.py::test_' "$T_OUT")"
	build --durations 0 --durations-min 3600
	no_out slowest
	build --durations 1 --durations-min 0
	expect_out 'slowest 1 of 3 tests'
	build --durations 0 --durations-min 0
	expect_out 's  test_a.py::test_quick'
	build
	no_out slowest
done

t 'in a ninja file words behind the dashes are targets'
fresh
manifest <<\END
rule touch
  command = touch -- $out
build one: touch
build -x: touch
END
build one -- -x
exists one ./-x
build_fail 2 -m a
expect_err '--pytest-m is for Python repositories'
build_fail 2 -s
expect_err ': -s is for Python repositories'

end
