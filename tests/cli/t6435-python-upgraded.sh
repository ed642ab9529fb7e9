#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The files that say how tests are run are digested once: what came of it is
# remembered for as long as they have the same signatures.
. "$(dirname "$0")/../lib.sh"

inst=$T_DIR/inst
mkdir -p "$inst/bin" "$inst/share/tgraph"
cp "$T_TGRAPH" "$inst/bin/tgraph"
cp -R "$TG_SRC/rules" "$TG_SRC/src/pytgraph" "$inst/share/tgraph"
T_PROG=$inst/bin/tgraph
tools=$inst/share/tgraph/pytgraph

put pyproject.toml <<\END
[project]
name = "upgraded"
version = "1.0"
END
mkdir tests
echo 'def test_a(): pass' >tests/test_a.py
git_all 'Upgraded'

# upgraded: everything runs, once.
upgraded() {
	build_tests --no-cache
	tests_ran tests/test_a.py
	build_tests --no-cache
	tests_ran -
	check test -f .tgraph/env/tools
}

t 'what is remembered is written once, and read'
upgraded
cp .tgraph/env/tools "$T_DIR/tools"
build_tests --no-cache
tests_ran -
check cmp -s .tgraph/env/tools "$T_DIR/tools"

t 'a file with other content'
echo '# remark' >>"$tools/runner/results.py"
upgraded
check_not cmp -s .tgraph/env/tools "$T_DIR/tools"

t 'a file with other content, of the same size and time'
cp -p "$tools/runner/results.py" "$T_DIR/times"
sed 's/^# remark$/# Remark/' "$T_DIR/times" >"$tools/runner/results.py"
touch -r "$T_DIR/times" "$tools/runner/results.py"
upgraded

t 'a new file, one less, another name'
echo >"$tools/runner/new.py"
upgraded
mv "$tools/runner/new.py" "$tools/runner/newer.py"
upgraded
rm "$tools/runner/newer.py"
upgraded
echo >>"$inst/share/tgraph/rules/python.ninja"
upgraded

t 'a touched file runs nothing, nor do compiled ones'
touch "$tools/runner/results.py"
build_tests --no-cache
tests_ran -
mkdir -p "$tools/runner/__pycache__"
echo >"$tools/runner/__pycache__/x.pyc"
build_tests --no-cache
tests_ran -

t 'what is remembered is damaged, or of another format'
for text in '' x "$(sed '1s/1/2/' .tgraph/env/tools)" \
            "$(head -c 100 .tgraph/env/tools)"; do
	echo "$text" >.tgraph/env/tools
	build_tests --no-cache
	tests_ran -
	same "$(wc -c <.tgraph/env/tools | tr -d ' ')" 145
done
end
