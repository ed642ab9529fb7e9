/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "python/interp/env_cache.h"
#include "python/interp/installed.h"
#include "unit/tree.h"
#include "util/mem.h"

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

/* Adds a line of a RECORD about a file of the tree, as its content is. */
static void
add_line(struct fixture *f, struct buf *record, const char *name)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789-_";
	struct buf at = {0};
	struct digest d;
	uint64_t size;
	unsigned bits = 0, have = 0, i;

	buf_addf(&at, "%s/site/%s", f->t.root, name);
	assert_int_equal(digest_file(AT_FDCWD, at.p, &d, &size, NULL), 1);
	buf_addf(record, "%s,sha256=", name);
	for (i = 0; i < DIGEST_SIZE; i++) {
		bits = bits << 8 | d.b[i];
		for (have += 8; have >= 6; have -= 6)
			buf_addc(record, digits[bits >> (have - 6) & 63]);
	}
	buf_addc(record, digits[bits << (6 - have) & 63]);
	buf_addf(record, ",%u\n", (unsigned)size);
	buf_release(&at);
}

/* Writes a RECORD that is newer than that file of the site directory by the
 * file system's clock. */
static void
put_record(struct fixture *f, const char *dist, struct str text,
	const char *newer_than)
{
	struct buf name = {0}, at = {0};
	struct file_sig old, new;

	buf_addf(&at, "%s/site/%s", f->t.root, newer_than);
	assert_int_equal(file_sig(AT_FDCWD, at.p, &old), 1);
	buf_addf(&name, "site/%s.dist-info/RECORD", dist);
	do {
		tree_bytes(&f->t, name.p, text.p, text.n);
		tree_path(&f->t, &at, name.p);
		assert_int_equal(file_sig(AT_FDCWD, at.p, &new), 1);
	} while (new.ctime_ns <= old.ctime_ns);
	buf_release(&name);
	buf_release(&at);
}

/* A file large enough for RECORDs to be asked, that begins with a letter. */
static void
put_big(struct fixture *f, char first)
{
	struct buf b = {0};

	buf_addc(&b, first);
	while (b.n < 300 * 1024)
		buf_addc(&b, 'x');
	tree_bytes(&f->t, "site/pkg/big", b.p, b.n);
	buf_release(&b);
}

/* A tree as an installer leaves it: a script that names the prefix, and a
 * RECORD that is newer than the files. */
static void
begin_recorded(struct fixture *f, struct buf *record)
{
	struct buf b = {0};

	begin(f);
	f->in.prefix = str_of(f->t.root);
	buf_addf(&b, "#!%s/bin/python\n", f->t.root);
	tree_file(&f->t, "bin/pytest", b.p);
	put_big(f, 'a');
	add_line(f, record, "pkg/big");
	add_line(f, record, "pkg/data.txt");
	put_record(f, "pkg-1", buf_str(record), "pkg/big");
	buf_release(&b);
}

static void
end_recorded(struct fixture *f, struct buf *record)
{
	buf_release(record);
	end(f);
}

/* With and without RECORD it is the same digest. */
static void
records_spare_reading(void **state)
{
	struct fixture f;
	struct buf record = {0};
	struct digest d, e;

	(void)state;
	begin_recorded(&f, &record);
	d = digest(&f);
	assert_int_equal(f.stats.files, 6);
	assert_int_equal(f.stats.recorded, 2);
	assert_int_equal(f.stats.hashed, 4);
	age_cache(&f);
	e = digest(&f);
	assert_true(digest_eq(&d, &e));
	assert_int_equal(f.stats.recorded + f.stats.hashed, 0);
	unlink(f.cache.p);
	tree_file(&f.t, "site/pkg-1.dist-info/RECORD", "");
	e = digest(&f);
	assert_true(digest_eq(&d, &e));
	assert_int_equal(f.stats.recorded, 0);
	assert_int_equal(f.stats.hashed, 6);
	end_recorded(&f, &record);
}

/* Is the big file read, and does its change show? */
static void
edited(const struct timespec *when)
{
	struct timespec ts[2];
	struct fixture f;
	struct buf record = {0}, big = {0};
	struct digest d, e;

	begin_recorded(&f, &record);
	d = digest(&f);
	assert_int_equal(f.stats.recorded, 2);
	put_big(&f, 'b');
	if (when) {
		ts[0] = ts[1] = *when;
		assert_int_equal(utimensat(AT_FDCWD, tree_path(&f.t, &big,
			"site/pkg/big"), ts, 0), 0);
	}
	unlink(f.cache.p);
	e = digest(&f);
	assert_false(digest_eq(&d, &e));
	assert_true(f.stats.recorded <= 1);
	buf_release(&big);
	end_recorded(&f, &record);
}

static void
what_changed_after_record_is_read(void **state)
{
	struct timespec old = { 1000000000, 0 };

	(void)state;
	edited(NULL);
	edited(&old);   /* as cp -p and tar leave it */
}

/* How many files RECORDs spare; and nothing of it is a lie. */
static void
spares(struct fixture *f, unsigned n)
{
	struct digest d, e;

	unlink(f->cache.p);
	d = digest(f);
	assert_int_equal(f->stats.recorded, n);
	f->in.prefix = STR("/nowhere");
	unlink(f->cache.p);
	e = digest(f);
	assert_true(digest_eq(&d, &e));
	assert_int_equal(f->stats.recorded, 0);
	f->in.prefix = str_of(f->t.root);
}

static void
records_that_say_nothing(void **state)
{
	struct timespec ts[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
	struct fixture f;
	struct buf record = {0}, text = {0}, name = {0};

	(void)state;
	begin_recorded(&f, &record);
	spares(&f, 2);
	/* copied with its times, or given to another owner */
	assert_int_equal(utimensat(AT_FDCWD, tree_path(&f.t, &name,
		"site/pkg-1.dist-info/RECORD"), ts, 0), 0);
	spares(&f, 0);
	/* in another place than it was installed */
	put_record(&f, "pkg-1", buf_str(&record), "pkg/big");
	spares(&f, 2);
	tree_file(&f.t, "bin/pytest", "#!/else/where/bin/python\n");
	spares(&f, 0);
	unlink(tree_path(&f.t, &name, "bin/pytest"));
	spares(&f, 0);
	buf_addf(&text, "#!/bin/sh\n'''exec' \"%s/bin/python\"", f.t.root);
	tree_file(&f.t, "bin/pip", text.p);
	spares(&f, 2);
	/* another RECORD that says the same, and one that does not */
	put_record(&f, "b-1", buf_str(&record), "pkg/big");
	spares(&f, 2);
	buf_clear(&text);
	buf_addstr(&text, buf_str(&record));
	text.p[sizeof("pkg/big,sha256=") - 1] =
		text.p[sizeof("pkg/big,sha256=") - 1] == 'A' ? 'B' : 'A';
	put_record(&f, "b-1", buf_str(&text), "pkg/big");
	spares(&f, 1);
	dir_remove(tree_path(&f.t, &name, "site/b-1.dist-info"), NULL);
	spares(&f, 2);
	buf_release(&text);
	buf_release(&name);
	end_recorded(&f, &record);
}

#define ZEROS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void
lines_that_say_nothing(void **state)
{
	static const char *const lines[] = { "", "x", ",", ",,", "pkg/big,,",
		"pkg/big,sha256=,307200", "pkg/big,md5=" ZEROS "A,307200",
		"pkg/big,sha256=" ZEROS "A,1", "pkg/big,sha256=" ZEROS
		"B,307200", "pkg/big,sha256=" ZEROS "+,307200",
		"pkg/big,sha256=" ZEROS "A=,307200",
		"pkg/big,sha256=" ZEROS "A,30720x",
		"pkg/big,sha256=" ZEROS "A,00000000000000307200",
		"\"pkg/big\",sha256=" ZEROS "A,307200",
		"../site/pkg/big,sha256=" ZEROS "A,307200",
		"./pkg/big,sha256=" ZEROS "A,307200" };
	struct fixture f;
	struct buf record = {0}, pth = {0};

	(void)state;
	begin_recorded(&f, &record);
	for (size_t i = 0; i < countof(lines); i++) {
		put_record(&f, "pkg-1", str_of(lines[i]), "pkg/big");
		spares(&f, 0);
	}
	/* files in which the root's path does not count are read */
	tree_file(&f.t, "site/x.pth", "/somewhere\n");
	add_line(&f, &pth, "x.pth");
	put_record(&f, "pkg-1", buf_str(&pth), "x.pth");
	spares(&f, 0);
	buf_release(&pth);
	end_recorded(&f, &record);
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
		cmocka_unit_test(records_spare_reading),
		cmocka_unit_test(what_changed_after_record_is_read),
		cmocka_unit_test(records_that_say_nothing),
		cmocka_unit_test(lines_that_say_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
