#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Reports and a cache inside the repository are no inputs of its tests.
. "$(dirname "$0")/../lib.sh"

put tests/test_a.py <<\END
def test_a():
    pass
END
git_all 'One'

t 'reports and a cache in the tree: the next runs have nothing to do'
build --json=a.json --junit=out/b.xml --cache=kept
exists a.json out/b.xml kept
build_tests --junit=out/b.xml --cache=kept
tests_ran -
build_tests
tests_ran -

t 'from a subdirectory the paths are as seen from there'
cd tests || exit 2
build --json=c.json --junit=../d.xml
exists c.json ../d.xml
missing ../c.json
build_tests
tests_ran -
cd .. || exit 2

t 'a report that somebody has changed is a file like any other'
echo >>a.json
build_tests
tests_ran tests/test_a.py
build_tests
tests_ran -

t 'and written again it is a report again'
build --json=a.json
build_tests
build_tests
tests_ran -

t 'a file that was there before is an input until it is overwritten'
echo '{}' >tests/data.json
build_tests
tests_ran tests/test_a.py
build --json=tests/data.json
build_tests
tests_ran -
counts passed=1

t 'git does not see .tgraph'
fresh
py_workspace one
build
same '' "$(git status --porcelain)"
check git check-ignore -q .tgraph/tests.state
build_null -n

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
