#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# -t doctor: is what is run what the runners collect? On layouts in which it was
# not, once, and where it can't be.
. "$(dirname "$0")/../lib.sh"

# doctor CODE ARG...: it must exit with that code, and leave nothing in the tree.
doctor() {
	T_listed=$(T_tree)
	T_want_code=$1
	shift
	build_fail "$T_want_code" -t doctor "$@"
	same "$T_listed" "$(T_tree)" 'what is in the tree'
}
T_tree() { find . -path ./.tgraph -prune -o -print | LC_ALL=C sort; }

# project [LINE]...: a new repository with these lines of pytest's settings
project() {
	fresh
	{
		printf '[project]\nname = "p"\nversion = "1"\n'
		printf '[tool.pytest.ini_options]\n'
		[ $# = 0 ] || printf '%s\n' "$@"
	} >pyproject.toml
	put tests/test_a.py <<\END
import pytest
@pytest.mark.parametrize("n", [1, 2])
def test_a(n): pass
class TestA:
    def test_b(self): pass
END
}

# the_same [ARG]...: by file before a run, by all ids after it
the_same() {
	doctor 0 "$@"
	expect_out 'the same test files'
	run --json="$T_JSON"
	doctor 0 "$@"
	expect_out 'the same tests'
	no_out 'by name'
}

t 'a package: files are compared before it ran, ids after'
project 'addopts = "-v --junitxml=report.xml"'

echo 'x = 1' >tests/test_none.py
git_all 'P'
the_same
expect_out '3 by pytest, 3 by tgraph, in 2 files of both'
expect_out '2 files by the ids of the tests'
expect_out ' -m pytest --collect-only -q'
expect_out "$T_VENV/bin/python"
expect_out "$T_DIR/work/.tgraph"
expect_out '2 files by '
echo '# edited' >>tests/test_a.py
doctor 0
expect_out 'it has no current result'
expect_out 'of 1 only the name was compared'
# a failure is a result, too
echo 'def test_c(): assert 0' >>tests/test_a.py
build_tests_fail 1
doctor 0
expect_out '4 by pytest, 4 by tgraph'
expect_out 'the same tests'
sed 's/test_c/test_d/' tests/test_a.py >new
mv new tests/test_a.py
doctor 0
expect_out 'it has no current result'

t 'before any run'
project
echo 'collect_ignore = ["test_ignored.py"]' >tests/conftest.py
echo 'def test_ignored(): pass' >tests/test_ignored.py
git_all 'P'
doctor 0
expect_out 'it has no current result, and the runner no tests of it'
no_out 'only tgraph'
the_same

t 'tests that differ are named'
project
put tests/test_z.py <<\END
def test_z(): pass
END
put conftest.py <<\END
def pytest_collection_modifyitems(items):
    if any(i.name == "test_z" for i in items):
        items[:] = [i for i in items if i.name != "test_b"]
    elif len(items) == 3:
        items[:] = [i for i in items if i.name != "test_a[1]"]
END
git_all 'Different'
build_tests
doctor 1
expect_out 'only tgraph:'
expect_out '    tests/test_a.py::TestA::test_b'
expect_out 'only pytest:'
expect_out '    tests/test_a.py::test_a[1]'
expect_out 'different: 1 only by the runner, 1 only by tgraph'
doctor 0 tests/test_z.py
doctor 1 tests
doctor 1 p
doctor 1 --json
check python - "$T_OUT" <<\END
import json, sys
with open(sys.argv[1]) as f:
    doc = json.load(f)
assert doc["equal"] is False
p, = doc["packages"]
assert p["package"] == "p" and p["asked"] and not p["left_out"]
assert p["only_tgraph"] == [{"file": "tests/test_a.py", "id": "TestA::test_b"}]
assert p["only_runner"] == [{"file": "tests/test_a.py", "id": "test_a[1]"}]
assert p["runner_tests"] == 3
END
cd tests
doctor 1
expect_out 'different'
cd ..

t 'ids that are others each time are no difference'
project
put tests/test_id.py <<\END
import os
import pytest
@pytest.mark.parametrize("n", [os.getpid(), 0])
def test_pid(n): pass
END
put tests/test_more.py <<\END
import pytest
@pytest.mark.parametrize("n", [1, 2])
def test_more(n): pass
END
git_all 'Others'
build_tests
doctor 0
expect_out 'ids of its tests change from one collection to the next'
expect_out '      tests/test_id.py'
no_out '      tests/test_more.py'

t 'a test that writes what it reads has no current result, but its ids'
project
rm tests/test_a.py
echo 1 >tests/data
put tests/test_w.py <<\END
import os
def test_w():
    name = os.path.join(os.path.dirname(__file__), "data")
    with open(name) as f:
        n = int(f.read())
    with open(name, "w") as f:
        f.write("%d" % (n + 1))
END
git_all 'Writes'
build_tests
doctor 0
expect_out 'the same tests'

t 'a module that is skipped has no tests'
project
put tests/test_s.py <<\END
import pytest
pytest.skip("not here", allow_module_level=True)
END
git_all 'Skipped'
the_same

t 'what is left out on purpose is said, and is no difference'
project 'norecursedirs = ["nothing"]'
cat >>pyproject.toml <<\END
[tool.tgraph]
exclude = ["tests/old"]
END
mkdir -p tests/old .hidden
echo 'def test_o(): pass' >tests/old/test_o.py
echo 'def test_h(): pass' >.hidden/test_h.py
git_all 'Left out'
doctor 0
expect_out 'left out on purpose:'
expect_out 'exclude of [tool.tgraph]'
expect_out '      tests/old/test_o.py'
expect_out '.hidden: its name begins with a dot'
expect_out '      .hidden/test_h.py'

t 'a runner that could not be asked: its own words, and exit code 2'
project 'addopts = "--no-such-option"'
git_all 'Broken'
doctor 2
expect_out 'pytest could not be asked:'
expect_out 'unrecognized arguments: --no-such-option'
expect_out 'not known: a runner could not be asked'
doctor 2 --json
check_not grep -q '"equal"' "$T_OUT"
project
echo 'import os; os.kill(os.getpid(), 9)' >conftest.py
git_all 'Killed'
doctor 2
expect_out 'it was ended by signal 9'

t 'a file that pytest cannot load is compared by name'
project
echo 'import no_such_module' >tests/test_bad.py
git_all 'Bad'
build_tests_fail 1
doctor 0
expect_out "No module named 'no_such_module'"
expect_out 'of 1 only the name was compared'

t 'texts that testpaths and --doctest-glob name, and doctests of modules'
project 'addopts = "--doctest-glob=*.md --doctest-modules"' \
	'testpaths = ["tests", "lib.py", "README.md", "NOTES.rst", "docs"]'
mkdir docs
for f in README.md NOTES.rst docs/guide.md docs/other.rst docs/test_x.txt; do
	printf '>>> 1 + 1\n2\n' >$f
done
printf 'def test_l():\n    """\n    >>> 1\n    1\n    """\n' >lib.py
cp lib.py tests/other.py
git_all 'Texts'
the_same

t 'what git ignores, and tracks nevertheless'
project
printf '*_gen.py\n/gen/\nlib/\n' >.gitignore
mkdir -p gen/deep lib/tests
echo 'def test_x(): pass' >tests/test_x_gen.py
echo 'def test_h(): pass' >gen/deep/test_h.py
echo 'def test_l(): pass' >lib/tests/test_l.py
git init -q -b main .
git add -f lib
git_all 'Ignored'
the_same
expect_out '6 by pytest, 6 by tgraph'

t 'repositories within'
project
mkdir -p nested/tests
git init -q nested
echo 'def test_n(): pass' >nested/tests/test_n.py
echo '/tests/' >nested/.gitignore
git init -q -b main .
the_same

t 'directories that links lead to, in two packages and from outside'
fresh
mkdir -p shared a/tests b/tests "$T_DIR/far"
echo 'def test_s(): pass' >shared/test_s.py
echo 'def test_f(): pass' >"$T_DIR/far/test_f.py"
for p in a b; do
	put $p/pyproject.toml <<END
[project]
name = "$p"
version = "1"
[tool.pytest.ini_options]
addopts = "-p no:cacheprovider"
END
	ln -s ../../shared $p/tests/shared
	ln -s "$T_DIR/far" $p/tests/far
done
git_all 'Links'
build_tests
for p in a b; do
	doctor 0 $p
	expect_out 'the same tests'
	no_out 'by name'
done
expect_out '2 by pytest, 2 by tgraph'
no_out 'a (a)'

t 'patterns that a conftest adds'
project
echo 'def test_c(): pass' >tests/check_c.py
put conftest.py <<\END
def pytest_configure(config):
    config.addinivalue_line("python_files", "check_*.py")
END
git_all 'Added'
run --json="$T_JSON"
doctor 0
expect_out 'the same tests'
expect_out '4 by pytest, 4 by tgraph'

t 'packages within another, with settings of their own'
project
for p in one two; do
	put $p/pyproject.toml <<END
[project]
name = "$p"
version = "1"
[tool.pytest.ini_options]
testpaths = ["tests"]
END
	mkdir -p $p/tests $p/more
	echo "def test_$p(): pass" >$p/tests/test_$p.py
done
echo 'def test_more(): pass' >two/more/test_more.py
git_all 'Several'
build_tests
doctor 0
expect_out '2 files of other packages are run as these have it'
expect_out 'it is of the package two, by whose settings it is no test file'
expect_out 'the same tests'
doctor 0 two
no_out 'one (one)'
(cd one && doctor 0 && expect_out 'one (one)' && no_out 'two (two)')
build_fail 2 -t doctor nowhere
expect_err "unknown target 'nowhere'"

t 'a package without settings of pytest, below a root that has them'
fresh
put pytest.ini <<\END
[pytest]
python_files = check_*.py
END
put pkg/pyproject.toml <<\END
[project]
name = "pkg"
version = "1"
END
mkdir pkg/tests
echo 'def test_c(): pass' >pkg/tests/check_c.py
echo 'def test_not(): pass' >pkg/tests/test_not.py
git_all 'Inherited'
the_same pkg
expect_out 'collect-only -q pkg'

t 'unittest: cases in the __init__.py of packages, and a place to begin'
fresh
put pyproject.toml <<\END
[project]
name = "units"
version = "1"
[tool.tgraph]
runner = "unittest"
END
put case <<\END
import unittest
class A(unittest.TestCase):
    def test_one(self): pass
    def test_two(self): pass
END
mkdir -p pkg/tests apart
: >pkg/__init__.py
cp case pkg/tests/__init__.py
cp case pkg/tests/test_b.py
cp case apart/test_c.py
rm case
git_all 'Units'
build_tests
doctor 0
expect_out 'the same tests'
expect_out '6 by unittest, 6 by tgraph, in 3 files of both'
expect_out '-m unittest discover -s apart'
echo 'import nowhere' >apart/test_d.py
doctor 0
expect_out "No module named 'nowhere'"

t 'what of the surroundings is in the way is said'
project
git_all 'Around'
build_tests
chmod 777 "$XDG_CACHE_HOME/tgraph"
doctor 0
expect_out 'not used: cache '
expect_out 'others may write to it'
chmod 700 "$XDG_CACHE_HOME/tgraph"
doctor 0
expect_out "$XDG_CACHE_HOME/tgraph"
TGRAPH_CACHE='' doctor 0
check grep -q '^  cache *none$' "$T_OUT"

end
