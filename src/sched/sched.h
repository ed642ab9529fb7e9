/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SCHED_SCHED_H
#define TG_SCHED_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "event/reason.h"
#include "graph/graph.h"
#include "state/state.h"
#include "store/store.h"
#include "util/err.h"
#include "util/str.h"

/* Brings targets up to date: decides, runs, records. */

struct sched_opts {
	int jobs;               /* -j; 0: no limit */
	int keep;               /* -k: stop after this many failures; 0: never */
	double load;            /* -l: start nothing above this; <= 0: no limit */
	uint64_t min_memory;    /* start nothing new below this many bytes free */
	bool dry_run;           /* -n: nothing is run, every step "succeeds" */
	bool explain;           /* call events.explain */
	bool keep_depfile, keep_rsp;    /* -d keepdepfile, -d keeprsp */
	bool rerun;             /* as if nothing were known of test steps */
	bool every;             /* rerun is for all steps but generators, and
	                         * retries for all */
	bool ninja_exit;        /* stop reasons and exit codes as ninja's */
	double timeout;         /* seconds for steps without tg_timeout; 0 none */
	int retries;            /* for steps without tg_retries, see every */
	const char *jobserver;  /* "auto" (default, NULL), "off", or a style to
	                         * serve: "pipe", "fifo", "none" */
	bool jobs_given;        /* -j was on the command line: an inherited
	                         * jobserver is not used then, as in ninja */
	bool no_workers;        /* every step runs by its plain command */
	bool remake;            /* a step whose outputs were removed or changed
	                         * runs, it is not restored from the store */
};

/* What ended. */
enum sched_end {
	END_CLEAN,              /* found up to date after its inputs were made */
	END_CACHED,             /* restored from the store */
	END_RAN,                /* ran and succeeded (a test: passed or empty) */
	END_FAILED,             /* ran and did not: see result.status */
	END_SKIPPED,            /* not run: an input failed, or the end came */
};

struct sched_counts {
	uint32_t total;         /* non-phony steps that may run */
	uint32_t done, running, failed, cached, clean;
	uint64_t left_us;       /* expected time left from recorded durations
	                         * and jobs; UINT64_MAX: unknown */
	uint32_t looked;        /* nodes that were looked at first of all */
	uint64_t prepare_us;    /* to look at them and to decide */
	uint64_t run_us;        /* from then on to the end of the last step */
};

/* Who is told. Any may be NULL. Called in the loop's thread. */
struct sched_events {
	/* The plan is made or has changed: how many non-phony steps may run. */
	void (*planned)(void *ctx, uint32_t total);
	/* Why a step is not up to date: a reason a call. Only with
	 * opts.explain; just before the step starts. */
	void (*explain)(void *ctx, const struct reason *why);
	void (*started)(void *ctx, uint32_t step);
	/* output: what the step wrote (stdout and stderr), complete. r: its
	 * result (NULL for END_CLEAN and END_SKIPPED). */
	void (*finished)(void *ctx, uint32_t step, enum sched_end how,
		const struct result *r, struct str output);
	/* About every 100 ms while waiting, and when something changed. */
	void (*tick)(void *ctx, const struct sched_counts *c);
	/* To tell the user, without prefix: a warning. */
	void (*warn)(void *ctx, struct str text);
};

enum sched_outcome {
	SCHED_NOTHING,          /* everything was up to date */
	SCHED_DONE,
	SCHED_FAILED,           /* steps failed; err->msg is ninja's reason:
	                         * "subcommand failed", "cannot make progress due
	                         * to previous errors" ... */
	SCHED_INTERRUPTED,      /* signal in *exit */
	SCHED_ERROR,            /* missing input, cycle, I/O: err */
};

/* Builds the closure of these nodes. *exit: what a program called ninja would
 * exit with. store may be NULL. */
enum sched_outcome sched_build(struct state *s, struct store *store,
	const uint32_t *targets, uint32_t ntargets,
	const struct sched_opts *opts, const struct sched_events *events,
	void *ctx, struct sched_counts *counts, int *exit, struct err *err);

#endif
