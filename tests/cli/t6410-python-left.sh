#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tgraph and its workers are killed in the middle of a test: what the test has
# started is ended by the next run, before the test runs again.
. "$(dirname "$0")/../lib.sh"

[ -e /proc/self/stat ] || skip_all 'no /proc: only leaders of groups are known'

put pyproject.toml <<\END
[project]
name = "x"
version = "1"
END
put tests/test_a.py <<\END
import os, signal, subprocess, time
def test_a():
    if os.path.exists("../again"):
        return
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with open("../log", "a") as log:
        one = subprocess.Popen(["sh", "-c", "trap '' TERM; while :; do "
                               "sleep 0.05; echo x >../beat; done"],
                               stdout=log, stderr=log)
    with open("../pids.new", "w") as f:
        print(os.getpid(), one.pid, file=f)
    os.rename("../pids.new", "../pids")
    one.wait()
END

# is_gone PID...: that nobody has asked how it ended does not count.
is_gone() {
	for T_x do
		check_not grep -qsv ') [ZX] ' "/proc/$T_x/stat"
	done
}

# below PID: the processes that it started, those that these did, and so on.
below() {
	for T_x in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
		echo "$T_x"
		(below "$T_x")
	done
}

for way in workers no-workers; do
	t "$way"
	rm -f ../pids ../again
	opt=
	[ $way = workers ] || opt=--no-workers
	"$T_PROG" $opt >"$T_OUT" 2>&1 </dev/null 3>&- &
	first=$!
	T_i=0
	while [ ! -e ../pids ] && [ $T_i -lt 3000 ]; do
		sleep 0.01
		T_i=$((T_i + 1))
	done
	check [ -e ../pids ]
	# All but the test and what it has started.
	read -r child one <../pids
	others=$(below $first | grep -vxF -e "$child" -e "$one")
	kill -9 $first $others
	wait $first 2>/dev/null
	: >../again
	build_tests $opt
	status tests/test_a.py passed
	# shellcheck disable=SC2046
	is_gone $(cat ../pids)
	rm -rf .tgraph "$XDG_CACHE_HOME"
done

end
