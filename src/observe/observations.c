/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "observe/internal.h"
#include "util/mem.h"

void
observe_unseen(struct observations *o, struct str why)
{
	for (size_t i = 0; i < o->nunseen; i++)
		if (str_eq(o->unseen[i], why))
			return;
	o->unseen = vec_grow(o->unseen, &o->unseen_cap, o->nunseen + 1,
	                     sizeof(*o->unseen));
	o->unseen[o->nunseen++] = arena_dup(&o->arena, why);
}

struct observation *
observe_at(struct observations *o, struct str path)
{
	struct map_slot *slot = map_get(&o->paths, path);

	if (slot)
		return &o->v[slot->value];
	o->v = vec_grow(o->v, &o->cap, o->n + 1, sizeof(*o->v));
	o->v[o->n] = (struct observation){ .path = arena_dup(&o->arena, path) };
	map_put(&o->paths, o->v[o->n].path, NULL)->value = (uint32_t)o->n;
	return &o->v[o->n++];
}

const struct observation *
observation_find(const struct observations *o, struct str path)
{
	const struct map_slot *slot = map_get(&o->paths, path);

	return slot ? &o->v[slot->value] : NULL;
}

void
observe_env(struct observations *o, struct str name)
{
	int added;
	struct str copy = arena_dup(&o->arena, name);

	map_put(&o->names, copy, &added);
	if (!added)
		return;
	o->env = vec_grow(o->env, &o->env_cap, o->nenv + 1, sizeof(*o->env));
	o->env[o->nenv++] = copy;
}

/* Text stays where it is. */
void
observations_copy(struct observations *o, const struct observations *from)
{
	for (size_t i = 0; i < from->n; i++) {
		struct map_slot *slot = map_get(&o->paths, from->v[i].path);

		if (slot) {
			o->v[slot->value].what |= from->v[i].what;
			if (from->v[i].tag.n)
				o->v[slot->value].tag = from->v[i].tag;
			continue;
		}
		o->v = vec_grow(o->v, &o->cap, o->n + 1, sizeof(*o->v));
		o->v[o->n] = from->v[i];
		map_put(&o->paths, o->v[o->n].path, NULL)->value =
			(uint32_t)o->n;
		o->n++;
	}
	for (size_t i = 0; i < from->nenv; i++)
		observe_env(o, from->env[i]);
	o->whole_env |= from->whole_env;
	for (size_t i = 0; i < from->nunseen; i++)
		observe_unseen(o, from->unseen[i]);
	for (size_t i = 0; i < from->nknown; i++) {
		o->known = vec_grow(o->known, &o->known_cap, o->nknown + 1,
		                    sizeof(*o->known));
		o->known[o->nknown++] = from->known[i];
	}
}

void
observations_release(struct observations *o)
{
	arena_release(&o->arena);
	free(o->v);
	free(o->env);
	free(o->unseen);
	free(o->known);
	map_release(&o->paths);
	map_release(&o->names);
	*o = (struct observations){ 0 };
}
