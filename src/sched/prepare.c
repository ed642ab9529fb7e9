/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <stdlib.h>
#include <string.h>

#include "decide/dyndep.h"
#include "util/mem.h"

/* What keeps a step from being decided, or from being final. */
enum waiting {
	FREE,
	WAITS_ORDER,            /* its content is known; others must go first */
	WAITS_CONTENT,
};

static enum waiting
input_waits(const struct build *b, uint32_t node, bool order_only)
{
	uint32_t made = b->g->nodes.p[node].producer;

	if (made == GRAPH_NONE)
		return FREE;
	switch (b->plan.state[made]) {
	case PLAN_NONE:
	case PLAN_CLEAN:
	case PLAN_DONE:
		return FREE;
	case PLAN_HELD:
		return WAITS_ORDER;
	}
	return order_only ? WAITS_ORDER : WAITS_CONTENT;
}

static enum waiting
step_waits(const struct build *b, uint32_t step)
{
	const struct graph_step *s = &b->g->steps.p[step];
	enum waiting most = FREE, w;

	if (b->npending == 0)
		return FREE;
	for (uint32_t i = 0; i < graph_nall(s); i++) {
		bool order = graph_is_order(s, i);

		w = input_waits(b, graph_any(b->g, s, i), order);
		if (w > most)
			most = w;
	}
	return most;
}

static void
note_dyndep(struct build *b, uint32_t node)
{
	for (size_t i = 0; i < b->ndyn; i++)
		if (b->dyn[i] == node)
			return;
	b->dyn = vec_grow(b->dyn, &b->dyn_cap, b->ndyn + 1, sizeof(*b->dyn));
	b->dyn[b->ndyn++] = node;
}

void
build_note_dyndep(struct build *b, uint32_t step)
{
	const struct graph_step *s = &b->g->steps.p[step];

	/* What a dry run would write anew cannot be read. */
	if (b->o->dry_run && b->decide.flags[step] & DECIDE_RAN)
		return;
	for (uint32_t i = 0; i < s->nouts; i++) {
		uint32_t n = graph_ids(b->g, s->outs)[i];
		const struct graph_node *node = &b->g->nodes.p[n];

		if (!(node->flags & GRAPH_NODE_DYNDEP))
			continue;
		for (uint32_t j = 0; j < node->nusers; j++) {
			uint32_t u = graph_ids(b->g, node->users)[j];

			if (dyndep_pending(b->g, u) &&
			    dyndep_file(b->g, u) == n) {
				note_dyndep(b, n);
				break;
			}
		}
	}
}

/* One step in the order of the plan: is it up to date, as far as is known? */
static int
scan_step(struct build *b, uint32_t step, struct err *err)
{
	bool phony = b->g->steps.p[step].flags & STEP_PHONY;
	enum waiting w = step_waits(b, step);
	struct digest key;
	uint32_t dyn;
	int clean = 1;

	if (dyndep_pending(b->g, step)) {
		dyn = dyndep_file(b->g, step);
		if (dyn == GRAPH_NONE || plan_final(&b->plan, dyn))
			note_dyndep(b, dyn);
		w = WAITS_CONTENT;
	}
	inputs_decided(b, step);
	if (w != WAITS_CONTENT)
		clean = phony ? decide_phony(&b->decide, step, err)
		              : decide_step(&b->decide, step, &key, err);
	if (clean < 0)
		return -1;
	if (phony)
		clean = 1;
	if (w == WAITS_CONTENT || !clean)
		b->npending++;
	else if (w == WAITS_ORDER)
		plan_held(&b->plan, step);
	else
		plan_clean(&b->plan, step);
	return 0;
}

static int
scan(struct build *b, struct err *err)
{
	b->npending = 0;
	for (uint32_t i = 0; i < b->plan.norder; i++) {
		uint32_t step = b->plan.order[i];

		if (b->plan.state[step] == PLAN_WAIT) {
			if (scan_step(b, step, err) < 0)
				return -1;
		} else if (b->plan.state[step] != PLAN_CLEAN &&
		           b->plan.state[step] != PLAN_DONE) {
			b->npending++;
		}
	}
	return 0;
}

static int
want(struct build *b, struct err *err)
{
	int r;

	do {
		if (b->g->users_stale)
			graph_index_users(b->g);
		r = plan_want(&b->plan, b->targets, b->ntargets, err);
		if (r == 1)
			/* What it once read now needs it: it runs without
			 * knowing what it reads, and is asked again. */
			graph_observe(b->g, b->plan.loop, NULL, 0);
	} while (r == 1);
	return r;
}

/* What it has just made was no good: it has no result, and runs again next
 * time (ninja's log never hears of it). */
static void
forget_maker(struct build *b, uint32_t node)
{
	static const struct result none;
	uint32_t step = b->g->nodes.p[node].producer;

	if (step != GRAPH_NONE && b->decide.flags[step] & DECIDE_RAN &&
	    !(b->g->steps.p[step].flags & STEP_PHONY))
		state_record(b->s, step, &none, NULL);
}

static void
tell_dyndep(struct build *b, uint32_t node)
{
	const struct reason why = {
		.why = WHY_DYNDEP_READ, .step = GRAPH_NONE, .node = node,
		.other = GRAPH_NONE,
	};

	b->ev->explain(b->ctx, &why);
}

static int
read_noted(struct build *b, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < b->ndyn && r == 0; i++) {
		if (b->dyn[i] == GRAPH_NONE)
			continue;
		if (b->o->explain && b->ev->explain && !b->o->ninja_exit)
			tell_dyndep(b, b->dyn[i]);
		r = dyndep_read(b->g, b->dyn[i], err);
		if (r < 0)
			forget_maker(b, b->dyn[i]);
	}
	b->ndyn = 0;
	return r;
}

int
build_prepare(struct build *b, struct err *err)
{
	inputs_begin(b);
	for (;;) {
		if (want(b, err) < 0)
			return -1;
		state_grow(b->s);
		/* A file that cannot be read counts as changed each time:
		 * nothing else comes of it. */
		state_look(b->s, b->plan.nodes, b->plan.nwanted_nodes, NULL);
		if (scan(b, err) < 0)
			return -1;
		if (b->ndyn == 0)
			break;
		if (read_noted(b, err) < 0)
			return -1;
	}
	if (build_missing(b, err) < 0)
		return -1;
	if (b->npending == 0)
		return 0;
	inputs_known(b);
	build_estimate(b);
	plan_link(&b->plan, b->weight);
	if (!b->o->dry_run && !b->o->no_workers)
		affinity_fill(&b->affinity, &b->plan);
	return 0;
}

int
build_dyndeps(struct build *b, struct err *err)
{
	if (b->ndyn == 0)
		return 0;
	if (read_noted(b, err) < 0)
		return -1;
	return build_prepare(b, err);
}
