/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include "util/os.h"

/* A file that takes longer than its share of the time that all processes have
 * keeps the others waiting at the end: it is given as many as make it take no
 * more. What a process costs has to be worth its while. */

enum { PART_US = 500000 };      /* a process must have that much to do */

/* How many may run at once, as far as can be said. */
static uint64_t
slots_of(const struct build *b)
{
	if (b->o->jobs > 0 && !b->ex->js.client)
		return (uint64_t)b->o->jobs;
	return b->ex->js.client ? (uint64_t)os_cpus() : b->ex->most;
}

/* How many processes the step should have. */
static uint64_t
parts_wanted(const struct build *b, uint32_t step)
{
	enum { MOST = RESULT_PARTS >> 11 };
	const struct result *r = &b->s->result[step];
	uint64_t own, all, longest, slots = slots_of(b), n;

	if (r->status == RESULT_NONE || r->flags & RESULT_WHOLE ||
	    b->tries[step] & TRIED_ALONE || b->o->maxfail ||
	    !graph_flag(b->g, step, SYM_TG_SPLIT))
		return 1;
	own = r->duration_us * result_parts(r);
	all = build_work(b, &longest);
	if (own < 2 * PART_US || own * slots <= all)
		return 1;
	n = all ? (own * slots + all - 1) / all : slots;
	if (n > slots)
		n = slots;
	if (n > own / PART_US)
		n = own / PART_US;
	return n < MOST ? n : MOST;
}

void
split_take(struct build *b, struct slot *slot)
{
	uint64_t n = parts_wanted(b, slot->step);

	while (slot->more + 1 < n && room_take(b)) {
		slot->split = true;
		slot->more++;
		b->nmore++;
	}
	/* Nothing waits for more. */
	b->token_wait = b->gate_wait = false;
}

void
split_note(const struct build *b, uint32_t step, struct result *r)
{
	unsigned had = b->s->result[step].flags & RESULT_WHOLE;

	if (!graph_flag(b->g, step, SYM_TG_SPLIT))
		return;
	if (had || ((b->tries[step] & (TRIED_ALONE | TRIED_ASIDE)) ==
	            TRIED_ALONE && r->status < RESULT_FAILED))
		r->flags |= RESULT_WHOLE;
}

void
split_give(struct build *b, struct slot *slot)
{
	b->nmore -= slot->more;
	slot->more = 0;
}
