/* SPDX-License-Identifier: Apache-2.0 */
#include "python/project/internal.h"

#include <string.h>

#include "util/buf.h"
#include "util/path.h"

struct str
manifest_below(struct manifest *m, struct str rel)
{
	struct buf b = {0};
	struct str s;

	path_join(&b, m->pkg->dir, rel);
	b.n = b.n ? path_fold(b.p, b.n) : 0;
	s = arena_dup(m->a, str_is(buf_str(&b), ".") ? STR("") : buf_str(&b));
	buf_release(&b);
	return s;
}

/* A directory from the package's, if it is there and new. */
static void
add_root(struct manifest *m, struct str rel)
{
	struct package *pkg = m->pkg;
	struct str path, *list;
	size_t i;

	if (rel.n && rel.p[0] == '/')
		return;
	path = manifest_below(m, rel);
	if (!discover_find_dir(m->d, path))
		return;
	for (i = 0; i < pkg->nroots; i++) {
		if (str_eq(pkg->roots[i], path))
			return;
	}
	if (pkg->nroots == m->cap_roots) {
		m->cap_roots = m->cap_roots * 2 + 4;
		list = arena_alloc(m->a, m->cap_roots * sizeof(*list));
		if (pkg->nroots)
			memcpy(list, pkg->roots, pkg->nroots * sizeof(*list));
		pkg->roots = list;
	}
	pkg->roots[pkg->nroots++] = path;
}

/* A string or an array of strings, each a root. */
static void
add_value(struct manifest *m, const struct toml *v)
{
	size_t i;

	if (v && v->type == TOML_STRING)
		add_root(m, v->str);
	for (i = 0; v && v->type == TOML_ARRAY && i < v->n; i++)
		add_value(m, v->items[i]);
}

/* An array of paths of packages: the directories that hold them. */
static void
add_parents(struct manifest *m, const struct toml *v)
{
	size_t i;

	for (i = 0; v && v->type == TOML_ARRAY && i < v->n; i++) {
		if (v->items[i]->type == TOML_STRING)
			add_root(m, path_dir(v->items[i]->str));
	}
}

/* package-dir: "" says where everything is, "a.b" where that package is. */
static void
add_package_dir(struct manifest *m, struct str name, struct str dir)
{
	size_t i, up = 0;

	if (name.n == 0) {
		add_root(m, dir);
		return;
	}
	for (i = 0; i < name.n; i++)
		up += name.p[i] == '.';
	for (i = 0; i <= up; i++)
		dir = path_dir(dir);
	add_root(m, dir);
}

static void
setuptools(struct manifest *m)
{
	const struct toml *t = toml_path(m->toml,
		"tool.setuptools.package-dir");
	const struct toml_key *k;

	for (k = t && t->type == TOML_TABLE ? t->keys : NULL; k; k = k->next) {
		if (k->value->type == TOML_STRING)
			add_package_dir(m, k->name, k->value->str);
	}
	add_value(m, toml_path(m->toml, "tool.setuptools.packages.find.where"));
}

static void
setup_cfg(struct manifest *m)
{
	const struct ini_item *it;
	struct str *v;
	const char *eq;
	size_t n, i;

	it = ini_get(ini_section(m->ini, "options"), "package_dir");
	n = it ? ini_lines(m->a, it->value, 1, &v) : 0;
	for (i = 0; i < n; i++) {
		eq = memchr(v[i].p, '=', v[i].n);
		if (eq)
			add_package_dir(m, str_strip((struct str){ v[i].p,
				(size_t)(eq - v[i].p) }),
				str_strip((struct str){ eq + 1, v[i].n -
				(size_t)(eq + 1 - v[i].p) }));
	}
	it = ini_get(ini_section(m->ini, "options.packages.find"), "where");
	n = it ? ini_lines(m->a, it->value, 1, &v) : 0;
	for (i = 0; i < n; i++)
		add_root(m, v[i]);
}

static void
poetry(struct manifest *m)
{
	const struct toml *v = toml_path(m->toml, "tool.poetry.packages");
	size_t i;

	for (i = 0; v && v->type == TOML_ARRAY && i < v->n; i++)
		add_value(m, toml_get(v->items[i], "from"));
}

static void
hatch(struct manifest *m)
{
	static const char *const targets[] = { "tool.hatch.build",
		"tool.hatch.build.targets.wheel",
		"tool.hatch.build.targets.sdist" };
	const struct toml *t, *sources;
	const struct toml_key *k;
	size_t i;

	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		t = toml_path(m->toml, targets[i]);
		add_value(m, toml_get(t, "dev-mode-dirs"));
		add_parents(m, toml_get(t, "packages"));
		sources = toml_get(t, "sources");
		add_value(m, sources);
		for (k = sources && sources->type == TOML_TABLE ?
		     sources->keys : NULL; k; k = k->next)
			add_root(m, k->name);
	}
}

void
manifest_roots(struct manifest *m)
{
	if (m->toml) {
		setuptools(m);
		poetry(m);
		hatch(m);
		add_value(m, toml_path(m->toml, "tool.pdm.build.package-dir"));
		add_value(m, toml_path(m->toml, "tool.pdm.package-dir"));
		add_value(m, toml_path(m->toml,
			"tool.uv.build-backend.module-root"));
		add_value(m, toml_path(m->toml, "tool.maturin.python-source"));
		add_parents(m, toml_path(m->toml,
			"tool.scikit-build.wheel.packages"));
	}
	if (m->ini)
		setup_cfg(m);
	add_root(m, STR("src"));
	add_root(m, (struct str){ "", 0 });
}
