/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_SINK_OPTS_H
#define TG_REPORT_SINK_OPTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What a report is asked for; every display of it reads this. */

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
	bool part;              /* what ends now comes before what was asked
	                         * for */
	const char *lacking;    /* versions of Python that were asked for and
	                         * cannot be tested, for the summary; or NULL */
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

#endif
