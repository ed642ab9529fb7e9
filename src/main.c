/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/run.h"
#include "cli/troubles.h"
#include "exec/jobserver.h"
#include "report/report.h"
#include "session/options.h"
#include "session/session.h"
#include "session/targets.h"
#include "tool/tool.h"
#include "util/err.h"
#include "util/os.h"

static void
print_error(const struct options *o, const struct err *err)
{
	fflush(stdout);
	fprintf(stderr, !o->ninja ? "%s: " : err->fatal ? "%s: fatal: "
	        : "%s: error: ", o->prog);
	if (err->path && err->line)
		fprintf(stderr, "%s:%d: ", err->path, err->line);
	else if (err->path)
		fprintf(stderr, "%s: ", err->path);
	fprintf(stderr, "%s\n", err->msg ? err->msg : "unknown error");
}

static int
enter(const struct options *o, struct err *err)
{
	if (!o->dir)
		return 0;
	if (!o->tool && !o->quiet) {
		printf("%s: Entering directory `%s'\n", o->prog, o->dir);
		fflush(stdout);
	}
	if (chdir(o->dir) < 0) {
		err->fatal = true;
		err_code(err, o->ninja ? 1 : EXIT_USAGE, "chdir to '%s' - %s",
		         o->dir, strerror(errno));
		return -1;
	}
	return 0;
}

static void
on_warn(void *ctx, struct str text)
{
	report_warn(ctx, text);
}

static void
on_waiting(void *ctx, long pid)
{
	report_info(ctx, "another tgraph (pid %ld) works here; waiting", pid);
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
		.expand = o->expand, .last = o->last,
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
build(struct session *s, struct report *r, struct err *err)
{
	enum state_mode mode = s->o->dry_run || s->o->last ? STATE_READ
	                     : s->o->no_wait ? STATE_WRITE : STATE_WAIT;
	int64_t adopted;
	int code, troubles;

	s->warn = on_warn;
	s->waiting = on_waiting;
	s->ctx = r;
	s->scanning = on_scan;
	say_jobserver(s->o, r);
	if (targets_prepare(s, err) < 0)
		return -1;
	if (session_open(s, mode, err) < 0)
		return -1;
	adopted = session_adopt(s, err);
	if (adopted < 0)
		return -1;
	if (adopted && s->o->explain)
		say_adopted(r, (uint32_t)adopted);
	troubles = s->python ? troubles_tell(s, r) : 0;
	if (troubles == EXIT_ENV)
		return err_code(err, EXIT_ENV, "interpreters are missing "
		                "(--require-all-pythons)");
	if (troubles_no_tests(s, err) < 0 || session_store(s, err) < 0)
		return -1;
	code = run_build(s, r, err);
	return code == EXIT_OK ? troubles : code;
}

static int
run(const struct options *o, struct err *err)
{
	struct session s = { .is_tool = tool_is };
	struct report *r = NULL;
	int code = -1;

	if (enter(o, err) == 0 && session_place(&s, o, err) == 0) {
		if (o->tool) {
			code = tool_main(&s, err);
		} else {
			r = open_report(&s, err);
			if (r)
				code = build(&s, r, err);
		}
	}
	report_free(r);
	session_close(&s);
	return code;
}

int
main(int argc, char **argv)
{
	struct options o;
	struct err err = { 0 };
	enum options_end end;
	int code = 0;

	if (os_std_fds() < 0)
		return EXIT_ENV;
	if (options_parse(&o, argc, argv, &end, &code, &err) < 0)
		code = -1;
	else if (end == OPTIONS_RUN)
		code = run(&o, &err);
	if (code < 0) {
		print_error(&o, &err);
		code = err.code ? err.code : EXIT_ENV;
		if (o.ninja && code != EXIT_INTERRUPTED)
			code = 1;
	}
	err_release(&err);
	options_release(&o);
	if (fflush(stdout) == EOF && code == EXIT_OK) {
		fprintf(stderr, "tgraph: write to standard output: %s\n",
		        strerror(errno));
		code = EXIT_ENV;
	}
	return code;
}
