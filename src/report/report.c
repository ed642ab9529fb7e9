/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/documents.h"
#include "report/sink/sink.h"
#include "report/status.h"
#include "report/tests/testfiles.h"
#include "report/tests/tests.h"
#include "report/tests/ways.h"
#include "report/text/ansi.h"
#include "report/text/format.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/os.h"

struct report {
	struct report_opts o;
	struct testfiles *tests;        /* told of events only with o.tests */
	struct report_sink **sinks;     /* owned; tests comes first */
	size_t n, cap;
	struct report_sink *documents[REPORT_DOCUMENTS];        /* or NULL */
	bool state_told;                /* see report_warn_state */
	char *lacking;                  /* owned: o.lacking */
};

/* For each sink that wants it. */
#define EACH_SINK(r, sink, op) \
	for (size_t at = 0; at < (r)->n; at++) \
		if (((sink) = (r)->sinks[at])->ops->op)

static bool
is_terminal(const struct report_opts *o)
{
	const char *term = getenv("TERM");

	if (o->terminal)
		return o->terminal > 0;
	return isatty(fileno(o->out)) && term && strcmp(term, "dumb") != 0;
}

static int
choose_format(const struct report_opts *o, const char **format,
	struct err *err)
{
	const char *name = "NINJA_STATUS";

	*format = o->ninja ? NULL : getenv("TGRAPH_STATUS");
	if (*format)
		name = "TGRAPH_STATUS";
	else
		*format = getenv(name);
	if (!*format)
		*format = "[%f/%t] ";
	return o->verbosity == REPORT_QUIET ? 0 :
		format_check(*format, name, err);
}

static void
add_sink(struct report *r, struct report_sink *sink)
{
	r->sinks = vec_grow(r->sinks, &r->cap, r->n + 1, sizeof(*r->sinks));
	r->sinks[r->n++] = sink;
}

struct report *
report_new(const struct report_opts *o, struct err *err)
{
	struct report *r;
	const char *format;
	bool terminal = is_terminal(o);
	int color = ansi_color(o->color, terminal);

	if (color < 0) {
		err_code(err, EXIT_USAGE, "unknown colour mode '%s': "
			"use always, never or auto", o->color);
		return NULL;
	}
	if (choose_format(o, &format, err) != 0)
		return NULL;
	if (o->ninja && !o->color)
		color = ansi_color_ninja(terminal);
	r = xcalloc(1, sizeof(*r));
	r->o = *o;
	if (!r->o.now)
		r->o.now = os_now;
	r->tests = testfiles_new(&r->o);
	if (o->tests) {
		add_sink(r, &r->tests->sink);
		add_sink(r, tests_new(&r->o, r->tests, terminal, color > 0));
	} else {
		add_sink(r, status_new(&r->o, format, terminal, color > 0));
	}
	return r;
}

void
report_free(struct report *r)
{
	struct report_sink *sink;

	if (!r)
		return;
	if (!r->o.tests)
		r->tests->sink.ops->free(&r->tests->sink);
	EACH_SINK(r, sink, free)
		sink->ops->free(sink);
	free(r->sinks);
	free(r->lacking);
	free(r);
}

/* ---- documents ---- */

void
report_keep(struct report *r, enum report_document what)
{
	static struct report_sink *(*const make[])(const struct report_opts *o,
		const struct testfiles *m) = {
		[REPORT_TRACE] = trace_new, [REPORT_JUNIT] = junit_new,
		[REPORT_JSON] = json_new,
	};

	if (r->documents[what])
		return;
	r->documents[what] = make[what](&r->o, r->tests);
	add_sink(r, r->documents[what]);
}

int
report_write(struct report *r, enum report_document what, const char *path,
	struct err *err)
{
	struct report_sink *sink = r->documents[what];
	struct buf out = { 0 };
	int ret;

	assert(sink);
	sink->ops->write(sink, &out);
	ret = dir_make_parent(path, err);
	if (ret == 0)
		ret = file_write(path, out.p, out.n, false, err);
	buf_release(&out);
	return ret;
}

/* ---- events ---- */

void
report_begin(struct report *r, const struct graph *g, const struct state *s,
	const uint32_t *targets, uint32_t ntargets)
{
	const struct report_build b = {
		.g = g, .s = s, .targets = targets, .ntargets = ntargets,
	};
	struct report_sink *sink;
	int64_t now = r->o.now();

	EACH_SINK(r, sink, begin)
		sink->ops->begin(sink, &b, now);
}

void
report_planned(struct report *r, uint32_t total)
{
	struct report_sink *sink;
	int64_t now = r->o.now();

	EACH_SINK(r, sink, planned)
		sink->ops->planned(sink, total, now);
}

void
report_explain(struct report *r, const struct reason *why)
{
	struct report_sink *sink;

	EACH_SINK(r, sink, explain)
		sink->ops->explain(sink, why);
}

void
report_started(struct report *r, uint32_t step)
{
	struct report_sink *sink;
	int64_t now = r->o.now();

	EACH_SINK(r, sink, started)
		sink->ops->started(sink, step, now);
}

void
report_finished(struct report *r, uint32_t step, enum step_end how,
	const struct result *result, struct str output)
{
	struct report_sink *sink;
	int64_t now = r->o.now();

	EACH_SINK(r, sink, finished)
		sink->ops->finished(sink, step, how, result, output, now);
}

void
report_again(struct report *r, uint32_t step)
{
	struct report_sink *sink;

	EACH_SINK(r, sink, again)
		sink->ops->again(sink, step);
}

void
report_aside(struct report *r, uint32_t step)
{
	struct report_sink *sink;

	EACH_SINK(r, sink, aside)
		sink->ops->aside(sink, step);
}

void
report_tick(struct report *r, const struct build_counts *c)
{
	struct report_sink *sink;
	int64_t now = r->o.now();

	EACH_SINK(r, sink, tick)
		sink->ops->tick(sink, c, now);
}

void
report_end(struct report *r, struct report_totals *totals)
{
	struct report_sink *sink;
	int64_t now = r->o.now();

	r->o.part = !totals;
	EACH_SINK(r, sink, end)
		sink->ops->end(sink, now);
	if (totals)
		report_totals(r, totals);
}

void
report_totals(const struct report *r, struct report_totals *totals)
{
	testfiles_count(r->tests, totals);
}

/* ---- lines ---- */

static void
say_line_va(struct report *r, FILE *to, const char *what, const char *fmt,
	va_list ap)
{
	struct buf text = { 0 };
	struct report_sink *sink;

	EACH_SINK(r, sink, clear)
		sink->ops->clear(sink);
	buf_addf(&text, "%s: %s", r->o.name, what);
	buf_vaddf(&text, fmt, ap);
	buf_addc(&text, '\n');
	if (to != r->o.out)
		fflush(r->o.out);
	fwrite(text.p, 1, text.n, to);
	fflush(to);
	buf_release(&text);
}

static void __attribute__((format(printf, 4, 5)))
say_line(struct report *r, FILE *to, const char *what, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_line_va(r, to, what, fmt, ap);
	va_end(ap);
}

void
report_warn(struct report *r, struct str text)
{
	say_line(r, r->o.err, "warning: ", "%.*s", (int)text.n, text.p);
}

void
report_lacking(struct report *r, struct str versions)
{
	free(r->lacking);
	r->lacking = versions.n ? xmemdup0(versions.p, versions.n) : NULL;
	r->o.lacking = r->lacking;
}

/* First the journal cannot be written, and at the end the snapshot that should
 * have made up for it: one trouble. */
void
report_warn_state(struct report *r, struct str text)
{
	if (r->state_told)
		return;
	r->state_told = true;
	say_line(r, r->o.err, "warning: ", "%.*s; what this run found out is not "
		"remembered", (int)text.n, text.p);
}

void
report_info(struct report *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_line_va(r, r->o.out, "", fmt, ap);
	va_end(ap);
}

void
report_error(struct report *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_line_va(r, r->o.err, "error: ", fmt, ap);
	va_end(ap);
}

void
report_file(struct report *r, const char *path)
{
	struct buf text = { 0 };

	if (file_read(path, &text, NULL) == 1) {
		fwrite(text.p, 1, text.n, r->o.out);
		fflush(r->o.out);
	}
	buf_release(&text);
}

void
report_ways(struct report *r)
{
	struct buf text = { 0 };
	const char *p, *nl;

	ways_text(r->tests, &text);
	for (p = text.p; p && (nl = strchr(p, '\n')); p = nl + 1)
		report_info(r, "stats: %.*s", (int)(nl - p), p);
	buf_release(&text);
}

void
report_advice(struct report *r, double took, int jobs)
{
	struct buf text = { 0 };

	ways_advice(r->tests, took, jobs, &text);
	if (text.n)
		report_info(r, "%s", text.p);
	buf_release(&text);
}

/* ---- as a build tells ---- */

static void
event_planned(void *ctx, uint32_t total)
{
	report_planned(ctx, total);
}

static void
event_explain(void *ctx, const struct reason *why)
{
	report_explain(ctx, why);
}

static void
event_started(void *ctx, uint32_t step)
{
	report_started(ctx, step);
}

static void
event_finished(void *ctx, uint32_t step, enum step_end how,
	const struct result *result, struct str output)
{
	report_finished(ctx, step, how, result, output);
}

static void
event_again(void *ctx, uint32_t step)
{
	report_again(ctx, step);
}

static void
event_aside(void *ctx, uint32_t step)
{
	report_aside(ctx, step);
}

static void
event_tick(void *ctx, const struct build_counts *c)
{
	report_tick(ctx, c);
}

static void
event_warn(void *ctx, enum warning_kind kind, struct str text)
{
	if (kind == WARN_STATE)
		report_warn_state(ctx, text);
	else
		report_warn(ctx, text);
}

const struct build_events report_events = {
	.planned = event_planned, .explain = event_explain, .started = event_started,
	.finished = event_finished, .again = event_again, .aside = event_aside,
	.tick = event_tick, .warn = event_warn,
};
