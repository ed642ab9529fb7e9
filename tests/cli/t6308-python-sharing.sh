#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Suites whose files depend on sharing a process, and the granularity that
# gives what plain pytest does.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "sharing"
version = "1.0"
END
put tests/conftest.py <<\END
import pytest

opened = []


@pytest.fixture(scope="session")
def server():
    opened.append(1)
    return len(opened)
END
put tests/test_a.py <<\END
import builtins


def test_sets(server):
    builtins.left_by_a = True
    assert server == 1
END
put tests/test_b.py <<\END
import builtins


def test_finds(server):
    assert server == 1
    assert builtins.left_by_a
END
git_all 'Sharing'

t 'a file alone has what it has alone'
build_tests_fail 1
status tests/test_a.py passed
status tests/test_b.py failed
counts passed=1 failed=1
python -m pytest -q -p no:cacheprovider tests/test_b.py >"$T_OUT" 2>&1
expect_out '1 failed'

t 'a package in one process has what plain pytest says'
cat >>pyproject.toml <<\END
[tool.tgraph]
granularity = "package"
END
build_tests
counts passed=2 failed=0
python -m pytest -q -p no:cacheprovider >"$T_OUT" 2>&1
expect_out '2 passed'

t 'then nothing runs'
build_tests
tests_ran -
counts passed=2

t 'any file of it runs all'
echo '# a remark' >>tests/test_a.py
build_tests
counts passed=2
check [ "$(T_report False)" != '' ]

t 'and without workers'
build_tests --no-cache --rerun --no-workers
counts passed=2

t 'stock ninja runs the same'
run -t manifest
cp "$T_OUT" x.ninja
rm -rf .tgraph/results
check ninja -f x.ninja
check python -c '
import json, glob
docs = [json.load(open(n)) for n in glob.glob(".tgraph/results/**/*.json",
                                              recursive=True)]
assert [d["status"] for d in docs] == ["passed"], docs
assert len(docs[0]["items"]) == 2, docs'
rm x.ninja

t 'the printed graph is the same graph'
run -t manifest
cp "$T_OUT" ../x.ninja
cp ../x.ninja y.ninja
run -f y.ninja -t manifest
check cmp "$T_OUT" ../x.ninja
rm y.ninja

t 'the same answer at any number of jobs'
fresh
for i in 1 2 3 4 5 6; do
	put tests/test_$i.py <<END
import pytest


@pytest.mark.parametrize("n", range($i))
def test_n(n):
    assert n != 4, "four"
    print("out")


@pytest.mark.skipif($i % 2 == 0, reason="even")
def test_odd():
    pass
END
done
git_all 'Six'
# without times, and how files were run: who comes second finds a branch there
tidy() {
	sed -E 's/"way_of":"[^"]*",|"times":\{[^}]*\},//g
		s/"(start|duration|elapsed|saved)":[0-9.e-]+/"\1":0/g
		s/(time|timestamp)="[^"]*"//g' "$1"
}
build_fail 1 -j1 --no-cache --rerun --json ../a.json --junit ../a.xml
build_fail 1 -j8 --no-cache --rerun --json ../b.json --junit ../b.xml
for f in json xml; do
	tidy ../a.$f >../a.tidy
	tidy ../b.$f >../b.tidy
	check cmp ../a.tidy ../b.tidy
done

end
