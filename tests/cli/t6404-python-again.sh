#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Running again: what failed, all, nothing but the last results, without the
# cache, and dry runs.
. "$(dirname "$0")/../lib.sh"

put test_good.py <<\END
def test_good():
    pass
END
put test_bad.py <<\END
def test_bad():
    assert 1 == 2


def test_fine():
    pass
END
put test_broken.py <<\END
import no_such_module_anywhere
END
git_all 'Again'

t 'failed test files run each time'
build_tests_fail 1
tests_ran test_good.py test_bad.py test_broken.py
status test_bad.py failed
status test_broken.py failed
counts passed=2 failed=1 errors=1
build_tests_fail 1
tests_ran test_bad.py test_broken.py
tests_cached test_good.py
counts passed=2 failed=1 errors=1

t 'and in a clone, as failures are not shared'
git clone -q . ../clone
cd ../clone || exit 2
build_tests_fail 1
tests_ran test_bad.py test_broken.py
cd ../work || exit 2

t '--failed: only these, and the report is of them'
build_tests_fail 1 --failed
tests_ran test_bad.py test_broken.py
tests_cached -
counts passed=0 failed=1 errors=1

t '--last: nothing runs, the results are shown, the exit code is theirs'
build_tests_fail 1 --last
tests_ran -
counts passed=2 failed=1 errors=1
expect_out 'test_bad'
expect_out 'assert 1 == 2'

t 'mended: it alone runs, and then --failed has nothing to do'
rm test_broken.py
sed 's/1 == 2/1 == 1/' test_bad.py >b
mv b test_bad.py
build_tests
tests_ran test_bad.py
build_tests --failed
tests_ran -
build_tests --last
counts passed=3 failed=0

t '--rerun: everything'
build_tests --rerun
tests_ran test_good.py test_bad.py
build_tests
tests_ran -

t '--rerun of one target'
build_tests --rerun test_good.py
tests_ran test_good.py

t '--no-cache: nothing is taken'
rm -rf .tgraph
build_tests --no-cache
tests_ran test_good.py test_bad.py

t 'and nothing is put'
rm -rf .tgraph "$XDG_CACHE_HOME"
build_tests --no-cache
rm -rf .tgraph
build_tests
tests_ran test_good.py test_bad.py

t '--cache-read-only takes, but puts nothing'
rm -rf .tgraph
echo '# a remark' >>test_good.py
build_tests --cache-read-only
tests_ran test_good.py
rm -rf .tgraph
build_tests --cache-read-only
tests_ran test_good.py

t '-n: shows the commands, runs nothing and leaves all as it was'
echo '# a remark' >>test_bad.py
cp -R .tgraph ../before
build -n
expect_out 'test_bad.py'
no_out 'test_good.py'
check diff -r -x index ../before .tgraph
build -n -d explain
check grep -qF 'test_bad.py' "$T_ERR" "$T_OUT"
check grep -q 'content of test_bad.py changed' "$T_ERR" "$T_OUT"
build_tests
tests_ran test_bad.py

t '--last where nothing is known'
fresh
echo 'def test_a(): pass' >test_a.py
git_all 'New'
build_tests_fail 1 --last
status test_a.py 'not run'

end
