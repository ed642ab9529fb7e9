/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tree.h"
#include "util/mem.h"
#include "util/walk.h"

/* Lists a tree: the directories in the order they were taken in, each with
 * the number of its names. */
struct dir {
	struct buf path;
	struct file_sig sig;
	size_t n;
	struct walk_names names;
	int error;
};

struct fixture {
	struct tree t;
	struct walk walk;
	struct buf order;
	unsigned again;
};

static struct dir *
push(struct fixture *f, const char *path)
{
	struct dir *d = xcalloc(1, sizeof(*d));

	buf_adds(&d->path, path);
	walk_add(&f->walk, d);
	return d;
}

static void
look(void *ctx, void *p)
{
	struct dir *d = p;
	int fd = open(d->path.p, O_RDONLY | O_DIRECTORY);
	struct stat st;

	(void)ctx;
	if (fd < 0 || fstat(fd, &st) < 0) {
		d->error = errno;
		return;
	}
	file_sig_of(&st, &d->sig);
	d->error = walk_names(fd, &d->names);
	close(fd);
}

static void
enter(void *ctx, void *p, uint32_t id)
{
	struct fixture *f = ctx;
	struct dir *d = p;

	if (d->error)
		return;
	if (walk_first(&f->walk, &d->sig, id) != id) {
		f->again++;
		return;
	}
	assert_int_equal(walk_find(&f->walk, &d->sig), id);
	buf_addf(&f->order, "%s:%zu ", d->path.p + strlen(f->t.root),
		d->names.n);
	for (size_t i = 0; i < d->names.n; i++) {
		struct buf path = { 0 };
		struct stat st;

		buf_addf(&path, "%s/%s", d->path.p, d->names.v[i].name);
		if (stat(path.p, &st) == 0 && S_ISDIR(st.st_mode))
			push(f, path.p);
		buf_release(&path);
	}
}

static void
begin(struct fixture *f, unsigned threads)
{
	*f = (struct fixture){ 0 };
	f->walk = (struct walk){
		.look = look, .enter = enter, .ctx = f, .threads = threads,
	};
	tree_make(&f->t);
}

static void
end(struct fixture *f)
{
	for (uint32_t i = 0; i < f->walk.n; i++) {
		struct dir *d = f->walk.dirs[i];

		buf_release(&d->path);
		walk_names_release(&d->names);
		free(d);
	}
	walk_release(&f->walk);
	assert_int_equal(f->walk.n, 0);
	buf_release(&f->order);
	tree_remove(&f->t);
}

static void
level_by_level_in_order(void **state)
{
	struct fixture f;

	(void)state;
	for (unsigned threads = 1; threads < 4; threads++) {
		begin(&f, threads);
		tree_file(&f.t, "b/x/1/2", "");
		tree_file(&f.t, "a/y/3", "");
		tree_file(&f.t, "a/x/4", "");
		tree_file(&f.t, "c", "");
		push(&f, f.t.root);
		walk_run(&f.walk, 0);
		assert_string_equal(f.order.p,
			":3 /a:2 /b:1 /a/x:1 /a/y:1 /b/x:1 /b/x/1:1 ");
		assert_int_equal(f.walk.n, 7);
		end(&f);
	}
}

/* Many directories on one level, in more threads than there are processors:
 * the order is the same. */
static void
a_wide_level(void **state)
{
	enum { WIDE = 600 };
	struct fixture f;
	struct buf want = { 0 }, name = { 0 };

	(void)state;
	begin(&f, 8);
	buf_addf(&want, ":%d ", WIDE);
	for (int i = 0; i < WIDE; i++) {
		buf_clear(&name);
		buf_addf(&name, "d%04d/f", i);
		tree_file(&f.t, name.p, "");
		buf_addf(&want, "/d%04d:1 ", i);
	}
	push(&f, f.t.root);
	walk_run(&f.walk, 0);
	assert_string_equal(f.order.p, want.p);
	buf_release(&want);
	buf_release(&name);
	end(&f);
}

static void
a_loop_ends(void **state)
{
	struct fixture f;
	struct buf up = { 0 };

	(void)state;
	begin(&f, 2);
	tree_file(&f.t, "a/f", "");
	assert_int_equal(symlink("..", tree_path(&f.t, &up, "a/up")), 0);
	assert_int_equal(symlink("a", tree_path(&f.t, &up, "b")), 0);
	push(&f, f.t.root);
	walk_run(&f.walk, 0);
	assert_string_equal(f.order.p, ":2 /a:2 ");
	assert_int_equal(f.again, 2);
	buf_release(&up);
	end(&f);
}

/* What comes later is walked from where it begins. */
static void
from_a_later_one(void **state)
{
	struct fixture f;
	struct buf path = { 0 };
	struct file_sig never = { .dev = 1, .ino = UINT64_MAX };

	(void)state;
	begin(&f, 1);
	tree_file(&f.t, "a/f", "");
	tree_file(&f.t, "b/g", "");
	push(&f, tree_path(&f.t, &path, "a"));
	walk_run(&f.walk, 0);
	push(&f, tree_path(&f.t, &path, "b"));
	walk_run(&f.walk, 1);
	assert_string_equal(f.order.p, "/a:1 /b:1 ");
	assert_int_equal(walk_find(&f.walk, &never), WALK_NONE);
	walk_run(&f.walk, 2);
	assert_string_equal(f.order.p, "/a:1 /b:1 ");
	buf_release(&path);
	end(&f);
}

static void
names_are_sorted_bytewise(void **state)
{
	static const char *const want[] = {
		".hid", "-", "A", "a", "a.b", "ab", "\xc3\xa4", "\xff",
	};
	struct walk_names names = { 0 };
	struct tree t;
	int fd;

	(void)state;
	tree_make(&t);
	for (size_t i = countof(want); i-- > 0;)
		tree_file(&t, want[i], "");
	fd = open(t.root, O_RDONLY | O_DIRECTORY);
	assert_int_equal(walk_names(fd, &names), 0);
	assert_int_equal(names.n, countof(want));
	for (size_t i = 0; i < names.n; i++) {
		const struct walk_name *n = &names.v[i];

		assert_int_equal(n->len, strlen(n->name));
		assert_true(n->type == DT_REG || n->type == DT_UNKNOWN);
		if (i)
			assert_true(strcmp(names.v[i - 1].name, n->name) < 0);
	}
	/* fd is as it was */
	assert_int_equal(faccessat(fd, "A", F_OK, 0), 0);
	walk_names_release(&names);
	assert_int_equal(names.n, 0);
	close(fd);
	tree_remove(&t);
}

static void
names_of_what_is_no_directory(void **state)
{
	struct walk_names names = { 0 };
	struct buf path = { 0 };
	struct tree t;
	int fd;

	(void)state;
	tree_make(&t);
	tree_file(&t, "f", "");
	fd = open(tree_path(&t, &path, "f"), O_RDONLY);
	assert_int_equal(walk_names(fd, &names), ENOTDIR);
	assert_int_equal(names.n, 0);
	close(fd);
	assert_int_equal(walk_names(-1, &names), EBADF);
	buf_release(&path);
	tree_remove(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(level_by_level_in_order),
		cmocka_unit_test(a_wide_level),
		cmocka_unit_test(a_loop_ends),
		cmocka_unit_test(from_a_later_one),
		cmocka_unit_test(names_are_sorted_bytewise),
		cmocka_unit_test(names_of_what_is_no_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
