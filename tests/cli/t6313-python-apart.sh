#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each file has its own result, and what goes wrong in one is no other's.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "pure"
version = "1"
[tool.pytest.ini_options]
pythonpath = ["src"]
END
put src/calc.py <<\END
KNOWN = [1, 2]


def total(numbers):
    out = 0
    for n in numbers:
        out += n
    return out


def learn(n):
    KNOWN.append(n)
END
for i in 1 2 3; do
	put tests/test_pure$i.py <<\END
import pytest
from calc import KNOWN, total


@pytest.mark.parametrize("more", [0, 3])
def test_total(more):
    assert total(KNOWN + [more]) == 3 + more


def test_known():
    assert KNOWN == [1, 2]
END
done
put tests/test_learns.py <<\END
from calc import KNOWN, learn


def test_learns():
    learn(3)
    assert KNOWN == [1, 2, 3]
END
put tests/test_wrong.py <<\END
from calc import total


def test_right():
    assert total([1]) == 1


def test_wrong():
    found = total([1, 1])
    assert found == 3
END

t 'each has its result, as without workers'
for T_way in -j1 -j2 --no-workers; do
	build_tests_fail 1 $T_way --rerun --no-cache
	for i in 1 2 3; do
		status tests/test_pure$i.py passed
	done
	status tests/test_learns.py passed
	status tests/test_wrong.py failed
	expect_out 'assert 2 == 3'
	expect_out '11 passed, 1 failed'
done

t 'a hang ends as that file, by the timeout'
put tests/test_hangs.py <<\END
import os


def test_hangs():
    open(os.environ["T_HANGS"], "w").close()
    while True:
        pass
END
build_hangs tests/test_hangs.py -j1 --rerun --no-cache
status tests/test_hangs.py timeout
expect_out ', in tests/test_hangs.py::test_hangs; 1 failed'
for i in 1 2 3; do
	status tests/test_pure$i.py passed
done
status tests/test_learns.py passed
rm tests/test_hangs.py tests/test_wrong.py

t 'what one of them uses decides for it alone'
build_tests
sed -i.bak 's/out = 0/out = 1/' src/calc.py
rm src/calc.py.bak
build_tests_fail 1
status tests/test_pure1.py failed
status tests/test_learns.py passed
expect_out 'assert 4 == (3 + 0)'

end
