/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/seats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void
test_numbers(void **state)
{
	struct seats s;

	(void)state;
	seats_init(&s, 4);
	assert_int_equal(seats_take(&s), 0);
	assert_int_equal(seats_take(&s), 1);
	assert_int_equal(seats_take(&s), 2);
	assert_false(seats_take_this(&s, 1));
	seats_give(&s, 1);
	assert_true(seats_is_free(&s, 1));
	assert_true(seats_take_this(&s, 1));
	assert_true(seats_take_this(&s, 100));
	assert_true(seats_is_free(&s, 99));
	seats_give(&s, 0);
	assert_int_equal(seats_take(&s), 0);
	assert_int_equal(seats_take(&s), 3);
	seats_release(&s);
}

static const char *
value(char **env, const char *name)
{
	const char *found = NULL;

	for (size_t n = strlen(name); *env; env++) {
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=') {
			assert_null(found);
			found = *env + n + 1;
		}
	}
	return found;
}

static void
test_env(void **state)
{
	char *env[] = { "A=1", "PYTEST_XDIST_WORKER=gw7", "B=", NULL };
	struct seats s, other;
	char **got;

	(void)state;
	seats_init(&s, 4);
	got = seats_env(&s, env, 2);
	assert_string_equal(value(got, "A"), "1");
	assert_string_equal(value(got, "B"), "");
	assert_string_equal(value(got, "PYTEST_XDIST_WORKER"), "gw2");
	assert_string_equal(value(got, "PYTEST_XDIST_WORKER_COUNT"), "4");
	assert_string_equal(value(got, "PYTEST_XDIST_TESTRUNUID"), s.run);
	assert_int_equal(strlen(s.run), 32);
	seats_free_env(got);
	got = seats_env(&s, env, 9);
	assert_string_equal(value(got, "PYTEST_XDIST_WORKER_COUNT"), "10");
	seats_free_env(got);
	seats_init(&other, 1);
	assert_string_not_equal(s.run, other.run);
	got = seats_env(&other, env, 0);
	assert_string_equal(value(got, "PYTEST_XDIST_WORKER"), "gw7");
	assert_null(value(got, "PYTEST_XDIST_WORKER_COUNT"));
	seats_free_env(got);
	seats_release(&s);
	seats_release(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_env),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
