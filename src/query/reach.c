/* SPDX-License-Identifier: Apache-2.0 */
#include "query/reach.h"

#include <stdlib.h>

#include "util/mem.h"

void
reach_inputs(struct nodes *to, uint32_t node)
{
	const struct graph *g = to->g;
	const struct graph_step *s;
	uint32_t *stack = NULL, step;
	size_t top = 0, cap = 0;

	stack = vec_grow(stack, &cap, 1, sizeof(*stack));
	stack[top++] = node;
	while (top) {
		node = stack[--top];
		if (!nodes_add(to, node))
			continue;
		step = g->nodes.p[node].producer;
		if (step == GRAPH_NONE)
			continue;
		s = &g->steps.p[step];
		stack = vec_grow(stack, &cap, top + s->nins, sizeof(*stack));
		for (uint32_t i = s->nins; i > 0; i--)
			stack[top++] = graph_ids(g, s->ins)[i - 1];
	}
	free(stack);
}

void
reach_users(struct nodes *to, uint32_t node)
{
	const struct graph *g = to->g;
	const struct graph_node *n = &g->nodes.p[node];

	for (uint32_t i = 0; i < n->nusers; i++) {
		uint32_t step = graph_ids(g, n->users)[i];
		const struct graph_step *s = &g->steps.p[step];

		for (uint32_t k = 0; k < s->nouts; k++)
			nodes_add(to, graph_ids(g, s->outs)[k]);
	}
}

void
reach_all_users(struct nodes *to, uint32_t node)
{
	uint32_t next = to->n;

	reach_users(to, node);
	while (next < to->n)
		reach_users(to, to->v[next++]);
}
