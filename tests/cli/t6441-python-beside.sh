#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files that fail only while others run count as they end alone.
. "$(dirname "$0")/../lib.sh"

NOTES=$T_DIR/notes FIXED=$T_DIR/fixed
export NOTES FIXED

# Two that use one directory. Who has it goes on until the other one has come,
# once.
user() {
	put tests/test_$1.py <<END
import os
import time

fixed = os.environ["FIXED"]


def note(text):
    with open(os.environ["NOTES"], "a") as out:
        out.write(text + " $1\n")


def until(name):
    end = time.monotonic() + 60
    while not os.path.exists(fixed + name) and time.monotonic() < end:
        time.sleep(0.01)


def test_dir():
    note("begin")
    try:
        try:
            os.mkdir(fixed)
        except FileExistsError:
            open(fixed + ".met", "w").close()
            $2
        until(".met")
        time.sleep(0.1)
        os.rmdir(fixed)
    finally:
        note("end")
END
}

# broken NAME: one that fails whatever is beside it.
broken() {
	put tests/test_$1.py <<END
import os


def test():
    with open(os.environ["NOTES"], "a") as out:
        out.write("begin $1\nend $1\n")
    assert not "$1"
END
}

app() {
	fresh
	rm -rf "$NOTES" "$FIXED" "$FIXED.met"
	put pyproject.toml <<END
[project]
name = "app"
version = "1"
${1-}
END
	user a raise
	user b raise
	git_all 'App'
}

most() {
	awk '$1 == "begin" { n++; if (n > most) most = n }
		$1 == "end" { n-- } END { print most + 0 }' "$NOTES"
}
began() { grep -c '^begin' "$NOTES"; }

t 'who fails beside another runs again alone'
app
build_tests -j2
counts passed=2
same 2 "$(most)"
same 3 "$(began)"
expect_err 'failed while other test files ran, and passed alone'
expect_err '[[tool.tgraph.group]]'
# Who had the directory asked for what the other one wrote meanwhile.
build_tests -j2
counts passed=2
same 4 "$(began)"
build_null -j2
same 4 "$(began)"

t 'and is not beside another again'
rm -f "$NOTES"
put tests/test_c.py <<\END
def test():
    pass
END
build_tests -j2 --rerun
counts passed=3
same 1 "$(most)"
same 2 "$(began)"
no_err 'failed while other'

t 'whatever the way'
for way in process batch shared; do
	app
	build_tests -j2 --isolation $way
	counts passed=2
	same 3 "$(began)"
	expect_err 'passed alone'
done

t 'a group does it too'
app '[[tool.tgraph.group]]
paths = ["tests"]'
touch "$FIXED.met"
build_tests -j2
counts passed=2
same 1 "$(most)"
no_err 'passed alone'

t 'what hangs beside another does not if it is alone'
# A limit that is longer than all else takes, on this machine.
for limit in 4 16 64; do
	app
	user b 'time.sleep(600)'
	user a 'time.sleep(600)'
	run -j2 --timeout $limit --json="$T_JSON"
	[ $T_rc != 0 ] || break
done
counts passed=2
expect_err 'passed alone'

t 'what fails alone too has failed'
app
rm tests/test_[ab].py
broken x
broken y
build_tests_fail 1 -j2
counts failed=2
check [ "$(began)" -le 4 ]
no_err 'passed alone'

t 'as long as nothing changes it need not show that again'
rm -f "$NOTES"
build_tests_fail 1 -j2
counts failed=2
n=$(began)
check [ "$n" -le 3 ]
rm -f "$NOTES"
build_tests_fail 1 -j1
same 2 "$(began)"
rm -f "$NOTES"
build_tests_fail 1 -j2
same 2 "$(began)"

t 'where much is broken it is not all run again'
app
rm tests/test_[ab].py
for i in 01 02 03 04 05 06 07 08 09 10; do broken x$i; done
build_tests_fail 1 -j4
counts failed=10
check [ "$(began)" -le 13 ]

t 'one at a time nothing is beside it'
app
rm tests/test_[ab].py
broken x
broken y
build_tests_fail 1 -j1
counts failed=2
same 2 "$(began)"

t 'the first failure ends the run only if it is one'
app
for i in 1 2 3 4 5 6; do
	put tests/test_z$i.py <<\END
def test():
    pass
END
done
build_tests -j2 -k1
counts passed=8
expect_err 'passed alone'
app
for i in 1 2 3 4 5 6; do
	broken z$i
done
rm tests/test_[ab].py
run -k1 -j2
same 1 "$T_rc"
check [ "$(began)" -le 4 ]

end
