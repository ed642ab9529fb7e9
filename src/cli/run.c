/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/environments.h"
#include "cli/tree_changed.h"
#include "cli/troubles.h"
#include "exec/executors.h"
#include "sched/sched.h"
#include "session/ours.h"
#include "session/targets/covered.h"
#include "session/targets/targets.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/path.h"

static struct sched_opts
sched_options(struct session *s)
{
	const struct options *o = s->o;

	session_find_observe(s);
	return (struct sched_opts){
		.observe_library = s->observe.n ? s->observe.p : NULL,
		.observe_dir = s->observe_dir.p,
		.jobs = o->jobs_given || !s->python ? o->jobs : os_cpus(),
		.jobs_given = o->jobs_given,
		.keep = o->keep_given ? o->keep : s->python ? 0 : 1,
		.maxfail = (uint32_t)o->maxfail,
		.load = o->load, .min_memory = o->min_memory,
		.dry_run = o->dry_run, .explain = o->explain,
		.keep_depfile = o->keep_depfile, .keep_rsp = o->keep_rsp,
		.rerun = o->rerun, .every = !s->python,
		.ninja_exit = o->ninja,
		.timeout = o->timeout, .retries = o->retries,
		.jobserver = o->jobserver, .no_workers = o->no_workers,
		.executors = s->executors, .running = SESSION_RUNNING,
		.beside = s->python, .waiting = s->waiting,
		.waiting_ctx = s->ctx,
		.remake = !s->python && !o->cache.n && !getenv("TGRAPH_CACHE"),
	};
}

int
run_environments(struct session *s, struct report *r, enum made_end *end,
	struct err *err)
{
	return made_run(s, r, sched_options(s), end, err);
}

/* What was found up to date only in the course of it was no work. */
static enum sched_outcome
unless_idle(enum sched_outcome end, const struct build_counts *c)
{
	return end == SCHED_DONE && c->done == 0 ? SCHED_NOTHING : end;
}

enum { MANIFEST_TRIES = 100 };

/* The new manifest may name other inputs for the step that made it than the old
 * one did: times say whether it has seen them all, as for one that was made
 * before we came. */
static int
accept_manifest(struct session *s, struct str path, struct err *err)
{
	uint32_t node = graph_find(s->graph, path), step;
	struct result r;

	if (node == GRAPH_NONE)
		return 0;
	step = s->graph->nodes.p[node].producer;
	if (step == GRAPH_NONE ||
	    !(s->graph->steps.p[step].flags & STEP_GENERATOR))
		return 0;
	r = s->state.result[step];
	if (r.status != RESULT_PASSED)
		return 0;
	r.key = (struct digest){ 0 };
	return state_record(&s->state, step, &r, err);
}

/* Was something that it is made from edited while it was made? Then it is made
 * again before anything else. */
static bool
manifest_behind(const struct session *s, uint32_t node)
{
	const struct result *r;

	r = &s->state.result[s->graph->nodes.p[node].producer];
	return r->status == RESULT_PASSED && digest_none(&r->key) &&
	       result_again(r);
}

/* Brings the manifest itself up to date and reads it again if it changed.
 * 1: nothing more is to be done (a dry run). */
static int
run_manifest(struct session *s, struct report *r, struct err *err)
{
	struct sched_opts opts = sched_options(s);
	struct buf path = { 0 };
	int exit_code = 0;

	opts.rerun = false;
	buf_addstr(&path, buf_str(&s->manifest));
	path.n = path_fold(path.p, path.n);
	for (int i = 0; i < MANIFEST_TRIES; i++) {
		uint32_t node = graph_find(s->graph, buf_str(&path));
		struct build_counts counts = { 0 };
		enum sched_outcome end;

		if (node == GRAPH_NONE ||
		    s->graph->nodes.p[node].producer == GRAPH_NONE)
			break;
		report_begin(r, s->graph, &s->state, &node, 1);
		end = sched_build(&s->state, s->store, &node, 1, &opts,
		                  &report_events, r, &counts, &exit_code, err);
		report_end(r, NULL);
		end = unless_idle(end, &counts);
		if (end == SCHED_NOTHING)
			break;
		if (end != SCHED_DONE) {
			struct buf why = { 0 };

			buf_addf(&why, "rebuilding '%s': %s", s->manifest.p,
			         err->msg ? err->msg : "interrupted by user");
			err_release(err);
			err_code(err, end == SCHED_INTERRUPTED ? exit_code :
			         1, "%s", why.p);
			buf_release(&why);
			buf_release(&path);
			return -1;
		}
		if (opts.dry_run) {
			buf_release(&path);
			return 1;
		}
		if (state_manifests_current(&s->state)) {
			if (!manifest_behind(s, node))
				break;
		} else if (session_reload(s, err) < 0 ||
		           accept_manifest(s, buf_str(&path), err) < 0) {
			buf_release(&path);
			return -1;
		}
		if (i == MANIFEST_TRIES - 1) {
			buf_release(&path);
			return err_code(err, 1, "manifest '%s' still dirty "
			                "after %d tries, perhaps system time "
			                "is not set", s->manifest.p,
			                MANIFEST_TRIES);
		}
	}
	buf_release(&path);
	return 0;
}

static void
say_time(struct report *r, const char *what, uint32_t count, uint64_t us)
{
	report_info(r, "stats: %-8s %7u %12.1f %12.1f", what, count,
	            count ? (double)us / count : 0, (double)us / 1000);
}

/* As ninja's table: what was done how often, the average, and the sum. */
static void
say_stats(const struct session *s, struct report *r,
	const struct build_counts *c, uint64_t save_us)
{
	uint32_t ran = c->done - c->cached - c->failed;

	report_info(r, "stats: up to date %u, restored %u, ran %u, failed %u",
	            c->clean, c->cached, ran, c->failed);
	report_info(r, "stats: %-8s %7s %12s %12s", "metric", "count",
	            "avg (us)", "total (ms)");
	say_time(r, "load", 1, s->open_us);
	say_time(r, "look", c->looked, c->prepare_us);
	say_time(r, "run", ran + c->cached + c->failed, c->run_us);
	say_time(r, "save", 1, save_us);
}

/* Exit code of a build that came to an end. */
static int
exit_code_of(const struct session *s, enum sched_outcome end, int ninja_code)
{
	switch (end) {
	case SCHED_NOTHING:
	case SCHED_DONE:
		return EXIT_OK;
	case SCHED_FAILED:
		return s->o->ninja ? ninja_code : EXIT_FAILED;
	case SCHED_INTERRUPTED:
		return ninja_code;
	default:
		return -1;
	}
}

static void
stopped(struct report *r, const struct err *err)
{
	struct buf place = { 0 };

	if (err->path && err->line)
		buf_addf(&place, "%s:%d: ", err->path, err->line);
	else if (err->path)
		buf_addf(&place, "%s: ", err->path);
	report_info(r, "build stopped: %s%s.", place.n ? place.p : "",
	            err->msg ? err->msg : "interrupted by user");
	buf_release(&place);
}

static void
say_end(const struct session *s, struct report *r, enum sched_outcome end,
	const struct err *err)
{
	if (s->python) {
		if (end == SCHED_NOTHING && s->o->dry_run)
			report_info(r, "nothing to do");
		else if (end == SCHED_INTERRUPTED)
			report_info(r, "interrupted; what had finished is "
			            "kept");
		return;
	}
	if (end == SCHED_NOTHING && !s->o->quiet)
		report_info(r, "no work to do.");
	else if (end == SCHED_FAILED || end == SCHED_INTERRUPTED)
		stopped(r, err);
}

/* A file that the user asked for, if it was. In a Python repository it is no
 * input of tests. */
static int
write_document(struct session *s, struct report *r, enum report_document what,
	const struct buf *path, struct err *err)
{
	int ret = path->n ? report_write(r, what, path->p, err) : 0;

	if (ret == 0 && path->n && s->python)
		ret = ours_add(s, path->p, OURS_FILE, err);
	if (ret < 0)
		err->code = EXIT_ENV;
	return ret;
}

/* The end of a test run: what the numbers say. */
static int
tests_code(const struct session *s, const struct report_totals *sum, int code)
{
	if (code != EXIT_OK || s->o->dry_run)
		return code;
	if (sum->failed_files || sum->timeout_files || sum->crashed_files ||
	    sum->failed_steps)
		return EXIT_FAILED;
	if (s->o->last ? sum->not_run == sum->files : sum->not_run)
		return EXIT_FAILED;
	/* nothing passed and nothing was skipped on purpose: no test at all */
	if (sum->files &&
	    sum->empty_files + sum->unselected_files == sum->files)
		return EXIT_FAILED;
	return code;
}

/* How the same tests would take less time. */
static void
advise(const struct session *s, struct report *r,
	const struct build_counts *counts)
{
	if (!s->o->quiet && !s->o->isolation && !s->o->no_workers &&
	    !state_extra(&s->state, STATE_CHOSEN).n)
		report_advice(r, (double)counts->run_us / 1e6, s->o->jobs);
}

/* The report of coverage, if this run was to make it. */
static int
show_coverage(struct session *s, struct report *r, const struct targets *t,
	int64_t begun, struct err *err)
{
	const char *path;

	if (s->o->dry_run || s->o->last)
		return 0;
	path = covered_report(s, t, begun);
	if (path)
		report_file(r, path);
	if (covered_keep(s, t, err) < 0) {
		err->code = EXIT_ENV;
		return -1;
	}
	return 0;
}

static int
build_targets(struct session *s, struct report *r, const struct targets *t,
	struct build_counts *counts, struct err *err)
{
	struct sched_opts opts = sched_options(s);
	struct environments envs = { 0 };
	struct report_totals sum = { 0 };
	enum sched_outcome end = SCHED_NOTHING;
	int code = 0, ninja_code = 0;
	int64_t begun = os_wall();

	report_begin(r, s->graph, &s->state, t->v, t->n);
	opts.outside = environments_begin(&envs, s);
	if (!s->o->last)
		end = sched_build(&s->state, s->store, t->v, t->n, &opts,
		                  &report_events, r, counts, &ninja_code, err);
	environments_release(&envs);
	report_end(r, &sum);
	end = unless_idle(end, counts);
	if (write_document(s, r, REPORT_TRACE, &s->trace, err) < 0)
		return -1;
	code = exit_code_of(s, end, ninja_code);
	if (code < 0) {
		if (!err->code)
			err->code = s->o->ninja ? 1 : EXIT_USAGE;
		return -1;
	}
	say_end(s, r, end, err);
	err_release(err);
	if (s->python) {
		if (show_coverage(s, r, t, begun, err) < 0)
			return -1;
		if (sum.unselected_files && sum.files ==
		    sum.unselected_files + sum.empty_files)
			report_error(r, "no test fits what was asked for");
		code = tests_code(s, &sum, code);
		if (sum.ran && !s->o->dry_run && !s->o->last) {
			/* What workers write at their end counts too. */
			executors_shrink(s->executors);
			tree_changed_warn(s, r);
			advise(s, r, counts);
		}
		if (write_document(s, r, REPORT_JUNIT, &s->junit, err) < 0 ||
		    write_document(s, r, REPORT_JSON, &s->json, err) < 0)
			return -1;
	}
	return code;
}

static int
nothing_left(const struct session *s, struct report *r)
{
	if (s->o->since)
		report_info(r, "no test file%s could come out differently "
		            "because of what has changed since %s",
		            s->o->failed ? " that failed" : "", s->o->since);
	else
		report_info(r, "nothing failed or was left unfinished last "
		            "time");
	return EXIT_OK;
}

int
run_inputs(struct session *s, struct report *r, uint32_t step, struct err *err)
{
	const struct graph_step *st = &s->graph->steps.p[step];
	struct sched_opts opts = sched_options(s);
	struct build_counts counts = { 0 };
	uint32_t n = graph_nneeded(st), *nodes;
	enum sched_outcome end;
	int code = 0;

	if (!s->user_manifest.n || s->o->dry_run)
		return EXIT_OK;
	nodes = xreallocarray(NULL, n + 1, sizeof(*nodes));
	memcpy(nodes, graph_ids(s->graph, st->ins), n * sizeof(*nodes));
	report_begin(r, s->graph, &s->state, nodes, n);
	end = sched_build(&s->state, s->store, nodes, n, &opts,
	                  &report_events, r, &counts, &code, err);
	report_end(r, NULL);
	free(nodes);
	return exit_code_of(s, end, code);
}

int
run_build(struct session *s, struct report *r, struct err *err)
{
	struct build_counts counts = { 0 };
	struct targets t = { 0 };
	struct err later = { 0 };
	int64_t began;
	int code;

	if (!s->python) {
		code = run_manifest(s, r, err);
		if (code)
			return code > 0 ? 0 : -1;
	}
	if (targets_find(s, s->o->args, s->o->nargs, &t, err) < 0)
		code = -1;
	else if (s->python && (s->o->failed || s->o->since) && !t.n &&
	         !s->junit.n && !s->json.n)
		code = nothing_left(s, r);
	else if (s->python && !s->o->last && covered_targets(s, &t, err) < 0)
		code = -1;
	else
		code = build_targets(s, r, &t, &counts, err);
	targets_release(&t);
	began = os_now();
	if (!s->o->dry_run && !s->o->last && session_save(s, &later) < 0)
		report_warn_state(r, str_of(later.msg));
	err_release(&later);
	if (s->o->stats && code >= 0) {
		say_stats(s, r, &counts, (uint64_t)(os_now() - began) / 1000);
		report_ways(r);
	}
	return code;
}
