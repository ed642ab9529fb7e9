/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "python/index/index.h"
#include "python/scan/scan.h"
#include "tree.h"

static struct tree tree;
static struct buf path;

static int
setup(void **state)
{
	(void)state;
	tree_make(&tree);
	tree_path(&tree, &path, "index");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_release(&path);
	tree_remove(&tree);
	return 0;
}

/* n rows; row i is text of i bytes, its digest that of the number. */
static struct test_index_row *
make_rows(size_t n)
{
	struct test_index_row *rows = calloc(n + 1, sizeof(*rows));
	char *text = malloc(n + 1);
	size_t i;

	memset(text, 'x', n + 1);
	for (i = 0; i < n; i++) {
		rows[i].digest = digest_of(&i, sizeof(i));
		rows[i].record = (struct str){ text, i };
	}
	rows[n].record.p = text;
	return rows;
}

static void
free_rows(struct test_index_row *rows, struct test_index_row *end)
{
	free((char *)end->record.p);
	free(rows);
}

static void
write_rows(size_t n)
{
	struct test_index_row *rows = make_rows(n);
	const char *text = rows[n].record.p;

	assert_int_equal(test_index_write(path.p, rows, n, NULL), 0);
	rows[n].record.p = text;
	free_rows(rows, rows + n);
}

static size_t
found(const struct test_index *x, size_t n)
{
	size_t i, count = 0;

	for (i = 0; i < n; i++) {
		struct digest d = digest_of(&i, sizeof(i));
		struct str s = test_index_get(x, &d);

		if (!s.p)
			continue;
		assert_int_equal(s.n, i);
		assert_true(!i || (s.p[0] == 'x' && s.p[i - 1] == 'x'));
		count++;
	}
	return count;
}

static void
written_is_found(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 7, 8, 9, 1000 };
	struct test_index x;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		write_rows(sizes[i]);
		assert_int_equal(test_index_open(&x, path.p, &why, NULL), 1);
		assert_null(why);
		assert_int_equal(x.count, sizes[i]);
		assert_int_equal(found(&x, 1100), sizes[i]);
		test_index_release(&x);
	}
	assert_int_equal(x.count, 0);
}

static void
absent_is_empty(void **state)
{
	struct test_index x;
	struct digest d = { { 1 } };
	const char *why = "";

	(void)state;
	assert_int_equal(test_index_open(&x, path.p, &why, NULL), 0);
	assert_null(why);
	assert_null(test_index_get(&x, &d).p);
	test_index_release(&x);
}

static void
same_rows_same_bytes(void **state)
{
	struct test_index_row *rows = make_rows(100);
	struct buf a = { 0 }, b = { 0 };
	const char *text = rows[100].record.p;
	size_t i;

	(void)state;
	write_rows(100);
	assert_int_equal(file_read(path.p, &a, NULL), 1);
	for (i = 0; i < 50; i++) {
		struct test_index_row r = rows[i];

		rows[i] = rows[99 - i];
		rows[99 - i] = r;
	}
	rows[100] = rows[3];
	assert_int_equal(test_index_write(path.p, rows, 101, NULL), 0);
	assert_int_equal(file_read(path.p, &b, NULL), 1);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	free((char *)text);
	free(rows);
	buf_release(&a);
	buf_release(&b);
}

/* A byte changed anywhere: either the whole is not used, or what is found is
 * what was written. */
static void
broken_is_not_used(void **state)
{
	struct buf good = { 0 }, bad = { 0 };
	struct test_index x;
	const char *why;
	size_t i, whole = 0, part = 0;

	(void)state;
	write_rows(20);
	assert_int_equal(file_read(path.p, &good, NULL), 1);
	for (i = 0; i < good.n; i++) {
		buf_clear(&bad);
		buf_add(&bad, good.p, good.n);
		bad.p[i] ^= 0x41;
		assert_int_equal(file_write(path.p, bad.p, bad.n, false, NULL),
			0);
		if (test_index_open(&x, path.p, &why, NULL) == 0) {
			assert_non_null(why);
			whole++;
		} else {
			assert_int_equal(found(&x, 20), 19);
			part++;
		}
		test_index_release(&x);
	}
	/* 190 bytes of records; all else is covered by one sum */
	assert_int_equal(part, 190);
	assert_int_equal(whole, good.n - 190);
	for (i = 0; i < good.n; i += 7) {
		assert_int_equal(file_write(path.p, good.p, i, false, NULL), 0);
		assert_int_equal(test_index_open(&x, path.p, &why, NULL), 0);
		assert_int_equal(x.count, 0);
	}
	buf_release(&good);
	buf_release(&bad);
}

static void
open_index_outlives_writing(void **state)
{
	struct test_index x, y;

	(void)state;
	write_rows(30);
	assert_int_equal(test_index_open(&x, path.p, NULL, NULL), 1);
	write_rows(5);
	assert_int_equal(found(&x, 30), 30);
	assert_int_equal(test_index_open(&y, path.p, NULL, NULL), 1);
	assert_int_equal(found(&y, 30), 5);
	test_index_release(&x);
	test_index_release(&y);
}

static void
write_fails_cleanly(void **state)
{
	struct err err = { 0 };
	struct buf bad = { 0 };

	(void)state;
	assert_int_equal(test_index_write(tree_path(&tree, &bad, "no/index"),
		NULL, 0, &err), -1);
	assert_non_null(err.msg);
	err_release(&err);
	buf_release(&bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(written_is_found, setup,
			teardown),
		cmocka_unit_test_setup_teardown(absent_is_empty, setup,
			teardown),
		cmocka_unit_test_setup_teardown(same_rows_same_bytes, setup,
			teardown),
		cmocka_unit_test_setup_teardown(broken_is_not_used, setup,
			teardown),
		cmocka_unit_test_setup_teardown(open_index_outlives_writing,
			setup, teardown),
		cmocka_unit_test_setup_teardown(write_fails_cleanly, setup,
			teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
