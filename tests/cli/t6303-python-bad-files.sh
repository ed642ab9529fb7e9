#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files and directories that are not as they should be, and no tests at all.
. "$(dirname "$0")/../lib.sh"
mkdir .git

t 'no tests'
build_fail 2
expect_lines "$T_ERR" <<END
tgraph: $PWD: no test files found (test_*.py, *_test.py or what pytest's python_files says)
END

t 'all test files empty: that is no success, also the second time'
: >test_a.py
echo '"""No tests."""' >test_b.py
build_tests_fail 1
status test_a.py empty
expect_out '2 files without tests'
build_tests_fail 1
tests_ran -
expect_out '2 files without tests'

t 'one with tests beside an empty one is'
echo 'def test_b(): pass' >test_b.py
build_tests
status test_a.py empty
counts passed=1

t 'Python that is none: kept, told with its place, and failed'
fresh
mkdir .git
echo 'def test_good(): pass' >test_good.py
printf 'def test_b(:\n    pass\n' >test_syntax.py
printf 'def test_c(): pass\n\000\n' >test_nul.py
printf 'def test_d(): assert "\344"\n' >test_bytes.py
printf '# -*- coding: latin-1 -*-\ndef test_e(): assert "\344" == chr(0xe4)\n' \
	>test_latin.py
build_tests_fail 1
expect_err 'warning: test_syntax.py:'
expect_err 'warning: test_nul.py:1: holds a NUL byte'
expect_err 'warning: test_bytes.py:1: not UTF-8, and no coding comment'
no_err 'test_latin.py'
status test_good.py passed
status test_latin.py passed
for f in syntax nul bytes; do
	status test_$f.py failed
done
counts passed=2 errors=3

t 'they are told each time, and depend on everything'
echo '# a remark' >>test_good.py
build_tests_fail 1
expect_err 'warning: test_nul.py:1: '
tests_ran test_good.py test_syntax.py test_nul.py test_bytes.py

t 'many of them: some are named, and none where nothing has changed'
fresh
mkdir -p .git data
echo 'def test_good(): pass' >test_good.py
for i in 1 2 3 4 5 6 7; do
	echo '(' >data/bad_$i.py
done
build
same 6 "$(grep -c warning "$T_ERR")"
expect_err 'warning: data/bad_5.py:'
expect_err 'warning: and 2 more Python files with mistakes (-v names them)'
# files as young as the run are read again by the next one
build
build
check [ ! -s "$T_ERR" ]
echo '# a remark' >>test_good.py
build -v
same 7 "$(grep -c warning "$T_ERR")"

t 'a broken module: what imports it runs, and fails'
fresh
mkdir .git
echo 'def broken(:' >helper.py
echo 'import helper' >test_a.py
echo 'def test_b(): pass' >test_b.py
build_tests_fail 1
expect_err 'warning: helper.py:'
status test_a.py failed
status test_b.py passed
echo 'x = 1' >helper.py
echo 'def test_a(): pass' >>test_a.py
build_tests
expect_lines "$T_ERR" </dev/null

t 'what is named like a test file but is none'
fresh
mkdir -p .git test_dir.py
echo 'def test_a(): pass' >test_a.py
mkfifo test_fifo.py
ln -s nowhere test_dangling.py
ln -s test_loop.py test_loop.py
ln -s test_ping.py test_pong.py
ln -s test_pong.py test_ping.py
build_tests
tests_ran test_a.py

t 'directories that loop are walked once, by each name that is no loop'
mkdir -p sub/deep
ln -s . here
ln -s ../.. sub/deep/up
ln -s deep sub/again
build_tests
tests_ran test_a.py     # which might read what they lead to
echo 'def test_s(): pass' >sub/deep/test_s.py
build_tests
tests_ran sub/deep/test_s.py sub/again/test_s.py

t 'a name that is not UTF-8: it runs, and the reports are well-formed'
fresh
mkdir .git
f=$(printf 'test_\377.py')
echo 'def test_a(): pass' >"$f" 2>/dev/null
if [ -f "$f" ]; then
	echo 'def test_b(): pass' >test_b.py
	printf 'x\n' >"$(printf 'data\376')"
	build_tests --junit="$T_DIR/x.xml"
	counts passed=2
	check python - "$T_DIR/x.xml" "$T_JSON" <<\END
import json, sys, xml.dom.minidom
xml.dom.minidom.parse(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as f:
    names = [x["file"] for x in json.load(f)["files"]]
assert names == ["test_b.py", "test_\\xff.py"], names
END
	build_tests
	tests_ran -
	build_tests "$f"
	counts passed=1
else
	check :
fi

t 'what cannot be read is told, and the rest is tested'
fresh
mkdir -p .git closed/in
echo 'def test_a(): pass' >test_a.py
echo 'def test_b(): pass' >test_b.py
echo 'def test_c(): pass' >closed/in/test_c.py
chmod 0 closed test_b.py
# The superuser reads everything, unless without capabilities.
if [ "$(id -u)" = 0 ] && setpriv --bounding-set=-all --inh-caps=-all true \
		2>/dev/null; then
	rm "$T_DIR/bin/tgraph"
	printf '#!/bin/sh\nexec setpriv --bounding-set=-all --inh-caps=-all %s "$@"\n' \
		"$T_TGRAPH" >"$T_DIR/bin/tgraph"
	chmod +x "$T_DIR/bin/tgraph"
fi
if [ "$(id -u)" != 0 ] || [ ! -L "$T_DIR/bin/tgraph" ]; then
	build_tests_fail 1
	expect_err 'closed: Permission denied; tests in it are not seen'
	status test_a.py passed
	status test_b.py failed
fi
chmod 755 closed test_b.py
build_tests
counts passed=3

t 'broken configuration of pytest: the place'
fresh
mkdir .git
echo 'def test_a(): pass' >test_a.py
printf '[pytest]\n' >pytest.ini
build_tests
printf '[pytest\nxx = 1\n' >pytest.ini
build_fail 2
expect_err 'tgraph: error: pytest.ini:1: '
printf '[pytest]\naddopts = "a\n' >pytest.ini
build_fail 2
expect_err 'tgraph: error: pytest.ini:2: '

t 'an option that pytest does not know: its own words'
printf '[pytest]\naddopts = --frobnicate\n' >pytest.ini
build_tests_fail 1
status test_a.py failed
expect_out 'unrecognized arguments: --frobnicate'
expect_out '1 file failed'

t 'a conftest that raises: its own words, only below it'
rm pytest.ini
put low/conftest.py <<\END
raise RuntimeError("not here")
END
echo 'def test_l(): pass' >low/test_l.py
build_tests_fail 1
expect_out 'RuntimeError: not here'
status low/test_l.py failed
status test_a.py passed

end
