/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/err.h"

static void
the_first_message_stays(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_set(&err, "open %s: %d", "f", 2), -1);
	assert_int_equal(err_code(&err, EXIT_ENV, "something failed"), -1);
	assert_string_equal(err.msg, "open f: 2");
	assert_int_equal(err.code, 0);
	err_release(&err);
	assert_null(err.msg);
}

static void
the_first_place_stays(void **state)
{
	struct err err = { 0 };

	(void)state;
	err_set(&err, "unknown rule");
	assert_int_equal(err_at(&err, "build.ninja", 12, 7), -1);
	assert_int_equal(err_at(&err, "other", 1, 1), -1);
	assert_string_equal(err.path, "build.ninja");
	assert_int_equal(err.line, 12);
	assert_int_equal(err.col, 7);
	err_release(&err);
	assert_null(err.path);
	assert_int_equal(err.line, 0);
}

static void
a_code_comes_with_its_message(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_code(&err, EXIT_USAGE, "no %s", "x"), -1);
	assert_int_equal(err.code, EXIT_USAGE);
	err_release(&err);
	assert_int_equal(err.code, 0);
	err_code(&err, EXIT_ENV, "again");
	assert_string_equal(err.msg, "again");
	assert_int_equal(err.code, EXIT_ENV);
	err_release(&err);
	err_release(&err);
}

static void
nobody_wants_to_know(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, "x"), -1);
	assert_int_equal(err_code(NULL, 1, "x"), -1);
	assert_int_equal(err_at(NULL, "x", 1, 1), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_message_stays),
		cmocka_unit_test(the_first_place_stays),
		cmocka_unit_test(a_code_comes_with_its_message),
		cmocka_unit_test(nobody_wants_to_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
