/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_TARGETS_TARGET_NAME_H
#define TG_SESSION_TARGETS_TARGET_NAME_H

#include <stdint.h>

#include "graph/graph.h"
#include "util/err.h"
#include "util/str.h"

/* Targets as ninja's command line names them. */

/* The node that name stands for: folded; "x^" is the first output of the
 * first step that uses x. prog is the program's name in hints. -1: ninja's
 * text "unknown target 'x', did you mean 'y'?" and others. May list the graph's
 * users anew. */
int target_find(struct graph *g, const char *name, const char *prog,
	uint32_t *node, struct err *err);
/* The same for each of n names, into an array the caller frees; with no names
 * what is built by default (default statements, else the roots). */
int target_list(struct graph *g, char *const *names, int n,
	const char *prog, uint32_t **nodes, uint32_t *count, struct err *err);
/* What is built by default. -1: "could not determine root nodes of build
 * graph". */
int target_defaults(const struct graph *g, uint32_t **nodes, uint32_t *count,
	struct err *err);
/* The node with the path nearest to name (at most STR_SLIP edits away), or
 * GRAPH_NONE. */
uint32_t target_nearest(const struct graph *g, struct str name);

#endif
