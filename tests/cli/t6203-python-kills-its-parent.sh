#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A test that kills the processes that run it: never a pass from half a run,
# nothing of it lives on, and other files are as ever.
. "$(dirname "$0")/../lib.sh"
[ -d /proc/self ] || skip_all 'there is no /proc'

put pyproject.toml <<\END
[project]
name = "faults"
version = "1"
END
for n in 1 2 3 4; do
	put tests/test_good$n.py <<\END
def test_good():
    pass
END
done
# Holds a lock for as long as it lives.
put tests/killing.py <<END
import fcntl
import os
import signal

LOCK = open("$T_DIR/lock", "w")


def parent(pid):
    with open("/proc/%d/stat" % pid) as f:
        return int(f.read().rsplit(")", 1)[1].split()[1])


def name(pid):
    with open("/proc/%d/cmdline" % pid) as f:
        return f.read()


def kill(pid):
    fcntl.lockf(LOCK, fcntl.LOCK_EX)
    os.kill(pid, signal.SIGKILL)
END

# over: waits until no process holds the lock.
over() {
	check timeout 60 python3 -c "import fcntl
fcntl.lockf(open('$T_DIR/lock', 'w'), fcntl.LOCK_EX)"
}

for T_way in '' --no-workers; do
	t "its parent dies $T_way"
	put tests/test_parent.py <<\END
import os
import signal
import killing


def test_first():
    pass


def test_kill():
    killing.kill(os.getppid())
    signal.pause()


def test_last():
    pass
END
	# shellcheck disable=SC2086
	build_tests_fail 1 -j2 $T_way
	status tests/test_parent.py crashed
	for n in 1 2 3 4; do status tests/test_good$n.py passed; done
	expect_out 'killed by SIGKILL before its end'
	over
	# shellcheck disable=SC2086
	build_tests_fail 1 $T_way
	tests_ran tests/test_parent.py
	over
	rm tests/test_parent.py
done

t 'its worker dies, once: it runs again'
put tests/test_grand.py <<END
import os
import signal
import time
import killing


def test_kill():
    pid = killing.parent(os.getppid())
    if "worker" in killing.name(pid):
        killing.kill(pid)
        signal.pause()


def test_last():
    with open("$T_DIR/ended", "a") as f:
        f.write("x\\n")
END
build_tests -j2
status tests/test_grand.py passed
over
holds "$T_DIR/ended" x
build_tests
tests_ran -

t 'the worker dies of each of several files'
for n in 1 2 3 4 5; do cp tests/test_grand.py tests/test_grand$n.py; done
rm "$T_DIR/ended"
build_tests -j2
for n in 1 2 3 4 5; do status tests/test_grand$n.py passed; done
over
same 5 "$(wc -l <"$T_DIR/ended" | tr -d ' ')"
build_tests
tests_ran -

end
