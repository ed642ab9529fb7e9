/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_RESULT_VERDICT_H
#define TG_RESULT_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "result/results.h"
#include "state/state.h"
#include "util/buf.h"

/* What a test step's result document comes to. */
struct verdict {
	enum result_status status;
	uint32_t passed, failed, errors, skipped, xfailed, xpassed, warnings;
	char **env;             /* names of variables that were read */
	size_t nenv;
	bool env_all;           /* the whole environment was */
	unsigned company;       /* RESULT_BATCH, RESULT_SHARED or what
	                         * RESULT_PARTS is for; 0: it ran alone, and
	                         * whole */
	bool unfinished;        /* fewer items than were collected */
	char *crash;            /* how its process ended, if the document is of
	                         * what was known then; NULL: it came to its
	                         * end */
	char *text;             /* of a failure: what the plain command prints */
};

/* Judges a document that was read. It is good only if each of its items has an
 * outcome, and it does not claim more than they do: passed only if there are
 * as many as were collected and none failed. true: good; else *v is zeroed and
 * why says in one line what is wrong with it. */
bool verdict_of(struct verdict *v, const struct results *r, struct buf *why);
void verdict_release(struct verdict *v);

#endif
