/* SPDX-License-Identifier: Apache-2.0 */
#include "report/tests.h"

#include <stdlib.h>
#include <string.h>

#include "report/step.h"
#include "util/arena.h"
#include "util/hash.h"
#include "util/mem.h"

/* Of a step's own output; the end is what tells why it died. */
#define OUTPUT_LIMIT (256u << 10)

void
tests_init(struct tests *t, const struct report_opts *o,
	struct status *status, bool terminal, bool color)
{
	*t = (struct tests){
		.o = o, .status = status, .color = color,
		.terminal = terminal && o->verbosity == REPORT_NORMAL,
		.left_us = UINT64_MAX,
	};
}

static void
drop(struct tests *t)
{
	uint32_t i;
	size_t j;

	for (i = 0; i < t->nfiles; i++) {
		free(t->files[i].output);
		free(t->files[i].crash);
	}
	for (j = 0; j < t->nrows; j++)
		free(t->rows[j].name);
	for (j = 0; j < t->nothers; j++)
		free(t->others[j].output);
	free(t->files);
	free(t->by_step);
	t->files = NULL;
	t->by_step = NULL;
	t->nfiles = t->nsteps = 0;
	t->nrows = t->nothers = t->nbusy = 0;
}

void
tests_release(struct tests *t)
{
	drop(t);
	free(t->rows);
	free(t->others);
	free(t->busy);
}

/* Marks what the targets need: steps by inputs of every kind and validations. */
static void
mark(const struct graph *g, const uint32_t *targets, uint32_t n,
	uint32_t *seen)
{
	uint32_t *stack = NULL, i, step;
	const struct graph_step *s;
	size_t top = 0, cap = 0;

	for (i = 0; i < n; i++) {
		stack = vec_grow(stack, &cap, top + 1, sizeof(*stack));
		stack[top++] = targets[i];
	}
	while (top) {
		step = g->nodes.p[stack[--top]].producer;
		if (step == GRAPH_NONE || seen[step])
			continue;
		seen[step] = 1;
		s = &g->steps.p[step];
		stack = vec_grow(stack, &cap, top + s->nins + s->nvals +
			s->nobs, sizeof(*stack));
		for (i = 0; i < s->nins; i++)
			stack[top++] = graph_ids(g, s->ins)[i];
		for (i = 0; i < s->nvals; i++)
			stack[top++] = graph_ids(g, s->vals)[i];
		for (i = 0; i < s->nobs; i++)
			stack[top++] = graph_ids(g, s->obs)[i];
	}
	free(stack);
}

static uint32_t
row_of(struct tests *t, uint32_t step, struct buf *a, struct buf *b)
{
	const char *python;
	size_t i;

	step_binding(t->g, step, SYM_TG_PACKAGE, a);
	python = step_binding(t->g, step, SYM_TG_PYTHON, b);
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
collect(struct tests *t)
{
	struct buf a = { 0 }, b = { 0 };
	struct tests_file *f;
	uint32_t i, n = 0;

	for (i = 0; i < t->nsteps; i++)
		n += t->by_step[i] && (t->g->steps.p[i].flags & STEP_TEST);
	t->files = xcalloc(n ? n : 1, sizeof(*t->files));
	for (i = 0; i < t->nsteps; i++) {
		if (!t->by_step[i])
			continue;
		t->by_step[i] = 0;
		if (!(t->g->steps.p[i].flags & STEP_TEST))
			continue;
		f = &t->files[t->nfiles++];
		f->step = i;
		f->row = row_of(t, i, &a, &b);
		f->before_us = t->s->result[i].duration_us;
		t->by_step[i] = t->nfiles;
	}
	buf_release(&a);
	buf_release(&b);
}

void
tests_begin(struct tests *t, const struct graph *g, const struct state *s,
	const uint32_t *targets, uint32_t ntargets, int64_t now)
{
	drop(t);
	t->g = g;
	t->s = s;
	t->begin = now;
	t->drew = now;
	t->end = 0;
	t->drawn = 0;
	t->total = 0;
	t->hidden = false;
	t->left_us = UINT64_MAX;
	t->nsteps = g->steps.n;
	t->by_step = xcalloc(t->nsteps ? t->nsteps : 1, sizeof(*t->by_step));
	mark(g, targets, ntargets, t->by_step);
	collect(t);
}

/* The file of a step, or NULL. */
static struct tests_file *
file_of(struct tests *t, uint32_t step)
{
	if (step >= t->nsteps || !t->by_step[step])
		return NULL;
	return &t->files[t->by_step[step] - 1];
}

/* A terminal shows each change. Elsewhere lines come with ticks only: between
 * the end of a step and the start of the next, fewer seem to run than do. */
static void
redraw(struct tests *t, int64_t now)
{
	if (t->terminal)
		table_draw(t, now, false);
}

void
tests_planned(struct tests *t, uint32_t total, int64_t now)
{
	t->total = total;
	if (total && t->terminal)
		table_draw(t, now, false);
}

/* Says why the step is not up to date, if that was asked for. */
static void
explain(struct tests *t, uint32_t step)
{
	if (t->status->whys.n == 0)
		return;
	table_erase(t);
	status_whys(t->status, step, true);
}

void
tests_started(struct tests *t, uint32_t step, int64_t now)
{
	struct tests_file *f = file_of(t, step);

	explain(t, step);
	if (f) {
		f->stage = STAGE_RUNNING;
		f->since = now;
		if (!t->rows[f->row].first)
			t->rows[f->row].first = now;
	} else {
		t->busy = vec_grow(t->busy, &t->busy_cap, t->nbusy + 1,
			sizeof(*t->busy));
		t->busy[t->nbusy++] = step;
		if (t->g->steps.p[step].flags & STEP_CONSOLE) {
			table_erase(t);
			t->hidden = true;
		}
	}
	redraw(t, now);
}

static char *
tail_copy(struct str output, size_t *n)
{
	if (output.n > OUTPUT_LIMIT) {
		output.p += output.n - OUTPUT_LIMIT;
		output.n = OUTPUT_LIMIT;
	}
	*n = output.n;
	return xmemdup0(output.n ? output.p : "", output.n);
}

static void
finish_other(struct tests *t, uint32_t step, enum step_end how,
	const struct result *r, struct str output)
{
	struct tests_other *o;
	size_t i;

	for (i = 0; i < t->nbusy && t->busy[i] != step; i++)
		continue;
	if (i < t->nbusy) {
		for (t->nbusy--; i < t->nbusy; i++)
			t->busy[i] = t->busy[i + 1];
		if (t->g->steps.p[step].flags & STEP_CONSOLE)
			t->hidden = false;
	}
	if (how != END_FAILED && (t->o->verbosity != REPORT_VERBOSE ||
	    how != END_RAN))
		return;
	t->others = vec_grow(t->others, &t->others_cap, t->nothers + 1,
		sizeof(*t->others));
	o = &t->others[t->nothers++];
	*o = (struct tests_other){ .step = step };
	if (r)
		o->result = *r;
	if (how == END_FAILED && o->result.status <= RESULT_EMPTY)
		o->result.status = RESULT_FAILED;
	o->output = tail_copy(output, &o->n);
}

/* On no terminal each bad file is told as it happens; with -v each file. One
 * alone is told at once by its block. */
static void
tell(struct tests *t, const struct tests_file *f)
{
	struct buf line = { 0 };
	enum tests_fate fate = tests_fate(t, f);
	bool bad = fate == FATE_FAILED || fate == FATE_TIMEOUT ||
		fate == FATE_CRASHED;

	if (t->terminal || t->nfiles == 1 ||
	    t->o->verbosity == REPORT_QUIET ||
	    (!bad && t->o->verbosity != REPORT_VERBOSE))
		return;
	failures_line(t, f, &line);
	fwrite(line.p, 1, line.n, t->o->out);
	fflush(t->o->out);
	buf_release(&line);
}

/* A run without a result: the output begins "FILE: WHY". */
static void
keep_crash(struct tests *t, struct tests_file *f, const struct result *r,
	struct str output)
{
	struct buf file = { 0 };
	const char *nl = memchr(output.p, '\n', output.n);
	size_t n = strlen(step_binding(t->g, f->step, SYM_TG_FILE, &file));

	if (r && nl && n &&
	    (r->status == RESULT_CRASHED || r->status == RESULT_TIMEOUT) &&
	    (size_t)(nl - output.p) > n + 2 &&
	    memcmp(output.p, file.p, n) == 0 &&
	    memcmp(output.p + n, ": ", 2) == 0) {
		free(f->crash);
		f->crash = xmemdup0(output.p + n + 2,
			(size_t)(nl - output.p) - n - 2);
	}
	buf_release(&file);
}

void
tests_finished(struct tests *t, uint32_t step, enum step_end how,
	const struct result *r, struct str output, int64_t now)
{
	static const enum tests_stage stages[] = {
		[END_CLEAN] = STAGE_CLEAN, [END_CACHED] = STAGE_CACHED,
		[END_RAN] = STAGE_RAN, [END_FAILED] = STAGE_RAN,
		[END_SKIPPED] = STAGE_SKIPPED,
	};
	struct tests_file *f = file_of(t, step);
	struct buf log = { 0 };
	size_t n;

	explain(t, step);
	if (!f) {
		finish_other(t, step, how, r, output);
		redraw(t, now);
		return;
	}
	f->stage = stages[how];
	if (how != END_SKIPPED)
		t->rows[f->row].last = now;
	if (how == END_FAILED && output.n)
		keep_crash(t, f, r, output);
	if (how == END_FAILED && output.n &&
	    !*step_binding(t->g, step, SYM_TG_LOG, &log))
		f->output = tail_copy(output, &n);
	buf_release(&log);
	if (how == END_RAN || how == END_FAILED)
		tell(t, f);
	redraw(t, now);
}

void
tests_tick(struct tests *t, const struct build_counts *c, int64_t now)
{
	t->left_us = c->left_us;
	table_draw(t, now, false);
}

enum tests_fate
tests_fate(const struct tests *t, const struct tests_file *f)
{
	const struct result *r = tests_result(t, f);

	if (f->stage == STAGE_SKIPPED || f->stage == STAGE_RUNNING)
		return FATE_NOT_RUN;
	if (f->stage == STAGE_WAITING && !t->o->last &&
	    !(r->flags & RESULT_VERIFIED))
		return FATE_NOT_RUN;
	switch (r->status) {
	case RESULT_PASSED: return FATE_PASSED;
	case RESULT_EMPTY:
		return f->unselected ? FATE_UNSELECTED : FATE_EMPTY;
	case RESULT_FAILED: return FATE_FAILED;
	case RESULT_TIMEOUT: return FATE_TIMEOUT;
	case RESULT_CRASHED: return FATE_CRASHED;
	}
	/* It ran or is there, but nothing says that it passed. */
	return f->stage == STAGE_WAITING ? FATE_NOT_RUN : FATE_CRASHED;
}

bool
tests_cached(const struct tests *t, const struct tests_file *f)
{
	return f->stage != STAGE_RAN && tests_fate(t, f) != FATE_NOT_RUN;
}

static void
count_items(const struct result *r, struct report_totals *c)
{
	c->passed += r->passed;
	c->failed += r->failed;
	c->errors += r->errors;
	c->skipped += r->skipped;
	c->xfailed += r->xfailed;
	c->xpassed += r->xpassed;
}

void
tests_count(const struct tests *t, struct report_totals *c)
{
	const struct tests_file *f;
	enum tests_fate fate;
	uint32_t i;
	size_t j;

	*c = (struct report_totals){ .files = t->nfiles };
	for (i = 0; i < t->nfiles; i++) {
		f = &t->files[i];
		fate = tests_fate(t, f);
		c->passed_files += fate == FATE_PASSED;
		c->failed_files += fate == FATE_FAILED;
		c->timeout_files += fate == FATE_TIMEOUT;
		c->crashed_files += fate == FATE_CRASHED;
		c->empty_files += fate == FATE_EMPTY;
		c->unselected_files += fate == FATE_UNSELECTED;
		c->not_run += fate == FATE_NOT_RUN;
		if (fate == FATE_NOT_RUN)
			continue;
		count_items(tests_result(t, f), c);
		c->flaky_files += fate == FATE_PASSED &&
			(tests_result(t, f)->flags & RESULT_FLAKY);
		if (tests_cached(t, f)) {
			c->cached++;
			c->saved_us += tests_result(t, f)->duration_us;
		} else {
			c->ran++;
		}
	}
	for (j = 0; j < t->nothers; j++)
		c->failed_steps += t->others[j].result.status > RESULT_EMPTY;
}

static int
cmp_other(const void *a, const void *b)
{
	const struct tests_other *x = a, *y = b;

	return (x->step > y->step) - (x->step < y->step);
}

/* Which files are there for several Pythons? */
static void
find_several(struct tests *t)
{
	struct arena mem = { 0 };
	struct map seen = { 0 };
	struct map_slot *slot;
	struct buf file = { 0 };
	uint32_t i;
	int added;

	for (i = 0; i < t->nfiles; i++) {
		step_binding(t->g, t->files[i].step, SYM_TG_FILE, &file);
		added = 0;
		slot = map_put(&seen, arena_dup(&mem, buf_str(&file)), &added);
		if (added) {
			slot->value = i;
			continue;
		}
		t->files[i].several = true;
		t->files[slot->value].several = true;
	}
	map_release(&seen);
	arena_release(&mem);
	buf_release(&file);
}

/* Which files have tests, but none that was asked for? Hooks that make no tests
 * of other files are told of as little. */
static void
find_unselected(struct tests *t)
{
	struct results r;
	uint32_t i;

	for (i = 0; i < t->nfiles; i++) {
		if (tests_fate(t, &t->files[i]) != FATE_EMPTY)
			continue;
		results_read(&r, t->g, t->files[i].step);
		t->files[i].unselected =
			results_number(r.json, "deselected") > 0 ||
			cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(r.json,
				"others"));
		results_release(&r);
	}
}

/* Blocks in the order of the graph, tests and other steps. */
static void
print_blocks(struct tests *t)
{
	bool all = t->o->verbosity == REPORT_VERBOSE;
	struct failures_logs seen = { 0 };
	struct buf text = { 0 };
	enum tests_fate fate;
	size_t o = 0;
	uint32_t i;

	if (t->nothers)
		qsort(t->others, t->nothers, sizeof(*t->others), cmp_other);
	for (i = 0; i <= t->nfiles; i++) {
		for (; o < t->nothers && (i == t->nfiles ||
		    t->others[o].step < t->files[i].step); o++)
			failures_other(t, &t->others[o], &text);
		if (i < t->nfiles) {
			fate = tests_fate(t, &t->files[i]);
			if (all || fate == FATE_FAILED ||
			    fate == FATE_TIMEOUT || fate == FATE_CRASHED)
				failures_file(t, &t->files[i], all, &seen,
					&text);
		}
		if (text.n)
			fwrite(text.p, 1, text.n, t->o->out);
		buf_clear(&text);
	}
	failures_logs_release(&seen);
	buf_release(&text);
}

void
tests_end(struct tests *t, int64_t now)
{
	struct report_totals c;
	struct buf text = { 0 };

	t->hidden = false;
	t->end = now;
	if (t->drawn)
		table_draw(t, now, true);
	t->drawn = 0;
	find_unselected(t);
	tests_count(t, &c);
	if (c.failed_files || c.timeout_files || c.crashed_files)
		find_several(t);
	print_blocks(t);
	if (t->o->verbosity != REPORT_QUIET || c.failed_files ||
	    c.timeout_files || c.crashed_files || c.failed_steps) {
		failures_summary(t, &c, &text);
		fwrite(text.p, 1, text.n, t->o->out);
	}
	fflush(t->o->out);
	buf_release(&text);
}
