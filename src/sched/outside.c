/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <stdlib.h>

#include "store/store.h"
#include "util/mem.h"
#include "util/os.h"

/* Inputs that stand for what lies outside of the graph. To look at all of that
 * takes longer than most steps, so steps that need it are asked about together,
 * now and then: until then a step has passed, but is not up to date. */

static const int64_t SECOND = 1000000000;

/* A step that has passed, if what is outside was the same all the time. */
struct outside_step {
	struct slot slot;       /* step, static_key and taken only */
	uint32_t node;
	unsigned again;         /* how often in a row before, as in find_key */
	struct result result;
	struct buf output;
};

/* The node of that kind among the step's inputs; GRAPH_NONE. */
static uint32_t
outside_node(const struct build *b, uint32_t step)
{
	const struct graph_step *st = &b->g->steps.p[step];
	const struct sched_outside *o = b->o->outside;

	for (uint32_t i = 0; o && i < graph_nneeded(st); i++)
		for (size_t k = 0; k < o->n; k++)
			if (graph_ids(b->g, st->ins)[i] == o->nodes[k])
				return o->nodes[k];
	return GRAPH_NONE;
}

bool
outside_waits(struct build *b, struct slot *slot,
	const struct result *r, struct str output)
{
	struct outside *out = &b->outside;
	uint32_t node = outside_node(b, slot->step);
	struct outside_step *s;

	if (node == GRAPH_NONE || digest_none(&r->key))
		return false;
	out->v = vec_grow(out->v, &out->cap, out->n + 1, sizeof(*out->v));
	s = &out->v[out->n++];
	*s = (struct outside_step){
		.slot = {
			.step = slot->step, .static_key = slot->static_key,
			.taken = slot->taken,
		},
		.node = node, .result = *r,
		.again = result_again(&b->s->result[slot->step]),
	};
	buf_addstr(&s->output, output);
	/* It is not known to others before it is recorded. */
	slot->taken = false;
	return true;
}

/* Are the inputs known as they were when the step ended? */
static bool
is_current(const struct build *b, const struct outside_step *s)
{
	struct digest key, full;

	if (store_key(b->s, s->slot.step, &key, NULL) < 0)
		return false;
	store_full_key(b->s, s->slot.step, &key, &full);
	return digest_eq(&full, &s->result.key);
}

static void
settle_step(struct build *b, struct outside_step *s, enum outside_seen seen)
{
	struct result *r = &s->result;
	uint32_t step = s->slot.step;

	/* Done each time, it is believed to be the step's own doing. */
	if (seen == OUTSIDE_TOUCHED) {
		result_set_again(r, s->again + 1);
		if (s->again >= 2)
			seen = OUTSIDE_SAME;
	}
	if (seen == OUTSIDE_SAME && is_current(b, s)) {
		finish_keep(b, &s->slot, r, buf_str(&s->output));
		finish_record(b, step, r, true);
	} else if (seen == OUTSIDE_SAME) {
		finish_record(b, step, r, false);
	} else {
		r->key = (struct digest){ 0 };
		finish_record(b, step, r, false);
		b->outside.changed = true;
	}
}

static void
tell_outside(struct build *b)
{
	if (b->outside.changed && !b->outside.told && b->ev->warn)
		b->ev->warn(b->ctx, WARN_OTHER, str_of(b->o->outside->warning));
	b->outside.told = b->outside.changed;
}

void
outside_settle(struct build *b, bool all)
{
	const struct sched_outside *o = b->o->outside;
	struct outside *out = &b->outside;
	int64_t now = os_now();

	if (!out->n || (!all && now < out->due))
		return;
	for (size_t k = 0; k < o->n; k++) {
		enum outside_seen seen = OUTSIDE_CHANGED;
		bool looked = false;

		for (size_t i = 0; i < out->n; i++) {
			if (out->v[i].node != o->nodes[k])
				continue;
			if (!looked)
				seen = o->look(o->ctx, o->nodes[k]);
			looked = true;
			settle_step(b, &out->v[i], seen);
		}
	}
	for (size_t i = 0; i < out->n; i++) {
		if (out->v[i].slot.taken)
			turn_give(b, out->v[i].slot.step);
		buf_release(&out->v[i].output);
	}
	out->n = 0;
	tell_outside(b);
	/* A small part of the time at most. */
	out->due = os_now();
	out->due += 30 * (out->due - now) + SECOND / 10;
}

int64_t
outside_due(const struct build *b)
{
	return b->outside.n ? b->outside.due : INT64_MAX;
}

void
outside_release(struct outside *out)
{
	for (size_t i = 0; i < out->n; i++)
		buf_release(&out->v[i].output);
	free(out->v);
	*out = (struct outside){ 0 };
}
