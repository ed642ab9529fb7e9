/* SPDX-License-Identifier: Apache-2.0 */
#include "report/tests/testfiles.h"

#include <stdlib.h>
#include <string.h>

#include "report/text/step.h"
#include "result/results.h"
#include "util/arena.h"
#include "util/hash.h"
#include "util/mem.h"
#include "util/os.h"

/* Of a step's own output; the end is what tells why it died. */
#define OUTPUT_LIMIT (256u << 10)

static struct testfiles *
testfiles_of(struct report_sink *sink)
{
	return (struct testfiles *)sink;
}

static void
drop_files(struct testfiles *m)
{
	for (uint32_t i = 0; i < m->n; i++) {
		free(m->v[i].output);
		free(m->v[i].crash);
		for (size_t j = 0; j < m->v[i].tried.n; j++)
			free((char *)m->v[i].tried.v[j].p);
		strs_release(&m->v[i].tried);
	}
	for (size_t i = 0; i < m->nothers; i++)
		free(m->others[i].output);
	free(m->v);
	free(m->by_step);
	m->v = NULL;
	m->by_step = NULL;
	m->n = m->nsteps = 0;
	m->nothers = 0;
}

static void
testfiles_free(struct report_sink *sink)
{
	struct testfiles *m = testfiles_of(sink);

	drop_files(m);
	free(m->others);
	free(m);
}

/* ---- what is to be built ---- */

/* Marks the steps that the targets need, by inputs of every kind and
 * validations. */
static void
mark_needed(const struct graph *g, const uint32_t *targets, uint32_t n,
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

static void
collect_files(struct testfiles *m)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->nsteps; i++)
		n += m->by_step[i] && (m->g->steps.p[i].flags & STEP_TEST);
	m->v = xcalloc(n ? n : 1, sizeof(*m->v));
	for (uint32_t i = 0; i < m->nsteps; i++) {
		if (!m->by_step[i])
			continue;
		m->by_step[i] = 0;
		if (!(m->g->steps.p[i].flags & STEP_TEST))
			continue;
		m->v[m->n++] = (struct testfile){
			.step = i,
			.before_us = m->s->result[i].duration_us,
		};
		m->by_step[i] = m->n;
	}
}

static void
testfiles_begin(struct report_sink *sink, const struct report_build *b,
	int64_t now)
{
	struct testfiles *m = testfiles_of(sink);

	drop_files(m);
	m->g = b->g;
	m->s = b->s;
	m->begin = now;
	m->began = os_wall();
	m->end = 0;
	m->nsteps = m->g->steps.n;
	m->by_step = xcalloc(m->nsteps ? m->nsteps : 1, sizeof(*m->by_step));
	mark_needed(m->g, b->targets, b->ntargets, m->by_step);
	collect_files(m);
}

struct testfile *
testfile_of(const struct testfiles *m, uint32_t step)
{
	if (step >= m->nsteps || !m->by_step[step])
		return NULL;
	return &m->v[m->by_step[step] - 1];
}

/* ---- what happens ---- */

/* What is up to date now stays so for this run: what others change meanwhile is
 * told, and counts in the next. */
static void
testfiles_planned(struct report_sink *sink, uint32_t total, int64_t now)
{
	struct testfiles *m = testfiles_of(sink);

	(void)total;
	(void)now;
	for (uint32_t i = 0; i < m->n && !m->o->all; i++)
		if (m->v[i].stage == STAGE_WAITING &&
		    testfile_result(m, &m->v[i])->flags & RESULT_VERIFIED)
			m->v[i].stage = STAGE_CLEAN;
}

static void
testfiles_started(struct report_sink *sink, uint32_t step, int64_t now)
{
	struct testfile *f = testfile_of(testfiles_of(sink), step);

	if (!f)
		return;
	f->stage = STAGE_RUNNING;
	f->since = now;
}

static void
testfiles_again(struct report_sink *sink, uint32_t step)
{
	struct testfile *f = testfile_of(testfiles_of(sink), step);
	struct results r;
	const cJSON *item;

	if (!f)
		return;
	results_read(&r, testfiles_of(sink)->g, step);
	cJSON_ArrayForEach(item, r.items)
		if (outcome_bad(results_outcome(item)))
			strs_add(&f->tried, str_of(xstrdup(
				results_text(item, "id"))));
	results_release(&r);
}

static void
testfiles_aside(struct report_sink *sink, uint32_t step)
{
	struct testfile *f = testfile_of(testfiles_of(sink), step);

	if (f)
		f->stage = STAGE_ASIDE;
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
keep_other(struct testfiles *m, uint32_t step, enum step_end how,
	const struct result *r, struct str output)
{
	struct other_step *o;

	if (how != END_FAILED &&
	    (m->o->verbosity != REPORT_VERBOSE || how != END_RAN))
		return;
	m->others = vec_grow(m->others, &m->others_cap, m->nothers + 1,
		sizeof(*m->others));
	o = &m->others[m->nothers++];
	*o = (struct other_step){ .step = step };
	if (r)
		o->result = *r;
	if (how == END_FAILED && o->result.status <= RESULT_EMPTY)
		o->result.status = RESULT_FAILED;
	o->output = tail_copy(output, &o->n);
}

/* A run without a result: the output begins "FILE: WHY". */
static void
keep_crash(struct testfiles *m, struct testfile *f, const struct result *r,
	struct str output)
{
	struct buf file = { 0 };
	const char *nl = memchr(output.p, '\n', output.n);
	size_t n = strlen(step_binding(m->g, f->step, SYM_TG_FILE, &file));

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

static void
testfiles_finished(struct report_sink *sink, uint32_t step, enum step_end how,
	const struct result *r, struct str output, int64_t now)
{
	static const enum testfile_stage stages[] = {
		[END_CLEAN] = STAGE_CLEAN, [END_CACHED] = STAGE_CACHED,
		[END_RAN] = STAGE_RAN, [END_FAILED] = STAGE_RAN,
		[END_SKIPPED] = STAGE_SKIPPED,
	};
	struct testfiles *m = testfiles_of(sink);
	struct testfile *f = testfile_of(m, step);
	struct buf log = { 0 };
	size_t n;

	(void)now;
	if (!f) {
		keep_other(m, step, how, r, output);
		return;
	}
	f->stage = stages[how];
	if (how != END_FAILED || !output.n)
		return;
	keep_crash(m, f, r, output);
	if (!*step_binding(m->g, step, SYM_TG_LOG, &log))
		f->output = tail_copy(output, &n);
	buf_release(&log);
}

/* ---- what it comes to ---- */

/* Has another run had it done since we began? Then we know no more. */
static bool
done_since(const struct testfiles *m, const struct result *r)
{
	return m->began && r->start_ns > m->began;
}

enum testfile_fate
testfile_fate(const struct testfiles *m, const struct testfile *f)
{
	const struct result *r = testfile_result(m, f);

	if (f->stage == STAGE_SKIPPED || f->stage == STAGE_RUNNING ||
	    f->stage == STAGE_ASIDE)
		return FATE_NOT_RUN;
	if (f->stage == STAGE_WAITING && !m->o->last &&
	    (m->o->all || !(r->flags & RESULT_VERIFIED)) &&
	    !done_since(m, r))
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
testfile_cached(const struct testfiles *m, const struct testfile *f)
{
	return f->stage != STAGE_RAN && testfile_fate(m, f) != FATE_NOT_RUN;
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
	c->warnings += r->warnings;
}

void
testfiles_count(const struct testfiles *m, struct report_totals *c)
{
	const struct testfile *f;
	enum testfile_fate fate;
	uint32_t i;
	size_t j;

	*c = (struct report_totals){ .files = m->n };
	for (i = 0; i < m->n; i++) {
		f = &m->v[i];
		fate = testfile_fate(m, f);
		c->passed_files += fate == FATE_PASSED;
		c->failed_files += fate == FATE_FAILED;
		c->timeout_files += fate == FATE_TIMEOUT;
		c->crashed_files += fate == FATE_CRASHED;
		c->empty_files += fate == FATE_EMPTY;
		c->unselected_files += fate == FATE_UNSELECTED;
		c->not_run += fate == FATE_NOT_RUN;
		if (fate == FATE_NOT_RUN)
			continue;
		count_items(testfile_result(m, f), c);
		c->flaky_files += fate == FATE_PASSED &&
			(testfile_result(m, f)->flags & RESULT_FLAKY);
		if (testfile_cached(m, f)) {
			c->cached++;
			c->saved_us += testfile_result(m, f)->duration_us;
		} else {
			c->ran++;
		}
	}
	for (j = 0; j < m->nothers; j++)
		c->failed_steps += m->others[j].result.status > RESULT_EMPTY;
}

/* ---- the end ---- */

static int
cmp_other(const void *a, const void *b)
{
	const struct other_step *x = a, *y = b;

	return (x->step > y->step) - (x->step < y->step);
}

/* Which files are there for several Pythons? */
static void
find_several(struct testfiles *m)
{
	struct arena mem = { 0 };
	struct map seen = { 0 };
	struct map_slot *slot;
	struct buf file = { 0 };
	uint32_t i;
	int added;

	for (i = 0; i < m->n; i++) {
		step_binding(m->g, m->v[i].step, SYM_TG_FILE, &file);
		added = 0;
		slot = map_put(&seen, arena_dup(&mem, buf_str(&file)), &added);
		if (added) {
			slot->value = i;
			continue;
		}
		m->v[i].several = true;
		m->v[slot->value].several = true;
	}
	map_release(&seen);
	arena_release(&mem);
	buf_release(&file);
}

/* Which files have tests, but none that was asked for? Hooks that make no tests
 * of other files are told of as little. */
static void
find_unselected(struct testfiles *m)
{
	struct results r;
	uint32_t i;

	for (i = 0; i < m->n; i++) {
		if (testfile_fate(m, &m->v[i]) != FATE_EMPTY)
			continue;
		results_read(&r, m->g, m->v[i].step);
		m->v[i].unselected =
			results_number(r.json, "deselected") > 0 ||
			cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(r.json,
				"others"));
		results_release(&r);
	}
}

static void
testfiles_end(struct report_sink *sink, int64_t now)
{
	struct testfiles *m = testfiles_of(sink);
	struct report_totals c;

	m->end = now;
	if (m->nothers)
		qsort(m->others, m->nothers, sizeof(*m->others), cmp_other);
	find_unselected(m);
	testfiles_count(m, &c);
	if (c.failed_files || c.timeout_files || c.crashed_files)
		find_several(m);
}

static const struct report_sink_ops testfiles_ops = {
	.begin = testfiles_begin, .planned = testfiles_planned,
	.started = testfiles_started, .finished = testfiles_finished,
	.again = testfiles_again, .aside = testfiles_aside,
	.end = testfiles_end,
	.free = testfiles_free,
};

struct testfiles *
testfiles_new(const struct report_opts *o)
{
	struct testfiles *m = xcalloc(1, sizeof(*m));

	m->sink.ops = &testfiles_ops;
	m->o = o;
	return m;
}
