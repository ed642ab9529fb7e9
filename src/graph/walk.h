/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_GRAPH_WALK_H
#define TG_GRAPH_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graph/graph.h"
#include "util/err.h"

struct graph_visit;

/* The steps that nodes need, each after all that it needs itself, in the order
 * of the inputs; phony steps too. Zero-initialise it, but for the first two. */
struct graph_walk {
	const struct graph *g;
	bool observed;          /* observed inputs are needed too */
	uint32_t *steps;        /* the answer */
	size_t n, cap;
	unsigned char *mark;    /* by step */
	struct graph_visit *stack;
	size_t depth, stack_cap;
};

/* Adds what node needs that was not added yet. -1: it needs itself; err gets
 * "dependency cycle: a -> b -> a", and the walk is only to be released. With err
 * NULL, cycles are passed over. */
int graph_walk_add(struct graph_walk *w, uint32_t node, struct err *err);
/* Adds just the step that makes node. */
void graph_walk_one(struct graph_walk *w, uint32_t node);
void graph_walk_release(struct graph_walk *w);

/* A dependency cycle among the steps reachable from these nodes, by inputs of
 * every class: -1 and err as above; 0 if there is none. */
int graph_check_cycles(const struct graph *g, const uint32_t *nodes,
	uint32_t n, struct err *err);

#endif
