/* SPDX-License-Identifier: Apache-2.0 */
#include "python/imports/modules.h"

#include <stdlib.h>

#include "python/imports/internal.h"
#include "util/mem.h"
#include "util/path.h"

/* "a.cpython-311-x86_64-linux-gnu.so", "a.abi3.so", "a.pyd" */
static bool
is_extension(struct str path)
{
	return str_ends(path, ".so") || str_ends(path, ".pyd");
}

struct str
modules_stem(struct str path)
{
	struct str base = path_base(path);
	const char *dot = memchr(base.p, '.', base.n);

	return (struct str){ path.p, dot ? (size_t)(dot - path.p) : path.n };
}

/* Notes a directory and those above it: a namespace package may be any. */
static void
note_dirs(struct resolver *r, struct str path)
{
	struct str dir = path_dir(path);
	int added = 1;

	while (dir.n && added) {
		map_put(&r->dirs, dir, &added);
		dir = path_dir(dir);
	}
}

static void
add_module(struct modules *m, uint32_t file, uint32_t flags)
{
	struct str path = m->d->files[file].path;
	const struct package *owner = project_owner(m->p, path);
	uint32_t id = m->n++;

	m->v[id] = (struct module){
		.file = file, .flags = flags, .group = MODULE_NONE,
		.package = owner ? (uint32_t)(owner - m->p->packages) : 0,
	};
	if (str_is(path_base(path), "conftest.py"))
		m->v[id].flags |= MODULE_CONFTEST | MODULE_TESTTREE;
	m->by_file[file] = id;
	map_put(flags & MODULE_EXT ? &m->r->exts : &m->r->files,
	        flags & MODULE_EXT ? modules_stem(path) : path, NULL)->value =
		id;
	note_dirs(m->r, path);
}

void
modules_begin(struct modules *m, struct arena *a, const struct discovery *d,
	const struct project *p)
{
	*m = (struct modules){ .arena = a, .d = d, .p = p };
	m->r = xcalloc(1, sizeof(*m->r));
	m->v = arena_alloc(a, (d->nfiles + 1) * sizeof(*m->v));
	m->by_file = arena_alloc(a, (d->nfiles + 1) * sizeof(*m->by_file));
	for (uint32_t i = 0; i < d->nfiles; i++) {
		m->by_file[i] = MODULE_NONE;
		if (d->files[i].flags & DISC_PY)
			add_module(m, i, 0);
		else if (is_extension(d->files[i].path))
			add_module(m, i, MODULE_EXT);
	}
}

uint32_t
modules_add_text(struct modules *m, uint32_t file)
{
	struct str path = m->d->files[file].path;
	const struct package *owner = project_owner(m->p, path);
	uint32_t id = m->n++;

	m->v[id] = (struct module){
		.file = file, .group = MODULE_NONE,
		.flags = MODULE_EXT | MODULE_TEST | MODULE_WIDE,
		.package = owner ? (uint32_t)(owner - m->p->packages) : 0,
	};
	map_put(&m->r->files, path, NULL)->value = id;
	return id;
}

void
modules_root(struct modules *m, struct str dir, uint32_t package)
{
	struct resolver *r = m->r;
	struct map_slot *slot = map_get(&r->by_dir, dir);

	for (uint32_t i = slot ? slot->value : 0; i; i = r->roots[i - 1].same)
		if (r->roots[i - 1].package == package)
			return;
	if (!slot)
		slot = map_put(&r->by_dir, arena_dup(m->arena, dir), NULL);
	r->roots = vec_grow(r->roots, &r->roots_cap, r->nroots + 1,
	                    sizeof(*r->roots));
	r->roots[r->nroots] = (struct root){
		.dir = slot->key, .package = package, .same = slot->value,
		.open = package == MODULE_NONE,
	};
	slot->value = ++r->nroots;
}

static bool
has_init(const struct modules *m, struct str dir)
{
	struct buf b = { 0 };
	bool has;

	path_join(&b, dir, STR("__init__.py"));
	has = map_get(&m->r->files, buf_str(&b)) != NULL;
	buf_release(&b);
	return has;
}

struct str
modules_base(const struct modules *m, struct str path)
{
	struct str dir = path_dir(path);

	while (dir.n && has_init(m, dir))
		dir = path_dir(dir);
	return dir;
}

uint32_t
modules_find(const struct modules *m, struct str path)
{
	struct map_slot *s = map_get(&m->r->files, path);

	return s ? s->value : MODULE_NONE;
}

void
modules_release(struct modules *m)
{
	struct resolver *r = m->r;

	if (!r)
		return;
	map_release(&r->files);
	map_release(&r->exts);
	map_release(&r->dirs);
	map_release(&r->tops);
	map_release(&r->by_dir);
	free(r->roots);
	free(r->entries);
	map_release(&r->places);
	free(r->place);
	free(r->loose);
	free(r->scratch);
	buf_release(&r->path);
	free(r);
	free(m->deps);
	free(m->group_deps);
	*m = (struct modules){ 0 };
}
