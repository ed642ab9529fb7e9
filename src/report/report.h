/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_REPORT_H
#define TG_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "event/event.h"
#include "graph/graph.h"
#include "state/state.h"
#include "util/str.h"

/* What the user sees of a build while it runs and after it: ninja's status
 * line, or for test runs a table and at the end failures and a summary. The
 * functions take what the scheduler's events bring, as plain values. */

enum report_verbosity {
	REPORT_QUIET,           /* --quiet: no status, output of steps only; of
	                         * test runs the failures only */
	REPORT_NORMAL,
	REPORT_VERBOSE,         /* -v: whole commands, every item and output */
};

struct report_opts {
	FILE *out, *err;        /* usually stdout and stderr */
	const char *name;       /* "tgraph" or "ninja": prefix of messages */
	bool ninja;             /* ninja's bytes and nothing more: no hints */
	enum report_verbosity verbosity;
	int jobs;               /* -j: steps that %c looks back; 0: no limit */
	const char *color;      /* --color: "always", "never", "auto" or NULL:
	                         * by terminal and environment */
	/* Display of test runs. */
	bool tests;             /* table, failures, summary */
	bool expand;            /* a row per package and version */
	bool last;              /* --last: nothing runs; the summary says so */
	bool all;               /* --rerun: what has not run is not known */
	const char *rerun;      /* command that file names are appended to;
	                         * NULL: name */
	const char *stand;      /* where the user is, from the root of the build,
	                         * which is the working directory; NULL: there */
	const char *show;       /* pytest's letters for -r; NULL: as the settings
	                         * of the tests have it */
	bool slowest;           /* the slowest items, */
	int slowest_most;       /* so many of them, 0: all, */
	double slowest_min;     /* that took at least so many seconds */
	/* For tests; 0 or NULL: the real ones. */
	int64_t (*now)(void);   /* monotonic, ns */
	int terminal;           /* 1 a terminal, -1 none, 0: look */
	int columns, rows;      /* of the terminal */
};

struct report;

/* o is copied, what it points to is not. Unknown placeholder in
 * TGRAPH_STATUS or NINJA_STATUS (the first wins, unless o->ninja), or an
 * unknown o->color: NULL and err. g and s may be NULL until
 * report_begin. */
struct report *report_new(const struct report_opts *o, struct err *err);
void report_free(struct report *r);

/* Documents about builds that can be written to files. */
enum report_document {
	REPORT_TRACE,           /* when each step ran; see documents.h */
	REPORT_JUNIT,           /* the test steps among the targets, in graph */
	REPORT_JSON,            /* order, whether they ran now or were known */
	REPORT_DOCUMENTS        /* number of the above */
};

/* From here on what the document needs is noted. */
void report_keep(struct report *r, enum report_document what);
/* Writes it by temp + rename, parent directories made; it must have been kept.
 * Call after report_end; the graph of the last build must still be there. -1:
 * it cannot be written. */
int report_write(struct report *r, enum report_document what, const char *path,
	struct err *err);

/* Starts a build (a report can be used for several): of these targets in this
 * graph; both outlive the build. */
void report_begin(struct report *r, const struct graph *g,
	const struct state *s, const uint32_t *targets, uint32_t ntargets);

/* Events, see struct build_events. */
void report_planned(struct report *r, uint32_t total);
/* One about no step is told at once. */
void report_explain(struct report *r, const struct reason *why);
void report_started(struct report *r, uint32_t step);
/* result may be NULL. */
void report_finished(struct report *r, uint32_t step, enum step_end how,
	const struct result *result, struct str output);
void report_again(struct report *r, uint32_t step);
void report_tick(struct report *r, const struct build_counts *c);
/* "NAME: warning: TEXT" to err. */
void report_warn(struct report *r, struct str text);
/* The same, that what was found out cannot be remembered: once. */
void report_warn_state(struct report *r, struct str text);

/* The above for a build: ctx is the report. */
extern const struct build_events report_events;

/* What the tests of the targets came to, by what is known after the build. */
struct report_totals {
	uint32_t files;         /* test steps among the targets */
	uint32_t ran, cached;   /* cached: up to date or restored */
	uint32_t passed_files, failed_files, timeout_files, crashed_files;
	uint32_t empty_files;   /* no test in it: not passed */
	uint32_t unselected_files;      /* its tests were not asked for */
	uint32_t not_run;       /* nothing is known of what is there now */
	uint32_t flaky_files;
	uint32_t failed_steps;  /* steps other than tests that failed */
	uint64_t passed, failed, errors, skipped, xfailed, xpassed, warnings;
	uint64_t saved_us;      /* recorded time of what was not run */
};

/* Ends the build: clears the status; in a test run prints the failures in
 * graph order and the summary. totals may be NULL. Call it before messages
 * about the outcome ("build stopped"). */
void report_end(struct report *r, struct report_totals *totals);

/* Lines of the program itself. "NAME: TEXT\n" to out; to err with "error: "
 * before the text. */
void report_info(struct report *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void report_error(struct report *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints what a file holds, if it can be read. */
void report_file(struct report *r, const char *path);

/* After report_end: prints how the files that ran were run, and where their
 * time went (ways.h). */
void report_ways(struct report *r);

/* After report_end: prints what another isolation would save of the time that
 * the tests took (seconds, so many at once), if that is much. */
void report_advice(struct report *r, double took, int jobs);

/* The counts of report_end without printing anything. */
void report_totals(const struct report *r, struct report_totals *totals);

#endif
