#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Pythons that a test starts run the source there is, not what was compiled of
# one of equal size and time.
. "$(dirname "$0")/../lib.sh"

# version N: module, conftest and script are of equal size and time whatever N.
version() {
	put mod.py <<END
VALUE = $1
END
	old mod.py
}

put pyproject.toml <<\END
[project]
name = "app"
version = "1"

[tool.pytest.ini_options]
pythonpath = ["."]
END
put test_run.py <<\END
import subprocess
import sys


def test_value():
    out = subprocess.check_output(
        [sys.executable, "-c", "import mod; print(mod.VALUE)"])
    assert out == b"1\n"
END
put test_fork.py <<\END
import multiprocessing


def value(queue):
    import mod
    queue.put(mod.VALUE)


def test_value():
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=value, args=(queue,))
    process.start()
    assert queue.get() == 1
    process.join()
END
put test_none.py <<\END
def test_none():
    assert True
END
version 1
git_all 'App'

t 'a source of equal size and time is read again'
build_tests --no-cache
counts passed=3
version 2
build_tests_fail 1 --no-cache
counts passed=1 failed=2
version 1
build_tests --no-cache
counts passed=3

t 'without a worker too'
version 2
build_tests_fail 1 --no-cache --no-workers
counts passed=1 failed=2
version 1
build_tests --no-cache --no-workers
counts passed=3

t 'in the place where Python puts it'
check [ -n "$(find __pycache__ -name 'mod.*.pyc')" ]

t 'and what is right there stays, however young it is'
fresh
put pyproject.toml <<\END
[project]
name = "app"
version = "1"
END
put mod.py <<\END
VALUE = 1
END
put right.py <<\END
VALUE = 1
END
put test_mod.py <<\END
import subprocess
import sys


def test_value():
    out = subprocess.check_output(
        [sys.executable, "-c", "import mod; print(mod.VALUE)"])
    assert out == b"1\n"
END
git_all 'App'
old mod.py right.py
python -m compileall -q mod.py right.py
ln __pycache__/right.*.pyc kept
put mod.py <<\END
VALUE = 2
END
old mod.py
build_tests_fail 1 --no-cache
check [ -n "$(find __pycache__ -name 'right.*.pyc' -links 2)" ]

t 'what a test imports itself is read again too'
fresh
put pyproject.toml <<\END
[project]
name = "app"
version = "1"

[tool.pytest.ini_options]
pythonpath = ["."]
END
# edition N: all of it of equal size and time whatever N.
edition() {
	version $1
	put conftest.py <<END
import pytest

pytest.register_assert_rewrite("helper")
EXPECTED = $1


@pytest.fixture
def expected():
    return EXPECTED
END
	put helper.py <<END
def check(value):
    assert value == $1
END
	put test_all.py <<END
import helper
import mod


def test_module():
    assert mod.VALUE == 1


def test_conftest(expected):
    assert expected == 1


def test_helper():
    helper.check(1)


def test_itself():
    assert $1 == 1
END
	old conftest.py helper.py test_all.py
}
edition 1
git_all 'App'
for way in '' --no-workers; do
	edition 1
	build_tests --no-cache $way
	counts passed=4
	edition 2
	build_tests_fail 1 --no-cache $way
	counts failed=4
done
check [ -z "$(find . -name '__pycache__' ! -path './.tgraph/*')" ]

t 'a process that a conftest starts has read the environment'
fresh
for dir in . deep/below; do
	put "$dir/conftest.py" <<\END
import subprocess
import pytest

VALUE = subprocess.check_output(["sh", "-c", "echo $FLAVOUR"])


@pytest.fixture
def value():
    return VALUE
END
	put "$dir/test_$(basename $dir | tr . x).py" <<\END
def test_value(value):
    assert value == b"sweet\n"
END
done
mkdir other
put other/conftest.py <<\END
END
mv conftest.py other/conftest.py
mv test_x.py other
put pyproject.toml <<\END
[project]
name = "app"
version = "1"
END
put test_none.py <<\END
def test_none():
    assert True
END
git_all 'App'
FLAVOUR=sweet build_tests
FLAVOUR=sour build_tests_fail 1
counts passed=1 failed=2
tests_cached test_none.py
mv other/conftest.py .
FLAVOUR=sweet build_tests --no-cache
FLAVOUR=sour build_tests_fail 1
tests_cached -

end
