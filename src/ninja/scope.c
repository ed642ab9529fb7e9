/* SPDX-License-Identifier: Apache-2.0 */
#include "ninja/scope.h"

#include <stdlib.h>

#include "util/mem.h"

uint32_t
scopes_add(struct scopes *s, uint32_t parent)
{
	s->v = vec_grow(s->v, &s->cap, s->n + 1, sizeof(*s->v));
	s->v[s->n] = (struct scope){ .parent = parent };
	return (uint32_t)s->n++;
}

void
scopes_set(struct scopes *s, uint32_t scope, struct str name, struct str value)
{
	int added;
	struct map_slot *slot = map_put(&s->v[scope].vars, name, &added);

	if (added) {
		s->values = vec_grow(s->values, &s->values_cap, s->nvalues + 1,
			sizeof(*s->values));
		slot->value = (uint32_t)s->nvalues++;
	}
	s->values[slot->value] = value;
}

struct str
scopes_get(const struct scopes *s, uint32_t scope, struct str name)
{
	for (;;) {
		struct map_slot *slot = map_get(&s->v[scope].vars, name);

		if (slot)
			return s->values[slot->value];
		if (scope == 0)
			return STR("");
		scope = s->v[scope].parent;
	}
}

bool
scopes_add_rule(struct scopes *s, uint32_t scope, struct str name, uint32_t id)
{
	int added;
	struct map_slot *slot = map_put(&s->v[scope].rules, name, &added);

	if (added)
		slot->value = id;
	return added;
}

bool
scopes_has_rule(const struct scopes *s, uint32_t scope, struct str name)
{
	return map_get(&s->v[scope].rules, name) != NULL;
}

bool
scopes_rule(const struct scopes *s, uint32_t scope, struct str name,
	uint32_t *id)
{
	for (;;) {
		struct map_slot *slot = map_get(&s->v[scope].rules, name);

		if (slot) {
			*id = slot->value;
			return true;
		}
		if (scope == 0)
			return false;
		scope = s->v[scope].parent;
	}
}

void
scopes_release(struct scopes *s)
{
	for (size_t i = 0; i < s->n; i++) {
		map_release(&s->v[i].vars);
		map_release(&s->v[i].rules);
	}
	free(s->v);
	free(s->values);
	*s = (struct scopes){ 0 };
}
