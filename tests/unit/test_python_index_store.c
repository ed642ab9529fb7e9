/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "python/index/record.h"
#include "python/index/store.h"
#include "tree.h"
#include "util/arena.h"

enum { FILES = 300 };

static struct tree tree;
static struct buf index_path;
static char *paths[FILES];

static int
setup(void **state)
{
	struct buf b = { 0 }, text = { 0 };
	char name[32];
	int i;

	(void)state;
	tree_make(&tree);
	tree_path(&tree, &index_path, "index");
	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "m%03d.py", i);
		paths[i] = strdup(tree_path(&tree, &b, name));
		buf_clear(&text);
		buf_addf(&text, "import mod%d\n", i % 200);
		if (i % 50 == 7)
			buf_adds(&text, "x = (\n");
		assert_int_equal(file_write(paths[i], text.p, text.n, false,
			NULL), 0);
	}
	buf_release(&b);
	buf_release(&text);
	return 0;
}

static int
teardown(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < FILES; i++)
		free(paths[i]);
	buf_release(&index_path);
	tree_remove(&tree);
	return 0;
}

static void
fill(struct scan_file *v)
{
	int i;

	memset(v, 0, sizeof(*v) * FILES);
	for (i = 0; i < FILES; i++)
		v[i].path = paths[i];
}

static bool
same(const struct scan_file *a, const struct scan_file *b)
{
	return digest_eq(&a->digest, &b->digest) && a->failed == b->failed &&
	       a->state == b->state && str_eq(a->record, b->record);
}

static void
same_for_any_threads(void **state)
{
	static const unsigned threads[] = { 2, 3, 8, 0, 64 };
	static struct scan_file one[FILES], many[FILES];
	struct scan_store a = { 0 }, b = { 0 };
	struct arena arena = { 0 };
	struct scan s;
	size_t t;
	int i;

	(void)state;
	fill(one);
	assert_int_equal(scan_store_fill(one, FILES, 1, NULL, NULL, NULL, &a),
		6);
	for (t = 0; t < sizeof(threads) / sizeof(*threads); t++) {
		fill(many);
		assert_int_equal(scan_store_fill(many, FILES, threads[t], NULL,
			NULL, NULL, &b), 6);
		for (i = 0; i < FILES; i++)
			assert_true(same(&one[i], &many[i]));
		scan_store_release(&b);
	}
	for (i = 0; i < FILES; i++) {
		char want[16];

		snprintf(want, sizeof(want), "mod%d", i % 200);
		assert_int_equal(one[i].state, SCAN_FILE_SCANNED);
		assert_int_equal(record_decode(one[i].record.p, one[i].record.n,
			&arena, &s), 1);
		assert_true(str_is(s.imports[0].module, want));
		assert_int_equal(!!one[i].failed, i % 50 == 7);
	}
	scan_store_release(&a);
	arena_release(&arena);
}

static void
index_saves_work(void **state)
{
	static struct scan_file cold[FILES], warm[FILES];
	struct scan_store a = { 0 }, b = { 0 };
	struct test_index x;
	struct file_sig before, after;
	int i;

	(void)state;
	fill(cold);
	scan_store_fill(cold, FILES, 2, NULL, NULL, NULL, &a);
	assert_int_equal(scan_store_save(index_path.p, cold, FILES, NULL, NULL),
		0);
	assert_int_equal(test_index_open(&x, index_path.p, NULL, NULL), 1);
	/* 200 texts, some of them once with and once without the error */
	assert_in_range(x.count, 200, 206);
	/* content known: files are not opened at all */
	fill(warm);
	for (i = 0; i < FILES; i++) {
		warm[i].digest = cold[i].digest;
		warm[i].path = "/nowhere";
	}
	assert_int_equal(scan_store_fill(warm, FILES, 2, &x, NULL, NULL, &b),
		6);
	for (i = 0; i < FILES; i++) {
		assert_int_equal(warm[i].state, SCAN_FILE_INDEXED);
		assert_true(str_eq(warm[i].record, cold[i].record));
	}
	file_sig(AT_FDCWD, index_path.p, &before);
	assert_int_equal(scan_store_save(index_path.p, warm, FILES, &x, NULL),
		0);
	file_sig(AT_FDCWD, index_path.p, &after);
	assert_true(file_sig_eq(&before, &after));
	scan_store_release(&b);
	/* content not known: read, but found by what was read */
	fill(warm);
	scan_store_fill(warm, FILES, 2, &x, NULL, NULL, &b);
	for (i = 0; i < FILES; i++)
		assert_int_equal(warm[i].state, SCAN_FILE_INDEXED);
	/* fewer files: the others are pruned */
	assert_int_equal(scan_store_save(index_path.p, warm, 10, &x, NULL), 0);
	test_index_release(&x);
	assert_int_equal(test_index_open(&x, index_path.p, NULL, NULL), 1);
	assert_int_equal(x.count, 10);
	test_index_release(&x);
	scan_store_release(&a);
	scan_store_release(&b);
}

/* A digest that is not that of the file must not get the file's record. */
static void
wrong_digest_is_put_right(void **state)
{
	static struct scan_file v[FILES];
	struct scan_store store = { 0 };
	struct digest real = digest_of("import mod0\n", 12);

	(void)state;
	fill(v);
	v[0].digest = digest_of("old", 3);
	scan_store_fill(v, 1, 1, NULL, NULL, NULL, &store);
	assert_true(digest_eq(&v[0].digest, &real));
	scan_store_release(&store);
}

static void
odd_files(void **state)
{
	struct scan_file v[5] = { { 0 } };
	struct scan_store store = { 0 };
	struct test_index x;
	struct buf dir = { 0 }, fifo = { 0 }, loop = { 0 };
	struct arena arena = { 0 };
	struct scan s;
	int i;

	(void)state;
	mkdir(tree_path(&tree, &dir, "dir.py"), 0777);
	mkfifo(tree_path(&tree, &fifo, "fifo.py"), 0666);
	assert_int_equal(symlink("loop.py", tree_path(&tree, &loop,
		"loop.py")), 0);
	v[0].path = dir.p;
	v[1].path = fifo.p;
	v[2].path = loop.p;
	v[3].path = "/nowhere/at/all.py";
	v[4].path = paths[0];
	assert_int_equal(scan_store_fill(v, 5, 2, NULL, NULL, NULL, &store), 4);
	for (i = 0; i < 4; i++) {
		assert_int_equal(v[i].state, SCAN_FILE_UNREADABLE);
		assert_true(digest_none(&v[i].digest));
		assert_int_equal(record_decode(v[i].record.p, v[i].record.n,
			&arena, &s), 1);
		assert_int_equal(s.flags, SCAN_ERROR | SCAN_COMPUTED |
		                 SCAN_PLACE | SCAN_PREFIX);
		assert_true(s.error.n > 0);
	}
	assert_int_equal(v[4].state, SCAN_FILE_SCANNED);
	assert_int_equal(scan_store_save(index_path.p, v, 5, NULL, NULL), 0);
	assert_int_equal(test_index_open(&x, index_path.p, NULL, NULL), 1);
	assert_int_equal(x.count, 1);
	test_index_release(&x);
	scan_store_release(&store);
	buf_release(&dir);
	buf_release(&fifo);
	buf_release(&loop);
	arena_release(&arena);
}

struct seen {
	uint32_t done, total, failed, calls;
};

static void
progress(void *ctx, uint32_t done, uint32_t total, uint32_t failed)
{
	struct seen *s = ctx;

	assert_true(done >= s->done && failed >= s->failed && done <= total);
	*s = (struct seen){ done, total, failed, s->calls + 1 };
}

static void
progress_is_told(void **state)
{
	static struct scan_file v[FILES];
	struct scan_store store = { 0 };
	struct seen seen = { 0 };

	(void)state;
	fill(v);
	scan_store_fill(v, FILES, 4, NULL, progress, &seen, &store);
	assert_true(seen.calls > 0);
	assert_int_equal(seen.done, FILES);
	assert_int_equal(seen.total, FILES);
	assert_int_equal(seen.failed, 6);
	scan_store_release(&store);
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(scan_store_fill(NULL, 0, 4, NULL, progress, &seen,
		&store), 0);
	assert_int_equal(seen.calls, 1);
	scan_store_release(&store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(same_for_any_threads, setup,
			teardown),
		cmocka_unit_test_setup_teardown(index_saves_work, setup,
			teardown),
		cmocka_unit_test_setup_teardown(wrong_digest_is_put_right,
			setup, teardown),
		cmocka_unit_test_setup_teardown(odd_files, setup, teardown),
		cmocka_unit_test_setup_teardown(progress_is_told, setup,
			teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
