/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include "exec/running.h"
#include "util/hash.h"
#include "util/mem.h"

/* Runs in other terminals, with the same state. Each step is at work in one of
 * them at a time, and so are the steps of a group that is to be used by few: as
 * nobody counts them over all runs, one run has all of a group's places. */

/* Those that limit packages and versions are each run's own business, as -j. */
static bool
is_shared(const struct graph *g, uint32_t pool)
{
	const struct graph_pool *p = &g->pools.p[pool];
	struct str name = graph_text(g, p->name, p->len);

	return p->depth && !str_is(name, "console") &&
	       (!str_starts(name, "tg_") || str_starts(name, "tg_group_"));
}

static uint64_t
pool_id(const struct graph *g, uint32_t pool)
{
	const struct graph_pool *p = &g->pools.p[pool];
	struct buf b = { 0 };
	uint64_t id;

	buf_adds(&b, "pool ");
	buf_addstr(&b, graph_text(g, p->name, p->len));
	id = hash_bytes(b.p, b.n);
	buf_release(&b);
	return id;
}

static bool
take_pool(struct build *b, uint32_t pool, long *pid)
{
	if (!is_shared(b->g, pool))
		return true;
	if (!b->pool_turns)
		b->pool_turns = xcalloc(b->g->pools.n,
		                        sizeof(*b->pool_turns));
	if (b->pool_turns[pool] == 0 &&
	    !state_take(b->s, pool_id(b->g, pool), pid))
		return false;
	b->pool_turns[pool]++;
	return true;
}

static void
give_pool(struct build *b, uint32_t pool)
{
	if (is_shared(b->g, pool) && --b->pool_turns[pool] == 0)
		state_give(b->s, pool_id(b->g, pool));
}

/* The nth pool of the step; false: it has no more. */
static bool
nth_pool(const struct graph *g, uint32_t step, size_t n, uint32_t *pool)
{
	const struct graph_step *st = &g->steps.p[step];
	struct buf names = { 0 };
	struct str rest, word = { 0 };
	bool found = false;

	*pool = st->pool;
	if (n == 0 || !(st->flags & STEP_POOLS))
		return n == 0;
	if (graph_binding(g, step, SYM_TG_POOLS, GRAPH_RAW, &names, NULL) ==
	    1) {
		rest = buf_str(&names);
		do
			found = graph_word(&rest, &word);
		while (found && --n);
	}
	if (found)
		*pool = graph_pool(g, word);
	buf_release(&names);
	return found;
}

static void
give_pools(struct build *b, uint32_t step, size_t n)
{
	uint32_t pool;

	while (n-- && nth_pool(b->g, step, n, &pool))
		give_pool(b, pool);
}

bool
turn_take(struct build *b, uint32_t step, long *pid)
{
	uint64_t id = elsewhere_id(b->g, step);
	uint32_t pool;
	size_t n = 0;

	if (!state_take(b->s, id, pid))
		return false;
	/* Who was killed has given it up, but not what it had started. */
	running_end_left(b->o->running, NULL, NULL);
	while (nth_pool(b->g, step, n, &pool)) {
		if (!take_pool(b, pool, pid)) {
			give_pools(b, step, n);
			state_give(b->s, id);
			return false;
		}
		n++;
	}
	return true;
}

void
turn_give(struct build *b, uint32_t step)
{
	size_t n = 0;
	uint32_t pool;

	while (nth_pool(b->g, step, n, &pool))
		n++;
	give_pools(b, step, n);
	state_give(b->s, elsewhere_id(b->g, step));
}
