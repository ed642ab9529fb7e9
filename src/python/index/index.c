/* SPDX-License-Identifier: Apache-2.0 */
#include "python/index/index.h"

#include <stdlib.h>
#include <string.h>

#include "python/scan/scan.h"
#include "util/hash.h"

enum { FORMAT = 1, BYTE_ORDER_MARK = 0x01020304 };

struct header {
	char magic[4];
	uint32_t format, scanner, order, count, bits;
	uint64_t size, rows, records, zero, sum;
};

struct row {
	struct digest digest;
	uint64_t offset;
	uint32_t length, sum;
};

_Static_assert(sizeof(struct header) == 64, "header of the test index");
_Static_assert(sizeof(struct row) == 48, "row of the test index");

static const struct header *
header(const struct test_index *x)
{
	return x->map.p;
}

static const struct row *
rows(const struct test_index *x)
{
	return (const void *)((const char *)x->map.p + header(x)->rows);
}

static uint32_t
first_slot(const struct digest *d, unsigned bits)
{
	uint32_t v;

	memcpy(&v, d->b, sizeof(v));
	return v & (((uint32_t)1 << bits) - 1);
}

static uint64_t
head_sum(const char *p, uint64_t records)
{
	size_t upto = offsetof(struct header, sum);
	uint64_t sums[2] = {
		hash_bytes(p, upto),
		hash_bytes(p + sizeof(struct header),
			(size_t)records - sizeof(struct header)),
	};

	return hash_bytes(sums, sizeof(sums));
}

/* NULL if the mapped bytes are an index that can be used. */
static const char *
check_header(const char *p, size_t n)
{
	const struct header *h = (const void *)p;
	uint64_t slots;

	if (n < sizeof(*h) || memcmp(h->magic, "TGIX", 4) != 0)
		return "not a test index";
	if (h->order != BYTE_ORDER_MARK || h->format != FORMAT ||
	    h->scanner != SCAN_VERSION)
		return "another version";
	if (h->bits > 31 || h->size != n)
		return "broken";
	slots = (uint64_t)sizeof(uint32_t) << h->bits;
	if (h->count >= (uint64_t)1 << h->bits ||
	    h->rows != sizeof(*h) + slots ||
	    h->records != h->rows + (uint64_t)h->count * sizeof(struct row) ||
	    h->records > n || h->sum != head_sum(p, h->records))
		return "broken";
	return NULL;
}

int
test_index_open(struct test_index *x, const char *path, const char **why,
	struct err *err)
{
	const char *wrong;
	int r;

	*x = (struct test_index){ 0 };
	if (why)
		*why = NULL;
	r = file_map(path, &x->map, err);
	if (r <= 0)
		return r;
	wrong = check_header(x->map.p, x->map.n);
	if (wrong) {
		file_unmap(&x->map);
		if (why)
			*why = wrong;
		return 0;
	}
	x->count = header(x)->count;
	return 1;
}

void
test_index_release(struct test_index *x)
{
	file_unmap(&x->map);
	x->count = 0;
}

static struct str
record_at(const struct test_index *x, const struct row *r)
{
	const char *p = (const char *)x->map.p;
	struct str s = { 0 };

	if (r->offset < header(x)->records || r->offset > x->map.n ||
	    r->length > x->map.n - r->offset)
		return s;
	if ((uint32_t)hash_bytes(p + r->offset, r->length) != r->sum)
		return s;
	s.p = p + r->offset;
	s.n = r->length;
	return s;
}

struct str
test_index_get(const struct test_index *x, const struct digest *d)
{
	const uint32_t *slots;
	uint32_t at, mask, probes;

	if (!x->count)
		return (struct str){ 0 };
	slots = (const void *)((const char *)x->map.p + sizeof(struct header));
	mask = ((uint32_t)1 << header(x)->bits) - 1;
	at = first_slot(d, header(x)->bits);
	for (probes = 0; slots[at] && probes <= x->count; probes++) {
		const struct row *r;

		if (slots[at] > x->count)
			break;
		r = &rows(x)[slots[at] - 1];
		if (digest_eq(&r->digest, d))
			return record_at(x, r);
		at = (at + 1) & mask;
	}
	return (struct str){ 0 };
}

/* --- writing ----------------------------------------------------------- */

static int
by_digest(const void *a, const void *b)
{
	const struct test_index_row *x = a, *y = b;

	return memcmp(x->digest.b, y->digest.b, DIGEST_SIZE);
}

static size_t
drop_repeats(struct test_index_row *v, size_t n)
{
	size_t i, kept = 0;

	if (n)
		qsort(v, n, sizeof(*v), by_digest);
	for (i = 0; i < n; i++) {
		if (!kept || !digest_eq(&v[kept - 1].digest, &v[i].digest))
			v[kept++] = v[i];
	}
	return kept;
}

static void
fill_index(struct buf *b, const struct test_index_row *v,
	const struct header *h)
{
	uint32_t *slots = (void *)(b->p + sizeof(*h));
	struct row *to = (void *)(b->p + h->rows);
	uint32_t mask = ((uint32_t)1 << h->bits) - 1, i, at;
	uint64_t offset = h->records;

	memset(slots, 0, (size_t)(h->records - sizeof(*h)));
	for (i = 0; i < h->count; i++) {
		struct str r = v[i].record;

		to[i].digest = v[i].digest;
		to[i].offset = offset;
		to[i].length = (uint32_t)r.n;
		to[i].sum = (uint32_t)hash_bytes(r.p, r.n);
		memcpy(b->p + offset, r.p, r.n);
		offset += r.n;
		for (at = first_slot(&v[i].digest, h->bits); slots[at];
		     at = (at + 1) & mask)
			;
		slots[at] = i + 1;
	}
}

int
test_index_write(const char *path, struct test_index_row *v, size_t n,
	struct err *err)
{
	struct header h = { .magic = "TGIX", .format = FORMAT,
		.scanner = SCAN_VERSION, .order = BYTE_ORDER_MARK, .bits = 4 };
	struct buf b = { 0 };
	size_t i;
	int r;

	n = drop_repeats(v, n);
	h.count = (uint32_t)n;
	while (((uint64_t)1 << h.bits) < (uint64_t)n * 2)
		h.bits++;
	h.rows = sizeof(h) + ((uint64_t)sizeof(uint32_t) << h.bits);
	h.records = h.rows + (uint64_t)n * sizeof(struct row);
	h.size = h.records;
	for (i = 0; i < n; i++)
		h.size += v[i].record.n;
	buf_reserve(&b, (size_t)h.size);
	b.n = (size_t)h.size;
	memcpy(b.p, &h, sizeof(h));
	fill_index(&b, v, &h);
	h.sum = head_sum(b.p, h.records);
	memcpy(b.p, &h, sizeof(h));
	r = file_write(path, b.p, b.n, false, err);
	buf_release(&b);
	return r;
}
