/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_DECIDE_DECIDE_H
#define TG_DECIDE_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "event/reason.h"
#include "graph/graph.h"
#include "state/state.h"
#include "util/digest.h"
#include "util/err.h"

/* Is a step up to date? Content decides (doc/design/decision).
 * Nothing is changed here but what the state knows of phony outputs. */

enum decide_flag {
	DECIDE_RAN     = 1u << 0,       /* it ran in this build (or would, in a
	                                 * dry run), or is phony and one of its
	                                 * inputs did */
	DECIDE_FORCED  = 1u << 1,       /* phony and out of date for ever: who
	                                 * needs it runs always */
	DECIDE_RECHECK = 1u << 2,       /* RESULT_VERIFIED is not to be believed:
	                                 * a phony input has changed */
};

struct decide {
	struct state *s;
	bool dry_run;           /* what ran left nothing: who needs it runs */
	bool rerun;             /* test steps are never up to date */
	bool every;             /* nor are others, but generators */
	unsigned char *flags;   /* by step: enum decide_flag */
	uint32_t nsteps;        /* length of flags */
	bool any;               /* a step has RAN or FORCED */
	struct digest *old;     /* by node, nold of them: digests before this
	                         * build, for decide_explain; or NULL */
	uint32_t nold;
};

void decide_init(struct decide *d, struct state *s);
/* Remembers the digests as they are, for decide_explain. */
void decide_keep_old(struct decide *d);
void decide_release(struct decide *d);

/* Finds the digest of a phony step's outputs and whether it is forced. All its
 * inputs must be final. -1: an output that is a file cannot be read. */
int decide_phony(struct decide *d, uint32_t step, struct err *err);
/* 1 the step is up to date, 0 it is not (static_key is its static key, none in
 * a dry run if its inputs are not known), -1 error. All its inputs but the
 * order-only ones must be final and, like its outputs, have been looked at. */
int decide_step(struct decide *d, uint32_t step, struct digest *static_key,
	struct err *err);
/* Must the step run whatever is known of it? */
bool decide_always(const struct decide *d, uint32_t step);
/* Is that because it needs something that is out of date for ever? */
bool decide_forced(const struct decide *d, uint32_t step);
/* The step ran. */
void decide_ran(struct decide *d, uint32_t step);

/* Why decide_step said 0: adds at least one reason. */
void decide_explain(const struct decide *d, uint32_t step,
	struct reasons *out);

/* Do all outputs of the step exist, as the state knows them? */
bool decide_outputs(const struct state *s, uint32_t step);
/* ninja's rule, for generator steps without a result: is an output older than
 * an input? *out and *in become the two (*in GRAPH_NONE: there is none). */
bool decide_older(const struct state *s, uint32_t step, uint32_t *out,
	uint32_t *in);

#endif
