#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# After a first run there is nothing to do, though a conftest has let git write
# its index anew.
. "$(dirname "$0")/../lib.sh"

[ -f "$TG_BUILD/libtgraph-observe.so" ] ||
	skip_all 'nothing can be observed on this system'

# A package whose tests use what the conftest, which is read from stdin, found.
suite() {
	fresh
	py_package . settled
	rm -rf tests
	mkdir tests
	for i in 1 2 3 4; do
		put "tests/test_$i.py" <<-END
		import sys
		def test_one():
		    assert sys.VERSION
		END
	done
	cat >tests/conftest.py
	git_all 'Settled'
}

t 'git writes its index when a conftest asks it'
suite <<END
import subprocess, sys
sys.VERSION = subprocess.run(["git", "describe", "--always", "--dirty"],
    stdout=subprocess.PIPE, check=True).stdout
END
old tests/*.py pyproject.toml
build_tests -j2
tests_ran tests/test_1.py tests/test_2.py tests/test_3.py tests/test_4.py
build_tests -j2 -d explain
tests_ran -

t 'and when files were touched that are the same'
touch tests/*.py pyproject.toml
git status >"$T_OUT"
build_tests -j2 -d explain
tests_ran -

t 'but not when it says something else'
git update-index --chmod=+x tests/test_1.py
build_tests -j2 -d explain
expect_err "content of .git/index changed"
tests_ran tests/test_1.py tests/test_2.py tests/test_3.py tests/test_4.py
build_tests -j2
tests_ran -

end
