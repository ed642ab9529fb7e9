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

t 'what was compiled for one run goes with it, of the tree nothing'
check [ -z "$(find . -name '__pycache__' ! -path './.tgraph/*')" ]
check [ -z "$(find .tgraph/pycache.started -name 'mod.*')" ]
check [ -n "$(find .tgraph/pycache.started -name 'subprocess.*')" ]

t 'what was compiled for a run without an end goes with the next'
put test_crash.py <<\END
import os
import subprocess
import sys


def test_crash():
    subprocess.check_call([sys.executable, "-c", "import mod"])
    os.kill(os.getpid(), 9)
END
build_tests_fail 1 --no-cache test_crash.py
status test_crash.py crashed
check [ -n "$(find .tgraph/pycache.started -name 'mod.*')" ]
rm test_crash.py
version 2
build_tests_fail 1 --no-cache
counts passed=1 failed=2
check [ -z "$(find .tgraph/pycache.started -name 'mod.*')" ]

t 'what is compiled of the standard library is not compiled again'
put test_run.py <<\END
import os
import subprocess
import sys

CODE = """
import decimal, json.decoder
from importlib.util import cache_from_source as cached
print(cached(decimal.__file__))
print(cached(json.decoder.__file__))
"""


def test_links():
    env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    out = subprocess.check_output(
        [sys.executable, "-c", CODE], env=env)
    for path in out.decode().splitlines():
        assert path.startswith(env["PYTHONPYCACHEPREFIX"])
        assert os.path.exists(path) == os.path.exists(beside(path))
        assert not os.path.exists(path) or os.path.samefile(path, beside(path))


def beside(path):
    path = path[len(os.environ["PYTHONPYCACHEPREFIX"]):]
    return os.path.join(os.path.dirname(path), "__pycache__",
                        os.path.basename(path))
END
rm -rf .tgraph
build_tests --no-cache test_run.py
counts passed=1

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
