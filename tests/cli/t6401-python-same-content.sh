#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What has the same content is not run again, however it came there, and the
# reports are those of a full run.
. "$(dirname "$0")/../lib.sh"

py_workspace low mid:low top:mid
all='packages/low/tests/test_low.py packages/mid/tests/test_mid.py
packages/top/tests/test_top.py'

# plain REPORT: without what differs from run to run: times and what was cached
plain() {
	"$T_VENV/bin/python" - "$1" <<\END 3>&-
import json, sys
with open(sys.argv[1]) as f:
    r = json.load(f)
del r["summary"]["elapsed"], r["summary"]["saved"]
for k in "ran", "cached":
    del r["summary"]["files"][k]
for f in r["files"]:
    del f["cached"]
print(json.dumps(r, indent=1, sort_keys=True))
END
}

# same_reports: as those of the first run
same_reports() {
	check cmp "$T_DIR/first.xml" "$T_DIR/now.xml"
	plain "$T_JSON" >"$T_DIR/now.json"
	check cmp "$T_DIR/first.json" "$T_DIR/now.json"
}
again() {
	rm -f "$T_DIR/now.xml"
	build_tests --junit="$T_DIR/now.xml" "$@"
	tests_ran -
	# shellcheck disable=SC2086
	tests_cached $all
	same_reports
}

t 'the first run'
build_tests --junit="$T_DIR/first.xml"
# shellcheck disable=SC2086
tests_ran $all
counts passed=6 failed=0 errors=0
check [ -s "$T_DIR/first.xml" ]
plain "$T_JSON" >"$T_DIR/first.json"

t 'nothing was done since'
again

t 'every file was touched'
find . -path ./.git -prune -o -path ./.tgraph -prune -o -type f -print |
	xargs touch
again
find . -path ./.git -prune -o -path ./.tgraph -prune -o -type f -print |
	xargs touch -t 200102030405
again

t 'stash and pop'
echo '# a remark' >>packages/low/src/low/core.py
git stash -q
again
git stash pop -q
build_tests
# shellcheck disable=SC2086
tests_ran $all
git stash -q
again
git stash pop -q
build_tests
tests_ran -
git checkout -q .
git stash list | grep . && fail 'the stash is not empty'
again

t 'another branch and back'
git checkout -q -b other
echo '# a remark' >>packages/mid/src/mid/core.py
git rm -q -r packages/top
git commit -q -a -m 'Other'
build_tests
tests_ran packages/mid/tests/test_mid.py
counts passed=4
git checkout -q main
again
git checkout -q other
build_tests
tests_ran -
counts passed=4
git checkout -q main

t 'a fresh clone with the same cache'
git clone -q . ../clone
cd ../clone || exit 2
again

t 'a copy of the tree elsewhere, without the state'
mkdir -p ../else/where
(cd ../work && tar cf - --exclude .tgraph .) | (cd ../else/where && tar xf -)
cd ../else/where || exit 2
again

t 'a copy with the state, under another name and with other times'
cp -R ../../work ../../moved
cd ../../moved || exit 2
again

t 'without the state: the cache has it all'
rm -rf .tgraph
again

t 'without the cache: the state has it all'
rm -rf "$XDG_CACHE_HOME"
again

t 'without both it runs'
rm -rf .tgraph "$XDG_CACHE_HOME"
build_tests
# shellcheck disable=SC2086
tests_ran $all

t 'a named cache directory is taken to another machine'
build_tests --cache="$T_DIR/carried" --rerun
# shellcheck disable=SC2086
tests_ran $all
rm -rf .tgraph "$XDG_CACHE_HOME"
mv "$T_DIR/carried" "$T_DIR/arrived"
build_tests --cache="$T_DIR/arrived"
tests_ran -
counts passed=6

end
