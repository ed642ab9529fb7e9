#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# -t tests-for: the tests that enter a function, where that was noted; else those
# that use its file.
. "$(dirname "$0")/../lib.sh"

app() {
	fresh
	mkdir -p src/lib tests
	put pyproject.toml <<-END
	[project]
	name = "app"
	version = "1"
	[tool.pytest.ini_options]
	pythonpath = ["src"]
	[tool.tgraph]
	$1
	END
	put src/lib/__init__.py <<\END
LIMIT = 3


def top(x):
    def inner(y):
        return y + x
    return inner(1)


class Thing:
    @property
    def size(self):
        return helper(2)

    def unused(self):
        return 0


def helper(n):
    return n


def at_import():
    return 1


VALUE = at_import()
END
	echo text >src/lib/data.txt
	put tests/conftest.py <<\END
import pytest
import lib

@pytest.fixture(scope="session")
def thing():
    lib.helper(3)
    return lib.Thing()
END
	put tests/test_a.py <<\END
import pytest
import lib

def test_top():
    assert lib.top(1) == 2

def test_size(thing):
    assert thing.size == 2

def test_thing(thing):
    assert thing

@pytest.mark.parametrize("n", [1, 2])
def test_none(n):
    assert n
END
	put tests/test_b.py <<\END
import lib

class TestB:
    def test_top(self):
        assert lib.top(2) == 3
END
	echo 'def test_apart(): pass' >tests/test_c.py
	git_all 'App'
}

# these ARG <<END: the tests
these() {
	build -t tests-for "$@"
	expect_lines "$T_OUT"
}
all_of_lib() {
	these "$@" <<-\END
	tests/test_a.py::test_top
	tests/test_a.py::test_size
	tests/test_a.py::test_thing
	tests/test_a.py::test_none[1]
	tests/test_a.py::test_none[2]
	tests/test_b.py::TestB::test_top
	tests/test_c.py::test_apart
	END
}

t 'nothing is noted: by the file, and that is said'
app ''
build_tests
all_of_lib lib:top
expect_err 'note: of 7 it is not known whether they enter top (functions = true'
all_of_lib src/lib/__init__.py
no_err note
these tests/test_c.py <<\END
tests/test_c.py::test_apart
END
these src/lib/data.txt </dev/null

t 'before a run: by what they seem to import'
rm -rf .tgraph
these tests/test_c.py <<\END
tests/test_c.py
END
expect_err 'note: 1 by what they seem to import'

t 'what is wrong is told'
build_fail 2 -t tests-for lib:nope
expect_err "src/lib/__init__.py has no function or class 'nope'"
build_fail 2 -t tests-for src/lib/__init__.py:300
expect_err 'src/lib/__init__.py has no line 300'
build_fail 2 -t tests-for src/lib/data.txt:1
expect_err 'src/lib/data.txt is not Python'
build_fail 2 -t tests-for nolib
expect_err 'nolib'
build_fail 2 -t tests-for
expect_err 'expected one file, module or function'
build_fail 2 -t tests-for src
expect_err 'expected a file or a module'

version=$("$T_VENV/bin/python" -c \
	'import sys; print(sys.version_info >= (3, 12))')
[ "$version" = True ] || {
	end
	exit
}

for way in fork process batch shared; do
	t "functions that were entered, by $way"
	app "functions = true
isolation = \"$way\""
	build_tests --no-cache
	these lib:top <<-\END
	tests/test_a.py::test_top
	tests/test_b.py::TestB::test_top
	END
	no_err note
	these src/lib/__init__.py:6 <<-\END
	tests/test_a.py::test_top
	tests/test_b.py::TestB::test_top
	END
	these src/lib/__init__.py::Thing.size <<-\END
	tests/test_a.py::test_size
	END
	these src/lib/__init__.py::helper <<-\END
	tests/test_a.py::test_size
	tests/test_a.py::test_thing
	END
	these lib:Thing.unused </dev/null
	these src/lib/__init__.py:16 </dev/null
	all_of_lib lib:at_import
	all_of_lib src/lib/__init__.py:1
	build_null --no-cache
done

t 'counts'
build -t tests-for --json lib:helper
check "$T_VENV/bin/python" - "$T_OUT" <<\END
import json, sys
answer = json.load(open(sys.argv[1]))
assert answer["file"] == "src/lib/__init__.py", answer
assert answer["function"] == "helper", answer
assert answer["counts"] == {"function": 2, "file": 0, "assumed": 0}, answer
assert answer["tests"][0] == {"file": "tests/test_a.py", "id": "test_size",
                              "by": "function"}, answer
END

t 'of what has changed since its run it is not known'
app 'functions = true'
build_tests --no-cache
echo '# 1' >>tests/test_b.py
build -t tests-for lib:top
expect_err 'note: of 1 it is not known whether they enter top'

t 'a tool that is taken by another is left alone'
app 'functions = true'
put tests/test_b.py <<\END
import sys

def test_free():
    names = [sys.monitoring.get_tool(n) for n in range(6)]
    assert names.count("tgraph") == 1
    assert names[:3] == [None] * 3
END
build_tests --no-cache
counts passed=7

t 'a file in several processes'
fresh
put pyproject.toml <<\END
[project]
name = "app"
version = "1"
[tool.tgraph]
functions = true
split = true
END
put test_long.py <<\END
import os
import time
import pytest

def even(n): time.sleep(0.2)
def odd(n): time.sleep(0.2)

@pytest.mark.parametrize("n", range(8))
def test(n):
    (odd if n % 2 else even)(n)
END
git_all 'Split'
build_tests --no-cache
these test_long.py::odd <<\END
test_long.py::test[1]
test_long.py::test[3]
test_long.py::test[5]
test_long.py::test[7]
END
build_tests --no-cache --rerun -j4
these test_long.py::odd <<\END
test_long.py::test[1]
test_long.py::test[3]
test_long.py::test[5]
test_long.py::test[7]
END

end
