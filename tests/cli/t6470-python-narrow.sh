#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a test file was seen to use decides, and what is only assumed of it does
# not: in every way of running them.
. "$(dirname "$0")/../lib.sh"

[ -f "$TG_BUILD/libtgraph-observe.so" ] ||
	skip_all 'nothing can be observed on this system'

# All files import all others, as far as anybody can tell from their text.
suite() {
	fresh
	mkdir -p src/lib tests/sub src/other
	put pyproject.toml <<-END
	[project]
	name = "narrow"
	version = "1.0"
	[tool.pytest.ini_options]
	pythonpath = ["src"]
	[tool.tgraph]
	isolation = "$1"
	END
	echo 'import importlib' >src/lib/__init__.py
	echo 'def get(name): return importlib.import_module("lib." + name).X' \
		>>src/lib/__init__.py
	for m in one two three lazy; do
		echo 'X = 1' >"src/lib/$m.py"
	done
	echo good >tests/one.txt
	echo good >tests/unread.txt
	echo '# helpers' >tests/helper.py
	put tests/test_one.py <<-END
	import lib
	def test_one():
	    assert lib.get("one") == 1
	    assert open("tests/one.txt").read() == "good\n"
	END
	put tests/test_two.py <<-END
	import os
	import lib
	import helper
	def test_two():
	    assert lib.get("two") == 1
	    if os.environ.get("LAZY"):
	        assert lib.get("lazy") == 1
	END
	put tests/sub/test_three.py <<-END
	import lib
	def test_three():
	    assert lib.get("three") == 1
	END
	git_all 'Narrow'
}

# only FILE...: the next run runs just these, and nothing runs after it. because
# TEXT: it has said so.
only() {
	build_tests -d explain
	tests_ran "$@"
	cp "$T_ERR" "$T_DIR/.why"
	build_null
}
because() { T_has "$T_DIR/.why" "$1" || fail "it does not say '$1'"; }

# Changes that each file by itself notices, or does not.
alone() {
	build_tests
	build_tests
	echo '# c' >>src/lib/lazy.py
	only -
	echo bad >tests/unread.txt
	only -
	echo '# c' >>src/lib/one.py
	only tests/test_one.py
	because 'content of src/lib/one.py changed'
	echo '# c' >>src/lib/two.py
	only tests/test_two.py
	echo '# c' >>tests/helper.py
	only tests/test_two.py
	echo '# c' >>tests/sub/test_three.py
	only tests/sub/test_three.py
	# new files that nobody looked for, and one that stands before another
	echo 'X = 2' >src/lib/new.py
	echo 'X = 2' >tests/new.py
	only -
	mkdir src/lib/one
	echo 'X = 1' >src/lib/one/__init__.py
	only tests/test_one.py
	because 'what Python finds as src/lib/one is another now'
	rm -r src/lib/one
	only -
	echo good >tests/one.txt
	only -
	echo bad >tests/one.txt
	build_tests_fail 1
	tests_ran tests/test_one.py
	status tests/test_one.py failed
	echo good >tests/one.txt
	build_tests
}

t 'a child of a session each'
suite fork
alone

t 'a module elsewhere on the path, compiled ones, namespaces'
mkdir tests/lib
touch tests/lib/__init__.py
build_tests_fail 1
status tests/test_one.py failed
rm -r tests/lib
only -
tag=$(python3 -c 'import importlib.machinery as m
print(m.EXTENSION_SUFFIXES[0])')
echo nonsense >"src/lib/two$tag"
build_tests_fail 1
tests_ran tests/test_two.py
rm "src/lib/two$tag"
build_tests
build_null

t 'conftests, packages and settings'
touch tests/sub/conftest.py
only tests/sub/test_three.py
touch tests/sub/__init__.py
only tests/sub/test_three.py
echo 'import helper2' >tests/conftest.py
echo 'X = 1' >tests/helper2.py
only tests/sub/test_three.py tests/test_one.py tests/test_two.py
echo '# c' >>tests/helper2.py
only tests/sub/test_three.py tests/test_one.py tests/test_two.py
rm tests/conftest.py
only -
echo '[pytest]
pythonpath = src' >pytest.ini
only tests/sub/test_three.py tests/test_one.py tests/test_two.py

t 'what is used only then'
LAZY=1
export LAZY
only tests/test_two.py
echo '# d' >>src/lib/lazy.py
only tests/test_two.py
echo 'X = 2' >src/lib/lazy.py
build_tests_fail 1
tests_ran tests/test_two.py
unset LAZY
build_tests
build_null

t 'on another branch and back, and in another place'
suite fork
build_tests
git checkout -q -b other
echo 'X = 1 # other' >src/lib/one.py
echo other >tests/unread.txt
build_tests
tests_ran tests/test_one.py
git commit -q -a -m other
git checkout -q -
build_tests
tests_ran -
git checkout -q other
build_tests
tests_ran -
git clone -q . "$T_DIR/clone"
cd "$T_DIR/clone" || exit 2
build_tests
tests_ran -
echo 'X = 3' >src/lib/three.py
build_tests_fail 1
tests_ran tests/sub/test_three.py
cd "$T_DIR/work" || exit 2

t 'a process each'
suite process
alone

t 'batches: what one of them uses counts for all of it'
suite batch
build_tests
build_tests
echo '# c' >>src/lib/lazy.py
only -
echo bad >tests/unread.txt
only -
echo 'X = 2' >src/lib/one.py
build_tests_fail 1
status tests/test_one.py failed

t 'one process: the same'
suite shared
build_tests
build_tests
echo '# c' >>src/lib/lazy.py
only -
echo bad >tests/unread.txt
only -
echo 'X = 2' >src/lib/one.py
build_tests_fail 1
status tests/test_one.py failed

t 'their plain commands'
suite fork
build_tests --no-workers
build_tests
echo '# c' >>src/lib/lazy.py
echo bad >tests/unread.txt
only -
echo '# c' >>src/lib/one.py
only tests/test_one.py

t 'who has not seen all depends on all'
printf 'int main(void) { return 0; }\n' >p.c
if ! cc -static -o "$T_DIR/static" p.c 2>/dev/null; then
	skip 'there is no static libc'
else
	with=$T_PROG
	without_follower
	suite fork
	put tests/test_static.py <<-END
	import subprocess
	import lib
	def test_static():
	    assert subprocess.run(["$T_DIR/static"]).returncode == 0
	END
	build_tests
	build_tests
	echo '# c' >>src/lib/lazy.py
	only tests/test_static.py
	echo more >tests/unread.txt
	only tests/test_static.py
	# and what comes from the cache does
	rm -rf .tgraph
	build_tests
	tests_ran -
	rm -rf .tgraph
	echo '# d' >>src/lib/lazy.py
	build_tests
	tests_ran tests/test_static.py
	T_PROG=$with
fi

t 'the loader looks into its cache'
suite fork
put tests/test_a.py <<\EOF
import ctypes.util
def test_library():
    assert ctypes.util.find_library("no-such-library") is None
EOF
build_tests -j1
build_tests
tests_ran -
run -t deps
no_out 'ldconfig: '

t 'what sitecustomize reads'
suite fork
mkdir tools
echo good >tools/cfg.txt
put tools/sitecustomize.py <<\EOF
import os, sys
with open(os.path.join(os.path.dirname(__file__), "cfg.txt")) as f:
    sys.cfg = f.read()
EOF
put tests/test_site.py <<\EOF
import sys
def test_site():
    assert sys.cfg == "good\n"
EOF
PYTHONPATH=$PWD/tools
export PYTHONPATH
build_tests
build_tests
echo bad >tools/cfg.txt
build_tests_fail 1
status tests/test_site.py failed
echo good >tools/cfg.txt
build_tests
# a module of pytest's is another now
echo 'raise ImportError' >tools/iniconfig.py
run -n
expect_out test_site.py
rm tools/iniconfig.py
unset PYTHONPATH

t 'the manifest tells'
suite fork
run -t manifest
expect_out 'tg_assumed = 1'
end
