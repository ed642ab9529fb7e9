#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs in several terminals, of the same repository, at the same time.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "x"
version = "1"
END
# Each notes that it has begun, and ends when it is told to: by a signal, as what
# it looked at would be an input.
for f in a b c; do
	put tests/test_$f.py <<END
import os, signal

HERE = "$T_DIR/"


def test_$f():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    with open(HERE + "log", "a") as f:
        f.write("$f\\n")
    with open(HERE + "begun-$f", "w") as f:
        f.write(str(os.getpid()))
    signal.sigwait([signal.SIGUSR1])
END
done
echo 'def test_d(): pass' >tests/test_d.py
: >"$T_DIR/log"
git_all Four

# wait_for PID FILE: until it is there, or nobody is left to make it.
wait_for() {
	until [ -s "$2" ]; do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.01
	done
}
# go FILE: it may end, if it has begun; soon FILE: as soon as it has, or at once
# if it had already
go() {
	T_pid=$(cat "$T_DIR/begun-$1")
	rm "$T_DIR/begun-$1"
	kill -USR1 "$T_pid"
}
soon() {
	(wait_for $$ "$T_DIR/begun-$1" && go "$1") 3>&- &
}
# says PID FILE TEXT: the same, of what it prints
says() {
	until grep -q "$3" "$2"; do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.01
	done
}
# start NAME ARG...: in the background; its pid is in $started
start() {
	T_to=$1
	shift
	: >"$T_DIR/$T_to.out"
	"$T_PROG" "$@" >"$T_DIR/$T_to.out" 2>&1 </dev/null 3>&- &
	started=$!
}
# again: nothing is known of the three any more. (An edit just before they run may
# be one while they do.)
again() {
	rm -rf "$T_DIR"/begun-* .tgraph "$XDG_CACHE_HOME"
	mkdir "$XDG_CACHE_HOME"
	: >"$T_DIR/log"
	build tests/test_d.py
}
# ended PID CODE: it has, with that
ended() {
	wait "$1"
	same "$2" $? 'exit code'
}
each_once() {
	same 'a b c' "$(echo $(sort "$T_DIR/log"))" 'what ran'
}

t 'another file does not wait'
start one -j1 tests/test_a.py
one=$started
wait_for $one "$T_DIR/begun-a"
soon b
build tests/test_b.py
expect_out '1 file: 1 passed in'
check [ -e "$T_DIR/begun-a" ]
check kill -0 $one
go a
ended $one 0
soon c
build_tests
tests_ran tests/test_c.py tests/test_d.py
each_once
build_null
check [ ! -e .tgraph/tests~1.guest ]

t 'the same file is waited for, and not run again'
again
start one tests/test_a.py
one=$started
wait_for $one "$T_DIR/begun-a"
start two tests/test_a.py
two=$started
says $two "$T_DIR/two.out" waiting
check grep -q "another tgraph (pid $one) works here; waiting" "$T_DIR/two.out"
go a
ended $one 0
ended $two 0
holds "$T_DIR/log" a
check grep -q '1 file: 1 passed (1 file cached' "$T_DIR/two.out"

t 'one that fails has failed for both, each time it is run'
again
sed -i.bak 's/^    signal.sigw/    assert HERE == 1\n&/' tests/test_a.py
rm tests/*.bak
start one tests
one=$started
wait_for $one "$T_DIR/begun-b"
soon c
build_fail 1 tests/test_a.py
go b
ended $one 1
build_fail 1
expect_out '1 failed'
sed -i.bak '/assert HERE/d' tests/test_a.py
rm tests/*.bak "$T_DIR/begun-a"
soon a
build
build_null

t 'all in both: each file runs once'
again
start one -j2
one=$started
start two -j2
two=$started
for f in a b c; do
	wait_for $one "$T_DIR/begun-$f"
	go $f
done
ended $one 0
ended $two 0
each_once
check grep -q '^4 files: 4 passed' "$T_DIR/one.out"
check grep -q '^4 files: 4 passed' "$T_DIR/two.out"
build_null

t 'the first ends first: what the second did is known, and one of a third'
again
start one -j1 tests/test_a.py
one=$started
wait_for $one "$T_DIR/begun-a"
start two -j1 tests/test_b.py
two=$started
wait_for $two "$T_DIR/begun-b"
start three -j1 tests/test_c.py
three=$started
wait_for $three "$T_DIR/begun-c"
go a
ended $one 0
go b
ended $two 0
build --last tests/test_b.py
expect_out '1 file: 1 passed (last results'
build_null tests/test_a.py
build_null tests/test_b.py
go c
ended $three 0
each_once
build_null
each_once

t 'the first is killed: what it was at runs again, and nothing else'
again
start one -j1 tests/test_a.py
one=$started
wait_for $one "$T_DIR/begun-a"
start two -j2 tests/test_b.py tests/test_a.py
two=$started
wait_for $two "$T_DIR/begun-b"
says $two "$T_DIR/two.out" waiting
kill -9 $one
wait $one 2>/dev/null
rm "$T_DIR/begun-a"
soon a
go b
ended $two 0
same 'a a b' "$(echo $(sort "$T_DIR/log"))" 'what ran'
soon c
build
build_null

t 'the second is killed: what it had done is kept'
again
start one -j1 tests/test_a.py
one=$started
wait_for $one "$T_DIR/begun-a"
soon b
build tests/test_b.py
start two -j1 tests/test_c.py
two=$started
wait_for $two "$T_DIR/begun-c"
kill -9 $two
wait $two 2>/dev/null
rm "$T_DIR/begun-c"
go a
ended $one 0
soon c
build
same 'a b c c' "$(echo $(sort "$T_DIR/log"))" 'what ran'
build_null

t 'an edit while both run: neither takes the other for the edited file'
again
start one -j1 tests/test_a.py
one=$started
wait_for $one "$T_DIR/begun-a"
echo 'def test_more(): assert 0' >>tests/test_a.py
start two -j1 tests/test_a.py
two=$started
says $two "$T_DIR/two.out" waiting
go a
soon a
ended $one 0
ended $two 1
soon a
build_fail 1 tests/test_a.py
sed -i.bak '/test_more/d' tests/test_a.py
rm tests/*.bak
soon a
build tests/test_a.py

t 'single tests too'
again
start one -j1 tests/test_a.py::test_a
one=$started
wait_for $one "$T_DIR/begun-a"
soon b
build tests/test_b.py::test_b
check kill -0 $one
go a
ended $one 0

t 'those that must not meet do not, nor are two told the same number'
again
put pyproject.toml <<\END
[project]
name = "x"
version = "1"
[[tool.tgraph.group]]
paths = ["tests/test_a.py", "tests/test_b.py"]
limit = 1
END
put tests/test_c.py <<END
import os
def test_c():
    open("$T_DIR/told", "w").write(os.environ["PYTEST_XDIST_WORKER"])
END
start one -j1 tests/test_a.py
one=$started
wait_for $one "$T_DIR/begun-a"
start two -j1 tests/test_b.py
two=$started
says $two "$T_DIR/two.out" waiting
check [ ! -e "$T_DIR/begun-b" ]
build -j1 tests/test_c.py
check grep -q '^gw[1-9]000$' "$T_DIR/told"
soon b
go a
ended $one 0
ended $two 0

t '--no-wait'
git checkout -q pyproject.toml tests/test_c.py
again
start one -j1 tests/test_a.py
one=$started
wait_for $one "$T_DIR/begun-a"
build_fail 3 --no-wait tests/test_c.py
expect_err "$one"
start two -j1 tests/test_b.py
two=$started
wait_for $two "$T_DIR/begun-b"
go a
ended $one 0
build_fail 3 --no-wait tests/test_c.py
expect_err "$two"
go b
ended $two 0
soon c
build --no-wait tests/test_c.py

end
