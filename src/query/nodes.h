/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_QUERY_NODES_H
#define TG_QUERY_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graph/graph.h"

/* A set of a graph's nodes, in the order in which they were added.
 * Zero-initialise it, but for g, which must not get nodes meanwhile. */
struct nodes {
	const struct graph *g;
	uint32_t *v;
	uint32_t n;
	size_t cap;
	uint8_t *has;           /* by node */
};

/* false: it was in the set. */
bool nodes_add(struct nodes *s, uint32_t node);
bool nodes_has(const struct nodes *s, uint32_t node);
void nodes_release(struct nodes *s);

#endif
