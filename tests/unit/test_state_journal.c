/* SPDX-License-Identifier: Apache-2.0 */
/* Broken files: every byte of a snapshot and of a journal, cut off and
 * flipped. Whatever is opened then, nothing that is believed may be false. */
#include "unit/world.h"

#include "state/internal.h"

static const char manifest[] =
	"rule cp\n  command = cp $in $out\n"
	"build mid: cp src\n"
	"build out: cp mid\n";

static struct world w;
static struct buf snapshot, journal;

static const char snap_path[] = ".tgraph/t.state";
static const char journal_path[] = ".tgraph/t.journal";

/* Two runs: the first is in the snapshot, the second in the journal. */
static int
setup(void **state)
{
	static const char *const first[] = { "seen", NULL };
	static const char *const second[] = { "seen", "new", "none", NULL };

	(void)state;
	world_make(&w, manifest);
	world_file(&w, "src", "1\n");
	world_file(&w, "mid", "1\n");
	world_file(&w, "out", "1\n");
	world_file(&w, "seen", "1\n");
	world_file(&w, "new", "1\n");
	world_open(&w, STATE_WRITE);
	world_passed(&w, "mid", first);
	world_passed(&w, "out", first);
	state_set_extra(&w.s, 2, STR("extra"));
	assert_int_equal(state_save(&w.s, &w.err), 0);
	world_close(&w);
	world_file(&w, "src", "2\n");
	world_file(&w, "mid", "2\n");
	assert_int_equal(world_open(&w, STATE_WRITE), 1);
	world_passed(&w, "mid", second);
	world_passed(&w, "out", second);
	assert_int_equal(state_save(&w.s, &w.err), 0);
	world_close(&w);
	file_read(snap_path, &snapshot, NULL);
	file_read(journal_path, &journal, NULL);
	assert_true(snapshot.n > 1000);
	assert_true(journal.n > 500);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_release(&snapshot);
	buf_release(&journal);
	world_remove(&w);
	return 0;
}

/* What is believed is true; returns how many of the two results are known. */
static int
check(enum state_mode mode, bool *opened)
{
	static const char *const outs[] = { "mid", "out" };
	int known = 0;

	*opened = world_open(&w, mode) == 1;
	assert_null(w.err.msg);
	world_look_all(&w);
	for (int i = 0; i < 2; i++) {
		const struct result *r = &w.s.result[world_step(&w, outs[i])];

		assert_true(r->status == RESULT_NONE ||
		            r->status == RESULT_PASSED);
		known += r->status == RESULT_PASSED;
		if (r->flags & RESULT_VERIFIED)
			assert_true(world_current(&w, outs[i]));
	}
	world_close(&w);
	return known;
}

static void
put(const char *path, const struct buf *b, size_t n)
{
	/* Not renamed over: ext4 would wait for the disk. */
	unlink(path);
	assert_int_equal(file_write(path, b->p, n, false, NULL), 0);
}

static void
test_whole(void **state)
{
	bool opened;

	(void)state;
	assert_int_equal(check(STATE_READ, &opened), 2);
	assert_true(opened);
	assert_int_equal(world_open(&w, STATE_READ), 1);
	world_look_all(&w);
	assert_true(world_verified(&w, "mid"));
	assert_true(world_verified(&w, "out"));
	world_close(&w);
}

static void
test_snapshot_cut(void **state)
{
	bool opened;

	(void)state;
	for (size_t n = 0; n < snapshot.n; n += n < 400 ? 1 : 7) {
		put(snap_path, &snapshot, n);
		assert_int_equal(check(STATE_READ, &opened), 0);
		assert_false(opened);
	}
	put(snap_path, &snapshot, snapshot.n);
}

static void
test_snapshot_flipped(void **state)
{
	size_t padding = 0;
	bool opened;

	(void)state;
	for (size_t i = 0; i < snapshot.n; i++) {
		snapshot.p[i] ^= (char)(1 << i % 8);
		put(snap_path, &snapshot, snapshot.n);
		check(STATE_READ, &opened);
		padding += opened;
		snapshot.p[i] ^= (char)(1 << i % 8);
	}
	/* Only the gaps between the sections may be anything. */
	assert_true(padding < SNAP_SECTIONS * 64);
	put(snap_path, &snapshot, snapshot.n);
}

static void
test_journal_cut(void **state)
{
	int last = 2;
	bool opened;

	(void)state;
	for (size_t n = 0; n <= journal.n; n++) {
		put(journal_path, &journal, n);
		assert_int_equal(check(STATE_READ, &opened), last);
		assert_true(opened);
	}
}

static void
test_journal_flipped(void **state)
{
	bool opened;

	(void)state;
	for (size_t i = 0; i < journal.n; i++) {
		journal.p[i] ^= (char)(1 << i % 8);
		put(journal_path, &journal, journal.n);
		assert_int_equal(check(STATE_READ, &opened), 2);
		assert_true(opened);
		journal.p[i] ^= (char)(1 << i % 8);
	}
	put(journal_path, &journal, journal.n);
}

/* A writer cuts the torn tail off and goes on behind what is good. */
static void
test_writing_goes_on(void **state)
{
	struct buf now = { 0 };
	bool opened;

	(void)state;
	for (size_t n = 0; n <= journal.n; n += 5) {
		put(snap_path, &snapshot, snapshot.n);
		put(journal_path, &journal, n);
		check(STATE_WRITE, &opened);
		assert_true(opened);
		assert_int_equal(world_open(&w, STATE_WRITE), 1);
		world_passed(&w, "mid", NULL);
		world_close(&w);
		buf_clear(&now);
		assert_int_equal(file_read(journal_path, &now, NULL), 1);
		assert_true(now.n > 200);
		assert_int_equal(world_open(&w, STATE_READ), 1);
		assert_int_equal(w.s.g->steps.p[world_step(&w, "mid")].nobs, 0);
		assert_true(world_current(&w, "mid"));
		world_close(&w);
	}
	buf_release(&now);
	put(snap_path, &snapshot, snapshot.n);
	put(journal_path, &journal, journal.n);
}

static size_t
record_at(size_t n)
{
	size_t at = sizeof(struct journal_header);
	struct record_header r;

	while (n--) {
		memcpy(&r, journal.p + at, sizeof(r));
		at += sizeof(r) + ((r.len + 7) & ~7u);
	}
	return at;
}

/* A record left out, or one twice, or from another journal, is not taken. */
static void
test_records_in_order(void **state)
{
	size_t second = record_at(1), third = record_at(2);
	struct buf b = { 0 };
	bool opened;

	(void)state;
	buf_add(&b, journal.p, sizeof(struct journal_header));
	buf_add(&b, journal.p + second, journal.n - second);
	put(journal_path, &b, b.n);
	assert_int_equal(check(STATE_READ, &opened), 2);
	assert_int_equal(world_open(&w, STATE_READ), 1);
	assert_int_equal(w.s.priv->journal_size, sizeof(struct journal_header));
	world_close(&w);
	buf_clear(&b);
	buf_add(&b, journal.p, third);
	buf_add(&b, journal.p + second, third - second);
	put(journal_path, &b, b.n);
	assert_int_equal(world_open(&w, STATE_READ), 1);
	assert_int_equal(w.s.priv->journal_size, third);
	world_close(&w);
	buf_release(&b);
	put(journal_path, &journal, journal.n);
}

/* The same graph and results, saved again: another snapshot, so the journal is
 * not its own. */
static void
test_journal_of_another_snapshot(void **state)
{
	bool opened;

	(void)state;
	assert_int_equal(world_open(&w, STATE_WRITE), 1);
	state_set_extra(&w.s, 3, STR("x"));
	assert_int_equal(state_save(&w.s, &w.err), 0);
	world_close(&w);
	put(journal_path, &journal, journal.n);
	assert_int_equal(world_open(&w, STATE_READ), 1);
	assert_int_equal(w.s.priv->journal_size, 0);
	assert_true(world_current(&w, "mid"));
	world_close(&w);
	check(STATE_WRITE, &opened);
	put(snap_path, &snapshot, snapshot.n);
	put(journal_path, &journal, journal.n);
}

static void
test_other_version_and_order(void **state)
{
	struct snap_header h;
	bool opened;

	(void)state;
	for (int i = 0; i < 2; i++) {
		memcpy(&h, snapshot.p, sizeof(h));
		if (i)
			h.order = 0x04030201;
		else
			h.version++;
		h.sum = format_header_sum(&h);
		memcpy(snapshot.p, &h, sizeof(h));
		put(snap_path, &snapshot, snapshot.n);
		assert_int_equal(check(STATE_READ, &opened), 0);
		assert_false(opened);
		if (i)
			h.order = STATE_ORDER;
		else
			h.version--;
		h.sum = format_header_sum(&h);
		memcpy(snapshot.p, &h, sizeof(h));
	}
	put(snap_path, &snapshot, snapshot.n);
	check(STATE_READ, &opened);
	assert_true(opened);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_snapshot_cut),
		cmocka_unit_test(test_snapshot_flipped),
		cmocka_unit_test(test_journal_cut),
		cmocka_unit_test(test_journal_flipped),
		cmocka_unit_test(test_writing_goes_on),
		cmocka_unit_test(test_records_in_order),
		cmocka_unit_test(test_journal_of_another_snapshot),
		cmocka_unit_test(test_other_version_and_order),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
