#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# However a test reads a variable of the environment, it counts.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "variables"
version = "1"
END
python - <<\END
import os
ways = {
    "get": "os.environ.get('SEEN')", "getenv": "os.getenv('SEEN')",
    "contains": "(1 if 'SEEN' in os.environ else None)",
    "copy": "dict(os.environ).get('SEEN')",
    "bytes": "os.environb.get(b'SEEN')", "getenvb": "os.getenvb(b'SEEN')",
    "bytes_copy": "dict(os.environb).get(b'SEEN')",
}
os.mkdir("tests")
for name, way in ways.items():
    with open("tests/test_%s.py" % name, "w") as f:
        f.write("import os\n\n\ndef test():\n    assert %s is None\n" % way)
END
put tests/test_none.py <<\END
def test():
    pass
END
git_all 'Ways'

for how in '' --no-workers; do
	t "all of them, $how"
	build_tests --no-cache --rerun $how
	build_tests $how
	tests_ran -
	export SEEN=1
	build_tests_fail 1 $how
	counts failed=7 passed=1
	status tests/test_none.py passed
	unset SEEN
done
end
