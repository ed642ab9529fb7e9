#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A broken pyproject.toml: the place, what is wrong, and exit code 2.
. "$(dirname "$0")/../lib.sh"

# bad MESSAGE [PACKAGE] <<END: a repository of one package with this
# pyproject.toml is refused with just this message.
bad() {
	fresh
	mkdir .git
	echo 'def test_a(): pass' >test_a.py
	cat >pyproject.toml
	build_fail 2
	expect_lines "$T_ERR" <<END
tgraph: error: pyproject.toml:$1
tgraph: error: package '${2-work}' (.) is not tested
tgraph: no tests left to run
END
	expect_lines "$T_OUT" </dev/null
}

t 'bad TOML'
bad "1: expected ']' at the end of the header" <<\END
[project
name = "x"
END
bad "3: not a value: '1.2.3'" <<\END
[project]
name = "x"
version = 1.2.3
END
bad "3: 'name' is defined twice" <<\END
[project]
name = "x"
name = "y"
END

t 'text that is not UTF-8'
fresh
mkdir .git
echo 'def test_a(): pass' >test_a.py
printf '[project]\nname = "\377"\n' >pyproject.toml
build_fail 2
expect_err 'error: pyproject.toml:2: '
expect_err 'UTF-8'

t 'wrong types in [project]'
bad '1: project: expected a table, not a string' <<\END
project = "x"
END
bad '2: name: expected a string, not an integer' <<\END
[project]
name = 5
END
bad '3: requires-python: expected a string, not an array' x <<\END
[project]
name = "x"
requires-python = [">=3.9"]
END
bad "3: dependencies: '!!' is not a requirement" x <<\END
[project]
name = "x"
dependencies = ["!!"]
END
bad '3: dependencies: expected an array, not a string' x <<\END
[project]
name = "x"
dependencies = "six"
END

t 'a name that is none'
bad "2: project.name: 'a b/c' is not a package name" <<\END
[project]
name = "a b/c"
END

t 'a bad specifier'
bad "3: requires-python: '>=3.9 <4' is not a version specifier: '3.9 <4' is \
not one version (is a comma missing?)" x <<\END
[project]
name = "x"
requires-python = ">=3.9 <4"
END

t 'wrong types and values in [tool.tgraph]'
bad '2: tgraph: expected a table, not an integer' <<\END
[tool]
tgraph = 3
END
bad '2: timeout: expected a number, not a string' <<\END
[tool.tgraph]
timeout = "ten"
END
bad '2: timeout: must be a number of seconds above 0' <<\END
[tool.tgraph]
timeout = -4
END
bad '2: jobs: must be at least 1' <<\END
[tool.tgraph]
jobs = 0
END
bad '2: runner: must be "auto", "pytest" or "unittest", not "nose"' <<\END
[tool.tgraph]
runner = "nose"
END
bad '2: granularity: must be "file" or "package", not "test"' <<\END
[tool.tgraph]
granularity = "test"
END
bad "2: python: '3.x' is not a version such as \"3.12\"" <<\END
[tool.tgraph]
python = ["3.x"]
END
bad '2: python: expected strings in the array, not a float' <<\END
[tool.tgraph]
python = [3.11]
END
bad '2: env: expected an array, not a string' <<\END
[tool.tgraph]
env = "HOME"
END

t 'a dependency group that includes itself'
bad "2: dependency-groups: group 'a' includes itself" <<\END
[dependency-groups]
a = [{include-group = "b"}]
b = [{include-group = "a"}]
END

t 'an unknown key is a warning, with a suggestion, each time'
fresh
mkdir .git
echo 'def test_a(): pass' >test_a.py
put pyproject.toml <<\END
[tool.tgraph]
granluarity = "file"
zzzz = 1
END
cat >../warnings <<\END
tgraph: warning: pyproject.toml:2: unknown key 'granluarity' in [tool.tgraph]; did you mean 'granularity'?
tgraph: warning: pyproject.toml:3: unknown key 'zzzz' in [tool.tgraph]
END
build_tests
tests_ran test_a.py
expect_lines "$T_ERR" <../warnings
build_tests
tests_ran -
expect_lines "$T_ERR" <../warnings

t 'a package with the same name as another: both places, only they are left out'
fresh
mkdir .git
for d in a b c; do
	put $d/pyproject.toml <<END
[project]
name = "$(echo $d | tr ab ss)"
END
	put $d/tests/test_$d.py <<\END
def test_it():
    pass
END
done
cat >../errors <<\END
tgraph: error: a/pyproject.toml:2: package 's' has the same name as that of b/pyproject.toml:2
tgraph: error: package 's' (a) is not tested
tgraph: error: b/pyproject.toml:2: package 's' has the same name as that of a/pyproject.toml:2
tgraph: error: package 's' (b) is not tested
END
build_tests_fail 2
tests_ran c/tests/test_c.py
expect_lines "$T_ERR" <../errors
build_tests_fail 2
tests_ran -
status c/tests/test_c.py passed
expect_lines "$T_ERR" <../errors

t 'a package that is not tested, asked for, is an error'
build_tests_fail 2 a
expect_err "tgraph: a: not tested because of the error in its package"

t 'a broken package does not stop another, and mended it runs'
echo '[project' >a/pyproject.toml
build_tests_fail 2
expect_lines "$T_ERR" <<\END
tgraph: error: a/pyproject.toml:1: expected ']' at the end of the header
tgraph: error: package 'a' (a) is not tested
END
tests_ran b/tests/test_b.py
printf '[project]\nname = "a"\n' >a/pyproject.toml
build_tests
tests_ran a/tests/test_a.py
counts passed=3

end
