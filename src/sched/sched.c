/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/sched.h"

#include <stdlib.h>

#include "sched/internal.h"
#include "util/os.h"

static void
release_build(struct build *b)
{
	build_close(b);
	if (!b->o->executors)
		executors_free(b->ex);
	affinity_release(&b->affinity);
	plan_release(&b->plan);
	decide_release(&b->decide);
	deps_release(&b->deps);
	inputs_release(&b->inputs);
	outside_release(&b->outside);
	free(b->dyn);
	free(b->weight);
}

/* What was wanted and was not run. */
static void
tell_skipped(struct build *b)
{
	if (!b->ev->finished)
		return;
	for (uint32_t i = 0; i < b->g->steps.n; i++) {
		unsigned state = b->plan.state[i];

		if (state == PLAN_NONE || state >= PLAN_RUN ||
		    state == PLAN_HELD ||
		    b->g->steps.p[i].flags & STEP_PHONY)
			continue;
		b->ev->finished(b->ctx, i, END_SKIPPED, NULL,
		                (struct str){ 0 });
	}
}

/* How it ended, in ninja's words. */
static enum sched_outcome
outcome(struct build *b, int *exit, struct err *err)
{
	if (b->signal) {
		err_set(err, "interrupted by user");
		*exit = b->o->ninja_exit ? 130 : 128 + b->signal;
		return SCHED_INTERRUPTED;
	}
	*exit = b->failed_exit;
	if (b->broken) {
		*exit = 1;
		return b->err->code == EXIT_ENV ? SCHED_ERROR : SCHED_FAILED;
	}
	if (b->counts.failed == 0) {
		if (b->plan.count[PLAN_WAIT] + b->plan.count[PLAN_READY] == 0)
			return SCHED_DONE;
		err_set(err, "stuck [this is a bug]");
		*exit = 1;
		return SCHED_FAILED;
	}
	if (b->stop)
		err_set(err, "%s", b->o->keep > 1 ? "subcommands failed"
		                                  : "subcommand failed");
	else
		err_set(err, "cannot make progress due to previous errors");
	return SCHED_FAILED;
}

static void
open_build(struct build *b)
{
	b->g = b->s->g;
	plan_init(&b->plan, b->g);
	decide_init(&b->decide, b->s);
	b->decide.dry_run = b->o->dry_run;
	b->decide.rerun = b->o->rerun;
	b->decide.every = b->o->every;
	if (b->o->explain)
		decide_keep_old(&b->decide);
	b->sym_worker_command = graph_sym(b->g, STR("tg_worker_command"));
	b->sym_worker_args = graph_sym(b->g, STR("tg_worker_args"));
}

static uint64_t
since(int64_t began)
{
	return (uint64_t)(os_now() - began) / 1000;
}

enum sched_outcome
sched_build(struct state *s, struct store *store, const uint32_t *targets,
	uint32_t ntargets, const struct sched_opts *opts,
	const struct build_events *events, void *ctx,
	struct build_counts *counts, int *exit, struct err *err)
{
	struct build b = {
		.s = s, .store = store, .o = opts, .ev = events, .ctx = ctx,
		.targets = targets, .ntargets = ntargets, .err = err,
	};
	enum sched_outcome how = SCHED_NOTHING;
	int64_t began = os_now();
	int r;

	*exit = 0;
	b.ex = opts->executors ? opts->executors : executors_new();
	open_build(&b);
	r = build_prepare(&b, err);
	b.counts.prepare_us = since(began);
	b.counts.looked = b.plan.nwanted_nodes;
	began = os_now();
	if (r < 0) {
		*exit = 1;
		how = SCHED_ERROR;
	} else if (plan_total(&b.plan)) {
		build_planned(&b);
		if (build_open(&b, err) < 0) {
			*exit = 1;
			how = SCHED_ERROR;
		} else {
			build_run(&b);
			how = outcome(&b, exit, err);
			if (how == SCHED_DONE && !opts->dry_run)
				left_settle(&b);
			tell_skipped(&b);
		}
	}
	b.counts.run_us = since(began);
	build_tick(&b, false);
	if (counts)
		*counts = b.counts;
	release_build(&b);
	return how;
}
