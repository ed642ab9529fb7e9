#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The order of a first run, when nothing is known of how long files take.
. "$(dirname "$0")/../lib.sh"

mkdir .git
for i in 1 2 3; do
	echo 'def test_a(): pass' >test_$i.py
done
"$T_VENV/bin/python" >test_zz.py <<\END
for i in range(300):
    print(f"def test_{i}(): pass")
END

t 'the longest file by its text begins first, short ones by name'
build -j1 -v --no-cache
same 'test_zz.py
test_1.py
test_2.py
test_3.py' "$(awk '$1 == "PASSED" && NF > 5 { print $2 }' "$T_OUT" |
	awk '!seen[$0]++')"

t 'the guess is in the graph, and decides nothing'
build -t manifest
expect_out 'tg_guess = 260'
build_tests
tests_ran -
echo '# more' >>test_zz.py
build_tests
tests_ran test_zz.py

end
