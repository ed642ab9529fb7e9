/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_DECIDE_OBSERVE_H
#define TG_DECIDE_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "decide/deps.h"
#include "observe/read.h"
#include "state/asked_index.h"
#include "state/state.h"
#include "util/str.h"

/* Is what the step reads to be observed? */
bool observe_wanted(const struct graph *g, uint32_t step);

/* Adds what a step that succeeded was seen to ask for to its inputs: files and
 * directories by their names, other questions as nodes of state/asked.h. cwd: the
 * working directory, absolute; start: when the step began, as files have it;
 * index: as it was before that (may be NULL). Nodes are added to the graph where
 * they are new. */
void deps_observe(struct deps *d, const struct state *s, uint32_t step,
	const struct observations *o, struct str cwd, int64_t start,
	const struct asked_index *index);
/* Adds just that something was not seen, and why. */
void deps_unseen(struct deps *d, struct graph *g, struct str why);

#endif
