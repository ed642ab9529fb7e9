#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What test code can do to the process that runs it is never a pass, and never
# harms the results of other files.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "faults"
version = "1"
END
put tests/test_good.py <<\END
def test_good():
    pass
END

# one FILE STATUS: with test_good.py beside it, the file is told apart, and
# the second time it is not taken for up to date.
one() {
	build_tests_fail 1
	status "$1" "$2"
	status tests/test_good.py passed
	build_tests_fail 1
	status "$1" "$2"
	tests_cached tests/test_good.py
	rm "$1"
}

for T_way in '' --no-workers; do
	[ -z "$T_way" ] || {
		eval "build_tests_fail() { T_c=\$1; shift
			rm -f \"\$T_JSON\"
			build_fail \"\$T_c\" --json=\"\$T_JSON\" $T_way \"\$@\"; }"
		T_way=", in a process of its own"
	}

	t "os._exit(0) in mid-test$T_way"
	put tests/test_exit.py <<\END
import os


def test_before():
    pass


def test_exit():
    os._exit(0)


def test_after():
    pass
END
	one tests/test_exit.py crashed

	t "sys.exit(0) while it is imported$T_way"
	put tests/test_sysexit.py <<\END
import sys

sys.exit(0)


def test_never():
    pass
END
	one tests/test_sysexit.py failed

	t "a signal to itself$T_way"
	put tests/test_kill.py <<\END
import os
import signal


def test_kill():
    os.kill(os.getpid(), signal.SIGKILL)
END
	one tests/test_kill.py crashed

	t "a file that cannot be imported$T_way"
	put tests/test_import.py <<\END
import no_such_module_anywhere


def test_never():
    pass
END
	one tests/test_import.py failed

	t "a syntax error$T_way"
	put tests/test_syntax.py <<\END
def test_x(:
END
	one tests/test_syntax.py failed

	t "a hang, ended by the timeout$T_way"
	put tests/test_hang.py <<\END
import os
import signal
import time


def test_hang():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("before the hang", flush=True)
    open(os.environ["T_HANGS"], "w").close()
    while True:
        time.sleep(1000)
END
	build_hangs tests/test_hang.py
	status tests/test_hang.py timeout
	status tests/test_good.py passed
	rm tests/test_hang.py

	t "a result file that is removed by the test$T_way"
	put tests/test_remove.py <<\END
import atexit
import os
import threading
import time


def remove():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for top, _, names in os.walk(os.path.join(here, ".tgraph", "results")):
        for name in names:
            if name.startswith("test_remove"):
                os.unlink(os.path.join(top, name))


def test_remove():
    if os.fork() == 0:
        os.setsid()
        for _ in range(3000):
            remove()
            time.sleep(0.001)
        os._exit(0)
    atexit.register(remove)
END
	run --json="$T_JSON"
	# Either it was gone when the step ended, or it was there and good:
	# what is told as passed is on the disk then.
	T_checks=$((T_checks + 1))
	T_stat=$(T_field tests/test_remove.py status)
	case $T_stat in
	crashed) [ $T_rc = 1 ] || fail "crashed, but exited with $T_rc" ;;
	passed) [ $T_rc = 0 ] || fail "passed, but exited with $T_rc" ;;
	*) fail "status $T_stat" ;;
	esac
	rm tests/test_remove.py

	t "closed descriptors$T_way"
	put tests/test_closed.py <<\END
import os


def test_close():
    os.closerange(0, 256)
    assert False
END
	build_tests_fail 1
	T_checks=$((T_checks + 1))
	T_stat=$(T_field tests/test_closed.py status)
	case $T_stat in
	failed | crashed) ;;
	*) fail "status $T_stat" ;;
	esac
	status tests/test_good.py passed
	rm tests/test_closed.py
done

t 'a daemon that holds stdout does not hold the run, and does not outlive it'
put tests/test_daemon.py <<END
import subprocess


def test_daemon():
    child = subprocess.Popen(["sleep", "987654"])
    open("$T_DIR/daemon.pid", "w").write(str(child.pid))
END
run --json="$T_JSON"
same 0 "$T_rc" 'exit code'
status tests/test_daemon.py passed
# gone, or a zombie that nobody has waited for yet
T_stat=$(ps -o stat= -p "$(cat "$T_DIR/daemon.pid")" 2>/dev/null)
same '' "${T_stat%%Z*}" 'state of the daemon'
rm tests/test_daemon.py

t '100 MB of output'
put tests/test_big.py <<\END
def test_big():
    line = "x" * 999_999
    for _ in range(100):
        print(line)


def test_big_fails():
    for _ in range(3):
        print("y" * 1_000_000)
    assert False
END
build_tests_fail 1
status tests/test_big.py failed
counts failed=1
rm tests/test_big.py

t 'a result that a test has written itself'
put tests/test_forge.py <<\END
import glob
import os

KEPT = os.environ["KEPT"]


def test_forge():
    directory = os.path.dirname(open(KEPT + ".at").read().strip())
    for name in "json", "d":
        with open(KEPT + "." + name) as kept, \
                open(directory + "/test_forge." + name, "w") as out:
            out.write(kept.read())
    os._exit(0)
END
put tests/test_honest.py <<\END
def test_honest():
    pass
END
export KEPT="$T_DIR/kept"
build_tests --no-cache tests/test_honest.py
find "$PWD/.tgraph/results" -name test_honest.json >"$KEPT.at"
cp "$(cat "$KEPT.at")" "$KEPT.json"
cp "$(dirname "$(cat "$KEPT.at")")/test_honest.d" "$KEPT.d"
for way in '' --no-workers; do
	build_tests_fail 1 --no-cache --rerun $way tests/test_forge.py
	status tests/test_forge.py crashed
	counts passed=0
done
rm tests/test_forge.py tests/test_honest.py

t "a crash at the interpreter's end"
put tests/test_late.py <<\END
import ctypes


class Late:
    def __del__(self):
        ctypes.string_at(0)


late = Late()


def test_late():
    pass
END
for way in '' --no-workers; do
	build_tests_fail 1 --no-cache --rerun $way tests/test_late.py
	status tests/test_late.py crashed
	expect_out 'at its end, after its tests'
done
rm tests/test_late.py

t 'a suite without tests is no pass'
rm -r tests
put tests/test_empty.py <<\END
VALUE = 1
END
build_tests_fail 1
status tests/test_empty.py empty
counts passed=0

t 'a failing test fails at every run, a mended one is known at once'
rm -r tests
put tests/test_flip.py <<\END
def test_flip():
    assert 1 == 2
END
build_tests_fail 1
build_tests_fail 1
tests_ran tests/test_flip.py
put tests/test_flip.py <<\END
def test_flip():
    assert 1 == 1
END
build_tests
build_tests
tests_ran -

t 'a result that is changed or removed afterwards is made again'
find .tgraph/results -name 'test_flip.json' -exec sh -c 'echo "{}" >"$1"' - {} \;
build_tests --no-cache
tests_ran tests/test_flip.py
find .tgraph/results -name 'test_flip.*' -exec rm {} +
build_tests --no-cache
tests_ran tests/test_flip.py

end
