/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_RESULT_RESULTS_H
#define TG_RESULT_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "graph/graph.h"
#include "util/buf.h"
#include "util/str.h"

/* The result document of a test step (JSON), as the process that ran the tests
 * left it; src/pytgraph/runner/results.py describes it. Arrays that are missing
 * in it are NULL, which cJSON takes for empty. */
struct results {
	cJSON *json;
	const cJSON *items, *collect_errors, *warnings;
};

/* Reads a document. It is good only if it is whole (its last member is done:
 * true), of a version that is known, and has items. true: good; else r is
 * zeroed and why, if it is not NULL, says in one line what is wrong. */
bool results_parse(struct results *r, struct str text, struct buf *why);
/* The same from the file that the step's tg_result names; false too if there
 * is none. */
bool results_read(struct results *r, const struct graph *g, uint32_t step);
void results_release(struct results *r);

/* How many there were of a warning. */
uint32_t results_times(const cJSON *warning);

/* Members; "" or 0 if they are missing or of another type. */
const char *results_text(const cJSON *object, const char *name);
double results_number(const cJSON *object, const char *name);

enum outcome {
	OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_ERROR, OUTCOME_SKIPPED,
	OUTCOME_XFAILED, OUTCOME_XPASSED,
	OUTCOME_UNKNOWN,        /* counts as an error */
};
/* Of an item. A later report of the same item may be worse than the first:
 * each is an entry of its own. */
enum outcome results_outcome(const cJSON *item);
/* How it failed: its text, and those of further failed subtests. Appended; of
 * an item without any, its message. */
void results_longrepr(const cJSON *item, struct buf *out);
/* An item that failed and whose teardown had an error besides: that phase,
 * with a longrepr and message of its own. NULL: there is none. */
const cJSON *results_teardown(const cJSON *item);
/* Is that not a pass? */
bool outcome_bad(enum outcome o);

#endif
