#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What changes in content makes just those test files run that depend on it.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "app"
version = "1"

[tool.pytest.ini_options]
pythonpath = ["src"]
END
put src/app/__init__.py <<\END
END
put src/app/limits.py <<\END
TOP = 3
END
put src/app/calc.py <<\END
from app.limits import TOP


def clamp(n):
    return min(n, TOP)
END
put src/app/words.py <<\END
def words(text):
    return text.split()
END
put src/app/speed.py <<\END
try:
    import fast
except ImportError:
    fast = None


def is_fast():
    return fast is not None
END
put tests/test_calc.py <<\END
from app.calc import clamp


def test_clamp():
    assert clamp(9) in (3, 4)
END
put tests/test_words.py <<\END
from app.words import words


def test_words():
    assert words("a b") == ["a", "b"]
END
put tests/test_speed.py <<\END
from app.speed import is_fast


def test_speed():
    assert is_fast() in (True, False)
END
put tests/deep/test_deep.py <<\END
import json


def test_deep():
    assert json.loads("[1]") == [1]
END
git_all 'App'
all='tests/test_calc.py tests/test_words.py tests/test_speed.py
tests/deep/test_deep.py'

t 'all of it'
build_tests
# shellcheck disable=SC2086
tests_ran $all
build_tests
tests_ran -

t 'a remark in a leaf module: its dependents'
echo '# a remark' >>src/app/words.py
build_tests
tests_ran tests/test_words.py

t 'a constant that is only imported'
echo 'TOP = 4' >src/app/limits.py
build_tests
tests_ran tests/test_calc.py
git checkout -q .
build_tests
tests_ran -

t 'a test file of its own'
echo '# a remark' >>tests/deep/test_deep.py
build_tests
tests_ran tests/deep/test_deep.py

t 'a package: all that import from it'
echo '# a remark' >>src/app/__init__.py
build_tests
tests_ran tests/test_calc.py tests/test_words.py tests/test_speed.py
git checkout -q .

t 'an optional module appears, and goes'
echo 'N = 1' >src/fast.py
build_tests
tests_ran tests/test_speed.py
echo 'N = 2' >src/fast.py
build_tests
tests_ran tests/test_speed.py
rm src/fast.py
build_tests
tests_ran -

t 'a module that shadows one of the standard library'
echo 'def loads(text): return [1]' >src/json.py
build_tests
check [ "$(T_report False | grep -c deep/test_deep.py)" = 1 ]
rm src/json.py
build_tests
tests_ran -

t 'a module that shadows one of the application'
put src/app/words/__init__.py <<\END
def words(text):
    return ["a", "b"]
END
build_tests
tests_ran tests/test_words.py
rm -r src/app/words
build_tests
tests_ran -

t 'a new conftest.py: what is below it'
echo '# nothing' >tests/deep/conftest.py
build_tests
tests_ran tests/deep/test_deep.py
echo '# nothing yet' >tests/deep/conftest.py
build_tests
tests_ran tests/deep/test_deep.py
echo '# nothing' >tests/conftest.py
build_tests
# shellcheck disable=SC2086
tests_ran $all
rm tests/conftest.py tests/deep/conftest.py
build_tests
tests_ran -

t 'a module that nobody imports: nothing'
echo 'N = 1' >src/app/alone.py
build_tests
tests_ran -
rm src/app/alone.py

t 'an ini option'
sed 's/pythonpath/addopts = "-ra"\npythonpath/' pyproject.toml >p
mv p pyproject.toml
build_tests
# shellcheck disable=SC2086
tests_ran $all
git checkout -q .
build_tests
tests_ran -

t 'a data file that nobody reads appears, changes and goes'
echo 1 >tests/data.txt
build_tests
tests_ran -
echo 2 >tests/data.txt
build_tests
tests_ran -
rm tests/data.txt
build_tests
tests_ran -

t 'a test file renamed: it runs under its new name alone'
mv tests/test_words.py tests/test_texts.py
build_tests
tests_ran tests/test_texts.py
tests_cached tests/test_calc.py tests/test_speed.py tests/deep/test_deep.py
counts passed=4

t 'a test file deleted: it is gone from the report'
rm tests/test_texts.py
build_tests
tests_ran -
counts passed=3
git checkout -q .
build_tests
tests_ran -
counts passed=4

t 'a test file added'
echo 'def test_new(): pass' >tests/test_new.py
build_tests
tests_ran tests/test_new.py
rm tests/test_new.py

t 'an import by a computed name: the module that it was counts'
put tests/test_any.py <<\END
import importlib


def test_any():
    name = "".join(["app", ".", "words"])
    assert importlib.import_module(name)
END
build_tests
tests_ran tests/test_any.py
echo '# a remark' >>src/app/limits.py
build_tests
tests_ran tests/test_calc.py
echo 'N = 1' >src/app/alone.py
build_tests
tests_ran -
echo '# another' >>src/app/words.py
build_tests
tests_ran tests/test_any.py tests/test_words.py

end
