#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Places that cannot be written to, full disks, state that is none: a clear
# error, nothing corrupted, and the next run is right.
. "$(dirname "$0")/../lib.sh"

echo 'def test_a(): pass' >test_a.py
echo 'def test_b(): pass' >test_b.py
mkdir .git
: >file

t 'a report where there can be none'
build_fail 3 --junit file/x.xml
expect_err 'tgraph: '
expect_err 'file'
build_fail 3 --json .
check grep -q 'tgraph: write \.: ' "$T_ERR"
build_tests
tests_ran -
counts passed=2

t 'a cache where there can be none'
build_fail 3 --cache file
expect_err 'file'
expect_err 'Not a directory'

t 'an umask that leaves its owner no right'
rm -rf .tgraph
if [ "$(id -u)" = 0 ]; then
	skip 'the superuser needs no rights'
else
	(umask 0777 && run && exit "$T_rc") && fail 'it ran'
	expect_err 'mkdir .tgraph: the umask (0777) leaves its owner no right'
	missing .tgraph
	build_tests
fi

t '.tgraph is a file'
rm -rf .tgraph
: >.tgraph
build_fail 3
expect_err '.tgraph'
rm .tgraph
build_tests
counts passed=2

t 'state that is none is not used'
for f in .tgraph/tests.* .tgraph/index .tgraph/own; do
	[ ! -f "$f" ] || echo garbage >"$f"
done
build_tests
counts passed=2
for f in .tgraph/tests.* .tgraph/index; do
	[ ! -f "$f" ] || : >"$f"
done
build_tests
counts passed=2

t 'results that were cut short are made good'
for f in .tgraph/results/*/test_a.*; do
	: >"$f"
done
build_tests
counts passed=2
rm -rf .tgraph/results
build_tests
counts passed=2

t 'a cache whose files were cut short is not believed'
rm -rf .tgraph
find "$XDG_CACHE_HOME" -type f | while read -r f; do
	echo x >"$f"
done
build_tests
counts passed=2

# A small file system, where one can be mounted.
small() {
	mkdir -p "$1"
	mount -t tmpfs -o "size=$2" small "$1" 2>/dev/null
}

t 'no room for the state: an error, and no pass is invented'
rm -rf .tgraph
if small .tgraph 24k; then
	run --no-cache
	check [ $T_rc != 0 ]
	check grep -q 'No space left on device' "$T_OUT" "$T_ERR"
	umount .tgraph
	build_tests
	counts passed=2
	build_tests
	tests_ran -
else
	check :
fi

t 'and it is told once, however often it is tried'
mkdir ninja
cd ninja || exit 2
{
	printf 'rule r\n  command = echo $out >$out; : $n\n'
	for i in 1 2 3 4 5 6 7 8 9; do
		for k in 0 1 2 3 4 5 6 7 8 9; do
			echo "build o$i$k: r in"
		done
	done
} >build.ninja
echo 1 >in
if small .tgraph 256k; then
	build --no-cache
	head -c 1000000 /dev/zero >.tgraph/fill 2>/dev/null
	echo 2 >in
	build --no-cache
	expect_err 'No space left on device; what this run found out is not'
	same 1 "$(grep -c 'No space' "$T_ERR")"
	rm .tgraph/fill
	build --no-cache
	no_err 'No space'
	umount .tgraph
else
	check :
fi
cd ..
rm -r ninja

t 'no room for the cache: the run is right all the same'
rm -rf .tgraph
if small "$T_DIR/small" 16k; then
	build_tests --cache="$T_DIR/small"
	counts passed=2
	rm -rf .tgraph
	build_tests --cache="$T_DIR/small"
	counts passed=2
	umount "$T_DIR/small"
else
	check :
fi

t 'no room for the report: an error, and no half of one'
if small "$T_DIR/full" 4k; then
	echo '<old/>' >"$T_DIR/full/x.xml"
	build_fail 3 --junit="$T_DIR/full/x.xml"
	expect_err 'No space left on device'
	holds "$T_DIR/full/x.xml" '<old/>'
	umount "$T_DIR/full"
else
	check :
fi

end
