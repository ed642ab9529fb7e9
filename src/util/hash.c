/* SPDX-License-Identifier: Apache-2.0 */
#include "util/hash.h"

#include <stdlib.h>

/* From the header alone: most of what is hashed is short. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "util/mem.h"

uint64_t
hash_bytes(const void *p, size_t n)
{
	return XXH3_64bits(p, n);
}

static struct map_slot *
find_slot(struct map_slot *slots, size_t cap, struct str key, uint64_t hash)
{
	size_t i = hash & (cap - 1);

	while (slots[i].key.p) {
		if (slots[i].hash == hash && str_eq(slots[i].key, key))
			break;
		i = (i + 1) & (cap - 1);
	}
	return &slots[i];
}

struct map_slot *
map_get(const struct map *m, struct str key)
{
	struct map_slot *s;

	if (!m->n)
		return NULL;
	s = find_slot(m->slots, m->cap, key, hash_bytes(key.p, key.n));
	return s->key.p ? s : NULL;
}

static void
grow_map(struct map *m)
{
	size_t cap = m->cap ? m->cap * 2 : 64;
	struct map_slot *slots = xcalloc(cap, sizeof(*slots));

	for (size_t i = 0; i < m->cap; i++) {
		struct map_slot *s = &m->slots[i];

		if (s->key.p)
			*find_slot(slots, cap, s->key, s->hash) = *s;
	}
	free(m->slots);
	m->slots = slots;
	m->cap = cap;
}

struct map_slot *
map_put(struct map *m, struct str key, int *added)
{
	uint64_t hash = hash_bytes(key.p, key.n);
	struct map_slot *s;

	if ((m->n + 1) * 4 > m->cap * 3)
		grow_map(m);
	s = find_slot(m->slots, m->cap, key, hash);
	if (added)
		*added = !s->key.p;
	if (!s->key.p) {
		s->key = key;
		if (!s->key.p)
			s->key.p = "";
		s->hash = hash;
		s->value = 0;
		m->n++;
	}
	return s;
}

void
map_release(struct map *m)
{
	free(m->slots);
	*m = (struct map){ 0 };
}
