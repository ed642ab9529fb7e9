#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Environments that are made for tests, by uv, from wheels that lie here.
. "$(dirname "$0")/../lib.sh"

command -v uv >/dev/null || skip_all 'there is no uv'
UV_CACHE_DIR=$T_DIR/uv-cache UV_PYTHON_DOWNLOADS=never
export UV_CACHE_DIR UV_PYTHON_DOWNLOADS
wheel() { "$T_VENV/bin/python" "$TG_SRC/tests/wheels.py" "$T_DIR/wheels" "$@"; }
wheel installed pytest
wheel make helper 1.0 'helper=VALUE = 1'
wheel make helper 2.0 'helper=VALUE = 2'
VERSION=$("$T_VENV/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
inode() { ls -i .tgraph/envs/*/tgraph.made; }
made() { find .tgraph/envs -name tgraph.made | wc -l | tr -d ' '; }

# settings REQUIREMENT...: of one package, in a group with another within
settings() {
	{
		printf '[project]\nname = "mine"\nversion = "1.0"\n'
		printf '[dependency-groups]\nTest_ing = ["pytest", '
		printf '{ include-group = "more" }]\nmore = ['
		for x; do printf '"%s",' "$x"; done
		printf ']\n[tool.tgraph]\nenvironment = "uv"\n'
		printf 'no-index = true\nfind-links = ["%s"]\n' "$T_DIR/wheels"
		printf 'dependency-groups = ["test.ing"]\npython = ["%s"]\n' \
			"$VERSION"
	} >pyproject.toml
}
settings 'helper<2'
put tests/test_a.py <<\END
import sys

import helper


def test_a():
    assert helper.VALUE == 1
    assert "/.tgraph/envs/" in sys.prefix
END
put tests/test_b.py <<\END
def test_b():
    pass
END
git_all 'One package'

t 'a dry run shows how it would be made'
build -n
expect_out 'uv pip install'
expect_out "'helper<2' pytest"
missing .tgraph/envs
build -t matrix
expect_out 'its environment is made first'
build_fail 3 --last
expect_err 'not made yet'

t 'it is made, and the tests run in it'
build_tests
tests_ran tests/test_a.py tests/test_b.py
counts passed=2
same 1 "$(made)"
no_err 'run again'
build_tests
tests_cached tests/test_a.py tests/test_b.py
no_out 'step'
build -t matrix
expect_out 'made with uv'

t 'a test that changes makes no environment'
echo 'X = 1' >>tests/test_b.py
build_tests
tests_ran tests/test_b.py
no_out 'step'

t 'other requirements are another environment, and the old one stays'
settings 'helper>=2'
build_tests_fail 1
status tests/test_a.py failed
same 2 "$(made)"
settings 'helper<2'
build_tests
tests_cached tests/test_a.py tests/test_b.py

t 'what is gone is made again'
rm -r .tgraph/envs/*/
build -n
expect_out 'uv pip install'
build_tests
tests_cached tests/test_a.py tests/test_b.py
same 1 "$(made)"

t 'so is what somebody has changed'
rm -r .tgraph/envs/*/lib/python*/site-packages/helper-*
build_tests
tests_cached tests/test_a.py tests/test_b.py
uv pip install -q --no-index --find-links "$T_DIR/wheels" \
	--python .tgraph/envs/*/bin/python 'helper>=2' 2>/dev/null
build_tests
tests_cached tests/test_a.py tests/test_b.py
exists .tgraph/envs/*/lib/python*/site-packages/helper-1.0.dist-info
: >"$(echo .tgraph/envs/*/lib/python*/site-packages/helper.py)"
build_tests_fail 1
status tests/test_a.py failed
rm -f .tgraph/envs/*/bin/python
build_tests
counts passed=2

t 'clean takes it away'
build -t clean
missing .tgraph/envs/*/bin
build_tests
counts passed=2
same 1 "$(made)"

t 'a run of part of the tests uses the same one'
i=$(inode)
build tests/test_a.py::test_a
same "$i" "$(inode)"

t 'two at once make it once'
rm -r .tgraph/envs/*/
"$T_TGRAPH" tests/test_a.py::test_a >"$T_DIR/part" 2>&1 </dev/null &
build_tests
counts passed=2
check wait $!
same 1 "$(made)"

t 'a group that includes itself is named'
cp pyproject.toml "$T_DIR/pyproject.toml"
sed 's/^more = .*/more = [{ include-group = "Test_ing" }]/' \
	"$T_DIR/pyproject.toml" >pyproject.toml
build_fail 2
expect_err 'includes itself'
sed 's/"test.ing"/"tests"/' "$T_DIR/pyproject.toml" >pyproject.toml
build_fail 2
expect_err "the dependency group 'tests' in [tool.tgraph] is not there"

t 'other programs can make it too'
cp "$T_DIR/pyproject.toml" pyproject.toml
rm -r .tgraph
build -t manifest
cp "$T_OUT" "$T_DIR/build.ninja"
check grep -q 'environment-uv' "$T_DIR/build.ninja"
check "$T_VENV/bin/ninja" -f "$T_DIR/build.ninja" >"$T_DIR/log" 2>&1
same 1 "$(made)"
i=$(inode)
build_tests
counts passed=2
same "$i" "$(inode)"
build -t manifest
check grep -q '|| .tgraph/envs/' "$T_OUT"

t 'the group with pytest in it is found by itself'
rm -rf .tgraph
printf '[project]\nname = "mine"\nversion = "1.0"\n
[project.optional-dependencies]\ndev = ["helper<2"]\n
dev2 = ["pytest", "helper<2"]\n' >pyproject.toml
build_tests --environment uv --no-index --find-links "$T_DIR/wheels" \
	--python "$VERSION"
counts passed=2

t 'names and passwords are refused, and hidden'
build_fail 2 --environment uv --index https://me:hunter2@127.0.0.1:9/x
no_err hunter2
expect_err 'netrc'
UV_INDEX=https://me:hunter2@127.0.0.1:9/x build_fail 3 --environment uv \
	--python "$VERSION"
no_err hunter2
no_out hunter2
check_not grep -rq hunter2 .tgraph "$XDG_CACHE_HOME"

t 'packages with the same requirements share one'
rm -rf .tgraph tests pyproject.toml
for p in a b c; do
	put $p/pyproject.toml <<END
[project]
name = "$p"
version = "1.0"
[dependency-groups]
dev = ["helper<2", "pytest"]
END
	put $p/test_$p.py <<\END
import helper


def test_it():
    assert helper.VALUE == 1
END
done
put pyproject.toml <<END
[tool.tgraph]
environment = "uv"
no-index = true
find-links = ["$T_DIR/wheels"]
python = ["$VERSION"]
END
build_tests
counts passed=3
same 1 "$(made)"

t 'one that can not be made stops nothing else'
sed 's/"helper<2"/"nowhere"/' c/pyproject.toml >c/new
mv c/new c/pyproject.toml
build_tests_fail 3 --rerun
tests_ran a/test_a.py b/test_b.py
expect_out 'nowhere was not found'
expect_err "package 'c' is not tested under Python $VERSION: its environment could not be made"
build a
no_out nowhere
build_fail 3 c
expect_out 'nowhere was not found'
build_fail 3 -t why c
expect_err 'not made yet'

t 'without pytest it says where pytest goes'
rm -r a b
sed 's/"nowhere", "pytest"/"helper"/' c/pyproject.toml >c/new
mv c/new c/pyproject.toml
echo 'import pytest' >>c/test_c.py
build_fail 3
expect_err "the environment of 'c' has no pytest"
end
