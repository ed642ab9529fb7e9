/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/arena.h"

static void
everything_stays_as_it_was_put(void **state)
{
	enum { N = 20000 };
	static struct str all[N];
	struct arena a = { 0 };
	char want[400];

	(void)state;
	for (int i = 0; i < N; i++) {
		all[i] = arena_fmt(&a, "%d:%*d", i, i % 300, i);
		assert_int_equal(strlen(all[i].p), all[i].n);
	}
	for (int i = 0; i < N; i++) {
		snprintf(want, sizeof(want), "%d:%*d", i, i % 300, i);
		assert_string_equal(all[i].p, want);
	}
	assert_string_equal(arena_dup(&a, (struct str){ NULL, 0 }).p, "");
	arena_release(&a);
	assert_null(a.head);
	assert_int_equal(a.total, 0);
}

/* Objects are aligned whatever text stands before them. */
static void
objects_are_aligned(void **state)
{
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		void *p = arena_alloc(&a, i % 7);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		arena_text(&a, i % 5);
	}
	arena_release(&a);
}

static void
zeroed_is_zeroed(void **state)
{
	struct arena a = { 0 };
	unsigned char *p;

	(void)state;
	for (size_t n = 1; n < 1u << 20; n *= 3) {
		memset(arena_alloc(&a, n), 0xff, n);
		p = arena_calloc(&a, n);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
	}
	arena_release(&a);
}

/* One that is too big for the block in use does not end it. */
static void
big_ones_have_a_block_of_their_own(void **state)
{
	enum { BIG = 1 << 20 };
	struct arena a = { 0 };
	char *first, *next, *big;

	(void)state;
	first = arena_text(&a, 8);
	big = arena_text(&a, BIG);
	next = arena_text(&a, 8);
	memset(big, 'x', BIG);
	assert_ptr_equal(next, first + 8);
	arena_release(&a);
	/* the first of all */
	big = arena_text(&a, BIG);
	memset(big, 'x', BIG);
	first = arena_text(&a, 8);
	memset(first, 'y', 8);
	assert_int_equal(big[0], 'x');
	assert_int_equal(big[BIG - 1], 'x');
	arena_release(&a);
}

static void
usable_after_release(void **state)
{
	struct arena a = { 0 };

	(void)state;
	arena_release(&a);
	assert_string_equal(arena_strdup(&a, "one"), "one");
	arena_release(&a);
	assert_string_equal(arena_strdup(&a, "two"), "two");
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_stays_as_it_was_put),
		cmocka_unit_test(objects_are_aligned),
		cmocka_unit_test(zeroed_is_zeroed),
		cmocka_unit_test(big_ones_have_a_block_of_their_own),
		cmocka_unit_test(usable_after_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
