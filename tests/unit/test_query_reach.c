/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "graph/load.h"
#include "query/reach.h"
#include "tree.h"

/* app needs a.o and b.o, both need h, which is made from in; a step of two
 * outputs; a cycle. */
static const char manifest[] =
	"rule r\n  command = r $in $out\n"
	"build h h2: r in\n"
	"build a.o: r a.c | h\n"
	"build b.o: r b.c || h2\n"
	"build app: r a.o b.o\n"
	"build x: r y\n"
	"build y: r x\n";

static void
load(struct graph *g)
{
	struct tree tree;
	struct buf b = { 0 };
	struct err err = { 0 };

	*g = (struct graph){ 0 };
	tree_make(&tree);
	tree_file(&tree, "build.ninja", manifest);
	assert_int_equal(graph_load_file(g, tree_path(&tree, &b,
		"build.ninja"), NULL, &err), 0);
	buf_release(&b);
	tree_remove(&tree);
}

static uint32_t
id(const struct graph *g, const char *name)
{
	uint32_t node = graph_find(g, str_of(name));

	assert_int_not_equal(node, GRAPH_NONE);
	return node;
}

/* The set's nodes are these, in this order: "a b c". */
static void
holds(const struct nodes *s, const char *want)
{
	struct buf b = { 0 };

	for (uint32_t i = 0; i < s->n; i++)
		buf_addf(&b, "%s%s", i ? " " : "", graph_cpath(s->g, s->v[i]));
	assert_string_equal(b.p ? b.p : "", want);
	buf_release(&b);
}

static void
inputs_depth_first(void **state)
{
	struct graph g;
	struct nodes s = { .g = &g };

	(void)state;
	load(&g);
	reach_inputs(&s, id(&g, "app"));
	holds(&s, "app a.o a.c h in b.o b.c h2");
	nodes_release(&s);
	graph_release(&g);
}

static void
what_is_in_the_set_is_done(void **state)
{
	struct graph g;
	struct nodes s = { .g = &g };

	(void)state;
	load(&g);
	nodes_add(&s, id(&g, "a.o"));
	reach_inputs(&s, id(&g, "app"));
	holds(&s, "a.o app b.o b.c h2 in");
	reach_inputs(&s, id(&g, "app"));
	assert_int_equal(s.n, 6);
	nodes_release(&s);
	graph_release(&g);
}

static void
users_and_all_users(void **state)
{
	struct graph g;
	struct nodes s = { .g = &g }, all = { .g = &g }, none = { .g = &g };

	(void)state;
	load(&g);
	graph_index_users(&g);
	reach_users(&s, id(&g, "in"));
	holds(&s, "h h2");
	reach_all_users(&all, id(&g, "in"));
	holds(&all, "h h2 a.o b.o app");
	reach_all_users(&none, id(&g, "app"));
	holds(&none, "");
	assert_false(nodes_has(&none, id(&g, "app")));
	assert_true(nodes_has(&all, id(&g, "app")));
	assert_false(nodes_has(&all, id(&g, "in")));
	nodes_release(&s);
	nodes_release(&all);
	nodes_release(&none);
	graph_release(&g);
}

static void
observed_inputs_are_used_too(void **state)
{
	struct graph g;
	struct nodes s = { .g = &g };
	uint32_t seen;

	(void)state;
	load(&g);
	seen = id(&g, "b.c");
	graph_observe(&g, g.nodes.p[id(&g, "a.o")].producer, &seen, 1);
	graph_index_users(&g);
	reach_users(&s, seen);
	holds(&s, "a.o b.o");
	nodes_release(&s);
	/* by declared inputs it is not needed */
	s.g = &g;
	reach_inputs(&s, id(&g, "a.o"));
	holds(&s, "a.o a.c h in");
	nodes_release(&s);
	graph_release(&g);
}

static void
cycles_end(void **state)
{
	struct graph g;
	struct nodes in = { .g = &g }, up = { .g = &g };

	(void)state;
	load(&g);
	graph_index_users(&g);
	reach_inputs(&in, id(&g, "x"));
	holds(&in, "x y");
	reach_all_users(&up, id(&g, "x"));
	holds(&up, "y x");
	nodes_release(&in);
	nodes_release(&up);
	graph_release(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inputs_depth_first),
		cmocka_unit_test(what_is_in_the_set_is_done),
		cmocka_unit_test(users_and_all_users),
		cmocka_unit_test(observed_inputs_are_used_too),
		cmocka_unit_test(cycles_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
