/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <signal.h>
#include <stdlib.h>

#include "sched/places.h"
#include "util/mem.h"
#include "util/os.h"

static const int64_t SECOND = 1000000000;

/* Until something that has to get ready for a step says that it has begun, its
 * own start counts too. */
static const int64_t START_NS = 60000000000;

static void
on_time(void *ctx)
{
	struct slot *s = ctx;
	const struct executor_ops *ops;

	if (s->waits) {
		s->taken = s->turn && !s->b->stop &&
		           state_may_catch_up(s->b->s) &&
		           turn_take(s->b, s->step, NULL);
		s->ended = s->b->stop || s->taken ||
		           (!s->turn && !elsewhere_runs(s->b, s->step));
		if (!s->ended)
			elsewhere_wait(s);
		return;
	}
	ops = s->run->ops;
	if (s->asked) {
		/* First the step; then what it runs on is not waited for any
		 * longer either. */
		if (s->killed)
			ops->kill(s->run);
		else
			ops->signal(s->run, SIGKILL);
		s->killed = true;
	} else if (s->run->state == EXECUTION_WAITS) {
		/* The step has not begun: it runs by its command. */
		ops->kill(s->run);
	} else if (!s->warned &&
	           s->b->g->steps.p[s->step].flags & STEP_TEST) {
		/* Tests say where they are; others don't hear it. */
		s->warned = true;
		ops->signal(s->run, SIGURG);
		loop_set(s->b->loop, &s->timer, os_now() + SECOND / 5);
		return;
	} else {
		s->timed_out = !s->stopped;
		s->asked = true;
		ops->signal(s->run, SIGTERM);
	}
	if (!s->ended)
		loop_set(s->b->loop, &s->timer, os_now() + 2 * SECOND);
}

static void
on_changed(void *ctx)
{
	struct slot *s = ctx;

	switch (s->run->state) {
	case EXECUTION_WAITS:
		break;
	case EXECUTION_RUNS:
		if (s->limit && !s->asked)
			loop_set(s->b->loop, &s->timer, os_now() + s->limit);
		if (s->stopped)
			s->run->ops->signal(s->run, SIGTERM);
		break;
	case EXECUTION_LINGERS:
		s->over = os_now();
		s->b->nlinger += !s->lingers;
		s->lingers = true;
		affinity_ended(&s->b->affinity, s->step);
		places_leave(s);
		plan_leaves(&s->b->plan, s->step);
		loop_unset(s->b->loop, &s->timer);
		break;
	case EXECUTION_ENDED:
	case EXECUTION_AGAIN:
	case EXECUTION_LOST:
		s->ended = true;
		loop_unset(s->b->loop, &s->timer);
		break;
	}
}

/* Both run; what is over and lingers does not. */
static void
meet(const struct build *b, struct slot *s, struct slot *other)
{
	const struct graph_step *steps = b->g->steps.p;

	if (steps[s->step].flags & steps[other->step].flags & STEP_TEST &&
	    !other->ended && !other->waits && !other->lingers)
		s->met = other->met = true;
}

struct slot *
build_new_slot(struct build *b, uint32_t step)
{
	struct slot *s = xcalloc(1, sizeof(*s));
	/* A dry run has all of its steps in slots. */
	bool is_test = !b->o->dry_run &&
	               b->g->steps.p[step].flags & STEP_TEST;

	s->b = b;
	s->step = step;
	s->static_key = b->keys[step];
	s->start = os_now();
	s->start_wall = os_wall();
	s->start_file = b->o->dry_run ? 0 : inputs_start(b, step);
	s->timer = (struct loop_timer){ .due = on_time, .ctx = s };
	b->slots = vec_grow_queue(b->slots, &b->slots_before, &b->slots_cap,
	                          b->nslots, sizeof(*b->slots));
	b->slots[b->nslots++] = s;
	for (size_t i = 0; is_test && !b->o->dry_run && i + 1 < b->nslots;
	     i++)
		meet(b, s, b->slots[i]);
	affinity_started(&b->affinity, step);
	return s;
}

void
build_settle(struct build *b)
{
	for (size_t i = 0; b->nlinger && i < b->nslots; i++) {
		struct slot *s = b->slots[i];

		if (!s->lingers || s->settled)
			continue;
		/* What ends with it may take as long again. */
		if (!s->ended && s->limit)
			loop_set(b->loop, &s->timer, os_now() + s->limit);
		s->settled = true;
	}
	executors_settle(b->ex);
}

int
build_run_slot(struct slot *s, struct exec_job *job, double limit,
	struct err *err)
{
	struct build *b = s->b;
	struct buf warning = { 0 };
	int r;

	job->loop = b->loop;
	job->changed = on_changed;
	job->ctx = s;
	r = executors_start(b->ex, job, &s->run, &warning, err);
	if (warning.n && b->ev->warn)
		b->ev->warn(b->ctx, WARN_OTHER, buf_str(&warning));
	buf_release(&warning);
	if (r < 0)
		return -1;
	s->limit = (int64_t)(limit * 1e9);
	if (s->limit)
		loop_set(b->loop, &s->timer, s->start + s->limit +
		         (s->run->state == EXECUTION_WAITS ? START_NS : 0));
	return 0;
}

void
build_free_slot(struct slot *s)
{
	loop_unset(s->b->loop, &s->timer);
	if (s->run)
		s->run->ops->release(s->run);
	places_leave(s);
	if (s->taken)
		turn_give(s->b, s->step);
	observe_close(&s->log);
	buf_release(&s->output);
	free(s);
}
