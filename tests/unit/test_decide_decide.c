/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/decide.h"
#include "plan/plan.h"
#include "report/text/reason.h"

#include "unit/world.h"

static struct world w;
static struct plan p;
static struct decide d;
static struct buf why;
static struct reason last;

#define MANIFEST \
	"rule cp\n  command = cp $in $out $x\n" \
	"build a: cp src\n" \
	"build b: cp a || order\n" \
	"build group: phony a b\n" \
	"build c: cp group\n" \
	"build always: phony\n" \
	"build d: cp always\n" \
	"build t: cp src\n  tg_kind = test\n"

static void
open_world(void)
{
	uint32_t all[64], n = 0;

	world_open(&w, STATE_WRITE);
	plan_init(&p, w.s.g);
	decide_init(&d, &w.s);
	decide_keep_old(&d);
	for (uint32_t i = 0; i < w.s.g->nodes.n; i++)
		all[n++] = i;
	assert_int_equal(plan_want(&p, all, n, &w.err), 0);
	state_look(&w.s, p.nodes, p.nwanted_nodes, &w.err);
}

static void
close_world(void)
{
	decide_release(&d);
	plan_release(&p);
	state_save(&w.s, NULL);
	world_close(&w);
}

static void
reopen(void)
{
	close_world();
	open_world();
}

static int
setup(void **state)
{
	static const char *const files[] = {
		"src", "a", "b", "c", "d", "t", "order"
	};

	(void)state;
	world_make(&w, MANIFEST);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		world_file(&w, files[i], files[i]);
	open_world();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	close_world();
	buf_release(&why);
	world_remove(&w);
	return 0;
}

static int
phony(const char *name)
{
	return decide_phony(&d, world_step(&w, name), &w.err);
}

static int
decided(const char *out)
{
	struct digest key;
	int r = decide_step(&d, world_step(&w, out), &key, &w.err);

	assert_true(r == 1 || !digest_none(&key) || d.dry_run);
	return r;
}

/* The text of all reasons; last is the last of them. */
static const char *
explained(const char *out)
{
	struct reasons rs = { 0 };

	decide_explain(&d, world_step(&w, out), &rs);
	assert_true(rs.n > 0);
	last = rs.v[rs.n - 1];
	buf_clear(&why);
	for (size_t i = 0; i < rs.n; i++) {
		reason_text(w.s.g, &rs.v[i], &why);
		buf_addc(&why, '\n');
	}
	reasons_release(&rs);
	return why.p;
}

static void
test_no_result(void **state)
{
	(void)state;
	assert_int_equal(decided("a"), 0);
	assert_string_equal(explained("a"),
		"command line not found in log for a\n");
	assert_int_equal(unlink("a"), 0);
	reopen();
	assert_int_equal(decided("a"), 0);
	assert_string_equal(explained("a"), "output a doesn't exist\n");
}

static void
test_up_to_date(void **state)
{
	struct digest src;

	(void)state;
	world_passed(&w, "a", NULL);
	reopen();
	assert_true(world_verified(&w, "a"));
	assert_int_equal(decided("a"), 1);
	src = w.s.digest[world_node(&w, "src")];
	/* Read again and found to be what it was. */
	world_file(&w, "src", "src");
	reopen();
	assert_int_equal(decided("a"), 1);
	world_file(&w, "src", "changed");
	reopen();
	assert_false(world_verified(&w, "a"));
	assert_int_equal(decided("a"), 0);
	assert_non_null(strstr(explained("a"), "content of src changed ("));
	assert_int_equal(last.why, WHY_INPUT_CHANGED);
	assert_int_equal(last.step, world_step(&w, "a"));
	assert_int_equal(last.node, world_node(&w, "src"));
	assert_true(digest_eq(&last.was, &src));
	assert_true(digest_eq(&last.is, &w.s.digest[last.node]));
	/* Back to what it was. */
	world_file(&w, "src", "src");
	reopen();
	assert_int_equal(decided("a"), 1);
	assert_true(world_verified(&w, "a"));
}

static void
test_output_changed(void **state)
{
	(void)state;
	world_passed(&w, "a", NULL);
	world_file(&w, "a", "somebody's");
	reopen();
	assert_int_equal(decided("a"), 0);
	assert_string_equal(explained("a"),
		"output a is not as it was left\n");
	unlink("a");
	reopen();
	assert_int_equal(decided("a"), 0);
	assert_string_equal(explained("a"), "output a doesn't exist\n");
}

static void
test_observed_input(void **state)
{
	const char *const seen[] = { "header", NULL };

	(void)state;
	world_file(&w, "header", "1");
	world_passed(&w, "a", seen);
	reopen();
	assert_int_equal(decided("a"), 1);
	world_file(&w, "header", "2");
	reopen();
	assert_int_equal(decided("a"), 0);
	assert_non_null(strstr(explained("a"), "content of header changed ("));
	unlink("header");
	reopen();
	assert_int_equal(decided("a"), 0);
	assert_non_null(strstr(explained("a"),
		"header has no in-edge and is missing\n"));
}

static void
test_order_only_does_not_decide(void **state)
{
	(void)state;
	world_passed(&w, "b", NULL);
	world_file(&w, "order", "changed");
	reopen();
	assert_int_equal(decided("b"), 1);
}

static void
test_command_changed(void **state)
{
	(void)state;
	world_passed(&w, "a", NULL);
	close_world();
	tree_file(&w.t, "build.ninja", "x = more\n" MANIFEST);
	open_world();
	decide_release(&d);
	plan_release(&p);
	world_rebase(&w);
	plan_init(&p, w.s.g);
	decide_init(&d, &w.s);
	world_look_all(&w);
	assert_int_equal(decided("a"), 0);
	assert_string_equal(explained("a"), "command line changed for a\n");
}

static void
record(const char *out, enum result_status status)
{
	struct result r = {
		.status = (uint16_t)status,
		.command = store_command(&w.s, world_step(&w, out)),
	};

	assert_int_equal(state_record(&w.s, world_step(&w, out), &r, &w.err),
	                 0);
}

static void
test_failed(void **state)
{
	(void)state;
	record("a", RESULT_FAILED);
	assert_int_equal(decided("a"), 0);
	assert_string_equal(explained("a"), "a failed last time\n");
	record("a", RESULT_TIMEOUT);
	assert_string_equal(explained("a"), "a timed out last time\n");
	record("a", RESULT_CRASHED);
	assert_string_equal(explained("a"), "a crashed last time\n");
	/* Passed, but with inputs that nobody knows. */
	record("a", RESULT_PASSED);
	assert_int_equal(decided("a"), 0);
	assert_string_equal(explained("a"),
		"inputs of a changed while it ran\n");
}

static void
test_forced(void **state)
{
	(void)state;
	world_passed(&w, "d", NULL);
	assert_int_equal(phony("always"), 0);
	assert_int_equal(decided("d"), 0);
	assert_true(decide_always(&d, world_step(&w, "d")));
	assert_string_equal(explained("d"), "always is dirty\n");
	assert_int_equal(last.why, WHY_INPUT_FORCED);
	/* A file of that name makes an end of it. */
	world_file(&w, "always", "");
	reopen();
	assert_int_equal(phony("always"), 0);
	assert_false(decide_always(&d, world_step(&w, "d")));
}

static void
test_phony_content(void **state)
{
	(void)state;
	phony("group");
	world_passed(&w, "c", NULL);
	reopen();
	phony("group");
	assert_int_equal(decided("c"), 1);
	world_file(&w, "b", "changed");
	reopen();
	phony("group");
	assert_int_equal(decided("c"), 0);
	world_file(&w, "b", "b");
	reopen();
	phony("group");
	assert_int_equal(decided("c"), 1);
	/* The same in a run that does not look at c. */
	world_file(&w, "a", "changed");
	reopen();
	phony("group");
	reopen();
	phony("group");
	assert_int_equal(decided("c"), 0);
}

static void
test_rerun(void **state)
{
	(void)state;
	world_passed(&w, "t", NULL);
	world_passed(&w, "a", NULL);
	d.rerun = true;
	assert_int_equal(decided("a"), 1);
	assert_int_equal(decided("t"), 0);
	assert_string_equal(explained("t"), "it is to be run again\n");
}

static void
test_dry_run(void **state)
{
	(void)state;
	world_passed(&w, "a", NULL);
	world_passed(&w, "b", NULL);
	d.dry_run = true;
	assert_int_equal(decided("b"), 1);
	decide_ran(&d, world_step(&w, "a"));
	assert_int_equal(decided("b"), 0);
	assert_string_equal(explained("b"), "a is dirty\n");
	assert_int_equal(last.why, WHY_INPUT_RUNS);
	/* Through a phony step too. */
	phony("group");
	assert_int_equal(decided("c"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(test_no_result), T(test_up_to_date), T(test_output_changed),
		T(test_observed_input), T(test_order_only_does_not_decide),
		T(test_command_changed), T(test_failed), T(test_forced),
		T(test_phony_content), T(test_rerun), T(test_dry_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
