/* SPDX-License-Identifier: Apache-2.0 */
#include "state/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "state/variables.h"
#include "util/mem.h"

/* Another graph in the place of the one that is known: what is known of steps and
 * nodes goes over to those that have their names. */

static void
carry_node(struct state *s, uint32_t to, const struct state *old, uint32_t from)
{
	s->sig[to] = old->sig[from];
	s->digest[to] = old->digest[from];
	s->made[to] = old->made[from];
	s->node_flags[to] = (uint8_t)(old->node_flags[from] &
		~(NODE_DIRTY | NODE_TODO));
}

static void
carry_observed(struct state *s, uint32_t to, const struct state *old,
	uint32_t from, struct id_list *ids)
{
	const struct graph_step *st = &old->g->steps.p[from];

	ids->n = 0;
	for (uint32_t i = 0; i < st->nobs; i++) {
		uint32_t o = graph_ids(old->g, st->obs)[i];

		id_list_add(ids, graph_node_add(s->g, graph_path(old->g, o)));
	}
	if (ids->n)
		graph_observe(s->g, to, ids->p, (uint32_t)ids->n);
}

/* What a dyndep file names is in the new graph before it is read again, so that
 * it keeps what it stands for. */
static void
carry_dyndep(struct state *s, const struct state *old, uint32_t from)
{
	const struct graph_step *st = &old->g->steps.p[from];

	if (!(st->flags & STEP_DYNDEP_DONE))
		return;
	for (uint32_t i = 0; i < st->nouts; i++)
		graph_node_add(s->g, graph_path(old->g,
			graph_ids(old->g, st->outs)[i]));
	for (uint32_t i = 0; i < st->nins; i++)
		graph_node_add(s->g, graph_path(old->g,
			graph_ids(old->g, st->ins)[i]));
}

static void
carry_steps(struct state *s, const struct state *old)
{
	struct id_list ids = { 0 };

	for (uint32_t i = 0; i < s->nsteps; i++) {
		uint32_t n, from;

		if (s->g->steps.p[i].nouts == 0)
			continue;
		n = graph_find(old->g, graph_path(s->g,
			graph_step_out(s->g, i)));
		if (n == GRAPH_NONE)
			continue;
		from = old->g->nodes.p[n].producer;
		if (from >= old->nsteps || graph_step_out(old->g, from) != n)
			continue;
		s->result[i] = old->result[from];
		s->result[i].flags &= (uint16_t)~RESULT_VERIFIED;
		carry_observed(s, i, old, from, &ids);
		carry_dyndep(s, old, from);
	}
	free(ids.p);
}

static void
carry_nodes(struct state *s, const struct state *old)
{
	for (uint32_t i = 0; i < s->nnodes; i++) {
		uint32_t from = graph_find(old->g, graph_path(s->g, i));

		if (from != GRAPH_NONE && from < old->nnodes)
			carry_node(s, i, old, from);
	}
}

static void
attach_file(struct state *s, uint32_t i)
{
	const struct graph *g = s->g;
	struct file_sig *sig = &s->priv->files[i];

	if (i < g->reads.n && S_ISREG(g->reads.p[i].sig.mode)) {
		*sig = g->reads.p[i].sig;
		sig->pad = clock_racy(&s->priv->clock,
			g->text.p + g->files.p[i].path, sig,
			g->reads.p[i].wall_ns);
	} else {
		state_file_current(s, &g->files.p[i], sig);
	}
}

/* What belongs to the graph besides nodes and steps. */
static void
attach_graph(struct state *s)
{
	struct state_private *p = s->priv;

	if (p->files_owned)
		free(p->files);
	p->nfiles = s->g->files.n;
	p->files = xcalloc(p->nfiles + 1, sizeof(*p->files));
	p->files_owned = true;
	for (uint32_t i = 0; i < p->nfiles; i++)
		attach_file(s, i);
	buf_clear(&p->env_names);
	env_declared(s->g, &p->env_names);
	environ_digest(buf_str(&p->env_names), &p->env);
	state_drop_extras(p);
	node_loose_clear(s);
	journal_forget(p);
	p->id = 0;
	p->base = 0;
	p->fold = true;
}

void
state_rebase(struct state *s, struct graph *g)
{
	struct state_private *p = s->priv;
	struct state old = *s;
	bool owned = p->owned, result_owned = p->result_owned;

	assert(g != old.g);
	s->g = g;
	s->sig = NULL;
	s->digest = NULL;
	s->made = NULL;
	s->node_flags = NULL;
	s->nnodes = 0;
	p->owned = false;
	s->nsteps = g->steps.n;
	s->result = xcalloc(s->nsteps + 1, sizeof(*s->result));
	p->result_owned = true;
	if (old.g)
		carry_steps(s, &old);
	node_room(s, g->nodes.n);
	s->nnodes = g->nodes.n;
	if (old.g)
		carry_nodes(s, &old);
	if (g->users_stale)
		graph_index_users(g);
	attach_graph(s);
	state_free_arrays(&old, owned, result_owned);
	if (is_guest(s))
		guest_learn(s, p->level);
	beside_learn(s, true);
}
