#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# -t affected, --since and -t query go by what test files were seen to use, where
# that is known and still so, and say where it is not.
. "$(dirname "$0")/../lib.sh"

[ -f "$TG_BUILD/libtgraph-observe.so" ] ||
	skip_all 'nothing can be observed on this system'

# As far as anybody can tell from their text, all files import all others.
mkdir -p src/lib tests/data
put pyproject.toml <<\END
[project]
name = "seen"
version = "1.0"
[tool.pytest.ini_options]
pythonpath = ["src"]
END
put src/lib/__init__.py <<\END
import importlib
def get(name): return importlib.import_module("lib." + name).X
END
for m in one two unused; do
	echo 'X = 1' >"src/lib/$m.py"
done
echo 'from lib import one' >src/lib/uses.py
echo good >tests/data/one.txt
echo words >README
put tests/test_one.py <<\END
import os
import lib
def test_one():
    assert lib.get("one") == 1
    assert open("tests/data/one.txt").read() == "good\n"
    assert not os.path.exists("marker")
END
put tests/test_two.py <<\END
import os
import lib
def test_two():
    assert lib.get("two") == 1
    assert os.listdir("tests/data")
END
echo .tgraph >.gitignore
git_all 'Seen'
git tag start

affected() {
	build -t affected "$@"
	expect_lines "$T_OUT"
}
ask() {
	build -t query "$1"
	expect_lines "$T_OUT"
}
both() {
	affected "$@" <<-END
	tests/test_one.py
	tests/test_two.py
	END
}
again() {
	git reset -q --hard start
	git clean -qfdx -e .tgraph
}

t 'before a run: what could be, and that is said'
both src/lib/unused.py
expect_err 'note: 2 of 2 by what they seem to import'
both README
ask 'affected(src/lib/two.py)' <<\END
tests/test_one.py
tests/test_two.py
END

t 'after it: what was used'
build_tests
affected src/lib/one.py <<\END
tests/test_one.py
END
no_err note
affected src/lib/unused.py README </dev/null
affected tests/data/one.txt <<\END
tests/test_one.py
END
affected tests/test_two.py <<\END
tests/test_two.py
END
both src/lib/__init__.py

t 'a query has the same answers'
ask 'affected(src/lib/one.py)' <<\END
tests/test_one.py
END
ask 'affected(src/lib/unused.py | README)' </dev/null
ask 'deps(tests/test_one.py) & src/lib' <<\END
src/lib/__init__.py
src/lib/one.py
END
ask 'rdeps(src/lib/one.py) & tests' <<\END
tests/test_one.py
END
ask 'tests(tests)' <<\END
tests/test_one.py
tests/test_two.py
END
ask 'filter(/^(env|look|find):/)' </dev/null
build -t query --json 'deps(tests/test_one.py)'
expect_out '"observed":	true'
expect_out '"assumed":	false'
build -t query src/lib/one.py
expect_out '  test files that were seen to use it:'
no_out test_two
build -t query tests/test_one.py
expect_out '  what it was seen to use:'
expect_out '    tests/data/one.txt'

t 'since a revision: edited, committed, and run in between'
echo '# 1' >>src/lib/one.py
affected --since start <<\END
tests/test_one.py
END
no_err note
build -t affected --json --since start
expect_out '"by":	"observed"'
git commit -qam 'One'
build_tests
affected --since start <<\END
tests/test_one.py
END
affected --since HEAD </dev/null
build_tests --since HEAD
tests_ran -
again
build_tests

t 'what is listed, or was not there'
: >tests/data/two.txt
affected --since start <<\END
tests/test_two.py
END
build_tests
affected --since start <<\END
tests/test_two.py
END
again
build_tests
: >marker
affected --since start <<\END
tests/test_one.py
END
again
build_tests

t 'a module that would be found first, a conftest that comes and goes'
mkdir src/lib/one
: >src/lib/one/__init__.py
affected --since start <<\END
tests/test_one.py
END
again
echo 'x = 1' >tests/conftest.py
both --since start
build_tests
both --since start
git add -A && git commit -qm 'Conftest'
git rm -q tests/conftest.py
build_tests
both --since HEAD
again
build_tests

t 'what fails, or was edited since, is as it was: not known'
echo 'def test_bad(): assert False' >>tests/test_two.py
run
build -t affected src/lib/unused.py
expect_lines "$T_OUT" <<\END
tests/test_two.py
END
expect_err 'note: 1 of 1 by what it seems to import'
ask 'affected(src/lib/unused.py)' <<\END
tests/test_two.py
END
again

t 'settings still count for all'
build_tests
echo '# 1' >>pyproject.toml
both --since start
expect_err 'every test file counts because of pyproject.toml'

end
