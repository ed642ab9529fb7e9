#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What ninja has not: failures again at the end, time limits, traces, counts.
. "$(dirname "$0")/../lib.sh"

manifest <<\END
tg_cache = 1
rule ok
  command = echo fine; cat $in >$out; sleep 0.04
  description = $out
rule bad
  command = echo "the reason of $out"; exit 3
rule hang
  command = exec sleep 60
build f1: bad
build a: ok in
build b: ok a
build f2: bad
build slow: hang
  tg_timeout = 0.2
END
echo 1 >in

t 'failures are shown again at the end'
build_fail 1 -j1 -k0 f1 a b f2
same 2 "$(grep -c 'the reason of f1$' "$T_OUT")" 'blocks of f1'
expect_out '2 of 4 steps failed:'
same 'the reason of f2' "$(tail -n 2 "$T_OUT" | head -n 1)" 'the last block'

t 'but not one that nothing came after'
build_fail 1 -j1 f1
no_out 'steps failed'
same 1 "$(grep -c 'the reason of f1$' "$T_OUT")" 'blocks of f1'

t 'a step that takes longer than tg_timeout is ended'
build_fail 1 slow
expect_out 'TIMEOUT'
missing slow

t '-d stats counts'
rm -rf .tgraph a b
build -d stats a b
expect_out 'up to date 0, restored 0, ran 2, failed 0'
# and times: load and save once, three files looked at, two steps of at least
# 0.04 s each, one after the other
awk '$2 == "stats:" && $3 ~ /^(load|look|run|save)$/ { print $3, $4 }
$3 == "run" && $6 < 80 { print "too quick" }' "$T_OUT" >times
same 'load 1,look 3,run 2,save 1,' "$(tr '\n' , <times)" 'counts with times'
build -d stats a b
expect_out 'up to date 2, restored 0, ran 0, failed 0'

t 'an old state comes back from the cache, with what was printed'
echo 2 >in
build -d stats a b
expect_out 'ran 2'
echo 1 >in
build -d stats a b
expect_out 'restored 2, ran 0'
expect_out fine
holds b 1
build_null a b

t 'but what was removed is made again'
rm b
build -d stats a b
expect_out 'restored 0, ran 1'

t '--cache: another directory takes the results'
build --cache="$T_DIR/shared" a b
echo 3 >in
build --cache="$T_DIR/shared" a b
mkdir ../other
cp build.ninja in ../other
cd ../other || exit 2
build --cache="$T_DIR/shared" -d stats a b
expect_out 'restored 2, ran 0'
holds b 3
cd ../work || exit 2

t 'what only tests of a Python repository know is not passed over'
for option in --junit=j.xml --json=j.json --last --failed --match=x \
		--pytest-k=x --pytest-m=x --python=3.11 --package=. --expand \
		--package-jobs=1 --version-jobs=1 --no-parallel-packages \
		--all-pythons --include-prerelease --require-all-pythons; do
	build_fail 2 $option a
	expect_err "${option%%=*} is for Python repositories; here steps are those of the ninja file build.ninja"
done
missing j.xml j.json
build --timeout=9 --no-workers --no-cache a

t '--rerun runs every step that the targets need, and no other'
build a b
build --rerun b
ran a b
expect_out fine
build_null a b
build -n --rerun a
ran a
build -d explain --rerun a
expect_err 'explain: a is to be run again'
fresh
manifest <<\END
rule remake
  command = echo remake >>log; cp $in $out
  generator = 1
rule stamp
  command = echo $out >>log; : >$out
  description = $out
rule touch
  command = echo $out >>log; touch $out
  restat = 1
rule copy
  command = echo $out >>log; echo ninja_dyndep_version = 1 >$out; $
    echo build dyn: dyndep '|' r >>$out
build build.ninja: remake in
build s: stamp in2
build r: touch s
build last: stamp r
build p: phony last
build dd: stamp
build dyn: stamp || dd2
  dyndep = dd2
build dd2: copy dd
build alone: stamp
END
cp build.ninja in
: >in2
build p dyn
rm log
build --rerun p dyn
sort log >got
expect_lines got <<\END
dd
dd2
dyn
last
r
s
END
build_null p dyn

t 'what needs a step that was run again runs in its turn'
build --rerun s
ran s
build p dyn
ran r last dyn
build_null p dyn

t '--retries: failed steps run again'
fresh
manifest <<\END
rule flaky
  command = echo try $out; echo x >>$out.n; [ $$(wc -l <$out.n) -ge $need ] $
    && touch $out
build a: flaky
  need = 3
build b: flaky
  need = 2
  tg_retries = 1
build c: flaky
  need = 2
  tg_retries = 0
build d: flaky | a
  need = 1
END
build --retries=2 a d
expect_out 'FLAKY: a (failed before it passed)'
no_out 'FLAKY: d'
no_out FAILED
holds a.n 'x
x
x'
same 2 "$(grep -c '^\[./2\] ' "$T_OUT")" 'status lines'
build_null --retries=2 a d
rm a.n a
build_fail 1 --retries=1 a
holds a.n 'x
x'
expect_out FAILED
build b
expect_out 'FLAKY: b'
build_fail 1 --retries=5 c
holds c.n x

t '--trace'
fresh
manifest <<\END
rule ok
  command = echo fine; cat $in >$out; sleep 0.04
build a: ok in
build b: ok a
END
echo 4 >in
build --trace=t/trace.json -j2 a b
check python3 - <<\END
import json
with open("t/trace.json") as f:
    events = json.load(f)["traceEvents"]
assert sorted(e["name"] for e in events) == ["a", "b"], events
a, b = sorted(events, key=lambda e: e["name"])
assert a["ph"] == "X" and a["cat"] == "ok", a
assert a["ts"] + a["dur"] <= b["ts"] + 1, events
assert a["args"]["critical"] and b["args"]["critical"], events
assert "cat in" in a["args"]["command"], a
END
mkdir t/below
cd t/below || exit 2
echo 5 >../../in
build -C ../.. --trace=t/other.json a
exists ../other.json
missing t
echo 5 >in
build -f ../../build.ninja --trace=own.json a
exists own.json a
cd ../.. || exit 2

t 'how a test file crashed is said, whichever way it ran'
fresh
put test_signal.py <<\END
import os
import signal


def test_a():
    os.kill(os.getpid(), signal.SIGKILL)
END
put test_exit.py <<\END
import os


def test_a():
    os._exit(0)
END
git_all 'Crashes'
for way in '' --no-workers; do
	# shellcheck disable=SC2086
	build_tests_fail 1 $way
	expect_out 'CRASHED test_signal.py (work, py'
	expect_out 'killed by SIGKILL in test_signal.py::test_a; 1 failed'
	expect_out 'ended with exit code 0 in test_exit.py::test_a; 1 failed'
done

t 'tests that are shuffled: the rerun has the seed of the failure'
fresh
put conftest.py <<\END
def pytest_addoption(parser):
    parser.addoption("--randomly-seed", default="12345")


def pytest_report_header(config):
    return "Using --randomly-seed=" + config.getoption("--randomly-seed")
END
put test_a.py <<\END
def test_a(request):
    assert request.config.getoption("--randomly-seed") != "12345"
END
git_all 'Shuffled'
build_tests_fail 1
expect_out '  rerun: PYTEST_ADDOPTS="--randomly-seed=12345" tgraph test_a.py'
PYTEST_ADDOPTS=-rs build_tests_fail 1
expect_out '  rerun: PYTEST_ADDOPTS="$PYTEST_ADDOPTS --randomly-seed=12345" tgraph'
PYTEST_ADDOPTS="--randomly-seed=1" build_tests test_a.py

t 'one file alone is told once'
fresh
echo 'def test_a(): assert False' >test_a.py
git_all 'One'
build_tests_fail 1
same 1 "$(grep -c '^FAILED test_a.py' "$T_OUT")"
echo 'def test_b(): pass' >test_b.py
build_tests_fail 1
same 2 "$(grep -c '^FAILED test_a.py' "$T_OUT")"

t 'what breaks every file is shown once'
fresh
for i in 1 2 3; do
	echo 'def test_a(): pass' >test_$i.py
done
put conftest.py <<\END
import there_is_no_such_module
END
git_all 'Broken'
build_tests_fail 1
same 3 "$(grep -c '^  rerun: ' "$T_OUT")"
same 1 "$(grep -c 'No module named .there_is_no' "$T_OUT")"
same 2 "$(grep -c '^  the same log as that of test_1.py' "$T_OUT")"
build_tests_fail 1 -v
same 3 "$(grep -c 'No module named .there_is_no' "$T_OUT")"

t 'what pytest was told wrong is said once'
fresh
for i in 1 2 3; do
	echo 'def test_a(): pass' >test_$i.py
done
git_all 'Good'
build_tests_fail 1 -- --no-such-option
same 1 "$(grep -c 'unrecognized arguments: --no-such-option' "$T_OUT")"
no_out 'the same log as'
expect_out 'FAILED test_3.py - usage error'
build_tests_fail 1 -v -- --no-such-option
same 3 "$(grep -c 'unrecognized arguments: --no-such-option' "$T_OUT")"

t 'what breaks every test is shown once'
fresh
put conftest.py <<\END
import pytest


@pytest.fixture
def server():
    raise OSError("the server of this suite does not answer at this time")
END
for i in 1 2; do
	put test_$i.py <<\END
def test_a(server): pass
def test_b(server): pass
def test_c(): assert 0
END
done
git_all 'Down'
build_tests_fail 1
same 4 "$(grep -c '^  error test_' "$T_OUT")"
same 3 "$(grep -c '^    the same text as that of test_1.py::test_a$' "$T_OUT")"
same 1 "$(grep -c '^E *OSError: the server' "$T_OUT")"
# A text that is short, and one that says where, are shown.
same 2 "$(grep -c '^E *assert 0' "$T_OUT")"
build_tests_fail 1 -v
no_out 'the same text'

end
