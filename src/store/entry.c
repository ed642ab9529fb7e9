/* SPDX-License-Identifier: Apache-2.0 */
#include "store/entry.h"

#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "util/hash.h"

enum { HEADER = 64, FLAG_ZSTD = 1, SUM_AT = 24, COMPRESS_ABOVE = 2048 };

static const char MAGIC[8] = "tgact";

/* ---- writing ---- */

static void
put32(struct buf *b, uint32_t v)
{
	unsigned char p[4];

	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (8 * i));
	buf_add(b, p, sizeof(p));
}

static void
put64(struct buf *b, uint64_t v)
{
	put32(b, (uint32_t)v);
	put32(b, (uint32_t)(v >> 32));
}

static void
patch_int(char *p, uint64_t v, int n)
{
	for (int i = 0; i < n; i++)
		p[i] = (char)(v >> (8 * i));
}

static void
put_path(struct buf *b, struct str path)
{
	put32(b, (uint32_t)path.n);
	buf_addstr(b, path);
}

void
entry_encode(const struct variant *v, struct buf *out)
{
	const struct result *r = &v->result;
	const uint32_t counts[7] = {
		r->passed, r->failed, r->errors, r->skipped, r->xfailed,
		r->xpassed, r->warnings,
	};
	size_t at = out->n;

	put32(out, 0);
	put64(out, (uint64_t)r->start_ns);
	put64(out, r->duration_us);
	put32(out, (uint32_t)r->exit);
	put32(out, r->status);
	put32(out, r->flags);
	for (int i = 0; i < 7; i++)
		put32(out, counts[i]);
	put32(out, v->nobs);
	for (uint32_t i = 0; i < v->nobs; i++) {
		put_path(out, v->obs[i].path);
		buf_add(out, v->obs[i].digest.b, DIGEST_SIZE);
	}
	put32(out, v->nouts);
	for (uint32_t i = 0; i < v->nouts; i++) {
		const struct output *o = &v->outs[i];

		put_path(out, o->path);
		put64(out, o->size);
		buf_addc(out, (char)o->flags);
		buf_add(out, o->digest.b, DIGEST_SIZE);
		if (o->flags & OUTPUT_INLINE)
			buf_add(out, o->bytes, o->size);
	}
	put_path(out, v->text);
	patch_int(out->p + at, out->n - at - 4, 4);
}

static bool
compress(struct buf *out, const struct buf *body)
{
	size_t room = ZSTD_compressBound(body->n), n;

	if (body->n < COMPRESS_ABOVE)
		return false;
	buf_reserve(out, room);
	n = ZSTD_compress(out->p + out->n, room, body->p, body->n, 1);
	if (ZSTD_isError(n) || n >= body->n)
		return false;
	out->n += n;
	return true;
}

void
entry_pack(const struct digest *action, const struct buf *variants,
	uint32_t count, struct buf *out)
{
	struct buf body = { 0 };
	size_t at = out->n;

	put32(&body, count);
	buf_addstr(&body, buf_str(variants));
	buf_add(out, MAGIC, sizeof(MAGIC));
	put32(out, ENTRY_VERSION);
	put32(out, 0);
	put64(out, body.n);
	put64(out, 0);
	buf_add(out, action->b, DIGEST_SIZE);
	if (compress(out, &body))
		patch_int(out->p + at + 12, FLAG_ZSTD, 4);
	else
		buf_addstr(out, buf_str(&body));
	patch_int(out->p + at + SUM_AT, hash_bytes(out->p + at, out->n - at), 8);
	buf_release(&body);
}

/* ---- reading ---- */

/* What is left to read; ok false: it ended too early. */
struct reader {
	const unsigned char *p;
	size_t n;
	bool ok;
};

static const unsigned char *
get(struct reader *r, uint64_t n)
{
	const unsigned char *p = r->p;

	if (!r->ok || n > r->n) {
		r->ok = false;
		return NULL;
	}
	r->p += n;
	r->n -= n;
	return p;
}

static uint64_t
get_number(struct reader *r, int n)
{
	const unsigned char *p = get(r, (uint64_t)n);
	uint64_t v = 0;

	for (int i = 0; p && i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static uint32_t
get32(struct reader *r)
{
	return (uint32_t)get_number(r, 4);
}

static struct str
get_path(struct reader *r)
{
	uint32_t n = get32(r);
	const unsigned char *p = get(r, n);

	if (!p || n == 0 || memchr(p, '\0', n)) {
		r->ok = false;
		return (struct str){ 0 };
	}
	return (struct str){ (const char *)p, n };
}

static void
get_digest(struct reader *r, struct digest *out)
{
	const unsigned char *p = get(r, DIGEST_SIZE);

	if (p)
		memcpy(out->b, p, DIGEST_SIZE);
}

/* A count of things that take at least this many bytes each. */
static uint32_t
get_count(struct reader *r, size_t each)
{
	uint32_t n = get32(r);

	if (n > r->n / each)
		r->ok = false;
	return r->ok ? n : 0;
}

static void
get_result(struct reader *r, struct result *out)
{
	*out = (struct result){ 0 };
	out->start_ns = (int64_t)get_number(r, 8);
	out->duration_us = get_number(r, 8);
	out->exit = (int32_t)get32(r);
	out->status = (uint16_t)get32(r);
	out->flags = (uint16_t)get32(r);
	out->passed = get32(r);
	out->failed = get32(r);
	out->errors = get32(r);
	out->skipped = get32(r);
	out->xfailed = get32(r);
	out->xpassed = get32(r);
	out->warnings = get32(r);
}

static void
get_output(struct reader *r, struct output *o)
{
	o->path = get_path(r);
	o->size = get_number(r, 8);
	o->flags = (uint8_t)get_number(r, 1);
	get_digest(r, &o->digest);
	if (o->flags & OUTPUT_INLINE)
		o->bytes = (const char *)get(r, o->size);
}

static bool
get_variant(struct entry *e, struct reader *in, struct variant *v)
{
	uint32_t size = get32(in);
	struct reader r = { get(in, size), size, in->ok };

	if (!r.ok)
		return false;
	v->bytes = (struct str){ (const char *)r.p, size };
	get_result(&r, &v->result);
	v->nobs = get_count(&r, 4 + 1 + DIGEST_SIZE);
	v->obs = arena_calloc(&e->arena, (v->nobs + 1) * sizeof(*v->obs));
	for (uint32_t i = 0; i < v->nobs && r.ok; i++) {
		v->obs[i].path = get_path(&r);
		get_digest(&r, &v->obs[i].digest);
	}
	v->nouts = get_count(&r, 4 + 1 + 8 + 1 + DIGEST_SIZE);
	v->outs = arena_calloc(&e->arena, (v->nouts + 1) * sizeof(*v->outs));
	for (uint32_t i = 0; i < v->nouts && r.ok; i++)
		get_output(&r, &v->outs[i]);
	size = get32(&r);
	v->text = (struct str){ (const char *)get(&r, size), size };
	return r.ok && r.n == 0;
}

static bool
get_body(struct entry *e, struct reader *r, uint32_t flags, uint64_t size)
{
	size_t n;

	if (size > ENTRY_BODY_MAX)
		return false;
	if (!(flags & FLAG_ZSTD)) {
		buf_add(&e->body, r->p, r->n);
		return r->n == size;
	}
	buf_reserve(&e->body, size);
	n = ZSTD_decompress(e->body.p, size, r->p, r->n);
	if (ZSTD_isError(n) || n != size)
		return false;
	e->body.n = n;
	return true;
}

static bool
is_entry_header(struct reader *r, const struct digest *action, uint32_t *flags,
	uint64_t *size)
{
	const char *all = (const char *)r->p;
	struct digest mine = { 0 };
	struct buf copy = { 0 };
	uint64_t sum;
	bool ok;

	if (r->n < HEADER || memcmp(all, MAGIC, sizeof(MAGIC)) != 0)
		return false;
	buf_add(&copy, all, r->n);
	get(r, sizeof(MAGIC));
	ok = get32(r) == ENTRY_VERSION;
	*flags = get32(r);
	*size = get_number(r, 8);
	sum = get_number(r, 8);
	get_digest(r, &mine);
	patch_int(copy.p + SUM_AT, 0, 8);
	ok = ok && sum == hash_bytes(copy.p, copy.n) &&
	     digest_eq(&mine, action);
	buf_release(&copy);
	return ok;
}

bool
entry_unpack(struct entry *e, const struct digest *action, const void *p,
	size_t n)
{
	struct reader r = { p, n, true };
	uint64_t size;
	uint32_t flags, count;

	*e = (struct entry){ 0 };
	if (!is_entry_header(&r, action, &flags, &size) ||
	    !get_body(e, &r, flags, size))
		return false;
	r = (struct reader){ (unsigned char *)e->body.p, e->body.n, true };
	count = get_count(&r, 4 + 28 + 28 + 8);
	e->variants = arena_calloc(&e->arena,
	                           (count + 1) * sizeof(*e->variants));
	for (e->n = 0; e->n < count && r.ok; e->n++)
		if (!get_variant(e, &r, &e->variants[e->n]))
			return false;
	return r.ok && r.n == 0;
}

void
entry_release(struct entry *e)
{
	buf_release(&e->body);
	arena_release(&e->arena);
	*e = (struct entry){ 0 };
}

/* ---- adding ---- */

static bool
same_observed(const struct variant *a, const struct variant *b)
{
	if (a->nobs != b->nobs)
		return false;
	for (uint32_t i = 0; i < a->nobs; i++)
		if (!digest_eq(&a->obs[i].digest, &b->obs[i].digest) ||
		    !str_eq(a->obs[i].path, b->obs[i].path))
			return false;
	return true;
}

/* Appends the variants that are kept beside v, oldest dropped. Returns how many
 * there are with it. */
static uint32_t
keep_others(const struct entry *old, const struct variant *v, struct buf *out)
{
	uint32_t count = 1;

	for (uint32_t i = 0; i < old->n; i++) {
		const struct variant *o = &old->variants[i];

		if (same_observed(o, v))
			continue;
		if (count == ENTRY_VARIANTS ||
		    out->n + o->bytes.n > ENTRY_BODY_KEEP)
			break;
		put32(out, (uint32_t)o->bytes.n);
		buf_addstr(out, o->bytes);
		count++;
	}
	return count;
}

void
entry_add(const struct digest *action, struct str old, const struct variant *v,
	struct buf *out)
{
	struct buf variants = { 0 };
	struct entry e;
	uint32_t count = 1;

	entry_encode(v, &variants);
	if (entry_unpack(&e, action, old.p, old.n))
		count = keep_others(&e, v, &variants);
	entry_pack(action, &variants, count, out);
	entry_release(&e);
	buf_release(&variants);
}
