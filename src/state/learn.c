/* SPDX-License-Identifier: Apache-2.0 */
#include "state/internal.h"

#include <stdlib.h>

/* What other runs in the directory know by now. */

/* Is it of a later run than ours? What was recorded before it had a key is
 * recorded once more with it. */
static bool
is_newer(const struct result *r, const struct result *ours)
{
	if (r->start_ns != ours->start_ns)
		return r->start_ns > ours->start_ns;
	return digest_none(&ours->key) && !digest_none(&r->key);
}

/* Another state of another graph, which has the step too. */
static void
learn(struct state *s, uint32_t step, const struct state *from)
{
	uint32_t node = graph_find(from->g, graph_path(s->g,
		graph_step_out(s->g, step)));
	const struct graph_step *st;
	struct id_list ids = { 0 };
	uint32_t i, id;

	id = node == GRAPH_NONE ? GRAPH_NONE : from->g->nodes.p[node].producer;
	if (id >= from->nsteps || graph_step_out(from->g, id) != node ||
	    !is_newer(&from->result[id], &s->result[step]))
		return;
	st = &from->g->steps.p[id];
	for (i = 0; i < st->nouts; i++) {
		uint32_t out = graph_ids(from->g, st->outs)[i];
		uint32_t mine = graph_find(s->g, graph_path(from->g, out));

		if (mine != GRAPH_NONE)
			state_made(s, mine, from->made[out]);
	}
	for (i = 0; i < st->nobs; i++)
		id_list_add(&ids, graph_node_add(s->g, graph_path(from->g,
			graph_ids(from->g, st->obs)[i])));
	graph_observe(s->g, step, ids.p, (uint32_t)ids.n);
	state_grow(s);
	free(ids.p);
	node_loose(s, step);
	s->result[step] = from->result[id];
	s->result[step].flags &= (uint16_t)~RESULT_VERIFIED;
}

void
state_learn(struct state *s, uint32_t step)
{
	struct state_private *p = s->priv;
	struct graph g = { 0 };
	struct state from = { 0 };

	if (is_guest(s) && state_open(&from, &g, p->dir, p->name, STATE_READ,
	                              NULL, NULL, NULL) == 1)
		learn(s, step, &from);
	state_close(&from);
	graph_release(&g);
	for (unsigned i = 1; i <= p->level + 1; i++)
		guest_learn(s, i);
}

void
learn_all(struct state *s)
{
	struct state_private *p = s->priv;
	struct graph g = { 0 };
	struct state from = { 0 };

	if (state_open(&from, &g, p->dir, p->name, STATE_READ, NULL, NULL,
	               NULL) == 1)
		for (uint32_t i = 0; i < s->g->steps.n; i++)
			learn(s, i, &from);
	state_close(&from);
	graph_release(&g);
}
