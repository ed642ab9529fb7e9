/* SPDX-License-Identifier: Apache-2.0 */
#include "python/project/project.h"

#include <stdlib.h>
#include <string.h>

#include "python/project/internal.h"
#include "text/glob.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/mem.h"
#include "util/path.h"

struct loader {
	struct project *p;
	const struct discovery *d;
	struct map dirs;                /* directory to package */
	size_t cap;
	const struct toml *workspace;   /* [tool.uv.workspace] of the root */
	struct config root;             /* the root's settings */
	const char *profile;
};

static struct package *
add_package(struct loader *l, struct str dir)
{
	struct project *p = l->p;
	struct map_slot *s;
	int added = 0;

	s = map_put(&l->dirs, dir, &added);
	if (added) {
		s->value = (uint32_t)p->npackages;
		p->packages = vec_grow(p->packages, &l->cap, p->npackages + 1,
			sizeof(*p->packages));
		p->packages[p->npackages++] = (struct package){ .dir = dir };
	}
	return &p->packages[s->value];
}

/* Every directory with a manifest, and the root. */
static void
find_packages(struct loader *l)
{
	static const struct {
		const char *name;
		unsigned flag;
	} files[] = {
		{ "pyproject.toml", PACKAGE_PYPROJECT },
		{ "setup.cfg", PACKAGE_SETUP_CFG },
		{ "setup.py", PACKAGE_SETUP_PY },
	};
	uint32_t i;
	size_t k;

	add_package(l, (struct str){ "", 0 })->flags |= PACKAGE_ROOT;
	for (i = 0; i < l->d->nfiles; i++) {
		struct str path = l->d->files[i].path;
		struct str base = path_base(path);

		for (k = 0; k < countof(files); k++) {
			if (str_is(base, files[k].name))
				add_package(l, arena_dup(&l->p->arena,
					path_dir(path)))->flags |=
					files[k].flag;
		}
	}
}

static bool
is_data_dir(struct str name)
{
	return str_is(name, "tests") || str_is(name, "test") ||
	       str_is(name, "testdata") || str_is(name, "test_data") ||
	       str_is(name, "fixtures");
}

/* Does dir lie in the test data of a package that has a manifest? */
static bool
is_test_data(const struct loader *l, struct str dir)
{
	struct str up = dir;
	const struct map_slot *s;
	bool data = false;

	while (up.n) {
		data |= is_data_dir(path_base(up));
		up = path_dir(up);
		s = map_get(&l->dirs, up);
		if (data && s && (l->p->packages[s->value].flags &
		    (PACKAGE_PYPROJECT | PACKAGE_SETUP_CFG |
		     PACKAGE_SETUP_PY)))
			return true;
	}
	return false;
}

/* Is dir matched by the array of globs? */
static bool
in_globs(const struct toml *globs, struct str dir)
{
	struct str g;
	size_t i;

	for (i = 0; globs && globs->type == TOML_ARRAY && i < globs->n; i++) {
		if (globs->items[i]->type != TOML_STRING)
			continue;
		g = globs->items[i]->str;
		while (str_starts(g, "./")) {
			g.p += 2;
			g.n -= 2;
		}
		while (g.n && g.p[g.n - 1] == '/')
			g.n--;
		if (glob_path(g, dir))
			return true;
	}
	return false;
}

/* Reads root/dir/name. 1 read, 0 missing, -1 error. */
static int
read_file(const struct loader *l, struct str dir, const char *name,
	struct buf *out, struct err *err)
{
	struct buf path = {0};
	int r;

	buf_addf(&path, "%s/%s%s%s", l->p->root.p, dir.p, dir.n ? "/" : "",
		name);
	r = file_read(path.p, out, err);
	buf_release(&path);
	return r;
}

static struct str
file_path(struct loader *l, struct str dir, const char *name)
{
	return arena_fmt(&l->p->arena, "%s%s%s", dir.p, dir.n ? "/" : "",
		name);
}

static int
load_toml(struct loader *l, struct manifest *m)
{
	struct buf text = {0};
	struct err *err = m->err;
	int r;

	m->toml_path = file_path(l, m->pkg->dir, "pyproject.toml");
	r = read_file(l, m->pkg->dir, "pyproject.toml", &text, err);
	if (r > 0) {
		m->toml = toml_parse(m->a, text.p ? text.p : "", text.n, err);
		r = m->toml ? 0 : -1;
	}
	buf_release(&text);
	return r < 0 ? err_at(err, m->toml_path.p, err->line, err->col) : 0;
}

/* A setup.cfg that setuptools could not read does not matter without a
 * setup.py: it is other tools' file then. */
static int
load_ini(struct loader *l, struct manifest *m, struct ini *ini)
{
	struct buf text = {0};
	struct err *err = m->err, ignored = {0};
	bool needed = m->pkg->flags & PACKAGE_SETUP_PY;
	int r;

	m->ini_path = file_path(l, m->pkg->dir, "setup.cfg");
	r = read_file(l, m->pkg->dir, "setup.cfg", &text, err);
	if (r > 0) {
		r = ini_parse(m->a, text.p ? text.p : "", text.n,
			INI_CONFIGPARSER, ini, needed ? err : &ignored);
		if (r == 0)
			m->ini = ini;
		else if (!needed)
			r = 0;
	}
	err_release(&ignored);
	buf_release(&text);
	return r < 0 ? err_at(err, m->ini_path.p, err->line, 0) : 0;
}

/* A name for a package whose manifests have none. */
static void
name_by_directory(struct loader *l, struct package *pkg)
{
	struct arena *a = &l->p->arena;

	if (pkg->flags & PACKAGE_NAMED)
		return;
	pkg->name = arena_dup(a, path_base(pkg->dir.n ? pkg->dir :
		l->p->root));
	if (pkg->name.n == 0)
		pkg->name = STR("root");
	pkg->norm = project_norm(a, pkg->name);
	pkg->manifest = (struct str){ "", 0 };
	if (pkg->flags & PACKAGE_PYPROJECT)
		pkg->manifest = file_path(l, pkg->dir, "pyproject.toml");
	else if (pkg->flags & PACKAGE_SETUP_CFG)
		pkg->manifest = file_path(l, pkg->dir, "setup.cfg");
	else if (pkg->flags & PACKAGE_SETUP_PY)
		pkg->manifest = file_path(l, pkg->dir, "setup.py");
}

static void
load_package(struct loader *l, struct package *pkg)
{
	struct manifest m = { .a = &l->p->arena, .d = l->d, .pkg = pkg,
		.profile = l->profile,
		.warn = &l->p->warnings, .err = &pkg->err };
	struct ini ini;
	int r = 0;

	pkg->requires_path = pkg->manifest = (struct str){ "", 0 };
	if (pkg->flags & PACKAGE_PYPROJECT)
		r = load_toml(l, &m);
	if (r == 0 && (pkg->flags & PACKAGE_SETUP_CFG))
		r = load_ini(l, &m, &ini);
	if (r == 0)
		r = manifest_read(&m);
	if (r < 0)
		pkg->flags |= PACKAGE_BROKEN;
	else if (pkg->flags & PACKAGE_ROOT)
		l->root = pkg->config;
	if (pkg->flags & PACKAGE_ROOT) {
		l->workspace = toml_path(m.toml, "tool.uv.workspace");
		l->p->workspace = l->workspace != NULL;
		if (!(pkg->flags & (PACKAGE_PYPROJECT | PACKAGE_SETUP_CFG |
		    PACKAGE_SETUP_PY)))
			pkg->flags |= PACKAGE_IMPLICIT;
	}
	manifest_roots(&m);
	name_by_directory(l, pkg);
}

/* A setup.cfg alone that says nothing of a package is some linter's. */
static bool
is_package(struct loader *l, const struct package *pkg)
{
	struct buf text = {0};
	bool is;

	if (pkg->flags & (PACKAGE_ROOT | PACKAGE_PYPROJECT | PACKAGE_SETUP_PY))
		return true;
	if (read_file(l, pkg->dir, "setup.cfg", &text, NULL) < 0)
		return true;
	is = text.p && (memmem(text.p, text.n, "[metadata]", 10) ||
		memmem(text.p, text.n, "[options]", 9) ||
		memmem(text.p, text.n, "[tool:pytest]", 13));
	buf_release(&text);
	return is;
}

/* Drops what is excluded from the workspace or test data; marks members. */
static void
select_packages(struct loader *l)
{
	struct project *p = l->p;
	const struct toml *members = toml_get(l->workspace, "members");
	const struct toml *exclude = toml_get(l->workspace, "exclude");
	bool *keep = xcalloc(p->npackages, sizeof(*keep));
	size_t i, n = 0;

	for (i = 0; i < p->npackages; i++) {
		struct package *pkg = &p->packages[i];
		bool member = (pkg->flags & PACKAGE_PYPROJECT) &&
			in_globs(members, pkg->dir);

		if (l->workspace && (member || (pkg->flags & PACKAGE_ROOT)))
			pkg->flags |= PACKAGE_WORKSPACE;
		keep[i] = (pkg->flags & PACKAGE_ROOT) ||
			(!in_globs(exclude, pkg->dir) && (member ||
			 (!is_test_data(l, pkg->dir) && is_package(l, pkg))));
	}
	for (i = 0; i < p->npackages; i++) {
		if (keep[i])
			p->packages[n++] = p->packages[i];
	}
	p->npackages = n;
	free(keep);
}

/* A member glob without wildcards that is no package is a mistake worth
 * saying. */
static void
check_members(struct loader *l)
{
	const struct toml *v = toml_get(l->workspace, "members");
	struct str path;
	size_t i;

	for (i = 0; v && v->type == TOML_ARRAY && i < v->n; i++) {
		struct toml *item = v->items[i];

		if (item->type != TOML_STRING || glob_is(item->str))
			continue;
		path = item->str;
		while (str_starts(path, "./")) {
			path.p += 2;
			path.n -= 2;
		}
		while (path.n && path.p[path.n - 1] == '/')
			path.n--;
		path = file_path(l, arena_dup(&l->p->arena, path),
			"pyproject.toml");
		if (!discover_find(l->d, path))
			warnings_add(&l->p->warnings, &l->p->arena,
				STR("pyproject.toml"), item->line, item->col,
				"workspace member '%s' has no pyproject.toml",
				item->str.p);
	}
}

static int
package_cmp(const void *a, const void *b)
{
	return path_order(((const struct package *)a)->dir,
		((const struct package *)b)->dir);
}

static void
duplicate(struct package *a, const struct package *b)
{
	if (a->flags & PACKAGE_BROKEN)
		return;
	err_set(&a->err, "package '%s' has the same name as that of %s:%d",
		a->name.p, b->manifest.p, b->name_line);
	err_at(&a->err, a->manifest.p, a->name_line, 0);
	a->flags |= PACKAGE_BROKEN;
}

/* Names that are stated must differ; a name that is only a directory's gives
 * way to another and becomes the path. */
static void
check_names(struct loader *l, struct map *names)
{
	struct project *p = l->p;
	struct map_slot *s;
	int added, named;
	size_t i;

	for (named = 1; named >= 0; named--) {
		for (i = 0; i < p->npackages; i++) {
			struct package *pkg = &p->packages[i];

			if (!!(pkg->flags & PACKAGE_NAMED) != named)
				continue;
			added = 0;
			s = map_put(names, pkg->norm, &added);
			if (added) {
				s->value = (uint32_t)i;
			} else if (named) {
				struct package *other = &p->packages[s->value];
				struct package was = *other;

				duplicate(other, pkg);
				duplicate(pkg, &was);
			} else if (pkg->dir.n) {
				pkg->name = pkg->norm = pkg->dir;
			}
		}
	}
}

/* Says of each dependency which package of the repository it names. */
static void
link_dependencies(struct project *p, const struct map *names)
{
	const struct map_slot *s;
	size_t i, k;

	for (i = 0; i < p->npackages; i++) {
		for (k = 0; k < p->packages[i].ndeps; k++) {
			struct dependency *dep = &p->packages[i].deps[k];

			s = map_get(names, dep->name);
			if (s && s->value != i && (p->packages[s->value].flags
			    & PACKAGE_NAMED))
				dep->package = (int)s->value;
		}
	}
}

int
project_load(struct project *p, const struct discovery *d, struct err *err)
{
	return project_load_profile(p, d, NULL, err);
}

int
project_load_profile(struct project *p, const struct discovery *d,
	const char *profile, struct err *err)
{
	struct loader l = { .p = p, .d = d, .profile = profile };
	struct map names = {0};
	size_t i;

	*p = (struct project){ 0 };
	p->root = arena_dup(&p->arena, d->root);
	find_packages(&l);
	load_package(&l, &p->packages[0]);
	select_packages(&l);
	check_members(&l);
	for (i = 1; i < p->npackages; i++) {
		load_package(&l, &p->packages[i]);
		config_inherit(&p->packages[i].config, &l.root);
	}
	qsort(p->packages, p->npackages, sizeof(*p->packages), package_cmp);
	check_names(&l, &names);
	link_dependencies(p, &names);
	map_release(&names);
	map_release(&l.dirs);
	return 0;
}

void
project_release(struct project *p)
{
	size_t i;

	for (i = 0; i < p->npackages; i++)
		err_release(&p->packages[i].err);
	free(p->packages);
	arena_release(&p->arena);
	*p = (struct project){ 0 };
}

/* The package of exactly this directory. */
static const struct package *
package_at(const struct project *p, struct str dir)
{
	struct package key = { .dir = dir };

	return bsearch(&key, p->packages, p->npackages, sizeof(key),
		package_cmp);
}

const struct package *
project_owner(const struct project *p, struct str path)
{
	const struct package *pkg;

	do {
		path = path_dir(path);
		pkg = package_at(p, path);
	} while (!pkg && path.n);
	return pkg;
}

const struct package *
project_find(const struct project *p, struct str name)
{
	const struct package *pkg = package_at(p, name);
	struct arena a = {0};
	struct str norm = project_norm(&a, name);
	size_t i;

	for (i = 0; !pkg && i < p->npackages; i++) {
		if (str_eq(p->packages[i].norm, norm) ||
		    str_eq(p->packages[i].name, name))
			pkg = &p->packages[i];
	}
	arena_release(&a);
	return pkg;
}
