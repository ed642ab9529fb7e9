#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What counts besides what can be seen: cache, inputs and env, for a package, for
# paths, and by the marker tgraph.
. "$(dirname "$0")/../lib.sh"

test_file() {
	mkdir -p "$(dirname "$1")"
	echo 'def test(): pass' >"$1"
}

suite() {
	fresh
	mkdir -p schema libs/a/data
	put pyproject.toml <<-END
	[tool.tgraph]
	$1
	END
	put libs/a/pyproject.toml <<-END
	[project]
	name = "a"
	version = "1"
	[tool.tgraph]
	${2-}
	END
	for f in tests/test_one tests/net/test_two libs/a/test_three; do
		test_file $f.py
	done
	echo 1 >schema/one.json
	echo 1 >libs/a/data/one.txt
	git_all 'Settings'
	build_tests --no-cache
}

t 'cache = false for a path: always run, never from the cache'
suite '[[tool.tgraph.path]]
paths = ["tests/net"]
cache = false'
build_tests --rerun
build_tests -d explain
tests_ran tests/net/test_two.py
expect_err 'tests/net/test_two.py'
expect_err 'it is always run (cache = false)'
rm -rf .tgraph
build_tests
tests_ran tests/net/test_two.py
tests_cached tests/test_one.py libs/a/test_three.py

t 'in general, with a path that is another, and the root for packages'
suite 'cache = false
[[tool.tgraph.path]]
paths = ["tests/test_one.py"]
cache = true'
build_tests --no-cache
tests_ran libs/a/test_three.py tests/net/test_two.py
suite 'cache = false' 'cache = true'
build_tests --no-cache
tests_ran tests/net/test_two.py tests/test_one.py

t 'inputs for a path, beside the package too'
suite '' '[[tool.tgraph.path]]
paths = ["test_three.py"]
inputs = ["../../schema/*.json", "data"]'
echo 2 >schema/one.json
build_tests --no-cache
tests_ran libs/a/test_three.py
echo 2 >schema/two.json
build_tests --no-cache
tests_ran libs/a/test_three.py
echo 2 >libs/a/data/one.txt
build_tests --no-cache
tests_ran libs/a/test_three.py
rm schema/two.json
build_tests --no-cache
tests_ran libs/a/test_three.py
build_null --no-cache

t 'inputs of the root for files of a package'
suite '[[tool.tgraph.path]]
paths = ["libs/a"]
inputs = ["schema"]'
echo 2 >schema/one.json
build_tests --no-cache
tests_ran libs/a/test_three.py

t 'variables for a path'
suite '[[tool.tgraph.path]]
paths = ["tests/net"]
env = ["SERVER"]'
SERVER=a build_tests --no-cache
tests_ran tests/net/test_two.py
SERVER=a build_tests --no-cache
tests_ran -
SERVER=b build_tests --no-cache
tests_ran tests/net/test_two.py

t 'what is wrong is told with its place'
wrong() {
	printf '[tool.tgraph]\n[[tool.tgraph.path]]\npaths = ["tests"]\n%s\n' \
		"$1" >pyproject.toml
	build_fail 2
	expect_err "pyproject.toml:$2"
	expect_err "$3"
}
fresh
test_file tests/test_one.py
wrong 'cache = "no"' 4 'cache'
wrong 'inputs = ["/etc/hosts"]' 4 "'/etc/hosts' is not a path from"
wrong 'inputs = "x"' 4 'inputs'
wrong 'env = ["A B"]' 4 "'A B' is not the name of a variable"
wrong 'inputz = []' 4 "did you mean 'inputs'"
wrong '' 2 'needs isolation, split, cache, inputs or env'

t 'the marker: always run, whatever way it is run'
fresh
mkdir -p tests/data schema
put tests/test_marked.py <<\END
import pytest

@pytest.mark.tgraph(cache=False)
def test_net():
    pass

def test_other():
    pass
END
test_file tests/test_one.py
git_all 'Marker'
for way in fork process batch shared; do
	build_tests --isolation $way
	build_tests --isolation $way -d explain
	tests_ran tests/test_marked.py
	expect_err 'it is always run (cache=False in a marker)'
done

t 'inputs and variables by markers, of a module too'
put tests/test_marked.py <<\END
import pytest
pytestmark = [pytest.mark.tgraph(inputs=["../schema/*.json", "absent.txt"])]

@pytest.mark.tgraph(env=["SERVER"], inputs=["data/**/*.txt"])
def test_net():
    pass
END
mkdir -p tests/data/deep
echo 1 >schema/one.json
build_tests --no-cache
build_null --no-cache
for change in 'echo 2 >schema/one.json' 'echo 2 >schema/two.json' \
	'rm schema/two.json' 'echo 1 >tests/absent.txt' \
	'echo 1 >tests/data/deep/x.txt' 'mkdir tests/data/deep/er' \
	'echo 1 >tests/data/deep/er/y.txt' 'echo 2 >tests/data/deep/er/y.txt'; do
	eval "$change"
	build_tests --no-cache
	tests_ran tests/test_marked.py
done
build_null --no-cache
SERVER=1 build_tests --no-cache
tests_ran tests/test_marked.py
SERVER=1 build_null --no-cache

t 'strict markers know it, and mistakes in it are told'
put pytest.ini <<\END
[pytest]
addopts = --strict-markers
END
build_tests --no-cache
mistake() {
	printf 'import pytest\n\n@pytest.mark.tgraph(%s)\ndef test(): pass\n' \
		"$1" >tests/test_marked.py
	run --no-cache
	same 1 "$T_rc" 'exit code'
	expect_out 'tests/test_marked.py:3: marker tgraph: '
	expect_out "$2"
}
mistake 'cash=False' 'cash is not cache, inputs or env'
mistake 'cache=0' 'cache must be True or False, not 0'
mistake 'inputs="x"' "inputs must be a list of strings, not 'x'"
mistake 'False' 'expected cache=, inputs= or env=, not False'

t 'directories that a glob comes to one day, where nothing is observed'
installed unobserved
rm -rf tests schema pytest.ini
mkdir -p tests/a/one "$T_DIR/outside" "$T_DIR/linked"
echo data/ >.gitignore
ln -s "$T_DIR/linked" tests/a/link
put tests/test_marked.py <<END
import pytest

@pytest.mark.tgraph(inputs=["data/*.txt", "*/one/data/*.txt",
                            "$T_DIR/outside/*.txt", "a/**/data/*.txt"])
def test():
    pass
END
build_tests --no-cache
build_null --no-cache
for change in 'mkdir tests/data' 'echo 1 >tests/data/x.txt' \
	'mkdir tests/a/one/data' 'echo 1 >tests/a/one/data/x.txt' \
	'echo 1 >"$T_DIR/outside/x.txt"' 'mkdir "$T_DIR/linked/data"' \
	'echo 1 >"$T_DIR/linked/data/x.txt"'; do
	eval "$change"
	build_tests --no-cache
	tests_ran tests/test_marked.py
	build_null --no-cache
done

end
