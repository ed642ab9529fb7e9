/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "graph/internal.h"
#include "util/mem.h"

/* Depth-first walk for cycles. A step is entered through a node (the output
 * by which it was reached); its inputs and observed inputs follow. */

enum mark { NEW, OPEN, DONE };

struct visit {
	uint32_t step, node;    /* node: the output it was entered by */
	uint32_t next;          /* input to look at next */
};

struct walk {
	const struct graph *g;
	unsigned char *mark;    /* by step */
	struct visit *stack;
	size_t n, cap;
};

static void
push(struct walk *w, uint32_t step, uint32_t node)
{
	w->stack = vec_grow(w->stack, &w->cap, w->n + 1, sizeof(*w->stack));
	w->stack[w->n++] = (struct visit){ .step = step, .node = node };
	w->mark[step] = OPEN;
}

/* The stack from the open step that node belongs to, as ninja words it. */
static int
report(const struct walk *w, uint32_t step, uint32_t node, struct err *err)
{
	struct buf b = { 0 };
	size_t i = w->n;

	while (w->stack[i - 1].step != step)
		i--;
	buf_addf(&b, "dependency cycle: %s", graph_cpath(w->g, node));
	for (size_t k = i; k < w->n; k++)
		buf_addf(&b, " -> %s", graph_cpath(w->g, w->stack[k].node));
	buf_addf(&b, " -> %s", graph_cpath(w->g, node));
	if (i == w->n && graph_drops_self(&w->g->steps.p[step]))
		buf_adds(&b, " [-w phonycycle=err]");
	err_set(err, "%s", b.p);
	buf_release(&b);
	return -1;
}

static int
walk_from(struct walk *w, uint32_t root, struct err *err)
{
	const struct graph *g = w->g;
	uint32_t p = g->nodes.p[root].producer;

	if (p == GRAPH_NONE || w->mark[p] == DONE)
		return 0;
	push(w, p, root);
	while (w->n) {
		struct visit *v = &w->stack[w->n - 1];
		const struct graph_step *s = &g->steps.p[v->step];
		uint32_t node;

		if (v->next == graph_nall(s)) {
			w->mark[v->step] = DONE;
			w->n--;
			continue;
		}
		node = graph_any(g, s, v->next);
		v->next++;
		p = g->nodes.p[node].producer;
		if (p == GRAPH_NONE || w->mark[p] == DONE)
			continue;
		if (w->mark[p] == OPEN)
			return report(w, p, node, err);
		push(w, p, node);
	}
	return 0;
}

int
graph_check_cycles(const struct graph *g, const uint32_t *nodes, uint32_t n,
	struct err *err)
{
	struct walk w = { .g = g };
	int r = 0;

	w.mark = xcalloc(g->steps.n, 1);
	for (uint32_t i = 0; i < n && r == 0; i++)
		r = walk_from(&w, nodes[i], err);
	free(w.mark);
	free(w.stack);
	return r;
}
