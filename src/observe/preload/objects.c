/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/preload/objects.h"

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>

#include "observe/preload/sys.h"

/* dlsym would do, but takes locks and memory, lies in another library before
 * glibc 2.34, and for some names gives the oldest version. All that is needed
 * of the loader is the list of what is loaded. */

extern int dl_iterate_phdr(int (*fn)(struct dl_phdr_info *info, size_t size,
	void *ctx), void *ctx) __attribute__((weak));

enum { OBJECTS = 64 };

struct object {
	const ElfW(Sym) *symbols;
	const char *names;
	const uint32_t *gnu, *sysv;     /* hash tables; one may be NULL */
	const ElfW(Half) *versions;
	uintptr_t base;
};

static struct {
	struct object v[OBJECTS];
	size_t n;
	const char *self;
	bool behind, go, uring;
} objects;
static int listed;

/* A function pointer is no data pointer. */
struct name_taker {
	void (*fn)(const char *name);
};

/* ---- lists ---- */

/* glibc has put addresses into the section, musl has left offsets there. */
static const void *
place(uintptr_t base, uintptr_t at)
{
	return (const void *)(at < base ? base + at : at);
}

static void
take_dynamic(struct object *o, const ElfW(Dyn) *d)
{
	for (; d->d_tag != DT_NULL; d++) {
		const void *p = place(o->base, d->d_un.d_ptr);

		switch (d->d_tag) {
		case DT_SYMTAB: o->symbols = p; break;
		case DT_STRTAB: o->names = p; break;
		case DT_GNU_HASH: o->gnu = p; break;
		case DT_HASH: o->sysv = p; break;
		case DT_VERSYM: o->versions = p; break;
		}
	}
}

static bool
has_go_note(const struct dl_phdr_info *info, const ElfW(Phdr) *p)
{
	const char *at = (const char *)(info->dlpi_addr + p->p_vaddr);
	const char *end = at + p->p_memsz;

	while (end - at >= (ptrdiff_t)sizeof(ElfW(Nhdr))) {
		const ElfW(Nhdr) *n = (const ElfW(Nhdr) *)(const void *)at;
		size_t size = sizeof(*n) + ((n->n_namesz + 3) & ~3u) +
		              ((n->n_descsz + 3) & ~3u);

		if (n->n_namesz >= 3 && at[sizeof(*n)] == 'G' &&
		    at[sizeof(*n) + 1] == 'o' && at[sizeof(*n) + 2] == '\0')
			return true;
		if (size > (size_t)(end - at))
			break;
		at += size;
	}
	return false;
}

static bool
has_part(const char *name, const char *part)
{
	for (; *name; name++)
		if (text_starts(name, part))
			return true;
	return false;
}

static int
on_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
	uintptr_t here = (uintptr_t)&objects;
	const ElfW(Dyn) *dynamic = NULL;
	struct object o = { .base = info->dlpi_addr };
	bool mine = false, *first = ctx;

	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + p->p_vaddr;

		if (p->p_type == PT_DYNAMIC)
			dynamic = (const ElfW(Dyn) *)at;
		if (p->p_type == PT_LOAD && here >= at &&
		    here < at + p->p_memsz)
			mine = true;
		if (p->p_type == PT_NOTE && *first && has_go_note(info, p))
			objects.go = true;
	}
	*first = false;
	if (info->dlpi_name && has_part(info->dlpi_name, "/liburing"))
		objects.uring = true;
	if (mine) {
		objects.self = info->dlpi_name;
		objects.behind = true;
	} else if (dynamic && objects.behind && objects.n < OBJECTS) {
		take_dynamic(&o, dynamic);
		if (o.symbols && o.names && (o.gnu || o.sysv))
			objects.v[objects.n++] = o;
	}
	return 0;
}

/* Lists what is loaded, the first time. */
static void
list(void)
{
	bool first = true;
	int was = 0;

	if (__atomic_load_n(&listed, __ATOMIC_ACQUIRE) ||
	    !__atomic_compare_exchange_n(&listed, &was, 1, false,
	    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return;
	if (dl_iterate_phdr)
		dl_iterate_phdr(on_object, &first);
}

const char *
objects_self(void)
{
	list();
	return objects.self;
}

bool
objects_are_go(void)
{
	list();
	return objects.go;
}

static int
on_name(struct dl_phdr_info *info, size_t size, void *ctx)
{
	const struct name_taker *take = ctx;

	(void)size;
	if (info->dlpi_name)
		take->fn(info->dlpi_name);
	return 0;
}

void
objects_each(void (*fn)(const char *name))
{
	struct name_taker take = { fn };

	if (dl_iterate_phdr)
		dl_iterate_phdr(on_name, &take);
}

bool
objects_use_uring(void)
{
	return objects.uring;
}

/* ---- looks up ---- */

static void *
symbol_value(const struct object *o, uint32_t i)
{
	const ElfW(Sym) *s = &o->symbols[i];

	if (s->st_shndx == SHN_UNDEF || s->st_value == 0 ||
	    ELF64_ST_TYPE(s->st_info) != STT_FUNC ||
	    (o->versions && o->versions[i] & 0x8000))
		return NULL;
	return (void *)(o->base + s->st_value);
}

static void *
find_gnu(const struct object *o, const char *name, uint32_t hash)
{
	const uint32_t *t = o->gnu;
	uint32_t nbuckets = t[0], first = t[1], words = t[2];
	const ElfW(Addr) *bloom = (const ElfW(Addr) *)(const void *)(t + 4);
	const uint32_t *buckets = (const uint32_t *)(const void *)
		(bloom + words);
	const uint32_t *chain = buckets + nbuckets;
	const unsigned bits = 8 * sizeof(*bloom);
	ElfW(Addr) word = bloom[hash / bits & (words - 1)];
	void *p;

	if (nbuckets == 0 || !(word >> (hash % bits) & 1) ||
	    !(word >> ((hash >> t[3]) % bits) & 1))
		return NULL;
	for (uint32_t i = buckets[hash % nbuckets]; i >= first; i++) {
		uint32_t h = chain[i - first];

		if ((h | 1) == (hash | 1) &&
		    text_eq(o->names + o->symbols[i].st_name, name) &&
		    (p = symbol_value(o, i)))
			return p;
		if (h & 1)
			break;
	}
	return NULL;
}

static void *
find_sysv(const struct object *o, const char *name)
{
	const uint32_t *t = o->sysv;
	uint32_t h = 0;
	void *p;

	for (const char *s = name; *s; s++) {
		h = (h << 4) + (unsigned char)*s;
		h = (h ^ (h >> 24 & 0xf0)) & 0x0fffffff;
	}
	if (t[0] == 0)
		return NULL;
	for (uint32_t i = t[2 + h % t[0]]; i; i = t[2 + t[0] + i])
		if (text_eq(o->names + o->symbols[i].st_name, name) &&
		    (p = symbol_value(o, i)))
			return p;
	return NULL;
}

void *
objects_find(void **slot, const char *name)
{
	void *p = __atomic_load_n(slot, __ATOMIC_RELAXED);
	uint32_t hash = 5381;

	if (p)
		return p;
	list();
	for (const char *s = name; *s; s++)
		hash = hash * 33 + (unsigned char)*s;
	for (size_t i = 0; i < objects.n && !p; i++)
		p = objects.v[i].gnu ? find_gnu(&objects.v[i], name, hash)
		                     : find_sysv(&objects.v[i], name);
	__atomic_store_n(slot, p, __ATOMIC_RELAXED);
	return p;
}
