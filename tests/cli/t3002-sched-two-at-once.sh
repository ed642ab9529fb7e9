#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Two tgraphs in one directory.
. "$(dirname "$0")/../lib.sh"

manifest <<\END
rule wait
  command = touch go; while [ ! -e end ]; do sleep 0.01; done; echo x >>$out
rule cp
  command = cp $in $out
build a: wait
build b: cp a
END

start() {
	rm -f go end
	"$T_PROG" >first.out 2>&1 </dev/null 3>&- &
	first=$!
	until [ -e go ]; do
		kill -0 $first 2>/dev/null || break
	done
}

t '--no-wait fails and says who is there'
start
build_fail 3 --no-wait
expect_err "$first"
: >end
wait $first
same 0 $? 'exit code of the first'

t 'else the second waits, and then finds it all done'
rm a
start
"$T_PROG" >second.out 2>&1 </dev/null 3>&- &
second=$!
until grep -q waiting second.out; do
	kill -0 $second 2>/dev/null || break
done
: >end
wait $first
same 0 $? 'exit code of the first'
wait $second
same 0 $? 'exit code of the second'
check grep -q "another tgraph (pid $first)" second.out
check grep -q 'no work to do' second.out
build_null

t 'tools that only read need not wait'
rm a
start
build -t targets all
expect_out 'a: wait'
build -n
: >end
wait $first
build_null

end
