/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_QUERY_KINDS_H
#define TG_QUERY_KINDS_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/graph.h"
#include "query/bits.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/str.h"

/* The word for what a node is: "test", "phony", "generated" or, of what no step
 * makes, "conftest", "module" or "source". */
const char *kind_of(const struct graph *g, uint32_t node);
/* Adds the nodes that are shown and of a kind: a word of kind_of ("source" being
 * all that no step makes), or the name of a rule, for what it makes. -1: it is
 * neither; the message says what is. */
int kind_select(const struct graph *g, struct str kind, struct bits *out,
	struct err *err);
/* Adds the nodes of which the step that makes them, or for a test file one that
 * runs it, has just this value of a variable. -1: nothing has such a
 * variable. */
int attr_select(const struct graph *g, struct str name, struct str value,
	struct bits *out, struct err *err);

#endif
