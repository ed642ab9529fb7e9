/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <stdlib.h>
#include <string.h>

#include "sched/known/known.h"
#include "util/mem.h"

/* As many fetches on their way at once. Each holds a file that it writes, and
 * what its backend needs. */
enum { MOST_FETCHES = 32 };

/* A step whose result is on its way; it is PLAN_FETCH. */
struct fetch {
	uint32_t step;
	struct store_fetch *f;
	bool ended;
};

static void
free_fetch(struct build *b, struct fetch *x)
{
	store_fetch_free(x->f);
	if (b->o->beside)
		turn_give(b, x->step);
	free(x);
}

bool
fetch_may(struct build *b, uint32_t step)
{
	const struct result *r = &b->s->result[step];
	unsigned flags = b->g->steps.p[step].flags;
	struct digest key;

	if (!b->store || b->o->dry_run || decide_always(&b->decide, step) ||
	    flags & (STEP_NOCACHE | STEP_GENERATOR | STEP_CONSOLE) ||
	    !(build_known(b, step) & KNOWN_FILES))
		return false;
	/* What failed here with just these inputs is run again, and what lost
	 * its outputs if that is a way to ask for it. */
	if (r->status < RESULT_FAILED && !b->o->remake)
		return true;
	store_full_key(b->s, step, &b->keys[step], &key);
	return !digest_eq(&key, &r->key);
}

static void
on_done(void *ctx)
{
	((struct fetch *)ctx)->ended = true;
}

/* The answer is there. */
static enum fetched
fetch_end(struct build *b, struct fetch *x)
{
	enum fetched how = FETCH_MISS;
	struct store_fetch *f = x->f;

	state_grow(b->s);
	if (f->err.msg && b->ev->warn)
		b->ev->warn(b->ctx, WARN_OTHER, str_of(f->err.msg));
	if (f->how == STORE_HIT) {
		build_fetched(b, x->step, &f->result, f->text);
		how = FETCH_HIT;
	} else {
		plan_ready(&b->plan, x->step);
	}
	free_fetch(b, x);
	return how;
}

enum fetched
fetch_one(struct build *b)
{
	struct fetch *x;
	uint32_t step;

	if (b->stop || b->nfetches == MOST_FETCHES)
		return FETCH_NONE;
	step = plan_next_fetch(&b->plan);
	if (step == GRAPH_NONE)
		return FETCH_NONE;
	if (b->o->beside && !turn_take(b, step, NULL)) {
		/* It waits there. */
		plan_ready(&b->plan, step);
		return FETCH_MISS;
	}
	x = xcalloc(1, sizeof(*x));
	x->step = step;
	x->f = store_fetch(b->store, b->s, step, &b->keys[step], b->loop,
	                   on_done, x);
	if (x->f->how != STORE_LATER)
		return fetch_end(b, x);
	b->fetches = vec_grow(b->fetches, &b->fetches_cap, b->nfetches + 1,
	                      sizeof(struct fetch *));
	b->fetches[b->nfetches++] = x;
	return FETCH_LATER;
}

bool
fetch_some(struct build *b)
{
	enum fetched how;

	do
		how = fetch_one(b);
	while (how == FETCH_MISS || how == FETCH_LATER);
	return how == FETCH_HIT;
}

bool
fetch_first(struct build *b)
{
	return b->nfetches < MOST_FETCHES && plan_fetch_first(&b->plan);
}

void
fetch_ended(struct build *b)
{
	size_t i = 0;

	while (i < b->nfetches) {
		struct fetch *x = b->fetches[i];

		if (!x->ended) {
			i++;
			continue;
		}
		b->nfetches--;
		memmove(b->fetches + i, b->fetches + i + 1,
		        (b->nfetches - i) * sizeof(struct fetch *));
		fetch_end(b, x);
	}
}

void
fetch_stop(struct build *b)
{
	for (size_t i = 0; i < b->nfetches; i++) {
		free_fetch(b, b->fetches[i]);
	}
	b->nfetches = 0;
}
