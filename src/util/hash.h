/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_UTIL_HASH_H
#define TG_UTIL_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "util/str.h"

/* XXH3, 64 bits; for tables and checksums in memory, never for identity of
 * content. */
uint64_t hash_bytes(const void *p, size_t n);

/* A map from byte strings to 32-bit values. Keys are not copied: they must
 * outlive the map. Zero-initialise it ({0}). */
struct map {
	struct map_slot *slots;
	size_t cap, n;          /* cap is 0 or a power of two */
};

struct map_slot {
	struct str key;         /* key.p NULL: free */
	uint64_t hash;
	uint32_t value;
};

/* The slot of key, or NULL. */
struct map_slot *map_get(const struct map *m, struct str key);
/* The slot of key; a new one (value 0, *added set to 1) if there was none.
 * Pointers to slots are valid until the next map_put. added may be NULL. */
struct map_slot *map_put(struct map *m, struct str key, int *added);
void map_release(struct map *m);

#endif
