#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What tests leave can't be written: no test has crashed, and all ends.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "unwritten"
version = "1"
END
for i in 1 2 3; do
	put tests/test_$i.py <<\END
def test():
    pass
END
done
git_all 'Three'
build_tests
counts passed=3
log=$(find .tgraph/results -name 'test_2.log')
json=$(find .tgraph/results -name 'test_2.json')

# place FILE: something is in its place.
place() {
	rm "$1"
	mkdir -p "$1/in"
}

for how in '' --no-workers; do
	t "a log, $how"
	place "$log"
	run --rerun -j1 $how
	same 3 "$T_rc" 'exit code'
	expect_err 'what tests leave cannot be written: '
	expect_err 'Is a directory'
	no_err CRASHED
	no_out CRASHED
	rm -r "$log"

	t "the next run, $how"
	build_tests
	counts passed=3

	t "a result, $how"
	place "$json"
	run --rerun -j1 $how
	same 3 "$T_rc" 'exit code'
	expect_err 'what tests leave cannot be written: '
	no_out CRASHED
	rm -r "$json"
	build_tests
	counts passed=3
done

t 'their directory'
mv .tgraph/results ../results
: >.tgraph/results
run --rerun
same 3 "$T_rc" 'exit code'
expect_err 'what tests leave cannot be written: '
rm .tgraph/results
build_tests
counts passed=3

t 'an exit code of a test says nothing of it'
put tests/test_1.py <<\END
import os


def test():
    os._exit(3)
END
for how in '' --no-workers; do
	run $how
	same 1 "$T_rc" 'exit code'
	expect_out 'ended with exit code 3 in tests/test_1.py::test'
done
end
