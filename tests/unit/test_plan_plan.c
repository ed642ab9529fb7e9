/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

#include <stdlib.h>

#include "unit/world.h"
#include "util/mem.h"

static struct world w;
static struct plan p;
static uint32_t *weight;

static void
make(const char *manifest)
{
	world_make(&w, manifest);
	assert_int_equal(graph_load_file(&w.loaded, "build.ninja", NULL,
	                                 &w.err), 0);
	w.s.g = &w.loaded;
	plan_init(&p, &w.loaded);
	weight = xcalloc(w.loaded.steps.n, sizeof(*weight));
	for (uint32_t i = 0; i < w.loaded.steps.n; i++)
		weight[i] = 1;
}

static int
teardown(void **state)
{
	(void)state;
	plan_release(&p);
	free(weight);
	w.s.g = NULL;
	world_remove(&w);
	return 0;
}

static int
want(const char *target)
{
	uint32_t n = world_node(&w, target);

	return plan_want(&p, &n, 1, &w.err);
}

static enum plan_state
state_of(const char *out)
{
	return p.state[world_step(&w, out)];
}

/* Everything that is up for check has to run. */
static void
check_all(void)
{
	uint32_t step;

	while ((step = plan_next_check(&p)) != GRAPH_NONE) {
		if (p.state[step] == PLAN_HELD)
			plan_clean(&p, step);
		else if (w.loaded.steps.p[step].flags & STEP_PHONY)
			plan_done(&p, step);
		else
			plan_ready(&p, step);
	}
}

static const char *
next(void)
{
	uint32_t step = plan_best(&p);

	if (step != GRAPH_NONE)
		plan_take(&p, step);
	return step == GRAPH_NONE ? NULL
	     : graph_cpath(&w.loaded, graph_step_out(&w.loaded, step));
}

static void
done(const char *out)
{
	plan_done(&p, world_step(&w, out));
	check_all();
}

#define R "rule r\n  command = c\n"

static void
test_one_after_the_other(void **state)
{
	(void)state;
	make(R "build a: r src\nbuild b: r a\nbuild c: r b\nbuild x: r\n");
	assert_int_equal(want("c"), 0);
	assert_int_equal(p.norder, 3);
	assert_int_equal(p.nwanted_nodes, 4);
	plan_link(&p, weight);
	check_all();
	assert_int_equal(plan_total(&p), 3);
	assert_string_equal(next(), "a");
	assert_null(next());
	done("a");
	assert_string_equal(next(), "b");
	done("b");
	assert_string_equal(next(), "c");
	done("c");
	assert_null(next());
	assert_int_equal(state_of("x"), PLAN_NONE);
	assert_int_equal(p.count[PLAN_DONE], 3);
}

static void
test_longest_path_first(void **state)
{
	(void)state;
	make(R "build a: r\nbuild b: r\nbuild c: r\nbuild d: r\n"
	     "build d2: r d\nbuild all: phony a b c d2\n");
	want("all");
	weight[world_step(&w, "b")] = 5;
	plan_link(&p, weight);
	check_all();
	assert_string_equal(next(), "b");
	assert_string_equal(next(), "d");
	assert_string_equal(next(), "a");
	assert_string_equal(next(), "c");
}

static void
test_failed_first(void **state)
{
	(void)state;
	make(R "build a: r\nbuild b: r\nbuild all: phony a b\n");
	want("all");
	p.first[world_step(&w, "b")] = 1;
	weight[world_step(&w, "a")] = 9;
	plan_link(&p, weight);
	check_all();
	assert_string_equal(next(), "b");
	assert_string_equal(next(), "a");
}

static void
test_pool(void **state)
{
	(void)state;
	make("pool two\n  depth = 2\n" R
	     "build a: r\n  pool = two\nbuild b: r\n  pool = two\n"
	     "build c: r\n  pool = two\nbuild d: r\n"
	     "build all: phony a b c d\n");
	want("all");
	weight[world_step(&w, "c")] = 2;
	plan_link(&p, weight);
	check_all();
	assert_string_equal(next(), "c");
	assert_string_equal(next(), "a");
	assert_string_equal(next(), "d");
	assert_false(plan_has_ready(&p));
	/* One that runs again takes its place again. */
	plan_again(&p, world_step(&w, "a"));
	assert_string_equal(next(), "a");
	assert_null(next());
	plan_failed(&p, world_step(&w, "a"));
	assert_string_equal(next(), "b");
	assert_null(next());
}

static void
test_more_pools(void **state)
{
	(void)state;
	make("pool one\n  depth = 1\npool two\n  depth = 2\n" R
	     "build a: r\n  pool = two\n  tg_pools = one\n"
	     "build b: r\n  tg_pools = one two\n"
	     "build c: r\n  pool = two\nbuild d: r\n  pool = two\n"
	     "build e: r\nbuild all: phony a b c d e\n");
	want("all");
	plan_link(&p, weight);
	check_all();
	assert_string_equal(next(), "a");
	assert_string_equal(next(), "c");
	assert_string_equal(next(), "e");
	assert_null(next());
	/* What waits for one pool holds no place in another. */
	plan_done(&p, world_step(&w, "c"));
	assert_string_equal(next(), "d");
	assert_null(next());
	plan_done(&p, world_step(&w, "d"));
	assert_null(next());
	/* What needs its places no more, and then again. */
	plan_leaves(&p, world_step(&w, "a"));
	assert_string_equal(next(), "b");
	plan_again(&p, world_step(&w, "a"));
	assert_null(next());
	plan_done(&p, world_step(&w, "b"));
	assert_string_equal(next(), "a");
	plan_done(&p, world_step(&w, "a"));
	for (uint32_t i = 0; i < w.loaded.pools.n; i++)
		assert_int_equal(p.pools[i].used, 0);
}

static void
test_clean_shrinks_total(void **state)
{
	uint32_t step;

	(void)state;
	make(R "build a: r src\nbuild b: r a\nbuild c: r b\n");
	want("c");
	plan_link(&p, weight);
	check_all();
	next();
	assert_int_equal(plan_total(&p), 3);
	plan_done(&p, world_step(&w, "a"));
	step = plan_next_check(&p);
	assert_int_equal(step, world_step(&w, "b"));
	plan_clean(&p, step);
	step = plan_next_check(&p);
	assert_int_equal(step, world_step(&w, "c"));
	plan_clean(&p, step);
	assert_int_equal(plan_total(&p), 1);
	assert_int_equal(plan_next_check(&p), GRAPH_NONE);
}

static void
test_held_by_order(void **state)
{
	(void)state;
	make(R "build gen: r\nbuild a: r || gen\nbuild b: r a\n");
	want("b");
	/* a is up to date; b, which is not, comes after gen all the same. */
	plan_held(&p, world_step(&w, "a"));
	plan_link(&p, weight);
	check_all();
	assert_int_equal(plan_total(&p), 2);
	assert_string_equal(next(), "gen");
	assert_null(next());
	done("gen");
	assert_int_equal(state_of("a"), PLAN_CLEAN);
	assert_string_equal(next(), "b");
}

static void
test_clean_from_the_start(void **state)
{
	(void)state;
	make(R "build a: r\nbuild b: r a\nbuild c: r a b\n");
	want("c");
	plan_clean(&p, world_step(&w, "a"));
	plan_link(&p, weight);
	check_all();
	assert_string_equal(next(), "b");
	assert_null(next());
	done("b");
	assert_string_equal(next(), "c");
}

static void
test_failure_blocks_users(void **state)
{
	(void)state;
	make(R "build a: r\nbuild b: r a\nbuild c: r\nbuild all: phony b c\n");
	want("all");
	plan_link(&p, weight);
	check_all();
	assert_string_equal(next(), "a");
	plan_failed(&p, world_step(&w, "a"));
	check_all();
	assert_string_equal(next(), "c");
	done("c");
	assert_null(next());
	assert_int_equal(state_of("b"), PLAN_WAIT);
}

/* It gathers what there is: also if some of it failed, or will never be. */
static void
test_failure_and_gathering(void **state)
{
	(void)state;
	make(R "build a | a2: r\nbuild b: r a\nbuild c: r\nbuild d: r b\n"
	     "build sum: r a b c d a2\n  tg_gather = 1\n"
	     "build report: r sum\n");
	want("report");
	plan_link(&p, weight);
	check_all();
	assert_string_equal(next(), "a");
	plan_failed(&p, world_step(&w, "a"));
	check_all();
	assert_string_equal(next(), "c");
	assert_null(next());
	/* Planned again meanwhile. */
	plan_link(&p, weight);
	check_all();
	assert_null(next());
	done("c");
	assert_string_equal(next(), "sum");
	done("sum");
	assert_string_equal(next(), "report");
	assert_int_equal(state_of("b"), PLAN_WAIT);
	assert_int_equal(state_of("d"), PLAN_WAIT);
}

static void
test_validations_are_targets(void **state)
{
	(void)state;
	make(R "build a: r |@ v\nbuild v: r a x\nbuild x: r |@ v2\n"
	     "build v2: r\n");
	assert_int_equal(want("a"), 0);
	assert_int_equal(p.norder, 4);
	plan_link(&p, weight);
	check_all();
	assert_int_equal(plan_total(&p), 4);
}

static void
test_cycle(void **state)
{
	(void)state;
	make(R "build a: r b\nbuild b: r c\nbuild c: r a\n");
	assert_int_equal(want("a"), -1);
	assert_string_equal(w.err.msg, "dependency cycle: a -> b -> c -> a");
}

static void
test_cycle_through_observed(void **state)
{
	uint32_t n;

	(void)state;
	make(R "build a: r\nbuild b: r a\n");
	n = world_node(&w, "b");
	graph_observe(&w.loaded, world_step(&w, "a"), &n, 1);
	graph_index_users(&w.loaded);
	assert_int_equal(want("b"), 1);
	assert_int_equal(p.loop, world_step(&w, "a"));
	graph_observe(&w.loaded, p.loop, NULL, 0);
	graph_index_users(&w.loaded);
	assert_int_equal(want("b"), 0);
	assert_int_equal(p.norder, 2);
}

static void
test_observed_inputs_order(void **state)
{
	uint32_t n;

	(void)state;
	make(R "build gen: r\nbuild a: r\n");
	n = world_node(&w, "gen");
	graph_observe(&w.loaded, world_step(&w, "a"), &n, 1);
	graph_index_users(&w.loaded);
	want("a");
	plan_link(&p, weight);
	check_all();
	assert_string_equal(next(), "gen");
	assert_null(next());
	done("gen");
	assert_string_equal(next(), "a");
}

/* The graph learns of an input when the plan is under way. */
static void
test_planned_again(void **state)
{
	uint32_t n;

	(void)state;
	make(R "build dd: r\nbuild a: r || dd\nbuild b: r\nbuild top: r a\n");
	want("top");
	plan_link(&p, weight);
	check_all();
	assert_string_equal(next(), "dd");
	plan_done(&p, world_step(&w, "dd"));
	n = world_node(&w, "b");
	assert_int_equal(graph_dyndep(&w.loaded, world_step(&w, "a"), NULL, 0,
	                              &n, 1, false, &w.err), 0);
	graph_index_users(&w.loaded);
	assert_int_equal(want("top"), 0);
	plan_link(&p, weight);
	check_all();
	assert_string_equal(next(), "b");
	assert_null(next());
	done("b");
	assert_string_equal(next(), "a");
	done("a");
	assert_string_equal(next(), "top");
}

static void
test_deep_graph(void **state)
{
	enum { DEEP = 200000 };
	struct buf m = { 0 };

	(void)state;
	buf_adds(&m, R "build n0: r\n");
	for (int i = 1; i < DEEP; i++)
		buf_addf(&m, "build n%d: r n%d\n", i, i - 1);
	make(m.p);
	buf_release(&m);
	assert_int_equal(want("n199999"), 0);
	plan_link(&p, weight);
	assert_int_equal(p.norder, DEEP);
	assert_int_equal(p.cost[world_step(&w, "n0")], DEEP);
	assert_int_equal(plan_total(&p), DEEP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_teardown(name, teardown)
		T(test_one_after_the_other), T(test_longest_path_first),
		T(test_failed_first), T(test_pool),
		T(test_more_pools),
		T(test_clean_shrinks_total), T(test_held_by_order),
		T(test_clean_from_the_start), T(test_failure_blocks_users),
		T(test_failure_and_gathering),
		T(test_validations_are_targets), T(test_cycle),
		T(test_cycle_through_observed), T(test_observed_inputs_order),
		T(test_planned_again), T(test_deep_graph),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
