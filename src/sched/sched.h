/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SCHED_SCHED_H
#define TG_SCHED_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"
#include "graph/graph.h"
#include "state/state.h"
#include "store/store.h"
#include "util/err.h"
#include "util/str.h"

struct executors;

/* Brings targets up to date: decides, runs, records. */

/* What became of what lies outside since the graph was made. */
enum outside_seen {
	OUTSIDE_SAME,
	OUTSIDE_TOUCHED,        /* some of it was written anew as it is, or was
	                         * another for a while */
	OUTSIDE_CHANGED,
};

/* Inputs of steps that stand for what lies outside of the graph and is too much
 * to be looked at for each step: environments. Results of steps that need one
 * count once that was looked at after their end. */
struct sched_outside {
	const uint32_t *nodes;
	size_t n;
	enum outside_seen (*look)(void *ctx, uint32_t node);
	void *ctx;
	const char *warning;    /* told once if a result does not count */
};

struct sched_opts {
	int jobs;               /* -j; 0: no limit */
	int keep;               /* -k: stop after this many failures; 0: never */
	uint32_t maxfail;       /* stop after so many failed test items; a
	                         * file's run stops there itself; 0: never */
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
	struct executors *executors;    /* what steps run on; opened if one
	                         * runs, and left open. NULL: the build has
	                         * its own */
	const struct sched_outside *outside;    /* NULL: there is none */
	const char *running;    /* see executors_opts */
	bool beside;            /* other runs may work with the state (see
	                         * state_take): what one of them is at is waited
	                         * for; waiting is called once if it is, with
	                         * its pid; NULL: nobody listens */
	void (*waiting)(void *ctx, long pid);
	void *waiting_ctx;
	const char *observe_library;    /* what is loaded into steps that are
	                         * to be observed; NULL: there is none */
	const char *observe_dir;        /* where they leave what they read,
	                         * absolute, an own directory */
	bool remake;            /* a step whose outputs were removed or changed
	                         * runs, it is not restored from the store */
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
	const struct sched_opts *opts, const struct build_events *events,
	void *ctx, struct build_counts *counts, int *exit, struct err *err);

#endif
