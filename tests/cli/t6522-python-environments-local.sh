#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Environments that are made from files of requirements in which directories and
# files of the repository are named.
. "$(dirname "$0")/../lib.sh"

command -v uv >/dev/null || skip_all 'there is no uv'
UV_CACHE_DIR=$T_DIR/uv-cache UV_PYTHON_DOWNLOADS=never
export UV_CACHE_DIR UV_PYTHON_DOWNLOADS
wheel() { "$T_VENV/bin/python" "$TG_SRC/tests/wheels.py" "$@"; }
wheel "$T_DIR/wheels" installed pytest
wheel "$T_DIR/wheels" make helper 1.0 'helper=VALUE = 1'
wheel "$T_DIR/wheels" make helper 2.0 'helper=VALUE = 2'
VERSION=$("$T_VENV/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

put pyproject.toml <<END
[tool.tgraph]
environment = "uv"
no-index = true
find-links = ["$T_DIR/wheels"]
requirements = ["needs/all.txt"]
python = ["$VERSION"]
END
put sib/backend.py <<\END
import os
import re
import zipfile


def get_requires_for_build_editable(settings=None):
    return []


get_requires_for_build_wheel = get_requires_for_build_editable


def make(target, name, data):
    with open("pyproject.toml") as f:
        requires = re.search("(?m)^dependencies = (.*)", f.read()).group(1)
    info = "sib-1.0.dist-info"
    wheel = "sib-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(target, wheel), "w") as z:
        z.writestr(name, data)
        z.writestr(info + "/METADATA",
                   "Metadata-Version: 2.1\nName: sib\nVersion: 1.0\n" +
                   "".join("Requires-Dist: %s\n" % r for r in eval(requires)))
        z.writestr(info + "/WHEEL", "Wheel-Version: 1.0\nGenerator: b\n"
                   "Root-Is-Purelib: true\nTag: py3-none-any\n")
        z.writestr(info + "/RECORD", "%s,,\n%s/METADATA,,\n%s/WHEEL,,\n"
                   "%s/RECORD,,\n" % (name, info, info, info))
    return wheel


def build_editable(target, settings=None, metadata=None):
    return make(target, "sib.pth", os.path.abspath("src") + "\n")


def build_wheel(target, settings=None, metadata=None):
    with open("src/sib.py") as f:
        return make(target, "sib.py", f.read())
END
sib() {
	put sib/pyproject.toml <<END
[project]
name = "sib"
version = "1.0"
dependencies = ["$1"]
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
END
}
sib 'helper<2'
echo 'VALUE = 1' | put sib/src/sib.py
put tests/test_a.py <<\END
import helper
import sib


def test_a():
    assert helper.VALUE == 1
    assert sib.VALUE == 1
END
printf 'pytest\n-r "more.txt"   # of ours\n' | put needs/all.txt
echo '-e ./sib' | put needs/more.txt
git_all 'A file of requirements'

t 'a file that another names, with a comment behind it'
build_tests tests
counts passed=1
build_tests tests
tests_cached tests/test_a.py
no_out 'step'

t 'what a package requires that it installs in place'
sib 'helper>=2'
build_tests_fail 1 tests
status tests/test_a.py failed
sib 'helper<2'
build_tests tests
counts passed=1

t 'its code is no part of the environment'
echo '# more' >>sib/src/sib.py
build_tests tests
tests_ran tests/test_a.py
no_out 'step'

t 'a package that it installs a copy of: all of it counts'
echo './sib' >needs/more.txt
build_tests tests
counts passed=1
build_tests tests
tests_cached tests/test_a.py
no_out 'step'
echo 'VALUE = 2' >sib/src/sib.py
build_tests_fail 1 tests
status tests/test_a.py failed
echo 'VALUE = 1' >sib/src/sib.py
build_tests tests
counts passed=1

t 'a wheel that lies here'
wheel lib make sib 1.0 'sib=VALUE = 1' 'requires=helper<2'
echo 'lib/sib-1.0-py3-none-any.whl' >needs/more.txt
build_tests tests
counts passed=1
wheel lib make sib 1.0 'sib=VALUE = 2' 'requires=helper<2'
build_tests_fail 1 tests
status tests/test_a.py failed
end
