/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/affinity.h"

#include <stdlib.h>

#include "unit/world.h"
#include "util/mem.h"

static struct world w;
static struct plan p;
static struct affinity n;
static uint32_t *weight;

#define R "pool one\n  depth = 1\nrule t\n  command = c\n"
/* A step for a worker; others are without. */
#define FOR(worker, out) "build " out ": t\n  tg_worker = " worker "\n"
#define T(out) FOR("w", out)

/* All that is wanted is ready; first and heavy may name steps that failed
 * before and that take longer. */
static void
make(const char *manifest, const char *first, const char *heavy)
{
	uint32_t all, step;

	world_make(&w, manifest);
	if (graph_load_file(&w.loaded, "build.ninja", NULL, &w.err) != 0)
		fail_msg("%s", w.err.msg);
	w.s.g = &w.loaded;
	plan_init(&p, &w.loaded);
	weight = xcalloc(w.loaded.steps.n, sizeof(*weight));
	for (uint32_t i = 0; i < w.loaded.steps.n; i++)
		weight[i] = 1;
	all = world_node(&w, "all");
	assert_int_equal(plan_want(&p, &all, 1, &w.err), 0);
	if (first)
		p.first[world_step(&w, first)] = 1;
	if (heavy)
		weight[world_step(&w, heavy)] = 9;
	plan_link(&p, weight);
	while ((step = plan_next_check(&p)) != GRAPH_NONE)
		plan_ready(&p, step);
	affinity_fill(&n, &p);
}

static int
teardown(void **state)
{
	(void)state;
	affinity_release(&n);
	plan_release(&p);
	free(weight);
	w.s.g = NULL;
	world_remove(&w);
	return 0;
}

/* What a worker that ran `after` before is given. */
static const char *
pick(const char *after)
{
	uint32_t family = after ? affinity_family_of(&n, world_step(&w, after))
	                        : 0;
	uint32_t step = affinity_pick(&n, &p, family);

	if (step == GRAPH_NONE)
		return NULL;
	plan_take(&p, step);
	affinity_started(&n, step);
	return graph_cpath(&w.loaded, graph_step_out(&w.loaded, step));
}

static void
done(const char *out)
{
	uint32_t step = world_step(&w, out);

	affinity_ended(&n, step);
	plan_done(&p, step);
}

static void
test_each_in_a_directory(void **state)
{
	(void)state;
	make(R T("a/1") T("a/2") T("a/3")
	     T("b/1") T("b/2")
	     "build all: phony a/1 a/2 a/3 b/1 b/2\n", NULL, NULL);
	assert_string_equal(pick(NULL), "a/1");
	assert_string_equal(pick(NULL), "b/1");
	done("b/1");
	assert_string_equal(pick("b/1"), "b/2");
	done("a/1");
	assert_string_equal(pick("a/1"), "a/2");
	done("b/2");
	/* Nothing else is left for it. */
	assert_string_equal(pick("b/2"), "a/3");
	assert_null(pick(NULL));
	assert_false(plan_has_ready(&p));
	assert_int_equal(p.count[PLAN_RUN], 2);
}

static void
test_a_directory_that_is_free_again(void **state)
{
	(void)state;
	make(R T("a/1") T("a/2") T("b/1")
	     "build all: phony a/1 a/2 b/1\n", NULL, NULL);
	assert_string_equal(pick(NULL), "a/1");
	done("a/1");
	/* Whoever comes now is the first there. */
	assert_string_equal(pick(NULL), "a/2");
	assert_string_equal(pick(NULL), "b/1");
}

static void
test_the_same_worker_first(void **state)
{
	(void)state;
	make(R FOR("v", "v/a/1") FOR("w", "w/a/1") FOR("v", "v/b/1")
	     FOR("w", "w/b/1") FOR("w", "w/c/1")
	     "build all: phony v/a/1 w/a/1 v/b/1 w/b/1 w/c/1\n", NULL, NULL);
	assert_string_equal(pick(NULL), "v/a/1");
	assert_string_equal(pick(NULL), "w/a/1");
	done("w/a/1");
	assert_string_equal(pick("w/a/1"), "w/b/1");
	done("v/a/1");
	assert_string_equal(pick("v/a/1"), "v/b/1");
	done("v/b/1");
	assert_string_equal(pick("v/b/1"), "w/c/1");
}

static void
test_order_goes_before(void **state)
{
	(void)state;
	make(R T("a/1") T("a/2") T("b/1") T("b/2")
	     "build all: phony a/1 a/2 b/1 b/2\n", "b/1", "b/2");
	assert_string_equal(pick("a/1"), "b/1");
	assert_string_equal(pick("a/1"), "b/2");
	assert_string_equal(pick("b/1"), "a/1");
}

static void
test_steps_without_a_worker_or_in_a_pool(void **state)
{
	(void)state;
	make(R "build a/1: t\n" T("b/1") "build a/2: t\n"
	     T("b/2") "  pool = one\n" T("b/3") "  pool = one\n"
	     "build all: phony a/1 b/1 a/2 b/2 b/3\n", NULL, NULL);
	assert_string_equal(pick("b/1"), "a/1");
	assert_string_equal(pick("b/1"), "b/1");
	assert_string_equal(pick("b/1"), "a/2");
	assert_string_equal(pick("b/1"), "b/2");
	/* The pool is full. */
	assert_null(pick("b/1"));
	done("b/2");
	assert_string_equal(pick("b/1"), "b/3");
}

static void
test_run_again(void **state)
{
	(void)state;
	make(R T("a/1") T("a/2") T("b/1")
	     "build all: phony a/1 a/2 b/1\n", NULL, NULL);
	assert_string_equal(pick(NULL), "a/1");
	assert_string_equal(pick(NULL), "b/1");
	affinity_ended(&n, world_step(&w, "b/1"));
	plan_again(&p, world_step(&w, "b/1"));
	done("a/1");
	assert_string_equal(pick("a/1"), "a/2");
	done("a/2");
	assert_string_equal(pick("a/1"), "b/1");
	assert_null(pick("a/1"));
}

static void
test_filled_again_while_steps_run(void **state)
{
	(void)state;
	make(R T("a/1") T("a/2") T("b/1")
	     "build all: phony a/1 a/2 b/1\n", NULL, NULL);
	assert_string_equal(pick(NULL), "a/1");
	affinity_fill(&n, &p);
	assert_string_equal(pick(NULL), "b/1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_each_in_a_directory, teardown),
		cmocka_unit_test_teardown(test_a_directory_that_is_free_again,
		                          teardown),
		cmocka_unit_test_teardown(test_the_same_worker_first,
		                          teardown),
		cmocka_unit_test_teardown(test_order_goes_before, teardown),
		cmocka_unit_test_teardown(
			test_steps_without_a_worker_or_in_a_pool, teardown),
		cmocka_unit_test_teardown(test_run_again, teardown),
		cmocka_unit_test_teardown(test_filled_again_while_steps_run,
		                          teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
