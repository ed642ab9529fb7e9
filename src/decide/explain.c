/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/explain.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* So many changed files behind a step's inputs are named. */
enum { NAMED = 12 };

struct search {
	const struct decide *d;
	struct buf *out;
	unsigned char *seen;    /* by node */
	uint32_t *stack;        /* nodes behind phony steps, not yet seen to */
	size_t n, cap;
	uint32_t named, more;
};

static void
short_hex(char out[9], const struct digest *g)
{
	char hex[DIGEST_HEX + 1];

	digest_hex(g, hex);
	memcpy(out, hex, 8);
	out[8] = '\0';
}

/* Of an input without a phony step, or of a phony's own file. */
static bool
explain_content(const struct decide *d, uint32_t node, struct buf *out)
{
	const struct state *s = d->s;
	const char *path = graph_cpath(s->g, node);
	struct digest old = { 0 };
	char was[9], is[9];

	if (node < d->nold)
		old = d->old[node];
	if (s->g->nodes.p[node].producer == GRAPH_NONE &&
	    s->node_flags[node] & NODE_MISSING && !digest_none(&old))
		buf_addf(out, "%s has no in-edge and is missing\n", path);
	if (digest_none(&old) || digest_eq(&old, &s->digest[node]))
		return false;
	short_hex(was, &old);
	short_hex(is, &s->digest[node]);
	if (digest_none(&s->digest[node]))
		buf_addf(out, "content of %s changed (%s -> missing)\n", path,
		         was);
	else
		buf_addf(out, "content of %s changed (%s -> %s)\n", path, was,
		         is);
	return true;
}

/* Is the node a name for others? */
static bool
stands_for(const struct graph *g, uint32_t node)
{
	uint32_t step = g->nodes.p[node].producer;

	return step != GRAPH_NONE && g->steps.p[step].flags & STEP_PHONY &&
	       g->steps.p[step].nins > g->steps.p[step].norder;
}

static bool
is_new(const struct decide *d, uint32_t node)
{
	return (node >= d->nold || digest_none(&d->old[node])) &&
	       !digest_none(&d->s->digest[node]);
}

/* A file behind a phony step. */
static bool
leaf(struct search *w, uint32_t node)
{
	if (!(w->d->s->node_flags[node] & NODE_CHANGED))
		return false;
	if (w->named == NAMED) {
		w->more++;
		return true;
	}
	if (is_new(w->d, node))
		buf_addf(w->out, "%s is new\n",
		         graph_cpath(w->d->s->g, node));
	else if (!explain_content(w->d, node, w->out))
		return false;
	w->named++;
	return true;
}

static void
push(struct search *w, uint32_t node)
{
	if (w->seen[node])
		return;
	w->seen[node] = 1;
	w->stack = vec_grow(w->stack, &w->cap, w->n + 1, sizeof(*w->stack));
	w->stack[w->n++] = node;
}

/* Everything behind the node that has not been seen to. */
static bool
behind(struct search *w, uint32_t node)
{
	const struct graph *g = w->d->s->g;
	const struct graph_step *st;
	bool said = false;

	push(w, node);
	while (w->n) {
		node = w->stack[--w->n];
		if (!stands_for(g, node)) {
			said |= leaf(w, node);
			continue;
		}
		st = &g->steps.p[g->nodes.p[node].producer];
		/* the first is to come off first */
		for (uint32_t i = graph_nneeded(st); i-- > 0;)
			push(w, graph_ids(g, st->ins)[i]);
	}
	return said;
}

/* Groups of a Python repository are called by what is in them. */
static const char *
group_name(const struct graph *g, uint32_t node)
{
	static const char *const heads[] = { ".tgraph/g/m/", ".tgraph/g/" };

	for (size_t i = 0; i < countof(heads); i++)
		if (str_starts(graph_path(g, node), heads[i]))
			return graph_cpath(g, node) + strlen(heads[i]);
	return graph_cpath(g, node);
}

bool
changed_explain(const struct decide *d, uint32_t step, struct buf *out)
{
	const struct state *s = d->s;
	const struct graph_step *st = &s->g->steps.p[step];
	struct search w = { .d = d, .out = out };
	uint32_t group = GRAPH_NONE;
	bool said = false;

	w.seen = xcalloc(s->g->nodes.n + 1, 1);
	for (uint32_t i = 0; i < graph_ndeciding(st); i++) {
		uint32_t n = graph_deciding(s->g, st, i);

		if (w.seen[n] || !(s->node_flags[n] & NODE_CHANGED))
			continue;
		if (!stands_for(s->g, n)) {
			w.seen[n] = 1;
			said |= explain_content(d, n, out);
		} else if (behind(&w, n)) {
			said = true;
		} else if (!is_new(d, n)) {
			group = n;
		}
	}
	if (w.more)
		buf_addf(out, "and %u more files behind its inputs changed\n",
		         w.more);
	if (!said && group != GRAPH_NONE) {
		buf_addf(out, "a file was removed or is used no more: %s\n",
		         group_name(s->g, group));
		said = true;
	}
	free(w.seen);
	free(w.stack);
	return said;
}
