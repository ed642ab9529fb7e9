/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "python/tree/discover.h"
#include "unit/tree.h"
#include "util/path.h"

static void
walk(struct discovery *d, const struct tree *t, const char *below,
	unsigned threads)
{
	struct err err = {0};
	struct buf b = {0};

	assert_int_equal(discover(d, tree_path(t, &b, below), ".own", threads,
		&err), 0);
	buf_release(&b);
}

/* "path path ..." of what is listed, flagged ones as "path:flags". */
static char *
files(const struct discovery *d)
{
	struct buf b = {0};
	uint32_t i, f;

	buf_adds(&b, "");
	for (i = 0; i < d->nfiles; i++) {
		f = d->files[i].flags & ~(uint32_t)DISC_PY;
		buf_addf(&b, "%s%s", i ? " " : "", d->files[i].path.p);
		if (f)
			buf_addf(&b, ":%x", (unsigned)f);
	}
	return buf_detach(&b);
}

static void
expect(const struct discovery *d, const char *want)
{
	char *got = files(d);

	assert_string_equal(got, want);
	free(got);
}

static const struct disc_skipped *
skipped(const struct discovery *d, const char *path)
{
	uint32_t i;

	for (i = 0; i < d->nskipped; i++) {
		if (str_is(d->skipped[i].path, path))
			return &d->skipped[i];
	}
	fail_msg("%s is not among the skipped", path);
	return NULL;
}

static void
without_git_everything_is_listed(void **state)
{
	struct tree t;
	struct discovery d;

	(void)state;
	tree_make(&t);
	tree_file(&t, "b.py", "x");
	tree_file(&t, "b/a.py", "");
	tree_file(&t, "b.d/x", "");
	tree_file(&t, ".gitignore", "*\n");
	tree_file(&t, ".hidden/x.py", "");
	tree_file(&t, "b/__pycache__/x.pyc", "");
	tree_file(&t, ".own/tests.state", "");
	tree_file(&t, "node_modules/m/setup.py", "");
	tree_file(&t, "p.egg-info/PKG-INFO", "");
	tree_file(&t, "env/pyvenv.cfg", "");
	tree_file(&t, "env/lib/x.py", "");
	tree_file(&t, "co/conda-meta/history", "");
	tree_file(&t, "build/x.py", "");
	walk(&d, &t, "", 2);
	expect(&d, ".gitignore:4 b/a.py b.d/x b.py build/x.py");
	assert_false(d.git);
	assert_int_equal(d.files[4].sig.size, 0);
	assert_int_equal(d.files[3].sig.size, 1);
	assert_int_equal(d.files[3].flags, DISC_PY);
	assert_int_equal(skipped(&d, "env")->why, SKIP_VENV);
	assert_int_equal(skipped(&d, "co")->why, SKIP_VENV);
	assert_int_equal(skipped(&d, ".hidden")->why, SKIP_HIDDEN);
	assert_int_equal(skipped(&d, "node_modules")->why, SKIP_NAME);
	assert_int_equal(d.nskipped, 5);
	assert_ptr_equal(discover_find(&d, STR("b.py")), &d.files[3]);
	assert_null(discover_find(&d, STR("b")));
	assert_non_null(discover_find_dir(&d, STR("b")));
	assert_true(str_is(d.dirs[0].path, ""));
	discover_release(&d);
	tree_remove(&t);
}

static void
gitignore_counts(void **state)
{
	struct tree t;
	struct discovery d;

	(void)state;
	tree_make(&t);
	tree_dir(&t, ".git/info");
	tree_file(&t, ".git/info/exclude", "private/\n");
	tree_file(&t, ".gitignore", "_version.py\nout/\n");
	tree_file(&t, "pkg/_version.py", "");
	tree_file(&t, "pkg/.gitignore", "!_version.py\ngen.py\n");
	tree_file(&t, "pkg/gen.py", "");
	tree_file(&t, "out/x.py", "");
	tree_file(&t, "pkg/private/x.py", "");
	tree_file(&t, "src/_version.py", "");
	tree_file(&t, "other/.git/HEAD", "");
	tree_file(&t, "other/x.py", "");
	tree_file(&t, "module/.git", "gitdir: ../.git/modules/module\n");
	tree_file(&t, "module/x.py", "");
	tree_file(&t, "work/.git", "gitdir: /x/.git/worktrees/work\n");
	tree_file(&t, "work/_version.py", "");
	tree_file(&t, "pkg/private/data", "");
	tree_file(&t, "pkg/private/test_x.txt", "");
	tree_file(&t, "pkg/private/sub/conftest.py", "");
	tree_file(&t, "out/build/y.py", "");
	walk(&d, &t, "", 1);
	assert_true(d.git);
	/* Of what is ignored only code; and other repositories have rules of
	 * their own. */
	expect(&d, ".gitignore:4 module/.git:4 module/x.py other/x.py "
		"out/x.py:28 pkg/.gitignore:4 pkg/_version.py pkg/gen.py:8 "
		"pkg/private/sub/conftest.py:28 pkg/private/test_x.txt:28 "
		"pkg/private/x.py:28 src/_version.py:8 work/.git:4 "
		"work/_version.py");
	assert_int_equal(skipped(&d, "out/build")->why, SKIP_IGNORED);
	discover_release(&d);
	/* The rules above a root that is not the repository's top. */
	tree_file(&t, ".gitignore", "/pkg/sub/a.py\nout\n");
	tree_file(&t, "pkg/sub/a.py", "");
	tree_file(&t, "pkg/sub/gen.py", "");
	walk(&d, &t, "pkg/sub", 1);
	assert_true(d.git);
	expect(&d, "a.py:8 gen.py:8");
	discover_release(&d);
	/* A root that is itself ignored belongs to no repository. */
	walk(&d, &t, "out", 1);
	assert_false(d.git);
	expect(&d, "build/y.py x.py");
	discover_release(&d);
	tree_remove(&t);
}

/* A directory that a link leads to is one more, as pytest has it. */
static void
leads(const struct discovery *d, const char *path, const char *to)
{
	const struct disc_link *l = discover_find_link(d, str_of(path));

	assert_non_null(l);
	assert_true(str_is(l->to, to));
	assert_int_equal(l->sig.mode & S_IFMT, S_IFLNK);
}

static void
symlinks_never_loop(void **state)
{
	struct tree t, far;
	struct discovery d;

	(void)state;
	tree_make(&t);
	tree_make(&far);
	tree_file(&far, "x.py", "");
	tree_file(&far, "data", "");
	tree_file(&far, "sub/y.py", "");
	tree_link(&far, "..", "sub/back");
	tree_file(&t, "src/pkg/a.py", "");
	tree_file(&t, "src/pkg/data", "");
	tree_file(&t, ".store/lib/b.py", "");
	tree_file(&t, ".store/lib/data", "");
	tree_link(&t, "..", "src/up");
	tree_link(&t, "src/pkg", "alias");
	tree_link(&t, ".store/lib", "lib1");
	tree_link(&t, "../.store/lib", "src/lib2");
	tree_link(&t, "loop", "loop");
	tree_link(&t, "nowhere", "broken.py");
	tree_link(&t, "src/pkg/a.py", "link.py");
	tree_link(&t, far.root, "far");
	tree_link(&t, "../../src/pkg", ".store/lib/again");
	walk(&d, &t, "", 2);
	expect(&d, "alias/a.py:10 far/sub/y.py:10 far/x.py:10 "
		"lib1/again/a.py:10 lib1/b.py:10 lib1/data:10 link.py:2 "
		"src/lib2/again/a.py:10 src/lib2/b.py:10 "
		"src/pkg/a.py src/pkg/data");
	assert_int_equal(skipped(&d, "src/up")->why, SKIP_LINK);
	assert_int_equal(skipped(&d, "far/sub/back")->why, SKIP_LINK);
	leads(&d, "alias", "src/pkg");
	leads(&d, "far", far.root);
	leads(&d, "lib1", ".store/lib");
	leads(&d, "src/up", "..");
	assert_null(discover_find_link(&d, STR("link.py")));
	assert_null(discover_find_link(&d, STR("far/sub/back")));
	discover_release(&d);
	/* What build systems leave of theirs. */
	tree_dir(&t, ".git");
	tree_file(&t, ".gitignore", "far\nalias\n");
	walk(&d, &t, "", 2);
	assert_int_equal(skipped(&d, "far")->why, SKIP_ESCAPE);
	assert_null(discover_find_link(&d, STR("alias")));
	leads(&d, "lib1", ".store/lib");
	assert_non_null(discover_find(&d, STR("alias/a.py")));
	assert_int_equal(discover_find(&d, STR("alias/a.py"))->flags,
		DISC_PY | DISC_VIA_LINK | DISC_IGNORED | DISC_IN_IGNORED);
	discover_release(&d);
	tree_remove(&far);
	tree_remove(&t);
}

/* An index of version 2 with these paths, which are short. */
static void
write_index(const struct tree *t, const char *name,
	const char *const *paths, unsigned n)
{
	static const char zero[62];
	struct buf b = { 0 };

	buf_adds(&b, "DIRC");
	buf_add(&b, "\0\0\0\2\0\0\0", 7);
	buf_addc(&b, (char)n);
	for (unsigned i = 0; i < n; i++) {
		size_t len = strlen(paths[i]);

		buf_add(&b, zero, 61);
		buf_addc(&b, (char)len);
		buf_add(&b, paths[i], len);
		buf_add(&b, zero, 8 - (62 + len) % 8);
	}
	buf_add(&b, zero, 20);
	tree_bytes(t, name, b.p, b.n);
	buf_release(&b);
}

static void
tracked_is_not_ignored(void **state)
{
	static const char *const top[] = { "data/x.json", "lib/t/test_a.py",
		"a.log" }, *const sub[] = { "out/y.py" };
	struct tree t;
	struct discovery d;

	(void)state;
	tree_make(&t);
	write_index(&t, ".git/index", top, 3);
	tree_file(&t, ".gitignore", "*.log\nlib/\ndata/\n");
	tree_file(&t, "a.log", "");
	tree_file(&t, "b.log", "");
	tree_file(&t, "data/x.json", "");
	tree_file(&t, "data/y.json", "");
	tree_file(&t, "data/deep/x.json", "");
	tree_file(&t, "lib/t/test_a.py", "");
	tree_file(&t, "lib/t/test_b.py", "");
	tree_file(&t, "lib/other/data", "");
	tree_file(&t, "sub/.git", "gitdir: ../.git/modules/sub\n");
	write_index(&t, ".git/modules/sub/index", sub, 1);
	tree_file(&t, "sub/.gitignore", "out\n");
	tree_file(&t, "sub/out/y.py", "");
	tree_file(&t, "sub/out/z.py", "");
	walk(&d, &t, "", 2);
	expect(&d, ".gitignore:4 a.log b.log:8 data/x.json lib/t/test_a.py "
		"lib/t/test_b.py:28 sub/.git:4 sub/.gitignore:4 sub/out/y.py "
		"sub/out/z.py:28");
	discover_release(&d);
	/* A root below the repository's top. */
	walk(&d, &t, "lib", 1);
	assert_false(d.git);
	discover_release(&d);
	tree_file(&t, ".gitignore", "t\n");
	walk(&d, &t, "lib", 1);
	expect(&d, "other/data t/test_a.py t/test_b.py:28");
	discover_release(&d);
	tree_remove(&t);
}

static void
any_bytes_are_names_and_threads_do_not_matter(void **state)
{
	struct tree t;
	struct discovery d, e;
	struct buf b = {0};
	uint32_t i;

	(void)state;
	tree_make(&t);
	tree_file(&t, "n\xff\xfe.py", "");
	tree_file(&t, "with\nnewline/x.py", "");
	for (i = 0; i < 300; i++) {
		buf_clear(&b);
		buf_addf(&b, "d%u/e%u/f%u.py", i % 7, i % 31, i);
		tree_file(&t, b.p, "");
	}
	walk(&d, &t, "", 1);
	walk(&e, &t, "", 8);
	assert_int_equal(d.nfiles, 302);
	assert_int_equal(e.nfiles, 302);
	for (i = 0; i < 302; i++) {
		assert_true(str_eq(d.files[i].path, e.files[i].path));
		assert_true(file_sig_eq(&d.files[i].sig, &e.files[i].sig));
		assert_true(i == 0 || path_order(d.files[i - 1].path,
			d.files[i].path) < 0);
		assert_ptr_equal(discover_find(&d, d.files[i].path),
			&d.files[i]);
	}
	discover_release(&d);
	discover_release(&e);
	buf_release(&b);
	tree_remove(&t);
}

static void
unreadable_directories_are_reported(void **state)
{
	struct tree t;
	struct discovery d;
	struct buf b = {0};
	struct err err = {0};

	(void)state;
	tree_make(&t);
	assert_int_equal(discover(&d, tree_path(&t, &b, "none"), NULL, 1,
		&err), -1);
	assert_non_null(strstr(err.msg, "none: No such file"));
	err_release(&err);
	tree_dir(&t, "closed");
	tree_file(&t, "open/x.py", "");
	assert_int_equal(chmod(tree_path(&t, &b, "closed"), 0), 0);
	walk(&d, &t, "", 1);
	expect(&d, "open/x.py");
	if (geteuid() != 0)     /* nothing is closed to root */
		assert_int_equal(skipped(&d, "closed")->why, SKIP_UNREADABLE);
	discover_release(&d);
	assert_int_equal(chmod(tree_path(&t, &b, "closed"), 0700), 0);
	buf_release(&b);
	tree_remove(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_git_everything_is_listed),
		cmocka_unit_test(gitignore_counts),
		cmocka_unit_test(symlinks_never_loop),
		cmocka_unit_test(tracked_is_not_ignored),
		cmocka_unit_test(any_bytes_are_names_and_threads_do_not_matter),
		cmocka_unit_test(unreadable_directories_are_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
