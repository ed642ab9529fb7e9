/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include "store/store.h"

/* A step may change in place what another has made: strip, codesign, sed -i. It
 * counts as it is left: who makes it is up to date, and who needs it has it as
 * it was when they ran. */

static bool
is_settled(const struct build *b, uint32_t step)
{
	unsigned state = b->plan.state[step];

	return (state == PLAN_CLEAN || state == PLAN_HELD ||
	        state == PLAN_DONE) &&
	       !(b->g->steps.p[step].flags &
	         (STEP_PHONY | STEP_TEST | STEP_GENERATOR));
}

/* Its outputs are as its result has them, whatever they were. */
static void
accept(struct build *b, uint32_t step)
{
	struct result r = b->s->result[step];
	struct digest outs;

	if (!is_settled(b, step) || digest_none(&r.key) ||
	    r.status >= RESULT_FAILED || !decide_outputs(b->s, step))
		return;
	store_outs(b->s, step, &outs);
	if (digest_eq(&outs, &r.outs))
		return;
	r.flags &= (uint16_t)~RESULT_VERIFIED;
	finish_record(b, step, &r, false);
}

void
left_look(struct build *b, uint32_t step)
{
	const struct graph_step *st = &b->g->steps.p[step];

	for (uint32_t i = 0; b->inputs.strange && i < graph_ndeciding(st); i++) {
		uint32_t n = graph_deciding(b->g, st, i);

		if (inputs_made(b->g, n))
			inputs_look_again(b, n);
	}
}

void
left_by(struct build *b, uint32_t step)
{
	const struct graph_step *st = &b->g->steps.p[step];

	for (uint32_t i = 0; i < graph_ndeciding(st); i++) {
		uint32_t n = graph_deciding(b->g, st, i);

		if (inputs_made(b->g, n))
			accept(b, b->g->nodes.p[n].producer);
	}
}

void
left_settle(struct build *b)
{
	if (!b->inputs.strange)
		return;
	b->inputs.round++;
	for (uint32_t i = 0; i < b->plan.nwanted_nodes; i++) {
		uint32_t n = b->plan.nodes[i], made = b->g->nodes.p[n].producer;

		if (!inputs_made(b->g, n) || !is_settled(b, made))
			continue;
		inputs_look_again(b, n);
		if (inputs_rewritten(b, n))
			accept(b, made);
	}
}
