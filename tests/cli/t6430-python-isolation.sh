#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How files are kept apart: chosen for the workspace, a package, a path, a run.
. "$(dirname "$0")/../lib.sh"

# way WORD FILE...: the report says that the files were run so.
way() {
	T_w=$1
	shift
	for T_x do
		same "$T_w" "$(T_field "$T_x" way)" "way of $T_x"
	done
}

app() {
	fresh
	put pyproject.toml <<\END
[tool.tgraph]
isolation = "process"

[[tool.tgraph.path]]
paths = ["libs/a", "tests/forked"]
isolation = "fork"

[[tool.tgraph.path]]
paths = ["tests/**/test_own*.py"]
isolation = "process"
END
	put libs/a/pyproject.toml <<\END
[project]
name = "a"
version = "1"
END
	put libs/b/pyproject.toml <<\END
[project]
name = "b"
version = "1"
[tool.tgraph]
isolation = "fork"
END
	for f in tests/test_root tests/forked/test_f tests/forked/test_own_f \
		libs/a/test_a libs/b/test_b; do
		put $f.py <<\END
def test():
    assert True
END
	done
	git_all 'App'
}

t 'the nearest setting counts'
app
build_tests --no-cache
counts passed=5
way process tests/test_root.py tests/forked/test_own_f.py
way fork tests/forked/test_f.py libs/a/test_a.py libs/b/test_b.py

t 'and before all the one of the command line'
build_tests --no-cache --rerun --isolation process
way process tests/test_root.py tests/forked/test_f.py \
	tests/forked/test_own_f.py libs/a/test_a.py libs/b/test_b.py
build_tests --no-cache --rerun --isolation=fork
way fork tests/test_root.py tests/forked/test_f.py \
	tests/forked/test_own_f.py libs/a/test_a.py libs/b/test_b.py

t 'a result gained alone counts for both'
build_null
build_null --isolation process
build_null --isolation fork

t 'a way that there is not'
build_fail 2 --isolation apart
expect_err "--isolation: 'apart' is not \"fork\", \"process\", \"batch\" or"
put libs/b/pyproject.toml <<\END
[project]
name = "b"
version = "1"

[[tool.tgraph.path]]
paths = ["x"]
isolation = "none"
END
build_fail 2
expect_err 'libs/b/pyproject.toml:7'
expect_err 'isolation: must be "fork", "process", "batch" or "shared", not'

t 'it means nothing for a ninja file'
fresh
manifest <<\END
rule copy
  command = cp $in $out
build out: copy in
END
echo 1 >in
build_fail 2 --isolation fork
expect_err 'isolation'

end
