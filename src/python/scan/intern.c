/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "python/scan/internal.h"
#include "util/mem.h"

/* Longer runs of other texts are not searched, so that chosen collisions cost
 * no more than a text that stands twice. */
#define MAX_PROBES 64

static uint32_t
text_hash(const char *p, size_t n)
{
	uint64_t h = n * 0x9e3779b97f4a7c15u, word;

	for (; n > 8; n -= 8, p += 8) {
		memcpy(&word, p, 8);
		h = (h ^ word) * 0x9fb21c651e98df25u;
		h ^= h >> 29;
	}
	memcpy(&word, p, 8);
	if (n < 8)
		word &= ((uint64_t)1 << (8 * n)) - 1;
	h = (h ^ word) * 0x9fb21c651e98df25u;
	return (uint32_t)(h >> 32);
}

static void
resize(struct intern *t, uint32_t size)
{
	size_t i;

	free(t->slots);
	t->slots = xcalloc(size, sizeof(*t->slots));
	t->mask = size - 1;
	for (i = 0; i < t->n; i++) {
		uint32_t at = t->v[i].hash & t->mask, probes = 0;

		while (t->slots[at] && probes++ < MAX_PROBES)
			at = (at + 1) & t->mask;
		if (!t->slots[at])
			t->slots[at] = (uint32_t)i + 1;
	}
}

uint32_t
intern_put(struct intern *t, struct str text, bool *added)
{
	uint32_t hash = text_hash(text.p, text.n), at, probes;
	struct symbol *s;

	if (!t->slots || t->n * 2 > t->mask)
		resize(t, t->slots ? (t->mask + 1) * 4 : 256);
	at = hash & t->mask;
	for (probes = 0; t->slots[at] && probes < MAX_PROBES; probes++) {
		s = &t->v[t->slots[at] - 1];
		if (s->hash == hash && s->s.n == text.n &&
		    !memcmp(s->s.p, text.p, text.n)) {
			*added = false;
			return t->slots[at] - 1;
		}
		at = (at + 1) & t->mask;
	}
	if (t->n == t->cap)
		t->v = vec_grow(t->v, &t->cap, t->n + 1, sizeof(*t->v));
	if (!t->slots[at])
		t->slots[at] = (uint32_t)t->n + 1;
	t->v[t->n] = (struct symbol){ .s = text, .hash = hash,
		.seen = SCAN_MODULE - 1 };
	*added = true;
	return (uint32_t)t->n++;
}

void
intern_release(struct intern *t)
{
	free(t->v);
	free(t->slots);
	*t = (struct intern){ 0 };
}
