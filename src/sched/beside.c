/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <fcntl.h>

/* Steps that runs in other terminals are at, or have done. */

/* May it have been done since we began? Learned or not, what it left tells. */
static bool
may_be_done(const struct build *b, uint32_t step)
{
	const struct graph_step *st = &b->g->steps.p[step];
	const struct result *r = &b->s->result[step];
	struct file_sig sig;

	if (r->start_ns + (int64_t)r->duration_us * 1000 >=
	    state_opened(b->s))
		return true;
	for (uint32_t i = 0; i < st->nouts; i++) {
		uint32_t n = graph_ids(b->g, st->outs)[i];

		if (file_sig(AT_FDCWD, graph_cpath(b->g, n), &sig) < 0 ||
		    !file_sig_eq(&sig, &b->s->sig[n]))
			return true;
	}
	return false;
}

static void
wait_for_turn(struct build *b, uint32_t step)
{
	struct slot *s = build_new_slot(b, step);

	s->waits = s->turn = true;
	b->nturns++;
	elsewhere_wait(s);
}

/* Is it to run now, as far as is known? It is taken. */
static bool
is_due(struct build *b, uint32_t step)
{
	bool waited = b->tries[step] & TRIED_TURN;

	b->tries[step] &= (uint16_t)~TRIED_TURN;
	if (waited || !may_be_done(b, step))
		return true;
	if (guests_did(b, step))
		return false;
	if (!state_may_catch_up(b->s)) {
		wait_for_turn(b, step);
		return false;
	}
	return !state_catch_up(b->s) || !guests_did(b, step);
}

bool
beside_hold(struct build *b, uint32_t step)
{
	long pid;

	if (!b->o->beside || b->o->dry_run)
		return false;
	if (!turn_take(b, step, &pid)) {
		if (!b->said_waiting && b->o->waiting)
			b->o->waiting(b->o->waiting_ctx, pid);
		b->said_waiting = true;
		wait_for_turn(b, step);
		return true;
	}
	if (is_due(b, step))
		return false;
	turn_give(b, step);
	return true;
}
