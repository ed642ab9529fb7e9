#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files that run at once have different names; what tests and the programs they
# start find in the environment besides is what tgraph has found.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "app"
version = "1"
END
mkdir names
put conftest.py <<\END
import os
import pytest

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "master")


@pytest.fixture(scope="session")
def database(request):
    """One at a time of each name."""
    told = getattr(request.config, "workerinput", {})
    assert told.get("workerid", "master") == WORKER
    with open("names/" + WORKER, "x"):
        pass
    yield told
    os.rename("names/" + WORKER, "names/%s.%d.done" % (WORKER, os.getpid()))
    with open("names/run", "a") as out:
        print(told.get("testrunuid"), file=out)
END
for i in 1 2 3 4 5 6; do
	put test_$i.py <<\END
import os
import time


def test(database):
    if database:
        assert database["workercount"] == 2
        until = time.monotonic() + 60
        while len({n.partition(".")[0] for n in os.listdir("names")
                   if n.startswith("gw")}) < 2 and time.monotonic() < until:
            time.sleep(0.01)
END
done
git_all 'App'

names() { # those that ran
	(cd names && for f in *.done; do echo "${f%%.*}"; done | sort -u | xargs)
}

t 'two at once have two names, and no others'
for way in '' --no-workers; do
	rm -f names/*
	build_tests -j2 --no-cache --rerun $way
	counts passed=6
	same 'gw0 gw1' "$(names)"
	same 1 "$(sort -u names/run | wc -l)"
	same 32 "$(($(head -n 1 names/run | wc -c) - 1))"
done

t 'one at a time has none'
rm -f names/*
build_tests -j1 --no-cache --rerun
counts passed=6
same 'master' "$(names)"

t 'the name is no input'
fresh
put pyproject.toml <<\END
[project]
name = "app"
version = "1"
END
for i in 1 2; do
	put test_$i.py <<\END
import os


def test():
    dict(os.environ)
    os.environ.get("PYTEST_XDIST_WORKER")
END
done
git_all 'App'
build_tests -j2
counts passed=2
build_null -j1

t "make's variables are those that tgraph has found"
fresh
put pyproject.toml <<\END
[project]
name = "app"
version = "1"
END
put test_make.py <<\END
import os
import subprocess


def test_variables():
    assert os.environ.get("MAKEFLAGS") == (os.environ["EXPECTED"] or None)


def test_make(tmp_path):
    (tmp_path / "Makefile").write_text("all: a b\na b:\n\t@echo $@\n")
    got = subprocess.run(["make", "-j2"], cwd=tmp_path,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert sorted(got.stdout.split()) == [b"a", b"b"]
    assert got.stderr == b""
END
git_all 'App'
for way in '' --no-workers; do
	EXPECTED='' build_tests -j2 --no-cache --rerun $way
	counts passed=2
	EXPECTED=' -- X=1' MAKEFLAGS=' -- X=1' \
		build_tests -j2 --no-cache --rerun $way test_make.py::test_variables
	counts passed=1
done

end
