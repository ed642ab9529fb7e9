#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Doctests in text files are tests, where pytest makes tests of them.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "app"
version = "1"

[tool.pytest.ini_options]
pythonpath = ["."]
END
put app.py <<\END
def twice(n):
    return 2 * n
END
put docs/test_use.txt <<\END
How to use it:

>>> from app import twice
>>> twice(3)
6
END
put docs/test_plain.txt <<\END
No example here.
END
put docs/guide.rst <<\END
>>> 1 + 1
2
END
put test_a.py <<\END
def test_a():
    with open("docs/test_use.txt") as f:
        assert f.read().startswith("How")
END
git_all 'App'

t 'what pytest collects without options'
build_tests
counts passed=2
tests_ran test_a.py docs/test_use.txt
build_tests
tests_ran -
build_tests --no-cache --rerun --no-workers
counts passed=2

t 'it depends on what it imports, and others on it'
sed 's/2 \* n/3 * n/' app.py >new && mv new app.py
build_tests_fail 1
status docs/test_use.txt failed
expect_out 'docs/test_use.txt::test_use.txt'
git checkout -q app.py
build_tests
tests_ran -
printf '\nMore.\n' >>docs/test_use.txt
build_tests
tests_ran test_a.py docs/test_use.txt
build_tests --rerun docs/test_use.txt
tests_ran docs/test_use.txt
counts passed=1

t 'a glob of its own, and no doctests'
cat >>pyproject.toml <<\END
addopts = "--doctest-glob=*.rst"
END
build_tests
counts passed=2
status docs/guide.rst passed
sed 's/--doctest-glob=.*"/-p no:doctest"/' pyproject.toml >new
mv new pyproject.toml
build_tests
counts passed=1

t 'unittest runs none'
cat >>pyproject.toml <<\END
[tool.tgraph]
runner = "unittest"
END
put test_a.py <<\END
import unittest


class A(unittest.TestCase):
    def test_a(self):
        pass
END
build_tests
counts passed=1

t 'listed'
git checkout -q .
rm -rf .tgraph
run -t tests
expect_out 'docs/test_use.txt::...'
expect_out test_a.py::test_a

end
