/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include "util/os.h"

/* Runs that our own steps have started for the same state: cmake --build in a
 * custom command. They do some of what we shall do, or are doing. */

static struct slot *
slot_of(const struct build *b, uint32_t step)
{
	for (size_t i = 0; i < b->nslots; i++)
		if (b->slots[i]->step == step)
			return b->slots[i];
	return NULL;
}

/* What runs here ends later, and its result is the newer one. */
static bool
see(void *ctx, uint32_t step, const struct result *r)
{
	struct build *b = ctx;
	const struct graph_step *st = &b->g->steps.p[step];
	struct slot *slot = slot_of(b, step);

	if (slot) {
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
		state_guests(b->s, see, b);
}
