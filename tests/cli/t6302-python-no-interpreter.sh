#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No interpreter, one that does not run, versions that nothing fits.
. "$(dirname "$0")/../lib.sh"

echo 'def test_a(): pass' >test_a.py
mkdir .git
# wants SPECIFIER [LINE]
wants() {
	put pyproject.toml <<END
[project]
name = "x"
requires-python = "$1"
END
}

t 'no release fits'
wants '>=3.99'
build_fail 3
expect_lines "$T_ERR" <<\END
tgraph: pyproject.toml:3: no version of Python that can be tested fits requires-python (tgraph -t matrix shows why)
END
wants '>3.9,<3.5'
build_fail 3
expect_err 'pyproject.toml:3: no version of Python'
build -t matrix
expect_out "excluded by requires-python"

t 'a version that is not there, and nothing else'
build_fail 2 --python x
expect_lines "$T_ERR" <<\END
tgraph: --python x: neither a version such as 3.12 nor an interpreter
END
rm pyproject.toml
build_fail 3 --python 3.99
expect_lines "$T_ERR" <<\END
tgraph: warning: skipped Python 3.99: interpreter missing (tgraph -t matrix)
tgraph: no interpreter that can run the tests (tgraph -t matrix shows why)
END

t 'a missing one beside one that is there: once, and no error'
build_tests --python 3.99 --python "$T_VENV/bin/python"
expect_lines "$T_ERR" <<\END
tgraph: warning: skipped Python 3.99: interpreter missing (tgraph -t matrix)
END
counts passed=1
check grep -q '^1 file: 1 passed.* in .* s; not tested under Python 3.99$' "$T_OUT"

t 'the last line says so whenever nothing is known of it'
build_null --python 3.99 --python "$T_VENV/bin/python"
check grep -q '; not tested under Python 3.99$' "$T_OUT"
build --python "$T_VENV/bin/python"
no_out 'not tested under'

t 'unless all are required, then nothing runs'
build_fail 3 --require-all-pythons --python 3.99 \
	--python "$T_VENV/bin/python" --rerun
expect_lines "$T_ERR" <<\END
tgraph: warning: skipped Python 3.99: interpreter missing (tgraph -t matrix)
tgraph: interpreters are missing (--require-all-pythons)
END
expect_lines "$T_OUT" </dev/null
build_tests --require-all-pythons --python "$T_VENV/bin/python"

t 'versions that nobody asked for: told once, and again when that changes'
put pyproject.toml <<\END
[project]
name = "many"
version = "1"
requires-python = ">=3.8"
END
cp "$TG_SRC/rules/python-releases" "$T_DIR/table"
echo '3.98	bugfix	2020-01-01	2099-01' >>"$T_DIR/table"
build -t releases --update "$T_DIR/table"
build --all-pythons
check grep -q '^tgraph: not tested under Python .*3\.98 (tgraph -t matrix' "$T_OUT"
build --all-pythons
no_out 'not tested'
echo '# more' >>test_a.py
build_tests --all-pythons
tests_ran test_a.py
no_out 'not tested'
build --python "$T_VENV/bin/python"
no_out 'not tested'
build --all-pythons
no_out 'not tested'
build test_a.py::test_a
no_out 'not tested'
echo '3.99	bugfix	2020-01-01	2099-01' >>"$T_DIR/table"
build -t releases --update "$T_DIR/table"
build --all-pythons
check grep -q 'not tested under Python .*3\.98, 3\.99 (' "$T_OUT"
build --all-pythons
no_out 'not tested'
rm -rf .tgraph
build --all-pythons --quiet
check [ ! -s "$T_OUT" ]
build -t releases --reset
rm pyproject.toml

# Interpreters are looked for in PATH first.
path=$PATH
mkdir "$T_DIR/bad"
t 'an interpreter that does not run'
printf '#!/bin/sh\nexit 3\n' >"$T_DIR/bad/python3"
chmod +x "$T_DIR/bad/python3"
rm -rf .tgraph
PATH=$T_DIR/bad:/usr/bin:/bin
build_fail 3
PATH=$path
expect_lines "$T_ERR" <<END
tgraph: warning: skipped python3: $T_DIR/bad/python3 does not run: it exited with code 3 and no report (tgraph -t matrix)
tgraph: no interpreter that can run the tests (tgraph -t matrix shows why)
END
PATH=$T_DIR/bad:/usr/bin:/bin
build -t matrix
PATH=$path
expect_out "$T_DIR/bad/python3 does not run"

t 'an interpreter that is no program at all'
echo 'no program' >"$T_DIR/bad/python3"
PATH=$T_DIR/bad:/usr/bin:/bin
build_fail 3
PATH=$path
expect_err "$T_DIR/bad/python3 does not run"

t 'an interpreter without pytest: advice'
rm "$T_DIR/bad/python3"
"$T_VENV/bin/python" -m venv --without-pip "$T_DIR/empty" || fail 'no venv'
PATH=$T_DIR/empty/bin:/usr/bin:/bin
build_fail 3
PATH=$path
expect_err 'no pytest in this interpreter (tgraph -t matrix)'
expect_err "needs: install it there ($T_DIR/empty/bin/python3 -m pip install pytest)"

t 'unittest needs none'
put test_a.py <<\END
import unittest


class TestA(unittest.TestCase):
    def test_a(self):
        pass
END
PATH=$T_DIR/empty/bin:/usr/bin:/bin
build_tests
PATH=$path
counts passed=1

t 'the right interpreter again: all is well'
build_tests
counts passed=1

t 'without pytest: files whose cases have their base from elsewhere run'
fresh
"$T_VENV/bin/python" -m venv --without-pip "$T_DIR/bare"
VIRTUAL_ENV=$T_DIR/bare
export VIRTUAL_ENV
put support.py <<\END
import unittest


class Case(unittest.TestCase):
    pass
END
put test_case.py <<\END
import support


class TestRouter:
    pass


class TestA(support.Case):
    def test_a(self):
        pass
END
git_all 'Case'
build_tests
counts passed=1
put test_plain.py <<\END
def test_plain():
    pass
END
build_fail 3
expect_err 'bare/bin/python has no pytest, which test_plain.py needs: install'
put test_plain.py <<\END
class TestPlain:
    def test_plain(self):
        pass
END
build_fail 3
expect_err 'has no pytest'

t 'or the word with which one is made, if what tests need is written down'
no_err 'let tgraph make one'
cp pyproject.toml ../pyproject.was
cat >>pyproject.toml <<\END
[dependency-groups]
dev = ["pytest>=7"]
END
build_fail 3
expect_err "of the dependency group 'dev': environment = \"venv\" in [tool.tgraph]"
touch uv.lock
build_fail 3
expect_err "of the dependency group 'dev': environment = \"uv\" in [tool.tgraph]"
rm uv.lock
mv ../pyproject.was pyproject.toml

t 'how to install it: as the environment is made'
build_fail 3
bare=$(cd ../bare && pwd -P)
expect_err "install it there ($bare/bin/python -m pip install pytest), or"
echo 'uv = 0.9.0' >>../bare/pyvenv.cfg
build_fail 3
expect_err "(uv pip install --python $bare/bin/python pytest)"
mkdir ../bare/conda-meta
build_fail 3
expect_err "(conda install -p $bare pytest)"
rmdir ../bare/conda-meta
for f in 'Pipfile:pipenv install --dev pytest' \
	'pdm.lock:pdm add -dG test pytest' \
	'poetry.lock:poetry add --group dev pytest' \
	'uv.lock:uv add --dev pytest'; do
	: >"${f%%:*}"
	build_fail 3
	expect_err "(${f#*:}), or activate"
done

t 'an environment that is called venv'
fresh
unset VIRTUAL_ENV
python -m venv --without-pip venv
put test_u.py <<\END
import sys
import unittest


class TestU(unittest.TestCase):
    def test_where(self):
        self.assertTrue(sys.prefix.endswith("/venv"), sys.prefix)
END
build_tests
counts passed=1 failed=0
run -t matrix
expect_out "$PWD/venv/bin/python"
python -m venv --without-pip .venv
run -t matrix
expect_out "$PWD/.venv/bin/python"

end
