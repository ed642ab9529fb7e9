/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/judge.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "result/results.h"
#include "result/verdict.h"
#include "result/way.h"
#include "sched/places.h"
#include "state/asked.h"
#include "util/file.h"
#include "util/mem.h"

bool
judge_interrupt(int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGINT ||
		       WTERMSIG(status) == SIGTERM ||
		       WTERMSIG(status) == SIGHUP;
	return WIFEXITED(status) && WEXITSTATUS(status) == 130;
}

int
judge_exit(int status)
{
	if (judge_interrupt(status))
		return 130;
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

static void
add_signal(struct buf *out, int sig)
{
	static const struct { int sig; const char *name; } names[] = {
		{ SIGHUP, "SIGHUP" }, { SIGINT, "SIGINT" },
		{ SIGQUIT, "SIGQUIT" }, { SIGILL, "SIGILL" },
		{ SIGTRAP, "SIGTRAP" }, { SIGABRT, "SIGABRT" },
		{ SIGBUS, "SIGBUS" }, { SIGFPE, "SIGFPE" },
		{ SIGKILL, "SIGKILL" }, { SIGUSR1, "SIGUSR1" },
		{ SIGSEGV, "SIGSEGV" }, { SIGUSR2, "SIGUSR2" },
		{ SIGPIPE, "SIGPIPE" }, { SIGALRM, "SIGALRM" },
		{ SIGTERM, "SIGTERM" }, { SIGXCPU, "SIGXCPU" },
		{ SIGXFSZ, "SIGXFSZ" }, { SIGSYS, "SIGSYS" },
	};

	for (size_t i = 0; i < countof(names); i++) {
		if (names[i].sig == sig) {
			buf_adds(out, names[i].name);
			return;
		}
	}
	buf_addf(out, "signal %d", sig);
}

/* In the words of src/pytgraph/command/plain.py. */
static void
died(struct buf *out, const struct exec_end *e)
{
	if (WIFSIGNALED(e->status)) {
		buf_adds(out, "killed by ");
		add_signal(out, WTERMSIG(e->status));
	} else {
		buf_addf(out, "ended with exit code %d",
		         WEXITSTATUS(e->status));
	}
	buf_adds(out, e->quiet && e->payload >= 0 ?
	         " at its end, after its tests" : " before its end");
	if (e->line)
		buf_addf(out, ", during the test at line %u", e->line);
}

/* The last bytes of the log, where the plain command would have shown them. */
static void
add_log(const struct graph *g, uint32_t step, struct buf *out)
{
	enum { TAIL = 8192 };
	struct buf path = { 0 }, log = { 0 };
	size_t skip;

	if (graph_binding(g, step, SYM_TG_LOG, GRAPH_RAW, &path, NULL) == 1 &&
	    file_read(path.p, &log, NULL) == 1) {
		skip = log.n > TAIL ? log.n - TAIL : 0;
		buf_add(out, log.p + skip, log.n - skip);
		if (log.n && log.p[log.n - 1] != '\n')
			buf_addc(out, '\n');
	}
	buf_release(&path);
	buf_release(&log);
}

static void
take_counts(const struct verdict *v, struct graph *g, uint32_t step,
	struct result *r, struct deps *deps)
{
	r->passed = v->passed;
	r->failed = v->failed;
	r->errors = v->errors;
	r->skipped = v->skipped;
	r->xfailed = v->xfailed;
	r->xpassed = v->xpassed;
	r->warnings = v->warnings;
	r->flags |= (uint16_t)v->company;
	/* A copy of the environment reads every name, also those that differ
	 * from shell to shell and that "*" leaves out. */
	if (v->env_all)
		deps_add_env(deps, g, STR("*"));
	else
		for (size_t i = 0; i < v->nenv; i++)
			if (!places_tell(g, step, str_of(v->env[i])))
				deps_add_env(deps, g, str_of(v->env[i]));
}

/* How long the file took itself: that its worker had to start, or pytest in it,
 * is not its doing, and would not be so another time; nor is all that comes at
 * the end of a process that was not forked. */
static void
take_time(const struct results *doc, struct result *r)
{
	struct way w;
	double us;

	if (!way_read(&w, doc))
		return;
	us = w.seconds[WAY_IMPORT] + w.seconds[WAY_COLLECT] +
	     w.seconds[WAY_RUN];
	if (strcmp(w.kind, "process") != 0 && strcmp(w.kind, "start") != 0)
		us += w.seconds[WAY_REPORT] + w.seconds[WAY_END];
	us *= 1e6;
	if (us >= 0 && us < (double)r->duration_us)
		r->duration_us = (uint64_t)us + 1;
}

/* Files that were imported and that the depfile can't name. */
static void
take_unsaid(const struct results *doc, struct graph *g, struct deps *deps)
{
	const cJSON *name;

	cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(doc->json,
	                                                          "unsaid")) {
		const char *s = cJSON_GetStringValue(name);

		if (s && *s)
			deps_add(deps, g, str_of(s));
	}
}

/* What markers of the tests say (pytgraph/runner/marks.py): files that count,
 * and that it is always run. */
static void
take_marked(const struct results *doc, struct graph *g, struct deps *deps)
{
	const cJSON *name;

	cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(doc->json,
	                                                          "inputs")) {
		const char *s = cJSON_GetStringValue(name);

		if (s && *s)
			deps_add(deps, g, str_of(s));
	}
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(doc->json,
	                                                  "always")))
		deps_add(deps, g, STR(ASKED_ALWAYS "cache=False in a marker"));
}

/* Files of the graph that the tests say they have written. */
static void
take_wrote(const struct results *doc, const struct graph *g, struct deps *deps)
{
	const cJSON *name;

	cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(doc->json,
	                                                          "wrote")) {
		const char *s = cJSON_GetStringValue(name);
		uint32_t node = s && *s ? graph_find(g, str_of(s)) : GRAPH_NONE;

		if (node != GRAPH_NONE)
			deps_wrote(deps, node);
	}
}

/* Reads what the tests left; false: why has what is wrong. */
static bool
read_document(const char *path, const struct exec_end *e, struct results *doc,
	struct verdict *v, struct buf *why)
{
	struct buf text = { 0 };
	bool good = false;

	if ((e->quiet && e->payload < 0) || file_read(path, &text, NULL) != 1)
		died(why, e);
	else if (e->payload >= 0 && (uint64_t)e->payload != text.n)
		buf_adds(why, "the result file is not what the tests left");
	else
		good = results_parse(doc, buf_str(&text), why) &&
		       verdict_of(v, doc, why);
	buf_release(&text);
	return good;
}

static enum result_status
judge_file(struct graph *g, uint32_t step, const char *path,
	const struct exec_end *e, struct result *r, struct buf *output,
	struct buf *why, struct deps *deps)
{
	enum result_status status = RESULT_CRASHED;
	struct results doc = { 0 };
	struct verdict v = { 0 };
	bool exit_ok = WIFEXITED(e->status) && WEXITSTATUS(e->status) == 0;

	if (!read_document(path, e, &doc, &v, why))
		return RESULT_CRASHED;
	if (v.crash) {
		buf_adds(why, v.crash);
	} else if (WIFSIGNALED(e->status) ||
	           (v.status != RESULT_FAILED && !exit_ok && e->quiet)) {
		died(why, e);
	} else if (v.status != RESULT_FAILED && !exit_ok) {
		buf_addf(why, "the result says passed, its exit code is %d",
		         WEXITSTATUS(e->status));
	} else {
		status = v.status;
	}
	take_counts(&v, g, step, r, deps);
	if (!v.crash)
		take_time(&doc, r);
	take_unsaid(&doc, g, deps);
	take_marked(&doc, g, deps);
	take_wrote(&doc, g, deps);
	if (status == RESULT_FAILED && e->quiet)
		buf_adds(output, v.text);
	verdict_release(&v);
	results_release(&doc);
	return status;
}

static void
judge_test(struct graph *g, uint32_t step, const char *path,
	const struct exec_end *e, struct result *r, struct buf *output,
	struct deps *deps)
{
	struct buf why = { 0 }, name = { 0 };

	r->status = (uint16_t)judge_file(g, step, path, e, r, output, &why,
	                                 deps);
	/* The plain command has said it, unless it was not its to know. */
	if (r->status == RESULT_CRASHED && (e->quiet || output->n == 0)) {
		if (graph_binding(g, step, SYM_TG_FILE, GRAPH_RAW, &name,
		                  NULL) != 1)
			buf_adds(&name, path);
		buf_addf(output, "%s: %s\n", name.p, buf_str(&why).p);
		add_log(g, step, output);
	}
	buf_release(&why);
	buf_release(&name);
}

/* How a quiet one ran must not show. */
static void
set_exit(struct result *r, const struct exec_end *e, bool ok)
{
	r->exit = !e->quiet ? e->status : ok ? 0 : 1 << 8;
}

bool
judge(struct graph *g, uint32_t step, const struct exec_end *e,
	struct result *r, struct buf *output, struct deps *deps)
{
	struct buf path = { 0 };
	bool ok;

	if (g->steps.p[step].flags & STEP_TEST &&
	    graph_binding(g, step, SYM_TG_RESULT, GRAPH_RAW, &path, NULL)
	    == 1) {
		judge_test(g, step, path.p, e, r, output, deps);
	} else if (WIFSIGNALED(e->status)) {
		r->status = RESULT_CRASHED;
	} else {
		r->status = WEXITSTATUS(e->status) ? RESULT_FAILED
		                                   : RESULT_PASSED;
	}
	ok = r->status == RESULT_PASSED || r->status == RESULT_EMPTY;
	set_exit(r, e, ok);
	buf_release(&path);
	return ok;
}

/* What was known of a test that was ended for its time; false: nothing. */
static bool
take_known(struct graph *g, uint32_t step, const struct exec_end *e,
	struct result *r, struct buf *output, const char *name)
{
	struct buf path = { 0 }, why = { 0 };
	struct results doc = { 0 };
	struct verdict v = { 0 };
	struct deps none = { 0 };
	bool known;

	known = graph_binding(g, step, SYM_TG_RESULT, GRAPH_RAW, &path, NULL)
	        == 1 &&
	        read_document(path.p, e, &doc, &v, &why) && v.crash;
	if (known) {
		take_counts(&v, g, step, r, &none);
		buf_addf(output, "%s: %s\n", name, v.crash);
	}
	verdict_release(&v);
	results_release(&doc);
	deps_release(&none);
	buf_release(&path);
	buf_release(&why);
	return known;
}

void
judge_timeout(struct graph *g, uint32_t step, const struct exec_end *e,
	struct result *r, struct buf *output)
{
	struct buf name = { 0 };

	r->status = RESULT_TIMEOUT;
	set_exit(r, e, false);
	/* What a report says besides the time: see tests_file.crash. */
	if (graph_binding(g, step, SYM_TG_FILE, GRAPH_RAW, &name, NULL) == 1 &&
	    !take_known(g, step, e, r, output, name.p) && e->line)
		buf_addf(output, "%s: during the test at line %u\n", name.p,
		         e->line);
	buf_release(&name);
}
