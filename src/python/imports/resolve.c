/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "python/imports/internal.h"
#include "util/mem.h"
#include "util/path.h"

/* Which files an import means. */

static void
found_module(struct resolver *r, uint32_t module)
{
	r->scratch = vec_grow(r->scratch, &r->scratch_cap, r->nscratch + 1,
	                      sizeof(*r->scratch));
	r->scratch[r->nscratch++] = module;
}

/* Registers name as something in root. */
static void
add_top(struct modules *m, uint32_t root, struct str name)
{
	struct resolver *r = m->r;
	struct map_slot *s = map_put(&r->tops, name, NULL);

	r->entries = vec_grow(r->entries, &r->entries_cap, r->nentries + 1,
	                      sizeof(*r->entries));
	r->entries[r->nentries++] = (struct entry){
		.root = root, .next = s->value,
	};
	s->value = r->nentries;
}

/* The names at the top of every root. */
static void
index_tops(struct modules *m)
{
	struct resolver *r = m->r;
	struct map seen = { 0 };        /* paths without suffixes */

	for (uint32_t i = 0; i < m->n; i++) {
		struct str path = modules_stem(m->d->files[m->v[i].file].path);

		for (; path.n; path = path_dir(path)) {
			struct map_slot *s;
			int added;

			map_put(&seen, path, &added);
			if (!added)
				break;  /* those above were seen too */
			s = map_get(&r->by_dir, path_dir(path));
			for (uint32_t k = s ? s->value : 0; k;
			     k = r->roots[k - 1].same)
				add_top(m, k - 1, path_base(path));
		}
	}
	map_release(&seen);
}

/* The files of one component at r->path: package, extension, module. Returns
 * whether there may be something below. */
static bool
take_component(struct resolver *r)
{
	size_t n = r->path.n;
	struct map_slot *s;
	bool below;

	s = map_get(&r->exts, buf_str(&r->path));
	if (s)
		found_module(r, s->value);
	below = map_get(&r->dirs, buf_str(&r->path)) != NULL;
	if (below) {
		buf_adds(&r->path, "/__init__.py");
		s = map_get(&r->files, buf_str(&r->path));
		if (s)
			found_module(r, s->value);
		r->path.n = n;
	}
	buf_adds(&r->path, ".py");
	s = map_get(&r->files, buf_str(&r->path));
	if (s)
		found_module(r, s->value);
	r->path.n = n;
	r->path.p[n] = '\0';
	return below;
}

/* Follows a dotted name down from the directory in r->path, which is left at
 * the last component (true) or undefined (false: the name leads to nothing
 * below what was found). */
static bool
descend(struct resolver *r, struct str name)
{
	while (name.n) {
		const char *dot = memchr(name.p, '.', name.n);
		size_t len = dot ? (size_t)(dot - name.p) : name.n;

		if (r->path.n)
			buf_addc(&r->path, '/');
		buf_add(&r->path, name.p, len);
		name.p += len + (dot != NULL);
		name.n -= len + (dot != NULL);
		if (!take_component(r))
			return name.n == 0;
	}
	return true;
}

/* from NAME import names: each may be a module below NAME. Starts where
 * descend ended. */
static void
take_names(struct modules *m, const struct scan *scan,
	const struct scan_import *im)
{
	struct resolver *r = m->r;
	size_t n = r->path.n;

	for (uint32_t i = 0; i < im->names.n; i++) {
		struct str name = scan->names[im->names.at + i].name;

		if (n)
			buf_addc(&r->path, '/');
		buf_addstr(&r->path, name);
		take_component(r);
		r->path.n = n;
	}
}

/* Every module in the directory of a package. */
static void
take_siblings(struct modules *m, uint32_t init)
{
	struct str dir = path_dir(m->d->files[m->v[init].file].path);

	for (uint32_t i = 0; i < m->n; i++)
		if (str_eq(path_dir(m->d->files[m->v[i].file].path), dir))
			found_module(m->r, i);
}

/* from NAME import *: what NAME/__init__.py lists in __all__ may be modules. */
static void
take_star(struct modules *m)
{
	struct resolver *r = m->r;
	size_t n = r->path.n;
	struct map_slot *s;
	const struct module *init;

	buf_adds(&r->path, "/__init__.py");
	s = map_get(&r->files, buf_str(&r->path));
	r->path.n = n;
	if (!s)
		return;
	init = &m->v[s->value];
	if (init->scan.flags & SCAN_ALL_COMPUTED)
		take_siblings(m, s->value);
	for (uint32_t i = 0; i < init->scan.all.n; i++) {
		buf_addc(&r->path, '/');
		buf_addstr(&r->path,
		           init->scan.texts[init->scan.all.at + i]);
		take_component(r);
		r->path.n = n;
	}
}

static void
take_from(struct modules *m, const struct scan *scan,
	const struct scan_import *im, struct str dir, struct str name)
{
	struct resolver *r = m->r;

	buf_clear(&r->path);
	buf_addstr(&r->path, dir);
	if (!descend(r, name) || !im)
		return;
	if (im->flags & IMPORT_STAR)
		take_star(m);
	else
		take_names(m, scan, im);
}

static void
take_relative(struct modules *m, const struct module *mod,
	const struct scan_import *im)
{
	struct str dir = path_dir(m->d->files[mod->file].path);
	struct resolver *r = m->r;
	struct map_slot *s;

	for (uint32_t up = 1; up < im->level && dir.n; up++)
		dir = path_dir(dir);
	buf_clear(&r->path);
	path_join(&r->path, dir, STR("__init__.py"));
	s = map_get(&r->files, buf_str(&r->path));
	if (s)
		found_module(r, s->value);
	take_from(m, &mod->scan, im, dir, im->module);
}

/* Where a name stands as a module or a directory of modules, anywhere. */
static void
index_places(struct modules *m)
{
	struct resolver *r = m->r;

	for (uint32_t i = 0; i < m->n; i++) {
		struct str path = m->d->files[m->v[i].file].path;
		struct str below = modules_stem(path);

		for (;;) {
			struct str dir = path_dir(below);
			struct map_slot *s = map_put(&r->places,
				path_base(below), NULL);
			uint32_t e = s->value;

			while (e && !str_eq(r->place[e - 1].dir, dir))
				e = r->place[e - 1].next;
			if (e)
				break;
			r->place = vec_grow(r->place, &r->place_cap,
			                    r->nplace + 1, sizeof(*r->place));
			r->place[r->nplace++] = (struct place){
				.dir = dir, .next = s->value,
			};
			s->value = r->nplace;
			if (!dir.n)
				break;
			below = dir;
		}
	}
}

/* Does code of this package change sys.path? Then a name may be found in any
 * directory. A conftest.py of the repository's root counts for all. */
static void
mark_loose(struct modules *m)
{
	struct resolver *r = m->r;
	bool any = false, all = false;

	r->loose = xcalloc(m->p->npackages + 1, sizeof(*r->loose));
	for (uint32_t i = 0; i < m->n; i++) {
		const struct module *mod = &m->v[i];

		if (!(mod->scan.flags & SCAN_SYS_PATH))
			continue;
		any = true;
		r->loose[mod->package] = true;
		if (str_is(m->d->files[mod->file].path, "conftest.py"))
			all = true;
	}
	for (size_t i = 0; all && i < m->p->npackages; i++)
		r->loose[i] = true;
	if (any)
		index_places(m);
}

static void
take_anywhere(struct modules *m, const struct module *mod,
	const struct scan_import *im, struct str top, struct str name)
{
	struct resolver *r = m->r;
	struct map_slot *s = map_get(&r->places, top);

	for (uint32_t e = s ? s->value : 0; e; e = r->place[e - 1].next)
		take_from(m, &mod->scan, im, r->place[e - 1].dir, name);
}

static bool
root_is_own(const struct modules *m, const struct root *root,
	const struct module *mod)
{
	(void)m;
	return root->package == mod->package || root->package == MODULE_NONE;
}

static void
take_absolute(struct modules *m, const struct module *mod,
	const struct scan_import *im, struct str name)
{
	struct resolver *r = m->r;
	const char *dot = memchr(name.p, '.', name.n);
	struct str top = { name.p, dot ? (size_t)(dot - name.p) : name.n };
	struct map_slot *s = map_get(&r->tops, top);
	bool own_found = false;

	if (r->loose[mod->package])
		take_anywhere(m, mod, im, top, name);
	for (uint32_t e = s ? s->value : 0; e; e = r->entries[e - 1].next) {
		const struct root *root = &r->roots[r->entries[e - 1].root];
		size_t before = r->nscratch;

		if (!root_is_own(m, root, mod))
			continue;
		take_from(m, &mod->scan, im, root->dir, name);
		/* A directory alone hides no package of its name. */
		own_found |= r->nscratch > before;
	}
	if (own_found && (mod->flags & MODULE_TESTTREE))
		return;
	for (uint32_t e = s ? s->value : 0; e; e = r->entries[e - 1].next) {
		const struct root *root = &r->roots[r->entries[e - 1].root];

		if (!root_is_own(m, root, mod) && root->open)
			take_from(m, &mod->scan, im, root->dir, name);
	}
}

/* "a.b:C" in a string: the part before the colon names the module. */
static struct str
before_colon(struct str s)
{
	const char *colon = memchr(s.p, ':', s.n);

	return (struct str){ s.p, colon ? (size_t)(colon - s.p) : s.n };
}

static void
resolve_module(struct modules *m, uint32_t id)
{
	struct module *mod = &m->v[id];
	struct str path = m->d->files[mod->file].path;
	struct buf init = { 0 };
	struct map_slot *s;

	/* A module of a package is imported after the package. */
	if (str_is(path_base(path), "__init__.py"))
		path = path_dir(path);
	path_join(&init, path_dir(path), STR("__init__.py"));
	s = map_get(&m->r->files, buf_str(&init));
	if (s)
		found_module(m->r, s->value);
	buf_release(&init);
	for (uint32_t i = 0; i < mod->scan.nimports; i++) {
		const struct scan_import *im = &mod->scan.imports[i];

		if (im->flags & IMPORT_TYPING)
			continue;
		if (im->level)
			take_relative(m, mod, im);
		else
			take_absolute(m, mod,
			              im->flags & (IMPORT_FROM | IMPORT_STAR)
			              ? im : NULL, before_colon(im->module));
	}
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Moves the scratch into m->deps, sorted, each once, without the module
 * itself. */
static void
keep_deps(struct modules *m, uint32_t id)
{
	struct resolver *r = m->r;
	struct module *mod = &m->v[id];
	uint32_t last = MODULE_NONE;

	if (r->nscratch)
		qsort(r->scratch, r->nscratch, sizeof(*r->scratch), by_number);
	m->deps = vec_grow(m->deps, &m->deps_cap, m->ndeps + r->nscratch,
	                   sizeof(*m->deps));
	mod->deps = (uint32_t)m->ndeps;
	for (size_t i = 0; i < r->nscratch; i++) {
		if (r->scratch[i] == last || r->scratch[i] == id)
			continue;
		last = r->scratch[i];
		m->deps[m->ndeps++] = last;
	}
	mod->ndeps = (uint32_t)m->ndeps - mod->deps;
	r->nscratch = 0;
}

/* Package roots are seen by other packages too: all of a package's roots but
 * its own directory, unless that is the only one. */
static void
package_roots(struct modules *m)
{
	for (size_t i = 0; i < m->p->npackages; i++) {
		const struct package *pkg = &m->p->packages[i];

		for (size_t k = 0; k < pkg->nroots; k++) {
			uint32_t at = m->r->nroots;

			modules_root(m, pkg->roots[k], (uint32_t)i);
			if (m->r->nroots > at)
				m->r->roots[at].open = k == 0 ||
					!str_eq(pkg->roots[k], pkg->dir);
		}
		modules_root(m, pkg->dir, (uint32_t)i);
	}
}

/* Files beside and below tests are found through their own package first. */
static void
mark_test_tree(struct modules *m)
{
	struct map bases = { 0 };

	for (uint32_t i = 0; i < m->n; i++) {
		struct str path = m->d->files[m->v[i].file].path;
		struct str base;

		if (!(m->v[i].flags & (MODULE_TEST | MODULE_CONFTEST)) ||
		    m->v[i].flags & MODULE_EXT)
			continue;
		base = modules_base(m, path);
		modules_root(m, base, m->v[i].package);
		m->v[i].flags |= MODULE_TESTTREE;
		map_put(&bases, path_dir(path), NULL);
	}
	for (uint32_t i = 0; i < m->n; i++) {
		struct str dir = path_dir(m->d->files[m->v[i].file].path);

		for (; dir.n; dir = path_dir(dir))
			if (map_get(&bases, dir))
				break;
		if (dir.n)
			m->v[i].flags |= MODULE_TESTTREE;
	}
	map_release(&bases);
}

void
modules_add_name(struct modules *m, uint32_t from, struct str name)
{
	take_absolute(m, &m->v[from], NULL, name);
	for (size_t i = 0; i < m->r->nscratch; i++) {
		m->deps = vec_grow(m->deps, &m->deps_cap, m->ndeps + 1,
		                   sizeof(*m->deps));
		m->deps[m->ndeps++] = m->r->scratch[i];
	}
	m->r->nscratch = 0;
}

uint32_t
modules_lookup(struct modules *m, uint32_t from, struct str name,
	uint32_t level)
{
	struct scan_import im = { .module = name, .level = level };
	struct resolver *r = m->r;
	struct str last = name;
	uint32_t found_id = MODULE_NONE;

	if (level)
		take_relative(m, &m->v[from], &im);
	else
		take_absolute(m, &m->v[from], NULL, name);
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '.')
			last = (struct str){ name.p + i + 1, name.n - i - 1 };
	for (size_t i = 0; i < r->nscratch; i++) {
		struct str path = m->d->files[m->v[r->scratch[i]].file].path;
		struct str base = path_base(path);

		if (str_is(base, "__init__.py"))
			base = path_base(path_dir(path));
		else
			base.n -= 3;
		if (found_id == MODULE_NONE && (!last.n || str_eq(base, last)))
			found_id = r->scratch[i];
	}
	r->nscratch = 0;
	return found_id;
}

void
modules_resolve(struct modules *m)
{
	package_roots(m);
	mark_test_tree(m);
	index_tops(m);
	mark_loose(m);
	for (uint32_t i = 0; i < m->n; i++) {
		resolve_module(m, i);
		keep_deps(m, i);
	}
	modules_group(m);
}
