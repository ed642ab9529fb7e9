/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/built.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>

#include "exec/loop.h"
#include "store/backend.h"
#include "store/entry.h"
#include "store/sink.h"
#include "util/file.h"
#include "util/mem.h"

/* A store that is far away: it answers later than it was asked, by way of a
 * pipe, and as badly as is wanted. What it holds is in memory. */

enum manner {
	GOOD,
	NONE,                   /* has it, but says it has not */
	FAILS,
	SILENT,                 /* never answers */
	FLIPPED,                /* a byte is another */
	SHORT,
	LONG,
	ANOTHERS,               /* gives what it holds under another name */
};

struct thing {
	struct digest name;
	bool entry;
	struct buf bytes;
};

struct far {
	struct store_backend b;
	struct thing things[128];
	int n;
	enum manner entries, blobs;
	bool at_once;           /* answers when it is asked */
	const char *fifo;       /* gives blobs when there is something in it */
	bool at_find, at_get;   /* interrupts us when it is asked */
	int finds, gets, cancelled, open;
	bool refuses;           /* what is put */
};

static struct far far;
static struct built b;

/* One that is open. */
struct question {
	struct store_ask *ask;
	struct loop_fd f;
	int to;                 /* -1: somebody else writes there */
	bool entry, half;
};

static struct thing *
thing_of(const struct digest *name, bool entry)
{
	for (int i = 0; i < far.n; i++)
		if (far.things[i].entry == entry &&
		    digest_eq(&far.things[i].name, name))
			return &far.things[i];
	return NULL;
}

static void
keep(const struct digest *name, bool entry, const struct buf *bytes)
{
	struct thing *t = thing_of(name, entry);

	if (!t) {
		assert_true(far.n < 128);
		t = &far.things[far.n++];
		*t = (struct thing){ .name = *name, .entry = entry };
	}
	buf_clear(&t->bytes);
	buf_addstr(&t->bytes, buf_str(bytes));
}

/* What it says: out becomes the bytes. */
static enum store_answer
say(const struct digest *name, bool entry, struct buf *out)
{
	enum manner how = entry ? far.entries : far.blobs;
	struct thing *t = thing_of(name, entry);

	if (how == FAILS)
		return STORE_FAILED;
	for (int i = 0; how == ANOTHERS && i < far.n; i++)
		if (far.things[i].entry == entry &&
		    !digest_eq(&far.things[i].name, name))
			t = &far.things[i];
	if (!t || how == NONE)
		return STORE_MISS;
	buf_addstr(out, buf_str(&t->bytes));
	if (how == FLIPPED)
		out->p[out->n / 2] ^= 1;
	else if (how == SHORT)
		out->n--;
	else if (how == LONG)
		buf_addc(out, 'x');
	return STORE_HIT;
}

/* Hands over what it says; a part of it if part is set. */
static enum store_answer
hand_over(struct store_ask *ask, bool entry, bool first, bool second)
{
	struct buf out = { 0 };
	enum store_answer how = say(&ask->digest, entry, &out);
	size_t half = out.n / 2;

	if (how == STORE_FAILED)
		err_set(ask->err, "connection refused");
	else if (entry && second)
		buf_addstr(ask->entry, buf_str(&out));
	if (how == STORE_HIT && !entry && first)
		sink_add(ask->sink, out.p, half);
	if (how == STORE_HIT && !entry && second)
		sink_add(ask->sink, out.p + half, out.n - half);
	buf_release(&out);
	return how;
}

static void
close_question(struct question *q)
{
	loop_remove(q->ask->loop, &q->f);
	close(q->f.fd);
	if (q->to >= 0)
		close(q->to);
	q->ask->mine = NULL;
	free(q);
	far.open--;
}

static void
on_ready(void *ctx, unsigned what)
{
	struct question *q = ctx;
	struct store_ask *ask = q->ask;
	bool entry = q->entry, whole = q->to < 0;
	char c;

	(void)what;
	assert_int_equal(read(q->f.fd, &c, 1), 1);
	/* A blob comes in two parts. */
	if (!entry && !q->half && !whole) {
		q->half = true;
		hand_over(ask, entry, true, false);
		assert_int_equal(write(q->to, "x", 1), 1);
		return;
	}
	close_question(q);
	ask->answered(ask, hand_over(ask, entry, whole, true));
}

static enum store_answer
later(struct store_ask *ask, bool entry)
{
	struct question *q = xcalloc(1, sizeof(*q));
	enum manner how = entry ? far.entries : far.blobs;
	int fds[2] = { -1, -1 };

	if (far.fifo && !entry)
		fds[0] = open(far.fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	else
		assert_int_equal(pipe(fds), 0);
	assert_true(fds[0] >= 0);
	q->ask = ask;
	q->entry = entry;
	q->to = fds[1];
	q->f = (struct loop_fd){
		.fd = fds[0], .what = LOOP_READ, .ready = on_ready, .ctx = q,
	};
	if (how != SILENT && q->to >= 0)
		assert_int_equal(write(q->to, "x", 1), 1);
	loop_add(ask->loop, &q->f);
	ask->mine = q;
	far.open++;
	return STORE_LATER;
}

static enum store_answer
far_find(struct store_backend *backend, struct store_ask *ask)
{
	assert_ptr_equal(backend, &far.b);
	far.finds++;
	if (far.at_find)
		raise(SIGINT);
	return far.at_once ? hand_over(ask, true, true, true)
	                   : later(ask, true);
}

static enum store_answer
far_get(struct store_backend *backend, struct store_ask *ask)
{
	assert_ptr_equal(backend, &far.b);
	far.gets++;
	if (far.at_get)
		raise(SIGINT);
	return far.at_once ? hand_over(ask, false, true, true)
	                   : later(ask, false);
}

static void
far_cancel(struct store_backend *backend, struct store_ask *ask)
{
	assert_ptr_equal(backend, &far.b);
	assert_non_null(ask->mine);
	close_question(ask->mine);
	far.cancelled++;
}

static int
far_put_blob(struct store_backend *backend, const char *path,
	const struct file_sig *sig, const struct digest *d, struct err *err)
{
	struct buf bytes = { 0 };

	(void)backend;
	(void)sig;
	if (far.refuses)
		return err_set(err, "no room");
	assert_int_equal(file_read(path, &bytes, NULL), 1);
	keep(d, false, &bytes);
	buf_release(&bytes);
	return 0;
}

static int
far_put_entry(struct store_backend *backend, const struct digest *action,
	const struct variant *v, struct err *err)
{
	struct thing *t = thing_of(action, true);
	struct buf bytes = { 0 };

	(void)backend;
	if (far.refuses)
		return err_set(err, "no room");
	entry_add(action, t ? buf_str(&t->bytes) : (struct str){ 0 }, v,
	          &bytes);
	keep(action, true, &bytes);
	buf_release(&bytes);
	return 0;
}

static void
far_free(struct store_backend *backend)
{
	(void)backend;
	/* Whoever asked has ended that. */
	assert_int_equal(far.open, 0);
	for (int i = 0; i < far.n; i++)
		buf_release(&far.things[i].bytes);
	far.n = 0;
}

static const struct store_backend_ops far_ops = {
	.find = far_find, .get = far_get, .cancel = far_cancel,
	.put_blob = far_put_blob, .put_entry = far_put_entry,
	.free = far_free,
};

/* ---- builds ---- */

enum { BIG = 100000 };

/* A small output and one that is a blob. */
static const char rules[] =
	"tg_cache = 1\nrule r\n  command = cp $in $out && "
	"cat $in $in.more >$out.big\n"
	"rule sh\n  command = $cmd\n";

static void
make(const char *steps)
{
	struct buf m = { 0 };

	buf_adds(&m, rules);
	buf_adds(&m, steps);
	built_make(&b, m.p);
	buf_release(&m);
	b.o.jobs = 1;
	b.o.keep = 0;
	far = (struct far){ .b = { .ops = &far_ops, .name = "far" } };
	b.store = store_new(&far.b);
}

static int
teardown(void **state)
{
	(void)state;
	built_remove(&b);
	return 0;
}

static void
write_more(const char *path)
{
	struct buf text = { 0 };

	for (uint32_t i = 0; text.n < BIG; i++)
		buf_addf(&text, "%u ", i * 2654435761u);
	world_file(&b.w, path, text.p);
	buf_release(&text);
}

/* A new run of the same program: the store is asked again. */
static void
open_again(void)
{
	struct far was = far;

	far.n = 0;
	far.open = 0;
	store_close(b.store);
	far = was;
	far.finds = far.gets = far.cancelled = 0;
	b.store = store_new(&far.b);
}

/* As one who has just got the sources: nothing was ever made here. */
static void
forget(void)
{
	assert_int_equal(dir_remove(".tgraph", NULL), 0);
	unlink("out");
	unlink("out.big");
	open_again();
}

static bool
holds(const char *path, const char *text, const char *more)
{
	struct buf file = { 0 }, rest = { 0 };
	bool same;

	same = file_read(path, &file, NULL) == 1;
	if (more)
		same = same && file_read(more, &rest, NULL) == 1;
	same = same && str_starts(buf_str(&file), text) &&
	       file.n == strlen(text) + rest.n &&
	       (rest.n == 0 || memcmp(file.p + strlen(text), rest.p, rest.n)
	                       == 0);
	buf_release(&file);
	buf_release(&rest);
	return same;
}

/* Is everything made, and nothing half made? */
static void
check_made(const char *text)
{
	struct dirent *e;
	DIR *d = opendir(".");

	assert_true(holds("out", text, NULL));
	assert_true(holds("out.big", text, "src.more"));
	while ((e = readdir(d)))
		assert_null(strstr(e->d_name, ".tmp"));
	closedir(d);
	assert_int_equal(far.open, 0);
}

#define ONE "build out | out.big: r src | src.more\n"

/* Makes out and forgets it; the far store has what src "old" gives, and what
 * it gave when it was "other". */
static void
make_one(void)
{
	make(ONE);
	far.at_once = true;
	write_more("src.more");
	world_file(&b.w, "src", "other\n");
	assert_string_equal(built_run(&b, NULL), "ran out\n");
	world_file(&b.w, "src", "old\n");
	assert_string_equal(built_run(&b, NULL), "ran out\n");
	assert_int_equal(far.finds, 2);
	assert_int_equal(far.n, 4);
	forget();
	far.at_once = false;
}

static void
test_answers_later(void **state)
{
	(void)state;
	make_one();
	assert_string_equal(built_run(&b, NULL), "cached out\n");
	check_made("old\n");
	assert_int_equal(far.finds, 1);
	assert_int_equal(far.gets, 1);
	assert_string_equal(built_run(&b, NULL), "");
	/* What is there already does not come again. */
	assert_int_equal(unlink("out"), 0);
	assert_string_equal(built_run(&b, NULL), "cached out\n");
	check_made("old\n");
	assert_int_equal(far.gets, 1);
	/* What it has never seen. */
	world_file(&b.w, "src", "new\n");
	assert_string_equal(built_run(&b, NULL), "ran out\n");
	check_made("new\n");
	world_file(&b.w, "src", "other\n");
	assert_string_equal(built_run(&b, NULL), "cached out\n");
	check_made("other\n");
	assert_int_equal(far.cancelled, 0);
}

static void
test_answers_at_once(void **state)
{
	(void)state;
	make_one();
	far.at_once = true;
	assert_string_equal(built_run(&b, NULL), "cached out\n");
	check_made("old\n");
}

/* The step runs, and the user is told once, whatever goes wrong. */
static void
runs_instead(const char *why)
{
	struct buf want = { 0 };

	buf_clear(&want);
	if (why)
		buf_addf(&want, "warning cache far: %s; steps run instead\n",
		         why);
	buf_adds(&want, "ran out\n");
	for (int at_once = 0; at_once < 2; at_once++) {
		far.at_once = at_once;
		assert_string_equal(built_run(&b, NULL), want.p);
		check_made("old\n");
		assert_string_equal(built_run(&b, NULL), "");
		/* Told once, not again. */
		assert_int_equal(unlink("out.big"), 0);
		assert_string_equal(built_run(&b, NULL), "ran out\n");
		check_made("old\n");
		forget();
	}
	buf_release(&want);
}

static void
test_fails(void **state)
{
	(void)state;
	make_one();
	far.entries = FAILS;
	runs_instead("connection refused");
	far.entries = GOOD;
	far.blobs = FAILS;
	runs_instead("connection refused");
	far.blobs = NONE;
	runs_instead(NULL);
	far.entries = NONE;
	runs_instead(NULL);
}

static void
test_wrong_entry(void **state)
{
	static const enum manner how[] = { FLIPPED, SHORT, LONG, ANOTHERS };

	(void)state;
	make_one();
	for (size_t i = 0; i < countof(how); i++) {
		far.entries = how[i];
		runs_instead("it gave an entry that is none, or that of "
		             "something else");
	}
}

static void
test_wrong_content(void **state)
{
	static const enum manner how[] = { FLIPPED, SHORT, LONG, ANOTHERS };

	(void)state;
	make_one();
	for (size_t i = 0; i < countof(how); i++) {
		far.blobs = how[i];
		runs_instead("it gave wrong content");
	}
}

/* No build hangs because somebody does not answer. */
static void
test_silent(void **state)
{
	(void)state;
	make_one();
	far.b.patience = 20000000;
	far.entries = SILENT;
	assert_string_equal(built_run(&b, NULL),
		"warning cache far: it does not answer; steps run instead\n"
		"ran out\n");
	check_made("old\n");
	assert_int_equal(far.cancelled, 1);
	forget();
	far.entries = GOOD;
	far.blobs = SILENT;
	assert_string_equal(built_run(&b, NULL),
		"warning cache far: it does not answer; steps run instead\n"
		"ran out\n");
	check_made("old\n");
	/* And it isn't asked any more. */
	far.blobs = GOOD;
	assert_int_equal(unlink("out.big"), 0);
	assert_string_equal(built_run(&b, NULL), "ran out\n");
	assert_int_equal(far.finds, 1);
}

static void
test_given_up(void **state)
{
	struct buf steps = { 0 };
	char name[32];

	(void)state;
	for (int i = 0; i < 6; i++)
		buf_addf(&steps, "build out%d: r src%d | src%d.more\n", i, i,
		         i);
	make(steps.p);
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "src%d", i);
		world_file(&b.w, name, "x");
		snprintf(name, sizeof(name), "src%d.more", i);
		world_file(&b.w, name, "y");
	}
	far.at_once = true;
	far.entries = FAILS;
	built_run(&b, NULL);
	assert_int_equal(b.how, SCHED_DONE);
	assert_int_equal(b.counts.done, 6);
	assert_int_equal(far.finds, 3);
	assert_non_null(strstr(b.log.p, "warning"));
	assert_null(strstr(strstr(b.log.p, "warning") + 1, "warning"));
	assert_int_equal(far.n, 0);
	buf_release(&steps);
}

/* Many on their way at once; no more than there is room for. */
static void
test_many(void **state)
{
	enum { MANY = 50 };
	struct buf steps = { 0 };
	char name[32];

	(void)state;
	for (int i = 0; i < MANY; i++)
		buf_addf(&steps, "build out%d | out%d.big: r src%d | "
		         "src%d.more\n", i, i, i, i);
	make(steps.p);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "src%d", i);
		world_file(&b.w, name, name);
		snprintf(name, sizeof(name), "src%d.more", i);
		write_more(name);
	}
	built_run(&b, NULL);
	assert_int_equal(b.counts.done, MANY);
	assert_int_equal(b.counts.cached, 0);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "out%d", i);
		assert_int_equal(unlink(name), 0);
		snprintf(name, sizeof(name), "out%d.big", i);
		assert_int_equal(unlink(name), 0);
	}
	forget();
	built_run(&b, NULL);
	assert_int_equal(b.counts.done, MANY);
	assert_int_equal(b.counts.cached, MANY);
	assert_int_equal(far.finds, MANY);
	for (int i = 0; i < MANY; i++) {
		char src[32], more[32];

		snprintf(src, sizeof(src), "src%d", i);
		snprintf(more, sizeof(more), "src%d.more", i);
		snprintf(name, sizeof(name), "out%d.big", i);
		assert_true(holds(name, src, more));
	}
	buf_release(&steps);
}

/* The answer comes when another step runs, and that one waits for it. */
static void
test_steps_run_meanwhile(void **state)
{
	(void)state;
	make(ONE "build last: sh src\n  cmd = echo x >go; "
	     "while test ! -e out; do :; done\n  tg_cache = 0\n");
	write_more("src.more");
	world_file(&b.w, "src", "old\n");
	assert_int_equal(mkfifo("go", 0600), 0);
	far.at_once = true;
	built_run(&b, "out");
	forget();
	far.at_once = false;
	far.fifo = "go";
	assert_string_equal(built_run(&b, NULL), "cached out\nran last\n");
	check_made("old\n");
}

/* out has read h, which another step makes without its knowing. */
static void
make_observer(const char *steps)
{
	struct buf m = { 0 };

	buf_addf(&m, "tg_cache = 1\nrule cc\n  command = cat src h src.more >$out && "
	         "echo '$out: h' >$out.d\n  depfile = $out.d\n  deps = gcc\n"
	         "build out: cc src | src.more\n%s", steps);
	make(m.p);
	buf_release(&m);
	world_file(&b.w, "src", "src\n");
	world_file(&b.w, "h", "old\n");
	write_more("src.more");
	assert_int_equal(mkfifo("go", 0600), 0);
	far.at_once = true;
	assert_string_equal(built_run(&b, "out"), "ran out\n");
	assert_true(holds("out", "src\nold\n", "src.more"));
	forget();
	far.at_once = false;
	far.fifo = "go";
}

/* What the step read when its result was kept is something else by the time at
 * which that comes. */
static void
test_observed_input_changes_meanwhile(void **state)
{
	(void)state;
	make_observer("build h: sh src\n  cmd = echo new >h\n  tg_cache = 0\n"
	              "build last: sh h\n  cmd = echo x >go; touch last\n"
	              "  tg_cache = 0\n");
	assert_string_equal(built_run(&b, NULL), "ran h\nran last\nran out\n");
	assert_int_equal(far.finds, 1);
	assert_true(holds("out", "src\nnew\n", "src.more"));
	far.fifo = NULL;
	assert_string_equal(built_run(&b, NULL), "");
}

/* It comes while the other step still runs: that is seen the next time. */
static void
test_observed_input_changes_soon(void **state)
{
	(void)state;
	make_observer("build h: sh src\n"
	              "  cmd = echo new >h; echo x >go; while test ! -e out; "
	              "do :; done\n  tg_cache = 0\n");
	assert_string_equal(built_run(&b, NULL), "cached out\nran h\n");
	assert_true(holds("out", "src\nold\n", "src.more"));
	far.fifo = NULL;
	assert_string_equal(built_run(&b, NULL), "ran out\n");
	assert_true(holds("out", "src\nnew\n", "src.more"));
	assert_string_equal(built_run(&b, NULL), "");
}

/* Nobody waits for an answer to a build that has ended. */
static void
test_stopped(void **state)
{
	(void)state;
	make(ONE "build bad: sh src\n  cmd = false\n  tg_cache = 0\n");
	write_more("src.more");
	world_file(&b.w, "src", "old\n");
	b.o.keep = 1;
	far.entries = SILENT;
	assert_string_equal(built_run(&b, NULL), "FAILED bad\nskipped out\n");
	assert_int_equal(b.how, SCHED_FAILED);
	assert_int_equal(far.cancelled, 1);
	assert_int_equal(far.open, 0);
}

static void
interrupted_once(void)
{
	assert_string_equal(built_run(&b, NULL), "skipped out\n");
	assert_int_equal(b.how, SCHED_INTERRUPTED);
	assert_int_equal(far.cancelled, 1);
	assert_int_equal(access("out", F_OK), -1);
	assert_int_equal(access("out.big", F_OK), -1);
	far.at_find = far.at_get = false;
	far.entries = far.blobs = GOOD;
	assert_string_equal(built_run(&b, NULL), "cached out\n");
	check_made("old\n");
	forget();
}

static void
test_interrupted(void **state)
{
	(void)state;
	make_one();
	far.at_find = true;
	far.entries = SILENT;
	interrupted_once();
	far.at_get = true;
	far.blobs = SILENT;
	interrupted_once();
}

static void
test_cannot_put(void **state)
{
	(void)state;
	make(ONE "build o2: r s2 | s2.more\n");
	write_more("src.more");
	write_more("s2.more");
	world_file(&b.w, "src", "old\n");
	world_file(&b.w, "s2", "2\n");
	far.refuses = true;
	built_run(&b, NULL);
	assert_int_equal(b.how, SCHED_DONE);
	assert_non_null(strstr(b.log.p, "warning no room\n"));
	assert_null(strstr(strstr(b.log.p, "warning") + 1, "warning"));
	forget();
	far.refuses = false;
	far.b.read_only = true;
	built_run(&b, "out");
	assert_int_equal(far.n, 0);
}

static void
test_cannot_say(void **state)
{
	struct store_stats stats;
	uint64_t n, m;

	(void)state;
	make(ONE);
	assert_int_equal(store_stats(b.store, &stats, &b.err), -1);
	assert_int_equal(store_gc(b.store, 1, &n, &b.err), -1);
	assert_int_equal(store_verify(b.store, &n, &m, &b.err), -1);
	assert_int_equal(store_clear(b.store, &b.err), -1);
	assert_non_null(strstr(b.err.msg, "cannot be asked"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_teardown(name, teardown)
		T(test_answers_later), T(test_answers_at_once), T(test_fails),
		T(test_wrong_entry), T(test_wrong_content), T(test_silent),
		T(test_given_up), T(test_many), T(test_steps_run_meanwhile),
		T(test_observed_input_changes_meanwhile),
		T(test_observed_input_changes_soon), T(test_stopped),
		T(test_interrupted), T(test_cannot_put), T(test_cannot_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
