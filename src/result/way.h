/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_RESULT_WAY_H
#define TG_RESULT_WAY_H

#include <stdbool.h>

#include "result/results.h"

/* Parts of the time that a file takes, as src/pytgraph/process/clock.py has
 * them, in their order. */
enum way_part {
	WAY_PREPARE, WAY_START, WAY_IMPORT, WAY_COLLECT, WAY_RUN, WAY_REPORT,
	WAY_END, WAY_PARTS,
};
/* Their names. */
extern const char *const way_parts[WAY_PARTS];

/* How a file was run: what a result document says of it. Texts are the
 * document's, "" if it has them not. */
struct way {
	const char *kind;       /* "fork", "start", "process", "batch" or
	                         * "shared" */
	const char *of;         /* of a fork: of what */
	const char *why;        /* why it was no fork */
	double seconds[WAY_PARTS];
};

/* false: the document says nothing of it. */
bool way_read(struct way *w, const struct results *r);
/* The sum of its parts. */
double way_seconds(const struct way *w);

#endif
