/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "report/tests/tests.h"

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

void
add_seconds(struct buf *out, double s)
{
	if (s < 0)
		s = 0;
	if (s < 0.995)
		buf_addf(out, "%.2f s", s);
	else if (s < 59.95)
		buf_addf(out, "%.1f s", s);
	else
		buf_addf(out, "%d min %02d s", (int)(s + 0.5) / 60,
			(int)(s + 0.5) % 60);
}

/* Adds "N word" with a comma before it if it is not the first. */
static void
add_count(struct buf *out, size_t start, uint64_t n, const char *word)
{
	if (n == 0)
		return;
	if (out->n > start)
		buf_adds(out, ", ");
	buf_addf(out, "%" PRIu64 " %s", n, word);
}

void
add_items(const struct report_totals *c, struct buf *out)
{
	size_t start = out->n;

	add_count(out, start, c->passed, "passed");
	add_count(out, start, c->failed, "failed");
	add_count(out, start, c->errors, c->errors == 1 ? "error" : "errors");
	add_count(out, start, c->skipped, "skipped");
	add_count(out, start, c->xfailed, "xfailed");
	add_count(out, start, c->xpassed, "xpassed");
	add_count(out, start, c->warnings,
		c->warnings == 1 ? "warning" : "warnings");
}

static void
add_file_count(struct buf *out, uint32_t n, const char *what)
{
	if (n)
		buf_addf(out, ", %" PRIu32 " %s %s", n,
			n == 1 ? "file" : "files", what);
}

/* Instead of files, when none is among the targets. */
static void
add_steps(const struct tests *t, struct buf *out)
{
	if (t->o->last)
		buf_adds(out, "no test files");
	else if (t->o->part)
		buf_addf(out, "%" PRIu32 " %s", t->total,
			t->total == 1 ? "step" : "steps");
	else if (t->total)
		buf_addf(out, "%" PRIu32 " %s, no test files", t->total,
			t->total == 1 ? "step" : "steps");
	else
		buf_adds(out, "up to date, no test files");
}

void
summary_line(const struct tests *t, const struct report_totals *c,
	struct buf *out)
{
	bool bad = c->failed_files || c->timeout_files || c->crashed_files ||
		c->failed_steps;
	uint32_t files = c->files - c->unselected_files;
	size_t start;

	if (t->color)
		buf_adds(out, bad ? RED : c->not_run || c->empty_files ||
			t->o->lacking ? YELLOW : GREEN);
	if (!c->files)
		add_steps(t, out);
	else
		buf_addf(out, "%" PRIu32 " %s: ", files,
			files == 1 ? "file" : "files");
	start = out->n;
	add_items(c, out);
	if (out->n == start && c->files)
		buf_adds(out, "no tests ran");
	if (!(c->failed || c->errors))
		add_file_count(out, c->failed_files, "failed");
	add_file_count(out, c->timeout_files, "timed out");
	add_file_count(out, c->crashed_files, "crashed");
	add_file_count(out, c->empty_files, "without tests");
	add_file_count(out, c->flaky_files, "flaky");
	add_file_count(out, c->not_run, "not run");
	if (c->failed_steps)
		buf_addf(out, ", %" PRIu32 "%s failed", c->failed_steps,
			t->o->part ? "" : c->failed_steps == 1 ?
			" other step" : " other steps");
	if (c->cached && !t->o->last) {
		buf_addf(out, " (%" PRIu32 " %s cached, ", c->cached,
			c->cached == 1 ? "file" : "files");
		add_seconds(out, (double)c->saved_us / 1e6);
		buf_adds(out, " saved)");
	}
	if (t->o->last) {
		buf_adds(out, " (last results, nothing was run)");
	} else {
		buf_adds(out, " in ");
		add_seconds(out, (double)(t->m->end - t->m->begin) / 1e9);
	}
	if (t->o->lacking)
		buf_addf(out, "; not tested under %s", t->o->lacking);
	if (t->color)
		buf_adds(out, PLAIN);
	buf_addc(out, '\n');
}
