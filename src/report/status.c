/* SPDX-License-Identifier: Apache-2.0 */
#include "report/status.h"

#include <stdlib.h>
#include <string.h>

#include "report/sink/whys.h"
#include "report/text/ansi.h"
#include "report/text/format.h"
#include "report/text/line.h"
#include "report/text/step.h"
#include "util/mem.h"

/* Nothing has happened for so long that the user is told what is running. */
#define HINT_QUIET_NS 5000000000
#define HINT_RUNNING_NS 20000000000

struct status_running {
	uint32_t step;
	int64_t since;          /* ns */
};

struct status {
	struct report_sink sink;
	const struct report_opts *o;
	const struct graph *g;
	const char *format;
	bool color;
	struct line line;
	uint32_t started, finished, total;
	int64_t begin, last;    /* ns; last: when something happened */
	int64_t left_at;        /* when left_us came */
	uint64_t left_us;
	struct rate rate;
	struct status_running *running;
	size_t nrunning, running_cap, running_before;
	struct whys whys;
	struct buf failures;    /* what was shown of failed steps */
	uint32_t nfailed;
	uint32_t failed_at;     /* finished when the last one failed */
};

static struct status *
status_in(struct report_sink *sink)
{
	return (struct status *)sink;
}

static void
forget_build(struct status *st)
{
	st->whys.list.n = st->nrunning = 0;
	buf_clear(&st->failures);
	st->nfailed = 0;
}

static void
status_free(struct report_sink *sink)
{
	struct status *st = status_in(sink);

	forget_build(st);
	reasons_release(&st->whys.list);
	vec_free_queue(st->running, st->running_before, sizeof(*st->running));
	line_release(&st->line);
	buf_release(&st->failures);
	free(st);
}

static void
status_begin(struct report_sink *sink, const struct report_build *b,
	int64_t now)
{
	struct status *st = status_in(sink);

	forget_build(st);
	st->g = b->g;
	st->begin = st->last = now;
	st->started = st->finished = st->total = 0;
	st->left_us = UINT64_MAX;
	st->rate = (struct rate){ .value = -1 };
}

static void
status_planned(struct report_sink *sink, uint32_t total, int64_t now)
{
	(void)now;
	status_in(sink)->total = total;
}

/* ---- why ---- */

static void
status_say_whys(struct status *st, uint32_t step, bool last)
{
	if (!whys_have(&st->whys, step))
		return;
	line_break(&st->line);
	whys_print(&st->whys, st->g, step, last);
}

static void
status_explain(struct report_sink *sink, const struct reason *why)
{
	struct status *st = status_in(sink);

	reasons_add(&st->whys.list, why);
	if (why->step == GRAPH_NONE)
		status_say_whys(st, GRAPH_NONE, true);
}

/* ---- steps ---- */

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
add_prefix(struct status *st, int64_t now, struct buf *out)
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

	status_say_whys(st, step, last);
	if (st->o->verbosity == REPORT_QUIET)
		return;
	add_prefix(st, now, &text);
	step_title(st->g, step, verbose, &text);
	line_status(&st->line, buf_str(&text), !verbose);
	buf_release(&text);
}

static bool
has_console(const struct status *st, uint32_t step)
{
	return st->g->steps.p[step].flags & STEP_CONSOLE;
}

static void
status_started(struct report_sink *sink, uint32_t step, int64_t now)
{
	struct status *st = status_in(sink);

	st->started++;
	st->last = now;
	st->running = vec_grow_queue(st->running, &st->running_before,
		&st->running_cap, st->nrunning, sizeof(*st->running));
	st->running[st->nrunning++] = (struct status_running){ step, now };
	if (has_console(st, step) || st->line.smart)
		print_status(st, step, has_console(st, step), now);
	if (has_console(st, step))
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
	st->nrunning--;
	if (i == 0) {
		st->running++;
		st->running_before++;
	}
	for (; i && i < st->nrunning; i++)
		st->running[i] = st->running[i + 1];
}

static void
status_aside(struct report_sink *sink, uint32_t step)
{
	struct status *st = status_in(sink);
	size_t at = running_at(st, step);

	st->started -= at < st->nrunning;
	stop_running(st, at);
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

static void
status_finished(struct report_sink *sink, uint32_t step, enum step_end how,
	const struct result *r, struct str output, int64_t now)
{
	struct status *st = status_in(sink);
	struct buf head = { 0 };
	bool con = has_console(st, step);
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
say_waiting(struct status *st, int64_t now)
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
	add_prefix(st, now, &text);
	buf_addf(&text, "still waiting for %s (%ld s)",
		graph_cpath(st->g, graph_step_out(st->g, first.step)), s);
	line_status(&st->line, buf_str(&text), true);
	buf_release(&text);
}

static void
status_tick(struct report_sink *sink, const struct build_counts *c,
	int64_t now)
{
	struct status *st = status_in(sink);

	st->left_us = c->left_us;
	st->left_at = now;
	say_waiting(st, now);
}

static void
status_clear(struct report_sink *sink)
{
	line_break(&status_in(sink)->line);
}

static void
status_end(struct report_sink *sink, int64_t now)
{
	struct status *st = status_in(sink);

	(void)now;
	line_lock(&st->line, false);
	line_break(&st->line);
	failures_again(st);
	line_break(&st->line);
}

static const struct report_sink_ops status_ops = {
	.begin = status_begin, .planned = status_planned,
	.explain = status_explain, .started = status_started,
	.finished = status_finished, .aside = status_aside,
	.tick = status_tick,
	.clear = status_clear, .end = status_end, .free = status_free,
};

struct report_sink *
status_new(const struct report_opts *o, const char *format, bool terminal,
	bool color)
{
	struct status *st = xcalloc(1, sizeof(*st));

	*st = (struct status){
		.sink.ops = &status_ops,
		.o = o, .format = format, .color = color,
		.whys.o = o,
		.line = {
			.out = o->out, .columns = o->columns,
			.smart = terminal && o->verbosity == REPORT_NORMAL,
		},
	};
	return &st->sink;
}
