/* SPDX-License-Identifier: Apache-2.0 */
#include "state/format.h"

#include <stdlib.h>

#include "util/hash.h"
#include "util/mem.h"
#include "util/os.h"

enum { CHUNK = 1 << 20 };

struct sums {
	const char *p;
	size_t n;
	uint64_t *sum;
};

static void
sum_chunk(void *ctx, uint32_t i)
{
	struct sums *s = ctx;
	size_t at = (size_t)i * CHUNK;
	size_t n = s->n - at < CHUNK ? s->n - at : CHUNK;

	s->sum[i] = hash_bytes(s->p + at, n);
}

uint64_t
format_sum(const void *p, size_t n)
{
	uint32_t chunks = (uint32_t)(n / CHUNK + (n % CHUNK != 0));
	struct sums s = { .p = p, .n = n };
	uint64_t sum;

	s.sum = xcalloc(chunks + 1, sizeof(*s.sum));
	s.sum[chunks] = n;
	os_parallel(chunks < 8 ? 1 : 0, chunks, sum_chunk, &s);
	sum = hash_bytes(s.sum, (chunks + 1) * sizeof(*s.sum));
	free(s.sum);
	return sum;
}

uint64_t
format_header_sum(const struct snap_header *h)
{
	struct snap_header copy = *h;

	copy.sum = 0;
	return hash_bytes(&copy, sizeof(copy));
}
