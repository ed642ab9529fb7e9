#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A dry run says what would run, and writes nothing at all.
. "$(dirname "$0")/../lib.sh"

py_workspace low mid:low
low='packages/low/tests/test_low.py'
mid='packages/mid/tests/test_mid.py'

# tree: every file here and in the caches with its times and content
tree() {
	find . "$XDG_CACHE_HOME" "$HOME" ! -type d -exec cksum {} + |
		LC_ALL=C sort
	find . "$XDG_CACHE_HOME" "$HOME" -newer "$T_DIR/mark" | LC_ALL=C sort
}
# dry ARG...: as build -n, and nothing was written
dry() {
	: >"$T_DIR/mark"
	tree >"$T_DIR/before"
	build -n "$@"
	tree >"$T_DIR/after"
	check cmp "$T_DIR/before" "$T_DIR/after"
}
# would FILE...: these test files would run
would() {
	same "$(printf '%s\n' "$@" | LC_ALL=C sort)" \
		"$(sed -n 's/.* \(packages[^ ]*\)$/\1/p' "$T_OUT" |
			LC_ALL=C sort)"
}

t 'before the first run'
dry
would $low $mid
missing .tgraph "$XDG_CACHE_HOME/tgraph"
dry -d explain --match '*positive' $low
missing .tgraph

t 'when all is done'
build
dry
holds "$T_OUT" 'tgraph: nothing to do'
dry --rerun
would $low $mid

t 'after a change'
echo '# more' >>packages/mid/src/mid/core.py
dry -d explain
would $mid
expect_err 'packages/mid/src/mid/core.py changed'
build_tests
tests_ran $mid

t 'after a change of the environment'
mkdir lib
echo 'x = 1' >lib/seen.py
echo lib >.gitignore
PYTHONPATH=$PWD/lib dry
would $low $mid
PYTHONPATH=$PWD/lib build_tests
tests_ran $low $mid
PYTHONPATH=$PWD/lib dry
holds "$T_OUT" 'tgraph: nothing to do'

t 'where results are in the cache only'
rm -rf .tgraph
dry
missing .tgraph

t '--last writes nothing either'
: >"$T_DIR/mark"
tree >"$T_DIR/before"
run --last
tree >"$T_DIR/after"
check cmp "$T_DIR/before" "$T_DIR/after"
missing .tgraph

end
