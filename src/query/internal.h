/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_QUERY_INTERNAL_H
#define TG_QUERY_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/graph.h"

/* What stands for what in a view. */

/* Does a step stand for its explicit inputs, its outputs being hidden? */
bool view_stands_for_inputs(const struct graph *g, uint32_t step);
/* Is the node one of these? */
bool view_has_explicit(const struct graph *g, uint32_t step, uint32_t node);

#endif
