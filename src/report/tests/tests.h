/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TESTS_TESTS_H
#define TG_REPORT_TESTS_TESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "report/sink/sink.h"
#include "report/sink/whys.h"
#include "report/tests/testfiles.h"
#include "util/arena.h"
#include "util/hash.h"

/* Display of test runs: a live table or plain lines, and at the end failures
 * and a summary. */

struct tests_row {
	char *name;             /* owned */
	uint32_t total, done, running, failed, cached;
	int64_t first, last;    /* ns: first start, last end; 0: none */
	uint64_t left_us;       /* recorded durations of what is left */
};

struct tests {
	struct report_sink sink;
	const struct report_opts *o;
	const struct testfiles *m;
	struct whys whys;
	struct tests_row *rows;
	size_t nrows, rows_cap;
	uint32_t *row_of;               /* by file */
	uint32_t *busy;                 /* steps that run and are no tests */
	size_t nbusy, busy_cap;
	bool terminal, color;
	bool hidden;                    /* a step has the console */
	bool named;                     /* files were told of as they ended */
	unsigned drawn;                 /* lines of the table on the screen */
	int64_t drew;                   /* ns: when last drawn or told */
	int64_t tell_ns;                /* until the next line, if none ends */
	uint32_t told_done;             /* files done as last told */
	uint64_t left_us;
	uint32_t total;                 /* steps planned */
};

/* o and m stay where they are; m is told of events before. terminal: a smart
 * one. */
struct report_sink *tests_new(const struct report_opts *o,
	const struct testfiles *m, bool terminal, bool color);

/* table.c */
/* Takes the table off the screen, so that lines can be printed. */
void table_erase(struct tests *t);
/* Draws it, or elsewhere says where we are; not more often than is readable
 * unless forced. */
void table_draw(struct tests *t, int64_t now, bool force);
/* Width of the terminal; 0: there is none, or it is not known. */
size_t table_columns(const struct tests *t);
/* Sums up the files by row. */
void table_sum(struct tests *t);

/* failures.c */
/* What was shown: logs, and texts of items. Zero-initialise. */
struct failures_logs {
	unsigned most;          /* failed items that are shown; 0: any number */
	unsigned told, hidden;  /* that were, and those that there are besides */
	struct arena arena;
	struct map by_hash;     /* value: the first step with such a log */
	struct map texts;       /* by hash too; value: an index into items */
	struct str *items;      /* ids of the first items with such a text */
	size_t nitems, items_cap;
};
/* Everything about one file: its failed items (all: every item), why it is bad
 * if no item says it, and how to run it again. A log or text that has been
 * shown is not shown again, unless all. */
void failures_file(const struct tests *t, const struct testfile *f,
	bool all, struct failures_logs *seen, struct buf *out);
void failures_logs_release(struct failures_logs *seen);
/* One line: "FAILED packages/a/tests/test_x.py (a, py3.12): 1 failed". */
void failures_line(const struct tests *t, const struct testfile *f,
	struct buf *out);
void failures_other(const struct tests *t, const struct other_step *o,
	struct buf *out);

/* summary.c */
/* "3 passed, 1 failed, 2 warnings"; nothing if all are 0. Appended. */
void add_items(const struct report_totals *counts, struct buf *out);
/* "12 files: 340 passed, 2 failed in 4.2 s". */
void summary_line(const struct tests *t,
	const struct report_totals *totals, struct buf *out);

/* "0.25 s", "4.2 s", "3 min 07 s". */
void add_seconds(struct buf *out, double seconds);

#endif
