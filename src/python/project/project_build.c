/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/project/internal.h"

/* How a package is installed, and what may be installed with it. */

/* Names of a table, normalised. */
static void
key_names(struct manifest *m, const struct toml *t, struct config_list *out)
{
	size_t n = out->n + (t && t->type == TOML_TABLE ? t->n : 0);
	struct str *v = arena_alloc(m->a, (n + 1) * sizeof(*v));

	if (out->n)
		memcpy(v, out->v, out->n * sizeof(*v));
	out->v = v;
	for (const struct toml_key *k = t && t->type == TOML_TABLE ? t->keys :
	     NULL; k; k = k->next)
		out->v[out->n++] = project_norm(m->a, k->name);
}

static void
add_name(struct manifest *m, struct config_list *out, const char *name)
{
	struct str *v = arena_alloc(m->a, (out->n + 1) * sizeof(*v));

	if (out->n)
		memcpy(v, out->v, out->n * sizeof(*v));
	v[out->n++] = str_of(name);
	out->v = v;
}

static void
find_names(struct manifest *m)
{
	struct package *pkg = m->pkg;
	const struct ini_section *extras = m->ini ?
		ini_section(m->ini, "options.extras_require") : NULL;

	key_names(m, toml_path(m->toml, "dependency-groups"), &pkg->groups);
	key_names(m, toml_path(m->toml, "tool.poetry.group"), &pkg->groups);
	if (toml_path(m->toml, "tool.poetry.dev-dependencies") ||
	    toml_path(m->toml, "tool.uv.dev-dependencies"))
		add_name(m, &pkg->groups, "dev");
	key_names(m, toml_path(m->toml, "project.optional-dependencies"),
		&pkg->extras);
	key_names(m, toml_path(m->toml, "tool.poetry.extras"), &pkg->extras);
	for (const struct ini_item *it = extras ? extras->items : NULL; it;
	     it = it->next)
		add_name(m, &pkg->extras, project_norm(m->a, it->key).p);
}

/* Tools that write nothing into the tree when they install it editable. */
static bool
leaves_tree(struct str backend)
{
	static const char *const good[] = {
		"hatchling", "flit_core", "poetry.core", "uv_build",
		"pdm.backend",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (str_starts(backend, good[i]))
			return true;
	return false;
}

int
manifest_build(struct manifest *m)
{
	const struct toml *build = toml_path(m->toml, "build-system");
	const struct toml *uv = toml_path(m->toml, "tool.uv");
	const struct toml *poetry = toml_path(m->toml, "tool.poetry");
	const struct toml *dynamic = toml_path(m->toml, "project.dynamic");
	struct package *pkg = m->pkg;
	struct str backend = STR("");
	bool on = build || pkg->flags & PACKAGE_SETUP_PY;

	/* As uv has it: who says nothing of how it is built is not built. */
	toml_bool(uv, "package", &on, NULL);
	toml_bool(poetry, "package-mode", &on, NULL);
	if (on)
		pkg->flags |= PACKAGE_INSTALLS;
	toml_str(build, "build-backend", &backend, NULL);
	if (leaves_tree(backend))
		pkg->flags |= PACKAGE_LEAVES_TREE;
	if ((dynamic && dynamic->type == TOML_ARRAY && dynamic->n) ||
	    pkg->flags & (PACKAGE_SETUP_PY | PACKAGE_SETUP_CFG))
		pkg->flags |= PACKAGE_DYNAMIC;
	find_names(m);
	return 0;
}

/* The constraint of poetry's as others have it; what has no single one is left
 * open: the lock file or the resolver decides. */
static void
add_constraint(struct arena *a, struct str text, struct buf *out)
{
	struct str set;

	if (!str_is(text, "*") && poetry_constraint(a, text, &set))
		buf_addstr(out, set);
}

static void
add_extras(struct arena *a, const struct toml *v, struct buf *out)
{
	struct str *names;
	size_t n;

	if (toml_strs(v, "extras", a, &names, &n, NULL) != 1 || !n)
		return;
	for (size_t i = 0; i < n; i++) {
		buf_addc(out, i ? ',' : '[');
		buf_addstr(out, names[i]);
	}
	buf_addc(out, ']');
}

static void
add_table(struct arena *a, const struct toml *v, struct buf *out)
{
	struct str s;

	add_extras(a, v, out);
	if (toml_str(v, "git", &s, NULL) == 1) {
		buf_addf(out, " @ git+%s", s.p);
		if (toml_str(v, "rev", &s, NULL) == 1 ||
		    toml_str(v, "tag", &s, NULL) == 1 ||
		    toml_str(v, "branch", &s, NULL) == 1)
			buf_addf(out, "@%s", s.p);
	} else if (toml_str(v, "url", &s, NULL) == 1) {
		buf_addf(out, " @ %s", s.p);
	} else if (toml_str(v, "version", &s, NULL) == 1) {
		add_constraint(a, s, out);
	}
	if (toml_str(v, "markers", &s, NULL) == 1)
		buf_addf(out, " ; %s", s.p);
}

struct str
poetry_requirement(struct arena *a, struct str name, const struct toml *v)
{
	struct buf b = { 0 };
	struct str s;

	buf_addstr(&b, name);
	if (v->type == TOML_STRING)
		add_constraint(a, v->str, &b);
	else if (v->type == TOML_TABLE)
		add_table(a, v, &b);
	s = arena_dup(a, buf_str(&b));
	buf_release(&b);
	return s;
}
