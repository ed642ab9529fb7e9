/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STATE_FORMER_H
#define TG_STATE_FORMER_H

#include <stdbool.h>

#include "graph/graph.h"
#include "state/state.h"
#include "util/buf.h"
#include "util/str.h"

/* What steps of former graphs have made and no statement names any more: paths
 * in the state's extra STATE_FORMER, each with a NUL. -t cleandead takes them
 * away. */

/* Does no statement of the graph speak of the path? */
bool former_dead(const struct graph *g, struct str path);

/* Appends the paths that were outputs of steps of the graph that s speaks of
 * (steps with a result), or are in s's extra, and that no statement of now
 * names. To be asked before state_rebase, which drops extras, and kept with
 * state_set_extra after it. */
void former_collect(const struct state *s, const struct graph *now,
	struct buf *out);

/* Puts what steps have made by the word of a dyndep file into s's extra: a
 * later one may not name it any more. To be asked before the state is saved. */
void former_dyndeps(struct state *s);

/* Calls see for each path in s's extra; the path is s's. */
void former_each(const struct state *s,
	void (*see)(void *ctx, struct str path), void *ctx);

#endif
