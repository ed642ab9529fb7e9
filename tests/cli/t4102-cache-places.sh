#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The cache is shared by all checkouts: a result is taken by another directory
# only if nothing in it depends on the directory it was made in.
. "$(dirname "$0")/../lib.sh"

mkdir one
cd one || exit 2
put pyproject.toml <<\END
[project]
name = "places"
version = "1.0"
END
: >conftest.py
put src/util.py <<\END
def double(x):
    return 2 * x
END
put src/where.py <<\END
import pathlib


def here():
    return pathlib.Path("x").resolve().parent
END
put tests/test_free.py <<\END
def test_free(tmp_path):
    (tmp_path / "x").write_text("1")
    assert (tmp_path / "x").read_text() == "1"
END
put tests/test_file.py <<\END
def test_file():
    assert "/one/" in __file__
END
put tests/test_cwd.py <<\END
import os


def test_cwd():
    assert os.getcwd().endswith("one")
END
put tests/test_module.py <<\END
import sys
sys.path.insert(0, "src")
from where import here


def test_module():
    assert here().name == "one"
END
put src/knows.py <<\END
def inside():
    return "/one/" in __file__
END
put tests/test_knows.py <<\END
import sys
sys.path.insert(0, "src")
import knows


def test_knows():
    assert knows.inside()
END
put tests/test_request.py <<\END
def test_request(request):
    assert request.config.rootpath.name == "one"
END
put tests/test_doctest.py <<\END
def test_doctest():
    """
    >>> import os
    >>> os.path.basename(os.getcwd())
    'one'
    """
END
put tests/test_shell.py <<\END
import subprocess


def test_shell():
    assert b"/one" in subprocess.check_output(["pwd"])
END
cat >>pyproject.toml <<\END
[tool.pytest.ini_options]
addopts = "--doctest-modules"
testpaths = ["tests"]
END
git_all 'Places'

t 'a first checkout'
build_tests
counts passed=9 failed=0

t 'the same one takes all of it back'
rm -rf .tgraph
build_tests
tests_ran -
counts passed=9

t 'another one only what does not depend on where it is'
cp -r ../one ../two
cd ../two || exit 2
rm -rf .tgraph
build_tests_fail 1
tests_cached tests/test_free.py
counts passed=2 failed=7
rm -rf .tgraph
build_tests_fail 1
tests_cached tests/test_free.py

t 'and the first is as it was'
cd ../one || exit 2
rm -rf .tgraph
build_tests
tests_ran -
counts passed=9

t 'a directory that was moved'
mv ../one ../three
cd ../three || exit 2
build_tests_fail 1
tests_cached tests/test_free.py

t 'what a result shows of the place is right'
mkdir ../shows
cd ../shows || exit 2
put test_warns.py <<\END
import warnings


def test_warns():
    warnings.warn("look here: " + __file__)
END
put test_mild.py <<\END
import warnings

import pytest


def test_mild():
    warnings.warn("look here")
    pytest.skip("nothing more")
END
put test_says.py <<\END
def test_says(): print("nothing")
END
mkdir .git
build_tests
cp -r ../shows ../shown
cd ../shown || exit 2
rm -rf .tgraph
build_tests
tests_cached test_says.py test_mild.py
tests_ran test_warns.py
for f in .tgraph/results/*/test_*; do
	check_not grep -q "$T_DIR/work/shows" "$f"
done

t 'without workers too'
rm -rf .tgraph "$XDG_CACHE_HOME/tgraph"
build_tests --no-workers
cd ../shows || exit 2
rm -rf .tgraph
build_tests --no-workers
tests_cached test_says.py test_mild.py
for f in .tgraph/results/*/test_*; do
	check_not grep -q "$T_DIR/work/shown" "$f"
done

t 'steps of a manifest, with a cache that was named'
mkdir ../make ../make/a ../make/b
cd ../make/a || exit 2
manifest <<\END
rule say
  command = pwd >$out
  restat = 1
rule copy
  command = cp $in $out
  restat = 1
build where: say
build copy: copy in
END
echo 1 >in
cp build.ninja in ../b
build --cache="$T_DIR/named"
ran ">where" copy
cd ../b || exit 2
build --cache="$T_DIR/named"
holds where "$PWD"
holds copy 1
cd ../a || exit 2
rm -rf .tgraph where copy
build --cache="$T_DIR/named"
holds where "$PWD"

end
