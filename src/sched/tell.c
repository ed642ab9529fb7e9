/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include "util/os.h"

/* What is told of a build while it goes on. */

static const int64_t SECOND = 1000000000;

void
build_explain(struct build *b, uint32_t step)
{
	struct reasons whys = { 0 };

	if (!b->o->explain || !b->ev->explain)
		return;
	decide_explain(&b->decide, step, &whys);
	for (size_t i = 0; i < whys.n; i++)
		b->ev->explain(b->ctx, &whys.v[i]);
	reasons_release(&whys);
}

void
build_planned(struct build *b)
{
	uint32_t total = plan_total(&b->plan);

	if (total == b->told_total)
		return;
	b->told_total = total;
	if (b->ev->planned)
		b->ev->planned(b->ctx, total);
}

void
build_tick(struct build *b, bool changed)
{
	const unsigned *n = b->plan.count;
	int64_t now = os_now();

	b->counts.total = plan_total(&b->plan);
	b->counts.running = (uint32_t)build_running(b);
	b->counts.done = n[PLAN_DONE] + n[PLAN_FAILED];
	b->counts.clean = n[PLAN_CLEAN] + n[PLAN_HELD];
	if (!b->ev->tick || (!changed && now - b->told_tick < SECOND / 10))
		return;
	b->told_tick = now;
	if (now - b->left_at > SECOND / 2) {
		b->left_at = now;
		b->counts.left_us = build_left(b);
	}
	b->ev->tick(b->ctx, &b->counts);
}
