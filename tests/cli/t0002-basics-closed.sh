#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Standard input, output and error may be closed: what is printed then goes
# nowhere, and not into the file that was opened next.
. "$(dirname "$0")/../lib.sh"

echo 'def test_a(): pass' >test_a.py
echo 'def test_b(): print("from a test"); assert 0' >test_b.py
mkdir .git

# printed: the files of the state that hold what is printed for the user.
printed() { grep -rlE '^2 files: |^tgraph: ' .tgraph "$XDG_CACHE_HOME"; }

t 'standard output'
"$T_PROG" >&-
same 1 $? 'exit code'
same '' "$(printed)" 'files that hold the summary'
build_tests_fail 1
tests_ran test_b.py
counts passed=1 failed=1

t 'standard error'
rm -rf .tgraph
"$T_PROG" --cache=/dev/null/x 2>&- >/dev/null
same 3 $? 'exit code'
same '' "$(printed)" 'files that hold the error'

t 'all three'
rm -rf .tgraph
"$T_PROG" <&- >&- 2>&-
same 1 $? 'exit code'
same '' "$(printed)" 'files that hold the summary'
build_tests_fail 1
counts passed=1 failed=1

t 'a step has all three'
mkdir ninja
cd ninja || exit 2
manifest <<\END
rule r
  command = cat >$out && echo said && echo said >&2
build out: r
build console: r
  pool = console
END
"$T_PROG" <&- >&- 2>&-
same 0 $? 'exit code'
holds out ''
holds console ''
build_null

end
