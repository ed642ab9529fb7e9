#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same answer with any number of jobs; what is printed, and the graph
# printed and read back.
. "$(dirname "$0")/../lib.sh"

for i in 1 2 3 4 5 6; do
	put "test_$i.py" <<END
import sys


def test_good():
    print("out $i")


def test_bad():
    print("printed $i")
    assert $i % 3, "bad $i"
END
done
git_all 'Six'

# what is left when times are left out, and what was forked
timeless() {
	sed -e 's/"way_of":"[^"]*",//g; s/"times":{[^}]*},//g' \
		-e 's/"\(start\|duration\|elapsed\|saved\)":[0-9.e+-]*/"\1":0/g' \
		-e 's/ \(time\|timestamp\)="[^"]*"/ \1=""/g' \
		-e 's/ in [0-9.]* s/ in 0 s/' "$1"
}

t 'the same reports and the same failures with one job and with eight'
build_tests_fail 1 -j1 --no-cache --junit="$T_DIR/1.xml"
timeless "$T_JSON" >"$T_DIR/1.json"
grep -v '^FAILED.* in 0 s$' "$T_OUT" | sed 's/ in .*//' >"$T_DIR/1.out"
rm -rf .tgraph
build_tests_fail 1 -j8 --no-cache --junit="$T_DIR/8.xml"
timeless "$T_JSON" >"$T_DIR/8.json"
counts passed=10 failed=2
timeless "$T_DIR/1.xml" >"$T_DIR/1x"
timeless "$T_DIR/8.xml" >"$T_DIR/8x"
check cmp "$T_DIR/1.json" "$T_DIR/8.json"
check cmp "$T_DIR/1x" "$T_DIR/8x"

t 'in graph order'
same 'test_1.py test_2.py test_3.py test_4.py test_5.py test_6.py' \
	"$("$T_VENV/bin/python" -c 'import json, sys
print(*[f["file"] for f in json.load(open(sys.argv[1]))["files"]])' "$T_JSON")"
# blocks and list; lines before are as it happens
same 'bad 3 bad 6 bad 3 bad 6 ' "$(sed 1,/^\$/d "$T_OUT" |
	grep -o 'AssertionError: bad [36]' | sed 's/.*: //' | tr '\n' ' ')"
expect_out 'rerun: tgraph test_3.py'

t 'JUnit: well-formed, with every test'
check "$T_VENV/bin/python" - "$T_DIR/8.xml" <<\END
import sys, xml.etree.ElementTree as E
root = E.parse(sys.argv[1]).getroot()
assert root.tag == "testsuites", root.tag
cases = root.findall(".//testcase")
assert len(cases) == 12, len(cases)
assert len(root.findall(".//failure")) == 2
assert root.get("tests") == "12" and root.get("failures") == "2"
assert len(root.findall("testsuite")) == 6
END

t '--quiet: what failed, and nothing else'
run --quiet
same 1 $T_rc
expect_out 'printed 3'
no_out 'PASSED'
build --quiet test_1.py
expect_lines "$T_OUT" </dev/null

t '-v: the output of every test file'
build -v test_1.py
expect_out 'PASSED test_1.py'
expect_out 'test_1.py::test_good'

t 'colours: asked for, forbidden, and never into a file unasked'
esc=$(printf '\033')
run test_3.py
no_out "$esc"
run --color=always test_3.py
expect_out "$esc["
run --color=never test_3.py
no_out "$esc"
FORCE_COLOR=1
export FORCE_COLOR
run test_3.py
expect_out "$esc["
unset FORCE_COLOR
NO_COLOR=1
export NO_COLOR
run test_3.py
no_out "$esc"
unset NO_COLOR

t '-t manifest: read back, the same graph'
for T_way in '' '--package-jobs 1' '--version-jobs 2' --no-parallel-packages; do
	# shellcheck disable=SC2086
	build $T_way -t manifest
	cp "$T_OUT" printed.ninja
	build -f printed.ninja -t manifest
	check cmp printed.ninja "$T_OUT"
	check "$T_VENV/bin/ninja" -f printed.ninja -n >"$T_OUT"
	rm printed.ninja
done

t '-t manifest says what its phony statements stand for'
fresh
py_workspace low mid:low
build
build -t manifest
for T_kind in group data files env; do
	expect_out "  tg_kind = $T_kind"
done
cp "$T_OUT" printed.ninja
build -f printed.ninja -t manifest
check cmp printed.ninja "$T_OUT"
check "$T_VENV/bin/ninja" -f printed.ninja -n >"$T_OUT"
rm printed.ninja

t '-t why names the file that changed, and the way'
fresh
py_workspace low mid:low
build
build -t why
expect_out 'packages/low/tests/test_low.py ('
expect_out '): up to date'
echo '# a remark' >>packages/low/src/low/core.py
build -t why mid
expect_out 'content of packages/low/src/low/core.py changed ('
expect_out '    packages/low/src/low/core.py -> packages/mid/src/mid/core.py -> packages/mid/tests/test_mid.py'
no_out 'packages/low/tests/test_low.py'
no_out '.tgraph/'
build -t why packages/low/tests/test_low.py
expect_out 'not up to date, 1 step to run'
echo 1 >packages/low/data.txt
build -t why low
no_out data.txt
build_fail 2 -t why lwo
expect_err "unknown target 'lwo'"

t '-d explain too, and the report as JSON'
build -d explain --json="$T_DIR/why.json"
check grep -q '"why":\[{"kind":"input-changed","node":"packages/low/src/low/core.py","text":"content of packages/low/src/low/core.py changed (' \
	"$T_DIR/why.json"
expect_err ': content of packages/low/src/low/core.py changed ('
no_err data.txt
check_not grep -q 'explain.*\.tgraph/' "$T_ERR"
rm packages/low/data.txt
build -d explain -n
no_err explain

t 'data files too, where it is not known who reads them'
put packages/low/tests/test_unseen.py <<\END
import ctypes


def test_unseen():
    ctypes.CDLL("libc.so.6")
END
build
echo 1 >packages/low/data.txt
build -t why low
expect_out 'packages/low/data.txt is new'
build -d explain
expect_err 'packages/low/data.txt is new'
rm packages/low/data.txt
build -d explain -n
expect_err 'tests/test_unseen.py ('
expect_err '): a file was removed or is used no more: data files of packages/low'
check_not grep -q 'explain.*\.tgraph/' "$T_ERR"

t '-t query: who uses a file'
build -t query packages/low/src/low/__init__.py
expect_out 'test files that were seen to use it:'

t '-t matrix: each version with its reason'
build -t matrix
expect_out 'the active interpreter'

end
