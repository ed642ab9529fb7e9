#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Files whose imports are done before the fork, or not; each still finds what it
# finds alone.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "imports"
version = "1"
[tool.pytest.ini_options]
pythonpath = ["src"]
END
put src/p/__init__.py <<\END
NAME = __name__
END
put src/p/low.py <<\END
"""Nothing but names."""
import json
VALUES = []


def dumped():
    return json.dumps(VALUES)
END
put src/p/registry.py <<\END
KNOWN = {}


def register(function):
    KNOWN[function.__name__] = function
    return function
END
put src/p/plugin.py <<\END
from p.registry import register


@register
def plugged():
    return 1
END

# Each of a pair would spoil the other's result in a shared process.
t 'what one file imports or changes is not there for another'
put tests/test_a.py <<\END
import xml.dom.minidom
import p.low


def test_changes():
    p.low.VALUES.append(1)
    p.later = 1
    assert p.low.dumped() == "[1]"
END
put tests/test_b.py <<\END
import xml
import p
from p import low


def test_unchanged():
    assert low.dumped() == "[]"
    assert not hasattr(p, "later")


def test_needs_another_import():
    assert xml.dom
END
put tests/test_c.py <<\END
import p


def test_needs_another_import():
    assert p.low
END
for T_way in -j1 -j2 --no-workers; do
	build_tests_fail 1 $T_way --rerun --no-cache
	status tests/test_a.py passed
	status tests/test_b.py failed
	status tests/test_c.py failed
	expect_out 'tests/test_b.py::test_needs_another_import'
	no_out 'tests/test_b.py::test_unchanged'
done

t 'what an import registers is not there for another'
put tests/test_d.py <<\END
import p.plugin
from p.registry import KNOWN


def test_known():
    assert list(KNOWN) == ["plugged"]
END
put tests/test_e.py <<\END
from p.registry import KNOWN


def test_empty():
    assert not KNOWN
END
for T_way in -j1 -j2; do
	build_tests_fail 1 $T_way --rerun --no-cache
	status tests/test_d.py passed
	status tests/test_e.py passed
done

t 'an edit while the worker lives is seen'
rm tests/test_[bcd].py
build_tests
sed -i.bak 's/VALUES = \[\]/VALUES = [7]/' src/p/low.py
build_tests_fail 1
status tests/test_a.py failed
mv src/p/low.py.bak src/p/low.py
build_tests

end
