#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A tgraph.ninja beside a Python repository: what it makes, and its faults.
. "$(dirname "$0")/../lib.sh"

echo 'def test_a(): pass' >test_a.py
mkdir .git

t 'what it makes is made before the tests that could read it'
put tgraph.ninja <<\END
rule copy
  command = cp $in $out
build gen.txt build/gen.py: pair tgraph.in
rule pair
  command = cp $in gen.txt; mkdir -p build; echo 'N = 1' >build/gen.py
build all: phony gen.txt
END
sed -i.bak '/^build gen/d' tgraph.ninja
echo 'build gen.txt build/gen.py: pair tgraph.in' >>tgraph.ninja
rm tgraph.ninja.bak
echo 1 >tgraph.in
echo build >.gitignore
put test_gen.py <<\END
def test_gen():
    assert open("gen.txt").read() in ("1\n", "2\n")
    assert open("build/gen.py").read() == "N = 1\n"
END
build_tests
counts passed=2
build_tests
tests_ran -
echo 2 >tgraph.in
build_tests
tests_ran test_gen.py
holds gen.txt 2

t 'what is made from results of tests does not make them run'
cat >>tgraph.ninja <<\END
build report.txt: copy .tgraph/results/py/test_a.json
build .tgraph/results/py/test_a.json: copy tgraph.in
build report2.txt: copy report.txt
END
build_tests
exists report.txt report2.txt
build_tests
tests_ran -
rm test_gen.py gen.txt report.txt report2.txt

t 'a cycle, here and with -f'
put tgraph.ninja <<\END
rule copy
  command = cp $in $out
build a: copy b
build b: copy c
build c: copy a
build d: copy tgraph.ninja
END
build_fail 2
expect_err 'tgraph: dependency cycle: a -> b -> c -> a'
build_fail 2 a
expect_err 'dependency cycle: '
build_fail 2 -f tgraph.ninja b
expect_lines "$T_ERR" <<\END
tgraph: dependency cycle: b -> c -> a -> b
END
missing a b c

t 'an unknown rule: the line, and the place in it'
put tgraph.ninja <<\END
rule copy
  command = cp $in $out
build a: cpoy b
END
build_fail 2
expect_lines "$T_ERR" <<\END
tgraph: tgraph.ninja:3: unknown build rule 'cpoy'
build a: cpoy b
         ^ near here
END

t 'an unknown variable of a rule'
put tgraph.ninja <<\END
rule copy
  comand = cp $in $out
END
build_fail 2
expect_err "tgraph: tgraph.ninja:2: unexpected variable 'comand'"

t 'two steps with the same output'
put tgraph.ninja <<\END
rule copy
  command = cp $in $out
build x: copy test_a.py
build x: copy test_a.py
END
build_fail 2
expect_err 'multiple rules generate x'
expect_err 'tgraph: tgraph.ninja:'

t 'an input that is missing'
put tgraph.ninja <<\END
rule copy
  command = cp $in $out
build x: copy nowhere
END
build_fail 2
expect_err "'nowhere', needed by 'x', missing and no known rule to make it"

t 'a step that fails is a failure, and what could read its output is not run'
put tgraph.ninja <<\END
rule fail
  command = echo no good; false
build x: fail
END
build_tests_fail 1
expect_out 'no good'
status test_a.py 'not run'

t 'an included file that is missing'
echo 'include nowhere.ninja' >tgraph.ninja
build_fail 2
expect_err "tgraph.ninja:1: loading 'nowhere.ninja': No such file or directory"

t '-f of what is no file'
build_fail 2 -f nowhere
expect_err "loading 'nowhere': No such file or directory"
mkdir tests
build_fail 2 -f tests
expect_err "loading 'tests': Is a directory"

t 'mended: all is well'
rm tgraph.ninja
build_tests
counts passed=1

end
