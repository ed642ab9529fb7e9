/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/made.h"

#include "session/targets/made.h"

/* Those that could not be made. */
static int
tell_failed(const struct session *s, struct report *r, const struct targets *t)
{
	const struct front *f = &s->front;
	int n = 0;

	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];
		const struct package *pkg = &f->p.packages[row->package];
		const struct front_made *m = front_row_made(f, row);
		uint32_t node = m ? graph_find(s->graph, m->stamp) : GRAPH_NONE;
		bool wanted = false;

		for (uint32_t k = 0; k < t->n; k++)
			wanted |= t->v[k] == node;
		if (!wanted || !front_row_unmade(f, row))
			continue;
		report_error(r, "package '%.*s' is not tested under Python %s: "
		             "its environment could not be made",
		             (int)pkg->name.n, pkg->name.p, row->version.p);
		n++;
	}
	return n;
}

/* Was one not there when the repository was looked at? Another run beside this
 * one may have made it. */
static bool
lacks_any(const struct session *s, const struct targets *t)
{
	const struct front *f = &s->front;

	for (size_t i = 0; s->front_loaded && i < f->nmade; i++) {
		uint32_t node = graph_find(s->graph, f->made[i].stamp);

		for (uint32_t k = 0; k < t->n; k++)
			if (t->v[k] == node && f->made[i].interp == SIZE_MAX)
				return true;
	}
	return false;
}

static int
build(struct session *s, struct report *r, const struct sched_opts *opts,
	const struct targets *t, enum sched_outcome *end, struct err *err)
{
	struct build_counts counts = { 0 };
	int code = 0;

	report_begin(r, s->graph, &s->state, t->v, t->n);
	/* What they leave besides the stamp is in no cache. */
	*end = sched_build(&s->state, NULL, t->v, t->n, opts, &report_events, r,
	                   &counts, &code, err);
	report_end(r, NULL);
	if (*end == SCHED_DONE && counts.done == 0)
		*end = SCHED_NOTHING;
	if (*end == SCHED_INTERRUPTED) {
		err_release(err);
		return err_code(err, code, "interrupted; what had finished is "
		                "kept");
	}
	if (*end == SCHED_FAILED || *end == SCHED_DONE || *end == SCHED_NOTHING)
		err_release(err);
	else
		return err_default(err, EXIT_ENV);
	return 0;
}

int
made_run(struct session *s, struct report *r, struct sched_opts opts,
	enum made_end *end, struct err *err)
{
	struct targets t = { 0 };
	enum sched_outcome how = SCHED_NOTHING;
	int ret = 0;

	*end = MADE_ALL;
	if (!s->python || (session_reads_only(s) && !s->o->dry_run))
		return 0;
	made_targets(s, s->o->args, s->o->nargs, &t);
	/* Limits and repetitions are the tests'. */
	opts.timeout = 0;
	opts.retries = 0;
	opts.maxfail = 0;
	opts.keep = 0;
	opts.rerun = false;
	if (t.n)
		ret = build(s, r, &opts, &t, &how, err);
	if (ret == 0 && how != SCHED_NOTHING && s->o->dry_run)
		*end = MADE_LATER;
	else if (ret == 0 && (how != SCHED_NOTHING || lacks_any(s, &t)))
		ret = session_look_again(s, err);
	if (ret == 0 && how != SCHED_NOTHING && !s->o->dry_run) {
		targets_release(&t);
		made_targets(s, s->o->args, s->o->nargs, &t);
		if (tell_failed(s, r, &t))
			*end = MADE_SOME;
	}
	targets_release(&t);
	return ret;
}
