#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a worker looks at for one package is no input of another's tests.
. "$(dirname "$0")/../lib.sh"

[ -f "$TG_BUILD/libtgraph-observe.so" ] ||
	skip_all 'nothing can be observed on this system'

for name in one two three; do
	mkdir -p $name/tests
	put $name/pyproject.toml <<-END
	[project]
	name = "$name"
	version = "1.0"
	[tool.pytest.ini_options]
	addopts = "-q"
	END
	echo "def test_$name(): pass" >$name/tests/test_$name.py
done
git_all 'Workers'

for way in fork shared; do
	t "the settings of another package, with one worker: $way"
	build_tests --no-cache -j1 --isolation $way
	build_tests --no-cache -j1 --isolation $way
	tests_ran -
	for name in one two three; do
		echo '# remark' >>$name/pyproject.toml
		build_tests --no-cache -j1 --isolation $way
		tests_ran $name/tests/test_$name.py
	done
	build_tests --no-cache -j1 --isolation $way
	tests_ran -
done
end
