/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TOOL_CLEANDEAD_H
#define TG_TOOL_CLEANDEAD_H

#include "graph/graph.h"
#include "state/state.h"
#include "util/buf.h"

/* The slot of state_extra that holds outputs of former graphs which are in
 * nobody's way but cleandead's: paths, each with a NUL. */
#define CLEANDEAD_SLOT 7

/* Appends the paths that were outputs of steps of the graph that s speaks of
 * (steps with a result), or are in s's slot, and that no statement of now
 * names. To be asked before state_rebase, which drops extras, and kept with
 * state_set_extra after it. */
void cleandead_collect(const struct state *s, const struct graph *now,
	struct buf *out);

/* Puts what steps have made by the word of a dyndep file into s's slot: a
 * later one may not name it any more. To be asked before the state is saved. */
void cleandead_dyndeps(struct state *s);

#endif
