/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_DECIDE_DYNDEP_H
#define TG_DECIDE_DYNDEP_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/graph.h"
#include "util/err.h"

/* The node of the step's dyndep file, or GRAPH_NONE if it has none. */
uint32_t dyndep_file(const struct graph *g, uint32_t step);
/* Does the step wait for its dyndep file to be read? */
bool dyndep_pending(const struct graph *g, uint32_t step);
/* Reads a dyndep file and adds what it says to the steps that have it. The
 * graph's users are stale afterwards. */
int dyndep_read(struct graph *g, uint32_t node, struct err *err);

#endif
