#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Reports, traces and a cache inside the repository are no inputs of its tests.
. "$(dirname "$0")/../lib.sh"

put tests/test_a.py <<\END
def test_a():
    pass
END
git_all 'One'

t 'reports and a cache in the tree: the next runs have nothing to do'
build --json=a.json --junit=out/b.xml --trace=out/t.json --cache=kept
exists a.json out/b.xml out/t.json kept
build_tests --junit=out/b.xml --trace=out/t.json --cache=kept
tests_ran -
build_tests
tests_ran -

t 'from a subdirectory the paths are as seen from there'
cd tests || exit 2
build --json=c.json --junit=../d.xml --trace=new/t.json
exists c.json ../d.xml new/t.json
missing ../c.json ../new
build_tests
tests_ran -
cd .. || exit 2
build -C tests --trace=u.json
exists tests/u.json
missing u.json
build_tests
tests_ran -

t 'a report that somebody has changed is a file that no test reads'
echo >>a.json
build_tests
tests_ran -

t 'and written again it is a report again'
build --json=a.json
build_tests
build_tests
tests_ran -

t 'a report over a file that was there before'
echo '{}' >tests/data.json
build_tests
tests_ran -
build --json=tests/data.json
build_tests
tests_ran -
counts passed=1

t 'a dry run where nothing ever ran leaves what was asked for, and no more'
rm -rf .tgraph
build -n --trace=t.json --json=tests/new.json
exists t.json tests/new.json
missing .tgraph
for option in trace json junit; do
	build_fail 2 --$option=
	expect_err "--$option: the name of a file is empty"
done

t 'git does not see .tgraph'
fresh
py_workspace one
build
same '' "$(git status --porcelain)"
check git check-ignore -q .tgraph/tests.state
build_null -n

t 'what was removed from .tgraph is made again'
old . pyproject.toml
build
build_tests
tests_ran -
for T_part in env pycache results; do
	rm -rf ".tgraph/$T_part"
	build_tests
	tests_ran -
done
exists .tgraph/env

t 'a home without a sign of a project is none'
cd "$HOME" || exit 2
echo 'def test_a(): pass' >test_a.py
build_fail 2
expect_err "tgraph: $HOME: there is no project here"
missing .tgraph
build -t releases
: >conftest.py
build
exists .tgraph/tests.state
rm -rf .tgraph conftest.py test_a.py
cd "$T_DIR/work" || exit 2

end
