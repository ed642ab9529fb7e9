/* SPDX-License-Identifier: Apache-2.0 */
#include "query/view.h"

#include "query/internal.h"
#include "state/asked.h"
#include "state/state.h"

/* Is it the result of a run that has test files, which are shown instead? */
static bool
is_run(const struct graph *g, uint32_t node)
{
	uint32_t step = g->nodes.p[node].producer;

	return step != GRAPH_NONE && g->steps.p[step].flags & STEP_TEST &&
	       graph_nexplicit(&g->steps.p[step]) > 0;
}

bool
view_shows(const struct graph *g, uint32_t node)
{
	uint32_t step = g->nodes.p[node].producer;

	if (asked_node(g, node))
		return false;
	if (!state_owns(graph_path(g, node)))
		return true;
	/* what hooks make tests of has no test file */
	return step != GRAPH_NONE && g->steps.p[step].flags & STEP_TEST &&
	       !is_run(g, node) && graph_step_out(g, step) == node;
}

bool
view_stands_for_inputs(const struct graph *g, uint32_t step)
{
	uint32_t out = graph_step_out(g, step);

	return !view_shows(g, out) && (graph_kind(g, out) == KIND_GROUP ||
	                               is_run(g, out));
}

bool
view_has_explicit(const struct graph *g, uint32_t step, uint32_t node)
{
	const struct graph_step *st = &g->steps.p[step];

	for (uint32_t i = 0; i < graph_nexplicit(st); i++)
		if (graph_ids(g, st->ins)[i] == node)
			return true;
	return false;
}

uint32_t
view_next_run(const struct graph *g, uint32_t node, uint32_t *at)
{
	const struct graph_node *n = &g->nodes.p[node];

	if (*at == 0 && n->producer != GRAPH_NONE &&
	    g->steps.p[n->producer].flags & STEP_TEST) {
		*at = n->nusers + 1;
		return n->producer;
	}
	while (*at < n->nusers) {
		uint32_t step = graph_ids(g, n->users)[(*at)++];

		if (g->steps.p[step].flags & STEP_TEST &&
		    view_stands_for_inputs(g, step) &&
		    view_has_explicit(g, step, node))
			return step;
	}
	return GRAPH_NONE;
}

bool
view_is_test(const struct graph *g, uint32_t node)
{
	uint32_t at = 0;

	return view_shows(g, node) &&
	       view_next_run(g, node, &at) != GRAPH_NONE;
}
