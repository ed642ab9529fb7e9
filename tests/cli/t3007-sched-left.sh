#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tgraph is killed, and what its steps have started is not: the next run ends
# that before it does anything else, and nothing that is not of the killed one.
. "$(dirname "$0")/../lib.sh"

[ -e /proc/self/stat ] || skip_all 'no /proc: only leaders of groups are known'

# until_there FILE...: until all are there and filled.
until_there() {
	for T_f do
		T_i=0
		while [ ! -s "$T_f" ] && [ $T_i -lt 2000 ]; do
			sleep 0.01
			T_i=$((T_i + 1))
		done
	done
}

# killed TARGET FILE...: starts a run, kills it when the files are there.
killed() {
	rm -f go
	"$T_PROG" "$1" >/dev/null 2>&1 </dev/null 3>&- &
	T_pid=$!
	shift
	until_there "$@"
	kill -9 $T_pid
	wait $T_pid 2>/dev/null
}

# is_gone FILE: the process whose id is in it; that nobody has asked how it
# ended does not count.
is_gone() {
	check_not grep -qsv ') [ZX] ' "/proc/$(cat "$1")/stat"
}

step='while [ ! -e go ]; do sleep 0.01; done; echo bad >>$out'
manifest <<END
rule two
  command = if [ -e again ]; then echo good >\$out; else $
    echo \$\$\$\$ >pid; $step; fi
rule below
  command = if [ -e again ]; then echo good >\$out; else $
    (sh -c 'echo \$\$\$\$ >pid; $step' & wait; :); fi
rule silent
  command = if [ -e again ]; then echo good >\$out; else $
    (sh -c 'echo \$\$\$\$ >pid; $step' & wait; :) >log 2>&1 </dev/null; fi
rule stubborn
  command = if [ -e again ]; then echo good >\$out; else trap '' TERM; $
    (echo \$\$\$\$ >pid; $step); :; fi
rule apart
  command = if [ -e again ]; then echo good >\$out; else $
    python3 group.py sh -c 'echo \$\$\$\$ >pid; $step'; :; fi
build two: two
build below: below
build silent: silent
build stubborn: stubborn
build apart: apart
build console: below
  pool = console
END
put group.py <<\END
import os, subprocess, sys
sys.exit(subprocess.run(sys.argv[1:], preexec_fn=os.setpgrp).returncode)
END

for kind in two below silent stubborn apart console; do
	t "the step: $kind"
	rm -f pid again "$kind"
	killed $kind pid
	: >again
	build $kind
	: >go
	is_gone pid
	holds $kind good
	build_null $kind
	check [ ! -e .tgraph/running ]
done

# Such a process is there in a container: its first one.
put reaper.py <<\END
import ctypes, os, subprocess, sys, time
if ctypes.CDLL(None).prctl(36, 1, 0, 0, 0):
    sys.exit(1)
p = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
open("killed", "w").write(f"{p.pid}\n")
while not os.path.exists("again"):
    time.sleep(0.01)
while not os.path.exists("go"):
    time.sleep(0.01)
END
for kind in silent console; do
	t "who takes in what was left is in its session: $kind"
	rm -f pid again go killed $kind
	python3 reaper.py "$T_PROG" $kind 2>/dev/null </dev/null 3>&- &
	reaper=$!
	until_there pid killed
	if kill -0 $reaper 2>/dev/null; then
		kill -9 "$(cat killed)"
		: >again
		build $kind
		: >go
		wait $reaper
		is_gone pid
		holds $kind good
		build_null $kind
	else
		skip 'no process can take in others'
	fi
done

t 'a run that is killed while another waits for it'
rm -f pid again go below
"$T_PROG" below >/dev/null 2>&1 </dev/null 3>&- &
first=$!
until_there pid
"$T_PROG" below >waits 2>&1 </dev/null 3>&- &
second=$!
until_there waits
check grep -q 'works here; waiting' waits
: >again
kill -9 $first
wait $first 2>/dev/null
wait $second
same 0 $? 'exit code of the one that waited'
: >go
is_gone pid
holds below good
build_null below
rm -f waits

t 'it is said, once'
rm -f pid again below
killed below pid
: >again
build below
same 1 "$(grep -c 'ending what a killed run left' "$T_OUT")" 'lines'
build below
no_out 'ending what'

t 'a run that is alive is let be, and so is who only has the number'
rm -f pid again go two below
sed 's/>pid/>pid2/; s/go ]/go2 ]/' build.ninja >other.ninja
"$T_PROG" -f other.ninja two >/dev/null 2>&1 </dev/null 3>&- &
alive=$!
until_there pid2
sh -c 'echo $$ >innocent; while [ ! -e go2 ]; do sleep 0.01; done' \
	>/dev/null 2>&1 3>&- &
innocent=$!
until_there innocent
killed below pid
check [ "$(ls .tgraph/running | wc -l)" = 2 ]
# The line of the killed one's step, with another's number, which was started
# since: a second is 100 ticks.
file=$(ls .tgraph/running/$T_pid.*)
sed "2s/^[0-9]*/$innocent/" "$file" >"$file.new"
sed -n '2,$s/ *$//p' "$file.new" | awk '{
	for (i = 2; i < 4; i++)
		$i = sprintf("%.0f", $i - 100)
	printf "%-111s\n", $0
}' >lines
{ head -n 1 "$file"; cat lines; } >"$file.new"
cp "$file.new" .tgraph/running/1.0
rm "$file.new"
: >again
build two
check kill -0 "$(cat pid2)"
check kill -0 $innocent
check [ "$(ls .tgraph/running)" = "$(basename .tgraph/running/$alive.*)" ]
: >go2
wait $alive
same 0 $? 'exit code of the one alive'
wait $innocent
same 0 $? 'exit code of the other process'
check [ ! -e .tgraph/running ]

t 'what a step has started on purpose, and left, is let be'
fresh
manifest <<\END
rule daemon
  command = setsid sh -c 'echo $$$$ >daemon; while [ -e daemon ]; do $
    sleep 0.01; done' >/dev/null 2>&1 & $
    if [ -e again ]; then echo good >$out; else echo x >pid; $
    while [ ! -e go ]; do sleep 0.01; done; fi
build out: daemon
END
if command -v setsid >/dev/null; then
	killed out pid daemon
	pid=$(cat daemon)
	: >again
	build out
	check kill -0 "$pid"
else
	skip 'there is no setsid'
fi
rm -f daemon

t 'a run below the killed one, and what that runs'
fresh
manifest <<\END
rule nest
  command = tgraph $of && touch $out
rule slow
  command = if [ -e again ]; then echo good >$out; else $
    (sh -c 'echo $$$$ >pid; while [ ! -e go ]; do sleep 0.01; done; $
    echo bad >>$out' & wait; :); fi
build a: slow
build n: nest
  of = a
build m: nest
  of = n
END
killed m pid
: >again
build m
: >go
is_gone pid
holds a good
build_null m a
check [ ! -e .tgraph/running ]

t 'files that are none of ours'
fresh
manifest <<\END
rule c
  command = echo x >$out
build a: c
build b: c
END
build a
mkdir .tgraph/running
: >.tgraph/running/7.0
echo '1 2 3' >.tgraph/running/8.0
head -c 1000 /dev/zero >.tgraph/running/9.0
build b
check [ ! -e .tgraph/running ]

end
