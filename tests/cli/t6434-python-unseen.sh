#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What test files read counts, whatever it is called and whoever has read it
# before.
. "$(dirname "$0")/../lib.sh"

[ -f "$TG_BUILD/libtgraph-observe.so" ] ||
	skip_all 'nothing can be observed on this system'

out=$T_DIR/outside

suite() {
	fresh
	mkdir -p tests
	put pyproject.toml <<-END
	[project]
	name = "unseen"
	version = "1.0"
	END
	put .gitignore <<-END
	data.txt
	x
	*inputrc
	terminfo.txt
	cache/
	build-cache/
	END
	git_all 'Unseen'
}

# reads FILE: a file of tests that reads it, and git does not know it.
reads() {
	mkdir -p "$(dirname "$1")"
	echo good >"$1"
	put tests/test_it.py <<-END
	def test_it():
	    assert open("$1").read() == "good\n"
	END
}

# changes FILE [OPTION]...: it is noticed.
changes() {
	file=$1
	shift
	build_tests "$@"
	build_tests "$@"
	tests_ran -
	echo bad >"$file"
	build_tests_fail 1 "$@"
	tests_ran tests/test_it.py
}

for way in '' --no-workers; do
	t "a module found behind a directory elsewhere $way"
	suite
	rm -rf "$out"
	mkdir -p "$out/first" "$out/second"
	echo 'good = True' >"$out/second/beside.py"
	put tests/test_it.py <<-END
	import importlib
	import sys

	def test_it():
	    sys.path[:0] = ["$out/first", "$out/second"]
	    assert importlib.import_module("be" + "side").good
	END
	changes "$out/first/beside.py" $way

	for name in tests/terminfo/x tests/terminfo.txt tests/inputrc \
	            tests/.inputrc build-cache/tgraph/x cache/tgraph; do
		t "a file of the tree with the name of what is no input: $name $way"
		suite
		reads "$name"
		changes "$name" $way
	done
	t "a file that the interpreter read when it began $way"
	suite
	mkdir -p site
	reads "$PWD/data.txt"
	echo "open('$PWD/data.txt').read()" >site/sitecustomize.py
	PYTHONPATH=$PWD/site
	export PYTHONPATH
	changes "$PWD/data.txt" $way
	unset PYTHONPATH
	t "what was read before a run in the test $way"
	suite
	reads data.txt
	cat >>tests/test_it.py <<-END
	    import subprocess, sys
	    with open("data.txt") as f:
	        f.read()
	    assert subprocess.run([sys.executable, "$TG_SRC/src/pytgraph", "run",
	        "--result", "$T_DIR/in.json", "tests/inner.py"]).returncode == 0
	END
	echo 'def test_in(): pass' >tests/inner.py
	changes data.txt $way
done
end
