#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Packages that are installed in place into environments that are made for their
# tests, by pip and by uv, and runs that are killed while they are made.
. "$(dirname "$0")/../lib.sh"

"$T_VENV/bin/python" -m venv "$T_DIR/probe" >/dev/null 2>&1 ||
	skip_all 'no virtual environment can be made'
UV_CACHE_DIR=$T_DIR/uv-cache UV_PYTHON_DOWNLOADS=never PIP_CACHE_DIR=$T_DIR/pip
export UV_CACHE_DIR UV_PYTHON_DOWNLOADS PIP_CACHE_DIR
"$T_VENV/bin/python" "$TG_SRC/tests/wheels.py" "$T_DIR/wheels" installed pytest
VERSION=$("$T_VENV/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
made() { find .tgraph/envs -name tgraph.made | wc -l | tr -d ' '; }

# A tool that installs a package in place, with the version from its source.
put backend/backend.py <<\END
import os
import re
import time
import zipfile


def get_requires_for_build_editable(settings=None):
    return []


def build_editable(target, settings=None, metadata=None):
    with open("started", "w"):
        pass
    while os.path.exists("wait"):
        time.sleep(0.05)
    with open("pyproject.toml") as f:
        text = f.read()
    name = re.search('name = "(.*)"', text).group(1)
    requires = re.search("(?m)^dependencies = (.*)", text)
    with open("src/%s/__init__.py" % name) as f:
        version = re.search('__version__ = "(.*)"', f.read()).group(1)
    info = "%s-%s.dist-info" % (name, version)
    wheel = "%s-%s-py3-none-any.whl" % (name, version)
    with zipfile.ZipFile(os.path.join(target, wheel), "w") as z:
        z.writestr(name + ".pth", os.path.abspath("src") + "\n")
        z.writestr(info + "/METADATA",
                   "Metadata-Version: 2.1\nName: %s\nVersion: %s\n%s" % (
                       name, version, "".join(
                           "Requires-Dist: %s\n" % r
                           for r in eval(requires.group(1)))))
        z.writestr(info + "/WHEEL", "Wheel-Version: 1.0\nGenerator: b\n"
                   "Root-Is-Purelib: true\nTag: py3-none-any\n")
        z.writestr(info + "/RECORD", "%s.pth,,\n%s/METADATA,,\n%s/WHEEL,,\n"
                   "%s/RECORD,,\n" % (name, info, info, info))
    return wheel


build_wheel = None
END

# package NAME REQUIREMENTS
package() {
	put "$1/pyproject.toml" <<END
[project]
name = "$1"
dynamic = ["version"]
dependencies = $2
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
END
	cp backend/backend.py "$1/backend.py"
	echo '__version__ = "1.0"' | put "$1/src/$1/__init__.py"
}
package low '[]'
package mid '["low"]'
package top '["mid"]'
rm -r backend
put top/tests/test_top.py <<\END
import importlib.metadata
import low
import mid
import top


def test_top():
    for m in (low, mid, top):
        assert importlib.metadata.version(m.__name__) == m.__version__
END
put low/tests/test_low.py <<\END
import low


def test_low():
    assert low.__version__


def test_alone():
    try:
        import mid
    except ImportError:
        return
    assert 0, "it is not required"
END
settings() {
	put pyproject.toml <<END
[dependency-groups]
test = ["pytest"]
[tool.tgraph]
environment = "$1"
no-index = true
find-links = ["../wheels"]
python = ["$VERSION"]
END
}
settings uv
git_all 'Three packages'

settings venv
t 'by venv and pip: a package'
build_tests low
counts passed=2
same 1 "$(made)"
build_tests low
tests_cached low/tests/test_low.py
no_out 'steps'
rm -rf .tgraph "$XDG_CACHE_HOME/tgraph"

settings uv
t 'by uv: a package, and those that it requires'
build_tests
counts passed=3
tests_ran top/tests/test_top.py low/tests/test_low.py
same 2 "$(made)"
build_tests
tests_cached top/tests/test_top.py low/tests/test_low.py
no_out 'steps'

t 'a version that is in the source is installed anew'
echo '__version__ = "1.1"' >mid/src/mid/__init__.py
build_tests
counts passed=3
tests_ran top/tests/test_top.py
tests_cached low/tests/test_low.py
echo '__version__ = "1.0"' >mid/src/mid/__init__.py
build_tests
counts passed=3

t 'killed while one is made, and the next run makes it whole'
rm -r .tgraph
: >low/wait
rm -f low/started
"$T_TGRAPH" low >"$T_DIR/out" 2>&1 </dev/null &
pid=$!
while [ ! -e low/started ] && kill -0 $pid 2>/dev/null; do sleep 0.1; done
exists low/started
kill -9 $pid
wait $pid 2>/dev/null
same 0 "$(made)"
rm low/wait
build_tests low
counts passed=2
same 1 "$(made)"

t 'ended, it leaves nothing that could be taken for one'
build -t clean environments
: >low/wait
rm -f low/started
"$T_TGRAPH" low >"$T_DIR/out" 2>&1 </dev/null &
pid=$!
while [ ! -e low/started ] && kill -0 $pid 2>/dev/null; do sleep 0.1; done
kill -TERM $pid
wait $pid
same 143 $?
same 0 "$(made)"
rm low/wait
build_tests low
counts passed=2

t 'one that is wrong is not an environment, and not the other one either'
echo 'raise SystemExit("no way to build it")' >>mid/backend.py
build_tests_fail 3
counts passed=2
tests_cached low/tests/test_low.py
expect_out 'no way to build it'
expect_err "package 'top' is not tested"
end
