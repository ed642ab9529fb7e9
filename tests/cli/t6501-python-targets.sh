#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What words of the command line mean in a Python repository.
. "$(dirname "$0")/../lib.sh"

py_workspace low mid:low
put packages/low/tests/deep/test_odd.py <<\END
import pytest


@pytest.mark.parametrize("v", ["a b", "x[1]", "p::q", "it's", "50%", "a/b"])
def test_odd(v):
    assert v
END
git_all 'Odd'
low='packages/low/tests/test_low.py'
odd='packages/low/tests/deep/test_odd.py'
mid='packages/mid/tests/test_mid.py'
v=$("$T_VENV/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
build

# only FILE... -- WORD...: the words mean just these test files
only() {
	T_only=''
	while [ "$1" != -- ]; do
		T_only="$T_only $1"
		shift
	done
	shift
	build_tests "$@"
	# shellcheck disable=SC2086
	tests_cached $T_only
}

t 'packages, versions, both'
only $low $odd -- low
only $mid -- mid
only $low $odd $mid -- low mid
only $low $odd $mid -- "py$v"
only $low $odd $mid -- "$v"
only $mid -- "mid@$v"
only $mid -- mid "py$v"

t 'directories and files, however they are written'
only $low $odd -- packages/low
only $low $odd -- ./packages/low/
only $low $odd -- packages/../packages/low/tests
only $odd -- packages/low/tests/deep
only $mid -- $mid
only $mid -- "$PWD/$mid"
only $low $odd $mid -- .
only $mid -- --package packages/mid
only $mid $odd -- $mid $odd

t 'globs'
only $low $mid -- 'packages/*/tests/test_*.py'
only $odd -- '**/test_odd.py'

t 'from a subdirectory: what is below it, and paths from there'
cd packages/low || exit 2
only $low $odd --
only $low -- tests/test_low.py
only $mid -- ../mid
only $mid -- mid
only $odd -- tests/deep/test_odd.py
cd tests/deep || exit 2
only $odd --
only $odd $low -- ..
cd "$T_DIR/work" || exit 2
only $odd -- -C packages/low/tests/deep

t 'node ids with odd characters'
for id in 'a b' 'x[1]' 'p::q' "it's" '50%' 'a/b'; do
	build_tests "$odd::test_odd[$id]"
	counts passed=1 failed=0
done
build_tests "$odd::test_odd"
counts passed=6
build_tests "$odd::test_odd[a b]" "$odd::test_odd[p::q]"
counts passed=2
cd packages/low/tests || exit 2
build_tests 'deep/test_odd.py::test_odd[50%]'
counts passed=1
cd "$T_DIR/work" || exit 2

t 'a test that a file does not have'
build_tests_fail 1 "$odd::test_odd[c]"
expect_out "FAILED $odd (low, py$v): no such test: test_odd[c] in "
expect_out "  its tests: tgraph -t tests $odd"
no_out 'test session starts'
no_out rerun

t 'words that mean nothing: what was meant'
wrong() {
	build_fail 2 "$1"
	expect_err "tgraph: unknown target '$1'$2"
}
wrong packages/low/tests/test_lwo.py ", did you mean '$low'?"
wrong package ", did you mean 'packages'?"
wrong packages/lwo/ ", did you mean 'packages/low'?"
wrong loww ", did you mean 'low'?"
wrong nothing/like/it ': it is no package, Python version, file, directory or node id'
build_fail 2 "loww@$v"
expect_err "unknown target 'loww', did you mean 'low'?"
cd packages/mid || exit 2
wrong tests/test_mdi.py ", did you mean 'tests/test_mid.py'?"
cd "$T_DIR/work" || exit 2

t 'words that mean something where no tests are'
nothing() {
	build_fail 2 "$1"
	expect_err "tgraph: $1: $2"
}
nothing py3.4 'nothing is tested under this version'
nothing mid@3.4 'not tested under Python 3.4'
nothing packages/mid/src 'no test files there'
nothing packages/mid/src@3.4 'no test files there'
nothing 'packages/*/x*.py' 'no test file matches'
nothing nowhere.py::test_a 'no such file'
nothing pyproject.toml 'not a test file; tgraph -t query pyproject.toml shows'
nothing packages/mid/src/mid/core.py 'not a test file by the configuration'
expect_err 'tgraph -t query packages/mid/src/mid/core.py shows which'
nothing .git/config "it is not one of this repository's files"
: >packages/mid/conftest.py
nothing packages/mid/conftest.py 'a conftest file has no tests'
rm packages/mid/conftest.py
build_fail 2 "$low::"
expect_err "tgraph: '$low::': there is no name after '::'"

t 'what a tgraph.ninja makes'
put tgraph.ninja <<\END
rule gen
  command = cp $in $out
  description = gen $out
build made.txt: gen pyproject.toml
END
run -n -d explain
expect_err "output made.txt doesn't exist"
no_err 'data files of the root'
build made.txt
expect_out '1 step, no test files in'
exists made.txt
build made.txt
expect_out 'up to date, no test files in'
build_tests made.txt $mid
tests_cached $mid
rm tgraph.ninja made.txt

t '--failed when nothing failed'
build
build --failed
expect_out 'tgraph: nothing failed or was left unfinished last time'
build_tests --failed
tests_cached -

t 'option values that are none'
wrong_option() {
	T_m=$1
	shift
	build_fail 2 "$@"
	expect_err "tgraph: $T_m"
}
wrong_option 'invalid -j parameter' -j x
wrong_option "-k 'x and': expected a name, 'not' or '(' at the end" -k 'x and'
wrong_option '-l parameter not numeric' -l x
wrong_option "--timeout: '0' is not a number of seconds above 0" --timeout 0
wrong_option "--color: 'maybe' is not one of its values" --color maybe
wrong_option "--jobserver: 'maybe' is not one of its values" --jobserver maybe
wrong_option "--retries: 'x' is not a number" --retries x
wrong_option "--cache-size: '0' is not a number of MiB" --cache-size 0
wrong_option "--pytest-k 'a and (': expected a name, 'not' or '(' at the end" \
	--pytest-k 'a and ('
wrong_option "--pytest-m 'a==b': expected 'and', 'or' or the end at column 2" \
	--pytest-m a==b
wrong_option '--match /(/: missing ), unterminated subpattern' --match '/(/'
wrong_option "unknown target 'nowhere'" --package nowhere
wrong_option "unknown debug setting 'x'" -d x
wrong_option "fatal: unknown tool 'mtarix', did you mean 'matrix'" -t mtarix
wrong_option 'see tgraph --help' --frobnicate

t 'options and words of other programs: what they are called here'
wrong_option 'did you mean --junit FILE?' --junitxml=x.xml
wrong_option 'did you mean --quiet?' -q
wrong_option 'did you mean --quiet?' -vq
wrong_option "pytest's options follow --: tgraph -- --reruns" --reruns 3
wrong_option "pytest's options follow --: tgraph -- -p" -p no:x
wrong_option 'did you mean -n?' --dry-run
wrong_option 'did you mean --timeout?' --timeuot=3
wrong_option 'see tgraph --help' --timeout
wrong_option 'see tgraph --help' --quiet=1
wrong help ", did you mean 'tgraph --help'?"
wrong matrix ", did you mean 'tgraph -t matrix'?"
wrong clean ", did you mean 'tgraph -t clean'?"
build_fail 2 -C nowhere
expect_err "nowhere' - No such file or directory"

t 'packages come in the order of their numbers'
fresh
py_workspace p10 p2 p1
run -t matrix
same 'p1 p2 p10' "$(awk '$1 ~ /^p[0-9]/ && !seen[$1]++ { print $1 }' "$T_OUT" |
	xargs)"
for T_i in 10 2 1; do
	echo 'def test_x(): assert 0' >packages/p$T_i/tests/test_p$T_i.py
done
build_fail 1
run --last
same 'p1 p2 p10' "$(sed -n \
	's/^FAILED packages.*test_\(p[0-9]*\)\.py::.*/\1/p' "$T_OUT" | xargs)"

end
