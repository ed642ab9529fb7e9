/* SPDX-License-Identifier: Apache-2.0 */
#include "report/status.h"

#include <stdlib.h>
#include <string.h>

#include "report/ansi.h"
#include "report/reason.h"
#include "report/step.h"
#include "util/mem.h"

/* Nothing has happened for so long that the user is told what is running. */
#define HINT_QUIET_NS 5000000000
#define HINT_RUNNING_NS 20000000000

void
status_init(struct status *st, const struct report_opts *o,
	const char *format, bool terminal, bool color)
{
	*st = (struct status){
		.o = o, .format = format, .color = color,
		.line = {
			.out = o->out, .columns = o->columns,
			.smart = terminal && o->verbosity == REPORT_NORMAL,
		},
	};
}

static void
forget(struct status *st)
{
	st->whys.n = st->nrunning = 0;
	buf_clear(&st->failures);
	st->nfailed = 0;
}

void
status_release(struct status *st)
{
	forget(st);
	reasons_release(&st->whys);
	free(st->running);
	line_release(&st->line);
	buf_release(&st->failures);
}

void
status_begin(struct status *st, const struct graph *g, int64_t now)
{
	forget(st);
	st->g = g;
	st->begin = st->last = now;
	st->started = st->finished = st->total = 0;
	st->left_us = UINT64_MAX;
	st->rate = (struct rate){ .value = -1 };
}

void
status_explain(struct status *st, const struct reason *why)
{
	reasons_add(&st->whys, why);
}

static void
print_why(const struct status *st, const struct reason *why)
{
	struct buf text = { 0 };

	if (why->step != GRAPH_NONE &&
	    st->g->steps.p[why->step].flags & STEP_TEST) {
		step_title(st->g, why->step, false, &text);
		buf_adds(&text, ": ");
	}
	reason_text(st->g, why, &text);
	fprintf(st->o->err, "%s explain: %s\n", st->o->name, text.p);
	buf_release(&text);
}

void
status_whys(struct status *st, uint32_t step, bool last)
{
	struct reasons *whys = &st->whys;
	size_t kept = 0;
	bool any = false;

	for (size_t i = 0; i < whys->n; i++) {
		const struct reason why = whys->v[i];

		if (why.step != step) {
			whys->v[kept++] = why;
			continue;
		}
		if (!any)
			line_break(&st->line);
		any = true;
		print_why(st, &why);
		if (!last && st->o->ninja)
			whys->v[kept++] = why;
	}
	whys->n = kept;
	if (any)
		fflush(st->o->err);
}

static int64_t
left_ms(const struct status *st, int64_t now)
{
	int64_t ms = (now - st->begin) / 1000000, left;

	if (st->finished && st->finished >= st->total)
		return 0;
	if (st->left_us != UINT64_MAX) {
		left = (int64_t)(st->left_us / 1000) -
			(now - st->left_at) / 1000000;
		return left > 0 ? left : 0;
	}
	if (st->finished == 0)
		return -1;
	return ms * (int64_t)(st->total > st->finished ?
		st->total - st->finished : 0) / st->finished;
}

static void
prefix(struct status *st, int64_t now, struct buf *out)
{
	struct format_values v = {
		.started = st->started, .finished = st->finished,
		.running = (uint32_t)st->nrunning, .total = st->total,
		.elapsed_ms = (now - st->begin) / 1000000,
		.left_ms = left_ms(st, now),
	};

	rate_update(&st->rate, st->finished, v.elapsed_ms,
		(unsigned)(st->o->jobs > 0 ? st->o->jobs : 0));
	v.rate = st->rate.value;
	format_fill(out, st->format, &v);
}

static void
print_status(struct status *st, uint32_t step, bool last, int64_t now)
{
	struct buf text = { 0 };
	bool verbose = st->o->verbosity == REPORT_VERBOSE;

	status_whys(st, step, last);
	if (st->o->verbosity == REPORT_QUIET)
		return;
	prefix(st, now, &text);
	step_title(st->g, step, verbose, &text);
	line_status(&st->line, buf_str(&text), !verbose);
	buf_release(&text);
}

static bool
console(const struct status *st, uint32_t step)
{
	return st->g->steps.p[step].flags & STEP_CONSOLE;
}

void
status_started(struct status *st, uint32_t step, int64_t now)
{
	st->started++;
	st->last = now;
	st->running = vec_grow(st->running, &st->running_cap,
		st->nrunning + 1, sizeof(*st->running));
	st->running[st->nrunning++] = (struct status_running){ step, now };
	if (console(st, step) || st->line.smart)
		print_status(st, step, console(st, step), now);
	if (console(st, step))
		line_lock(&st->line, true);
}

static size_t
running_at(const struct status *st, uint32_t step)
{
	size_t i;

	for (i = 0; i < st->nrunning && st->running[i].step != step; i++)
		continue;
	return i;
}

static void
stop_running(struct status *st, size_t i)
{
	if (i >= st->nrunning)
		return;
	for (st->nrunning--; i < st->nrunning; i++)
		st->running[i] = st->running[i + 1];
}

/* ninja lets the next status run into a last line without a newline, or write
 * over it. */
static void
print_output(struct status *st, struct str output)
{
	struct buf text = { 0 };
	bool strip = output.n && !st->color &&
	             memchr(output.p, '\033', output.n);

	if (strip) {
		ansi_strip(&text, output);
		output = buf_str(&text);
	}
	if (output.n && !st->o->ninja && output.p[output.n - 1] != '\n') {
		if (!strip)
			buf_addstr(&text, output);
		buf_addc(&text, '\n');
		output = buf_str(&text);
	}
	if (output.n)
		line_output(&st->line, output);
	buf_release(&text);
}

/* What failed is shown again at the end, if something came after it. */
enum { FAILURES_MAX = 64 * 1024, FAILURE_TAIL = 8 * 1024 };

static void
keep_failure(struct status *st, struct str head, struct str output)
{
	st->nfailed++;
	st->failed_at = st->finished;
	if (st->o->ninja || st->failures.n > FAILURES_MAX)
		return;
	buf_addstr(&st->failures, head);
	if (output.n > FAILURE_TAIL) {
		buf_adds(&st->failures, "...\n");
		output.p += output.n - FAILURE_TAIL;
		output.n = FAILURE_TAIL;
	}
	if (st->color)
		buf_addstr(&st->failures, output);
	else
		ansi_strip(&st->failures, output);
	if (output.n && output.p[output.n - 1] != '\n')
		buf_addc(&st->failures, '\n');
}

static void
failures_again(struct status *st)
{
	struct buf text = { 0 };

	if (st->failures.n == 0 || st->o->verbosity == REPORT_QUIET ||
	    (st->nfailed == 1 && st->failed_at == st->finished))
		return;
	buf_addf(&text, "\n%u of %u steps failed:\n", st->nfailed,
		st->finished);
	buf_addstr(&text, buf_str(&st->failures));
	line_output(&st->line, buf_str(&text));
	buf_release(&text);
}

void
status_finished(struct status *st, uint32_t step, enum step_end how,
	const struct result *r, struct str output, int64_t now)
{
	struct buf head = { 0 };
	bool con = console(st, step);
	size_t at = running_at(st, step);

	if (con && at < st->nrunning)
		line_lock(&st->line, false);
	if (how == END_CLEAN || how == END_SKIPPED) {
		stop_running(st, at);
		return;
	}
	st->last = now;
	st->finished++;
	if (at == st->nrunning)
		st->started++;
	/* The status still counts the step as running, as ninja's does. */
	if (!con || at == st->nrunning)
		print_status(st, step, true, now);
	stop_running(st, at);
	if (how == END_RAN && r && r->flags & RESULT_FLAKY &&
	    st->o->verbosity != REPORT_QUIET) {
		buf_addf(&head, "FLAKY: %s (failed before it passed)\n",
			graph_cpath(st->g, graph_step_out(st->g, step)));
		line_output(&st->line, buf_str(&head));
		buf_release(&head);
	}
	if (how == END_FAILED) {
		step_failed(st->g, step, r, st->color, &head);
		line_output(&st->line, buf_str(&head));
		keep_failure(st, buf_str(&head), output);
		buf_release(&head);
	}
	print_output(st, output);
}

/* "[3/9] still waiting for X (90 s)" when nothing moves. */
static void
hint(struct status *st, int64_t now)
{
	struct status_running first;
	struct buf text = { 0 };
	long s;

	if (!st->line.smart || st->o->ninja || st->nrunning == 0 ||
	    now - st->last < HINT_QUIET_NS)
		return;
	first = st->running[0];
	s = (long)((now - first.since) / 1000000000);
	if (now - first.since < HINT_RUNNING_NS)
		return;
	prefix(st, now, &text);
	buf_addf(&text, "still waiting for %s (%ld s)",
		graph_cpath(st->g, graph_step_out(st->g, first.step)), s);
	line_status(&st->line, buf_str(&text), true);
	buf_release(&text);
}

void
status_tick(struct status *st, const struct build_counts *c, int64_t now)
{
	st->left_us = c->left_us;
	st->left_at = now;
	hint(st, now);
}

void
status_end(struct status *st)
{
	line_lock(&st->line, false);
	line_break(&st->line);
	failures_again(st);
	line_break(&st->line);
}
