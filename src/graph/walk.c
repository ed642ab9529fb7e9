/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/walk.h"

#include <stdlib.h>

#include "graph/internal.h"
#include "util/mem.h"

/* Depth first. A step is entered through a node (the output by which it was
 * reached); its inputs follow. */

enum mark { NEW, OPEN, DONE };

struct graph_visit {
	uint32_t step, node;    /* node: the output it was entered by */
	uint32_t next;          /* input to look at next */
};

static void
enter_step(struct graph_walk *w, uint32_t step, uint32_t node)
{
	w->stack = vec_grow(w->stack, &w->stack_cap, w->depth + 1,
	                    sizeof(*w->stack));
	w->stack[w->depth++] = (struct graph_visit){
		.step = step, .node = node,
	};
	w->mark[step] = OPEN;
}

static void
step_done(struct graph_walk *w, uint32_t step)
{
	w->mark[step] = DONE;
	w->steps = vec_grow(w->steps, &w->cap, w->n + 1, sizeof(*w->steps));
	w->steps[w->n++] = step;
}

/* The stack from the open step that node belongs to, as ninja words it. */
static int
tell_cycle(const struct graph_walk *w, uint32_t step, uint32_t node,
	struct err *err)
{
	struct buf b = { 0 };
	size_t i = w->depth;

	while (w->stack[i - 1].step != step)
		i--;
	buf_addf(&b, "dependency cycle: %s", graph_cpath(w->g, node));
	for (size_t k = i; k < w->depth; k++)
		buf_addf(&b, " -> %s", graph_cpath(w->g, w->stack[k].node));
	buf_addf(&b, " -> %s", graph_cpath(w->g, node));
	if (i == w->depth && graph_drops_self(&w->g->steps.p[step]))
		buf_adds(&b, " [-w phonycycle=err]");
	err_set(err, "%s", b.p);
	buf_release(&b);
	return -1;
}

/* Enters the step that makes node unless it is known. */
static int
meet_node(struct graph_walk *w, uint32_t node, struct err *err)
{
	uint32_t step = w->g->nodes.p[node].producer;

	if (step == GRAPH_NONE || w->mark[step] == DONE)
		return 0;
	if (w->mark[step] == NEW)
		enter_step(w, step, node);
	else if (err)
		return tell_cycle(w, step, node, err);
	return 0;
}

static void
begin_walk(struct graph_walk *w)
{
	if (!w->mark)
		w->mark = xcalloc(w->g->steps.n + 1, 1);
}

int
graph_walk_add(struct graph_walk *w, uint32_t node, struct err *err)
{
	const struct graph *g = w->g;

	begin_walk(w);
	meet_node(w, node, NULL);
	while (w->depth) {
		struct graph_visit *v = &w->stack[w->depth - 1];
		const struct graph_step *s = &g->steps.p[v->step];

		if (v->next == (w->observed ? graph_nall(s) : s->nins)) {
			step_done(w, v->step);
			w->depth--;
			continue;
		}
		if (meet_node(w, graph_any(g, s, v->next++), err) < 0)
			return -1;
	}
	return 0;
}

void
graph_walk_one(struct graph_walk *w, uint32_t node)
{
	uint32_t step = w->g->nodes.p[node].producer;

	begin_walk(w);
	if (step != GRAPH_NONE && w->mark[step] == NEW)
		step_done(w, step);
}

void
graph_walk_release(struct graph_walk *w)
{
	free(w->steps);
	free(w->mark);
	free(w->stack);
	*w = (struct graph_walk){ 0 };
}

int
graph_check_cycles(const struct graph *g, const uint32_t *nodes, uint32_t n,
	struct err *err)
{
	struct graph_walk w = { .g = g, .observed = true };
	struct err none = { 0 };
	int r = 0;

	for (uint32_t i = 0; i < n && r == 0; i++)
		r = graph_walk_add(&w, nodes[i], err ? err : &none);
	graph_walk_release(&w);
	err_release(&none);
	return r;
}
