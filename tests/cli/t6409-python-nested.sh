#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A test that calls tgraph in the repository that it is in.
. "$(dirname "$0")/../lib.sh"

t 'for another test file: it does not wait for its own end'
put pyproject.toml <<\END
[project]
name = "x"
version = "1"
END
put tests/test_a.py <<\END
import os, subprocess
env = {name: value for name, value in os.environ.items()
       if not name.startswith("PYTEST_")}
def test_a():
    done = subprocess.run(["tgraph", "tests/test_b.py"], timeout=60, env=env)
    assert done.returncode == 0
    assert subprocess.run(["tgraph", "-t", "targets"]).returncode == 0
END
put tests/test_b.py <<\END
def test_b():
    open("../log", "a").write("x\n")
END
build_tests tests/test_a.py
tests_ran tests/test_a.py
holds ../log x
build_tests
tests_cached tests/test_a.py tests/test_b.py
holds ../log x

t 'for itself: it fails, and ends'
put tests/test_a.py <<\END
import subprocess
def test_a():
    assert subprocess.run(["tgraph", "tests/test_a.py"]).returncode == 0
END
build_tests_fail 1 tests/test_a.py
status tests/test_a.py failed

end
