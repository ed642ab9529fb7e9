/* SPDX-License-Identifier: Apache-2.0 */
#include "text/gitindex.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

enum {
	HEADER = 12,
	STAT = 40,              /* of an entry, before the object's name */
	MODE = 24,              /* in that */
	EXTENDED = 0x4000,      /* of an entry's flags: two more bytes follow */
	NAME_MASK = 0xfff,
};

static uint32_t
big32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void
index_path(struct gitindex *x, struct str path)
{
	if (x->n == x->cap) {
		x->cap = x->cap ? 2 * x->cap : 1024;
		x->paths = xreallocarray(x->paths, x->cap, sizeof(*x->paths));
	}
	x->paths[x->n++] = path;
}

struct reader {
	const unsigned char *p, *end;
	uint32_t version;
	size_t hash;
	struct str last;        /* version 4: the path before */
};

/* A number of version 4: how much of the path before is left out. */
static bool
get_varint(struct reader *r, size_t *out)
{
	size_t v;

	if (r->p == r->end)
		return false;
	v = *r->p & 127;
	while (*r->p++ & 128) {
		if (r->p == r->end || v > SIZE_MAX >> 8)
			return false;
		v = (v + 1) << 7 | (*r->p & 127);
	}
	*out = v;
	return true;
}

/* A path of version 4: what it has in common with the one before is left out. */
static bool
get_suffix(struct gitindex *x, struct reader *r)
{
	const unsigned char *nul;
	size_t drop, n, keep;
	char *p;

	if (!get_varint(r, &drop) || drop > r->last.n)
		return false;
	nul = memchr(r->p, '\0', (size_t)(r->end - r->p));
	if (!nul)
		return false;
	keep = r->last.n - drop;
	n = (size_t)(nul - r->p);
	p = arena_text(&x->arena, keep + n);
	if (keep)
		memcpy(p, r->last.p, keep);
	memcpy(p + keep, r->p, n);
	r->p = nul + 1;
	r->last = (struct str){ p, keep + n };
	index_path(x, r->last);
	return true;
}

/* A path of versions 2 and 3; the entry begins at start, and is filled up with
 * NULs, at least one, to a multiple of eight bytes. */
static bool
get_whole(struct gitindex *x, struct reader *r, const unsigned char *start)
{
	const unsigned char *nul = memchr(r->p, '\0',
		(size_t)(r->end - r->p));
	size_t size;

	if (!nul)
		return false;
	index_path(x, (struct str){ (const char *)r->p, (size_t)(nul - r->p) });
	size = ((size_t)(nul - start) + 8) & ~(size_t)7;
	if (size > (size_t)(r->end - start))
		return false;
	r->p = start + size;
	return true;
}

static bool
get_entry(struct gitindex *x, struct reader *r)
{
	const unsigned char *start = r->p;
	size_t n = STAT + r->hash + 2;
	unsigned flags;

	if ((size_t)(r->end - r->p) < n)
		return false;
	flags = (unsigned)start[n - 2] << 8 | start[n - 1];
	if (r->version > 2 && flags & EXTENDED)
		n += 2;
	if ((size_t)(r->end - r->p) < n)
		return false;
	r->p += n;
	if (!(r->version == 4 ? get_suffix(x, r) : get_whole(x, r, start)))
		return false;
	if (x->meaning) {
		digest_add_field(x->meaning, start + MODE, 4);
		digest_add_field(x->meaning, start + STAT, n - STAT);
		digest_add_field(x->meaning, x->paths[x->n - 1].p,
		                 x->paths[x->n - 1].n);
	}
	return true;
}

/* What follows the entries, but for the checksum at the end. Into rest what
 * follows the name of the other index: bits by the number of its entries, first
 * of those that were removed, then of those that are here instead. */
static const char *
find_link(const struct reader *r, struct str *rest)
{
	const unsigned char *p = r->p;

	while ((size_t)(r->end - p) >= 8) {
		uint32_t n = big32(p + 4);

		if (n > (size_t)(r->end - p) - 8)
			break;
		if (memcmp(p, "link", 4) == 0 && n >= r->hash) {
			rest->p = (const char *)p + 8 + r->hash;
			rest->n = n - r->hash;
			return (const char *)p + 8;
		}
		p += 8 + n;
	}
	return NULL;
}

static uint64_t
get64(const unsigned char *p)
{
	return (uint64_t)big32(p) << 32 | big32(p + 4);
}

/* Takes out of the paths from a place on those whose bits are set. The bits are
 * compressed: a word says how many words of equal bits there are (and of which,
 * in its lowest bit), and how many follow as they are. */
static void
drop_removed(struct gitindex *x, uint32_t from, struct str bits)
{
	const unsigned char *p = (const unsigned char *)bits.p, *end;
	uint64_t at = from;

	if (bits.n < 8 || big32(p + 4) > (bits.n - 8) / 8)
		return;
	end = p + 8 + 8 * (size_t)big32(p + 4);
	for (p += 8; p < end && at < x->n; p += 8) {
		uint64_t head = get64(p), run = head >> 1 & UINT32_MAX;
		uint64_t words = head >> 33;

		for (uint64_t i = 0; head & 1 && i < 64 * run &&
		     at + i < x->n; i++)
			x->paths[at + i].n = 0;
		at += 64 * run;
		for (; words > 0 && p + 8 < end && at < x->n; words--) {
			uint64_t word = get64(p += 8);

			for (unsigned i = 0; i < 64 && at + i < x->n; i++)
				if (word >> i & 1)
					x->paths[at + i].n = 0;
			at += 64;
		}
	}
}

int
gitindex_add(struct gitindex *x, const char *p, size_t n, size_t hash,
	const char **base)
{
	struct reader r = { .hash = hash };
	struct str removed = x->removed;
	uint32_t count, from = x->n;

	*base = NULL;
	x->removed = (struct str){ 0 };
	if (n < HEADER + hash || memcmp(p, "DIRC", 4) != 0)
		return 0;
	r.p = (const unsigned char *)p + HEADER;
	r.end = (const unsigned char *)p + n - hash;
	r.version = big32((const unsigned char *)p + 4);
	count = big32((const unsigned char *)p + 8);
	if (r.version < 2 || r.version > 4)
		return 0;
	while (count-- > 0)
		if (!get_entry(x, &r))
			return 0;
	x->end = r.p;
	drop_removed(x, from, removed);
	*base = find_link(&r, &x->removed);
	return 1;
}

/* Adds what follows the entries. Who does not know an extension may pass it over
 * if its name begins with a capital: such are there for speed. */
static bool
add_extensions(struct digester *d, const unsigned char *p,
	const unsigned char *end)
{
	while (end - p >= 8) {
		size_t n = 8 + (size_t)big32(p + 4);

		if (n > (size_t)(end - p))
			return false;
		if (*p < 'A' || *p > 'Z')
			digest_add_field(d, p, n);
		p += n;
	}
	return p == end;
}

static bool
add_meaning(struct digester *d, const char *p, size_t n, size_t hash)
{
	struct gitindex x = { .meaning = d };
	const char *base;
	bool ok;

	digest_begin(d);
	digest_add_field(d, &hash, sizeof(hash));
	ok = gitindex_add(&x, p, n, hash, &base) == 1 &&
	     add_extensions(d, x.end, (const unsigned char *)p + n - hash);
	gitindex_release(&x);
	return ok;
}

struct digest
gitindex_digest(const char *p, size_t n)
{
	struct digester d;
	struct digest digest;

	for (size_t hash = 20; hash <= 32; hash += 12) {
		bool ok = add_meaning(&d, p, n, hash);

		digest = digest_end(&d);
		if (ok)
			return digest;
	}
	return digest_of(p, n);
}

void
gitindex_sort(struct gitindex *x)
{
	bool sorted = true;

	for (uint32_t i = 1; i < x->n && sorted; i++)
		sorted = str_cmp(x->paths[i - 1], x->paths[i]) <= 0;
	if (!sorted)
		qsort(x->paths, x->n, sizeof(*x->paths), str_cmp_qsort);
}

/* The first path that is not before this one. */
static uint32_t
first_from(const struct gitindex *x, struct str path)
{
	uint32_t low = 0, high = x->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (str_cmp(x->paths[mid], path) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool
gitindex_has(const struct gitindex *x, struct str path)
{
	uint32_t i = first_from(x, path);

	return i < x->n && str_eq(x->paths[i], path);
}

bool
gitindex_below(const struct gitindex *x, struct str dir)
{
	char *p = xmalloc(dir.n + 2);
	struct str first = { p, dir.n + 1 };
	uint32_t i;
	bool is;

	memcpy(p, dir.p, dir.n);
	p[dir.n] = '/';
	i = first_from(x, first);
	is = i < x->n && x->paths[i].n > first.n &&
	     memcmp(x->paths[i].p, p, first.n) == 0;
	free(p);
	return is;
}

void
gitindex_release(struct gitindex *x)
{
	free(x->paths);
	arena_release(&x->arena);
	*x = (struct gitindex){ 0 };
}
