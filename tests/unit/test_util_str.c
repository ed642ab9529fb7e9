/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/mem.h"
#include "util/str.h"

static void
equal_and_prefixes(void **state)
{
	struct str none = { NULL, 0 };

	(void)state;
	assert_true(str_eq(none, STR("")));
	assert_true(str_eq(STR("a\0b"), STR("a\0b")));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
	assert_false(str_eq(STR("a"), STR("ab")));
	assert_true(str_is(STR("ab"), "ab"));
	assert_false(str_is(STR("ab\0"), "ab"));
	assert_true(str_starts(STR("abc"), ""));
	assert_true(str_starts(STR("abc"), "abc"));
	assert_false(str_starts(STR("abc"), "abcd"));
	assert_true(str_ends(STR("abc"), "bc"));
	assert_false(str_ends(STR("abc"), "ab"));
	assert_false(str_ends(STR("c"), "bc"));
}

static void
stripped(void **state)
{
	(void)state;
	assert_true(str_is(str_strip(STR(" \t\n\r\v\fa b \n")), "a b"));
	assert_true(str_is(str_strip_end(STR(" a \n")), " a"));
	assert_true(str_is(str_strip(STR(" \n ")), ""));
	assert_true(str_is(str_strip(STR("")), ""));
	assert_true(str_is(str_strip(STR("\xc2\xa0")), "\xc2\xa0"));
}

static void
ordered_as_bytes(void **state)
{
	static const struct str sorted[] = {
		{ "", 0 }, { "\0", 1 }, { "A", 1 }, { "a", 1 }, { "a\0", 2 },
		{ "a.", 2 }, { "aa", 2 }, { "b", 1 }, { "\xc3", 1 },
	};
	struct str v[countof(sorted)];

	(void)state;
	for (size_t i = 0; i < countof(sorted); i++) {
		v[i] = sorted[countof(sorted) - 1 - i];
		for (size_t k = 0; k < countof(sorted); k++) {
			int c = str_cmp(sorted[i], sorted[k]);

			assert_int_equal(i < k, c < 0);
			assert_int_equal(i == k, c == 0);
		}
	}
	qsort(v, countof(v), sizeof(*v), str_cmp_qsort);
	for (size_t i = 0; i < countof(sorted); i++)
		assert_true(str_eq(v[i], sorted[i]));
}

static void
distances(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned d;
	} all[] = {
		{ "", "", 0 }, { "", "abc", 3 }, { "abc", "abc", 0 },
		{ "abc", "abd", 1 }, { "abc", "ab", 1 }, { "abc", "xabc", 1 },
		{ "ab", "ba", 2 }, { "kitten", "sitting", 3 },
		{ "flaw", "lawn", 2 }, { "abcdef", "ghijkl", 6 },
	};

	(void)state;
	for (size_t i = 0; i < countof(all); i++) {
		struct str a = str_of(all[i].a), b = str_of(all[i].b);

		for (unsigned max = 0; max < 9; max++) {
			unsigned want = all[i].d > max ? max + 1 : all[i].d;

			assert_int_equal(str_distance(a, b, max), want);
			assert_int_equal(str_distance(b, a, max), want);
		}
	}
}

static void
the_nearest_word(void **state)
{
	static const char *const words[] = { "clean", "commands", "compdb" };

	(void)state;
	assert_string_equal(str_nearest("claen", words, 3), "clean");
	assert_string_equal(str_nearest("compbd", words, 3), "compdb");
	assert_string_equal(str_nearest("commands", words, 3), "commands");
	assert_null(str_nearest("xyzzyx", words, 3));
	assert_null(str_nearest("clean", words, 0));
}

static void
ordered_as_people_do(void **state)
{
	static const char *const v[] = {
		"", "10", "a", "a/p", "p", "p0", "p01", "p1", "p01a", "p2",
		"p2/x9", "p2/x10", "p10", "p10a", "p18446744073709551617",
		"pa", "pa1b2", "pa1b10", "pa01b11",
	};

	(void)state;
	for (size_t i = 0; i < countof(v); i++)
		for (size_t k = 0; k < countof(v); k++) {
			int r = str_cmp_natural(str_of(v[i]), str_of(v[k]));

			assert_int_equal(r < 0 ? -1 : r > 0,
			                 i < k ? -1 : i > k);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_and_prefixes),
		cmocka_unit_test(stripped),
		cmocka_unit_test(ordered_as_bytes),
		cmocka_unit_test(ordered_as_people_do),
		cmocka_unit_test(distances),
		cmocka_unit_test(the_nearest_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
