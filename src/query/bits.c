/* SPDX-License-Identifier: Apache-2.0 */
#include "query/bits.h"

#include <stdlib.h>

#include "util/mem.h"

static uint32_t
words(const struct bits *b)
{
	return b->n / 64 + 1;
}

void
bits_init(struct bits *b, uint32_t n)
{
	*b = (struct bits){ .n = n };
	b->v = xcalloc(words(b), sizeof(*b->v));
}

void
bits_release(struct bits *b)
{
	free(b->v);
	*b = (struct bits){ 0 };
}

void
bits_and(struct bits *b, const struct bits *other)
{
	for (uint32_t i = 0; i < words(b); i++)
		b->v[i] &= other->v[i];
}

void
bits_or(struct bits *b, const struct bits *other)
{
	for (uint32_t i = 0; i < words(b); i++)
		b->v[i] |= other->v[i];
}

void
bits_minus(struct bits *b, const struct bits *other)
{
	for (uint32_t i = 0; i < words(b); i++)
		b->v[i] &= ~other->v[i];
}

uint32_t
bits_count(const struct bits *b)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < words(b); i++)
		for (uint64_t w = b->v[i]; w; w &= w - 1)
			n++;
	return n;
}

uint32_t
bits_next(const struct bits *b, uint32_t i)
{
	while (i < b->n) {
		if (!(b->v[i / 64] >> i % 64))
			i = (i / 64 + 1) * 64;
		else if (bits_has(b, i))
			return i;
		else
			i++;
	}
	return b->n;
}
