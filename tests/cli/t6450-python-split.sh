#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A file that takes longer than all others, in several processes at once.
. "$(dirname "$0")/../lib.sh"

NOTES=$T_DIR/notes
export NOTES

# way WORD [FILE]: the report says that the file was run so.
way() { same "$1" "$(T_field "${2:-test_long.py}" way)" 'way'; }
# processes: how many ran tests since the last call.
processes() {
	sort -u "$NOTES" | wc -l | tr -d ' '
	rm -f "$NOTES"
}

# app SECONDS [TEXT]: a file of eight tests; TEXT comes before them, and they
# call it(n) if it defines that. Alone in its tree it is all there is to do.
app() {
	fresh
	rm -f "$NOTES"
	put pyproject.toml <<\END
[project]
name = "app"
version = "1"
[tool.tgraph]
split = true
END
	put test_long.py <<END
import os
import time

import pytest


def it(n):
    time.sleep($1)


${2-}
@pytest.mark.parametrize("n", range(8))
def test(n):
    with open(os.environ["NOTES"], "a") as out:
        print(os.getpid(), file=out)
    it(n)
END
	git_all 'App'
}

# ids: the items that the JUnit report has, without times.
ids() { sed 's/ time="[^"]*"//g; s/ timestamp="[^"]*"//g' "$1"; }

t 'it is in one process as long as nobody knows that it takes long'
# In several, each waits until there is another one.
app 0.2 'HERE = os.getpid()
def it(n):
    time.sleep(0.2)
    for i in range(6000 if os.getpid() != HERE else 0):
        with open(os.environ["NOTES"]) as f:
            if len(set(f)) > 1:
                break
        time.sleep(0.01)
'
build_tests -j4 --junit "$T_DIR/one.xml"
way fork
counts passed=8
same 1 "$(processes)"

t 'and then in several, with the same report, and in no cache'
build_tests -j4 --rerun --no-cache --junit "$T_DIR/more.xml"
way split
counts passed=8
check [ "$(processes)" -gt 1 ]
ids "$T_DIR/one.xml" >"$T_DIR/one"
ids "$T_DIR/more.xml" >"$T_DIR/more"
check cmp "$T_DIR/one" "$T_DIR/more"
build_tests
tests_ran -
build -t why test_long.py
expect_out 'last run: by split of'
build_tests -j4 --rerun --no-cache -d stats
way split
expect_out 'split of'
rm -rf .tgraph
build_tests -j4
tests_cached test_long.py

t 'with one job there are no others'
build_tests -j1 --rerun --no-cache
way fork

t 'a result in parts is not put into the cache'
app 0.2
build_tests -j4 --no-cache
build_tests -j4 --rerun --no-cache
way split
echo '# edited' >>test_long.py
build_tests -j4
way split
rm -rf .tgraph
build_tests -j4
tests_ran test_long.py
way fork

t 'nor does it count where that is not wanted any more'
build_tests -j4 --rerun --no-cache
way split
sed 's/split = true/split = false/' pyproject.toml >new
mv new pyproject.toml
build -t why test_long.py
expect_out 'its tests ran in several processes'
build_tests -j4
tests_ran test_long.py
way fork
build_tests -j4
tests_ran -

t 'what fails in parts is run whole, once and for all'
app 0.2 'HAD = []
def it(n):
    time.sleep(0.2)
    assert HAD == list(range(n))
    HAD.append(n)
'
build_tests -j4 --no-cache
build_tests -j4 --rerun --no-cache
way fork
counts passed=8 failed=0
rm -f "$NOTES"
build_tests -j4 --rerun --no-cache
way fork
same 1 "$(processes)"

t 'a failure is that of the file'
app 0.2 'def it(n):
    time.sleep(0.2)
    assert n != 5 or not os.path.exists("bad")
'
build_tests -j4 --no-cache
touch bad
build_tests_fail 1 -j4 --rerun --no-cache
way fork
counts passed=7 failed=1
rm bad
build_tests -j4 --no-cache
counts passed=8

t 'so is an end that is none'
app 0.2 'def it(n):
    time.sleep(0.2)
    if n == 5 and os.path.exists("bad"):
        os._exit(0)
'
build_tests -j4 --no-cache
touch bad
build_tests_fail 1 -j4 --rerun --no-cache
status test_long.py crashed
rm bad

t 'and a test that hangs, once'
app 0.2 'def it(n):
    time.sleep(0.2)
    while n == 5 and os.path.exists("bad"):
        time.sleep(1)
'
build_tests -j4 --no-cache
touch bad
rm -f "$NOTES"
build_tests_fail 1 -j4 --rerun --no-cache --timeout 6
status test_long.py timeout
check [ "$(wc -l <"$NOTES")" -le 8 ]
rm bad

t 'a path has a setting of its own, and others have none'
app 0
cp test_long.py test_other.py
cp test_long.py test_lim.py
put pyproject.toml <<\END
[project]
name = "app"
version = "1"
[tool.tgraph]
split = true

[[tool.tgraph.path]]
paths = ["test_other.py"]
split = false

[[tool.tgraph.group]]
paths = ["test_lim.py"]
END
build -t manifest
same 1 "$(grep -c 'tg_split = 1' "$T_OUT")"
sed '/^split = true/a\
isolation = "batch"' pyproject.toml >new
mv new pyproject.toml
build -t manifest
no_out 'tg_split'
put pyproject.toml <<\END
[project]
name = "app"
version = "1"
[[tool.tgraph.path]]
paths = ["test_other.py"]
END
build_fail 2
expect_err '[[tool.tgraph.path]] needs isolation, split, cache, inputs or env'

end
