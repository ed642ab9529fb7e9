#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How test files were run, and where their time went.
. "$(dirname "$0")/../lib.sh"

mkdir a b
for i in 1 2; do
	echo 'def test_a(): pass' >a/test_$i.py
done
put a/conftest.py <<\END
import pytest


@pytest.fixture
def one():
    return 1
END
put b/conftest.py <<\END
import threading

stop = threading.Event()
threading.Thread(target=stop.wait, name="keeper", daemon=True).start()


def pytest_addoption(parser):
    parser.addoption("--none")
END
echo 'def test_b(): pass' >b/test_3.py
git_all 'Two ways'

t '-d stats says how many files were run how'
build_tests -d stats --json=../r.json
expect_out 'stats: fork of branch         2 '
expect_out 'stats: start                  1 '
expect_out 'stats: all                    3 '
expect_out 'stats: 1 file by start, because of thread keeper (threading.Event.wait)'

t '--json says it of each file, with its times'
check python3 - <<\END
import json
parts = ["prepare", "start", "import", "collect", "run", "report", "end"]
with open("../r.json") as f:
    files = {f["file"]: f for f in json.load(f)["files"]}
for name, kind in (("a/test_1.py", "fork"), ("a/test_2.py", "fork"),
                   ("b/test_3.py", "start")):
    way = files[name]
    assert way["way"] == kind, way
    assert list(way["times"]) == parts, way
    assert all(0 <= n < 60 for n in way["times"].values()), way
    assert 0 < way["times"]["start"] and 0 < way["times"]["end"], way
assert files["a/test_1.py"]["way_of"] == "branch a", files
assert files["b/test_3.py"]["way_why"].startswith("thread keeper"), files
END

t '-t why says it of a file'
build_tests -t why a/test_2.py
expect_out ': up to date'
expect_out '  last run: by fork of branch a: '
build_tests -t why b/test_3.py
expect_out '  last run: by start, because of thread keeper (threading.Event.wait): '

t 'what did not run now is not counted, but known'
build_tests -d stats --json=../r.json
no_out 'stats: fork'
check grep -q '"way":"start"' ../r.json

t 'the plain command says so too'
build_tests -d stats --no-workers --rerun --json=../r.json
expect_out 'stats: process                3 '
check python3 - <<\END
import json
with open("../r.json") as f:
    for file in json.load(f)["files"]:
        assert file["way"] == "process", file
        assert file["times"]["run"] > 0, file
END

t 'and unittest'
fresh
put test_u.py <<\END
import unittest


class A(unittest.TestCase):
    def test_a(self):
        pass
END
put pyproject.toml <<\END
[tool.tgraph]
runner = "unittest"
END
git_all 'unittest'
build_tests -d stats
expect_out 'stats: start                  1 '

end
