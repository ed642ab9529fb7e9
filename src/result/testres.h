/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_RESULT_TESTRES_H
#define TG_RESULT_TESTRES_H

#include <stdbool.h>
#include <stddef.h>

#include "state/state.h"
#include "util/buf.h"
#include "util/str.h"

/* What a test step's result file says (src/pytgraph/runner/results.py writes it). */
struct testres {
	enum result_status status;
	uint32_t passed, failed, errors, skipped, xfailed, xpassed;
	char **env;             /* names of variables that were read */
	size_t nenv;
	bool env_all;           /* the whole environment was */
	bool unfinished;        /* fewer items than were collected */
	char *text;             /* of a failure: what the plain command prints */
};

/* Reads a result document. It is good only if it is whole (its last member is
 * done: true), each of its items has an outcome, and it does not claim more
 * than they do: passed only if there are as many as were collected and none
 * failed. true: good; else why says in one line what is wrong with it. */
bool testres_parse(struct testres *t, struct str text, struct buf *why);
void testres_release(struct testres *t);

#endif
