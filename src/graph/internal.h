/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_GRAPH_INTERNAL_H
#define TG_GRAPH_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graph/graph.h"
#include "util/str.h"

/* Makes room in an array of the graph for need elements; an array that is not
 * owned is copied first. */
#define GRAPH_GROW(a, need) \
	((a).p = graph_grow((a).p, (a).n, &(a).cap, (need), sizeof(*(a).p)))
void *graph_grow(void *p, uint32_t n, uint32_t *cap, size_t need, size_t size);

/* Appends text (and a NUL); returns its offset. */
uint32_t graph_text_add(struct graph *g, struct str s);
/* Appends n ids; returns the offset of the first. */
uint32_t graph_ids_add(struct graph *g, const uint32_t *ids, size_t n);
/* Would this step's output be dropped from its own inputs ("build a: phony a"),
 * instead of being a cycle? */
bool graph_drops_self(const struct graph_step *s);
/* The symbol of a name, made if need be. */
uint32_t graph_sym_add(struct graph *g, struct str name);

#endif
