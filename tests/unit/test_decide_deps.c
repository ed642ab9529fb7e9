/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decide/deps.h"

/* Numbers of nodes that are far apart, and used for one step after the other. */
static void
sets(void **state)
{
	struct deps d = { 0 };
	const uint32_t far = 1000003;

	(void)state;
	assert_false(deps_is_early(&d, 0));
	deps_early(&d, 63);
	deps_early(&d, 64);
	deps_early(&d, far);
	deps_early(&d, far);
	assert_true(deps_is_early(&d, 63));
	assert_true(deps_is_early(&d, 64));
	assert_true(deps_is_early(&d, far));
	assert_false(deps_is_early(&d, 62));
	assert_false(deps_is_early(&d, 65));
	assert_false(deps_is_early(&d, far + 64));
	assert_int_equal(d.early.n, 3);
	assert_false(deps_is_sure(&d, 63));
	deps_sure(&d, 1);
	deps_wrote(&d, 2);
	assert_true(deps_is_sure(&d, 1));
	assert_true(deps_has_written(&d, 2));
	deps_clear(&d);
	assert_false(deps_is_early(&d, 63));
	assert_false(deps_is_early(&d, far));
	assert_false(deps_is_sure(&d, 1));
	assert_false(deps_has_written(&d, 2));
	deps_early(&d, 65);
	assert_true(deps_is_early(&d, 65));
	assert_false(deps_is_early(&d, 64));
	deps_release(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
