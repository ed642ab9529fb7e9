#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Packages without settings of pytest in a workspace whose root has them: their
# tests run as "pytest" runs them there.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "ws"
version = "1"
[tool.uv.workspace]
members = ["packages/*"]
[tool.pytest.ini_options]
testpaths = ["tests", "packages/a/tests"]
pythonpath = ["packages/a/src"]
END
put conftest.py <<\END
import os
import pytest

with open(os.path.expanduser("~/starts"), "a") as f:
    f.write("x")


@pytest.fixture
def shared():
    return "shared"
END
for p in a b c; do
	printf '[project]\nname = "%s"\nversion = "1"\n' $p |
		put packages/$p/pyproject.toml
done
printf '[tox]\nenvlist = py\n' | put packages/b/tox.ini
printf '[pytest]\n' | put packages/c/pytest.ini
put packages/a/src/alib/__init__.py <<\END
V = 1
END
put helping.py <<\END
V = 1
END
put packages/a/tests/data.txt <<\END
data
END
put packages/a/tests/test_a.py <<\END
import alib
import helping
import os


def test_place(request, shared):
    assert os.path.samefile(os.getcwd(), request.config.rootpath)
    assert os.path.exists("packages/a/pyproject.toml")
    assert request.node.nodeid == "packages/a/tests/test_a.py::test_place"
    assert alib.V == helping.V


def test_opens():
    with open("packages/a/tests/data.txt") as f:
        assert f.read() == "data\n"
END
put packages/a/other/test_left_out.py <<\END
def test_not_in_testpaths():
    assert 0
END
put packages/b/test_b.py <<\END
import os


def test_place(shared, request):
    assert os.path.exists("packages/b/pyproject.toml")
    assert str(request.config.rootpath) == os.getcwd()
END
put packages/c/test_c.py <<\END
import os


def test_place(request):
    assert not os.path.exists("packages")
    assert str(request.config.rootpath) == os.getcwd()
    assert "shared" not in request.fixturenames
END
git_all 'A workspace'

t 'as pytest in the root'
check python -m pytest -q -p no:cacheprovider packages/a/tests packages/b
rm -f ~/starts
build_tests -j1
tests_ran packages/a/tests/test_a.py packages/b/test_b.py packages/c/test_c.py
counts passed=4 failed=0

t 'one session serves them'
same x "$(cat ~/starts)" 'starts of a session'

t 'nothing runs again'
build_tests
tests_ran -

t 'data and modules where pytest is run count'
echo more >>packages/a/tests/data.txt
build_tests_fail 1 --no-cache
tests_ran packages/a/tests/test_a.py
echo data >packages/a/tests/data.txt
echo 'V = 2' >helping.py
build_tests_fail 1 --no-cache
tests_ran packages/a/tests/test_a.py
echo 'V = 1' >helping.py

t 'a module that comes first there counts'
printf 'V = 3\n' >alib.py
build_tests_fail 1 --no-cache
tests_ran packages/a/tests/test_a.py
rm alib.py

t 'by the plain command, too'
build_tests --no-cache --rerun --no-workers
counts passed=4 failed=0

t 'one test'
build_tests packages/a/tests/test_a.py::test_opens
counts passed=1

t 'settings of its own'
printf '[tool.pytest.ini_options]\n' >>packages/b/pyproject.toml
build_tests_fail 1
status packages/b/test_b.py failed

t 'what a hook makes tests of is that of its package'
git checkout -q packages/b
put packages/b/conftest.py <<\END
import pytest


class Item(pytest.Item):
    def runtest(self):
        pass


class File(pytest.File):
    def collect(self):
        yield Item.from_parent(self, name="it")


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".case":
        return File.from_parent(parent, path=file_path)
END
: | put packages/b/one.case
: | put packages/a/tests/two.case
build_tests
counts passed=5
end
