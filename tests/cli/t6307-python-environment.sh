#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What an environment is to the tests that run in it.
. "$(dirname "$0")/../lib.sh"

# thing_env DIR ROOT: a virtual environment with pytest, a distribution "thing"
# and an editable install of the package below ROOT.
thing_env() {
	new_env "$1"
	site=$T_SITE
	echo "$2/src" >"$site/__editable__.pack-1.0.pth"
	mkdir "$site/thing-1.0.dist-info"
	echo 'version = 1' >"$site/thing.py"
	echo thing.py,, >"$site/thing-1.0.dist-info/RECORD"
	printf 'Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n' \
		>"$site/thing-1.0.dist-info/METADATA"
}

mkdir one
cd one || exit 2
put pyproject.toml <<\END
[project]
name = "pack"
version = "1.0"
[tool.pytest.ini_options]
addopts = "-ra"
END
put src/pack/__init__.py <<\END
import thing


def value():
    return thing.version
END
put tests/test_value.py <<\END
import pack


def test_value():
    assert pack.value() == 1
END
put tests/test_other.py <<\END
def test_other():
    pass
END
git_all 'One'
thing_env "$T_DIR/env1" "$(pwd -P)"
VIRTUAL_ENV=$T_DIR/env1
export VIRTUAL_ENV

t 'the active environment, with what it has installed'
build_tests
counts passed=2
tests_ran tests/test_value.py tests/test_other.py
build_tests
tests_ran -

t 'another version of a distribution: every test that could use it'
# Of another size: Python itself believes its .pyc files within a second.
echo 'version = 2  # newer' >"$site/thing.py"
mv "$site/thing-1.0.dist-info" "$site/thing-2.0.dist-info"
build_tests_fail 1
counts passed=1 failed=1
status tests/test_value.py failed
tests_ran tests/test_value.py tests/test_other.py

t 'the old version again: the old results'
echo 'version = 1' >"$site/thing.py"
mv "$site/thing-2.0.dist-info" "$site/thing-1.0.dist-info"
build_tests
counts passed=2
tests_ran -

t 'a distribution more'
echo 'x = 1' >"$site/more.py"
build_tests
tests_ran tests/test_value.py tests/test_other.py
rm "$site/more.py"
build_tests
tests_ran -

t 'what the installer notes for itself does not count'
echo pip >"$site/thing-1.0.dist-info/INSTALLER"
build_tests
tests_ran -

t 'an option of pytest'
sed 's/-ra/-rA/' pyproject.toml >new && mv new pyproject.toml
build_tests
tests_ran tests/test_value.py tests/test_other.py
git checkout -q pyproject.toml
build_tests
tests_ran -

t 'another checkout with an environment of its own that is the same'
git clone -q . ../two
cd ../two || exit 2
thing_env "$T_DIR/env2" "$(pwd -P)"
VIRTUAL_ENV=$T_DIR/env2
build_tests
tests_ran -
counts passed=2

t 'but not with that of the first checkout, whose package it imports'
VIRTUAL_ENV=$T_DIR/env1
build_tests
tests_ran tests/test_value.py tests/test_other.py

t 'an environment in the tree, not active'
unset VIRTUAL_ENV
thing_env .venv "$(pwd -P)"
echo .venv >>.git/info/exclude
build_tests
tests_ran -
expect_out '2 passed'

t 'a version that does not have the package is not tested, unless asked for'
sed 's/^name.*/&\nrequires-python = ">=3.8"/' pyproject.toml >new
mv new pyproject.toml
# A Python that says that it is another one: the first release not here.
other=$([ "$("$T_VENV/bin/python" -c \
	'import sys; print(sys.version_info[1])')" = 13 ] && echo 12 || echo 13)
put "$T_DIR/bin/python3.$other" <<END
#!/bin/sh
"$T_VENV/bin/python" "\$@" | sed \
	-e "s/^\(version\\t3\)\\t[0-9]*/\\1\\t$other/"
END
chmod +x "$T_DIR/bin/python3.$other"
build --all-pythons -t matrix "3.$other"
check grep -q "3\.$other .*yes .*$T_DIR/bin.* supported" "$T_OUT"
mkdir "$site/pack-1.0.dist-info"
printf 'Metadata-Version: 2.1\nName: pack\nVersion: 1.0\n' \
	>"$site/pack-1.0.dist-info/METADATA"
build --all-pythons -t matrix "3.$other"
expect_out 'the package is not installed in this interpreter'
build_tests --all-pythons
counts passed=2
build --python "3.$other" -t matrix "3.$other"
no_out 'not installed'

t 'a large one that is new: a terminal shows how far'
truncate -s 64M "$site/large.bin"
put "$T_DIR/terminal.py" <<\END
import os, pty, subprocess, sys
ours, its = pty.openpty()
run = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=its)
os.close(its)
text = b""
try:
    while chunk := os.read(ours, 4096):
        text += chunk
except OSError:
    pass
sys.stdout.write(text.decode())
sys.exit(run.wait())
END
if "$T_VENV/bin/python" -c 'import pty; pty.openpty()' 2>/dev/null; then
	"$T_VENV/bin/python" "$T_DIR/terminal.py" tgraph >"$T_OUT"
	same 0 $?
	expect_out 'reading installed packages 64/64 MiB'
	"$T_VENV/bin/python" "$T_DIR/terminal.py" tgraph --quiet --rerun >"$T_OUT"
	same 0 $?
	no_out 'reading installed'
else
	skip 'there are no terminals here'
fi

end
