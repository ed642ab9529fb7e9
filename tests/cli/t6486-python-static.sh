#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What static programs read, and those that they start, counts as anything else;
# where they can't be followed, what is assumed does.
. "$(dirname "$0")/../lib.sh"

[ -f "$TG_BUILD/libtgraph-observe.so" ] ||
	skip_all 'nothing can be observed on this system'
[ -x "$TG_BUILD/tgraph-follow" ] ||
	skip_all 'static programs cannot be followed on this system'

out=$T_DIR/outside
mkdir "$out"
cat >"$T_DIR/p.c" <<\END
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
show(const char *path)
{
	FILE *f = fopen(path, "r");
	int c;

	while (f && (c = getc(f)) != EOF)
		putchar(c);
	if (f)
		fclose(f);
	else
		puts("none");
}

/* Words: a letter, and a path or a variable. */
int
main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		const char *what = argv[i + 1];
		struct dirent *e;
		struct stat st;
		DIR *d;
		FILE *f;

		switch (*argv[i]) {
		case 'r':
			show(what);
			break;
		case 's':
			puts(stat(what, &st) == 0 ? "there" : "not there");
			break;
		case 'l':
			for (d = opendir(what); d && (e = readdir(d));)
				if (e->d_name[0] != '.')
					puts(e->d_name);
			break;
		case 'e':
			puts(getenv(what) ? getenv(what) : "unset");
			break;
		case 'w':       /* writes, reads, moves, reads, removes */
			mkdir("made", 0755);
			f = fopen("made/a", "w");
			fprintf(f, "%s %d\n", what, (int)getpid());
			fclose(f);
			show("made/a");
			rename("made/a", "made/b");
			show("made/b");
			unlink("made/b");
			rmdir("made");
			break;
		case 'o':       /* writes what others read */
			f = fopen(what, "w");
			fprintf(f, "%d\n", (int)getpid());
			fclose(f);
			break;
		case 'x':
			fflush(stdout);
			execlp("cat", "cat", what, NULL);
			return 1;
		case 'c':       /* in an environment of its own */
			fflush(stdout);
			execle("/bin/cat", "cat", what, NULL, (char *[]){ NULL });
			return 1;
		case 'b':       /* goes on */
			if (fork() == 0) {
				setsid();
				close(0);
				close(1);
				close(2);
				while (access(what, F_OK) == 0)
					usleep(10000);
				_exit(0);
			}
			break;
		}
	}
	return 0;
}
END
cc -static -o "$out/static" "$T_DIR/p.c" 2>/dev/null ||
	skip_all 'there is no static libc'

# body NAME EXPECTED WORD...
body() {
	name=$1 want=$2
	shift 2
	put "tests/test_$name.py" <<-END
	import subprocess
	import lib
	def test_$name():
	    out = subprocess.check_output(["$out/static"] + "$*".split(),
	                                  text=True)
	    assert "$want" in out.split("\n")
	END
}

suite() {
	fresh
	mkdir -p src/lib tests ignored "$out/listed"
	rm -f "$out/absent" "$out/listed/"* "$out/made" "$out/alive"
	put pyproject.toml <<-END
	[project]
	name = "static"
	version = "1.0"
	[tool.tgraph]
	isolation = "$1"
	[tool.pytest.ini_options]
	pythonpath = ["src"]
	END
	: >src/lib/__init__.py
	echo 'X = 1' >src/lib/other.py
	echo ignored/ >.gitignore
	echo good >ignored/read.txt
	echo good >"$out/exec.txt"
	echo good >"$out/clean.txt"
	touch "$out/listed/one"
	body ignored good r ignored/read.txt
	body absent 'not there' s "$out/absent"
	body listed one l "$out/listed"
	body exec good x "$out/exec.txt"
	body clean good c "$out/clean.txt"
	body own '' w x
	put tests/test_written.py <<-END
	import subprocess
	def test_written():
	    subprocess.check_call(["$out/static", "o", "$out/made"])
	    assert open("$out/made").read() != "2\n"
	END
	git_all 'Static'
}

# changed NAME COMMAND: just the file of that name runs after it, and fails.
changed() {
	sh -c "cd '$out' && $2" || fail "$2"
	build_tests_fail 1
	status "tests/test_$1.py" failed
	[ -z "$only" ] || tests_ran "tests/test_$1.py"
}

for way in shared fork process batch; do
	t "$way: all that they look at"
	only=1
	[ $way = fork ] || [ $way = process ] || only=
	suite $way
	build_tests -d explain
	if grep -q 'static: ' "$T_ERR"; then
		sed 's,^,# ,' "$T_ERR" | grep 'static: '
		skip 'such programs cannot be followed here'
		break
	fi
	build_tests
	tests_ran -
	changed ignored "echo bad >$PWD/ignored/read.txt"
	echo good >ignored/read.txt
	changed absent 'touch absent'
	rm "$out/absent"
	changed listed 'mv listed/one listed/two'
	mv "$out/listed/two" "$out/listed/one"
	changed exec 'echo bad >exec.txt'
	echo good >"$out/exec.txt"
	changed clean 'echo bad >clean.txt'
	echo good >"$out/clean.txt"
	build_tests
	counts passed=7
	echo '# not read' >>src/lib/other.py
	echo '# not read' >>tests/readme.txt
	build_tests
	tests_ran -
done

t 'a variable of theirs'
suite fork
body variable 1 e V_STATIC
git_all 'Variable'
V_STATIC=1 build_tests
V_STATIC=2 build_tests_fail 1
status tests/test_variable.py failed

t 'what goes on is said, and nobody waits for it'
suite fork
touch "$out/alive"
body on '' b "$out/alive"
git_all 'On'
build_tests -d explain
expect_err 'it goes on after the command'
rm "$out/alive"

t 'where nobody follows'
without_follower
suite fork
rm tests/test_written.py
git_all 'Static'
build_tests -d explain
expect_err "$out/static: it is linked statically"
build_tests
tests_ran -
echo '# not read' >>tests/readme.txt
build_tests
same 1 "$([ "$(T_report False | wc -l)" -ge 5 ] && echo 1)"
end
