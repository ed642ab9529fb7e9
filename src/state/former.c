/* SPDX-License-Identifier: Apache-2.0 */
#include "state/former.h"

#include <string.h>

bool
former_dead(const struct graph *g, struct str path)
{
	uint32_t node = graph_find(g, path);

	return node == GRAPH_NONE ||
	       (g->nodes.p[node].producer == GRAPH_NONE &&
		!(g->nodes.p[node].flags & GRAPH_NODE_MANIFEST));
}

static void
add_former(const struct graph *now, struct str path, struct buf *out)
{
	if (path.n && former_dead(now, path)) {
		buf_addstr(out, path);
		buf_addc(out, '\0');
	}
}

/* Calls see for each path in a list of them. */
static void
each(struct str list, void (*see)(void *ctx, struct str path), void *ctx)
{
	const char *nul;

	while (list.n && (nul = memchr(list.p, '\0', list.n))) {
		see(ctx, (struct str){ list.p, (size_t)(nul - list.p) });
		list.n -= (size_t)(nul + 1 - list.p);
		list.p = nul + 1;
	}
}

struct collect {
	const struct graph *now;
	struct buf *out;
};

static void
add_kept(void *ctx, struct str path)
{
	const struct collect *c = ctx;

	add_former(c->now, path, c->out);
}

void
former_collect(const struct state *s, const struct graph *now,
	struct buf *out)
{
	struct collect c = { now, out };
	const struct graph *g = s->g;
	const struct graph_step *st;
	uint32_t i, j;

	if (!g)
		return;
	each(state_extra(s, STATE_FORMER), add_kept, &c);
	for (i = 0; i < g->steps.n && i < s->nsteps; i++) {
		st = &g->steps.p[i];
		if ((st->flags & STEP_PHONY) ||
		    s->result[i].status == RESULT_NONE)
			continue;
		for (j = 0; j < st->nouts; j++)
			add_former(now, graph_path(g, graph_ids(g, st->outs)[j]),
				out);
	}
}

/* Has a step made it that is not told of by the manifest? */
static bool
by_dyndep(const struct state *s, uint32_t node)
{
	const struct graph_node *n = &s->g->nodes.p[node];

	return n->producer != GRAPH_NONE && !(n->flags & GRAPH_NODE_MANIFEST) &&
		s->result[n->producer].status != RESULT_NONE;
}

struct others {
	const struct state *s;
	struct buf *out;
};

static void
add_other(void *ctx, struct str path)
{
	const struct others *o = ctx;
	uint32_t node = graph_find(o->s->g, path);

	if (node != GRAPH_NONE && by_dyndep(o->s, node))
		return;
	buf_addstr(o->out, path);
	buf_addc(o->out, '\0');
}

void
former_dyndeps(struct state *s)
{
	struct buf all = { 0 };
	struct others o = { s, &all };
	uint32_t i;

	/* They came after all that the manifest names. */
	for (i = s->g->nodes.n; i-- > 0 &&
	     !(s->g->nodes.p[i].flags & GRAPH_NODE_MANIFEST);) {
		if (!by_dyndep(s, i))
			continue;
		buf_addstr(&all, graph_path(s->g, i));
		buf_addc(&all, '\0');
	}
	if (all.n) {
		each(state_extra(s, STATE_FORMER), add_other, &o);
		state_set_extra(s, STATE_FORMER, buf_str(&all));
	}
	buf_release(&all);
}

void
former_each(const struct state *s, void (*see)(void *ctx, struct str path),
	void *ctx)
{
	each(state_extra(s, STATE_FORMER), see, ctx);
}
