#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A test changes what files that were found up to date have asked for: what they
# came out as is what is said of them, that it has changed too, and they run the
# next time.
. "$(dirname "$0")/../lib.sh"

put .gitignore <<\END
/kept
END
for f in one two; do
	put test_$f.py <<END
def test_$f():
    assert open("data").read() != "bad\n"
END
done
put test_kept.py <<\END
def test_kept():
    assert open("kept").read() != "bad\n"
END
put test_writes.py <<\END
def test_writes():
    for name in "data", "kept":
        with open(name) as f:
            old = f.read()
        with open("next") as f:
            new = f.read()
        if old != new:
            with open(name, "w") as f:
                f.write(new)
END
for f in data kept next; do
	echo 0 >$f
done
git_all 'Meanwhile'
old data kept next

for way in '' --no-workers --isolation=batch --isolation=shared; do
	t "meanwhile $way"
	for f in data kept next; do
		echo 0 >$f
	done
	# shellcheck disable=SC2086
	build_tests $way
	# shellcheck disable=SC2086
	build_tests $way
	# shellcheck disable=SC2086
	build_tests $way
	tests_ran -
	echo 1 >next
	# shellcheck disable=SC2086
	build_tests $way
	counts passed=4
	# what runs in one process has what the others asked for
	case $way in
	*shared) ;;
	*)
		tests_ran test_writes.py
		status test_one.py passed
		expect_out '3 files cached'
		expect_err 'data: changed while the tests ran'
		;;
	esac
	no_out 'not run'
	# shellcheck disable=SC2086
	build_tests $way
	counts passed=4
	# shellcheck disable=SC2086
	build_tests $way
	tests_ran -
	echo bad >next
	# shellcheck disable=SC2086
	run $way
	# shellcheck disable=SC2086
	build_tests_fail 1 $way
	counts passed=1 failed=3
done

t 'what fails meanwhile'
echo 0 >next
build_tests_fail 1
build_tests
cat >>test_writes.py <<\END
    assert new != "2\n"
END
build_tests
build_tests
tests_ran -
echo 2 >next
build_tests_fail 1
counts passed=3 failed=1
tests_ran test_writes.py
no_out 'not run'

end
