/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <stdlib.h>

#include "util/mem.h"
#include "util/os.h"

/* Durations are counted in tenths of a second, at least one: short steps weigh
 * the same, so their order is that of the manifest in every run. */
enum { UNIT_US = 100000, SAMPLES = 1001 };

static uint32_t
units(const struct result *r)
{
	uint64_t n = r->duration_us * result_parts(r) / UNIT_US + 1;

	return n < UINT32_MAX / 4 ? (uint32_t)n : UINT32_MAX / 4;
}

static bool
known(const struct result *r)
{
	return r->status != RESULT_NONE && r->duration_us != 0;
}

static int
compare_units(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* What is told of a step before its first run; 0: nothing. */
static uint32_t
guess(const struct build *b, uint32_t step, uint32_t sym)
{
	struct buf text = { 0 };
	uint64_t ms = 0;

	if (graph_binding(b->g, step, sym, GRAPH_RAW, &text, NULL) == 1)
		ms = strtoull(text.p, NULL, 10);
	buf_release(&text);
	if (ms == 0)
		return 0;
	ms = ms / (UNIT_US / 1000) + 1;
	return ms < UINT32_MAX / 4 ? (uint32_t)ms : UINT32_MAX / 4;
}

/* Median of the known durations of a sample, 1 if there are none. */
static uint32_t
median(const struct build *b)
{
	uint32_t sample[SAMPLES], n = 0, every = b->plan.norder / SAMPLES + 1;

	for (uint32_t i = 0; i < b->plan.norder; i += every) {
		const struct result *r = &b->s->result[b->plan.order[i]];

		if (known(r))
			sample[n++] = units(r);
	}
	if (n == 0)
		return 1;
	qsort(sample, n, sizeof(*sample), compare_units);
	return sample[n / 2];
}

/* Does what runs before the step matter to it? Then the order is the graph's, as
 * it is without us. */
static bool
keeps_order(const struct build *b, uint32_t step)
{
	struct buf way = { 0 };
	bool yes = b->g->steps.p[step].flags & STEP_WORKER &&
	           graph_binding(b->g, step, SYM_TG_ISOLATION, GRAPH_RAW, &way,
	                         NULL) == 1 &&
	           str_is(buf_str(&way), "shared");

	buf_release(&way);
	return yes;
}

void
build_estimate(struct build *b)
{
	bool plain = b->o->ninja_exit && b->o->jobs == 1;
	uint32_t typical = plain ? 1 : median(b);
	uint32_t sym = graph_sym(b->g, STR("tg_guess"));

	if (!b->weight)
		b->weight = xcalloc(b->g->steps.n, sizeof(*b->weight));
	b->durations = false;
	for (uint32_t i = 0; i < b->plan.norder; i++) {
		uint32_t step = b->plan.order[i];
		const struct result *r = &b->s->result[step];

		b->durations |= known(r);
		if (keeps_order(b, step)) {
			b->weight[step] = typical;
			b->plan.first[step] = false;
			continue;
		}
		/* One after the other it takes as long in any order: then as
		 * ninja orders them. */
		b->weight[step] = plain ? 1 : known(r) ? units(r) : typical;
		if (!plain && !known(r) && sym != GRAPH_NONE) {
			uint32_t n = guess(b, step, sym);

			if (n > typical)
				b->weight[step] = n;
		}
		b->plan.first[step] = !plain && r->status >= RESULT_FAILED;
	}
}

uint64_t
build_work(const struct build *b, uint64_t *longest)
{
	uint64_t sum = 0, ran, whole;
	int64_t now = os_now();

	*longest = 0;
	for (uint32_t i = 0; i < b->plan.norder; i++) {
		uint32_t step = b->plan.order[i];
		unsigned state = b->plan.state[step];

		if (b->g->steps.p[step].flags & STEP_PHONY ||
		    state == PLAN_NONE || state == PLAN_HELD ||
		    state >= PLAN_RUN)
			continue;
		sum += b->weight[step];
		if (b->plan.cost[step] > *longest)
			*longest = b->plan.cost[step];
	}
	sum *= UNIT_US;
	*longest *= UNIT_US;
	for (size_t i = 0; i < b->nslots; i++) {
		const struct slot *s = b->slots[i];

		ran = (uint64_t)(now - s->start) / 1000 * (1 + s->more);
		whole = (uint64_t)b->weight[s->step] * UNIT_US;
		if (whole > ran)
			sum += whole - ran;
	}
	return sum;
}

uint64_t
build_left(const struct build *b)
{
	uint64_t sum, longest;
	uint32_t jobs = (uint32_t)build_running(b);

	if (!b->durations)
		return UINT64_MAX;
	sum = build_work(b, &longest);
	if (b->o->jobs > 0 && !b->ex->js.client)
		jobs = (uint32_t)b->o->jobs;
	sum /= jobs ? jobs : 1;
	return sum > longest ? sum : longest;
}
