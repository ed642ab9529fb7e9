/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_NINJA_SCOPE_H
#define TG_NINJA_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/hash.h"
#include "util/str.h"

/* The names that are known while a manifest is read: variables and rules of
 * each file scope. Zero-initialise it ({0}), then add the root scope. Names
 * and values are not copied. */
struct scopes {
	struct scope *v;
	size_t n, cap;
	struct str *values;     /* what the maps of variables point to */
	size_t nvalues, values_cap;
};

struct scope {
	uint32_t parent;        /* the root's is its own id, 0 */
	struct map vars;
	struct map rules;       /* to rule ids */
};

/* A further scope; returns its id, 0 for the first. */
uint32_t scopes_add(struct scopes *s, uint32_t parent);
void scopes_set(struct scopes *s, uint32_t scope, struct str name,
	struct str value);
/* The value in scope or the nearest one above it, "" if there is none. */
struct str scopes_get(const struct scopes *s, uint32_t scope, struct str name);
/* False if scope itself has such a rule. */
bool scopes_add_rule(struct scopes *s, uint32_t scope, struct str name,
	uint32_t id);
bool scopes_has_rule(const struct scopes *s, uint32_t scope, struct str name);
/* Looks upwards; false if there is none. */
bool scopes_rule(const struct scopes *s, uint32_t scope, struct str name,
	uint32_t *id);
void scopes_release(struct scopes *s);

#endif
