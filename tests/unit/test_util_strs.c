/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/strs.h"

static void
sorts_and_drops_repeats(void **state)
{
	static const char *const in[] = { "b", "a", "ab", "b", "", "a" };
	static const char *const out[] = { "", "a", "ab", "b" };
	struct strs l = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(in) / sizeof(*in); i++)
		strs_add(&l, str_of(in[i]));
	assert_int_equal(l.n, 6);
	strs_sort(&l);
	assert_int_equal(l.n, 4);
	for (size_t i = 0; i < l.n; i++)
		assert_string_equal(l.v[i].p, out[i]);
	strs_release(&l);
	assert_null(l.v);
	assert_int_equal(l.n, 0);
}

static void
empty_is_sorted(void **state)
{
	struct strs l = { 0 };

	(void)state;
	strs_sort(&l);
	assert_int_equal(l.n, 0);
	strs_release(&l);
}

static void
nearest_word(void **state)
{
	static const char *const words[] = { "clean", "commands", "deps" };

	(void)state;
	assert_string_equal(str_nearest("clea", words, 3), "clean");
	assert_string_equal(str_nearest("dep", words, 3), "deps");
	assert_null(str_nearest("zzzzzz", words, 3));
	assert_null(str_nearest("clean", words, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_and_drops_repeats),
		cmocka_unit_test(empty_is_sorted),
		cmocka_unit_test(nearest_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
