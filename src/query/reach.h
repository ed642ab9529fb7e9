/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_QUERY_REACH_H
#define TG_QUERY_REACH_H

#include <stdint.h>

#include "query/nodes.h"

/* What nodes need, and what needs them. What is in the set before is taken for
 * done: nothing is looked for behind it. */

/* The node, and all that it is made from by declared inputs: each before what
 * it is made from itself, depth first in the order of the inputs. */
void reach_inputs(struct nodes *to, uint32_t node);
/* What the steps that use the node, by a declared input or one that was
 * observed, make. */
void reach_users(struct nodes *to, uint32_t node);
/* The same, and what uses that, and so on; the node itself only if it is made
 * from itself. The users of the graph must have been listed
 * (graph_index_users). */
void reach_all_users(struct nodes *to, uint32_t node);

#endif
