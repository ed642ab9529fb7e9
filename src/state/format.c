/* SPDX-License-Identifier: Apache-2.0 */
#include "state/format.h"

#include <stdlib.h>

#include "util/hash.h"
#include "util/mem.h"
#include "util/os.h"

struct sums {
	const char *p;
	size_t n;
	uint64_t *sum;
};

static void
sum_chunk(void *ctx, uint32_t i)
{
	struct sums *s = ctx;
	size_t at = (size_t)i * FORMAT_CHUNK;
	size_t n = s->n - at < FORMAT_CHUNK ? s->n - at : FORMAT_CHUNK;

	s->sum[i] = hash_bytes(s->p + at, n);
}

uint64_t
format_sums(uint64_t *sums, size_t chunks, uint64_t n)
{
	sums[chunks] = n;
	return hash_bytes(sums, (chunks + 1) * sizeof(*sums));
}

uint64_t
format_sum(const void *p, size_t n)
{
	uint32_t chunks = (uint32_t)((n + FORMAT_CHUNK - 1) / FORMAT_CHUNK);
	struct sums s = { .p = p, .n = n };
	uint64_t sum;

	s.sum = xcalloc(chunks + 1, sizeof(*s.sum));
	os_parallel(chunks < 8 ? 1 : 0, chunks, sum_chunk, &s);
	sum = format_sums(s.sum, chunks, n);
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
