#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A cache that nobody named is used if it is the user's alone; without it the
# tests run all the same. What may hold secrets is for its owner.
. "$(dirname "$0")/../lib.sh"

echo 'def test_a(): pass' >test_a.py
mkdir .git
dir=$XDG_CACHE_HOME/tgraph

# mode FILE: its permission bits, as ls has them.
mode() { ls -ld "$1" | cut -c1-10; }

t 'the state and the cache are made for their owner'
umask 0
build_tests
no_err 'cache'
same drwx------ "$(mode .tgraph)" .tgraph
same drwx------ "$(mode "$dir")" 'the cache'
umask 022
build_tests

t 'an older cache that others can read is closed to them'
chmod 755 "$dir"
rm -rf .tgraph
build_tests
tests_cached test_a.py
same drwx------ "$(mode "$dir")" 'the cache'

t 'one that others can write to is not believed'
chmod 777 "$dir"
rm -rf .tgraph
build_tests
tests_ran test_a.py
expect_err "cache $dir: others may write to it; it is not used"
same drwxrwxrwx "$(mode "$dir")" 'the cache'

t 'unless it was named'
rm -rf .tgraph
build_tests --cache="$dir"
tests_cached test_a.py
no_err cache
rm -rf .tgraph
TGRAPH_CACHE=$dir build_tests
tests_cached test_a.py
no_err cache

t 'a tool is asked about it, and says why it cannot'
build_fail 3 -t cache stats
expect_err 'others may write to it'
chmod 755 "$dir"
build -t cache stats

t 'one that belongs to another user is not believed'
if [ "$(id -u)" = 0 ]; then
	chown 4242 "$dir"
	rm -rf .tgraph
	build_tests
	tests_ran test_a.py
	expect_err "cache $dir: it belongs to another user; it is not used"
	chown 0 "$dir"
else
	skip 'only root can give a directory away'
fi

t 'no place for a cache: the tests run'
rm -rf .tgraph "$XDG_CACHE_HOME"
: >"$XDG_CACHE_HOME"
build_tests
tests_ran test_a.py
expect_err "mkdir $dir: Not a directory; it is not used"
build_fail 3 --cache="$dir"
expect_err "mkdir $dir"
rm "$XDG_CACHE_HOME"

t 'a home that is not there is named for what it is'
if [ "$(id -u)" = 0 ]; then
	skip 'root may make it'
else
	rm -rf .tgraph
	mkdir "$T_DIR/closed"
	chmod 555 "$T_DIR/closed"
	XDG_CACHE_HOME=$T_DIR/closed/home/.cache build_tests
	expect_err 'Permission denied; it is not used'
fi

t 'a step of a manifest runs without its cache too'
mkdir ninja
cd ninja || exit 2
manifest <<\END
rule copy
  command = cp $in $out
build out: copy in
END
echo 1 >in
mkdir .tgraph
: >.tgraph/cache
build
ran out
expect_err 'it is not used'

end
