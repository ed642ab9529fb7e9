#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a test reads is changed while it runs, and put back before its end: what it
# came to then says nothing of what is there.
. "$(dirname "$0")/../lib.sh"

# waits NAME: for a file that the test writes.
waits() {
	while [ ! -s "$T_DIR/$1" ]; do
		kill -0 "$job" 2>/dev/null || return 1
	done
}

# suite CALL: a test that passes if it gives 2. It goes on by signals: what it
# would look at for that would be an input.
suite() {
	fresh
	rm -f "$T_DIR/one" "$T_DIR/two"
	printf '[project]\nname = "back"\nversion = "1"\n' >pyproject.toml
	echo 1 >data.txt
	echo 'V = 1' >helper.py
	put test_a.py <<-END
	def test():
	    $1
	END
	build --isolation="$way" --no-cache
	put test_a.py <<-END
	import os, signal

	def say(name):
	    with open("$T_DIR/" + name, "w") as f:
	        f.write("%d\\n" % os.getpid())
	    signal.sigwait([signal.SIGUSR1])

	def test():
	    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
	    say("one")
	    v = $1
	    say("two")
	    assert int(v) == 2
	END
}

# back FILE TEXT CALL: the file has that text only while the test reads it.
back() {
	suite "$3"
	"$T_TGRAPH" --isolation="$way" --no-cache >"$T_OUT" 2>"$T_ERR" &
	job=$!
	check waits one
	if [ "$how" = write ]; then
		cp -p "$1" "$T_DIR/kept"
	else
		mv "$1" "$T_DIR/kept"
	fi
	echo "$2" >"$1"
	kill -USR1 "$(cat "$T_DIR/one")"
	check waits two
	if [ "$how" = write ]; then
		cp -p "$T_DIR/kept" "$1"
	else
		mv "$T_DIR/kept" "$1"
	fi
	kill -USR1 "$(cat "$T_DIR/two")"
	check wait "$job"
	build -n --isolation="$way" --no-cache
	expect_out ' test_a.py'
}

for way in fork process shared; do
	for how in write move; do
		t "$way, $how"
		back data.txt 2 'open("data.txt").read()'
		back helper.py 'V = 2' '__import__("helper").V'
	done
done

end
