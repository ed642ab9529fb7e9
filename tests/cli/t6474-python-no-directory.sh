#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A file that was asked for as a directory is there: glob does that, with "**" at
# the end.
. "$(dirname "$0")/../lib.sh"

[ -f "$TG_BUILD/libtgraph-observe.so" ] ||
	skip_all 'nothing can be observed on this system'

mkdir -p data/deep
echo 1 >data/deep/one.txt
put test_glob.py <<\END
import glob, os
def test_glob():
    assert glob.glob("data/**", recursive=True)
    assert not os.path.exists("other/")
    assert not os.path.exists("data/deep/one.txt/")
END
git_all 'Glob'

t 'it is no input that changes'
build_tests --no-cache
build_null --no-cache

t 'and a file, a directory in its place, or what was not there, is one'
echo 1 >data/deep/two.txt
build_tests --no-cache
tests_ran test_glob.py
build_null --no-cache
rm data/deep/one.txt
build_tests --no-cache
tests_ran test_glob.py
mkdir -p data/deep/one.txt
run --no-cache
expect_out '1 failed'
rmdir data/deep/one.txt
build_tests --no-cache
mkdir other
run --no-cache
expect_out '1 failed'

end
