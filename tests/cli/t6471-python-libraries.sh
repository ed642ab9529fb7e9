#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Libraries that a library which a test loads needs are inputs: the loader opens
# them by itself.
. "$(dirname "$0")/../lib.sh"

[ -f "$TG_BUILD/libtgraph-observe.so" ] ||
	skip_all 'nothing can be observed on this system'

put need.c <<\END
int need(void) { return NEED; }
END
put ext.c <<\END
int need(void);
int ext(void) { return need(); }
END
need() { check ${CC:-cc} -shared -fPIC -DNEED="$1" -o libneed.so need.c; }

need 1
check ${CC:-cc} -shared -fPIC -o ext.so ext.c -L. -lneed "-Wl,-rpath,\$ORIGIN"
echo '*.so' >.gitignore
put test_a.py <<\END
import ctypes, os

def test_a():
    assert ctypes.CDLL(os.path.abspath("ext.so")).ext() == 1
END
for name in b c; do
	echo 'def test(): pass' >test_$name.py
done
git_all 'Libraries'

# In a shared process nothing ends before the last file has.
for way in shared batch fork process; do
	t "$way"
	build --isolation=$way --no-cache -j1
	build_tests --isolation=$way --no-cache -j1
	tests_ran -
	need 2
	build_tests_fail 1 --isolation=$way --no-cache -j1
	status test_a.py failed
	need 1
done
t 'without workers'
build --no-workers --no-cache
need 2
build_tests_fail 1 --no-workers --no-cache
tests_ran test_a.py

end
