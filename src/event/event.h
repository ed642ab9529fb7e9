/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EVENT_EVENT_H
#define TG_EVENT_EVENT_H

#include <stdint.h>

#include "event/reason.h"
#include "state/state.h"
#include "util/str.h"

/* What a build tells of itself while it goes on. */

/* How a step ended. */
enum step_end {
	END_CLEAN,              /* found up to date after its inputs were made */
	END_CACHED,             /* restored from the store */
	END_RAN,                /* ran and succeeded (a test: passed or empty) */
	END_FAILED,             /* ran and did not: see result.status */
	END_SKIPPED,            /* not run: an input failed, or the end came */
};

struct build_counts {
	uint32_t total;         /* non-phony steps that may run */
	uint32_t done, running, failed, cached, clean;
	uint64_t left_us;       /* expected time left from recorded durations
	                         * and jobs; UINT64_MAX: unknown */
	uint32_t looked;        /* nodes that were looked at first of all */
	uint64_t prepare_us;    /* to look at them and to decide */
	uint64_t run_us;        /* from then on to the end of the last step */
};

/* What a warning is about. */
enum warning_kind {
	WARN_OTHER,
	WARN_STATE,             /* what was found out cannot be remembered */
};

/* Who is told. Any may be NULL. Called in the loop's thread. */
struct build_events {
	/* The plan is made or has changed: how many non-phony steps may run. */
	void (*planned)(void *ctx, uint32_t total);
	/* Why a step is not up to date: a reason a call. Only if it was asked
	 * for; just before the step starts. */
	void (*explain)(void *ctx, const struct reason *why);
	void (*started)(void *ctx, uint32_t step);
	/* output: what the step wrote (stdout and stderr), complete. r: its
	 * result (NULL for END_CLEAN and END_SKIPPED). */
	void (*finished)(void *ctx, uint32_t step, enum step_end how,
		const struct result *r, struct str output);
	/* It has failed, and runs again: its result is still there. */
	void (*again)(void *ctx, uint32_t step);
	/* It has failed beside others, and waits until it can be alone. */
	void (*aside)(void *ctx, uint32_t step);
	/* About every 100 ms while waiting, and when something changed. */
	void (*tick)(void *ctx, const struct build_counts *c);
	/* To tell the user, without prefix. */
	void (*warn)(void *ctx, enum warning_kind kind, struct str text);
};

#endif
