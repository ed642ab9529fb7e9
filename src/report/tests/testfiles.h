/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TESTS_TESTFILES_H
#define TG_REPORT_TESTS_TESTFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/sink/sink.h"
#include "report/tests/totals.h"
#include "util/strs.h"

/* What is known of each test step among the targets, and of other steps that
 * failed: for the display of test runs and for documents about their results.
 * The first sink of a report of test runs, so that the others see each event's
 * effect here; end completes what is only known then. */

enum testfile_stage {
	STAGE_WAITING,          /* not told of: up to date, or not run */
	STAGE_RUNNING,
	STAGE_ASIDE,            /* it has failed, and will run again alone */
	STAGE_CLEAN, STAGE_CACHED,
	STAGE_RAN,              /* well or not: see its result */
	STAGE_SKIPPED,
};

struct testfile {
	uint32_t step;
	enum testfile_stage stage;
	bool several;           /* its file is tested by another Python too;
	                         * known at the end of a run with failures */
	bool unselected;        /* it has tests, none of which was asked for;
	                         * known at the end */
	uint64_t before_us;     /* duration known before the run */
	int64_t since;          /* ns: when it was started last */
	char *output;           /* of a bad run without a log; owned, or NULL */
	struct strs tried;      /* items that failed before it was run again;
	                         * these are owned */
	char *crash;            /* why it crashed in this run, or in which test
	                         * it was stopped; owned, or NULL */
};

/* A step that is no test and failed (with -v: or ran). */
struct other_step {
	uint32_t step;
	struct result result;
	char *output;           /* owned */
	size_t n;
};

struct testfiles {
	struct report_sink sink;
	const struct report_opts *o;
	const struct graph *g;
	const struct state *s;
	struct testfile *v;             /* in graph order */
	uint32_t n;
	uint32_t *by_step;              /* step to file + 1, 0: none */
	uint32_t nsteps;
	struct other_step *others;      /* at the end in graph order */
	size_t nothers, others_cap;
	int64_t begin, end;             /* ns; end 0: not over */
	int64_t began;                  /* the same by os_wall */
};

/* o stays where it is. Until a build begins there are no files. It is freed
 * as a sink. */
struct testfiles *testfiles_new(const struct report_opts *o);

/* The file of a step, or NULL. */
struct testfile *testfile_of(const struct testfiles *m, uint32_t step);

/* What became of a file. */
enum testfile_fate {
	FATE_NOT_RUN, FATE_PASSED, FATE_FAILED, FATE_TIMEOUT, FATE_CRASHED,
	FATE_EMPTY, FATE_UNSELECTED,
};
enum testfile_fate testfile_fate(const struct testfiles *m,
	const struct testfile *f);
/* Is it known that it did not pass? */
static inline bool
fate_bad(enum testfile_fate fate)
{
	return fate == FATE_FAILED || fate == FATE_TIMEOUT ||
	       fate == FATE_CRASHED;
}
/* Its result was not made in this run. */
bool testfile_cached(const struct testfiles *m, const struct testfile *f);
static inline const struct result *
testfile_result(const struct testfiles *m, const struct testfile *f)
{
	return &m->s->result[f->step];
}

void testfiles_count(const struct testfiles *m, struct report_totals *totals);

#endif
