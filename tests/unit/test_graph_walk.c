/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "graph/load.h"
#include "graph/walk.h"
#include "tree.h"

static void
load_ok(struct graph *g, const char *text)
{
	struct tree t;
	struct buf path = { 0 };
	struct err err = { 0 };

	tree_make(&t);
	tree_file(&t, "build.ninja", text);
	assert_int_equal(graph_load_file(g, tree_path(&t, &path,
		"build.ninja"), NULL, &err), 0);
	buf_release(&path);
	tree_remove(&t);
}

/* The first outputs of the steps that were found, in their order. */
static void
expect_steps(const struct graph_walk *w, const char *want)
{
	struct buf b = { 0 };

	buf_reserve(&b, 0);
	for (size_t i = 0; i < w->n; i++)
		buf_addf(&b, "%s%s", i ? " " : "",
			graph_cpath(w->g, graph_step_out(w->g, w->steps[i])));
	assert_string_equal(b.p, want);
	buf_release(&b);
}

static void
add(struct graph_walk *w, const char *node)
{
	assert_int_equal(graph_walk_add(w, graph_find(w->g, str_of(node)),
		NULL), 0);
}

static const char manifest[] =
	"rule r\n  command = r $in $out\n"
	"build app: r main.o || lib.a\n"
	"build lib.a: r lib.o main.o\n"
	"build main.o: r main.c gen.h\n"
	"build lib.o: r lib.c | gen.h\n"
	"build gen.h gen.c: r gen\n"
	"build all: phony app\n";

static void
what_is_needed_comes_first(void **state)
{
	struct graph g = { 0 };
	struct graph_walk w = { .g = &g };

	(void)state;
	load_ok(&g, manifest);
	add(&w, "lib.o");
	expect_steps(&w, "gen.h lib.o");
	add(&w, "all");
	expect_steps(&w, "gen.h lib.o main.o lib.a app all");
	add(&w, "gen.c");
	add(&w, "main.c");
	assert_int_equal(w.n, 6);
	graph_walk_release(&w);
	w.g = &g;
	add(&w, "app");
	expect_steps(&w, "gen.h main.o lib.o lib.a app");
	graph_walk_release(&w);
	graph_release(&g);
}

static void
one_step_alone(void **state)
{
	struct graph g = { 0 };
	struct graph_walk w = { .g = &g };

	(void)state;
	load_ok(&g, manifest);
	graph_walk_one(&w, graph_find(&g, STR("app")));
	graph_walk_one(&w, graph_find(&g, STR("app")));
	graph_walk_one(&w, graph_find(&g, STR("main.c")));
	expect_steps(&w, "app");
	graph_walk_release(&w);
	graph_release(&g);
}

static void
observed_inputs_if_wished(void **state)
{
	struct graph g = { 0 };
	struct graph_walk w = { .g = &g };
	uint32_t app, seen;

	(void)state;
	load_ok(&g, "rule r\n  command = x\nbuild app: r a\nbuild seen: r b\n");
	app = graph_find(&g, STR("app"));
	seen = graph_find(&g, STR("seen"));
	graph_observe(&g, g.nodes.p[app].producer, &seen, 1);
	add(&w, "app");
	expect_steps(&w, "app");
	graph_walk_release(&w);
	w = (struct graph_walk){ .g = &g, .observed = true };
	add(&w, "app");
	expect_steps(&w, "seen app");
	graph_walk_release(&w);
	graph_release(&g);
}

/* A walk that nobody asked for cycles ends, and has each step once. */
static void
cycles_are_passed_over(void **state)
{
	struct graph g = { 0 };
	struct graph_walk w = { .g = &g };

	(void)state;
	load_ok(&g, "rule r\n  command = x\nbuild a: r b\nbuild b: r c\n"
		"build c: r a d\nbuild d: r\n");
	add(&w, "a");
	expect_steps(&w, "d c b a");
	graph_walk_release(&w);
	graph_release(&g);
}

static void
cycles_are_told(void **state)
{
	struct graph g = { 0 };
	struct err err = { 0 };
	uint32_t n;

	(void)state;
	load_ok(&g, "rule r\n  command = x\nbuild a: r b\nbuild b: r c\n"
	        "build c: r a\n");
	n = graph_find(&g, STR("a"));
	assert_int_equal(graph_check_cycles(&g, &n, 1, &err), -1);
	assert_string_equal(err.msg, "dependency cycle: a -> b -> c -> a");
	err_release(&err);
	graph_release(&g);
}

static void
nothing_recurses(void **state)
{
	enum { DEEP = 200000 };
	struct graph g = { 0 };
	struct buf b = { 0 };
	struct err err = { 0 };
	uint32_t n;

	(void)state;
	buf_adds(&b, "rule r\n  command = x\n");
	for (int i = 0; i < DEEP; i++)
		buf_addf(&b, "build n%d: r n%d\n", i, i + 1);
	load_ok(&g, b.p);
	n = graph_find(&g, STR("n0"));
	assert_int_equal(graph_check_cycles(&g, &n, 1, &err), 0);
	buf_release(&b);
	graph_release(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_needed_comes_first),
		cmocka_unit_test(one_step_alone),
		cmocka_unit_test(observed_inputs_if_wished),
		cmocka_unit_test(cycles_are_passed_over),
		cmocka_unit_test(cycles_are_told),
		cmocka_unit_test(nothing_recurses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
