/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_REPORT_H
#define TG_REPORT_REPORT_H

#include <stdint.h>

#include "event/event.h"
#include "graph/graph.h"
#include "report/sink/opts.h"
#include "report/tests/totals.h"
#include "state/state.h"
#include "util/str.h"

/* What the user sees of a build while it runs and after it: ninja's status
 * line, or for test runs a table and at the end failures and a summary. The
 * functions take what the scheduler's events bring, as plain values. */

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
/* It was started, has failed, and waits until it can be alone. */
void report_aside(struct report *r, uint32_t step);
void report_tick(struct report *r, const struct build_counts *c);
/* "NAME: warning: TEXT" to err. */
void report_warn(struct report *r, struct str text);
/* The same, that what was found out cannot be remembered: once. */
void report_warn_state(struct report *r, struct str text);

/* The above for a build: ctx is the report. */
extern const struct build_events report_events;

/* Ends the build: clears the status; in a test run prints the failures in
 * graph order and the summary. totals NULL: it is a part that comes before the one
 * that was asked for; if there was nothing to do in it, nothing is said. Call it before messages
 * about the outcome ("build stopped"). */
void report_end(struct report *r, struct report_totals *totals);

/* Lines of the program itself. "NAME: TEXT\n" to out; to err with "error: "
 * before the text. */
void report_info(struct report *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void report_error(struct report *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Versions of Python that were asked for and cannot be tested, as the summary
 * is to have them ("Python 3.14"); copied, empty: none. */
void report_lacking(struct report *r, struct str versions);

/* Prints what a file holds, if it can be read. */
void report_file(struct report *r, const char *path);

/* After report_end: prints how the files that ran were run, and where their
 * time went (tests/ways.h). */
void report_ways(struct report *r);

/* After report_end: prints what another isolation would save of the time that
 * the tests took (seconds, so many at once), if that is much. */
void report_advice(struct report *r, double took, int jobs);

/* The counts of report_end without printing anything. */
void report_totals(const struct report *r, struct report_totals *totals);

#endif
