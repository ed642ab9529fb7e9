/* SPDX-License-Identifier: Apache-2.0 */
#include "python/project/internal.h"

#include <string.h>

#include "util/buf.h"
#include "util/path.h"

/* How deep dependency groups may include each other. */
#define GROUP_DEPTH 64
/* How many includes are followed in all. */
#define GROUP_INCLUDES 10000

/* Sets the path and the place of v unless there is a place; returns -1. */
static int
manifest_fail(struct manifest *m, const struct toml *v)
{
	struct err *e = m->err;

	if (v && !e->line) {
		e->line = v->line;
		e->col = v->col;
	}
	return err_at(e, m->toml_path.p, e->line, e->col);
}

/* The table at the plain path, NULL if missing; another type is an error. */
static int
table_at(struct manifest *m, const struct toml *up, const char *name,
	const struct toml **out)
{
	*out = NULL;
	if (!up)
		return 0;
	return toml_table(up, name, out, m->err) < 0 ?
		manifest_fail(m, NULL) : 0;
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static bool
is_name(struct str s)
{
	size_t i;

	if (s.n == 0 || !is_alnum(s.p[0]) || !is_alnum(s.p[s.n - 1]))
		return false;
	for (i = 0; i < s.n; i++) {
		if (!is_alnum(s.p[i]) && !strchr("._-", s.p[i]))
			return false;
	}
	return true;
}

static void
set_name(struct manifest *m, struct str name, struct str path, int line)
{
	struct package *pkg = m->pkg;

	if (pkg->flags & PACKAGE_NAMED)
		return;
	pkg->name = name;
	pkg->norm = project_norm(m->a, name);
	pkg->manifest = path;
	pkg->name_line = line;
	pkg->flags |= PACKAGE_NAMED;
}

static int
name_from(struct manifest *m, const struct toml *table, const char *what)
{
	struct str name;
	int r;

	if (!table)
		return 0;
	r = toml_str(table, "name", &name, m->err);
	if (r < 0)
		return manifest_fail(m, NULL);
	if (r == 0)
		return 0;
	if (!is_name(name)) {
		err_set(m->err, "%s.name: '%s' is not a package name", what,
			name.p);
		return manifest_fail(m, toml_get(table, "name"));
	}
	set_name(m, name, m->toml_path, toml_get(table, "name")->line);
	return 0;
}

static int
set_requires(struct manifest *m, struct str text, struct str path, int line,
	int col)
{
	struct package *pkg = m->pkg;
	struct err err = {0};

	if (pkg->has_requires)
		return 0;
	if (pep440_set_parse(m->a, text, &pkg->requires, &err) < 0) {
		err_set(m->err, "requires-python: %s", err.msg);
		err_release(&err);
		return err_at(m->err, path.p, line, col);
	}
	pkg->has_requires = true;
	pkg->requires_path = path;
	pkg->requires_line = line;
	return 0;
}

/* "Programming Language :: Python :: 3.11" */
static void
add_classifier(struct manifest *m, struct str s)
{
	static const char prefix[] = "Programming Language :: Python :: ";
	struct package *pkg = m->pkg;
	struct str v;
	size_t i, dots = 0, cap;
	struct str *list;

	if (!str_starts(s, prefix))
		return;
	v = (struct str){ s.p + sizeof(prefix) - 1,
		s.n - sizeof(prefix) + 1 };
	for (i = 0; i < v.n; i++) {
		dots += v.p[i] == '.';
		if (v.p[i] != '.' && (v.p[i] < '0' || v.p[i] > '9'))
			return;
	}
	if (dots != 1 || v.p[0] == '.' || v.p[v.n - 1] == '.')
		return;
	if (pkg->nclassifiers == m->cap_classifiers) {
		cap = m->cap_classifiers * 2 + 8;
		list = arena_alloc(m->a, cap * sizeof(*list));
		if (pkg->nclassifiers)
			memcpy(list, pkg->classifiers,
				pkg->nclassifiers * sizeof(*list));
		pkg->classifiers = list;
		m->cap_classifiers = cap;
	}
	pkg->classifiers[pkg->nclassifiers++] = arena_dup(m->a, v);
}

static int
classifiers_from(struct manifest *m, const struct toml *table)
{
	struct str *v;
	size_t n, i;
	int r = table ? toml_strs(table, "classifiers", m->a, &v, &n,
		m->err) : 0;

	if (r < 0)
		return manifest_fail(m, NULL);
	for (i = 0; r > 0 && i < n; i++)
		add_classifier(m, v[i]);
	return 0;
}

static void
push_dep(struct manifest *m, struct dependency dep)
{
	struct package *pkg = m->pkg;
	struct dependency *list;

	if (pkg->ndeps == m->cap_deps) {
		m->cap_deps = m->cap_deps * 2 + 8;
		list = arena_alloc(m->a, m->cap_deps * sizeof(*list));
		if (pkg->ndeps)
			memcpy(list, pkg->deps, pkg->ndeps * sizeof(*list));
		pkg->deps = list;
	}
	pkg->deps[pkg->ndeps++] = dep;
}

/* The name that a requirement begins with; n 0: it begins with none. */
static struct str
requirement_name(struct str s)
{
	struct str name;

	while (s.n && (*s.p == ' ' || *s.p == '\t')) {
		s.p++;
		s.n--;
	}
	name = (struct str){ s.p, 0 };
	while (name.n < s.n && (is_alnum(s.p[name.n]) ||
	       strchr("._-", s.p[name.n])))
		name.n++;
	return is_name(name) ? name : (struct str){ "", 0 };
}

static bool
add_dep(struct manifest *m, enum dep_kind kind, struct str group,
	struct str text, int line)
{
	struct str name = requirement_name(text);

	if (name.n == 0)
		return false;
	push_dep(m, (struct dependency){ .kind = kind, .group = group,
		.name = project_norm(m->a, name), .text = text, .line = line,
		.package = -1 });
	return true;
}

static int
bad_dep(struct manifest *m, const char *where, const struct toml *v)
{
	if (v->type != TOML_STRING)
		err_set(m->err, "%s: expected a requirement, not %s", where,
			toml_type_name(v->type));
	else
		err_set(m->err, "%s: '%s' is not a requirement", where,
			v->str.p);
	return manifest_fail(m, v);
}

static int
deps_from(struct manifest *m, const struct toml *array, enum dep_kind kind,
	struct str group, const char *where)
{
	const struct toml *v;
	size_t i;

	if (array->type != TOML_ARRAY) {
		err_set(m->err, "%s: expected an array, not %s", where,
			toml_type_name(array->type));
		return manifest_fail(m, array);
	}
	for (i = 0; i < array->n; i++) {
		v = array->items[i];
		if (v->type != TOML_STRING ||
		    !add_dep(m, kind, group, v->str, v->line))
			return bad_dep(m, where, v);
	}
	return 0;
}

static int
read_project(struct manifest *m, const struct toml *project)
{
	const struct toml *v, *extras;
	const struct toml_key *k;
	struct str s;
	int r;

	if (name_from(m, project, "project") < 0)
		return -1;
	r = toml_str(project, "requires-python", &s, m->err);
	if (r < 0)
		return manifest_fail(m, NULL);
	v = toml_get(project, "requires-python");
	if (r > 0 && set_requires(m, s, m->toml_path, v->line, v->col) < 0)
		return -1;
	v = toml_get(project, "dependencies");
	if (classifiers_from(m, project) < 0 || (v && deps_from(m, v,
	    DEP_RUNTIME, (struct str){ "", 0 }, "dependencies") < 0) ||
	    table_at(m, project, "optional-dependencies", &extras) < 0)
		return -1;
	for (k = extras ? extras->keys : NULL; k; k = k->next) {
		if (deps_from(m, k->value, DEP_EXTRA, project_norm(m->a,
		    k->name), "optional-dependencies") < 0)
			return -1;
	}
	return 0;
}

static const struct toml_key *
find_group(struct manifest *m, const struct toml *groups, struct str norm)
{
	const struct toml_key *k;

	for (k = groups->keys; k; k = k->next) {
		if (str_eq(project_norm(m->a, k->name), norm))
			return k;
	}
	return NULL;
}

/* Adds the requirements of the group at k, and of those it includes, as those
 * of the group called top. */
static int
read_group(struct manifest *m, const struct toml *groups,
	const struct toml_key *k, struct str top, int depth)
{
	const struct toml *v;
	const struct toml_key *other;
	struct str name;
	size_t i;

	if (depth > GROUP_DEPTH || m->includes++ > GROUP_INCLUDES) {
		err_set(m->err, "dependency-groups: group '%s' includes "
			"itself", top.p);
		return manifest_fail(m, find_group(m, groups, top)->value);
	}
	if (k->value->type != TOML_ARRAY) {
		err_set(m->err, "dependency-groups.%s: expected an array, "
			"not %s", k->name.p, toml_type_name(k->value->type));
		return manifest_fail(m, k->value);
	}
	for (i = 0; i < k->value->n; i++) {
		v = k->value->items[i];
		if (v->type == TOML_TABLE && toml_str(v, "include-group",
		    &name, NULL) == 1) {
			other = find_group(m, groups,
				project_norm(m->a, name));
			if (!other) {
				err_set(m->err, "dependency-groups.%s: there "
					"is no group '%s'", k->name.p, name.p);
				return manifest_fail(m, v);
			}
			if (read_group(m, groups, other, top, depth + 1) < 0)
				return -1;
		} else if (v->type != TOML_STRING || !add_dep(m, DEP_GROUP,
		           top, v->str, v->line)) {
			return bad_dep(m, "dependency-groups", v);
		}
	}
	return 0;
}

static int
read_groups(struct manifest *m)
{
	const struct toml *groups, *dev = toml_path(m->toml,
		"tool.uv.dev-dependencies");
	const struct toml_key *k;

	if (table_at(m, m->toml, "dependency-groups", &groups) < 0)
		return -1;
	for (k = groups ? groups->keys : NULL; k; k = k->next) {
		if (read_group(m, groups, k, project_norm(m->a, k->name),
		    0) < 0)
			return -1;
	}
	return dev ? deps_from(m, dev, DEP_GROUP, STR("dev"),
		"tool.uv.dev-dependencies") : 0;
}

static void
push_source(struct manifest *m, struct source_ref ref)
{
	struct package *pkg = m->pkg;
	struct source_ref *list;

	if (pkg->nsources == m->cap_sources) {
		m->cap_sources = m->cap_sources * 2 + 4;
		list = arena_alloc(m->a, m->cap_sources * sizeof(*list));
		if (pkg->nsources)
			memcpy(list, pkg->sources,
				pkg->nsources * sizeof(*list));
		pkg->sources = list;
	}
	pkg->sources[pkg->nsources++] = ref;
}

/* { path = "..." } or { workspace = true } */
static void
add_source(struct manifest *m, struct str name, const struct toml *v)
{
	struct source_ref ref = { .name = project_norm(m->a, name),
		.path = { "", 0 } };
	struct str path;

	toml_bool(v, "workspace", &ref.workspace, NULL);
	if (toml_str(v, "path", &path, NULL) == 1)
		ref.path = manifest_below(m, path);
	if (ref.workspace || ref.path.n)
		push_source(m, ref);
}

static void
read_sources(struct manifest *m)
{
	const struct toml *t = toml_path(m->toml, "tool.uv.sources");
	const struct toml_key *k;
	size_t i;

	if (!t || t->type != TOML_TABLE)
		return;
	for (k = t->keys; k; k = k->next) {
		add_source(m, k->name, k->value);
		for (i = 0; k->value->type == TOML_ARRAY && i < k->value->n;
		     i++)
			add_source(m, k->name, k->value->items[i]);
	}
}

/* A table of poetry: names, each with a constraint or a table. */
static void
poetry_deps(struct manifest *m, const struct toml *t, enum dep_kind kind,
	struct str group)
{
	const struct toml_key *k;
	struct str text;

	if (!t || t->type != TOML_TABLE)
		return;
	for (k = t->keys; k; k = k->next) {
		if (str_is(k->name, "python"))
			continue;
		text = poetry_requirement(m->a, k->name, k->value);
		add_dep(m, kind, group, text, k->line);
		add_source(m, k->name, k->value);
	}
}

static int
poetry_python(struct manifest *m, const struct toml *deps)
{
	const struct toml *v = toml_get(deps, "python");
	struct str set;

	if (!v || v->type != TOML_STRING)
		return 0;
	if (!poetry_constraint(m->a, v->str, &set)) {
		warnings_add(m->warn, m->a, m->toml_path, v->line, v->col,
			"python = \"%s\" is no single range of versions: not "
			"used to choose interpreters", v->str.p);
		return 0;
	}
	return set_requires(m, set, m->toml_path, v->line, v->col);
}

static int
read_poetry(struct manifest *m, const struct toml *poetry)
{
	const struct toml *deps = toml_get(poetry, "dependencies");
	const struct toml *groups = toml_get(poetry, "group");
	const struct toml_key *k;

	if (name_from(m, poetry, "tool.poetry") < 0 ||
	    classifiers_from(m, poetry) < 0 || poetry_python(m, deps) < 0)
		return -1;
	poetry_deps(m, deps, DEP_RUNTIME, (struct str){ "", 0 });
	poetry_deps(m, toml_get(poetry, "dev-dependencies"), DEP_GROUP,
		STR("dev"));
	for (k = groups && groups->type == TOML_TABLE ? groups->keys : NULL;
	     k; k = k->next)
		poetry_deps(m, toml_get(k->value, "dependencies"), DEP_GROUP,
			project_norm(m->a, k->name));
	return 0;
}

/* Paths, as they are named from the root; addresses stay. */
static void
config_paths(struct manifest *m, struct config_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strstr(list->v[i].p, "://"))
			list->v[i] = manifest_below(m, list->v[i]);
}

static int
read_pyproject(struct manifest *m)
{
	const struct toml *project, *tool, *poetry, *tgraph;

	if (table_at(m, m->toml, "project", &project) < 0 ||
	    table_at(m, m->toml, "tool", &tool) < 0 ||
	    table_at(m, tool, "poetry", &poetry) < 0 ||
	    table_at(m, tool, "tgraph", &tgraph) < 0)
		return -1;
	if (config_read(&m->pkg->config, m->a, tgraph, m->profile,
	    m->toml_path, m->warn, m->err) < 0)
		return -1;
	config_paths(m, &m->pkg->config.requirements);
	config_paths(m, &m->pkg->config.constraints);
	config_paths(m, &m->pkg->config.index.links);
	if (project && read_project(m, project) < 0)
		return -1;
	if (read_groups(m) < 0)
		return -1;
	read_sources(m);
	return poetry ? read_poetry(m, poetry) : 0;
}

static void
ini_deps(struct manifest *m, const struct ini_item *it, enum dep_kind kind,
	struct str group)
{
	struct str *v;
	size_t n = it ? ini_lines(m->a, it->value, 0, &v) : 0, i;

	for (i = 0; i < n; i++)
		add_dep(m, kind, group, v[i], it->line);
}

static int
read_setup_cfg(struct manifest *m)
{
	const struct ini_section *meta = ini_section(m->ini, "metadata");
	const struct ini_section *options = ini_section(m->ini, "options");
	const struct ini_section *extras = ini_section(m->ini,
		"options.extras_require");
	const struct ini_item *it;
	struct str *v;
	size_t n, i;

	it = ini_get(meta, "name");
	if (it && is_name(it->value))
		set_name(m, it->value, m->ini_path, it->line);
	it = ini_get(options, "python_requires");
	if (it && set_requires(m, it->value, m->ini_path, it->line, 0) < 0)
		return -1;
	it = ini_get(meta, "classifiers");
	n = it ? ini_lines(m->a, it->value, 0, &v) : 0;
	for (i = 0; i < n; i++)
		add_classifier(m, v[i]);
	ini_deps(m, ini_get(options, "install_requires"), DEP_RUNTIME,
		(struct str){ "", 0 });
	for (it = extras ? extras->items : NULL; it; it = it->next)
		ini_deps(m, it, DEP_EXTRA, project_norm(m->a, it->key));
	return 0;
}

int
manifest_read(struct manifest *m)
{
	if (m->toml && read_pyproject(m) < 0)
		return -1;
	if (m->ini && read_setup_cfg(m) < 0)
		return -1;
	return manifest_build(m);
}
