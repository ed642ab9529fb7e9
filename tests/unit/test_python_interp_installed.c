/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "python/interp/env_cache.h"
#include "python/interp/installed.h"
#include "unit/tree.h"

struct fixture {
	struct tree t;
	struct arena a;
	struct interp in;
	struct str sites[2];
	struct interp_editable editable;
	struct buf root, cache;
	struct installed_stats stats;
};

static struct str
path(struct fixture *f, const char *name)
{
	return arena_fmt(&f->a, "%s/%s", f->t.root, name);
}

static void
begin(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	tree_make(&f->t);
	tree_file(&f->t, "bin/python", "binary");
	tree_file(&f->t, "site/a.py", "a = 1\n");
	tree_file(&f->t, "site/pkg/__init__.py", "");
	tree_file(&f->t, "site/pkg/data.txt", "d");
	tree_file(&f->t, "site/pkg-1.dist-info/METADATA", "Name: pkg\n");
	tree_dir(&f->t, "root");
	f->sites[0] = path(f, "site");
	f->in = (struct interp){
		.state = INTERP_OK, .path = path(f, "bin/python"),
		.real = path(f, "bin/python"), .version = STR("3.12.1"),
		.implementation = STR("cpython"), .soabi = STR("abi"),
		.abiflags = STR(""), .platform = STR("linux"),
		.prefix = path(f, "prefix"), .site_dirs = f->sites,
		.nsite_dirs = 1,
	};
	tree_path(&f->t, &f->root, "root");
	tree_path(&f->t, &f->cache, "cache");
}

static struct digest
digest(struct fixture *f)
{
	struct digest d;
	struct err err = {0};

	assert_int_equal(installed_digest(&f->in, &(struct installed_where){
		.root = f->root.p, .own = ".own", .cache = f->cache.p,
		.keep = true, .threads = 2 }, &d, &f->stats, &err), 0);
	return d;
}

/* Rewrites the cache as if it had been made ten seconds later, so that what
 * was written before it is old enough to be trusted. */
static void
age_cache(struct fixture *f)
{
	struct env_cache c;
	struct env_writer w = {0};
	uint32_t i, k;

	env_cache_open(&c, f->cache.p);
	assert_true(c.ndirs > 0);
	for (i = 0; i < c.ndirs; i++) {
		env_writer_dir(&w, (struct str){ c.names + c.dirs[i].path,
			c.dirs[i].len }, &c.dirs[i].sig);
		for (k = 0; k < c.dirs[i].n; k++) {
			const struct env_entry *e = &c.entries[
				c.dirs[i].first + k];

			env_writer_entry(&w, (struct str){ c.names + e->name,
				e->len }, (enum env_kind)e->kind, &e->sig,
				&e->digest);
		}
	}
	env_writer_finish(&w, f->cache.p, c.when + INT64_C(10000000000));
	env_cache_close(&c);
}

static void
end(struct fixture *f)
{
	tree_remove(&f->t);
	arena_release(&f->a);
	buf_release(&f->root);
	buf_release(&f->cache);
}

static void
content_decides(void **state)
{
	struct fixture f;
	struct digest d, e;

	(void)state;
	begin(&f);
	d = digest(&f);
	assert_int_equal(f.stats.files, 5);
	assert_int_equal(f.stats.hashed, 5);
	/* The same content written again is the same. */
	tree_file(&f.t, "site/a.py", "a = 1\n");
	e = digest(&f);
	assert_true(digest_eq(&d, &e));
	tree_file(&f.t, "site/a.py", "a = 2\n");
	e = digest(&f);
	assert_false(digest_eq(&d, &e));
	tree_file(&f.t, "site/a.py", "a = 1\n");
	/* What does not count. */
	tree_file(&f.t, "site/__pycache__/a.pyc", "x");
	tree_file(&f.t, "site/.own/x.py", "x");
	tree_file(&f.t, "site/pkg-1.dist-info/RECORD", "x");
	tree_file(&f.t, "site/pkg-1.dist-info/direct_url.json", "x");
	tree_file(&f.t, "site/venv/pyvenv.cfg", "x");
	e = digest(&f);
	assert_int_equal(f.stats.files, 5);
	tree_file(&f.t, "site/venv/lib/x.py", "x");
	d = digest(&f);
	assert_true(digest_eq(&d, &e));
	/* What does. */
	tree_file(&f.t, "site/new.pth", "/somewhere\n");
	e = digest(&f);
	assert_false(digest_eq(&d, &e));
	f.in.version = STR("3.12.2");
	d = digest(&f);
	assert_false(digest_eq(&d, &e));
	tree_file(&f.t, "bin/python", "binary 2");
	e = digest(&f);
	assert_false(digest_eq(&d, &e));
	end(&f);
}

static void
a_warm_check_reads_nothing(void **state)
{
	struct fixture f;
	struct digest d, e;

	(void)state;
	begin(&f);
	d = digest(&f);
	/* All was written just now: nothing is trusted. */
	e = digest(&f);
	assert_true(digest_eq(&d, &e));
	assert_int_equal(f.stats.hashed, 5);
	age_cache(&f);
	e = digest(&f);
	assert_true(digest_eq(&d, &e));
	assert_int_equal(f.stats.hashed, 0);
	assert_int_equal(f.stats.listed, 0);
	assert_int_equal(f.stats.dirs, 3);
	tree_file(&f.t, "site/pkg/data.txt", "e");
	e = digest(&f);
	assert_false(digest_eq(&d, &e));
	assert_int_equal(f.stats.hashed, 1);
	tree_file(&f.t, "site/pkg/data.txt", "d");
	e = digest(&f);
	assert_true(digest_eq(&d, &e));
	end(&f);
}

static void
a_damaged_cache_is_no_cache(void **state)
{
	struct fixture f;
	struct digest d, e;
	struct buf b = {0};
	size_t i;

	(void)state;
	begin(&f);
	d = digest(&f);
	age_cache(&f);
	assert_int_equal(file_read(f.cache.p, &b, NULL), 1);
	for (i = 0; i < b.n; i += 5) {
		char was = b.p[i];

		b.p[i] = (char)(was ^ 4);
		tree_bytes(&f.t, "cache", b.p, b.n);
		e = digest(&f);
		assert_true(digest_eq(&d, &e));
		assert_int_equal(f.stats.hashed, 5);
		tree_bytes(&f.t, "cache", b.p, i);
		e = digest(&f);
		assert_true(digest_eq(&d, &e));
		b.p[i] = was;
	}
	buf_release(&b);
	end(&f);
}

static void
editable_installs(void **state)
{
	struct fixture f;
	struct digest d, e;

	(void)state;
	begin(&f);
	f.in.nsite_dirs = 2;
	tree_file(&f.t, "root/src/m.py", "");
	f.sites[1] = path(&f, "root/src");
	d = digest(&f);
	assert_int_equal(f.stats.files, 5);
	tree_file(&f.t, "root/src/m.py", "x = 1\n");
	e = digest(&f);
	assert_true(digest_eq(&d, &e));
	/* A virtual environment in the root is no source. */
	tree_file(&f.t, "root/env/lib/site-packages/m.py", "");
	f.sites[1] = path(&f, "root/env/lib/site-packages");
	digest(&f);
	assert_int_equal(f.stats.files, 6);
	/* One that lies elsewhere counts, but not what of it is the root. */
	f.sites[1] = path(&f, "");
	tree_file(&f.t, "else.py", "");
	digest(&f);
	assert_true(f.stats.files > 6);
	f.in.nsite_dirs = 1;
	tree_file(&f.t, "else/pkg/m.py", "");
	f.editable = (struct interp_editable){ STR("pkg"),
		path(&f, "else/pkg") };
	f.in.editables = &f.editable;
	f.in.neditables = 1;
	d = digest(&f);
	tree_file(&f.t, "else/pkg/m.py", "x = 1\n");
	e = digest(&f);
	assert_false(digest_eq(&d, &e));
	end(&f);
}

static void
symlinks_and_odd_things(void **state)
{
	struct fixture f;
	struct digest d, e;

	(void)state;
	begin(&f);
	tree_link(&f.t, ".", "site/self");
	tree_link(&f.t, "../site", "site/pkg/up");
	tree_link(&f.t, "../store/s.py", "site/s.py");
	tree_link(&f.t, "nowhere", "site/broken");
	tree_file(&f.t, "store/s.py", "1");
	d = digest(&f);
	assert_int_equal(f.stats.files, 6);
	tree_file(&f.t, "store/s.py", "2");
	e = digest(&f);
	assert_false(digest_eq(&d, &e));
	f.in.nsite_dirs = 2;
	f.sites[1] = path(&f, "missing");
	d = digest(&f);
	assert_false(digest_eq(&d, &e));
	tree_file(&f.t, "lib.zip", "zip");
	f.sites[1] = path(&f, "lib.zip");
	e = digest(&f);
	assert_false(digest_eq(&d, &e));
	tree_file(&f.t, "lib.zip", "zap");
	d = digest(&f);
	assert_false(digest_eq(&d, &e));
	end(&f);
}

/* Waits until files get a time that is told apart from the present one. */
static void
tick(struct fixture *f)
{
	struct file_sig was, now;
	struct buf b = { 0 };

	tree_path(&f->t, &b, "tick");
	tree_file(&f->t, "tick", "");
	assert_int_equal(file_sig(AT_FDCWD, b.p, &was), 1);
	do {
		unlink(b.p);
		tree_file(&f->t, "tick", "");
		assert_int_equal(file_sig(AT_FDCWD, b.p, &now), 1);
	} while (now.ctime_ns <= was.ctime_ns + 30000000);
	buf_release(&b);
}

static void
times_tell_what_was_written(void **state)
{
	struct fixture f;
	struct digest d, e;
	struct file_sig newest;
	int64_t born;

	(void)state;
	begin(&f);
	tick(&f);
	d = digest(&f);
	newest = f.stats.newest;
	assert_true(newest.ctime_ns > 0);
	/* Python's own doing. */
	tick(&f);
	tree_file(&f.t, "site/pkg/__pycache__/x.pyc", "x");
	e = digest(&f);
	assert_true(digest_eq(&d, &e));
	if (file_born(AT_FDCWD, path(&f, "site").p, &born))
		assert_int_equal(f.stats.newest.ctime_ns, newest.ctime_ns);
	/* There for a while. */
	tick(&f);
	newest = f.stats.newest;
	tree_file(&f.t, "site/pkg/shadow.py", "");
	unlink(path(&f, "site/pkg/shadow.py").p);
	e = digest(&f);
	assert_true(digest_eq(&d, &e));
	assert_true(f.stats.newest.ctime_ns > newest.ctime_ns);
	/* Written anew with the same content. */
	tick(&f);
	newest = f.stats.newest;
	tree_file(&f.t, "site/a.py", "a = 1\n");
	e = digest(&f);
	assert_true(digest_eq(&d, &e));
	assert_true(f.stats.newest.ctime_ns > newest.ctime_ns);
	/* The interpreter too. */
	tick(&f);
	newest = f.stats.newest;
	tree_file(&f.t, "bin/python", "binary");
	e = digest(&f);
	assert_true(digest_eq(&d, &e));
	assert_true(f.stats.newest.ctime_ns > newest.ctime_ns);
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_decides),
		cmocka_unit_test(a_warm_check_reads_nothing),
		cmocka_unit_test(a_damaged_cache_is_no_cache),
		cmocka_unit_test(editable_installs),
		cmocka_unit_test(symlinks_and_odd_things),
		cmocka_unit_test(times_tell_what_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
