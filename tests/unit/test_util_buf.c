/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/buf.h"

static void
grows_and_ends_with_a_nul(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_string_equal(buf_str(&b).p, "");
	for (int i = 0; i < 5000; i++) {
		buf_addc(&b, (char)('a' + i % 26));
		assert_int_equal(b.n, i + 1);
		assert_int_equal(b.p[b.n], 0);
		assert_true(b.cap > b.n);
	}
	for (int i = 0; i < 5000; i++)
		assert_int_equal(b.p[i], 'a' + i % 26);
	buf_release(&b);
	assert_null(b.p);
	assert_int_equal(b.n + b.cap, 0);
}

static void
holds_any_bytes(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_add(&b, "a\0b", 3);
	buf_add(&b, NULL, 0);
	buf_adds(&b, "c");
	buf_addstr(&b, (struct str){ NULL, 0 });
	buf_addstr(&b, (struct str){ "def", 1 });
	assert_int_equal(b.n, 5);
	assert_memory_equal(b.p, "a\0bcd", 6);
	buf_release(&b);
}

static void
formats_of_any_length(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_addf(&b, "%s", "");
	assert_string_equal(b.p, "");
	buf_addf(&b, "%05d|%s", 42, "x");
	assert_string_equal(b.p, "00042|x");
	buf_addf(&b, "%*d", 10000, 1);
	assert_int_equal(b.n, 10007);
	assert_int_equal(strlen(b.p), b.n);
	assert_int_equal(b.p[10006], '1');
	buf_release(&b);
}

static void
cleared_keeps_its_memory(void **state)
{
	struct buf b = { 0 };
	const char *p;

	(void)state;
	buf_clear(&b);
	buf_adds(&b, "abc");
	p = b.p;
	buf_clear(&b);
	assert_int_equal(b.n, 0);
	assert_string_equal(b.p, "");
	buf_adds(&b, "de");
	assert_ptr_equal(b.p, p);
	assert_string_equal(b.p, "de");
	buf_release(&b);
}

static void
room_is_room(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (size_t n = 0; n < 100000; n = n * 2 + 1) {
		buf_reserve(&b, n);
		assert_true(b.cap - b.n > n);
		memset(b.p + b.n, 'x', n);
		b.n += n;
		b.p[b.n] = '\0';
	}
	buf_release(&b);
}

static void
handed_over(void **state)
{
	struct buf b = { 0 };
	char *p = buf_detach(&b);

	(void)state;
	assert_string_equal(p, "");
	free(p);
	buf_adds(&b, "text");
	p = buf_detach(&b);
	assert_string_equal(p, "text");
	assert_null(b.p);
	free(p);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_ends_with_a_nul),
		cmocka_unit_test(holds_any_bytes),
		cmocka_unit_test(formats_of_any_length),
		cmocka_unit_test(cleared_keeps_its_memory),
		cmocka_unit_test(room_is_room),
		cmocka_unit_test(handed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
