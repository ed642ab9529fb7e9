/* SPDX-License-Identifier: Apache-2.0 */
#include "report/tests/fate.h"

#include "report/text/step.h"
#include "result/results.h"

const char *
fate_word(const struct tests *t, const struct testfile *f)
{
	switch (testfile_fate(t->m, f)) {
	case FATE_PASSED:
		return testfile_result(t->m, f)->flags & RESULT_FLAKY ?
			"FLAKY" : "PASSED";
	case FATE_FAILED: return "FAILED";
	case FATE_TIMEOUT: return "TIMEOUT";
	case FATE_CRASHED: return "CRASHED";
	case FATE_EMPTY: return "EMPTY";
	case FATE_UNSELECTED: return "NOT SELECTED";
	case FATE_NOT_RUN: break;
	}
	return "NOT RUN";
}

const char *
fate_color(const struct tests *t, const struct testfile *f)
{
	switch (testfile_fate(t->m, f)) {
	case FATE_PASSED: return "\033[32m";
	case FATE_EMPTY:
	case FATE_UNSELECTED:
	case FATE_NOT_RUN: return "\033[33m";
	default: return "\033[31m";
	}
}

/* What the result document of a file says in a member; "": nothing. */
static void
add_said(const struct tests *t, const struct testfile *f, const char *member,
	struct buf *out)
{
	struct results r;

	results_read(&r, t->m->g, f->step);
	buf_adds(out, results_text(r.json, member));
	results_release(&r);
}

/* Why a file is bad without an item that is. */
static void
add_file_reason(const struct tests *t, const struct testfile *f,
	struct buf *out)
{
	size_t start = out->n;

	add_said(t, f, "reason", out);
	if (out->n == start)
		buf_addf(out, "exit code %d",
			result_code(testfile_result(t->m, f)));
}

/* How its process ended: as it was told in this run, or was kept. */
static void
add_crash(const struct tests *t, const struct testfile *f, struct buf *out)
{
	if (f->crash)
		buf_adds(out, f->crash);
	else
		add_said(t, f, "crash", out);
}

void
fate_text(const struct tests *t, const struct testfile *f, struct buf *out)
{
	const struct result *r = testfile_result(t->m, f);
	struct buf counts = { 0 }, crash = { 0 };
	struct report_totals c;
	size_t start = out->n;

	switch (testfile_fate(t->m, f)) {
	case FATE_EMPTY:
		buf_adds(out, "no tests");
		return;
	case FATE_UNSELECTED:
		buf_adds(out, "none of its tests was asked for");
		return;
	case FATE_NOT_RUN:
		buf_adds(out, "not run");
		return;
	case FATE_TIMEOUT:
		buf_adds(out, "stopped after ");
		add_seconds(out, (double)r->duration_us / 1e6);
		add_crash(t, f, &crash);
		if (crash.n)
			buf_addf(out, ", %s", crash.p);
		break;
	case FATE_CRASHED:
		add_crash(t, f, out);
		if (out->n > start)
			break;
		if (result_code(r) > 128)
			buf_addf(out, "killed by signal %d",
				result_code(r) - 128);
		else
			buf_addf(out, "left no complete result (exit code %d)",
				result_code(r));
		break;
	case FATE_FAILED:
		if (!r->failed && !r->errors)
			add_file_reason(t, f, out);
		break;
	default:
		break;
	}
	c = (struct report_totals){
		.passed = r->passed, .failed = r->failed, .errors = r->errors,
		.skipped = r->skipped, .xfailed = r->xfailed,
		.xpassed = r->xpassed,
	};
	add_items(&c, &counts);
	c = (struct report_totals){ .warnings = r->warnings };
	if (counts.n && r->warnings) {
		buf_adds(&counts, ", ");
		add_items(&c, &counts);
	}
	if (counts.n && out->n > start)
		buf_adds(out, "; ");
	buf_addstr(out, buf_str(&counts));
	buf_release(&counts);
	buf_release(&crash);
	if (out->n == start)
		add_file_reason(t, f, out);
}
