#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The interpreter, what is installed, and environment variables decide too.
. "$(dirname "$0")/../lib.sh"

# A virtual environment that can be changed: the tests' own, by a .pth file.
site=$(site_of "$T_VENV")
new_venv() {
	"${2:-$T_VENV/bin/python}" -m venv --without-pip "$T_DIR/$1" ||
		skip_all 'cannot make a virtual environment'
	T_s=$(site_of "$T_DIR/$1")
	cp -R "$site"/py.py "$site"/*pytest* "$site"/pluggy* "$site"/iniconfig* \
		"$site"/packaging* "$site"/[pP]ygments* "$site"/exceptiongroup* \
		"$site"/tomli* "$site"/typing_extensions* "$T_s" 2>/dev/null
	echo "$T_s"
}
venv_site=$(new_venv venv)
PATH=$T_DIR/bin:$T_DIR/venv/bin:${PATH#*:}
dist() {
	put "$venv_site/$1.py" <<END
VERSION = "$2"
END
	put "$venv_site/$1-$2.dist-info/METADATA" <<END
Metadata-Version: 2.1
Name: $1
Version: $2
END
	put "$venv_site/$1-$2.dist-info/RECORD" <<END
$1.py,,
$1-$2.dist-info/METADATA,,
$1-$2.dist-info/RECORD,,
END
}
dist thing 1.0
put test_thing.py <<\END
import thing


def test_thing():
    assert thing.VERSION
END
put test_env.py <<\END
import os


def test_env():
    assert os.environ.get("GREETING", "hello") != "bye"
END
put test_plain.py <<\END
def test_plain():
    pass
END
git_all 'Environment'
all='test_thing.py test_env.py test_plain.py'

t 'the first run, and nothing to do'
build_tests
# shellcheck disable=SC2086
tests_ran $all
build_tests
tests_ran -

t 'a distribution in another patch version: everything'
rm -r "$venv_site"/thing-1.0.dist-info
dist thing 1.0.1
build_tests
# shellcheck disable=SC2086
tests_ran $all
build_tests
tests_ran -

t 'a module in the environment that was edited by hand: everything'
echo '# a remark' >>"$venv_site/thing.py"
build_tests
# shellcheck disable=SC2086
tests_ran $all

t 'another distribution is installed: everything'
dist more 2.0
build_tests
# shellcheck disable=SC2086
tests_ran $all

t 'and removed: as before, so nothing'
rm -r "$venv_site"/more*
build_tests
tests_ran -

t 'a variable that a test reads: that test alone'
GREETING=hey
export GREETING
build_tests
tests_ran test_env.py
build_tests
tests_ran -
GREETING=bye
build_tests_fail 1
tests_ran test_env.py
unset GREETING
build_tests
tests_ran -

t 'a variable that nobody reads: nothing'
NOBODY=1
export NOBODY
build_tests
tests_ran -
unset NOBODY

t 'a variable that pytest reads: everything'
PYTEST_ADDOPTS=-ra
export PYTEST_ADDOPTS
build_tests
# shellcheck disable=SC2086
tests_ran $all
unset PYTEST_ADDOPTS
build_tests
tests_ran -

t 'a variable named in the configuration: everything'
put pyproject.toml <<\END
[tool.tgraph]
env = ["DATABASE"]
END
build_tests
# shellcheck disable=SC2086
tests_ran $all
DATABASE=x
export DATABASE
build_tests
# shellcheck disable=SC2086
tests_ran $all
unset DATABASE
rm pyproject.toml
build_tests
tests_ran -

t 'the environment made anew with another distribution: everything'
mv "$T_DIR/venv" "$T_DIR/aside"
venv_site=$(new_venv venv)
dist thing 1.0.2
build_tests
# shellcheck disable=SC2086
tests_ran $all

t 'an interpreter of another version: everything, beside the old results'
other='' mine=$(T_field test_plain.py python)
for v in 3.14 3.13 3.12 3.11 3.10 3.9 3.8; do
	for p in "/usr/bin/python$v" "$(command -v "python$v")"; do
		[ -z "$other" ] && [ "$v" != "$mine" ] && [ -x "$p" ] &&
			"$p" -c 'import venv, ensurepip' 2>/dev/null &&
			other=$p
	done
done
if [ -n "$other" ]; then
	rm -rf "$T_DIR/venv"
	venv_site=$(new_venv venv "$other")
	dist thing 1.0
	build_tests
	# shellcheck disable=SC2086
	tests_ran $all
	check [ "$(T_field test_plain.py python)" != "$mine" ]
else
	skip 'there is no other Python here'
fi

end
