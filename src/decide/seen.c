/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/seen.h"

#include <stdlib.h>

#include "decide/internal.h"
#include "state/asked.h"
#include "store/store.h"
#include "util/mem.h"

/* Is an input that counts made by a phony step with inputs? Its digest is found
 * during a build alone. */
static bool
needs_digest(const struct graph *g, uint32_t step)
{
	const struct graph_step *st = &g->steps.p[step];

	for (uint32_t i = 0; i < graph_ndeciding(st); i++) {
		uint32_t node = graph_deciding(g, st, i);
		uint32_t made = g->nodes.p[node].producer;

		if (made != GRAPH_NONE && g->steps.p[made].flags & STEP_PHONY &&
		    g->steps.p[made].nins > 0 && !graph_assumed(g, step, node))
			return true;
	}
	return false;
}

/* May its inputs be all that decides? What is not kept, or always
 * run, depends on more than can be seen, and of what failed it is not recorded. */
static bool
may_be_seen(const struct state *s, uint32_t step)
{
	const struct result *r = &s->result[step];

	return decide_good(r) && !digest_none(&r->key) &&
	       !(s->g->steps.p[step].flags & (STEP_NOCACHE | STEP_ALWAYS |
	                                   STEP_DYNDEP)) &&
	       asked_all(s->g, step) && !needs_digest(s->g, step);
}

/* Is the result of these inputs, as the state knows them? */
static bool
is_of_inputs(const struct state *s, uint32_t step)
{
	const struct result *r = &s->result[step];
	struct digest static_key, key;
	struct err none = { 0 };

	if (r->flags & RESULT_VERIFIED)
		return true;
	if (store_key(s, step, &static_key, &none) < 0) {
		err_release(&none);
		return false;
	}
	store_full_key(s, step, &static_key, &key);
	return digest_eq(&key, &r->key);
}

/* Are all inputs that count as they were? */
static bool
is_as_it_was(const struct state *s, uint32_t step, const uint8_t *differs)
{
	const struct graph *g = s->g;
	const struct graph_step *st = &g->steps.p[step];

	for (uint32_t i = 0; i < graph_ndeciding(st); i++) {
		uint32_t node = graph_deciding(g, st, i);

		if (differs[node] && !graph_assumed(g, step, node))
			return false;
	}
	return true;
}

/* The nodes to look at: those that count, each once. */
static uint32_t *
collect_used(const struct state *s, const uint8_t *seen, uint32_t *n)
{
	const struct graph *g = s->g;
	uint8_t *has = xcalloc(g->nodes.n + 1, 1);
	uint32_t *v = xreallocarray(NULL, g->nodes.n + 1, sizeof(*v));

	*n = 0;
	for (uint32_t i = 0; i < s->nsteps; i++) {
		const struct graph_step *st = &g->steps.p[i];

		for (uint32_t k = 0; seen[i] && k < graph_ndeciding(st); k++) {
			uint32_t node = graph_deciding(g, st, k);

			if (has[node] || graph_assumed(g, i, node))
				continue;
			has[node] = 1;
			v[(*n)++] = node;
		}
	}
	free(has);
	return v;
}

void
seen_find(struct seen_steps *x, struct state *s)
{
	uint32_t *nodes, n;

	x->how = xcalloc(s->g->steps.n + 1, 1);
	x->differs = xcalloc(s->g->nodes.n + 1, 1);
	state_grow(s);
	for (uint32_t i = 0; i < s->nsteps; i++)
		x->how[i] = may_be_seen(s, i);
	nodes = collect_used(s, x->how, &n);
	state_differs(s, nodes, n, x->differs);
	for (uint32_t i = 0; i < s->nsteps; i++)
		if (!x->how[i] || !is_of_inputs(s, i))
			x->how[i] = SEEN_NOT;
		else
			x->how[i] = is_as_it_was(s, i, x->differs)
			          ? SEEN_NOW : SEEN_THEN;
	free(nodes);
}

void
seen_release(struct seen_steps *x)
{
	free(x->how);
	free(x->differs);
	*x = (struct seen_steps){ 0 };
}
