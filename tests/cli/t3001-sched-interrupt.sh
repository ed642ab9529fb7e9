#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Interrupts: what an interrupted step wrote goes, the rest stays.
. "$(dirname "$0")/../lib.sh"
as_ninja

# interrupt SIGNAL: starts a build and sends the signal once "go" is there.
interrupt() {
	rm -f go
	# a shell has its background commands ignore SIGINT
	python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$T_PROG" -j3 >"$T_OUT" 2>"$T_ERR" </dev/null 3>&- &
	T_pid=$!
	T_tries=0
	until [ -e go ]; do
		T_tries=$((T_tries + 1))
		kill -0 $T_pid 2>/dev/null || break
	done
	kill -"$1" $T_pid
	wait $T_pid
	T_rc=$?
}

for sig in INT TERM HUP; do
	fresh
	manifest <<\END
rule part
  command = echo part >$out; touch go; exec sleep 60
rule old
  command = exec sleep 60
rule deps
  command = exec sleep 60
  depfile = $out.d
rule quick
  command = echo $out >$out
build q: quick
build p: part | q
build o: old
build d: deps
END
	echo old >o
	echo old >d
	echo 'd: x' >d.d

	t "SIG$sig ends the build with 130"
	interrupt "$sig"
	same 130 $T_rc 'exit code'
	expect_out 'ninja: build stopped: interrupted by user.'

	t "SIG$sig: changed outputs go, others stay"
	missing p d d.d
	exists q o
	sed 's/exec sleep 60/true/' build.ninja >new
	mv new build.ninja
	build
	no_out 'echo q'
done

t 'a child that was interrupted stops the build'
fresh
manifest <<\END
rule k
  command = kill -INT $$$$
rule e
  command = exit 130
build a: k
build b: e
END
build_fail 130 -k0 a
expect_out 'interrupted by user'
build_fail 130 -k0 b
expect_out 'interrupted by user'

end
