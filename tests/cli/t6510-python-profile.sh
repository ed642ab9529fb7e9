#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Settings by name: [tool.tgraph.profile.NAME].
. "$(dirname "$0")/../lib.sh"
unset CI

put pyproject.toml <<\END
[project]
name = "named"
version = "1.0"
[tool.tgraph]
exclude = ["tests/test_slow.py"]
env = ["MODE"]
[tool.tgraph.profile.full]
exclude = []
[tool.tgraph.profile.ci]
exclude = ["tests/test_fast.py"]
retries = 1
END
put tests/test_fast.py <<\END
def test_fast():
    pass
END
put tests/test_slow.py <<\END
import os


def test_slow():
    if not os.path.exists(os.environ["FLAG"]):
        open(os.environ["FLAG"], "w")
        assert 0
END
git_all 'Profiles'
FLAG=$T_DIR/flag
export FLAG
: >"$FLAG"

t 'a profile takes the place of settings, and others stay'
build_tests
tests_ran tests/test_fast.py
build_tests --profile full
tests_ran tests/test_slow.py
tests_cached tests/test_fast.py
build_tests
tests_cached tests/test_fast.py
run -t manifest
expect_out MODE

t 'in CI it is ci'
rm "$FLAG"
CI=true build_tests --rerun
tests_ran tests/test_slow.py
check grep -qi flaky "$T_OUT"
CI=true build_tests --profile full
tests_cached tests/test_slow.py tests/test_fast.py
CI=false build_tests
tests_cached tests/test_fast.py

t 'one that is not there, and mistakes in one that is not used'
build_fail 2 --profile nowhere
expect_err '--profile nowhere: no pyproject.toml has [tool.tgraph.profile.nowhere]'
build_fail 2 --profile ''
cat >>pyproject.toml <<\END
tiemout = 3
END
build
expect_err "pyproject.toml:12: unknown key 'tiemout' in [tool.tgraph]; did you mean 'timeout'?"
sed -i.bak 's/^tiemout = 3/timeout = "x"/' pyproject.toml
rm pyproject.toml.bak
build_fail 2
expect_err 'pyproject.toml:12'

t 'the profile of the root is that of its packages'
fresh
py_workspace low
cat >>pyproject.toml <<\END
[tool.tgraph.profile.apart]
runner = "unittest"
END
git_all 'Runner'
build_tests
counts passed=2
build_fail 1 --profile apart
expect_out "No module named 'low'"

end
