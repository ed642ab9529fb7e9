#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# -t affected FILE... and --since REV: what git says has changed, and the tests
# that could come out differently because of it.
. "$(dirname "$0")/../lib.sh"

py_workspace low mid:low top
put packages/low/src/low/extra.py <<\END
EXTRA = 1
END
put packages/low/tests/test_extra.py <<\END
from low.extra import EXTRA


def test_extra():
    assert EXTRA
END
echo .tgraph >.gitignore
git_all 'More'
git tag start
low=packages/low mid=packages/mid top=packages/top

# affected ARG... <<END: the test files
affected() {
	build -t affected "$@"
	expect_lines "$T_OUT"
}
nothing() {
	build -t affected "$@"
	expect_lines "$T_OUT" </dev/null
}
# again: back to the start
again() {
	git reset -q --hard start
	git clean -qfdx -e .tgraph
}

t 'files that are named, from anywhere'
affected $low/src/low/core.py <<END
$low/tests/test_low.py
$mid/tests/test_mid.py
END
cd $low/src || exit 2
affected low/extra.py ../tests/test_low.py <<END
../tests/test_extra.py
../tests/test_low.py
END
cd "$T_DIR/work" || exit 2
affected $mid/src <<END
$mid/tests/test_mid.py
END
build -t affected -0 $low/src/low/extra.py
same "$low/tests/test_extra.py|" "$(tr '\0' '|' <"$T_OUT")" names

t 'nothing has changed'
nothing --since start
nothing --since HEAD
build --since HEAD
expect_out 'no test file could come out differently'

t 'changes that are committed, staged, or neither'
echo '# 1' >>$low/src/low/extra.py
git commit -qam 'One'
affected --since start <<END
$low/tests/test_extra.py
END
nothing --since HEAD
echo '# 2' >>$mid/src/mid/core.py
git add -A
echo '# 3' >>$top/src/top/core.py
affected --since HEAD <<END
$mid/tests/test_mid.py
$top/tests/test_top.py
END
affected --since start <<END
$low/tests/test_extra.py
$mid/tests/test_mid.py
$top/tests/test_top.py
END
again

t 'untracked files: a test, a module that is found first, data'
cp $low/tests/test_low.py $low/tests/test_new.py
affected --since start <<END
$low/tests/test_new.py
END
again
put $mid/tests/conftest.py </dev/null
affected --since start <<END
$mid/tests/test_mid.py
END
again
echo 1 >$top/data.txt
affected --since start <<END
$top/tests/test_top.py
END
again

t 'removed and renamed files'
git rm -q $low/src/low/extra.py
affected --since start <<END
$low/tests/test_extra.py
END
again
git mv $low/src/low/extra.py $low/src/low/other.py
git commit -qm 'Rename'
affected --since start <<END
$low/tests/test_extra.py
END
again
rm $low/src/low/extra.py
affected --since start <<END
$low/tests/test_extra.py
END
build -t affected $low/src/low/extra.py
expect_err 'is not there; it counts as removed'
check grep -qx $low/tests/test_extra.py "$T_OUT"
again
git mv $low/tests/test_low.py $low/tests/test_high.py
affected --since start <<END
$low/tests/test_high.py
END
again

t 'settings count for all'
echo '# 1' >>$mid/pyproject.toml
affected --since start <<END
$low/tests/test_extra.py
$low/tests/test_low.py
$mid/tests/test_mid.py
$top/tests/test_top.py
END
expect_err "every test file counts because of $mid/pyproject.toml"
build -t affected --json --since start
check "$T_VENV/bin/python" - "$T_OUT" <<\END
import json, sys
answer = json.load(open(sys.argv[1]))
assert answer["since"] == "start" and answer["all"] is True, answer
assert answer["because"] == "packages/mid/pyproject.toml", answer
assert answer["count"] == len(answer["files"]) == 4, answer
END
again

t 'what is in a hidden directory or is no input counts for none'
put .github/ci.yml </dev/null
nothing --since start
again

t 'ignored modules: what they held is not known'
echo $low/src/low/_version.py >>.git/info/exclude
put $low/src/low/_version.py </dev/null
put $low/src/low/extra.py <<\END
from low import _version
EXTRA = 1
END
git commit -qam 'Version'
affected --since HEAD <<END
$low/tests/test_extra.py
END
again
: >.git/info/exclude

t 'since a branch: what is new there does not count'
git checkout -qb work
echo '# mine' >>$top/src/top/core.py
git commit -qam 'Mine'
git checkout -q main
echo '# theirs' >>$low/src/low/core.py
git commit -qam 'Theirs'
git checkout -q work
affected --since main <<END
$top/tests/test_top.py
END
git merge -q -m 'Merge' main
affected --since main <<END
$top/tests/test_top.py
END
affected --since start <<END
$low/tests/test_low.py
$mid/tests/test_mid.py
$top/tests/test_top.py
END
git checkout -q main
again

t 'a run, its words, and other tools are limited'
build --no-cache
echo '# 1' >>$low/src/low/core.py
echo '# 1' >>$top/src/top/core.py
build_tests --no-cache --since HEAD low
tests_ran $low/tests/test_low.py
build_tests --no-cache --since HEAD
tests_ran $mid/tests/test_mid.py $top/tests/test_top.py
tests_cached $low/tests/test_low.py
build --since HEAD -t tests low
no_out test_extra
expect_out test_low
again

t 'lines end otherwise, though git says that nothing has changed'
git config core.autocrlf input
sed 's/$/\r/' $low/src/low/extra.py >x && mv x $low/src/low/extra.py
git add -A 2>/dev/null
same '' "$(git status --short)" status
affected --since HEAD <<END
$low/tests/test_extra.py
END
git config --unset core.autocrlf
again

t 'files at which git does not look'
git update-index --assume-unchanged $low/src/low/extra.py
nothing --since HEAD
echo '# 1' >>$low/src/low/extra.py
same '' "$(git status --short)" status
affected --since HEAD <<END
$low/tests/test_extra.py
END
git update-index --no-assume-unchanged $low/src/low/extra.py
again

t 'large files kept elsewhere (LFS)'
text='kept elsewhere'
oid=$(printf '%s' "$text" | "$T_VENV/bin/python" -c \
	'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
echo '*.bin filter=lfs diff=lfs -text' >.gitattributes
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n' \
	"$oid" ${#text} >$top/large.bin
git add -A
git commit -qm 'Large'
git config filter.lfs.clean "sed -n p $PWD/$top/.pointer"
git config filter.lfs.smudge cat
cp $top/large.bin $top/.pointer
echo '.pointer' >>.git/info/exclude
printf '%s' "$text" >$top/large.bin
git add -A
same '' "$(git status --short)" status
nothing --since HEAD
printf other >$top/large.bin
git add -A
affected --since HEAD <<END
$top/tests/test_top.py
END
git config --remove-section filter.lfs
: >.git/info/exclude
again

t 'a submodule: what is in it is not told'
git init -q "$T_DIR/sub"
(cd "$T_DIR/sub" && echo 1 >a && git add a && git commit -qm Sub)
git -c protocol.file.allow=always submodule --quiet add "$T_DIR/sub" sub
git commit -qm 'Submodule'
nothing --since HEAD
echo 2 >sub/a
build -t affected --since HEAD
same 4 "$(wc -l <"$T_OUT" | tr -d ' ')" files
git -C sub commit -qam Sub
build -t affected --since HEAD
same 4 "$(wc -l <"$T_OUT" | tr -d ' ')" files
git submodule --quiet deinit -f sub
again
rm -rf sub .git/modules

t 'the root is a part of the repository'
cd $low || exit 2
mkdir .tgraph
echo '# 1' >>src/low/extra.py
echo '# 1' >>../top/src/top/core.py
affected --since HEAD <<\END
tests/test_extra.py
END
rmdir .tgraph 2>/dev/null || rm -r .tgraph
cd "$T_DIR/work" || exit 2
again

t 'links: a file, a directory, one that leads nowhere any more'
mkdir $top/shared
echo 1 >$top/shared/one.txt
echo ONE = 1 >$top/shared/one.py
echo TWO = 1 >$top/shared/two.py
ln -s ../../top/shared $mid/tests/shared
put $mid/tests/test_mid.py <<\END
from shared import one


def test_one():
    assert one.ONE
END
ln -s ../top/shared/one.txt $low/one.txt
git_all 'Links'
echo 2 >$top/shared/one.txt
affected --since HEAD <<END
$low/tests/test_extra.py
$low/tests/test_low.py
$top/tests/test_top.py
END
git checkout -q .
echo TWO = 1 >>$top/shared/one.py
affected --since HEAD <<END
$mid/tests/test_mid.py
END
git checkout -q .
rm $top/shared/one.py
affected --since HEAD <<END
$mid/tests/test_mid.py
END
git checkout -q .
rm $top/shared/one.txt
affected --since HEAD <<END
$low/tests/test_extra.py
$low/tests/test_low.py
$mid/tests/test_mid.py
$top/tests/test_top.py
END
again

t 'no such revision, or one that is not a commit'
build_fail 2 -t affected --since nosuch
expect_err "unknown revision 'nosuch' (git branch -a and git tag list"
build_fail 2 --since origin/main
expect_err "unknown revision 'origin/main' (git fetch origin main brings it)"
build_fail 2 --since 'HEAD^{tree}'
expect_err "'HEAD^{tree}' is no commit"
build_fail 2 --since=
expect_err '--since: empty'
build_fail 2 -t affected
expect_err 'expected either files or --since REV'
build_fail 2 -t affected --since HEAD pyproject.toml
expect_err 'expected either files or --since REV'

t 'a shallow clone says what it needs'
git checkout -q -b clone start
echo '# mine' >>$top/src/top/core.py
git commit -qam 'Mine'
git clone -q --depth 1 --no-single-branch "file://$PWD" "$T_DIR/shallow"
cd "$T_DIR/shallow" || exit 2
build_fail 2 --since origin/main
expect_err 'git fetch --unshallow (in GitHub Actions: fetch-depth: 0)'
build_fail 2 --since HEAD~1
expect_err 'git fetch --unshallow'
git fetch -q --unshallow
affected --since origin/main <<END
$top/tests/test_top.py
END
cd "$T_DIR/work" || exit 2

t 'an index that libgit2 cannot read'
git update-index --split-index
build_fail 3 --since HEAD
expect_err 'git update-index --no-split-index'
affected $low/src/low/extra.py <<END
$low/tests/test_extra.py
END
git update-index --no-split-index
nothing --since HEAD

t 'no repository at all, and a ninja file'
git checkout -q main
mv .git "$T_DIR/git"
build_fail 2 --since HEAD
expect_err 'is in no git repository'
expect_err 'tgraph -t affected FILE...'
affected $low/src/low/extra.py <<END
$low/tests/test_extra.py
END
fresh
manifest </dev/null
build_fail 2 --since HEAD
expect_err 'since'
build_fail 2 -t affected x
expect_err '-t affected is for Python repositories'

end
