/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "exec/signals.h"
#include "sched/judge.h"
#include "util/mem.h"
#include "util/os.h"

static const int64_t SECOND = 1000000000;

static void
on_signal(void *ctx, unsigned what)
{
	struct build *b = ctx;
	bool child = false;
	int sig;

	(void)what;
	while ((sig = signals_next())) {
		if (sig == SIGCHLD)
			child = true;
		else
			build_interrupt(b, sig);
	}
	if (child)
		executors_child(b->ex);
}

/* ---- setting up ---- */

/* A token can be had: start_ready takes it. */
static void
on_token(void *ctx, unsigned what)
{
	(void)ctx;
	(void)what;
}

static int
open_executors(struct build *b, struct err *err)
{
	const struct executors_opts opts = {
		.jobs = b->o->jobs, .jobs_given = b->o->jobs_given,
		.jobserver = b->o->jobserver, .running = b->o->running,
		.place = state_place(b->s),
	};
	struct buf warning = { 0 };
	int r;

	observe_workers(b);
	r = executors_open(b->ex, &opts, &warning, err);

	if (warning.n && b->ev->warn)
		b->ev->warn(b->ctx, WARN_OTHER, buf_str(&warning));
	buf_release(&warning);
	return r;
}

int
build_open(struct build *b, struct err *err)
{
	b->keys = xcalloc(b->g->steps.n, sizeof(*b->keys));
	b->tries = xcalloc(b->g->steps.n, sizeof(*b->tries));
	b->loop = loop_new();
	if (b->o->dry_run)
		return 0;
	if (open_executors(b, err) < 0)
		return -1;
	b->token = (struct loop_fd){
		.fd = b->ex->js.rfd, .what = LOOP_READ, .ready = on_token,
	};
	b->signals = (struct loop_fd){
		.fd = signals_open(err), .what = LOOP_READ,
		.ready = on_signal, .ctx = b,
	};
	if (b->signals.fd < 0)
		return -1;
	loop_add(b->loop, &b->signals);
	return 0;
}

void
build_close(struct build *b)
{
	if (b->signals.place)
		signals_close();
	fetch_stop(b);
	loop_free(b->loop);
	free(b->fetches);
	free(b->keys);
	free(b->tries);
	free(b->pool_turns);
	aside_release(&b->aside);
	free(b->known);
	vec_free_queue(b->slots, b->slots_before, sizeof(*b->slots));
}

/* ---- deciding ---- */

static void
found_clean(struct build *b, uint32_t step)
{
	plan_clean(&b->plan, step);
	build_note_dyndep(b, step);
	if (b->g->steps.p[step].flags & STEP_PHONY)
		return;
	if (b->ev->finished)
		b->ev->finished(b->ctx, step, END_CLEAN, NULL,
		                (struct str){ 0 });
}

static void
check_step(struct build *b, uint32_t step)
{
	bool phony = b->g->steps.p[step].flags & STEP_PHONY;
	int r;

	if (b->plan.state[step] == PLAN_HELD) {
		/* It was up to date all along. */
		plan_clean(&b->plan, step);
		build_note_dyndep(b, step);
		return;
	}
	left_look(b, step);
	inputs_decided(b, step);
	r = phony ? decide_phony(&b->decide, step, b->err)
	          : decide_step(&b->decide, step, &b->keys[step], b->err);
	if (r < 0) {
		plan_failed(&b->plan, step);
		build_break(b);
	} else if (phony || r == 1) {
		found_clean(b, step);
	} else if (fetch_may(b, step)) {
		plan_fetch(&b->plan, step);
	} else {
		plan_ready(&b->plan, step);
	}
}

static void
read_dyndeps(struct build *b)
{
	if (b->ndyn && !b->broken && build_dyndeps(b, b->err) < 0)
		build_break(b);
}

static void
check_all(struct build *b)
{
	uint32_t step;

	for (;;) {
		/* Before anything is decided that they speak of. */
		read_dyndeps(b);
		step = plan_next_check(&b->plan);
		if (step == GRAPH_NONE)
			break;
		check_step(b, step);
		if (b->plan.eager)
			fetch_one(b);
	}
	/* ninja's order from the second step on. */
	b->plan.eager = b->o->ninja_exit && b->o->jobs == 1;
	build_planned(b);
}

/* ---- starting ---- */

static void
start_ready(struct build *b)
{
	while (!b->stop && !aside_blocks(b) && plan_has_ready(&b->plan) &&
	       !fetch_first(b) && room_take(b)) {
		uint32_t step = affinity_pick(&b->affinity, &b->plan,
		                              executors_family(b->ex));

		plan_take(&b->plan, step);
		if (!aside_holds(b, step))
			build_start(b, step);
		room_balance(b);
	}
}

/* ---- waiting ---- */

/* How long, at most. */
static int64_t
wait_until(const struct build *b, bool busy)
{
	int64_t until = INT64_MAX, now;

	if (busy)
		return 0;
	until = outside_due(b);
	if (!b->ev->tick && !b->gate_wait)
		return until;
	now = os_now();
	if (b->ev->tick && now + SECOND / 10 < until)
		until = now + SECOND / 10;
	if (b->gate_wait && now + SECOND / 5 < until)
		until = now + SECOND / 5;
	return until;
}

static void
wait_for_something(struct build *b, bool busy)
{
	if (b->token_wait && !b->token.place)
		loop_add(b->loop, &b->token);
	else if (!b->token_wait)
		loop_remove(b->loop, &b->token);
	loop_wait(b->loop, wait_until(b, busy));
}

/* ---- ending ---- */

/* It has failed, and not alone. */
static bool
failed_behind(const struct slot *s)
{
	struct exec_end end;
	struct buf none = { 0 };

	s->run->ops->collect(s->run, &end, &none);
	buf_release(&none);
	return WIFEXITED(end.status);
}

/* What the step ran on is gone, and nothing is known of it: it runs once more,
 * by its command. Or it is not known to be the step's own doing that it ended
 * as it did. */
static bool
runs_again(struct build *b, struct slot *s)
{
	if (!s->run || s->stopped)
		return false;
	if (s->run->state == EXECUTION_AGAIN && !s->split && failed_behind(s))
		b->tries[s->step] |= TRIED_BEHIND;
	/* What takes too long in parts does so in one, too. */
	if (s->run->state == EXECUTION_AGAIN && !(s->timed_out && s->split))
		b->tries[s->step] |= TRIED_ALONE;
	else if (s->run->state == EXECUTION_LOST && !s->timed_out)
		b->tries[s->step] |= TRIED_LOST;
	else
		return false;
	build_again(b, s->step);
	return true;
}

/* A command that ended as if it had been interrupted means all. */
static bool
wants_end(const struct build *b, const struct slot *s)
{
	return s->run && !s->end.quiet && !s->timed_out && !s->stopped &&
	       !(b->g->steps.p[s->step].flags & STEP_TEST) &&
	       judge_interrupt(s->end.status);
}

static bool
any_ended(const struct build *b)
{
	for (size_t i = 0; i < b->nslots; i++)
		if (b->slots[i]->ended)
			return true;
	return false;
}

/* The first goes in no time: in a dry run all are there, and go one by one. */
static void
take_out(struct build *b, size_t i)
{
	b->nslots--;
	if (i == 0) {
		b->slots++;
		b->slots_before++;
		return;
	}
	memmove(b->slots + i, b->slots + i + 1,
	        (b->nslots - i) * sizeof(*b->slots));
}

static void
finish_ended(struct build *b)
{
	size_t i = 0;

	b->inputs.round++;
	if (any_ended(b))
		build_guests(b);
	while (i < b->nslots) {
		struct slot *s = b->slots[i];

		if (!s->ended) {
			i++;
			continue;
		}
		take_out(b, i);
		b->nturns -= s->turn;
		split_give(b, s);
		room_balance(b);
		if (s->lingers)
			b->nlinger--;
		else
			affinity_ended(&b->affinity, s->step);
		if (s->waits) {
			guests_waited(b, s);
		} else if (!runs_again(b, s)) {
			if (s->run)
				s->run->ops->collect(s->run, &s->end,
				                     &s->output);
			if (wants_end(b, s)) {
				s->stopped = true;
				build_interrupt(b, SIGINT);
			}
			s->stopped |= build_is_unwritten(b, s);
			build_finish(b, s);
		}
		build_free_slot(s);
		/* If one is bad, what ended at the same time does not count. */
		read_dyndeps(b);
		if (b->o->dry_run)
			break;
	}
}

/* Nothing runs, and nothing is ready or may start: starts the next one that was
 * put aside, or tells how it had ended. false: there is none. */
static bool
start_aside(struct build *b)
{
	struct aside_step s;
	bool found = false, started = false;

	while (!started && aside_next(b, &s)) {
		found = true;
		if (aside_believes(b, &s)) {
			build_failed(b, s.step, &s.static_key, &s.r,
			             s.timed_out, buf_str(&s.output));
		} else if (!b->stop) {
			started = true;
			aside_starts(b, &s);
			build_start(b, s.step);
		}
		buf_release(&s.output);
	}
	return found;
}

void
build_run(struct build *b)
{
	bool busy;

	aside_begin(b);
	for (;;) {
		do {
			check_all(b);
			busy = fetch_some(b);
		} while (busy && b->o->jobs == 1);
		start_ready(b);
		build_tick(b, true);
		if (b->stop)
			fetch_stop(b);
		/* What another run has done lets others begin. */
		if (b->nslots == 0 && b->plan.count[PLAN_CHECK])
			continue;
		if (b->nslots == 0 && b->nfetches == 0 && !busy) {
			if (!start_aside(b))
				break;
			if (b->nslots == 0)
				continue;
		}
		if (b->stop || (!plan_has_ready(&b->plan) && !b->nfetches &&
		                !busy))
			build_settle(b);
		if (!b->o->dry_run)
			wait_for_something(b, busy);
		finish_ended(b);
		outside_settle(b, false);
		if (!b->stop)
			fetch_ended(b);
		build_tick(b, false);
	}
	outside_settle(b, true);
	aside_tell(b);
}
