/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/world.h"

#include <fcntl.h>

#include "state/internal.h"

static const int64_t S = 1000000000, MS = 1000000;

static bool
racy(int64_t mtime, int64_t ctime, int64_t now)
{
	struct file_sig sig = { .mtime_ns = mtime, .ctime_ns = ctime };
	struct clock c = { 0 };

	return clock_racy(&c, "/", &sig, now);
}

static void
test_fine_clock(void **state)
{
	int64_t t = 1000 * S + 123456789;

	(void)state;
	assert_true(racy(t, t, t));
	assert_true(racy(t, t, t + 19 * MS));
	assert_false(racy(t, t, t + 20 * MS));
	/* Times set back or forward by the user: the change time decides. */
	assert_true(racy(t - 3600 * S, t, t + MS));
	assert_false(racy(t + 3600 * S, t, t + S));
	/* A clock that is behind that of the file system. */
	assert_true(racy(t, t, t - S));
	assert_true(racy(t - 9 * S, t, t - S));
}

static void
test_coarse_clock(void **state)
{
	int64_t t = 1000 * S;

	(void)state;
	assert_true(racy(t, t, t + 1999 * MS));
	assert_false(racy(t, t, t + 2000 * MS));
	/* One of the two has a fraction: the clock is fine. */
	assert_false(racy(t, t + 1, t + 30 * MS));
}

static void
test_other_clock(void **state)
{
	int64_t t = 1000 * S + 123456789;
	struct file_sig sig = { .mtime_ns = t, .ctime_ns = t, .dev = 1 };
	struct clock c = { .dev = 1 };

	(void)state;
	assert_false(clock_racy(&c, "/", &sig, t + S));
	/* The file's is 5 seconds behind ours; then before it. */
	c.skew = -5 * S;
	assert_true(clock_racy(&c, "/", &sig, t + 5 * S + MS));
	assert_false(clock_racy(&c, "/", &sig, t + 5 * S + 20 * MS));
	c.skew = 5 * S;
	assert_true(clock_racy(&c, "/", &sig, t - 5 * S + MS));
	assert_false(clock_racy(&c, "/", &sig, t - 5 * S + 20 * MS));
	/* What is nowhere may be anywhere. */
	c = (struct clock){ .dev = 2 };
	assert_true(clock_racy(&c, "/nowhere/at/all", &sig, t + 9 * S));
	assert_false(clock_racy(&c, "/nowhere/at/all", &sig, t + 10 * S));
}

static void
test_changed_since(void **state)
{
	struct world w;
	struct file_sig before, after;
	int64_t between;

	(void)state;
	world_make(&w, "rule r\n  command = true\nbuild a: r\n");
	tree_file(&w.t, "before", "");
	assert_int_equal(world_open(&w, STATE_WRITE), 0);
	assert_int_equal(file_sig(AT_FDCWD, "before", &before), 1);
	do
		between = state_clock(&w.s);
	while (between <= before.ctime_ns);
	assert_true(state_opened(&w.s) <= between);
	tree_file(&w.t, "after", "");
	assert_int_equal(file_sig(AT_FDCWD, "after", &after), 1);
	assert_false(state_changed_since(&w.s, "before", &before, between));
	assert_true(state_changed_since(&w.s, "after", &after, between));
	/* Times that were set back change nothing. */
	after.mtime_ns = 0;
	assert_true(state_changed_since(&w.s, "after", &after, between));
	world_remove(&w);
}

static void
test_kinds(void **state)
{
	static const struct clock c;
	struct world w;
	struct file_sig sig;
	struct digest d, want = digest_of("text", 4), dir, again;
	bool r;

	(void)state;
	world_make(&w, "");
	tree_file(&w.t, "file", "text");
	tree_link(&w.t, "file", "link");
	tree_link(&w.t, "loop", "loop");
	tree_link(&w.t, "nowhere", "dangling");
	tree_file(&w.t, "dir/x", "");
	assert_int_equal(content_digest(&c, "file", false, &sig, &d, &r), 1);
	assert_true(digest_eq(&d, &want));
	assert_int_equal(sig.size, 4);
	assert_int_equal(content_digest(&c, "link", false, &sig, &d, &r), 1);
	assert_true(digest_eq(&d, &want));
	assert_int_equal(content_digest(&c, "loop", false, &sig, &d, &r), 0);
	assert_int_equal(content_digest(&c, "dangling", false, &sig, &d, &r), 0);
	assert_int_equal(content_digest(&c, "file/x", false, &sig, &d, &r), 0);
	assert_true(digest_none(&d));
	assert_int_equal(content_digest(&c, "dir", false, &sig, &dir, &r), 1);
	tree_file(&w.t, "dir/y", "");
	assert_int_equal(content_digest(&c, "dir", false, &sig, &again, &r), 1);
	assert_false(digest_eq(&dir, &again));
	unlink("dir/y");
	assert_int_equal(content_digest(&c, "dir", false, &sig, &again, &r), 1);
	assert_true(digest_eq(&dir, &again));
	/* Nobody at the other end: it must not wait. */
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(content_digest(&c, "pipe", false, &sig, &d, &r), 1);
	world_remove(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fine_clock),
		cmocka_unit_test(test_coarse_clock),
		cmocka_unit_test(test_other_clock),
		cmocka_unit_test(test_changed_since),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
