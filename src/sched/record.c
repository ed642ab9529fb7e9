/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include "sched/known/known.h"
#include "state/asked.h"
#include "store/store.h"

/* What a step left is kept: in the records, and in the store. */

static void
warn_of(struct build *b, enum warning_kind kind, struct err *err)
{
	if (err->msg && b->ev->warn)
		b->ev->warn(b->ctx, kind, str_of(err->msg));
	err_release(err);
}

/* Steps that take no longer than to store and to restore them, and leave next
 * to nothing: they run again as quickly. Only where the store was not asked
 * for. */
static bool
too_little(const struct build *b, uint32_t step, const struct result *r)
{
	enum { QUICK_US = 8000, SMALL = 4096 };
	const struct graph_step *s = &b->g->steps.p[step];

	if (!b->o->remake || s->flags & STEP_TEST ||
	    r->duration_us >= QUICK_US)
		return false;
	for (uint32_t i = 0; i < s->nouts; i++)
		if (b->s->sig[graph_ids(b->g, s->outs)[i]].size > SMALL)
			return false;
	return true;
}

void
finish_keep(struct build *b, const struct slot *slot,
	const struct result *r, struct str output)
{
	struct err err = { 0 };
	unsigned flags = b->g->steps.p[slot->step].flags;

	if (b->store && !digest_none(&r->key) &&
	    !(r->flags & RESULT_COMPANY) &&
	    !too_little(b, slot->step, r) &&
	    build_known(b, slot->step) & KNOWN_FILES &&
	    !deps_stay(b->g, slot->step) &&
	    !(flags & (STEP_NOCACHE | STEP_ALWAYS | STEP_GENERATOR |
	               STEP_CONSOLE)) &&
	    !asked_always(b->g, slot->step) &&
	    decide_outputs(b->s, slot->step)) {
		store_put(b->store, b->s, slot->step, &slot->static_key, r,
		          output, &err);
		warn_of(b, WARN_OTHER, &err);
	}
}

void
finish_record(struct build *b, uint32_t step, struct result *r, bool current)
{
	struct err err = { 0 };

	store_outs(b->s, step, &r->outs);
	state_record(b->s, step, r, &err);
	if (current && r->status < RESULT_FAILED && !digest_none(&r->key) &&
	    decide_outputs(b->s, step))
		state_verified(b->s, step);
	warn_of(b, WARN_STATE, &err);
}
