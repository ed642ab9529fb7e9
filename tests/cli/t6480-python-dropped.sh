#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Options in addopts that are left out are named, once.
. "$(dirname "$0")/../lib.sh"

conf() {
	put pyproject.toml <<END
[project]
name = "x"
version = "1"
[tool.pytest.ini_options]
addopts = "$1"
END
}
says='left out of addopts in pyproject.toml, as tgraph decides it:'
put tests/test_a.py <<\END
def test_a(): pass
END

t 'those of a whole run, with their values, and no others'
conf '-ra -q -vxn 4 --strict-markers --dist=loadfile --maxfail 1 --tb short --junitxml=out.xml -k a'
git_all One
build
expect_out "$says -x -n 4 --dist=loadfile --maxfail 1 --junitxml=out.xml"
check [ ! -e out.xml ]

t 'once'
build_null
no_out 'left out'
echo 'def test_b(): pass' >tests/test_b.py
build
no_out 'left out'

t 'again when they are others, and not when there are none'
conf '--lf'
build
expect_out "$says --lf"
conf '-q'
build
no_out 'left out'

t 'not those that tgraph heeds, or that only show'
conf '--durations=3 --color=yes --cov=tests -p no:cacheprovider'
build
no_out 'left out'

t 'those of PYTEST_ADDOPTS; and in quiet runs nothing'
conf '-q'
build
PYTEST_ADDOPTS=-nauto build
expect_out 'addopts in pyproject.toml, PYTEST_ADDOPTS, as tgraph decides it: -nauto'
PYTEST_ADDOPTS=-n2 build --quiet
no_out 'left out'

end
