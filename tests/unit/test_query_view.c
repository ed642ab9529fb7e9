/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "graph/load.h"
#include "query/eval.h"
#include "tree.h"

enum { NODES = 24, GRAPHS = 60 };

static uint32_t
next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void
load(struct graph *g, const char *text)
{
	struct tree tree;
	struct buf b = { 0 };
	struct err err = { 0 };

	*g = (struct graph){ 0 };
	tree_make(&tree);
	tree_file(&tree, "build.ninja", text);
	assert_int_equal(graph_load_file(g, tree_path(&tree, &b,
		"build.ninja"), NULL, &err), 0);
	graph_index_users(g);
	buf_release(&b);
	tree_remove(&tree);
}

static uint32_t
id(const struct graph *g, unsigned i)
{
	struct buf b = { 0 };
	uint32_t node;

	buf_addf(&b, "n%u", i);
	node = graph_find(g, buf_str(&b));
	buf_release(&b);
	return node;
}

/* A graph in which every node may need every other; edge[i][j]: i needs j. */
static void
random_graph(struct graph *g, uint32_t *seed, bool edge[NODES][NODES])
{
	static const char *const before[] = { " ", " | ", " || " };
	struct buf b = { 0 };

	buf_adds(&b, "rule r\n  command = r\n");
	for (unsigned i = 0; i < NODES; i++) {
		unsigned class = 0;

		buf_addf(&b, "build n%u: %s", i, next(seed) % 4 ? "r"
		         : "phony");
		for (unsigned j = 0; j < NODES; j++) {
			unsigned to = next(seed) % 3;

			edge[i][j] = i != j && next(seed) % NODES < 2;
			if (!edge[i][j])
				continue;
			buf_addf(&b, "%sn%u", to > class ? before[to] : " ", j);
			class = to > class ? to : class;
		}
		buf_addc(&b, '\n');
	}
	load(g, b.p);
	buf_release(&b);
}

/* How many steps each node is away from another: NODES if it is not reached. */
static void
distances(bool edge[NODES][NODES], unsigned d[NODES][NODES])
{
	for (unsigned i = 0; i < NODES; i++)
		for (unsigned j = 0; j < NODES; j++)
			d[i][j] = i == j ? 0 : edge[i][j] ? 1 : NODES;
	for (unsigned k = 0; k < NODES; k++)
		for (unsigned i = 0; i < NODES; i++)
			for (unsigned j = 0; j < NODES; j++)
				if (d[i][k] + d[k][j] < d[i][j])
					d[i][j] = d[i][k] + d[k][j];
}

static void
searches_find_what_is_so_far_away(void **state)
{
	bool edge[NODES][NODES];
	unsigned d[NODES][NODES];
	uint32_t seed = 7;

	(void)state;
	for (unsigned round = 0; round < GRAPHS; round++) {
		struct graph g;
		struct view v;
		unsigned at = next(&seed) % NODES, far = next(&seed) % 4;

		random_graph(&g, &seed, edge);
		distances(edge, d);
		view_init(&v, &g, NULL);
		for (enum view_way way = VIEW_NEEDS; way <= VIEW_USERS; way++) {
			struct bits from, out;

			bits_init(&from, g.nodes.n);
			bits_init(&out, g.nodes.n);
			bits_add(&from, id(&g, at));
			view_search(&v, &from, way, far == 3 ? UINT32_MAX : far,
			            &out);
			for (unsigned i = 0; i < NODES; i++) {
				unsigned away = way == VIEW_NEEDS ? d[at][i]
				                                  : d[i][at];

				assert_int_equal(bits_has(&out, id(&g, i)),
				                 away < NODES &&
				                 (far == 3 || away <= far));
			}
			assert_int_equal(bits_count(&out), v.n);
			bits_release(&from);
			bits_release(&out);
		}
		view_release(&v);
		graph_release(&g);
	}
}

static void
paths_are_shortest_and_along_edges(void **state)
{
	bool edge[NODES][NODES];
	unsigned d[NODES][NODES];
	uint32_t seed = 11;

	(void)state;
	for (unsigned round = 0; round < GRAPHS; round++) {
		struct graph g;
		struct view v;
		struct bits from, to;
		unsigned a = next(&seed) % NODES, b = next(&seed) % NODES;
		bool found;

		random_graph(&g, &seed, edge);
		distances(edge, d);
		view_init(&v, &g, NULL);
		bits_init(&from, g.nodes.n);
		bits_init(&to, g.nodes.n);
		bits_add(&from, id(&g, a));
		bits_add(&to, id(&g, b));
		found = view_path(&v, &from, &to);
		assert_int_equal(found, d[a][b] < NODES);
		if (found)
			assert_int_equal(v.n, d[a][b] + 1);
		for (uint32_t i = 0; found && i + 1 < v.n; i++) {
			uint32_t one = v.order[i], two = v.order[i + 1];
			struct view next_to;
			bool is = false;

			view_init(&next_to, &g, NULL);
			view_needs(&next_to, one);
			for (uint32_t k = 0; k < next_to.n; k++)
				is = is || next_to.order[k] == two;
			view_release(&next_to);
			assert_true(is);
		}
		bits_release(&from);
		bits_release(&to);
		view_release(&v);
		graph_release(&g);
	}
}

static void
direct_needs_one_after_the_other(void **state)
{
	bool edge[NODES][NODES];
	uint32_t seed = 3;
	struct graph g;
	struct view v;

	(void)state;
	random_graph(&g, &seed, edge);
	view_init(&v, &g, NULL);
	for (unsigned i = 0; i < NODES; i++) {
		unsigned n = 0;

		view_needs(&v, id(&g, i));
		for (unsigned j = 0; j < NODES; j++) {
			bool is = false;

			n += edge[i][j];
			for (uint32_t k = 0; k < v.n; k++)
				is = is || v.order[k] == id(&g, j);
			assert_int_equal(is, edge[i][j]);
		}
		assert_int_equal(v.n, n);
	}
	view_release(&v);
	graph_release(&g);
}

/* What the front end of a Python repository says: a imports b, which is in a
 * circle with c, which imports leaf; a test of a, which reads data. */
static const char python[] =
	"rule test\n  command = t\n"
	"build .tgraph/g/m/b.py: phony b.py c.py | leaf.py\n"
	"  tg_kind = group\n"
	"build .tgraph/g/m/a.py: phony a.py | .tgraph/g/m/b.py\n"
	"  tg_kind = group\n"
	"build .tgraph/g/m/t.py: phony t.py | .tgraph/g/m/a.py\n"
	"  tg_kind = group\n"
	"build .tgraph/g/data/_root: phony data.txt ini\n  tg_kind = data\n"
	"build .tgraph/g/files: phony a.py b.py c.py leaf.py t.py data.txt\n"
	"  tg_kind = files\n"
	"build .tgraph/r/t.json | .tgraph/r/t.log: test t.py | "
	".tgraph/g/m/t.py .tgraph/g/data/_root\n  tg_kind = test\n"
	"build .tgraph/r/hook.json: test | .tgraph/g/m/b.py\n"
	"  tg_kind = test\n  tg_file = hooked\n";

/* For answer; NULL: nothing was seen. */
static const uint8_t *steps_seen;

static const uint8_t *
seen_steps(void *ctx)
{
	(void)ctx;
	return steps_seen;
}

static int
find(void *ctx, struct str name, struct bits *out, struct err *err)
{
	uint32_t node = graph_find(ctx, name);

	if (node == GRAPH_NONE)
		return err_set(err, "unknown");
	bits_add(out, node);
	return 0;
}

static void
answer(struct graph *g, const char *text, const char *want)
{
	struct arena a = { 0 };
	struct view v;
	struct buf b = { 0 };
	struct err err = { 0 };
	struct expr *e = expr_parse(&a, text, strlen(text), &err);
	struct eval ev = {
		.view = &v, .text = str_of(text), .find = find, .seen = seen_steps,
		.ctx = g,
	};

	view_init(&v, g, NULL);
	assert_non_null(e);
	assert_int_equal(eval_run(&ev, e, &err), 0);
	for (uint32_t i = bits_next(&ev.set, 0); i < ev.set.n;
	     i = bits_next(&ev.set, i + 1))
		buf_addf(&b, "%s%s", b.n ? " " : "", graph_cpath(g, i));
	assert_string_equal(b.p ? b.p : "", want);
	buf_release(&b);
	eval_release(&ev);
	view_release(&v);
	arena_release(&a);
}

/* In the order of the manifest's text. */
static void
modules_stand_for_their_groups(void **state)
{
	struct graph g;

	(void)state;
	load(&g, python);
	answer(&g, "deps(a.py)", "b.py c.py leaf.py a.py");
	answer(&g, "deps(a.py, 1)", "b.py c.py a.py");
	answer(&g, "deps(b.py)", "b.py c.py leaf.py");
	answer(&g, "deps(t.py)", "b.py c.py leaf.py a.py t.py data.txt ini");
	answer(&g, "deps(t.py, 1)", "a.py t.py data.txt ini");
	answer(&g, "rdeps(leaf.py)",
	       "b.py c.py leaf.py a.py t.py .tgraph/r/hook.json");
	answer(&g, "rdeps(leaf.py, 1)", "b.py c.py leaf.py");
	answer(&g, "rdeps(c.py, 1)", "b.py c.py a.py .tgraph/r/hook.json");
	answer(&g, "affected(data.txt)", "t.py");
	answer(&g, "affected(leaf.py)", "t.py .tgraph/r/hook.json");
	answer(&g, "kind(test)", "t.py .tgraph/r/hook.json");
	answer(&g, "somepath(t.py, leaf.py)", "b.py leaf.py a.py t.py");
	answer(&g, "allpaths(a.py, c.py)", "b.py c.py a.py");
	answer(&g, "attr(tg_file, hooked)", ".tgraph/r/hook.json");
	answer(&g, "filter(/tgraph/)", ".tgraph/r/hook.json");
	graph_release(&g);
}

/* The same, with all that t.py was seen to use: a.py without its imports, and a
 * file that a step makes. */
static const char narrowed[] =
	"rule test\n  command = t\nrule make\n  command = m\n"
	"build .tgraph/g/m/b.py: phony b.py | leaf.py\n  tg_kind = group\n"
	"build .tgraph/g/m/a.py: phony a.py | .tgraph/g/m/b.py\n"
	"  tg_kind = group\n"
	"build .tgraph/g/m/t.py: phony t.py | .tgraph/g/m/a.py\n"
	"  tg_kind = group\n"
	"build .tgraph/g/m/u.py: phony u.py | .tgraph/g/m/t.py\n"
	"  tg_kind = group\n"
	"build made.txt: make leaf.py maker\n"
	"build .tgraph/r/t.json: test t.py | .tgraph/g/m/t.py conftest\n"
	"  tg_kind = test\n  tg_assumed = 1\n"
	"build .tgraph/r/u.json: test u.py | .tgraph/g/m/u.py\n"
	"  tg_kind = test\n  tg_assumed = 1\n";

static void
what_was_seen_counts_instead(void **state)
{
	uint32_t used[4], step;
	uint8_t *seen;
	struct graph g;

	(void)state;
	load(&g, narrowed);
	answer(&g, "affected(b.py)", "t.py u.py");
	used[0] = graph_node_add(&g, STR("a.py"));
	used[1] = graph_node_add(&g, STR("made.txt"));
	used[2] = graph_node_add(&g, STR("data"));
	used[3] = graph_node_add(&g, STR("look:a.py"));
	step = g.nodes.p[graph_find(&g, STR(".tgraph/r/t.json"))].producer;
	graph_observe(&g, step, used, 4);
	graph_index_users(&g);
	seen = calloc(g.steps.n, 1);
	assert_non_null(seen);
	seen[step] = 1;
	steps_seen = seen;
	answer(&g, "deps(t.py)",
	       "leaf.py a.py t.py made.txt maker conftest data");
	answer(&g, "deps(t.py, 1)", "a.py t.py made.txt conftest data");
	answer(&g, "deps(set(t.py a.py))",
	       "b.py leaf.py a.py t.py made.txt maker conftest data");
	answer(&g, "rdeps(a.py)", "a.py t.py u.py");
	answer(&g, "affected(b.py)", "u.py");
	answer(&g, "rdeps(b.py)", "b.py a.py u.py");
	answer(&g, "affected(leaf.py)", "t.py u.py");
	answer(&g, "affected(maker)", "t.py u.py");
	answer(&g, "affected(conftest)", "t.py u.py");
	answer(&g, "affected(data)", "t.py u.py");
	answer(&g, "affected(t.py)", "t.py u.py");
	answer(&g, "somepath(t.py, b.py)", "");
	answer(&g, "somepath(t.py, made.txt)", "t.py made.txt");
	answer(&g, "somepath(u.py, b.py)", "b.py a.py t.py u.py");
	answer(&g, "filter(/a.py/)", "a.py");
	steps_seen = NULL;
	free(seen);
	graph_release(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches_find_what_is_so_far_away),
		cmocka_unit_test(paths_are_shortest_and_along_edges),
		cmocka_unit_test(direct_needs_one_after_the_other),
		cmocka_unit_test(modules_stand_for_their_groups),
		cmocka_unit_test(what_was_seen_counts_instead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
