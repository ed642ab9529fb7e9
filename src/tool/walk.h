/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TOOL_WALK_H
#define TG_TOOL_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "graph/graph.h"

/* The steps that nodes need, each after all that it needs itself, in the order
 * of the inputs; phony steps too. Zero-initialise it, but for g. */
struct walk {
	const struct graph *g;
	uint32_t *steps;        /* the answer */
	size_t n, cap;
	uint8_t *seen;
	uint32_t *stack;
	size_t top, stack_cap;
};

/* Adds what node needs that was not added yet. single: just the step that
 * makes it. */
void walk_add(struct walk *w, uint32_t node, int single);
void walk_release(struct walk *w);

#endif
