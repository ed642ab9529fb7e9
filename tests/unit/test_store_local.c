/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/world.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "store/internal.h"
#include "store/local/local.h"
#include "util/mem.h"
#include "util/os.h"

static const char manifest[] =
	"rule r\n  command = ./tool $in\n"
	"build out sub/exe big: r src\n"
	"build nocache: r src\n  tg_cache = 0\n"
	"build link: r src\n"
	"build other: r src\n";

static struct world w;
static struct store *st;

enum { BIG = 300000 };

/* Text that shrinks to about 3/8. */
static void
write_big(uint32_t seed)
{
	char *p = malloc(BIG);

	seed++;
	for (int i = 0; i < BIG; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 17;
		seed ^= seed << 5;
		p[i] = "abcdefgh"[seed % 8];
	}
	unlink("big");
	tree_bytes(&w.t, "big", p, BIG);
	free(p);
}

/* What the step would make. */
static void
make_outputs(const char *text)
{
	/* Not renamed over: ext4 would wait for the disk. */
	unlink("out");
	unlink("sub/exe");
	tree_file(&w.t, "out", text);
	tree_file(&w.t, "sub/exe", "#!/bin/sh\n");
	assert_int_equal(chmod("sub/exe", 0755), 0);
	write_big((unsigned char)text[0]);
}

static int
setup(void **state)
{
	(void)state;
	world_make(&w, manifest);
	tree_file(&w.t, "src", "src");
	tree_file(&w.t, "seen", "seen");
	tree_file(&w.t, "tool", "#!/bin/sh\n");
	assert_int_equal(chmod("tool", 0755), 0);
	assert_int_equal(local_open(&st, "cache", 0, false, &w.err), 0);
	world_open(&w, STATE_READ);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	store_close(st);
	st = NULL;
	world_remove(&w);
	return 0;
}

/* Where the store has something. */
static void
path_in_store(const char *kind, const struct digest *d, const char *end,
	struct buf *out)
{
	char hex[DIGEST_HEX + 1];

	digest_hex(d, hex);
	buf_clear(out);
	buf_addf(out, "cache/%s/%.2s/%s%s", kind, hex, hex, end);
}

/* As if nothing were known: another checkout with the same files. */
static void
fresh(void)
{
	world_close(&w);
	assert_int_equal(world_open(&w, STATE_READ), 0);
	world_look_all(&w);
}

static int
put(const char *out, const char *const *observed)
{
	uint32_t step = world_step(&w, out);
	struct digest key;

	world_passed(&w, out, observed);
	assert_int_equal(store_key(&w.s, step, &key, NULL), 0);
	return store_put(st, &w.s, step, &key, &w.s.result[step],
	                 STR("it said this\n"), &w.err);
}

static int
fetch(const char *out, struct result *r)
{
	uint32_t step = world_step(&w, out);
	struct store_fetch *f;
	struct digest key;
	int hit;

	assert_int_equal(store_key(&w.s, step, &key, NULL), 0);
	f = store_fetch(st, &w.s, step, &key, NULL, NULL, NULL);
	hit = f->how;
	*r = f->result;
	/* What is broken is no matter for the user. */
	assert_null(f->err.msg);
	assert_int_not_equal(hit, STORE_LATER);
	assert_true(hit ? str_is(f->text, "it said this\n")
	                : f->text.n == 0);
	store_fetch_free(f);
	return hit;
}

static void
remove_outputs(void)
{
	unlink("out");
	unlink("big");
	dir_remove("sub", NULL);
}

static bool
holds(const char *path, const char *text)
{
	struct buf b = { 0 };
	bool same = file_read(path, &b, NULL) == 1 && str_is(buf_str(&b), text);

	buf_release(&b);
	return same;
}

static void
test_round_trip(void **state)
{
	static const char *const observed[] = { "seen", "nothing", NULL };
	struct digest big;
	struct result was, r;
	struct stat s;
	uint32_t step;

	(void)state;
	make_outputs("out\n");
	assert_int_equal(put("out", observed), 1);
	step = world_step(&w, "out");
	was = w.s.result[step];
	big = w.s.digest[world_node(&w, "big")];
	remove_outputs();
	world_close(&w);
	assert_int_equal(world_open(&w, STATE_WRITE), 0);
	world_look_all(&w);
	assert_int_equal(w.s.g->steps.p[step].nobs, 0);
	assert_int_equal(fetch("out", &r), 1);
	assert_true(holds("out", "out\n"));
	assert_true(holds("sub/exe", "#!/bin/sh\n"));
	assert_int_equal(stat("sub/exe", &s), 0);
	assert_int_equal(s.st_mode & 0100, 0100);
	assert_int_equal(stat("out", &s), 0);
	assert_int_equal(s.st_mode & 0111, 0);
	assert_int_equal(stat("big", &s), 0);
	assert_int_equal(s.st_size, BIG);
	assert_true(digest_eq(&big, &w.s.digest[world_node(&w, "big")]));
	assert_int_equal(w.s.g->steps.p[step].nobs, 2);
	assert_int_equal(r.status, RESULT_PASSED);
	assert_int_equal(r.flags, RESULT_CACHED);
	assert_int_equal(r.start_ns, 7);
	assert_int_equal(r.command, was.command);
	assert_true(digest_eq(&r.key, &was.key));
	assert_true(digest_eq(&r.outs, &was.outs));
	/* What was set without reading is what is there. */
	assert_int_equal(state_record(&w.s, step, &r, &w.err), 0);
	assert_int_equal(state_save(&w.s, &w.err), 0);
	world_close(&w);
	world_open(&w, STATE_READ);
	assert_true(world_current(&w, "out"));
	state_forget(&w.s);
	for (uint32_t i = 0; i < w.s.nnodes; i++)
		w.s.node_flags[i] = 0;
	assert_true(world_current(&w, "out"));
}

static void
test_miss(void **state)
{
	static const char *const observed[] = { "seen", "nothing", NULL };
	struct result r;

	(void)state;
	make_outputs("out\n");
	assert_int_equal(put("out", observed), 1);
	assert_int_equal(fetch("out", &r), 1);
	tree_file(&w.t, "nothing", "");
	fresh();
	assert_int_equal(fetch("out", &r), 0);
	unlink("nothing");
	tree_file(&w.t, "seen", "other");
	fresh();
	assert_int_equal(fetch("out", &r), 0);
	tree_file(&w.t, "seen", "seen");
	tree_file(&w.t, "src", "other");
	fresh();
	assert_int_equal(fetch("out", &r), 0);
	tree_file(&w.t, "src", "src");
	fresh();
	assert_int_equal(fetch("out", &r), 1);
	/* Another program by the same name. */
	tree_file(&w.t, "tool", "#!/bin/sh\n:\n");
	chmod("tool", 0755);
	fresh();
	assert_int_equal(fetch("out", &r), 0);
}

static void
test_variants(void **state)
{
	static const char *const observed[] = { "seen", NULL };
	struct store_stats stats;
	struct result r;
	char text[] = "a";

	(void)state;
	for (text[0] = 'a'; text[0] <= 't'; text[0]++) {
		tree_file(&w.t, "seen", text);
		make_outputs(text);
		fresh();
		assert_int_equal(put("out", observed), 1);
	}
	assert_int_equal(store_stats(st, &stats, &w.err), 0);
	assert_int_equal(stats.actions, 1);
	/* The 16 last are there. */
	for (text[0] = 'a'; text[0] <= 't'; text[0]++) {
		tree_file(&w.t, "seen", text);
		fresh();
		assert_int_equal(fetch("out", &r), text[0] > 't' - 16);
		if (text[0] > 't' - 16)
			assert_true(holds("out", text));
	}
}

/* The same inputs gave another output: the last one stays. */
static void
test_variant_replaced(void **state)
{
	static const char *const observed[] = { "seen", NULL };
	struct result r;

	(void)state;
	make_outputs("1");
	assert_int_equal(put("out", observed), 1);
	make_outputs("2");
	assert_int_equal(put("out", observed), 1);
	remove_outputs();
	fresh();
	assert_int_equal(fetch("out", &r), 1);
	assert_true(holds("out", "2"));
}

static void
test_in_place_is_left_alone(void **state)
{
	struct file_sig before, after;
	struct result r;

	(void)state;
	make_outputs("1");
	assert_int_equal(put("out", NULL), 1);
	unlink("sub/exe");
	fresh();
	file_sig(AT_FDCWD, "out", &before);
	assert_int_equal(fetch("out", &r), 1);
	file_sig(AT_FDCWD, "out", &after);
	assert_true(file_sig_eq(&before, &after));
	assert_int_equal(access("sub/exe", X_OK), 0);
	/* Right content, wrong mode. */
	chmod("sub/exe", 0644);
	fresh();
	assert_int_equal(fetch("out", &r), 1);
	assert_int_equal(file_sig(AT_FDCWD, "sub/exe", &after), 1);
	assert_int_equal(after.mode & 0100, 0100);
}

static void
test_not_stored(void **state)
{
	struct result r;
	struct digest key = digest_of("", 0);
	uint32_t step;

	(void)state;
	tree_file(&w.t, "nocache", "1");
	assert_int_equal(put("nocache", NULL), 0);
	assert_int_equal(fetch("nocache", &r), 0);
	tree_link(&w.t, "src", "link");
	assert_int_equal(put("link", NULL), 0);
	unlink("link");
	tree_dir(&w.t, "link");
	assert_int_equal(put("link", NULL), 0);
	/* A missing output, a failure. */
	assert_int_equal(put("other", NULL), 0);
	tree_file(&w.t, "other", "1");
	assert_int_equal(put("other", NULL), 1);
	step = world_step(&w, "other");
	r = w.s.result[step];
	r.status = RESULT_FAILED;
	assert_int_equal(store_put(st, &w.s, step, &key, &r, STR(""), &w.err), 0);
}

/* A large output behind a symlink is not stored either. */
static void
test_large_symlink(void **state)
{
	(void)state;
	write_big(1);
	tree_link(&w.t, "big", "link");
	assert_int_equal(put("link", NULL), 0);
}

static void
test_output_changed_meanwhile(void **state)
{
	struct digest key;
	uint32_t step = world_step(&w, "other");

	(void)state;
	tree_file(&w.t, "other", "1");
	world_passed(&w, "other", NULL);
	assert_int_equal(store_key(&w.s, step, &key, NULL), 0);
	tree_file(&w.t, "other", "2");
	assert_int_equal(store_put(st, &w.s, step, &key, &w.s.result[step], STR(""),
	                           &w.err), -1);
	assert_non_null(strstr(w.err.msg, "other"));
}

/* ---- broken stores ---- */

/* Calls for each file below DIR/KIND. */
static unsigned
each_file(const char *kind, void (*fn)(const char *path))
{
	char cmd[512], line[512];
	unsigned n = 0;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "find cache/%s -type f", kind);
	f = popen(cmd, "r");
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		fn(line);
		n++;
	}
	pclose(f);
	return n;
}

static size_t break_at;

static void
flip(const char *path)
{
	struct buf b = { 0 };

	file_read(path, &b, NULL);
	b.p[break_at % b.n] ^= 1;
	unlink(path);
	file_write(path, b.p, b.n, false, NULL);
	buf_release(&b);
}

static void
cut(const char *path)
{
	struct buf b = { 0 };

	file_read(path, &b, NULL);
	unlink(path);
	file_write(path, b.p, break_at % b.n, false, NULL);
	buf_release(&b);
}

static void
none(const char *path)
{
	unlink(path);
}

static void
nothing(const char *path)
{
	(void)path;
}

static void
broken(const char *kind, void (*fn)(const char *path), size_t at)
{
	static const char *const observed[] = { "seen", NULL };
	struct result r;
	uint64_t checked, bad;

	make_outputs("right");
	fresh();
	assert_int_equal(put("out", observed), 1);
	break_at = at;
	assert_true(each_file(kind, fn) > 0);
	remove_outputs();
	fresh();
	assert_int_equal(fetch("out", &r), 0);
	/* It was removed, and what is stored again is good. */
	make_outputs("right");
	fresh();
	assert_int_equal(put("out", observed), 1);
	assert_int_equal(store_verify(st, &checked, &bad, &w.err), 0);
	assert_int_equal(bad, 0);
	remove_outputs();
	fresh();
	assert_int_equal(fetch("out", &r), 1);
	assert_true(holds("out", "right"));
	remove_outputs();
	assert_int_equal(store_clear(st, &w.err), 0);
}

static void
test_broken_files(void **state)
{
	(void)state;
	for (size_t at = 0; at < 4000; at = at * 2 + 1) {
		broken("ac", flip, at);
		broken("ac", cut, at);
		broken("cas", flip, at);
		broken("cas", cut, at);
	}
	broken("cas", none, 0);
	broken("ac", none, 0);
}

static void
entry_path(const char *out, struct buf *path)
{
	uint32_t step = world_step(&w, out);
	struct digest key, action;

	assert_int_equal(store_key(&w.s, step, &key, NULL), 0);
	store_action(st, &w.s, step, &key, &action);
	path_in_store("ac", &action, "", path);
}

/* A good entry, but of what was made from other inputs. */
static void
test_misplaced_entry(void **state)
{
	struct buf from = { 0 }, to = { 0 };
	struct result r;
	uint64_t checked, bad;

	(void)state;
	tree_file(&w.t, "other", "old");
	assert_int_equal(put("other", NULL), 1);
	entry_path("other", &from);
	tree_file(&w.t, "src", "changed");
	fresh();
	entry_path("other", &to);
	assert_string_not_equal(from.p, to.p);
	assert_int_equal(dir_make_parent(to.p, NULL), 0);
	assert_int_equal(rename(from.p, to.p), 0);
	assert_int_equal(fetch("other", &r), 0);
	assert_int_equal(access(to.p, F_OK), -1);
	/* Nor does it pass for good. */
	assert_int_equal(put("other", NULL), 1);
	assert_int_equal(rename(to.p, from.p), 0);
	assert_int_equal(store_verify(st, &checked, &bad, &w.err), 0);
	assert_int_equal(bad, 1);
	buf_release(&from);
	buf_release(&to);
}

static void
test_verify(void **state)
{
	uint64_t checked, bad;

	(void)state;
	make_outputs("1");
	put("out", NULL);
	assert_int_equal(store_verify(st, &checked, &bad, &w.err), 0);
	assert_int_equal(checked, 2);
	assert_int_equal(bad, 0);
	break_at = 1000;
	each_file("cas", flip);
	assert_int_equal(store_verify(st, &checked, &bad, &w.err), 0);
	assert_int_equal(bad, 1);
	assert_int_equal(each_file("cas", nothing), 0);
	each_file("ac", flip);
	assert_int_equal(store_verify(st, &checked, &bad, &w.err), 0);
	assert_int_equal(checked, 1);
	assert_int_equal(bad, 1);
}

/* ---- size ---- */

static void
test_gc(void **state)
{
	struct store_stats stats;
	struct timespec t[2] = { { 0 } };
	struct result r;
	uint64_t freed, before;
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 10; i++) {
		char text[2] = { (char)('a' + i), 0 };
		struct digest d;

		tree_file(&w.t, "src", text);
		make_outputs(text);
		fresh();
		assert_int_equal(put("out", NULL), 1);
		/* Used one second after another, long ago. */
		t[0].tv_sec = t[1].tv_sec = 1000 + i;
		d = w.s.digest[world_node(&w, "big")];
		path_in_store("cas", &d, ".zst", &b);
		if (access(b.p, F_OK) < 0)
			path_in_store("cas", &d, "", &b);
		assert_int_equal(utimensat(AT_FDCWD, b.p, t, 0), 0);
	}
	/* 'b' is used: it is young from now on. */
	tree_file(&w.t, "src", "b");
	remove_outputs();
	fresh();
	assert_int_equal(fetch("out", &r), 1);
	store_stats(st, &stats, NULL);
	before = stats.blob_bytes;
	assert_int_equal(stats.actions, 10);
	assert_int_equal(store_gc(st, before / 2, &freed, &w.err), 0);
	store_stats(st, &stats, NULL);
	assert_int_equal(stats.blob_bytes, before - freed);
	assert_true(stats.blob_bytes <= before / 2);
	assert_true(stats.blobs >= 2 && stats.blobs < 10);
	for (int i = 0; i < 10; i++) {
		char text[2] = { (char)('a' + i), 0 };
		int want = i == 1 || i == 9 ? 1 : i <= 2 ? 0 : -1;

		tree_file(&w.t, "src", text);
		remove_outputs();
		fresh();
		if (want >= 0)
			assert_int_equal(fetch("out", &r), want);
	}
	assert_int_equal(store_clear(st, &w.err), 0);
	store_stats(st, &stats, NULL);
	assert_int_equal(stats.blobs + stats.actions + stats.blob_bytes, 0);
	buf_release(&b);
}

/* A store that is full makes room by itself. */
static void
test_limit_is_kept(void **state)
{
	struct store_stats stats;
	char name[16], *p = malloc(BIG);

	(void)state;
	store_close(st);
	assert_int_equal(local_open(&st, "cache", 4 * BIG, false, &w.err), 0);
	for (int i = 0; i < 40; i++) {
		uint32_t x = (uint32_t)i + 1;

		/* Does not shrink. */
		for (int k = 0; k < BIG; k++) {
			x ^= x << 13;
			x ^= x >> 17;
			x ^= x << 5;
			p[k] = (char)x;
		}
		snprintf(name, sizeof(name), "%d", i);
		tree_file(&w.t, "src", name);
		tree_bytes(&w.t, "other", p, BIG);
		fresh();
		assert_int_equal(put("other", NULL), 1);
	}
	store_close(st);
	assert_int_equal(local_open(&st, "cache", 4 * BIG, false, &w.err), 0);
	store_stats(st, &stats, NULL);
	assert_true(stats.blob_bytes <= 4 * BIG);
	assert_true(stats.blobs >= 2);
	free(p);
}

static void
test_left_over_files(void **state)
{
	struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct store_stats stats;
	uint64_t freed, checked, bad;

	(void)state;
	tree_file(&w.t, "cache/cas/ab/abcd.tmpOLD", "x");
	tree_file(&w.t, "cache/cas/ab/abcd.tmpNEW", "x");
	utimensat(AT_FDCWD, "cache/cas/ab/abcd.tmpOLD", old, 0);
	store_stats(st, &stats, NULL);
	assert_int_equal(stats.blobs, 0);
	assert_int_equal(store_verify(st, &checked, &bad, &w.err), 0);
	assert_int_equal(checked + bad, 0);
	assert_int_equal(store_gc(st, 0, &freed, &w.err), 0);
	assert_int_equal(access("cache/cas/ab/abcd.tmpOLD", F_OK), -1);
	assert_int_equal(access("cache/cas/ab/abcd.tmpNEW", F_OK), 0);
}

/* ---- who may ---- */

static void
test_read_only(void **state)
{
	struct file_sig before, after;
	struct result r;
	uint64_t freed;

	(void)state;
	make_outputs("1");
	assert_int_equal(put("out", NULL), 1);
	store_close(st);
	assert_int_equal(local_open(&st, "cache", 0, true, &w.err), 0);
	file_sig(AT_FDCWD, "cache", &before);
	tree_file(&w.t, "other", "1");
	assert_int_equal(put("other", NULL), 0);
	remove_outputs();
	fresh();
	assert_int_equal(fetch("out", &r), 1);
	assert_true(holds("out", "1"));
	assert_int_equal(store_gc(st, 1, &freed, &w.err), -1);
	err_release(&w.err);
	assert_int_equal(store_clear(st, &w.err), -1);
	break_at = 50;
	each_file("cas", flip);
	remove_outputs();
	fresh();
	assert_int_equal(fetch("out", &r), 0);
	assert_int_equal(each_file("cas", nothing), 1);
	file_sig(AT_FDCWD, "cache", &after);
	assert_true(file_sig_eq(&before, &after));
}

static void
test_cannot_open(void **state)
{
	struct store *other;

	(void)state;
	assert_int_equal(local_open(&other, "no/such", 0, true, &w.err), -1);
	assert_null(other);
	assert_int_equal(w.err.code, EXIT_ENV);
	err_release(&w.err);
	tree_file(&w.t, "file", "");
	assert_int_equal(local_open(&other, "file/x", 0, false, &w.err), -1);
	assert_non_null(strstr(w.err.msg, "file/x"));
}

static void
test_default_dir(void **state)
{
	struct buf b = { 0 };

	(void)state;
	setenv("XDG_CACHE_HOME", "/xdg", 1);
	assert_int_equal(local_default_dir(&b), 1);
	assert_string_equal(b.p, "/xdg/tgraph");
	buf_clear(&b);
	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", "/home/u", 1);
	assert_int_equal(local_default_dir(&b), 1);
	assert_string_equal(b.p, "/home/u/.cache/tgraph");
	unsetenv("HOME");
	assert_int_equal(local_default_dir(&b), 0);
	buf_release(&b);
}

/* The same store, seen from another directory with the same files. */
static void
elsewhere(void)
{
	store_close(st);
	assert_int_equal(local_open(&st, "cache", 0, false, &w.err), 0);
	free(st->place);
	st->place = strdup("/else/where");
	remove_outputs();
	fresh();
}

static void
test_place(void **state)
{
	struct result r;
	char *place = strdup(st->place);
	struct buf text = { 0 };

	(void)state;
	assert_int_equal(place[0], '/');
	/* In a small output. */
	buf_addf(&text, "made in %s, today", place);
	make_outputs(text.p);
	assert_int_equal(put("out", NULL), 1);
	remove_outputs();
	fresh();
	assert_int_equal(fetch("out", &r), 1);
	elsewhere();
	assert_int_equal(fetch("out", &r), 0);
	/* There it is another result, and both stay. */
	make_outputs("made elsewhere");
	world_look_all(&w);
	assert_int_equal(put("out", NULL), 1);
	remove_outputs();
	fresh();
	assert_int_equal(fetch("out", &r), 1);
	elsewhere();
	assert_int_equal(fetch("out", &r), 1);
	buf_release(&text);
	free(place);
}

/* In a large output, whose text is not in the entry. */
static void
test_place_in_blob(void **state)
{
	struct result r;
	FILE *f;

	(void)state;
	make_outputs("x");
	f = fopen("big", "a");
	fputs(st->place, f);
	fclose(f);
	fresh();
	assert_int_equal(put("out", NULL), 1);
	remove_outputs();
	fresh();
	assert_int_equal(fetch("out", &r), 1);
	elsewhere();
	assert_int_equal(fetch("out", &r), 0);
}

/* A path that formats write in ways of their own may be anywhere. */
static void
test_place_not_plain(void **state)
{
	static const char *const odd[] = { "/a\"b", "/caf\303\251", "/a\\b",
		"/a&b", "/a'b", "/a\nb", "/", "" };
	struct result r;

	(void)state;
	for (size_t i = 0; i < countof(odd); i++) {
		make_outputs("x");
		fresh();
		free(st->place);
		st->place = strdup(odd[i]);
		assert_int_equal(put("out", NULL), 1);
		remove_outputs();
		fresh();
		assert_int_equal(fetch("out", &r), 1);
		elsewhere();
		assert_int_equal(fetch("out", &r), 0);
	}
}

static mode_t
mode_of(const char *path)
{
	struct stat s;

	assert_int_equal(stat(path, &s), 0);
	return s.st_mode & 07777;
}

static int
own_dir(const char *path)
{
	err_release(&w.err);
	return local_own_dir(path, false, &w.err);
}

static void
test_own_dir(void **state)
{
	mode_t mask = umask(0);

	(void)state;
	assert_int_equal(own_dir("new/tgraph"), 0);
	assert_int_equal(mode_of("new"), 0777);
	assert_int_equal(mode_of("new/tgraph"), 0700);
	/* Others could read it. */
	assert_int_equal(chmod("new/tgraph", 0755), 0);
	assert_int_equal(local_own_dir("new/tgraph", true, &w.err), 0);
	assert_int_equal(mode_of("new/tgraph"), 0755);
	assert_int_equal(own_dir("new/tgraph"), 0);
	assert_int_equal(mode_of("new/tgraph"), 0700);
	/* Others could write it. */
	assert_int_equal(chmod("new/tgraph", 0770), 0);
	assert_int_equal(own_dir("new/tgraph"), -1);
	assert_non_null(strstr(w.err.msg, "others may write"));
	assert_int_equal(mode_of("new/tgraph"), 0770);
	umask(mask);
}

static void
test_own_dir_of_another(void **state)
{
	(void)state;
	tree_file(&w.t, "file", "");
	assert_int_equal(own_dir("file"), -1);
	assert_int_equal(own_dir("file/x/y"), -1);
	assert_non_null(strstr(w.err.msg, strerror(ENOTDIR)));
	if (geteuid() != 0)
		return;
	assert_int_equal(own_dir("theirs"), 0);
	assert_int_equal(chown("theirs", 4242, 4242), 0);
	assert_int_equal(own_dir("theirs"), -1);
	assert_non_null(strstr(w.err.msg, "another user"));
}

/* Writers side by side, killed at any moment: the store stays good. */
static void
writer(unsigned seed, int tell)
{
	unsigned i;

	for (i = seed; ; i++) {
		char text[16];
		uint32_t step = world_step(&w, "out");
		struct digest key;

		snprintf(text, sizeof(text), "%u", i % 30);
		key = digest_of(text, strlen(text));
		make_outputs(text);
		world_passed(&w, "out", NULL);
		if (store_put(st, &w.s, step, &key, &w.s.result[step], STR(""), NULL)
		    < 0 || write(tell, "", 1) != 1)
			_exit(1);
	}
}

static void
test_writers_killed(void **state)
{
	uint64_t checked = 0, bad;
	unsigned seed = 3;

	(void)state;
	for (int round = 0; round < 8; round++) {
		int pipes[2];
		pid_t pid[2];

		assert_int_equal(pipe(pipes), 0);
		for (int k = 0; k < 2; k++) {
			pid[k] = fork();
			if (pid[k] == 0) {
				/* A tree of its own; the store is shared. */
				char dir[16];

				snprintf(dir, sizeof(dir), "w%d", k);
				mkdir(dir, 0777);
				store_close(st);
				if (chdir(dir) < 0)
					_exit(1);
				local_open(&st, "../cache", 0, false, NULL);
				free(w.t.root);
				w.t.root = realpath(".", NULL);
				writer(seed * 7 + (unsigned)k * 11, pipes[1]);
			}
		}
		seed = seed * 1103515245 + 12345;
		/* After some entries, and anywhere in the next one. */
		for (unsigned i = 0; i < 3 + seed / 65536 % 30; i++)
			assert_int_equal(read(pipes[0], &(char){ 0 }, 1), 1);
		usleep(seed / 65536 % 2000);
		for (int k = 0; k < 2; k++) {
			kill(pid[k], SIGKILL);
			waitpid(pid[k], NULL, 0);
		}
		close(pipes[0]);
		close(pipes[1]);
		assert_int_equal(store_verify(st, &checked, &bad, &w.err), 0);
		assert_int_equal(bad, 0);
	}
	assert_true(checked > 10);
}

/* The disk ends at any byte: told once, and nothing wrong is left. */
static void
test_full_disk(void **state)
{
	uint64_t checked, bad;
	struct result r;
	int stored = 0, failed = 0;

	(void)state;
	make_outputs("1");
	for (rlim_t limit = 0; limit < 2 * BIG; limit = limit * 3 / 2 + 17) {
		struct rlimit l = { limit, limit };
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			uint32_t step = world_step(&w, "out");
			struct err err = { 0 };
			struct digest key;
			int first, again;

			world_look_all(&w);
			r = (struct result){ .status = RESULT_PASSED };
			store_key(&w.s, step, &key, NULL);
			signal(SIGXFSZ, SIG_IGN);
			setrlimit(RLIMIT_FSIZE, &l);
			first = store_put(st, &w.s, step, &key, &r,
			                  STR("it said this\n"), &err);
			if (first == 1)
				_exit(0);
			if (first == 0 || !err.msg)
				_exit(9);
			err_release(&err);
			again = store_put(st, &w.s, step, &key, &r, STR(""),
			                  &err);
			_exit(again < 0 && !err.msg ? 1 : 8);
		}
		waitpid(pid, &status, 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
		failed += WEXITSTATUS(status);
		stored += !WEXITSTATUS(status);
		assert_int_equal(store_verify(st, &checked, &bad, &w.err), 0);
		assert_int_equal(bad, 0);
		fresh();
		assert_int_equal(fetch("out", &r), !WEXITSTATUS(status));
		assert_int_equal(store_clear(st, &w.err), 0);
	}
	assert_true(failed > 3);
	assert_true(stored > 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_round_trip),
		T(test_miss),
		T(test_variants),
		T(test_variant_replaced),
		T(test_in_place_is_left_alone),
		T(test_not_stored),
		T(test_large_symlink),
		T(test_output_changed_meanwhile),
		T(test_broken_files),
		T(test_misplaced_entry),
		T(test_verify),
		T(test_gc),
		T(test_limit_is_kept),
		T(test_left_over_files),
		T(test_read_only),
		T(test_cannot_open),
		T(test_default_dir),
		T(test_place),
		T(test_place_in_blob),
		T(test_place_not_plain),
		T(test_own_dir),
		T(test_own_dir_of_another),
		T(test_writers_killed),
		T(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
