#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is known of an interpreter's environment without looking, and nothing else,
# is no input of its own; and where it lies can be told by tests.
. "$(dirname "$0")/../lib.sh"

PATH=$T_DIR/bin:/usr/bin:/bin

mkdir one
cd one || exit 2
put .gitignore <<\END
/venv
/.venv
END
put test_free.py <<\END
def test_free():
    pass
END
put test_prefix.py <<\END
import sys


def test_prefix():
    assert sys.prefix.endswith("/one/venv")
END
put helper.py <<\END
import sys


def start():
    return sys.executable
END
put test_helper.py <<\END
from helper import start


def test_helper():
    assert "/venv/" in start()
END
git_all 'Prefix'
new_env venv || skip_all 'cannot make a virtual environment'

t 'an environment'
build_tests
counts passed=3 failed=0
build_tests
tests_ran -

t 'another one with the same in it is another one'
new_env .venv
build_tests_fail 1
counts passed=1 failed=2
rm -r .venv
build_tests
tests_ran -

t 'a checkout with one of its own shares what does not tell'
cp -R ../one ../two
cd ../two || exit 2
rm -rf .tgraph venv
new_env venv
build_tests_fail 1
tests_cached test_free.py test_helper.py
counts passed=2 failed=1

t 'programs of the environment'
cd ..
mkdir tools
cd tools || exit 2
new_env .venv
put .venv/bin/tool <<\END
#!/bin/sh
echo one
END
chmod +x .venv/bin/tool
put test_tool.py <<\END
import os
import subprocess
import sys


def test_tool():
    tool = os.path.join(sys.prefix, "bin", "tool")
    assert subprocess.check_output([tool]) == b"one\n"
END
put test_free.py <<\END
def test_free():
    pass
END
put test_started.py <<\END
import subprocess
import sys


def test_started():
    assert subprocess.call([sys.executable, "-c", ""]) == 0
END
mkdir .git
build_tests
counts passed=3
sed s/one/two/ .venv/bin/tool >other
cat other >.venv/bin/tool
rm other
build_tests_fail 1
tests_ran test_tool.py

t 'what a library finds in the environment'
fresh
mkdir .git
new_env venv
put "$T_DIR/lib/shares.py" <<\END
import sys


def share():
    with open(sys.prefix + "/share/x") as stream:
        return stream.read()
END
echo "$T_DIR/lib" >"$T_SITE/lib.pth"
put venv/share/x <<\END
1
END
put test_share.py <<\END
import shares


def test_share():
    assert shares.share() == "1\n"
END
put test_free.py <<\END
def test_free():
    pass
END
build_tests
counts passed=2
new_env .venv
echo "$T_DIR/lib" >"$T_SITE/lib.pth"
put .venv/share/x <<\END
2
END
build_tests_fail 1
tests_ran test_share.py

t 'what is not looked at where things are installed'
fresh
new_env .venv
mkdir .git
site_dir=$T_SITE
put "$site_dir/web/node_modules/x.js" <<\END
one
END
put "$site_dir/web-1.0.dist-info/METADATA" <<\END
Metadata-Version: 2.1
Name: web
Version: 1.0
END
echo '{"url": "file:///one"}' >"$site_dir/web-1.0.dist-info/direct_url.json"
put test_js.py <<\END
import sysconfig


def test_js():
    path = sysconfig.get_path("purelib") + "/web/node_modules/x.js"
    assert open(path).read() == "one\n"
END
put test_url.py <<\END
from importlib import metadata


def test_url():
    text = metadata.distribution("web").read_text("direct_url.json")
    assert "one" in text
END
put test_free.py <<\END
def test_free():
    pass
END
build_tests
counts passed=3
echo two >"$site_dir/web/node_modules/x.js"
build_tests_fail 1
tests_ran test_js.py
echo one >"$site_dir/web/node_modules/x.js"
echo '{"url": "file:///two"}' >"$site_dir/web-1.0.dist-info/direct_url.json"
build_tests_fail 1
tests_ran test_url.py

t 'a tree that lies where things are installed'
new_env "$T_DIR/env"
mkdir "$T_SITE/pkg"
cd "$T_SITE/pkg" || exit 2
mkdir .git
put mod.py <<\END
VALUE = 1
END
put test_mod.py <<\END
import mod


def test_mod():
    assert mod.VALUE == 1
END
export VIRTUAL_ENV="$T_DIR/env"
build_tests
counts passed=1
echo 'VALUE = 2' >mod.py
build_tests_fail 1
tests_ran test_mod.py

t 'an environment made in the tree itself'
fresh
new_env .
export VIRTUAL_ENV="$PWD"
put .gitignore <<\END
/lib
/lib64
/include
END
put bin/tool <<\END
#!/bin/sh
echo one
END
chmod +x bin/tool
put bin/part.py <<\END
VALUE = 1
END
put tests/test_tool.py <<\END
import subprocess


def test_tool():
    assert subprocess.check_output(["bin/tool"]) == b"one\n"
END
put tests/test_part.py <<\END
import importlib
import sys


def test_part(monkeypatch):
    monkeypatch.syspath_prepend("bin")
    assert importlib.import_module("pa" + "rt").VALUE == 1
END
git init -q .
git add bin/tool bin/part.py tests .gitignore
build_tests
counts passed=2
sed s/one/two/ bin/tool >other
cat other >bin/tool
rm other
build_tests_fail 1
tests_ran tests/test_tool.py
git checkout -q bin/tool
echo 'VALUE = 2' >bin/part.py
build_tests_fail 1
tests_ran tests/test_part.py

end
