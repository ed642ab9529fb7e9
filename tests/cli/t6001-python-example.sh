#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job on contrib/example, from the first run on.
. "$(dirname "$0")/../lib.sh"

cp -R "$TG_SRC/contrib/example/." .
rm -rf .tgraph
git_all 'The example'
money='packages/money/tests/test_amount.py packages/money/tests/test_currency.py
packages/money/tests/test_parse.py packages/money/tests/test_rates.py'
shop='packages/shop/tests/test_cli.py packages/shop/tests/test_program.py'
orders='packages/store/tests/orders/test_discount.py
packages/store/tests/orders/test_order.py'
store="$orders packages/store/tests/test_catalog.py
packages/store/tests/test_checkout.py packages/store/tests/test_inventory.py
packages/store/tests/test_retry.py"

t 'every test file runs and passes'
build_tests
# shellcheck disable=SC2086
tests_ran $money $shop $store
counts passed=68 failed=0 errors=0 skipped=0

t 'the outcomes are those of pytest'
PYTHONDONTWRITEBYTECODE=1 python -m pytest -q -p no:cacheprovider \
	>"$T_OUT" 2>&1
expect_out '68 passed'

# What a test starts is a Python as any: it leaves __pycache__, as without us.
t 'the tree holds nothing new but .tgraph'
same '!! .tgraph/' "$(git status --porcelain --ignored |
	grep -v '/__pycache__/$')"

t 'then there is nothing to do, and the report still has it all'
build_tests
tests_ran -
counts passed=68

t 'touching everything changes nothing'
find . -path ./.git -prune -o -path ./.tgraph -prune -o -type f -print |
	xargs touch
build_tests
tests_ran -

t 'a leaf module: only what imports it runs'
echo '# a remark' >>packages/store/src/store/retry.py
build_tests
tests_ran packages/store/tests/test_retry.py

t 'and back: the result is still known'
git checkout -q packages/store/src/store/retry.py
build_tests
tests_ran -

t 'a module of an import cycle: all that reach the cycle'
echo '# a remark' >>packages/store/src/store/customer.py
build_tests
# shellcheck disable=SC2086
tests_ran $orders packages/store/tests/test_checkout.py \
	$shop
git checkout -q .
build_tests
tests_ran -

t 'a conftest: the tests below it'
echo '# a remark' >>packages/store/tests/orders/conftest.py
build_tests
# shellcheck disable=SC2086
tests_ran $orders
git checkout -q .

t 'a data file: the tests that read it'
sed -i.bak 's/1.0826/1.0827/' packages/money/tests/data/rates.json
rm packages/money/tests/data/rates.json.bak
build_tests_fail 1
tests_ran packages/money/tests/test_rates.py
status packages/money/tests/test_rates.py failed
expect_out 'test_convert'
counts passed=66 failed=2

t 'a failed test is never up to date'
build_tests_fail 1
tests_ran packages/money/tests/test_rates.py

t 'undone: the old results are taken'
git checkout -q .
build_tests
tests_ran -
counts passed=68 failed=0

t 'another checkout takes its results from the cache'
git clone -q . ../clone
cd ../clone || exit 2
build_tests
# It asks modules where they lie.
tests_ran packages/shop/tests/test_program.py
counts passed=68

end
