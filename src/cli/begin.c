/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/begin.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/run.h"
#include "cli/troubles.h"
#include "exec/jobserver.h"
#include "report/report.h"
#include "session/targets/failed.h"
#include "session/targets/targets.h"

static void
on_session_warn(void *ctx, struct str text)
{
	report_warn(ctx, text);
}

static void
on_waiting(void *ctx, long pid)
{
	report_info(ctx, "another tgraph (pid %ld) works here; waiting", pid);
}

static void
on_left(void *ctx, long pid)
{
	report_info(ctx, "ending what a killed run left at work (process %ld)",
	            pid);
}

/* While many files are read for the first time, a terminal shows how far. */
static void
on_scan(void *ctx, uint32_t done, uint32_t total, uint32_t failed)
{
	const struct session *s = ctx;

	if (total < 500 || s->o->quiet || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\rtgraph: reading Python files %u/%u", done, total);
	if (failed)
		fprintf(stderr, ", %u not clean", failed);
	fputs(done == total ? "\r\x1b[K" : "\x1b[K", stderr);
}

/* The same for a large environment. */
static void
on_digest(void *ctx, uint64_t done, uint64_t total)
{
	const struct session *s = ctx;
	const uint64_t mib = 1024 * 1024;

	if (total < 32 * mib || s->o->quiet || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\rtgraph: reading installed packages %u/%u MiB%s",
	        (unsigned)(done / mib), (unsigned)(total / mib),
	        done == total ? "\r\x1b[K" : "\x1b[K");
}

static struct report *
open_report(const struct session *s, struct err *err)
{
	const struct options *o = s->o;
	struct report_opts opts = {
		.out = stdout, .err = stderr, .name = o->prog,
		.ninja = o->ninja, .jobs = o->jobs, .color = o->color,
		.verbosity = o->quiet ? REPORT_QUIET
		           : o->verbose || (s->python && o->dry_run)
		           ? REPORT_VERBOSE : REPORT_NORMAL,
		/* a dry run shows commands, not results */
		.tests = s->python && !o->dry_run,
		.expand = o->expand, .last = o->last, .all = o->rerun,
		.stand = s->below.p,
		.show = o->report_chars,
		.slowest = o->durations_given, .slowest_most = o->durations,
		.slowest_min = o->durations_min,
	};
	struct report *r = report_new(&opts, err);

	if (!r)
		err_default(err, options_usage_code(o));
	if (r && s->trace.n)
		report_keep(r, REPORT_TRACE);
	if (r && s->junit.n)
		report_keep(r, REPORT_JUNIT);
	if (r && s->json.n)
		report_keep(r, REPORT_JSON);
	return r;
}

/* As ninja: said whether it is used in the end or not. */
static void
say_jobserver(const struct options *o, struct report *r)
{
	const char *flags = getenv("MAKEFLAGS");

	if (o->ninja && !o->dry_run && !o->jobs_given && !o->quiet &&
	    jobserver_named(flags))
		report_info(r, "Jobserver mode detected: %s", flags);
}

static void
say_adopted(struct report *r, uint32_t count)
{
	const struct reason why = {
		.why = WHY_ADOPTED, .step = GRAPH_NONE, .node = GRAPH_NONE,
		.other = GRAPH_NONE, .count = count,
	};

	report_explain(r, &why);
}

/* Opens all and builds. */
static int
open_and_build(struct session *s, struct report *r, struct foreground *f,
	struct err *err)
{
	enum state_mode mode = session_reads_only(s) ? STATE_READ
	                     : s->o->no_wait ? STATE_WRITE
	                     : s->python ? STATE_BESIDE : STATE_WAIT;
	enum made_end made;
	int64_t adopted;
	int code, troubles;

	s->warn = on_session_warn;
	s->waiting = on_waiting;
	s->left = on_left;
	s->ctx = r;
	s->scanning = on_scan;
	s->digesting = on_digest;
	say_jobserver(s->o, r);
	if (targets_prepare(s, err) < 0 || failed_items(s, err) < 0)
		return -1;
	if (session_open(s, mode, err) < 0)
		return -1;
	adopted = session_adopt(s, err);
	if (adopted < 0)
		return -1;
	if (adopted && s->o->explain)
		say_adopted(r, (uint32_t)adopted);
	if (run_environments(s, r, &made, err) < 0)
		return -1;
	if (made == MADE_LATER && !s->front.ntests)
		return EXIT_OK;
	troubles = s->python ? troubles_tell(s, r) : 0;
	if (troubles == EXIT_ENV)
		return err_code(err, EXIT_ENV, "interpreters are missing "
		                "(--require-all-pythons)");
	if (made == MADE_SOME) {
		troubles = troubles ? troubles : EXIT_ENV;
		if (!s->front.ntests)
			return troubles;
	}
	if (troubles_no_tests(s, err) < 0 || session_store(s, err) < 0)
		return -1;
	if (s->o->debug || s->o->show)
		return foreground_target(f, s, r, err);
	code = run_build(s, r, err);
	if (code == EXIT_FAILED && s->o->pdb && !s->o->dry_run &&
	    foreground_failed(f, s, err) < 0)
		return -1;
	return code == EXIT_OK ? troubles : code;
}

int
begin_run(struct session *s, struct foreground *f, struct err *err)
{
	struct report *r = open_report(s, err);
	int code = r ? open_and_build(s, r, f, err) : -1;

	report_free(r);
	return code;
}
