#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tools that speak of a Python repository in the user's words.
. "$(dirname "$0")/../lib.sh"

py_workspace low mid:low
put packages/low/tests/conftest.py <<\END
import low.extra
END
put packages/low/src/low/extra.py <<\END
import low.core
END
put packages/mid/src/mid/runs.py <<\END
import subprocess
END
echo data >packages/mid/data.txt
put tgraph.ninja <<\END
rule gen
  command = cp $in $out
build packages/mid/src/mid/made.txt: gen packages/mid/data.txt
END
git_all 'More'
v=$("$T_VENV/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# query WORD <<END: what is told, less the interpreter's path
query() {
	build -t query "$1"
	sed "s|Python $v: /.*|Python $v|; s|^    $v: /.*|    $v|" "$T_OUT" \
		>"$T_DIR/.q"
	expect_lines "$T_DIR/.q"
	no_out .tgraph
}

t 'a test file'
query packages/low/tests/test_low.py <<END
packages/low/tests/test_low.py: test file of low
  runs under Python:
    $v
  conftest files:
    packages/low/tests/conftest.py
  configuration and inputs:
    pyproject.toml
  other files:
    1 files of low that are not Python
    2 files of work that are not Python
  imports:
    packages/low/src/low/__init__.py
    packages/low/src/low/core.py
END

t 'a module, by file or by name, from anywhere'
put "$T_DIR/core" <<\END
packages/low/src/low/core.py: module of low
  imports:
    packages/low/src/low/__init__.py
  imported by:
    packages/low/src/low/extra.py
    packages/low/tests/test_low.py
    packages/mid/src/mid/core.py
  test files that depend on it:
    packages/low/tests/test_low.py
    packages/mid/tests/test_mid.py
END
query packages/low/src/low/core.py <"$T_DIR/core"
query low.core <"$T_DIR/core"
cd packages/low/src || exit 2
query low/core.py <"$T_DIR/core"
cd "$T_DIR/work" || exit 2

t 'a module that nobody can know all of'
query packages/mid/src/mid/runs.py <<\END
packages/mid/src/mid/runs.py: module of mid
  imports:
    packages/mid/src/mid/__init__.py
  depends on every Python file: it can start other processes
  no test file depends on it
END

t 'a conftest file, a file that is not Python, one that a step makes'
query packages/low/tests/conftest.py <<\END
packages/low/tests/conftest.py: conftest file of low
  imports:
    packages/low/src/low/__init__.py
    packages/low/src/low/extra.py
  test files that depend on it:
    packages/low/tests/test_low.py
END
query packages/mid/data.txt <<\END
packages/mid/data.txt: file of mid
  made from it:
    packages/mid/src/mid/made.txt
  test files that depend on it:
    packages/mid/tests/test_mid.py
END
query packages/mid/src/mid/made.txt <<\END
packages/mid/src/mid/made.txt: file of mid
  made by: gen
  made from:
    packages/mid/data.txt
  test files that depend on it:
    packages/mid/tests/test_mid.py
END

t 'a package, by name or directory'
put "$T_DIR/low" <<END
low: package in packages/low
  runs under Python $v
  test files:
    packages/low/tests/test_low.py
  imported by packages:
    mid
END
query low <"$T_DIR/low"
query packages/low <"$T_DIR/low"
query mid <<END
mid: package in packages/mid
  runs under Python $v
  test files:
    packages/mid/tests/test_mid.py
  imports packages:
    low
END

t 'a version of Python, a directory'
build -t query "py$v"
expect_out "py$v: cpython $v"
expect_out '    mid'
query packages/low/tests <<\END
packages/low/tests: directory
  test files:
    packages/low/tests/test_low.py
END

t 'several words, and words that mean nothing'
build -t query low mid
expect_out 'low: package'
expect_out 'mid: package'
build_fail 2 -t query
expect_err 'expected a test file, a module, a package or a version'
build_fail 2 -t query loww
expect_err "unknown target 'loww', did you mean 'low'?"
build_fail 2 -t query py3.4
expect_err "nothing runs under 'py3.4'"

t 'a picture of the imports'
build -t graph packages/low/tests/test_low.py
sed 's/[0-9][0-9]*/N/g' "$T_OUT" >"$T_DIR/.q"
check grep -q 'label="low"' "$T_DIR/.q"
check grep -q 'label="packages/low/tests/test_low.py", shape=ellipse' "$T_OUT"
check grep -q 'style=dotted' "$T_OUT"
no_out 'packages/mid'
no_out .tgraph
build -t graph
expect_out 'label="packages/mid/src/mid/runs.py", style=dashed'
build -t graph mid
expect_out 'label="packages/low/src/low/core.py"'
no_out 'label="packages/low/tests/test_low.py"'
build_fail 2 -t graph packages/mid/data.txt
expect_err 'no Python file there'

t 'the targets are what a user would write'
build -t targets
expect_lines "$T_OUT" <<END
low: package
mid: package
py$v: Python version
packages/low/tests/test_low.py: test file
packages/mid/tests/test_mid.py: test file
packages/mid/src/mid/made.txt: gen
END
cd packages/low || exit 2
build -t targets all
expect_out 'tests/test_low.py: test file'
cd "$T_DIR/work" || exit 2

t 'the steps, without what is only ours'
build -t targets rule gen
holds "$T_OUT" packages/mid/src/mid/made.txt
build -t targets rule test
expect_lines "$T_OUT" <<\END
packages/low/tests/test_low.py
packages/mid/tests/test_mid.py
END
build -t targets rule
expect_out packages/mid/data.txt
no_out .tgraph
no_out made.txt
build -t targets rule phony
expect_lines "$T_OUT" </dev/null
build -t targets depth
expect_lines "$T_OUT" <<END
packages/low/tests/test_low.py ($v): test
packages/mid/tests/test_mid.py ($v): test
END
build -t targets depth 2
no_out .tgraph
expect_out "  packages/low/src/low/extra.py"
expect_out '  packages/mid/src/mid/made.txt: gen'
no_out '    packages/mid/data.txt'
same 2 "$(grep -c '^[^ ]' "$T_OUT")" 'at the end'
build -t targets depth 0
no_out .tgraph
expect_out '    packages/mid/data.txt'
cd packages/mid || exit 2
build -t targets rule gen
holds "$T_OUT" src/mid/made.txt
build -t targets
expect_out 'src/mid/made.txt: gen'
no_out 'packages/mid/src'
build -t targets depth 2
expect_out "tests/test_mid.py ($v): test"
expect_out '  ../low/src/low/core.py'
cd "$T_DIR/work" || exit 2
build_fail 2 -t targets depth x
build_fail 2 -t targets rule gen more

t 'words that targets does not know'
build_fail 2 -t targets frobnicate
expect_err 'expected all, rule [NAME], depth [N], or nothing'

t 'matrix: only some'
build -t matrix low
no_out 'mid '
expect_out 'low '
build -t matrix "$v" mid
same 2 "$(wc -l <"$T_OUT" | tr -d ' ')"
build_fail 2 -t matrix lwo
expect_err "'lwo' is no package or Python version here"

t 'cleaning by the words of a run'
build_tests --no-cache
build -t clean low
check grep -q 'Cleaning\.\.\. [1-9]' "$T_OUT"
build_tests --no-cache
tests_ran packages/low/tests/test_low.py

t 'options of a tool, with a value, before words and after them'
build -t multi-inputs -d , low
expect_out ',packages/low/tests/test_low.py'
no_out packages/mid
build -t inputs low -E
expect_out packages/low/tests/test_low.py
build -t clean -g mid
check grep -q 'Cleaning\.\.\. [1-9]' "$T_OUT"
build_tests --no-cache
tests_ran packages/mid/tests/test_mid.py

t 'results that somebody wrote anew, by the words of a run'
log=$(find .tgraph/results -name test_low.log)
echo more >>"$log"
build -t why low
expect_out 'its result was changed'
build -t restat mid
build -t why low
expect_out 'its result was changed'
build -t restat low
build -t why low
expect_out 'up to date'
build_fail 2 -t restat nosuch
expect_err "unknown target 'nosuch'"
build_fail 2 -t restat --builddir=. low
expect_err '--builddir is for ninja files'

end
