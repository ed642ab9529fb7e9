#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files that are tests only because a conftest or a plugin says so.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "app"
version = "1"
END
put tests/samples/conftest.py <<\END
import pytest


class Line(pytest.Item):
    def runtest(self):
        left, right = self.text.split("=")
        assert eval(left) == eval(right)


class Sums(pytest.File):
    def collect(self):
        for number, text in enumerate(self.path.read_text().splitlines()):
            item = Line.from_parent(self, name="line%d" % number)
            item.text = text
            yield item


def pytest_collect_file(file_path, parent):
    if file_path.suffix in (".sum", ".py") and \
            file_path.name != "conftest.py":
        return Sums.from_parent(parent, path=file_path)
END
printf '1+1=2\n2+2=4\n' >tests/samples/a.sum
printf '3+3=6\n' >tests/samples/deep.sum
printf '1 == 1 ==1\n' >tests/elsewhere.sum
put tests/test_a.py <<\END
def test_a():
    pass
END
printf 'len=len\n' >tests/samples/test_b.py
git_all 'App'

t 'what a conftest makes tests of is run'
build_tests
counts passed=5
tests_ran tests/test_a.py tests/samples/test_b.py tests/samples/conftest.py
build_tests
tests_ran -
build_tests --no-cache --rerun --no-workers
counts passed=5

t 'a file of its own stands under its own name only'
check_not grep -q 'test_b' .tgraph/results/*/tests/samples/conftest+files.json
check grep -q 'test_b.py::line0' .tgraph/results/*/tests/samples/test_b.json

t 'a changed sample runs, and a new one'
printf '4+4=9\n' >>tests/samples/a.sum
build_tests_fail 1
status tests/samples/conftest.py failed
expect_out 'tests/samples/a.sum::line2'
expect_out 'rerun: tgraph tests/samples/conftest.py'
build_tests_fail 1 tests/samples/conftest.py
counts passed=3 failed=1
git checkout -q tests
printf '5+5=11\n' >tests/samples/new.sum
build_tests_fail 1
expect_out 'tests/samples/new.sum::line0'
rm tests/samples/new.sum
build_tests
counts passed=5

t 'testpaths count'
cat >>pyproject.toml <<\END
[tool.pytest.ini_options]
testpaths = ["tests/samples", "tests/test_a.py"]
END
build_tests
counts passed=5
sed 's,"tests/samples"\, ,,' pyproject.toml >new && mv new pyproject.toml
build_tests
counts passed=1
git checkout -q pyproject.toml

t 'paths in addopts count'
cat >>pyproject.toml <<\END
[tool.pytest.ini_options]
addopts = "-q tests/samples/deep.sum tests/test_a.py"
END
build_tests
counts passed=2
git checkout -q pyproject.toml

t 'what git ignores is an input once a hook has made tests of it'
echo 'made.*' >.gitignore
printf '6+6=12\n' >tests/samples/made.sum
build_tests
counts passed=6
build_tests
tests_ran -
printf '6+6=13\n' >tests/samples/made.sum
build_tests_fail 1
tests_ran tests/samples/conftest.py
rm tests/samples/made.sum .gitignore

t 'a plugin that a conftest names'
put helpers.py <<\END
import pytest


class One(pytest.File):
    def collect(self):
        yield Check.from_parent(self, name="one")


class Check(pytest.Item):
    def runtest(self):
        assert self.path.read_text() == "one\n"


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".one":
        return One.from_parent(parent, path=file_path)
END
printf 'pytest_plugins = ["helpers"]\n' >conftest.py
cat >>pyproject.toml <<\END
[tool.pytest.ini_options]
pythonpath = ["."]
END
mkdir data
echo one >data/x.one
build_tests
counts passed=6
echo two >data/x.one
build_tests_fail 1
status helpers.py failed

t 'a hook that makes no tests of other files is not spoken of'
fresh
put pyproject.toml <<\END
[project]
name = "app"
version = "1"
END
put conftest.py <<\END
def pytest_collect_file(file_path, parent):
    return None
END
echo 'def test_a(): pass' >test_a.py
git_all 'App'
build_tests
expect_out '1 file: 1 passed'
no_out 'without tests'
build_tests
tests_ran -

t 'a plugin that is installed'
git rm -q conftest.py
new_env "$T_DIR/env"
site=$T_SITE
put "$site/lines/hooks.py" <<\END
import pytest


class Lines(pytest.File):
    def collect(self):
        yield Short.from_parent(self, name="short")


class Short(pytest.Item):
    def runtest(self):
        assert all(len(l) < 80 for l in self.path.read_text().split("\n"))


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".py":
        return Lines.from_parent(parent, path=file_path)
END
echo 'from .hooks import *' >"$site/lines/__init__.py"
put "$site/lines-1.dist-info/METADATA" <<\END
Metadata-Version: 2.1
Name: lines
Version: 1
END
printf '[pytest11]\nlines = lines\n' >"$site/lines-1.dist-info/entry_points.txt"
: >"$site/lines-1.dist-info/RECORD"
echo 'x = 1' >module.py
VIRTUAL_ENV=$T_DIR/env
export VIRTUAL_ENV
build_tests
counts passed=3
status . passed
printf 'x = "%080d"\n' 1 >module.py
build_tests_fail 1
tests_ran .
expect_out 'module.py::short'
build_tests_fail 1 --no-workers
status test_a.py passed

end
