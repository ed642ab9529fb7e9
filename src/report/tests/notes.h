/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TESTS_NOTES_H
#define TG_REPORT_TESTS_NOTES_H

#include "report/tests/testfiles.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/hash.h"

/* What result documents say besides failures, and pytest tells at the end:
 * warnings, and why tests were skipped or expected to fail. The same thing is
 * told once, however many items say it. */

struct note_who {
	struct str name;
	uint32_t times;
};

/* A thing, and who says it. */
struct note {
	struct str text;
	struct note_who *who;   /* owned; in the order of the graph */
	size_t n, cap;
	uint64_t times;         /* in all */
};

struct notes_list {
	struct note *v;         /* owned */
	size_t n, cap;
	struct map by_text;
};

/* Session fixtures of a package, in files that ran. */
struct notes_fixtures {
	struct str package;
	uint32_t files;
	double seconds, most;   /* in all, and in one file */
};

struct notes {
	const struct report_opts *o;
	const struct testfiles *m;
	struct arena arena;
	struct notes_list warnings, skips;
	struct buf others;      /* lines of reasons that stand alone */
	struct buf prints;      /* what passed tests have printed, if that is to
	                         * be shown */
	struct notes_fixtures *fixtures;        /* owned */
	size_t nfixtures, fixtures_cap;
	uint32_t looked;        /* at files that did not run now */
	uint32_t left_files;    /* of those at which it was not looked: with
	                         * warnings, */
	uint64_t left;          /* and how many these have */
};

/* Reads what the documents of all files say; the build has ended. Where nothing
 * is asked for, only so many of the files that did not run are read: a run with
 * nothing to do must not take long. */
void notes_read(struct notes *n, const struct report_opts *o,
	const struct testfiles *m);
/* Blocks about warnings, and about what passed tests printed. Appended. */
void notes_blocks(const struct notes *n, struct buf *out);
/* "SKIPPED [2] FILE:LINE: REASON" and the like, a line each. Appended. */
void notes_reasons(const struct notes *n, struct buf *out);
void notes_release(struct notes *n);

#endif
