#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Programs that tests start behave as without observation, and what cannot be
# seen of them is said.
. "$(dirname "$0")/../lib.sh"

[ -f "$TG_BUILD/libtgraph-observe.so" ] ||
	skip_all 'nothing can be observed on this system'

prog=$T_DIR/progs
mkdir -p "$prog"
put "$prog/read.c" <<\END
#include <stdio.h>
int main(int argc, char **argv)
{
	FILE *f = fopen(argv[1], "r");
	int c;
	if (!f)
		return 3;
	while ((c = getc(f)) != EOF)
		putchar(c);
	return 0;
}
END

# suite CALL: a test that makes it, which prints what data.txt has.
suite() {
	fresh
	put pyproject.toml <<-END
	[project]
	name = "started"
	version = "1.0"
	END
	echo good >data.txt
	echo data.txt >.gitignore
	mkdir tests
	put tests/test_it.py <<-END
	import os, resource, subprocess

	def limit(what, n):
	    return lambda: resource.setrlimit(what, (n, n))

	def test_it():
	    r = subprocess.run($1, stdout=subprocess.PIPE,
	                       stderr=subprocess.STDOUT)
	    assert (r.stdout, r.returncode) == (b"good\\n", 0)
	END
	git_all 'Started'
}

# seen CALL: its reading is noticed.
seen() {
	suite "$1"
	build_tests --no-cache
	build_tests --no-cache
	tests_ran -
	echo bad >data.txt
	build_tests_fail 1 --no-cache
	tests_ran tests/test_it.py
}

# unseen CALL WHY: it is said that it is not.
unseen() {
	suite "$1"
	build_tests --no-cache -d explain
	expect_err "$2"
	build_tests --no-cache
	tests_ran -
}

# compiled NAME COMMAND...: a program of that name is made so, and runs.
compiled() {
	T_x=$1
	shift
	"$@" -o "$prog/$T_x" "$prog/read.c" >/dev/null 2>&1 &&
		"$prog/$T_x" "$prog/read.c" >/dev/null 2>&1
}

t 'built with another libc'
if compiled musl musl-gcc; then
	seen "['$prog/musl', 'data.txt']"
	seen "['$prog/musl', 'data.txt'], env={}"
else
	skip 'there is no musl'
fi

t 'linked statically'
if compiled static cc -static; then
	seen "['$prog/static', 'data.txt']"
else
	skip 'there is no static libc'
fi

t 'the address sanitizer'
if compiled asan cc -fsanitize=address; then
	# Where its runtime is linked in, it is seen.
	suite "['$prog/asan', 'data.txt']"
	build_tests --no-cache
	build_tests --no-cache
	tests_ran -
else
	skip 'there is no address sanitizer'
fi

t 'a library that the test itself loads'
echo 'int theirs = 1;' >"$prog/theirs.c"
check cc -shared -fPIC -o "$prog/theirs.so" "$prog/theirs.c"
seen "['cat', 'data.txt'], env=dict(os.environ, LD_PRELOAD='$prog/theirs.so')"

t 'limits: files, their size'
seen "['cat', 'data.txt'], preexec_fn=limit(resource.RLIMIT_NOFILE, 4)"
seen "['cat', 'data.txt'], preexec_fn=limit(resource.RLIMIT_FSIZE, 64)"

t 'another user, who is not told what we are'
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$T_DIR"
	mkdir -m 700 "$T_DIR/closed"
	PATH=$T_DIR/closed:$PATH
	unseen "['cat', 'data.txt'], user=65534" 'what it reads cannot be seen'
else
	skip 'only the superuser can be another'
fi
end
