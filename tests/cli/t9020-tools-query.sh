#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The language of -t query in a Python repository: files, as their user knows
# them. (Its grammar and functions: tests/golden/tool/query-expr.test.)
. "$(dirname "$0")/../lib.sh"

py_workspace low mid:low
put packages/low/tests/conftest.py <<\END
import low.extra
END
put packages/low/src/low/extra.py <<\END
import low.core
END
put packages/low/src/low/one.py <<\END
from low import two
END
put packages/low/src/low/two.py <<\END
from low import one
END
put packages/low/tests/test_circle.py <<\END
from low import one


def test_one():
    assert one
END
echo data >packages/low/tests/data.txt
put packages/mid/src/mid/wide.py <<\END
import importlib
import sys

importlib.import_module(sys.argv[1])
END
put tgraph.ninja <<\END
rule gen
  command = cp $in $out
build packages/mid/src/mid/made.txt: gen packages/low/tests/data.txt
END
git_all 'More'
v=$("$T_VENV/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
low=packages/low mid=packages/mid

# ask EXPRESSION <<END: the answer
ask() {
	build -t query "$1"
	expect_lines "$T_OUT"
}

t 'what a module needs: what it imports, and nothing that is only ours'
ask "deps($low/src/low/extra.py)" <<END
$low/src/low/__init__.py
$low/src/low/core.py
$low/src/low/extra.py
END
ask 'deps(mid.core, 1)' <<END
$low/src/low/__init__.py
$low/src/low/core.py
$mid/src/mid/__init__.py
$mid/src/mid/core.py
END

t 'what a test needs: conftests, configuration and data too'
ask "deps($low/tests/test_low.py)" <<END
$low/pyproject.toml
$low/src/low/__init__.py
$low/src/low/core.py
$low/src/low/extra.py
$low/tests/conftest.py
$low/tests/data.txt
$low/tests/test_low.py
pyproject.toml
tgraph.ninja
END
ask "deps($low/tests/test_low.py, 1) - deps($low/tests/test_low.py, 0)" <<END
$low/pyproject.toml
$low/src/low/__init__.py
$low/src/low/core.py
$low/tests/conftest.py
$low/tests/data.txt
pyproject.toml
tgraph.ninja
END

t 'what needs a module: modules and tests'
ask 'rdeps(low.core)' <<END
$low/src/low/core.py
$low/src/low/extra.py
$low/tests/conftest.py
$low/tests/test_circle.py
$low/tests/test_low.py
$mid/src/mid/core.py
$mid/src/mid/wide.py
$mid/tests/test_mid.py
END
ask 'rdeps(low.core, 1)' <<END
$low/src/low/core.py
$low/src/low/extra.py
$low/tests/test_low.py
$mid/src/mid/core.py
$mid/src/mid/wide.py
END

t 'modules that import each other'
ask 'deps(low.one) - low.one' <<END
$low/src/low/__init__.py
$low/src/low/two.py
END
ask 'rdeps(low.two, 1) - mid' <<END
$low/src/low/one.py
$low/src/low/two.py
$low/tests/test_circle.py
END

t 'a module that may import anything'
ask "deps(mid.wide) & $mid/tests" <<END
$mid/tests/test_mid.py
END

t 'tests that are affected: by a module, data, configuration, a made file'
ask 'affected(low.core)' <<END
$low/tests/test_circle.py
$low/tests/test_low.py
$mid/tests/test_mid.py
END
ask 'affected(low.two)' <<END
$low/tests/test_circle.py
END
ask "affected($low/tests/data.txt)" <<END
$low/tests/test_circle.py
$low/tests/test_low.py
$mid/tests/test_mid.py
END
ask 'affected(pyproject.toml) - low' <<END
$mid/tests/test_mid.py
END

t 'a package, a directory, a pattern, a version, a node id'
ask 'set(mid)' <<END
$mid/pyproject.toml
$mid/src/mid/__init__.py
$mid/src/mid/core.py
$mid/src/mid/made.txt
$mid/src/mid/wide.py
$mid/tests/test_mid.py
END
build -t query --json mid
check "$T_VENV/bin/python" - "$T_OUT" <<\END
import json, sys
answer = json.load(open(sys.argv[1]))
kinds = {n["path"].rpartition("/")[2]: n["kind"] for n in answer["nodes"]}
assert answer["count"] == len(answer["nodes"]) == 6, answer
assert answer["query"] == "mid" and answer["observed"] is False, answer
assert kinds == {"pyproject.toml": "source", "__init__.py": "module",
                 "core.py": "module", "made.txt": "generated",
                 "wide.py": "module", "test_mid.py": "test"}, kinds
END
ask "$mid/src | tests(low)" <<END
$low/tests/test_circle.py
$low/tests/test_low.py
$mid/src/mid/__init__.py
$mid/src/mid/core.py
$mid/src/mid/made.txt
$mid/src/mid/wide.py
END
ask "set(packages/*/tests/test_*.py) - low" <<END
$mid/tests/test_mid.py
END
ask "py$v & mid" <<END
$mid/tests/test_mid.py
END
ask "set(low@$v $mid/tests/test_mid.py::test_integer)" <<END
$low/tests/test_circle.py
$low/tests/test_low.py
$mid/tests/test_mid.py
END

t 'kinds, variables and patterns'
ask 'kind(conftest) | kind(generated) | kind(gen)' <<END
$low/tests/conftest.py
$mid/src/mid/made.txt
END
ask 'kind(test) & attr(tg_package, mid)' <<END
$mid/tests/test_mid.py
END
ask 'filter(/CORE/i)' <<END
$low/src/low/core.py
$mid/src/mid/core.py
END

t 'a way through modules, in its order'
ask "somepath($mid/tests/test_mid.py, low.core)" <<END
$mid/tests/test_mid.py
$mid/src/mid/core.py
$low/src/low/core.py
END
ask "allpaths($low/tests/test_circle.py, low.core)" <<END
$low/src/low/core.py
$low/src/low/extra.py
$low/tests/conftest.py
$low/tests/test_circle.py
END

t 'pictures, and names that end in NUL'
build -t query --dot "allpaths($low/tests/test_circle.py, low.core)"
same 3 "$(grep -c -e '->' "$T_OUT")" arrows
expect_out 'shape=ellipse'
no_out .tgraph
build -t query -0 'kind(test) & low'
same "$low/tests/test_circle.py|$low/tests/test_low.py|" \
	"$(tr '\0' '|' <"$T_OUT")" names

t 'as seen from below, where words are paths from there'
cd packages/low/src || exit 2
ask 'rdeps(low/two.py) & low' <<END
../tests/test_circle.py
low/one.py
low/two.py
END
cd "$T_DIR/work" || exit 2

t 'what is wrong is shown where it is'
build_fail 2 -t query 'deps(loww)'
expect_lines "$T_ERR" <<END
tgraph: unknown target 'loww', did you mean 'low'?
  deps(loww)
       ^
END
build_fail 2 -t query 'deps(low) - py3.4'
expect_lines "$T_ERR" <<END
tgraph: py3.4: nothing is tested under this version (tgraph -t matrix shows packages and versions)
  deps(low) - py3.4
              ^
END
build_fail 2 -t query --json
expect_err 'expected an expression'

t 'after a run, from the graph that was kept'
build_tests
ask 'affected(low.two)' <<END
$low/tests/test_circle.py
END
ask 'tests(low)' <<END
$low/tests/test_circle.py
$low/tests/test_low.py
END

t 'a link named ninja knows ninja'\''s query alone'
fresh
manifest <<\END
rule cc
  command = cc $in
build a(b: cc c
END
as_ninja
build_fail 1 -t query 'deps(c)'
expect_err "unknown target 'deps(c)'"
build -t query 'a(b'
expect_out '  input: cc'

end
