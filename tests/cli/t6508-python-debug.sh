#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tests in the foreground: --debug, --pdb, --show.
. "$(dirname "$0")/../lib.sh"

# debug ARG...: runs tgraph, with what is on stdin as what is typed
debug() {
	"$T_PROG" "$@" >"$T_OUT" 2>"$T_ERR" 3>&-
	T_rc=$?
}

put pyproject.toml <<\END
[project]
name = "bugs"
version = "1.0"
[tool.pytest.ini_options]
addopts = "--junitxml=x.xml -rN --maxfail=1"
pythonpath = ["src"]
END
put src/lib.py </dev/null
put tests/conftest.py <<\END
import os
import sys

import pytest


@pytest.fixture
def seen(request, worker_id):
    """What a test can know of where it is, to the file SEEN."""
    config = request.config
    names = sorted(n for n in os.environ if n not in ("SEEN", "_"))
    with open(os.environ["SEEN"], "w") as f:
        print(os.getcwd(), sys.path, config.rootpath, config.inipath, names,
              worker_id, request.node.nodeid, config.option.maxfail,
              os.environ["PYTEST_XDIST_WORKER_COUNT"], file=f)


@pytest.fixture
def worker_id(request):
    return getattr(request.config, "workerinput", {}).get("workerid")
END
put tests/test_a.py <<\END
def test_bad():
    number = 41
    assert number == 42


def test_sees(seen):
    pass


def test_other():
    assert 0, "the other one"
END
put tests/test_b.py <<\END
def test_stops():
    number = 41
    breakpoint()
    assert number == 41
END
git_all 'Bugs'

SEEN=$T_DIR/seen
export SEEN

t 'one item, with pdb where it fails'
debug --debug tests/test_a.py::test_bad <<\END
p number + 1
c
END
same 1 $T_rc
expect_out '(Pdb) 42'
expect_out '1 failed'
no_out 'the other one'

t 'breakpoint() gives a prompt'
debug tests/test_b.py --debug <<\END
p number + 2
c
END
same 0 $T_rc
expect_out '(Pdb) 43'
expect_out '1 passed'

t 'nothing is kept of it'
build_tests tests/test_a.py::test_sees
tests_ran tests/test_a.py
missing x.xml
same '' "$(git status --porcelain)"

t 'all is as it is in a run'
SEEN=$T_DIR/seen.run
build --rerun -j2 tests/test_a.py::test_sees
SEEN=$T_DIR/seen.debug debug --debug -j2 tests/test_a.py::test_sees </dev/null
same 0 $T_rc
check diff "$T_DIR/seen.run" "$T_DIR/seen.debug"
cd tests || exit 2
SEEN=$T_DIR/seen.debug debug --debug -j2 test_a.py::test_sees </dev/null
check diff "$T_DIR/seen.run" "$T_DIR/seen.debug"
cd ..

t '--show says what a shell can do'
run --show -j2 tests/test_a.py::test_sees
same 0 $T_rc
expect_out "# tests/test_a.py"
expect_out "cd $PWD"
expect_out ' -m pytest -o addopts=-rN --rootdir='
SEEN=$T_DIR/seen.shown sh "$T_OUT" >"$T_DIR/log" 2>&1
same 0 $?
# but that nothing tells the config of a worker
sed 's/ gw0 / None /' "$T_DIR/seen.run" >"$T_DIR/seen.want"
check diff "$T_DIR/seen.want" "$T_DIR/seen.shown"
run --show tests/test_a.py
sh "$T_OUT" >"$T_DIR/log" 2>&1
same 1 $?
SEEN=$T_DIR/seen

t 'just one is meant'
build_fail 2 --debug tests
expect_err '--debug is for one test file, under one version of Python'
expect_err 'tests/test_b.py'
build_fail 2 --show nowhere.py
expect_err "unknown target 'nowhere.py'"

t 'more arguments, and another way to begin'
debug --debug tests/test_b.py -- --trace -rA <<\END
p "at", number
c
END
expect_out 'PDB runcall'

t '--pdb: what failed, once the run is over'
rm -rf .tgraph
debug --pdb -k 'bad or other' <<\END
p number + 5
c
c
END
same 1 $T_rc
expect_out '(Pdb) 46'
expect_out 'PDB post_mortem'
expect_out 'the other one'
build --pdb -k sees -n
debug --pdb tests/test_a.py -- --maxfail=5 <<\END
q
END
same 1 $T_rc
expect_out '2 failed'
expect_out 'PDB post_mortem'

t 'breakpoint() in a run says how'
build_fail 1 tests/test_b.py
expect_out "tests/test_b.py:4: a debugger was called, and there is no terminal for it here; use: tgraph --debug 'tests/test_b.py::test_stops'"
no_out BdbQuit

t 'what it needs is made'
put tgraph.ninja <<\END
rule gen
  command = echo 'value = 7' >$out
build gen.py: gen
END
put tests/test_c.py <<\END
import gen


def test_gen():
    assert gen.value == 8
END
printf 'gen.py\n' >.gitignore
git_all 'Made'
debug --debug tests/test_c.py <<\END
p gen.value
q
END
exists gen.py
expect_out '(Pdb) 7'
rm tgraph.ninja gen.py tests/test_c.py

t 'unittest'
put pyproject.toml <<\END
[project]
name = "plain"
version = "1.0"
[tool.tgraph]
runner = "unittest"
END
rm -r tests
put tests/__init__.py </dev/null
put tests/test_u.py <<\END
import unittest


class TestU(unittest.TestCase):
    def test_bad(self):
        number = 41
        self.assertEqual(number, 42)

    def test_stops(self):
        breakpoint()
END
debug --debug tests/test_u.py::TestU::test_bad <<\END
p number + 1
q
END
same 1 $T_rc
expect_out '(Pdb) 42'
build_fail 1 tests/test_u.py::TestU::test_stops
expect_out "use: tgraph --debug 'tests/test_u.py::TestU::test_stops'"
no_out BdbQuit
run --show tests/test_u.py
expect_out ' -m unittest tests/test_u.py'

end
