/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TESTS_H
#define TG_REPORT_TESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "report/line.h"
#include "report/report.h"
#include "report/status.h"
#include "result/results.h"
#include "util/arena.h"
#include "util/hash.h"

/* Display of test runs: what is known of each test step among the targets, a
 * live table or plain lines, and at the end failures and a summary. */

enum tests_stage {
	STAGE_WAITING,          /* not told of: up to date, or not run */
	STAGE_RUNNING,
	STAGE_CLEAN, STAGE_CACHED,
	STAGE_RAN,              /* well or not: see its result */
	STAGE_SKIPPED,
};

struct tests_file {
	uint32_t step;
	uint32_t row;
	enum tests_stage stage;
	bool several;           /* its file is tested by another Python too;
	                         * known at the end */
	bool unselected;        /* it has tests, none of which was asked for;
	                         * known at the end */
	uint64_t before_us;     /* duration known before the run */
	int64_t since;          /* ns: when it was started last */
	char *output;           /* of a bad run without a log; owned, or NULL */
	char *crash;            /* why it crashed in this run, or in which test
	                         * it was stopped; owned, or NULL */
};

struct tests_row {
	char *name;             /* owned */
	uint32_t total, done, running, failed, cached;
	int64_t first, last;    /* ns: first start, last end; 0: none */
	uint64_t left_us;       /* recorded durations of what is left */
};

/* A failed step that is no test. */
struct tests_other {
	uint32_t step;
	struct result result;
	char *output;           /* owned */
	size_t n;
};

struct tests {
	const struct report_opts *o;
	const struct graph *g;
	const struct state *s;
	struct status *status;          /* for explanations and console */
	struct tests_file *files;       /* in graph order */
	uint32_t nfiles;
	uint32_t *by_step;              /* step to file + 1, 0: none */
	uint32_t nsteps;
	struct tests_row *rows;
	size_t nrows, rows_cap;
	struct tests_other *others;
	size_t nothers, others_cap;
	uint32_t *busy;                 /* steps that run and are no tests */
	size_t nbusy, busy_cap;
	bool terminal, color;
	bool hidden;                    /* a step has the console */
	unsigned drawn;                 /* lines of the table on the screen */
	int64_t begin, end;             /* ns; end 0: not over */
	int64_t drew;                   /* when last drawn or told */
	int64_t tell_ns;                /* until the next line, if none ends */
	uint32_t told_done;             /* files done as last told */
	uint64_t left_us;
	uint32_t total;                 /* steps planned */
};

void tests_init(struct tests *t, const struct report_opts *o,
	struct status *status, bool terminal, bool color);
void tests_release(struct tests *t);
void tests_begin(struct tests *t, const struct graph *g,
	const struct state *s, const uint32_t *targets, uint32_t ntargets,
	int64_t now);
void tests_planned(struct tests *t, uint32_t total, int64_t now);
void tests_started(struct tests *t, uint32_t step, int64_t now);
void tests_finished(struct tests *t, uint32_t step, enum step_end how,
	const struct result *r, struct str output, int64_t now);
void tests_tick(struct tests *t, const struct build_counts *c, int64_t now);
/* Ends the display and prints failures and summary. */
void tests_end(struct tests *t, int64_t now);

/* What became of a file. */
enum tests_fate {
	FATE_NOT_RUN, FATE_PASSED, FATE_FAILED, FATE_TIMEOUT, FATE_CRASHED,
	FATE_EMPTY, FATE_UNSELECTED,
};
enum tests_fate tests_fate(const struct tests *t, const struct tests_file *f);
/* Its result was not made in this run. */
bool tests_cached(const struct tests *t, const struct tests_file *f);
static inline const struct result *
tests_result(const struct tests *t, const struct tests_file *f)
{
	return &t->s->result[f->step];
}
void tests_count(const struct tests *t, struct report_totals *totals);

/* table.c */
/* Takes the table off the screen, so that lines can be printed. */
void table_erase(struct tests *t);
/* Draws it, or elsewhere says where we are; not more often than is readable
 * unless forced. */
void table_draw(struct tests *t, int64_t now, bool force);
/* Sums up the files by row. */
void table_sum(struct tests *t);

/* failures.c */
/* The logs and the texts of items that were shown. Zero-initialise. */
struct failures_logs {
	struct arena arena;
	struct map by_hash;     /* value: the first step with such a log */
	struct map texts;       /* by hash too; value: an index into items */
	struct str *items;      /* ids of the first items with such a text */
	size_t nitems, items_cap;
};
/* Everything about one file: its failed items (all: every item), why it is bad
 * if no item says it, and how to run it again. A log or text that has been
 * shown is not shown again, unless all. */
void failures_file(const struct tests *t, const struct tests_file *f,
	bool all, struct failures_logs *seen, struct buf *out);
void failures_logs_release(struct failures_logs *seen);
/* One line: "FAILED packages/a/tests/test_x.py (a, py3.12): 1 failed". */
void failures_line(const struct tests *t, const struct tests_file *f,
	struct buf *out);
void failures_other(const struct tests *t, const struct tests_other *o,
	struct buf *out);
/* "12 files: 340 passed, 2 failed in 4.2 s". */
void failures_summary(const struct tests *t,
	const struct report_totals *totals, struct buf *out);

/* "0.25 s", "4.2 s", "3 min 07 s". */
void add_seconds(struct buf *out, double seconds);

#endif
