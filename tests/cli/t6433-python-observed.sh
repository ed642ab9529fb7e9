#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What test files are seen to read counts, wherever it lies: in every way of
# running them.
. "$(dirname "$0")/../lib.sh"

[ -f "$TG_BUILD/libtgraph-observe.so" ] ||
	skip_all 'nothing can be observed on this system'

out=$T_DIR/outside

# A package whose files each look at one thing that nobody has declared.
suite() {
	fresh
	rm -rf "$out"
	mkdir -p "$out/listed" "$out/one" "$out/two" ignored tests
	echo good >"$out/data.txt"
	echo good >"$out/mode.txt"
	chmod 644 "$out/mode.txt"
	echo good >"$out/one/x"
	echo bad >"$out/two/x"
	ln -s one "$out/link"
	echo good >ignored/data.txt
	echo good >"$out/shell.txt"
	echo good >"$out/session.txt"
	echo ignored/ >.gitignore
	put pyproject.toml <<-END
	[project]
	name = "observed"
	version = "1.0"
	[tool.tgraph]
	isolation = "$1"
	END
	echo "import sys; sys.OUT = '$out/'" >tests/conftest.py
	echo 'SESSION = open(sys.OUT + "session.txt").read()' >>tests/conftest.py
	echo 'sys.SESSION = SESSION' >>tests/conftest.py
	body data 'open(sys.OUT + "data.txt").read() == "good\n"'
	body mode 'not os.access(sys.OUT + "mode.txt", os.X_OK) or \
		os.stat(sys.OUT + "mode.txt").st_mode & 0o777 == 0o644'
	body list 'os.listdir(sys.OUT + "listed") == []'
	body absent 'not os.path.exists(sys.OUT + "absent")'
	body link 'open(sys.OUT + "link/x").read() == "good\n"'
	body ignored 'open("ignored/data.txt").read() == "good\n"'
	body shell 'subprocess.run(["sh", "-c", "read x <" + sys.OUT +
		"shell.txt; test $x = good"]).returncode == 0'
	body session 'sys.SESSION == "good\n"'
	git_all 'Observed'
}

body() {
	put "tests/test_$1.py" <<-END
	import os, subprocess, sys
	def test_$1():
	    assert $2
	END
}

# changed NAME COMMAND: the file of that name runs after it, and fails.
changed() {
	sh -c "cd '$out' && $2" || fail "$2"
	build_tests_fail 1 -d explain $how "tests/test_$1.py"
	tests_ran "tests/test_$1.py"
	counts failed=1
}

# A session, or its shared process, reads for all of its files.
each() {
	how=$*
	build_tests "$@"
	build_tests "$@"
	tests_ran -
	changed data 'echo bad >data.txt'
	expect_err "content of $out/data.txt changed"
	changed mode 'chmod 755 mode.txt'
	expect_err "$out/mode.txt: its type, permissions or target changed"
	changed list 'touch listed/new'
	changed absent 'touch absent'
	expect_err "$out/absent, which was looked for, is there now"
	changed link 'rm link && ln -s two link'
	changed shell 'echo bad >shell.txt'
	changed session 'echo bad >session.txt'
	echo bad >ignored/data.txt
	build_tests_fail 1 "$@"
	status tests/test_ignored.py failed
	counts passed=0 failed=8
}

t 'a child of a session each'
suite fork
each
t 'nobody else runs for it'
suite fork
build_tests
echo bad >"$out/data.txt"
build_tests_fail 1
tests_ran tests/test_data.py
echo good >"$out/data.txt"
build_tests
tests_ran -

t 'what is known by other means is no input'
suite fork
build_tests
run -t deps tests/test_data.py
expect_out "$out/data.txt"
no_out libpython
no_out test_data.py/

t 'a process each'
suite process
each

t 'batches'
suite batch
each

t 'one process'
suite shared
each

t 'their plain commands'
suite fork
each --no-workers

t 'what comes out of a cache is judged by it too'
suite fork
build_tests
rm -rf .tgraph
build_tests
tests_ran -
rm -rf .tgraph
touch "$out/absent"
echo bad >"$out/shell.txt"
build_tests_fail 1
tests_ran tests/test_absent.py tests/test_shell.py
counts passed=6 failed=2

t 'what a program reads that cannot be observed is said'
printf 'int main(void) { return 0; }\n' >p.c
if ! cc -static -o "$out/static" p.c 2>/dev/null; then
	skip 'there is no static libc'
else
	with=$T_PROG
	without_follower
	suite fork
	printf 'int main(void) { return 0; }\n' >p.c
	cc -static -o "$out/static" p.c
	rm p.c
	body static 'subprocess.run([sys.OUT + "static"]).returncode == 0'
	build_tests -d explain
	expect_err "$out/static: it is linked statically"
	build_tests
	tests_ran -
	T_PROG=$with
fi

t 'tests see nothing of it'
fresh
put pyproject.toml <<\END
[project]
name = "unseen"
version = "1.0"
END
put test_unseen.py <<\END
import os
import posix
import subprocess
import sys


def test_environment():
    for space in dict(os.environ), dict(posix.environ):
        assert not [k for k in space if "TGRAPH" in str(k) or
                    "LD_PRELOAD" in str(k)]


def test_what_it_starts_is_followed():
    subprocess.run([sys.executable, "-c", "open('data.txt')"], env={},
                   check=True)
    assert os.system("read x <more.txt; test $x = good") == 0
END
echo good >data.txt
echo good >more.txt
printf 'data.txt\nmore.txt\n' >.gitignore
git_all 'Unseen'
build_tests
build_tests
tests_ran -
rm data.txt
build_tests_fail 1
tests_ran test_unseen.py
echo good >data.txt
build_tests
echo bad >more.txt
build_tests_fail 1
tests_ran test_unseen.py

end
