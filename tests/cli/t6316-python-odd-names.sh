#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Names of test files that mean something to pytest, depfiles, shells or globs,
# or that leave no room for a suffix.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "odd"
version = "1"
END
# A directory of each name with a test and a module that it imports; and files.
python - <<\END
import os

names = ["a[b]", "[x]", "open[", "st*r", "qu?", "pipe|", "semi;", "back\\slash",
         "tab\tx", "new\nline", "sp ace", "do$llar", "ha#sh", "co:lon",
         "colon:", "qu'ote", 'dq"', "amp&", "lt<gt>", "caret^", "tick`",
         "brace{a,b}", "--rootdir=x", "\x01", "a::b", "long" * 60, " lead"]
for n, name in enumerate(names):
    os.makedirs("tests/" + name)
    with open("tests/%s/test_%d.py" % (name, n), "w") as f:
        f.write("from helper%d import V\n"
                "def test(tmp_path): assert V == 1\n" % n)
    with open("tests/%s/helper%d.py" % (name, n), "w") as f:
        f.write("V = 1\n")
for name in "f" * 240, "[1]", "*", "a b", "\n", "|", "\\", "a[":
    with open("tests/test_%s.py" % name, "w") as f:
        f.write("def test(tmp_path): pass\n")
END
git_all 'Names'

t 'all of them run'
check python -m pytest -q -p no:cacheprovider
build_tests --junit ../x.xml
counts passed=35 failed=0
check python -c '
import xml.etree.ElementTree as E
assert len(list(E.parse("../x.xml").iter("testcase"))) == 35'

t 'and nothing runs again'
build_tests
tests_ran -

t 'with nothing but the plain command'
build_tests --no-cache --rerun --no-workers
counts passed=35

t 'from the cache'
rm -rf .tgraph
build_tests
counts passed=35
tests_ran -

t 'what they import counts, though it was not to be seen beforehand'
for d in 'pipe|' 'a[b]' 'back\slash' 'sp ace'; do
	put "tests/$d/test_late.py" <<\END
def test(tmp_path):
    import importlib
    import os
    here = os.path.dirname(__file__)
    name = [n for n in os.listdir(here) if n.startswith("helper")][0][:-3]
    assert importlib.import_module(name).V == 1
END
done
build_tests
counts passed=39
build_tests
tests_ran -
for d in 'pipe|' 'back\slash'; do
	echo 'V = 2' | tee "tests/$d"/helper*.py >/dev/null
done
build_tests_fail 1 --no-cache
counts failed=4 passed=35
git checkout -q .

t 'by name'
for f in 'tests/[x]/test_1.py' 'tests/a::b/test_24.py' 'tests/st*r/test_3.py' \
	'tests/test_a[.py' 'tests/back\slash/test_7.py'; do
	build_tests --rerun "$f"
	counts passed=1
	build_tests --rerun "$f::test"
	counts passed=1
done

t 'the printed graph is the same graph'
run -t manifest
cp "$T_OUT" ../x.ninja
cp ../x.ninja y.ninja
run -f y.ninja -t commands
cp "$T_OUT" ../commands
run -t commands
check cmp "$T_OUT" ../commands
rm y.ninja

t 'packages whose directories have such names, by unittest'
fresh
for d in 'a[b]' 'st*r' 'pipe|'; do
	put "pkgs/$d/pyproject.toml" <<END
[project]
name = "p$(printf %s "$d" | cksum | cut -d' ' -f1)"
version = "1"
[tool.tgraph]
runner = "unittest"
END
	put "pkgs/$d/test_u.py" <<\END
import unittest


class U(unittest.TestCase):
    def test(self):
        pass
END
done
git_all 'Packages'
build_tests
counts passed=3
build_tests
tests_ran -

t 'and by pytest, with paths in its settings'
for d in 'a[b]' 'st*r' 'pipe|'; do
	cat >>"pkgs/$d/pyproject.toml" <<\END
[tool.pytest.ini_options]
testpaths = ["test_u.py", "t*"]
END
	sed '/^runner/d' "pkgs/$d/pyproject.toml" >x
	mv x "pkgs/$d/pyproject.toml"
	put "pkgs/$d/tests/test_v.py" <<\END
def test():
    pass
END
done
build_tests
counts passed=6
build_tests
tests_ran -
end
