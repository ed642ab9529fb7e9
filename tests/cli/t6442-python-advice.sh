#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What another isolation would save is said where it is much.
. "$(dirname "$0")/../lib.sh"

app() {
	fresh
	put pyproject.toml <<END
[project]
name = "app"
version = "1"
${1-}
END
	put conftest.py <<END
import threading
import time

with open("$T_DIR/started", "a") as notes:
    notes.write("x")
# What can't be forked, and takes its time to start.
time.sleep(0.5)
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
END
	for T_i in 1 2 3 4 5 6; do
		put test_$T_i.py <<\END
def test_a():
    pass


def test_b():
    pass
END
	done
}
line='isolation = "shared" in [tool.tgraph] would save about'

t 'files for each of which pytest is started anew'
app
build_tests -j1
expect_out 'pytest was started anew for 100 % of the files, because of'
expect_out "$line"
build_tests -j2 --rerun
expect_out "$line"

t 'and what is said holds'
rm "$T_DIR/started"
build_tests -j1 --rerun --isolation shared
no_out "$line"
holds "$T_DIR/started" x

t 'not where all run at once'
app
build_tests -j6
no_out "$line"

t 'not where one is chosen'
build_tests -j1 --rerun --isolation fork
no_out "$line"
build_tests -j1 --rerun --quiet
no_out "$line"
app '[tool.tgraph]
isolation = "fork"'
build_tests -j1
no_out "$line"
build_tests -j1 --rerun
no_out "$line"
app '[[tool.tgraph.path]]
paths = ["test_1.py"]
isolation = "fork"'
build_tests -j1
no_out "$line"

t 'not where it could not be done'
app '[[tool.tgraph.group]]
paths = ["test_*.py"]'
build_tests -j1
no_out "$line"
app '[tool.tgraph]
granularity = "package"'
build_tests -j1
no_out "$line"

t 'not of what takes next to no time'
put conftest.py </dev/null
for i in 1 2 3 4 5 6; do
	put test_$i.py <<\END
def test():
    pass
END
done
build_tests -j1
no_out 'would save'

end
