#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One interpreter runs, unless more are asked for.
. "$(dirname "$0")/../lib.sh"

v=$("$T_VENV/bin/python" -c 'import sys; print(sys.version_info[1])')
other=$([ "$v" = 13 ] && echo 12 || echo 13)

# A Python that says that it is another version, and has all that ours has.
pretend() {
	put "$1" <<END
#!/bin/sh
"$T_VENV/bin/python" "\$@" | sed \
	-e "s/^\(version\\t3\)\\t[0-9]*/\\1\\t$other/"
END
	chmod +x "$1"
}
pretend "$T_DIR/bin/python3.$other"

# wants SPECIFIER
wants() {
	put pyproject.toml <<END
[project]
name = "one"
version = "1.0"
requires-python = "$1"
END
}
wants '>=3.8'
echo 'def test_a(): pass' >test_a.py
mkdir .git

t 'the active interpreter alone, and one line about the other, once'
build_tests
counts passed=1
expect_out "not tested under Python 3.$other, which could be (--all-pythons)"
build
no_out 'not tested'
echo '# more' >>test_a.py
build_tests
counts passed=1
no_out 'not tested'

t '-t matrix says why'
build -t matrix
check grep -q "^one *3\.$v *yes .*the active interpreter" "$T_OUT"
check grep -q "^one *3\.$other *no .*/python3\.$other *not asked for (--all-pythons)" "$T_OUT"
check grep -q '^one *3\.8 *no .*not supported' "$T_OUT"

t 'a virtual environment in the root is the one'
"$T_VENV/bin/python" -m venv --without-pip --system-site-packages .venv
build -t matrix "3.$v"
expect_out '/.venv/bin/python'
build -t matrix "3.$other"
expect_out 'not asked for'
rm -r .venv

t 'each way to ask for more'
for ask in --all-pythons --include-prerelease --require-all-pythons \
	"--python 3.$other"; do
	# shellcheck disable=SC2086
	build $ask -t matrix "3.$other"
	check grep -q "^one *3\.$other *yes" "$T_OUT"
done
printf '[tool.tgraph]\npython = ["3.%s"]\n' "$other" >>pyproject.toml
build -t matrix
check grep -q "^one *3\.$other *yes .*asked for" "$T_OUT"
check grep -q "^one *3\.$v *no .*not among python" "$T_OUT"
wants '>=3.8'

t 'a target that names a version asks for it'
build -n "py3.$other"
expect_out test_a.py
build -n "one@3.$other"
expect_out test_a.py
build_fail 2 py3.4
expect_err 'py3.4: nothing is tested under this version'

t 'the one does not fit: said, with what to do, and no other in its place'
wants "==3.$other.*"
build_fail 3
expect_err "tgraph: pyproject.toml:4: Python 3.$v."
expect_err "is not what requires-python '==3.$other.*' allows: activate an environment that fits, or run others that are here with --python or --all-pythons"
build --all-pythons -t matrix "3.$other"
check grep -q "^one *3\.$other *yes" "$T_OUT"

t 'beside a package for which it fits: a warning'
mkdir two
put two/pyproject.toml <<END
[project]
name = "two"
version = "1.0"
END
echo 'def test_b(): pass' >two/test_b.py
build_tests
counts passed=1
expect_err "warning: pyproject.toml:4: package 'one' is not tested: Python 3.$v."
build
expect_err "package 'one' is not tested"

end
