/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <stdlib.h>

#include "decide/dyndep.h"
#include "util/mem.h"

/* A depth-first walk in the order in which ninja adds targets, made only when
 * something is known to be missing. */

struct place {
	uint32_t step, via, next;       /* via: the output it was entered by */
};

/* What is only observed may be missing: its user runs then. */
static bool
is_missing(const struct build *b, uint32_t node)
{
	return b->g->nodes.p[node].producer == GRAPH_NONE &&
	       b->g->nodes.p[node].flags & GRAPH_NODE_MANIFEST &&
	       b->s->node_flags[node] & NODE_MISSING;
}

/* The i-th input as ninja has them in line: what was observed comes before
 * the order-only ones. */
static uint32_t
input_at(const struct graph *g, const struct graph_step *s, uint32_t i)
{
	uint32_t n = graph_ndeciding(s);

	return i < n ? graph_deciding(g, s, i)
	             : graph_ids(g, s->ins)[i - s->nobs];
}

static int
tell_missing(const struct build *b, uint32_t node, uint32_t via,
	struct err *err)
{
	if (via == GRAPH_NONE)
		return err_set(err, "'%s' missing and no known rule to make "
		               "it", graph_cpath(b->g, node));
	return err_set(err, "'%s', needed by '%s', missing and no known rule "
	               "to make it", graph_cpath(b->g, node),
	               graph_cpath(b->g, via));
}

/* Nothing is asked of the inputs of steps that are up to date. */
static bool
wants_nothing(const struct build *b, uint32_t step)
{
	return b->plan.state[step] == PLAN_CLEAN ||
	       b->plan.state[step] == PLAN_DONE;
}

/* A missing input would have made a step dirty; a phony one is always gone
 * through. */
static bool
enters(const struct build *b, uint32_t step)
{
	return !wants_nothing(b, step) || b->g->steps.p[step].flags & STEP_PHONY;
}

struct search {
	const struct build *b;
	unsigned char *seen;    /* by step */
	struct place *stack;
	size_t n, cap;
};

static void
push(struct search *f, uint32_t step, uint32_t via)
{
	f->seen[step] = 1;
	f->stack = vec_grow(f->stack, &f->cap, f->n + 1, sizeof(*f->stack));
	f->stack[f->n++] = (struct place){ .step = step, .via = via };
}

/* A dyndep file that is not there and that nothing makes is told of first. */
static int
search_step(struct search *f, uint32_t step, uint32_t via, struct err *err)
{
	const struct build *b = f->b;
	uint32_t file = GRAPH_NONE;

	if (dyndep_pending(b->g, step))
		file = dyndep_file(b->g, step);
	if (file != GRAPH_NONE && is_missing(b, file))
		return err_set(err, "loading '%s': No such file or directory",
		               graph_cpath(b->g, file));
	push(f, step, via);
	return 0;
}

static int
search_from(struct search *f, uint32_t root, struct err *err)
{
	const struct build *b = f->b;
	uint32_t made = b->g->nodes.p[root].producer;

	if (made == GRAPH_NONE &&
	    b->s->node_flags[root] & NODE_MISSING)
		return tell_missing(b, root, GRAPH_NONE, err);
	if (made == GRAPH_NONE || f->seen[made] || !enters(b, made))
		return 0;
	if (search_step(f, made, root, err) < 0)
		return -1;
	while (f->n) {
		struct place *p = &f->stack[f->n - 1];
		const struct graph_step *s = &b->g->steps.p[p->step];
		uint32_t node;

		if (p->next == graph_nall(s)) {
			f->n--;
			continue;
		}
		node = input_at(b->g, s, p->next++);
		if (is_missing(b, node) && (p->next <= graph_ndeciding(s) ||
		    !wants_nothing(b, p->step)))
			return tell_missing(b, node, p->via, err);
		made = b->g->nodes.p[node].producer;
		if (made != GRAPH_NONE && !f->seen[made] && enters(b, made) &&
		    search_step(f, made, node, err) < 0)
			return -1;
	}
	return 0;
}

int
build_missing(const struct build *b, struct err *err)
{
	struct search f = { .b = b };
	bool any = false;
	int r = 0;

	for (uint32_t i = 0; i < b->ntargets && !any; i++)
		any = b->g->nodes.p[b->targets[i]].producer == GRAPH_NONE &&
		      b->s->node_flags[b->targets[i]] & NODE_MISSING;
	for (uint32_t i = 0; i < b->plan.nwanted_nodes && !any; i++)
		any = is_missing(b, b->plan.nodes[i]);
	if (!any)
		return 0;
	f.seen = xcalloc(b->g->steps.n, 1);
	for (uint32_t i = 0; i < b->ntargets && r == 0; i++)
		r = search_from(&f, b->targets[i], err);
	/* Validations are targets of their own. */
	for (uint32_t i = 0; i < b->plan.norder && r == 0; i++) {
		const struct graph_step *s = &b->g->steps.p[b->plan.order[i]];

		for (uint32_t j = 0; j < s->nvals && r == 0; j++) {
			uint32_t n = graph_ids(b->g, s->vals)[j];

			/* A source validates nothing: it may be missing. */
			if (b->g->nodes.p[n].producer != GRAPH_NONE)
				r = search_from(&f, n, err);
		}
	}
	free(f.seen);
	free(f.stack);
	return r;
}
