/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sched/judge.h"
#include "sched/known/known.h"
#include "util/file.h"
#include "util/os.h"

static void
remove_binding(const struct build *b, uint32_t step, uint32_t sym)
{
	struct buf path = { 0 };

	if (graph_binding(b->g, step, sym, GRAPH_RAW, &path, NULL) == 1)
		unlink(path.p);
	buf_release(&path);
}

/* One whose content is kept in the records. */
static void
remove_depfile(const struct build *b, uint32_t step)
{
	if (deps_transient(b->g, step) && !b->o->keep_depfile)
		remove_binding(b, step, SYM_DEPFILE);
}

static void
look_outputs(struct build *b, uint32_t step)
{
	const struct graph_step *s = &b->g->steps.p[step];

	inputs_look(b, graph_ids(b->g, s->outs), s->nouts);
}

/* ---- a step that succeeded ---- */

/* A step that writes its own inputs does so each time: what it does for the
 * third time in a row is believed to be its own doing. */
static bool
is_habit(const struct build *b, uint32_t step)
{
	return result_again(&b->s->result[step]) >= 2;
}

/* What the outputs were made from; none if that is not known for sure. */
static void
find_key(struct build *b, struct slot *slot, struct result *r)
{
	uint32_t step = slot->step, out, in;
	enum inputs_seen seen = inputs_check(b, step, slot->start_file);
	bool generator = b->g->steps.p[step].flags & STEP_GENERATOR;

	r->key = (struct digest){ 0 };
	if (seen >= INPUTS_TOUCHED)
		result_set_again(r, result_again(&b->s->result[step]) + 1);
	if (b->deps.unknown || slot->beside || seen == INPUTS_MEANWHILE ||
	    (seen == INPUTS_TOUCHED && !is_habit(b, step)))
		return;
	/* ninja's rule besides, for what it has written itself. */
	if (generator && seen != INPUTS_SAME &&
	    decide_older(b->s, step, &out, &in))
		return;
	if (seen != INPUTS_SAME &&
	    store_key(b->s, step, &slot->static_key, NULL) < 0)
		return;
	if (seen != INPUTS_SAME)
		left_by(b, step);
	store_full_key(b->s, step, &slot->static_key, &r->key);
}

static void
succeed(struct build *b, struct slot *slot, struct result *r,
	struct str output)
{
	uint32_t step = slot->step;
	int64_t *was;

	if (b->deps.n || b->g->steps.p[step].nobs) {
		graph_observe(b->g, step, b->deps.ids, (uint32_t)b->deps.n);
		state_grow(b->s);
	}
	was = made_times(b, step);
	look_outputs(b, step);
	find_key(b, slot, r);
	made_tell(b, step, &r->key, was);
	free(was);
	remove_depfile(b, step);
	if (!b->o->keep_rsp && b->g->steps.p[step].flags & STEP_RSPFILE)
		remove_binding(b, step, SYM_RSPFILE);
	if (outside_waits(b, slot, r, output))
		r->key = (struct digest){ 0 };
	finish_keep(b, slot, r, output);
	finish_record(b, step, r, true);
	observe_tell(b, step);
}

/* ---- the end of a step ---- */

/* Has enough failed? */
static bool
is_enough(struct build *b, const struct result *r)
{
	const struct sched_opts *o = b->o;
	uint32_t items = r ? r->failed + r->errors : 0;

	b->failed_items += items ? items : 1;
	return (o->keep > 0 && b->counts.failed >= (uint32_t)o->keep) ||
	       (o->maxfail && b->failed_items >= o->maxfail);
}

static void
told_and_done(struct build *b, uint32_t step, enum step_end how,
	const struct result *r, struct str output)
{
	if (b->ev->finished)
		b->ev->finished(b->ctx, step, how, r, output);
	if (how == END_FAILED) {
		b->counts.failed++;
		plan_failed(&b->plan, step);
		if (is_enough(b, r))
			b->stop = true;
		return;
	}
	b->inputs.strange |= how == END_RAN && !b->o->dry_run &&
	                     !build_known(b, step);
	decide_ran(&b->decide, step);
	plan_done(&b->plan, step);
	build_note_dyndep(b, step);
}

void
build_fail(struct build *b, uint32_t step, struct str output)
{
	struct result r = {
		.status = RESULT_FAILED, .exit = 1 << 8,
		.start_ns = os_wall(), .command = store_command(b->s, step),
	};

	b->failed_exit = 1;
	finish_record(b, step, &r, true);
	told_and_done(b, step, END_FAILED, &r, output);
}

void
build_fetched(struct build *b, uint32_t step, struct result *r,
	struct str text)
{
	build_explain(b, step);
	inputs_replaced(b, step);
	made_tell(b, step, &r->key, NULL);
	r->flags |= RESULT_CACHED;
	finish_record(b, step, r, true);
	b->counts.cached++;
	told_and_done(b, step, END_CACHED, r, text);
}

/* What an interrupted step has changed is removed: it may be half of
 * something. */
static void
remove_outputs(struct build *b, uint32_t step)
{
	const struct graph_step *s = &b->g->steps.p[step];
	bool all = s->flags & STEP_DEPFILE;
	struct file_sig now;

	for (uint32_t i = 0; i < s->nouts; i++) {
		uint32_t n = graph_ids(b->g, s->outs)[i];
		const char *path = graph_cpath(b->g, n);

		if (file_sig(AT_FDCWD, path, &now) != 1 || S_ISDIR(now.mode))
			continue;
		if (all || !file_sig_eq(&now, &b->s->sig[n]))
			unlink(path);
	}
	if (all)
		remove_binding(b, step, SYM_DEPFILE);
	look_outputs(b, step);
}

static int
retries(const struct build *b, uint32_t step)
{
	struct buf text = { 0 };
	bool mine = b->o->every || b->g->steps.p[step].flags & STEP_TEST;
	int n = mine ? b->o->retries : 0;

	if (graph_binding(b->g, step, SYM_TG_RETRIES, GRAPH_RAW, &text, NULL)
	    == 1)
		n = atoi(text.p);
	buf_release(&text);
	return n < TRIED_COUNT ? n : TRIED_COUNT - 1;
}

static bool
run_again(struct build *b, uint32_t step)
{
	if (b->stop || (b->tries[step] & TRIED_COUNT) >= retries(b, step))
		return false;
	b->tries[step]++;
	if (b->ev->again)
		b->ev->again(b->ctx, step);
	build_again(b, step);
	return true;
}

static bool
is_good(struct build *b, struct slot *slot, struct result *r)
{
	uint32_t step = slot->step;

	deps_clear(&b->deps);
	if (!slot->timed_out)
		return judge(b->g, step, &slot->end, r, &slot->output,
		             &b->deps);
	judge_timeout(b->g, step, &slot->end, r, &slot->output);
	return false;
}

void
build_failed(struct build *b, uint32_t step, const struct digest *static_key,
	struct result *r, bool timed_out, struct str output)
{
	b->failed_exit = r->exit == 0 || timed_out ? 1 : judge_exit(r->exit);
	store_full_key(b->s, step, static_key, &r->key);
	look_outputs(b, step);
	finish_record(b, step, r, true);
	told_and_done(b, step, END_FAILED, r, output);
}

static void
finish_run(struct build *b, struct slot *slot)
{
	uint32_t step = slot->step;
	struct buf *output = &slot->output;
	struct err err = { 0 };
	struct result r = {
		.start_ns = slot->start_wall,
		.duration_us = (uint64_t)((slot->over ? slot->over
		                          : os_now()) - slot->start) / 1000 + 1,
		.command = store_command(b->s, step),
	};
	bool ok = is_good(b, slot, &r);

	split_note(b, step, &r);
	if (ok && deps_read(&b->deps, b->g, step, output, &err) < 0) {
		if (output->n)
			buf_addc(output, '\n');
		buf_adds(output, err.msg);
		err_release(&err);
		r.status = RESULT_FAILED;
		r.exit = 1 << 8;
		ok = false;
	}
	if (ok) {
		observe_end(b, slot);
		if (b->tries[step] & TRIED_COUNT)
			r.flags |= RESULT_FLAKY;
		aside_ended(b, slot, &r);
		succeed(b, slot, &r, buf_str(output));
		told_and_done(b, step, END_RAN, &r, buf_str(output));
		return;
	}
	remove_depfile(b, step);
	if (run_again(b, step) || aside_takes(b, slot, &r))
		return;
	if (!slot->met && state_is_alone(b->s))
		r.flags |= RESULT_LONE;
	aside_ended(b, slot, &r);
	build_failed(b, step, &slot->static_key, &r, slot->timed_out,
	             buf_str(output));
}

void
build_finish(struct build *b, struct slot *slot)
{
	static const struct result dry = { .status = RESULT_PASSED };
	uint32_t step = slot->step;

	if (b->o->dry_run) {
		told_and_done(b, step, END_RAN, &dry, (struct str){ 0 });
	} else if (slot->stopped) {
		remove_outputs(b, step);
		if (b->ev->finished)
			b->ev->finished(b->ctx, step, END_SKIPPED, NULL,
			                buf_str(&slot->output));
	} else {
		finish_run(b, slot);
	}
}
