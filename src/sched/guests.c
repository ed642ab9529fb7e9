/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include "exec/running.h"

/* Runs that our own steps have started for the same state: cmake --build in a
 * custom command. They do some of what we shall do, or are doing. */

static struct slot *
slot_running(const struct build *b, uint32_t step)
{
	for (size_t i = 0; i < b->nslots; i++)
		if (b->slots[i]->step == step)
			return b->slots[i];
	return NULL;
}

/* What runs here ends later, and its result is the newer one. */
static bool
on_guest_result(void *ctx, uint32_t step, const struct result *r)
{
	struct build *b = ctx;
	const struct graph_step *st = &b->g->steps.p[step];
	struct slot *slot = slot_running(b, step);

	if (slot && !slot->waits) {
		slot->beside |= r->start_ns + (int64_t)r->duration_us * 1000 >
		                slot->start_wall;
		return true;
	}
	for (uint32_t i = 0; i < st->nouts; i++) {
		uint32_t n = graph_ids(b->g, st->outs)[i];

		if (b->s->node_flags[n] & NODE_FRESH)
			inputs_look_again(b, n);
	}
	return false;
}

void
build_guests(struct build *b)
{
	if (!b->o->dry_run)
		state_guests(b->s, on_guest_result, b);
}

/* ---- what the others do ---- */

void
guests_started(struct build *b)
{
	running_remove(b->ex->host.running, b->claim);
	b->claim = -1;
}

bool
guests_hold(struct build *b, uint32_t step)
{
	struct slot *s;

	b->claim = -1;
	if (b->o->dry_run || !b->o->running || !state_has_others(b->s))
		return false;
	b->claim = running_claim(b->ex->host.running, elsewhere_id(b->g, step));
	if (!elsewhere_runs(b, step))
		return false;
	guests_started(b);
	s = build_new_slot(b, step);
	s->waits = true;
	elsewhere_wait(s);
	return true;
}

bool
guests_did(struct build *b, uint32_t step)
{
	const struct graph_step *st = &b->g->steps.p[step];
	struct err err = { 0 };
	int r;

	inputs_look(b, graph_ids(b->g, st->outs), st->nouts);
	state_look(b->s, graph_ids(b->g, st->obs), st->nobs, NULL);
	inputs_decided(b, step);
	r = decide_step(&b->decide, step, &b->keys[step], &err);
	err_release(&err);
	if (r != 1)
		return false;
	plan_found(&b->plan, step);
	build_note_dyndep(b, step);
	if (b->ev->finished)
		b->ev->finished(b->ctx, step, END_CLEAN, NULL,
		                (struct str){ 0 });
	return true;
}

void
guests_waited(struct build *b, struct slot *s)
{
	if (!b->stop) {
		b->tries[s->step] |= s->turn ? TRIED_TURN : 0;
		if (s->turn)
			state_catch_up(b->s);
		else
			state_learn(b->s, s->step);
		if (guests_did(b, s->step))
			return;
	}
	build_again(b, s->step);
}
