/* SPDX-License-Identifier: Apache-2.0 */
#include "python/interp/env_cache.h"

#include <stddef.h>
#include <string.h>


static const char magic[8] = "tgenv\0\0\1";
#define ORDER 0x01020304u

/* What was written less than this before may change again unseen. */
#define RACY_NS (2 * INT64_C(1000000000))

struct header {
	char magic[8];
	uint32_t order, ndirs, nentries, pad;
	uint64_t nnames;
	int64_t when;
	uint64_t sum;
};

_Static_assert(sizeof(struct header) == 48, "header of the env cache");
_Static_assert(sizeof(struct env_dir) == 64, "directory of the env cache");
_Static_assert(sizeof(struct env_entry) == 96, "entry of the env cache");

/* XXH3 of a header without its sum and of what follows it. */
static uint64_t
sum_of(const struct header *h, const void *p, size_t n)
{
	uint64_t two[2];

	two[0] = hash_bytes(h, offsetof(struct header, sum));
	two[1] = hash_bytes(p, n);
	return hash_bytes(two, sizeof(two));
}

static bool
inside(uint64_t at, uint64_t n, uint64_t size)
{
	return at <= size && n <= size - at;
}

/* Checks sizes, sum and every offset. */
static bool
valid(const struct file_map *m, const struct header *h)
{
	const char *p = m->p;
	uint64_t dirs, entries;
	const struct env_dir *d;
	const struct env_entry *e;
	const char *names;
	uint32_t i;

	if (m->n < sizeof(*h) || memcmp(h->magic, magic, sizeof(magic)) != 0 ||
	    h->order != ORDER)
		return false;
	dirs = (uint64_t)h->ndirs * sizeof(struct env_dir);
	entries = (uint64_t)h->nentries * sizeof(struct env_entry);
	if (h->nnames > m->n ||
	    sizeof(*h) + dirs + entries + h->nnames != m->n ||
	    sum_of(h, p + sizeof(*h), m->n - sizeof(*h)) != h->sum)
		return false;
	d = (const struct env_dir *)(p + sizeof(*h));
	for (i = 0; i < h->ndirs; i++) {
		if (!inside(d[i].path, d[i].len, h->nnames) ||
		    !inside(d[i].first, d[i].n, h->nentries))
			return false;
	}
	e = (const struct env_entry *)(p + sizeof(*h) + dirs);
	names = (const char *)(e + h->nentries);
	for (i = 0; i < h->nentries; i++) {
		if (!inside(e[i].name, (uint64_t)e[i].len + 1, h->nnames) ||
		    names[e[i].name + e[i].len] || e[i].kind > ENV_UNREADABLE)
			return false;
	}
	return true;
}

void
env_cache_open(struct env_cache *c, const char *path)
{
	const struct header *h;
	const char *p;
	uint32_t i;

	*c = (struct env_cache){ 0 };
	if (file_map(path, &c->map, NULL) != 1)
		return;
	h = c->map.p;
	if (!valid(&c->map, h)) {
		file_unmap(&c->map);
		c->map = (struct file_map){ 0 };
		return;
	}
	p = (const char *)c->map.p + sizeof(*h);
	c->dirs = (const struct env_dir *)p;
	p += (size_t)h->ndirs * sizeof(struct env_dir);
	c->entries = (const struct env_entry *)p;
	c->names = p + (size_t)h->nentries * sizeof(struct env_entry);
	c->ndirs = h->ndirs;
	c->when = h->when;
	for (i = 0; i < c->ndirs; i++)
		map_put(&c->by_path, (struct str){ c->names + c->dirs[i].path,
			c->dirs[i].len }, NULL)->value = i;
}

void
env_cache_close(struct env_cache *c)
{
	map_release(&c->by_path);
	if (c->map.p)
		file_unmap(&c->map);
	*c = (struct env_cache){ 0 };
}

const struct env_dir *
env_cache_dir(const struct env_cache *c, struct str path)
{
	const struct map_slot *s = c->ndirs ? map_get(&c->by_path, path) :
		NULL;

	return s ? &c->dirs[s->value] : NULL;
}

const struct env_entry *
env_cache_entry(const struct env_cache *c, const struct env_dir *dir,
	struct str name)
{
	uint32_t lo = dir->first, hi = dir->first + dir->n, mid;
	int r;

	while (lo < hi) {
		const struct env_entry *e;

		mid = lo + (hi - lo) / 2;
		e = &c->entries[mid];
		r = str_cmp(name, (struct str){ c->names + e->name, e->len });
		if (r == 0)
			return e;
		if (r < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

bool
env_cache_same(const struct env_cache *c, const struct file_sig *was,
	const struct file_sig *now)
{
	return file_sig_eq(was, now) && now->mtime_ns < c->when - RACY_NS &&
	       now->ctime_ns < c->when - RACY_NS;
}

void
env_writer_dir(struct env_writer *w, struct str path,
	const struct file_sig *sig)
{
	struct env_dir d = { .sig = *sig, .path = (uint32_t)w->names.n,
		.len = (uint32_t)path.n, .first = w->nentries };

	buf_addstr(&w->names, path);
	buf_add(&w->dirs, &d, sizeof(d));
	w->ndirs++;
}

void
env_writer_entry(struct env_writer *w, struct str name, enum env_kind kind,
	const struct file_sig *sig, const struct digest *digest)
{
	struct env_entry e = { .sig = *sig, .digest = *digest,
		.name = (uint32_t)w->names.n, .len = (uint32_t)name.n,
		.kind = kind };
	struct env_dir *d = (struct env_dir *)(w->dirs.p + w->dirs.n) - 1;

	buf_add(&w->names, name.p, name.n);
	buf_addc(&w->names, 0);
	buf_add(&w->entries, &e, sizeof(e));
	w->nentries++;
	d->n++;
}

void
env_writer_finish(struct env_writer *w, const char *path, int64_t when)
{
	struct header h = { .order = ORDER, .ndirs = w->ndirs,
		.nentries = w->nentries, .nnames = w->names.n, .when = when };
	struct buf b = {0};

	memcpy(h.magic, magic, sizeof(magic));
	buf_add(&b, &h, sizeof(h));
	buf_addstr(&b, buf_str(&w->dirs));
	buf_addstr(&b, buf_str(&w->entries));
	buf_addstr(&b, buf_str(&w->names));
	h.sum = sum_of(&h, b.p + sizeof(h), b.n - sizeof(h));
	memcpy(b.p, &h, sizeof(h));
	if (w->names.n < UINT32_MAX)
		file_write(path, b.p, b.n, false, NULL);
	buf_release(&b);
	buf_release(&w->dirs);
	buf_release(&w->entries);
	buf_release(&w->names);
}
