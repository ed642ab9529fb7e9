/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/world.h"

#include <signal.h>
#include <sys/wait.h>

#include "state/internal.h"
#include "util/mem.h"
#include "util/os.h"

static const char manifest[] =
	"rule cp\n"
	"  command = cp $in $out\n"
	"rule env\n"
	"  command = printenv X >$out\n"
	"build mid: cp src\n"
	"build out: cp mid\n"
	"build both one | two: cp src other\n"
	"build env: env\n"
	"  tg_env = TG_TEST_X TG_TEST_Y\n"
	"build all: phony out both\n";

static struct world w;

static int
setup(void **state)
{
	(void)state;
	world_make(&w, manifest);
	world_file(&w, "src", "source\n");
	world_file(&w, "other", "other\n");
	world_file(&w, "mid", "source\n");
	world_file(&w, "out", "source\n");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_remove(&w);
	return 0;
}

static void
reopen(enum state_mode mode)
{
	world_close(&w);
	assert_int_equal(world_open(&w, mode), 1);
}

static void
save_and_reopen(void)
{
	assert_int_equal(state_save(&w.s, &w.err), 0);
	reopen(STATE_WRITE);
}

static void
test_first_time(void **state)
{
	struct digest d = digest_of("source\n", 7);
	uint32_t n;

	(void)state;
	assert_int_equal(world_open(&w, STATE_WRITE), 0);
	world_look_all(&w);
	n = world_node(&w, "src");
	assert_true(digest_eq(&w.s.digest[n], &d));
	assert_true(w.s.node_flags[n] & NODE_KNOWN);
	assert_true(w.s.node_flags[n] & NODE_FRESH);
	assert_false(w.s.node_flags[n] & NODE_MISSING);
	assert_true(world_flags(&w, "env") & NODE_MISSING);
	n = world_node(&w, "env");
	assert_true(digest_none(&w.s.digest[n]));
	assert_int_equal(w.s.sig[n].mode, 0);
}

static void
test_result_comes_back(void **state)
{
	static const char *const observed[] = { "seen", "src", "nope", NULL };
	const struct result *r;
	uint32_t step;

	(void)state;
	world_file(&w, "seen", "seen\n");
	world_open(&w, STATE_WRITE);
	assert_int_equal(world_passed(&w, "mid", observed), 0);
	save_and_reopen();
	step = world_step(&w, "mid");
	r = &w.s.result[step];
	assert_int_equal(r->status, RESULT_PASSED);
	assert_int_equal(r->start_ns, 7);
	assert_true(r->flags & RESULT_VERIFIED);
	/* src is declared: it is not observed besides */
	assert_int_equal(w.s.g->steps.p[step].nobs, 2);
	assert_true(world_current(&w, "mid"));
	assert_true(world_verified(&w, "mid"));
	assert_true(state_manifests_current(&w.s));
	assert_false(world_flags(&w, "src") & NODE_CHANGED);
	assert_int_equal(w.s.result[world_step(&w, "out")].status, RESULT_NONE);
}

static void
test_nothing_new_writes_nothing(void **state)
{
	struct file_sig before, after;

	(void)state;
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", NULL);
	save_and_reopen();
	world_look_all(&w);
	/* What was racy has been read again, and is written once more. */
	save_and_reopen();
	assert_int_equal(file_sig(AT_FDCWD, ".tgraph/t.state", &before), 1);
	world_look_all(&w);
	for (uint32_t i = 0; i < w.s.nnodes; i++)
		assert_false(w.s.node_flags[i] & NODE_CHANGED);
	assert_int_equal(state_save(&w.s, &w.err), 0);
	assert_int_equal(file_sig(AT_FDCWD, ".tgraph/t.state", &after), 1);
	assert_int_equal(before.ino, after.ino);
}

/* Killed after the record, before any save: simulated by not saving. */
static void
test_recorded_is_kept_without_save(void **state)
{
	static const char *const observed[] = { "seen", NULL };

	(void)state;
	world_file(&w, "seen", "seen\n");
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", observed);
	world_passed(&w, "out", observed);
	reopen(STATE_WRITE);
	assert_int_equal(w.s.result[world_step(&w, "out")].status,
	                 RESULT_PASSED);
	assert_int_equal(w.s.g->steps.p[world_step(&w, "out")].nobs, 1);
	/* Compared anew, as the journal does not vouch for the inputs. */
	assert_false(world_verified(&w, "out"));
	assert_true(world_current(&w, "mid"));
	assert_true(world_current(&w, "out"));
}

static void
test_change_unverifies_users(void **state)
{
	(void)state;
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", NULL);
	world_passed(&w, "out", NULL);
	save_and_reopen();
	world_file(&w, "src", "SOURCE\n");
	world_look_all(&w);
	assert_true(world_flags(&w, "src") & NODE_CHANGED);
	assert_false(world_verified(&w, "mid"));
	assert_true(world_verified(&w, "out"));
	assert_false(world_current(&w, "mid"));
	assert_true(world_current(&w, "out"));
}

/* What a node stands for is in the keys of its users, in the journal and in the
 * snapshot, and goes with it to another graph. */
static void
test_made(void **state)
{
	struct digest content, made, again;

	(void)state;
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", NULL);
	world_passed(&w, "out", NULL);
	state_stands(&w.s, world_node(&w, "mid"), &content);
	assert_true(digest_eq(&content, &w.s.digest[world_node(&w, "mid")]));
	state_made(&w.s, world_node(&w, "mid"), 7);
	assert_true(world_flags(&w, "mid") & NODE_CHANGED);
	assert_false(world_verified(&w, "out"));
	assert_true(world_current(&w, "mid"));
	assert_false(world_current(&w, "out"));
	world_passed(&w, "mid", NULL);
	world_passed(&w, "out", NULL);
	reopen(STATE_WRITE);
	assert_true(world_current(&w, "out"));
	state_stands(&w.s, world_node(&w, "mid"), &made);
	assert_false(digest_eq(&content, &made));
	save_and_reopen();
	tree_file(&w.t, "build.ninja", "rule cp\n  command = cp $in $out\n"
	          "build mid: cp src\nbuild out: cp mid\n");
	world_rebase(&w);
	state_stands(&w.s, world_node(&w, "mid"), &again);
	assert_true(digest_eq(&made, &again));
	state_made(&w.s, world_node(&w, "mid"), 0);
	state_stands(&w.s, world_node(&w, "mid"), &again);
	assert_true(digest_eq(&content, &again));
}

static void
test_same_content_is_no_change(void **state)
{
	(void)state;
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", NULL);
	save_and_reopen();
	world_file(&w, "src", "source\n");
	world_look_all(&w);
	assert_false(world_flags(&w, "src") & NODE_CHANGED);
	assert_true(world_verified(&w, "mid"));
}

static void
test_observed_change_unverifies(void **state)
{
	static const char *const observed[] = { "seen", NULL };

	(void)state;
	world_file(&w, "seen", "1\n");
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", observed);
	assert_true(world_verified(&w, "mid"));
	/* In the same run, before the graph's users are listed anew. */
	world_file(&w, "seen", "2\n");
	state_stale(&w.s, world_node(&w, "seen"));
	assert_int_equal(world_look(&w, "seen"), 0);
	assert_false(world_verified(&w, "mid"));
	assert_false(world_current(&w, "mid"));
	world_passed(&w, "mid", observed);
	save_and_reopen();
	assert_true(world_current(&w, "mid"));
	assert_true(world_verified(&w, "mid"));
	save_and_reopen();
	world_file(&w, "seen", "3\n");
	assert_false(world_current(&w, "mid"));
	save_and_reopen();
	assert_int_equal(unlink("seen"), 0);
	assert_false(world_current(&w, "mid"));
	assert_true(world_flags(&w, "seen") & NODE_MISSING);
}

static void
test_observed_appears(void **state)
{
	static const char *const observed[] = { "not/there", NULL };

	(void)state;
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", observed);
	save_and_reopen();
	assert_true(world_current(&w, "mid"));
	assert_true(world_verified(&w, "mid"));
	save_and_reopen();
	world_file(&w, "not/there", "");
	world_look_all(&w);
	assert_false(world_verified(&w, "mid"));
	assert_false(world_current(&w, "mid"));
}

/* An output that somebody changed is not up to date. */
static void
test_output_changed(void **state)
{
	(void)state;
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", NULL);
	save_and_reopen();
	world_file(&w, "mid", "edited\n");
	world_look_all(&w);
	assert_false(world_verified(&w, "mid"));
	assert_false(world_current(&w, "mid"));
}

static void
test_failure_is_kept(void **state)
{
	struct result r = { .status = RESULT_FAILED, .exit = 256, .failed = 3 };
	uint32_t step;

	(void)state;
	world_open(&w, STATE_WRITE);
	world_look_all(&w);
	assert_int_equal(state_record(&w.s, world_step(&w, "out"), &r, &w.err),
	                 0);
	reopen(STATE_WRITE);
	step = world_step(&w, "out");
	assert_int_equal(w.s.result[step].status, RESULT_FAILED);
	assert_int_equal(w.s.result[step].exit, 256);
	assert_int_equal(w.s.result[step].failed, 3);
	assert_false(world_current(&w, "out"));
}

/* Content that changes, with size and mtime as they were, right after it was
 * looked at: the times cannot show it on every file system, so the content is
 * read again. */
static void
test_racily_clean(void **state)
{
	struct timespec t[2] = { { .tv_sec = 1e9 }, { .tv_sec = 1e9 } };

	(void)state;
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", NULL);
	for (int i = 0; i < 20; i++) {
		char text[] = { (char)('a' + i), '\n', '\0' };
		struct digest d;
		struct file_sig now;

		tree_file(&w.t, "src", text);
		utimensat(AT_FDCWD, "src", t, 0);
		state_stale(&w.s, world_node(&w, "src"));
		assert_int_equal(world_look(&w, "src"), 0);
		assert_int_equal(file_sig(AT_FDCWD, "src", &now), 1);
		assert_int_equal(state_lookup(&w.s, STR("src"), &now, &d), 0);
		save_and_reopen();
		text[0] = (char)('A' + i);
		int fd = open("src", O_WRONLY);
		assert_int_equal(pwrite(fd, text, 2, 0), 2);
		close(fd);
		utimensat(AT_FDCWD, "src", t, 0);
		assert_int_equal(world_look(&w, "src"), 0);
		d = digest_of(text, 2);
		assert_true(digest_eq(&d, &w.s.digest[world_node(&w, "src")]));
	}
}

static void
test_lookup(void **state)
{
	struct digest d, want = digest_of("source\n", 7);
	struct file_sig sig;

	(void)state;
	world_open(&w, STATE_WRITE);
	world_look_all(&w);
	assert_int_equal(file_sig(AT_FDCWD, "src", &sig), 1);
	state_set(&w.s, world_node(&w, "src"), &sig, &want);
	assert_int_equal(state_lookup(&w.s, STR("src"), &sig, &d), 1);
	assert_true(digest_eq(&d, &want));
	sig.size++;
	assert_int_equal(state_lookup(&w.s, STR("src"), &sig, &d), 0);
	assert_int_equal(state_lookup(&w.s, STR("nothing"), &sig, &d), 0);
}

static void
test_look_sigs(void **state)
{
	struct digest want = digest_of("source\n", 7);
	struct file_sig sig[2];
	uint32_t n[2];

	(void)state;
	world_open(&w, STATE_WRITE);
	n[0] = world_node(&w, "src");
	n[1] = world_node(&w, "env");
	assert_int_equal(file_sig(AT_FDCWD, "src", &sig[0]), 1);
	assert_int_equal(file_sig(AT_FDCWD, "env", &sig[1]), 0);
	assert_int_equal(state_look_sigs(&w.s, n, sig, 2, &w.err), 0);
	assert_true(digest_eq(&w.s.digest[n[0]], &want));
	assert_true(w.s.node_flags[n[1]] & NODE_MISSING);
	assert_true(w.s.node_flags[n[1]] & NODE_FRESH);
}

/* Looked at without learning anything. */
static void
test_differs(void **state)
{
	struct digest was = digest_of("source\n", 7);
	uint8_t *differs;
	uint32_t n[3];

	(void)state;
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", NULL);
	save_and_reopen();
	world_file(&w, "src", "another\n");
	world_file(&w, "out", "source\n");
	n[0] = world_node(&w, "src");
	n[1] = world_node(&w, "mid");
	n[2] = world_node(&w, "out");
	differs = xcalloc(w.s.nnodes, 1);
	state_differs(&w.s, n, 3, differs);
	assert_int_equal(differs[n[0]], 1);
	assert_int_equal(differs[n[1]], 0);
	assert_int_equal(differs[n[2]], 0);
	assert_true(digest_eq(&w.s.digest[n[0]], &was));
	assert_false(w.s.node_flags[n[0]] & (NODE_FRESH | NODE_CHANGED));
	assert_true(w.s.node_flags[n[1]] & NODE_FRESH);
	assert_true(w.s.result[world_step(&w, "mid")].flags & RESULT_VERIFIED);
	free(differs);
	assert_false(world_current(&w, "mid"));
}

/* A directory as input is its listing. */
static void
test_directory(void **state)
{
	static const char *const observed[] = { "dir", NULL };

	(void)state;
	tree_file(&w.t, "dir/b", "1");
	tree_file(&w.t, "dir/a", "1");
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", observed);
	save_and_reopen();
	tree_file(&w.t, "dir/a", "2");
	assert_true(world_current(&w, "mid"));
	save_and_reopen();
	tree_file(&w.t, "dir/c", "1");
	assert_false(world_current(&w, "mid"));
	unlink("dir/c");
	save_and_reopen();
	assert_true(world_current(&w, "mid"));
}

static void
test_special_files(void **state)
{
	static const char *const observed[] = { "/dev/null", "pipe", NULL };
	struct result *r;

	(void)state;
	assert_int_equal(mkfifo("pipe", 0666), 0);
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", observed);
	save_and_reopen();
	assert_true(world_current(&w, "mid"));
	r = &w.s.result[world_step(&w, "mid")];
	assert_true(r->flags & RESULT_VERIFIED);
}

static void
test_unreadable_is_changed_each_time(void **state)
{
	static const char *const observed[] = { "secret", NULL };

	(void)state;
	world_file(&w, "secret", "1");
	assert_int_equal(chmod("secret", 0), 0);
	/* Nothing is unreadable to root. */
	if (geteuid() == 0) {
		assert_int_equal(chown(".", 65534, 65534), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	world_open(&w, STATE_WRITE);
	for (int i = 0; i < 2; i++) {
		uint32_t n = graph_node_add(w.s.g, str_of(observed[0]));
		struct digest last;

		assert_int_equal(state_look(&w.s, &n, 1, &w.err), -1);
		assert_non_null(strstr(w.err.msg, "secret"));
		assert_true(w.s.node_flags[n] & NODE_CHANGED);
		assert_false(w.s.node_flags[n] & NODE_KNOWN);
		last = w.s.digest[n];
		state_stale(&w.s, n);
		state_look(&w.s, &n, 1, NULL);
		assert_false(digest_eq(&last, &w.s.digest[n]));
		assert_int_equal(state_save(&w.s, NULL), 0);
		world_close(&w);
		world_open(&w, STATE_WRITE);
	}
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
}

static void
test_phony_digest(void **state)
{
	struct digest d = digest_of("x", 1), e = digest_of("y", 1);
	uint32_t n;

	(void)state;
	world_open(&w, STATE_WRITE);
	n = world_node(&w, "all");
	world_look_all(&w);
	state_set(&w.s, n, NULL, &d);
	save_and_reopen();
	/* It is not there, and that is no news. */
	assert_int_equal(world_look(&w, "all"), 0);
	assert_true(digest_eq(&w.s.digest[n], &d));
	assert_true(world_flags(&w, "all") & NODE_MISSING);
	assert_false(world_flags(&w, "all") & NODE_CHANGED);
	state_set(&w.s, n, NULL, &d);
	assert_false(world_flags(&w, "all") & NODE_CHANGED);
	state_set(&w.s, n, NULL, &e);
	assert_true(world_flags(&w, "all") & NODE_CHANGED);
	/* A file of that name appears, and goes. */
	world_file(&w, "all", "x");
	save_and_reopen();
	assert_int_equal(world_look(&w, "all"), 0);
	assert_true(digest_eq(&w.s.digest[n], &d));
	assert_false(world_flags(&w, "all") & NODE_MISSING);
	save_and_reopen();
	unlink("all");
	assert_int_equal(world_look(&w, "all"), 0);
	assert_true(digest_none(&w.s.digest[n]));
	assert_true(world_flags(&w, "all") & NODE_MISSING);
}

static void
test_variables(void **state)
{
	static const char *const observed[] = { "env:TG_TEST_V", NULL };

	(void)state;
	unsetenv("TG_TEST_V");
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", observed);
	save_and_reopen();
	assert_true(world_current(&w, "mid"));
	assert_true(world_verified(&w, "mid"));
	save_and_reopen();
	setenv("TG_TEST_V", "", 1);
	world_look_all(&w);
	assert_false(world_verified(&w, "mid"));
	assert_false(world_current(&w, "mid"));
	unsetenv("TG_TEST_V");
	save_and_reopen();
	assert_true(world_current(&w, "mid"));
}

static void
test_declared_variables(void **state)
{
	(void)state;
	world_file(&w, "env", "v");
	setenv("TG_TEST_X", "1", 1);
	unsetenv("TG_TEST_Y");
	world_open(&w, STATE_WRITE);
	world_passed(&w, "env", NULL);
	world_passed(&w, "mid", NULL);
	save_and_reopen();
	assert_true(world_verified(&w, "env"));
	setenv("TG_TEST_X", "2", 1);
	reopen(STATE_WRITE);
	assert_false(world_verified(&w, "env"));
	assert_true(world_verified(&w, "mid"));
	assert_false(world_current(&w, "env"));
	/* Made with 2 and saved: what it was with 1 does not come back. */
	world_passed(&w, "env", NULL);
	save_and_reopen();
	assert_true(world_verified(&w, "env"));
	setenv("TG_TEST_X", "1", 1);
	reopen(STATE_WRITE);
	assert_false(world_verified(&w, "env"));
	assert_false(world_current(&w, "env"));
	unsetenv("TG_TEST_X");
}

static void
test_another_graph(void **state)
{
	static const char *const observed[] = { "seen", NULL };

	(void)state;
	world_file(&w, "seen", "1\n");
	world_open(&w, STATE_WRITE);
	state_set_extra(&w.s, 1, STR("made from"));
	world_passed(&w, "mid", observed);
	world_passed(&w, "out", NULL);
	save_and_reopen();
	assert_true(str_is(state_extra(&w.s, 1), "made from"));
	world_look_all(&w);
	tree_file(&w.t, "build.ninja",
		"rule cp\n  command = cp $in $out\n"
		"build new: cp src\nbuild mid: cp src\n");
	assert_false(state_manifests_current(&w.s));
	world_rebase(&w);
	assert_int_equal(state_extra(&w.s, 1).n, 0);
	assert_false(world_verified(&w, "mid"));
	assert_int_equal(w.s.g->steps.p[world_step(&w, "mid")].nobs, 1);
	assert_false(world_flags(&w, "src") & NODE_CHANGED);
	assert_true(world_flags(&w, "src") & NODE_KNOWN);
	assert_true(world_current(&w, "mid"));
	assert_false(world_current(&w, "new"));
	/* The former journal and snapshot stay good until there is a new one. */
	world_close(&w);
	assert_int_equal(world_open(&w, STATE_WRITE), 1);
	assert_int_equal(w.s.result[world_step(&w, "out")].status,
	                 RESULT_PASSED);
	assert_false(state_manifests_current(&w.s));
}

static void
test_recorded_after_rebase_is_kept(void **state)
{
	(void)state;
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", NULL);
	world_passed(&w, "out", NULL);
	tree_file(&w.t, "build.ninja",
		"rule cp\n  command = cp $in $out\nbuild mid: cp src\n"
		"build out: cp mid\nbuild more: cp src\n");
	world_rebase(&w);
	world_file(&w, "more", "source\n");
	world_passed(&w, "more", NULL);
	reopen(STATE_WRITE);
	assert_true(state_manifests_current(&w.s));
	assert_true(world_current(&w, "more"));
	assert_true(world_current(&w, "mid"));
	assert_true(world_current(&w, "out"));
}

static void
test_forget(void **state)
{
	static const char *const observed[] = { "seen", NULL };

	(void)state;
	world_file(&w, "seen", "1\n");
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", observed);
	state_forget(&w.s);
	assert_false(w.s.g->users_stale);
	assert_false(world_flags(&w, "src") & (NODE_FRESH | NODE_CHANGED));
	assert_true(world_verified(&w, "mid"));
	world_file(&w, "seen", "2\n");
	world_look_all(&w);
	assert_true(world_flags(&w, "seen") & NODE_CHANGED);
	assert_false(world_verified(&w, "mid"));
}

static void
test_extras(void **state)
{
	(void)state;
	world_open(&w, STATE_WRITE);
	assert_int_equal(state_extra(&w.s, 0).n, 0);
	state_set_extra(&w.s, 0, STR("zero"));
	state_set_extra(&w.s, STATE_EXTRAS - 1, STR("last\0one"));
	save_and_reopen();
	assert_true(str_eq(state_extra(&w.s, 0), STR("zero")));
	assert_int_equal((uintptr_t)state_extra(&w.s, STATE_EXTRAS - 1).p % 8, 0);
	assert_true(str_eq(state_extra(&w.s, STATE_EXTRAS - 1),
	                   STR("last\0one")));
	state_set_extra(&w.s, 0, STR(""));
	save_and_reopen();
	assert_int_equal(state_extra(&w.s, 0).n, 0);
}

/* Sections of more than a chunk, from one piece and from many, with ends that
 * do and do not fall on a chunk's. */
static void
test_large_snapshot(void **state)
{
	enum { NODES = 30000, LARGE = 3 << 20 };
	static const size_t sizes[] = {
		LARGE, LARGE - STATE_EXTRAS * 8, LARGE + 5, 1,
	};
	char *bytes = malloc(LARGE + 8), name[32];
	struct digest made[2];

	(void)state;
	for (size_t i = 0; i < LARGE + 8; i++)
		bytes[i] = (char)(i * 2654435761u >> 13);
	world_open(&w, STATE_WRITE);
	for (uint32_t i = 0; i < NODES; i++) {
		snprintf(name, sizeof(name), "seen%u", (unsigned)i);
		made[0] = digest_of(name, strlen(name));
		state_set(&w.s, graph_node_add(w.s.g, str_of(name)),
		          &(struct file_sig){ .size = i, .mode = 1 }, made);
	}
	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		state_set_extra(&w.s, 0, (struct str){ bytes, sizes[k] });
		state_set_extra(&w.s, 1, STR("beside"));
		save_and_reopen();
		assert_true(str_eq(state_extra(&w.s, 0),
		                   (struct str){ bytes, sizes[k] }));
		assert_true(str_is(state_extra(&w.s, 1), "beside"));
	}
	for (uint32_t i = 0; i < NODES; i++) {
		uint32_t n;

		snprintf(name, sizeof(name), "seen%u", (unsigned)i);
		n = graph_find(w.s.g, str_of(name));
		made[1] = digest_of(name, strlen(name));
		assert_int_not_equal(n, GRAPH_NONE);
		assert_true(w.s.node_flags[n] & NODE_KNOWN);
		assert_int_equal(w.s.sig[n].size, i);
		assert_true(digest_eq(&w.s.digest[n], &made[1]));
	}
	free(bytes);
}

static void
test_lock(void **state)
{
	struct state other = { 0 };
	struct graph g = { 0 };
	struct err err = { 0 };
	char pid[32];

	(void)state;
	world_open(&w, STATE_WRITE);
	assert_int_equal(state_open(&other, &g, ".tgraph", "t", STATE_WRITE,
	                            NULL, NULL, &err), -1);
	assert_int_equal(err.code, EXIT_ENV);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	assert_non_null(strstr(err.msg, pid));
	err_release(&err);
	/* Readers need none, nor does another name. */
	assert_int_equal(state_open(&other, &g, ".tgraph", "t", STATE_READ,
	                            NULL, NULL, &err), 0);
	state_close(&other);
	assert_int_equal(state_open(&other, &g, ".tgraph", "u", STATE_WRITE,
	                            NULL, NULL, &err), 0);
	state_close(&other);
	world_close(&w);
	assert_int_equal(state_open(&other, &g, ".tgraph", "t", STATE_WRITE,
	                            NULL, NULL, &err), 0);
	state_close(&other);
}

static void
told(void *ctx, long pid)
{
	*(long *)ctx = pid;
}

static void
test_wait(void **state)
{
	int go[2], status;
	char c;
	long holder = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		struct state s = { 0 };
		struct graph g = { 0 };

		if (state_open(&s, &g, ".tgraph", "t", STATE_WRITE, NULL, NULL,
		               NULL) < 0)
			_exit(1);
		if (write(go[1], "x", 1) != 1)
			_exit(1);
		/* Killed without letting go: the system does it. */
		pause();
		_exit(1);
	}
	assert_int_equal(read(go[0], &c, 1), 1);
	assert_int_equal(world_open(&w, STATE_WRITE), -1);
	world_close(&w);
	kill(pid, SIGKILL);
	assert_int_equal(state_open(&w.s, &w.mapped, ".tgraph", "t",
	                            STATE_WAIT, told, &holder, &w.err), 0);
	assert_true(holder == 0 || holder == pid);
	waitpid(pid, &status, 0);
	close(go[0]);
	close(go[1]);
}

static void
test_read_only(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(world_open(&w, STATE_READ), 0);
	world_look_all(&w);
	world_passed(&w, "mid", NULL);
	assert_true(world_verified(&w, "mid"));
	assert_int_equal(state_save(&w.s, &w.err), 0);
	assert_int_equal(stat(".tgraph", &st), -1);
	world_close(&w);
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", NULL);
	save_and_reopen();
	reopen(STATE_READ);
	world_file(&w, "src", "x");
	world_look_all(&w);
	assert_int_equal(state_save(&w.s, &w.err), 0);
	reopen(STATE_READ);
	assert_true(world_verified(&w, "mid"));
	assert_false(world_current(&w, "mid"));
}

static void
test_directory_cannot_be_written(void **state)
{
	(void)state;
	tree_file(&w.t, ".tgraph", "a file\n");
	assert_int_equal(world_open(&w, STATE_WRITE), -1);
	assert_int_equal(w.err.code, EXIT_ENV);
	assert_non_null(strstr(w.err.msg, ".tgraph"));
	world_close(&w);
	assert_int_equal(world_open(&w, STATE_READ), 0);
}

static void
test_many_nodes(void **state)
{
	uint32_t *ids, n = 3000;
	struct buf b = { 0 };

	(void)state;
	world_open(&w, STATE_WRITE);
	ids = calloc(n, sizeof(*ids));
	for (uint32_t i = 0; i < n; i++) {
		buf_clear(&b);
		buf_addf(&b, "d%u/f%u", i % 7, i);
		if (i % 3)
			tree_bytes(&w.t, b.p, b.p, b.n);
		ids[i] = graph_node_add(w.s.g, buf_str(&b));
	}
	assert_int_equal(state_look(&w.s, ids, n, &w.err), 0);
	for (uint32_t i = 0; i < n; i++) {
		struct str p = graph_path(w.s.g, ids[i]);
		struct digest d = digest_of(p.p, p.n);

		if (i % 3)
			assert_true(digest_eq(&d, &w.s.digest[ids[i]]));
		else
			assert_true(w.s.node_flags[ids[i]] & NODE_MISSING);
	}
	save_and_reopen();
	assert_int_equal(state_look(&w.s, ids, n, &w.err), 0);
	for (uint32_t i = 0; i < n; i++)
		assert_false(w.s.node_flags[ids[i]] & NODE_CHANGED);
	free(ids);
	buf_release(&b);
}

static void
test_journal_is_folded(void **state)
{
	struct file_sig sig;

	(void)state;
	world_open(&w, STATE_WRITE);
	for (int i = 0; i < 3000; i++)
		assert_int_equal(world_passed(&w, "mid", NULL), 0);
	assert_int_equal(file_sig(AT_FDCWD, ".tgraph/t.journal", &sig), 1);
	assert_true(sig.size > 512 * 1024);
	save_and_reopen();
	assert_int_equal(file_sig(AT_FDCWD, ".tgraph/t.journal", &sig), 1);
	assert_int_equal(sig.size, 0);
	assert_true(world_verified(&w, "mid"));
	assert_true(world_current(&w, "mid"));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_first_time),
		T(test_result_comes_back),
		T(test_nothing_new_writes_nothing),
		T(test_recorded_is_kept_without_save),
		T(test_change_unverifies_users),
		T(test_made),
		T(test_same_content_is_no_change),
		T(test_observed_change_unverifies),
		T(test_observed_appears),
		T(test_output_changed),
		T(test_failure_is_kept),
		T(test_racily_clean),
		T(test_lookup),
		T(test_look_sigs),
		T(test_differs),
		T(test_directory),
		T(test_special_files),
		T(test_unreadable_is_changed_each_time),
		T(test_phony_digest),
		T(test_variables),
		T(test_declared_variables),
		T(test_another_graph),
		T(test_recorded_after_rebase_is_kept),
		T(test_forget),
		T(test_extras), T(test_large_snapshot),
		T(test_lock),
		T(test_wait),
		T(test_read_only),
		T(test_directory_cannot_be_written),
		T(test_many_nodes),
		T(test_journal_is_folded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
