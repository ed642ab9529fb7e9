/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_QUERY_BITS_H
#define TG_QUERY_BITS_H

#include <stdbool.h>
#include <stdint.h>

/* A set of small numbers, a bit each. */
struct bits {
	uint64_t *v;            /* owned */
	uint32_t n;             /* numbers are smaller */
};

/* An empty set of numbers below n. */
void bits_init(struct bits *b, uint32_t n);
void bits_release(struct bits *b);

static inline bool
bits_has(const struct bits *b, uint32_t i)
{
	return b->v[i / 64] >> i % 64 & 1;
}

/* false: it was in the set. */
static inline bool
bits_add(struct bits *b, uint32_t i)
{
	if (bits_has(b, i))
		return false;
	b->v[i / 64] |= (uint64_t)1 << i % 64;
	return true;
}

static inline void
bits_drop(struct bits *b, uint32_t i)
{
	b->v[i / 64] &= ~((uint64_t)1 << i % 64);
}

/* What both hold, what either holds, what the first holds alone; into the
 * first. Both are of numbers below the same n. */
void bits_and(struct bits *b, const struct bits *other);
void bits_or(struct bits *b, const struct bits *other);
void bits_minus(struct bits *b, const struct bits *other);
/* How many it holds. */
uint32_t bits_count(const struct bits *b);
/* The first number in the set that is not below i, or n. */
uint32_t bits_next(const struct bits *b, uint32_t i);

#endif
