/* SPDX-License-Identifier: Apache-2.0 */
#include "report/tests/tests.h"

#include <stdlib.h>
#include <string.h>

#include "report/tests/listed.h"
#include "report/tests/notes.h"
#include "report/tests/slowest.h"
#include "report/text/step.h"
#include "util/mem.h"

enum {
	LIVE_MOST = 5,          /* names of a file's tests, as it fails */
	LIST_MOST = 50,         /* lines of the list at the end */
	BLOCKS_MOST = 30,       /* failures that are shown on a terminal */
};

static struct tests *
tests_of(struct report_sink *sink)
{
	return (struct tests *)sink;
}

static void
drop_rows(struct tests *t)
{
	for (size_t i = 0; i < t->nrows; i++)
		free(t->rows[i].name);
	free(t->row_of);
	t->row_of = NULL;
	t->nrows = t->nbusy = 0;
}

static void
tests_free(struct report_sink *sink)
{
	struct tests *t = tests_of(sink);

	drop_rows(t);
	reasons_release(&t->whys.list);
	free(t->rows);
	free(t->busy);
	free(t);
}

static uint32_t
find_row(struct tests *t, uint32_t step, struct buf *a, struct buf *b)
{
	const char *python;
	size_t i;

	step_binding(t->m->g, step, SYM_TG_PACKAGE, a);
	python = step_binding(t->m->g, step, SYM_TG_PYTHON, b);
	if (t->o->expand && *python)
		buf_addf(a, "%spy%s", a->n ? " " : "", python);
	/* Steps of a package mostly stand together. */
	for (i = t->nrows; i > 0; i--)
		if (str_is(buf_str(a), t->rows[i - 1].name))
			return (uint32_t)i - 1;
	t->rows = vec_grow(t->rows, &t->rows_cap, t->nrows + 1,
		sizeof(*t->rows));
	t->rows[t->nrows] = (struct tests_row){
		.name = xmemdup0(a->p ? a->p : "", a->n)
	};
	return (uint32_t)t->nrows++;
}

static void
tests_begin(struct report_sink *sink, const struct report_build *b,
	int64_t now)
{
	struct tests *t = tests_of(sink);
	struct buf name = { 0 }, python = { 0 };

	(void)b;
	drop_rows(t);
	t->whys.list.n = 0;
	t->drew = now;
	t->drawn = 0;
	t->total = 0;
	t->hidden = false;
	t->left_us = UINT64_MAX;
	t->row_of = xcalloc(t->m->n + 1, sizeof(*t->row_of));
	for (uint32_t i = 0; i < t->m->n; i++)
		t->row_of[i] = find_row(t, t->m->v[i].step, &name, &python);
	buf_release(&name);
	buf_release(&python);
}

static struct tests_row *
row_of(const struct tests *t, const struct testfile *f)
{
	return &t->rows[t->row_of[f - t->m->v]];
}

/* A terminal shows each change. Elsewhere lines come with ticks only: between
 * the end of a step and the start of the next, fewer seem to run than do. */
static void
redraw(struct tests *t, int64_t now)
{
	if (t->terminal)
		table_draw(t, now, false);
}

static void
tests_planned(struct report_sink *sink, uint32_t total, int64_t now)
{
	struct tests *t = tests_of(sink);

	t->total = total;
	if (total && t->terminal)
		table_draw(t, now, false);
}

/* Says why the step is not up to date, if that was asked for. */
static void
tests_say_whys(struct tests *t, uint32_t step)
{
	if (!whys_have(&t->whys, step))
		return;
	table_erase(t);
	whys_print(&t->whys, t->m->g, step, true);
}

static void
tests_explain(struct report_sink *sink, const struct reason *why)
{
	struct tests *t = tests_of(sink);

	reasons_add(&t->whys.list, why);
	if (why->step == GRAPH_NONE)
		tests_say_whys(t, GRAPH_NONE);
}

static void
busy_started(struct tests *t, uint32_t step)
{
	t->busy = vec_grow(t->busy, &t->busy_cap, t->nbusy + 1,
		sizeof(*t->busy));
	t->busy[t->nbusy++] = step;
	if (t->m->g->steps.p[step].flags & STEP_CONSOLE) {
		table_erase(t);
		t->hidden = true;
	}
}

static void
tests_started(struct report_sink *sink, uint32_t step, int64_t now)
{
	struct tests *t = tests_of(sink);
	const struct testfile *f = testfile_of(t->m, step);

	tests_say_whys(t, step);
	if (!f)
		busy_started(t, step);
	else if (!row_of(t, f)->first)
		row_of(t, f)->first = now;
	redraw(t, now);
}

static void
busy_finished(struct tests *t, uint32_t step)
{
	size_t i;

	for (i = 0; i < t->nbusy && t->busy[i] != step; i++)
		continue;
	if (i == t->nbusy)
		return;
	for (t->nbusy--; i < t->nbusy; i++)
		t->busy[i] = t->busy[i + 1];
	if (t->m->g->steps.p[step].flags & STEP_CONSOLE)
		t->hidden = false;
}

/* What failed is named as it happens; with -v, on no terminal, each file. One
 * file alone is told at once by its block. */
static void
tell_file(struct tests *t, const struct testfile *f)
{
	struct buf line = { 0 };
	struct listed names = { 0 };
	bool bad = fate_bad(testfile_fate(t->m, f));

	if (t->m->n == 1 || t->o->verbosity == REPORT_QUIET ||
	    (!bad && t->o->verbosity != REPORT_VERBOSE))
		return;
	if (bad) {
		listed_add(&names, t, f);
		listed_print(&names, LIVE_MOST, &line);
	} else {
		failures_line(t, f, &line);
	}
	table_erase(t);
	t->named = true;
	fwrite(line.p, 1, line.n, t->o->out);
	fflush(t->o->out);
	listed_release(&names);
	buf_release(&line);
}

static void
tests_finished(struct report_sink *sink, uint32_t step, enum step_end how,
	const struct result *r, struct str output, int64_t now)
{
	struct tests *t = tests_of(sink);
	const struct testfile *f = testfile_of(t->m, step);

	(void)r;
	(void)output;
	tests_say_whys(t, step);
	if (!f)
		busy_finished(t, step);
	else if (how != END_SKIPPED)
		row_of(t, f)->last = now;
	if (f && (how == END_RAN || how == END_FAILED))
		tell_file(t, f);
	redraw(t, now);
}

static void
tests_tick(struct report_sink *sink, const struct build_counts *c, int64_t now)
{
	struct tests *t = tests_of(sink);

	t->left_us = c->left_us;
	table_draw(t, now, false);
}

static void
tests_clear(struct report_sink *sink)
{
	if (tests_of(sink)->drawn)
		table_erase(tests_of(sink));
}

static void
print(const struct tests *t, struct buf *text)
{
	if (text->n)
		fwrite(text->p, 1, text->n, t->o->out);
	buf_clear(text);
}

/* Blocks in the order of the graph, tests and other steps; what failed is added
 * to the list. */
static void
print_blocks(struct tests *t, struct listed *list)
{
	bool all = t->o->verbosity == REPORT_VERBOSE;
	struct failures_logs seen = { .most = t->terminal ? BLOCKS_MOST : 0 };
	struct buf text = { 0 };
	enum testfile_fate fate;
	size_t o = 0;
	uint32_t i;

	for (i = 0; i <= t->m->n; i++) {
		for (; o < t->m->nothers && (i == t->m->n ||
		    t->m->others[o].step < t->m->v[i].step); o++)
			failures_other(t, &t->m->others[o], &text);
		if (i < t->m->n) {
			fate = testfile_fate(t->m, &t->m->v[i]);
			if (all || fate_bad(fate))
				failures_file(t, &t->m->v[i], all, &seen,
					&text);
			if (fate_bad(fate))
				listed_add(list, t, &t->m->v[i]);
		}
		print(t, &text);
	}
	if (seen.hidden)
		buf_addf(&text, "%u more failures are not shown: %s --last "
			"FILE shows those of a file\n\n", seen.hidden,
			t->o->name);
	print(t, &text);
	failures_logs_release(&seen);
	buf_release(&text);
}

/* What there is to say after the blocks. One failure has been named by its
 * block. */
static void
print_notes(struct tests *t, const struct listed *list)
{
	struct notes notes = { 0 };
	struct buf text = { 0 };

	if (t->o->verbosity != REPORT_QUIET) {
		notes_read(&notes, t->o, t->m);
		notes_blocks(&notes, &text);
		notes_reasons(&notes, &text);
		notes_release(&notes);
	}
	slowest_print(t->o, t->m, &text);
	if (list->nids > 1)
		listed_print(list, LIST_MOST, &text);
	print(t, &text);
	buf_release(&text);
}

static void
tests_end(struct report_sink *sink, int64_t now)
{
	struct tests *t = tests_of(sink);
	struct listed list = { 0 };
	struct report_totals c;
	struct buf text = { 0 };

	t->hidden = false;
	if (t->drawn)
		table_draw(t, now, true);
	t->drawn = 0;
	testfiles_count(t->m, &c);
	if (t->named && !t->terminal)
		fputc('\n', t->o->out);
	t->named = false;
	print_blocks(t, &list);
	print_notes(t, &list);
	listed_release(&list);
	if ((t->o->verbosity != REPORT_QUIET && (t->total || !t->o->part)) ||
	    c.failed_files || c.timeout_files || c.crashed_files || c.failed_steps) {
		summary_line(t, &c, &text);
		print(t, &text);
	}
	fflush(t->o->out);
	buf_release(&text);
}

static const struct report_sink_ops tests_ops = {
	.begin = tests_begin, .planned = tests_planned,
	.explain = tests_explain, .started = tests_started,
	.finished = tests_finished, .tick = tests_tick,
	.clear = tests_clear, .end = tests_end, .free = tests_free,
};

struct report_sink *
tests_new(const struct report_opts *o, const struct testfiles *m,
	bool terminal, bool color)
{
	struct tests *t = xcalloc(1, sizeof(*t));

	*t = (struct tests){
		.sink.ops = &tests_ops,
		.o = o, .m = m, .color = color, .whys.o = o,
		.terminal = terminal && o->verbosity == REPORT_NORMAL,
		.left_us = UINT64_MAX,
	};
	return &t->sink;
}
