#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is installed changes while the tests run: what they found out is not
# kept by what was there at the start.
. "$(dirname "$0")/../lib.sh"

new_env "$T_DIR/venv" || skip_all 'cannot make a virtual environment'
here=$T_SITE
PATH=$T_DIR/bin:$T_DIR/venv/bin:${PATH#*:}

# Each test writes the text of its file NAME.do, if there is one, to the program
# of an installer, which changes what is installed while the test runs.
put conftest.py <<\END
import os
import subprocess

import pytest


@pytest.fixture(autouse=True)
def meanwhile(request):
    name = request.node.name
    if os.path.exists("/".join([os.environ["DO"], name])):
        subprocess.check_call(
            ["sh", "-e", "/".join([os.environ["DO"], name])])
END
put test_thing.py <<\END
def test_thing():
    import thing
    assert thing.X == 2
END
put test_other.py <<\END
def test_other():
    pass
END
put pyproject.toml <<\END
[project]
name = "meanwhile"
version = "1"
[tool.tgraph]
env = ["DO"]
END
git_all 'Meanwhile'
DO=$T_DIR/do HERE=$here
export DO HERE
mkdir "$DO"
echo 'X = 1' >"$here/thing.py"

# meanwhile TEST <<END: what is done while that test runs, the first time.
meanwhile() {
	{
		cat
		echo 'rm "$0"'
	} >"$DO/$1"
}

# reran: test_thing.py was not up to date. The other one may have ended, and what
# is installed been looked at, before it was changed.
reran() { check [ "$(T_report False | grep -c test_thing.py)" = 1 ]; }

t 'what was wrong stays wrong: another version for the time of the test'
meanwhile test_thing <<\END
echo "X = 2   # two" >"$HERE/thing.py"
END
meanwhile test_other <<\END
echo "X = 2   # two" >"$HERE/thing.py"
END
build_tests
counts passed=2
expect_err 'what is installed changed while the tests ran'
echo 'X = 1' >"$here/thing.py"
build_tests_fail 1
tests_ran test_thing.py test_other.py
no_err 'what is installed changed'
rm -rf .tgraph
build_tests_fail 1
tests_cached test_other.py

t 'written and put back with its time'
rm -rf .tgraph
echo 'X = 2   # two' >"$here/thing.py"
build_tests
rm -rf .tgraph "$XDG_CACHE_HOME/tgraph"
echo 'X = 1' >"$here/thing.py"
meanwhile test_thing <<\END
cp -p "$HERE/thing.py" "$HERE/thing.kept"
echo "X = 2   # two" >"$HERE/thing.py"
python -c "import thing"
END
cat >test_thing.py <<\END
import os
import shutil


def test_thing():
    import thing
    here = os.environ["HERE"]
    if os.path.exists(here + "/thing.kept"):
        shutil.copy2(here + "/thing.kept", here + "/thing.py")
        os.remove(here + "/thing.kept")
    assert thing.X == 2
END
build_tests
counts passed=2
build_tests_fail 1
reran
build_tests_fail 1
tests_cached test_other.py

t 'a module that was there for a while'
rm "$here/thing.py"
cat >test_thing.py <<\END
import importlib.util
import os


def test_thing():
    found = importlib.util.find_spec("shadow")
    if found:
        os.remove(found.origin)
    assert found
END
meanwhile test_thing <<\END
echo "X = 1" >"$HERE/shadow.py"
END
build_tests
build_tests_fail 1
reran

t 'nothing changes: nothing runs'
echo 'def test_thing(): pass' >test_thing.py
build_tests
no_err 'what is installed'
build_tests
tests_ran -

t "Python's own caches are no change"
echo 'X = 1' >"$here/thing.py"
mkdir "$here/pkg"
echo 'X = 1' >"$here/pkg/__init__.py"
cat >test_thing.py <<\END
import os
import subprocess
import sys


def test_thing():
    env = dict(os.environ)
    for name in "PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE":
        env.pop(name, None)
    subprocess.check_call([sys.executable, "-c", "import thing, pkg"],
                          env=env)
END
find "$here" -name __pycache__ -prune -exec rm -rf {} +
build_tests
check [ -d "$here/pkg/__pycache__" ]
no_err 'what is installed'
build_tests
tests_ran -

t 'what a tool saw is not what the next run sees'
cat >test_thing.py <<\END
def test_thing():
    import thing
    assert thing.X == 1
END
echo 'X = 1' >"$here/thing.py"
build_tests
echo 'X = 2   # two' >"$here/thing.py"
build -t why test_thing.py
echo 'X = 1' >"$here/thing.py"
build_tests
tests_ran -
echo 'X = 2   # two' >"$here/thing.py"
build_tests_fail 1

t 'a suite that writes into it each time is believed after a while'
cat >test_thing.py <<\END
import os


def test_thing():
    path = os.environ["HERE"] + "/thing.py"
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(text)
END
for i in 1 2 3 4; do
	build_tests
done
tests_ran -

end
