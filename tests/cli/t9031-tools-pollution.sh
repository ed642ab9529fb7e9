#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# -t doctor --pollution: tests that come out otherwise in a process with others,
# and whose company it takes.
. "$(dirname "$0")/../lib.sh"

T_tree() { find . -path ./.tgraph -prune -o -print | LC_ALL=C sort; }

# pollution CODE ARG...: it must exit with that code, and leave nothing in the
# tree.
pollution() {
	T_listed=$(T_tree)
	T_want_code=$1
	shift
	if [ "$T_want_code" = 0 ]; then
		build -t doctor --pollution "$@"
	else
		build_fail "$T_want_code" -t doctor --pollution "$@"
	fi
	same "$T_listed" "$(T_tree)" 'what is in the tree'
}

fresh_project() {
	fresh
	printf '[project]\nname = "p"\nversion = "1"\n' >pyproject.toml
	echo 'SEEN = []' >state.py
	for T_which in 1 2 3 4 5; do
		echo "def test_$T_which(): pass" | put "tests/test_calm$T_which.py"
	done
}

t 'nothing to be found'
fresh_project
pollution 0
expect_out '), 5 files'
expect_out 'alone and in one process: the same'
pollution 0 --json
expect_out '"finished":	true'
expect_out '"runs":	6'

t 'one fails with another, one passes only with it, one with an import'
fresh_project
put tests/test_m.py <<\END
import state
def test_m():
    state.SEEN.append(1)
END
put tests/test_n.py <<\END
import state
def test_n():
    assert not state.SEEN
def test_calm():
    pass
END
put tests/test_o.py <<\END
import state
def test_o():
    assert state.SEEN
END
put tests/test_a.py <<\END
import xml
def test_a():
    assert xml.dom
END
put tests/test_z.py <<\END
import xml.dom
def test_z():
    pass
END
build_tests_fail 1
pollution 1
expect_out '), 10 files'
expect_out 'tests/test_n.py fails in one process with tests/test_m.py:'
expect_out 'tests/test_n.py::test_n'
expect_out 'tests/test_o.py passes only in one process with tests/test_m.py:'
expect_out 'tests/test_a.py passes only in one process with tests/test_z.py:'
no_out 'test_calm'
# only these files
pollution 1 tests/test_m.py tests/test_n.py
expect_out '), 2 files'
expect_out 'tests/test_n.py fails in one process with tests/test_m.py:'
pollution 0 tests/test_n.py tests/test_o.py
# what has run in company is no witness of how it is alone
run --isolation=shared
pollution 1
expect_out 'tests/test_n.py fails in one process with tests/test_m.py:'
expect_out 'tests/test_o.py passes only in one process with tests/test_m.py:'

t 'it takes two'
fresh_project
for T_which in b d; do
	put tests/test_$T_which.py <<\END
import state
def test():
    state.SEEN.append(1)
END
done
put tests/test_e.py <<\END
import state
def test_e():
    assert len(state.SEEN) < 2
END
pollution 1 --json
expect_out '"with":	["tests/test_b.py", "tests/test_d.py"]'
expect_out '"kind":	"fails"'

t 'a file that can be imported only in company'
fresh_project
put tests/test_f.py <<\END
import sys
sys.modules["made_up"] = sys
def test_f(): pass
END
put tests/test_g.py <<\END
import made_up
def test_g(): pass
END
pollution 1
expect_out 'tests/test_g.py passes only in one process with tests/test_f.py:'
expect_out 'tests/test_g.py::test_g'

t 'what changes from one time to the next is nobody else'"'"'s doing'
fresh_project
put tests/test_u.py <<\END
import os, pytest
@pytest.mark.parametrize("n", [os.getpid()])
def test_u(n): pass
END
pollution 0
expect_out 'tests/test_u.py comes out otherwise from one time to the next:'

t 'unittest'
fresh
put pyproject.toml <<\END
[project]
name = "u"
version = "1"
[tool.tgraph]
runner = "unittest"
END
echo 'SEEN = []' >state.py
put test_a.py <<\END
import state, unittest
class A(unittest.TestCase):
    def test_a(self):
        state.SEEN.append(1)
END
put test_b.py <<\END
import state, unittest
class B(unittest.TestCase):
    def test_b(self):
        self.assertEqual(state.SEEN, [])
END
pollution 1
expect_out 'test_b.py fails in one process with test_a.py:'
expect_out 'test_b.py::B::test_b'

t 'a process that does not come to its end'
fresh_project
put tests/test_x.py <<\END
import os
def test_x(): os._exit(0)
END
pollution 2
expect_out 'a process did not come to its end: tests/test_x.py'
expect_out 'not all could be found out'

end
