/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/ansi.h"
#include "report/internal.h"
#include "util/mem.h"
#include "util/os.h"

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
	status_init(&r->status, &r->o, format, terminal, color > 0);
	tests_init(&r->tests, &r->o, &r->status, terminal, color > 0);
	return r;
}

void
report_free(struct report *r)
{
	if (!r)
		return;
	status_release(&r->status);
	tests_release(&r->tests);
	trace_free(r->trace);
	free(r);
}

void
report_trace(struct report *r)
{
	if (!r->trace)
		r->trace = trace_new(r->o.now());
}

int
report_trace_write(struct report *r, const char *path, struct err *err)
{
	return trace_write(r->trace, path, err);
}

void
report_begin(struct report *r, const struct graph *g, const struct state *s,
	const uint32_t *targets, uint32_t ntargets)
{
	int64_t now = r->o.now();

	status_begin(&r->status, g, now);
	if (r->trace)
		trace_begin(r->trace, g);
	if (r->o.tests)
		tests_begin(&r->tests, g, s, targets, ntargets, now);
}

void
report_planned(struct report *r, uint32_t total)
{
	r->status.total = total;
	if (r->o.tests)
		tests_planned(&r->tests, total, r->o.now());
}

void
report_explain(struct report *r, const struct reason *why)
{
	status_explain(&r->status, why);
	if (why->step == GRAPH_NONE)
		status_whys(&r->status, GRAPH_NONE, true);
}

void
report_started(struct report *r, uint32_t step)
{
	if (r->trace)
		trace_started(r->trace, step, r->o.now());
	if (r->o.tests)
		tests_started(&r->tests, step, r->o.now());
	else
		status_started(&r->status, step, r->o.now());
}

void
report_finished(struct report *r, uint32_t step, enum step_end how,
	const struct result *result, struct str output)
{
	if (r->trace)
		trace_finished(r->trace, step, how, r->o.now());
	if (r->o.tests)
		tests_finished(&r->tests, step, how, result, output,
			r->o.now());
	else
		status_finished(&r->status, step, how, result, output,
			r->o.now());
}

void
report_tick(struct report *r, const struct build_counts *c)
{
	if (r->o.tests)
		tests_tick(&r->tests, c, r->o.now());
	else
		status_tick(&r->status, c, r->o.now());
}

void
report_end(struct report *r, struct report_totals *totals)
{
	status_end(&r->status);
	if (r->o.tests)
		tests_end(&r->tests, r->o.now());
	if (totals)
		report_totals(r, totals);
}

void
report_totals(const struct report *r, struct report_totals *totals)
{
	*totals = (struct report_totals){ 0 };
	if (r->o.tests)
		tests_count(&r->tests, totals);
}

/* The status or table must not be in the way of a line. */
static void
make_room(struct report *r)
{
	if (r->tests.drawn)
		table_erase(&r->tests);
	line_break(&r->status.line);
}

static void
say(struct report *r, FILE *to, const char *what, const char *fmt, va_list ap)
{
	struct buf text = { 0 };

	make_room(r);
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
sayf(struct report *r, FILE *to, const char *what, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(r, to, what, fmt, ap);
	va_end(ap);
}

void
report_warn(struct report *r, struct str text)
{
	sayf(r, r->o.err, "warning: ", "%.*s", (int)text.n, text.p);
}

/* First the journal cannot be written, and at the end the snapshot that should
 * have made up for it: one trouble. */
void
report_warn_state(struct report *r, struct str text)
{
	if (r->state_told)
		return;
	r->state_told = true;
	sayf(r, r->o.err, "warning: ", "%.*s; what this run found out is not "
		"remembered", (int)text.n, text.p);
}

void
report_info(struct report *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(r, r->o.out, "", fmt, ap);
	va_end(ap);
}

void
report_error(struct report *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(r, r->o.err, "error: ", fmt, ap);
	va_end(ap);
}

/* ---- as a build tells ---- */

static void
on_planned(void *ctx, uint32_t total)
{
	report_planned(ctx, total);
}

static void
on_explain(void *ctx, const struct reason *why)
{
	report_explain(ctx, why);
}

static void
on_started(void *ctx, uint32_t step)
{
	report_started(ctx, step);
}

static void
on_finished(void *ctx, uint32_t step, enum step_end how,
	const struct result *result, struct str output)
{
	report_finished(ctx, step, how, result, output);
}

static void
on_tick(void *ctx, const struct build_counts *c)
{
	report_tick(ctx, c);
}

static void
on_warn(void *ctx, enum warning_kind kind, struct str text)
{
	if (kind == WARN_STATE)
		report_warn_state(ctx, text);
	else
		report_warn(ctx, text);
}

const struct build_events report_events = {
	.planned = on_planned, .explain = on_explain, .started = on_started,
	.finished = on_finished, .tick = on_tick, .warn = on_warn,
};
