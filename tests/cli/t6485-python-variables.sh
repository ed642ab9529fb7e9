#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Of the variables of the environment those count that a test file, or what it
# starts, is seen to read.
. "$(dirname "$0")/../lib.sh"

[ -f "$TG_BUILD/libtgraph-observe.so" ] ||
	skip_all 'nothing can be observed on this system'

body() {
	put "tests/test_$1.py" <<-END
	import datetime, locale, os, subprocess, sys, time
	def test_$1():
	    $2
	END
}

suite() {
	fresh
	mkdir tests
	put pyproject.toml <<-END
	[project]
	name = "variables"
	version = "1.0"
	[tool.tgraph]
	isolation = "$1"
	END
	body plain 'assert time.time() > 0'
	body local 'assert time.localtime(0).tm_hour == 0'
	body date 'assert datetime.datetime.fromtimestamp(0).hour == 0'
	body constant 'assert time.timezone == 0'
	body program 'assert subprocess.check_output(["date", "-d", "@0", "+%H"]) == b"00\n"'
	body shell 'assert os.system("test \"$V_SHELL\" = 1") == 0'
	body whole 'assert subprocess.check_output([sys.executable, "-c",
	        "import os; print(os.environ[\"V_CHILD\"])"]) == b"1\n"'
	put tests/test_forked.py <<-\END
	import os
	def test_forked():
	    pid = os.fork()
	    if not pid:
	        os._exit(os.environ["V_FORKED"] != "1")
	    assert os.waitpid(pid, 0)[1] == 0
	END
	git_all 'Variables'
}

# with NAME=VALUE FILE...: then these files run, whatever comes of it.
with() {
	rm -f "$T_JSON"
	env "$1" "$T_PROG" --json="$T_JSON" $how >"$T_OUT" 2>&1
	shift
	tests_ran "$@"
}

export TZ=UTC V_SHELL=1 V_FORKED=1 V_CHILD=1 V_OTHER=1

for way in fork process; do
	how="--isolation $way"
	suite $way
	t "$way: as it is"
	build_tests $how
	counts passed=8
	build_tests $how
	tests_ran -

	t "$way: the time zone"
	with TZ=JST-9 tests/test_constant.py tests/test_date.py \
		tests/test_local.py tests/test_program.py tests/test_whole.py
	status tests/test_constant.py failed
	status tests/test_date.py failed
	status tests/test_local.py failed
	status tests/test_program.py failed

	t "$way: a part of the locale"
	with LC_TIME=POSIX tests/test_program.py tests/test_whole.py

	t "$way: a shell's"
	with V_SHELL=2 tests/test_shell.py tests/test_whole.py
	status tests/test_shell.py failed

	t "$way: a forked child's"
	with V_FORKED=2 tests/test_forked.py tests/test_whole.py
	status tests/test_forked.py failed

	t "$way: of a program that nobody knows all count"
	with V_CHILD=2 tests/test_whole.py
	status tests/test_whole.py failed
	with V_OTHER=2 tests/test_whole.py
done

t 'what a plugin has made of it counts for all'
suite fork
how='--isolation fork'
put tests/zoned/zoned.py <<\END
import time
HOUR = time.localtime(0).tm_hour
END
put pyproject.toml <<\END
[project]
name = "variables"
version = "1.0"
[tool.pytest.ini_options]
addopts = "-p zoned"
pythonpath = ["tests/zoned"]
END
body plugin 'import zoned; assert zoned.HOUR == 0'
git_all 'Zoned'
build_tests $how
counts passed=9
TZ=JST-9 build_tests_fail 1 $how
status tests/test_plugin.py failed

t 'without observation'
# As it is installed where there is no library.
installed plain
suite fork
build_tests
TZ=JST-9 build_tests_fail 1
status tests/test_local.py failed
status tests/test_constant.py failed
V_SHELL=2 build_tests_fail 1
status tests/test_shell.py failed
V_CHILD=2 build_tests_fail 1
status tests/test_whole.py failed
end
