/* SPDX-License-Identifier: Apache-2.0 */
#include "python/project/needs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

/* What the environment of a package's tests is to hold. */

struct finder {
	struct needs *n;
	const struct project *p;
	const struct discovery *d;
	size_t package;
	struct arena *a;
	bool *met;              /* by package */
	size_t *queue, nqueue;
	struct err *err;
};

/* Names that people give to what tests need, best first. */
static const char *const usual[] = { "test", "tests", "testing", "dev" };

static bool
is_listed(const struct config_list *list, struct str name)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i], name))
			return true;
	return false;
}

static bool
is_of(const struct dependency *dep, enum dep_kind kind, struct str group)
{
	return dep->kind == kind &&
	       (kind == DEP_RUNTIME || str_eq(dep->group, group));
}

static bool
has_pytest(const struct package *pkg, enum dep_kind kind, struct str group)
{
	for (size_t i = 0; i < pkg->ndeps; i++)
		if (is_of(&pkg->deps[i], kind, group) &&
		    (str_is(pkg->deps[i].name, "pytest") ||
		     str_starts(pkg->deps[i].name, "pytest-")))
			return true;
	return false;
}

/* One of the names with pytest in it; of the usual ones, or any. */
static struct str
find_in(const struct package *pkg, bool extra, bool any)
{
	const struct config_list *list = extra ? &pkg->extras : &pkg->groups;
	enum dep_kind kind = extra ? DEP_EXTRA : DEP_GROUP;

	for (size_t i = 0; !any && i < countof(usual); i++) {
		struct str name = str_of(usual[i]);

		if (is_listed(list, name) && has_pytest(pkg, kind, name))
			return name;
	}
	for (size_t i = 0; any && i < list->n; i++)
		if (has_pytest(pkg, kind, list->v[i]))
			return list->v[i];
	return STR("");
}

struct str
needs_tests(const struct project *p, size_t package, size_t *owner,
	bool *extra)
{
	for (int any = 0; any < 2; any++)
		for (int k = 0; k < 3; k++) {
			struct str name;

			*owner = k == 1 ? 0 : package;
			*extra = k == 2;
			name = find_in(&p->packages[*owner], *extra, any);
			if (name.n)
				return name;
		}
	*owner = package;
	*extra = false;
	return STR("");
}

static void
visit(struct finder *f, size_t package)
{
	if (f->met[package])
		return;
	f->met[package] = true;
	f->queue[f->nqueue++] = package;
}

/* The extras in "core[fast,x] >= 1" are followed, as those of the package. */
static void
visit_extras(struct finder *f, const struct dependency *dep)
{
	const struct package *to = &f->p->packages[dep->package];
	const char *open = memchr(dep->text.p, '[', dep->text.n);
	const char *close = open ? strchr(open, ']') : NULL;

	while (open && open < close) {
		struct str one = { open + 1, strcspn(open + 1, ",]") };
		struct str name = project_norm(f->a, str_strip(one));

		for (size_t i = 0; i < to->ndeps; i++)
			if (is_of(&to->deps[i], DEP_EXTRA, name) &&
			    to->deps[i].package >= 0)
				visit(f, (size_t)to->deps[i].package);
		open = one.p + one.n;
	}
}

/* Can a package be installed for what it is? */
static bool
installs(const struct package *pkg)
{
	return pkg->flags & PACKAGE_INSTALLS && !pkg->err.msg;
}

/* Requirements of a kind of a package; those that name a package of the
 * repository are met by that, but for extras. */
static void
take_deps(struct finder *f, const struct package *pkg, enum dep_kind kind,
	struct str group, bool lines)
{
	for (size_t i = 0; i < pkg->ndeps; i++) {
		const struct dependency *dep = &pkg->deps[i];
		bool ours = dep->package >= 0;

		if (!is_of(dep, kind, group))
			continue;
		if (ours) {
			visit(f, (size_t)dep->package);
			visit_extras(f, dep);
			ours = !installs(&f->p->packages[dep->package]) ||
			       !memchr(dep->text.p, '[', dep->text.n);
		}
		if (lines && !ours)
			strs_add(&f->n->lines, dep->text);
		else
			strs_add(&f->n->states, dep->text);
	}
}

static int
lacks(struct finder *f, const char *what, struct str name)
{
	const struct package *pkg = &f->p->packages[f->package];
	struct str at = pkg->flags & PACKAGE_PYPROJECT ? pkg->dir : STR("");
	struct buf path = { 0 };

	path_join(&path, at, STR("pyproject.toml"));
	err_set(f->err, "%s '%.*s' in [tool.tgraph] is not there", what,
		(int)name.n, name.p);
	err_at(f->err, path.p, 0, 0);
	buf_release(&path);
	return -1;
}

static int
take_group(struct finder *f, struct str name)
{
	const struct package *pkg = &f->p->packages[f->package];

	name = project_norm(f->a, name);
	if (!is_listed(&pkg->groups, name)) {
		pkg = &f->p->packages[0];
		f->n->own_groups = false;
	}
	if (!is_listed(&pkg->groups, name))
		return lacks(f, "the dependency group", name);
	strs_add(&f->n->groups, name);
	take_deps(f, pkg, DEP_GROUP, name, true);
	return 0;
}

static int
take_extra(struct finder *f, struct str name)
{
	const struct package *pkg = &f->p->packages[f->package];

	name = project_norm(f->a, name);
	if (!is_listed(&pkg->extras, name))
		return lacks(f, "the extra", name);
	strs_add(&f->n->extras, name);
	take_deps(f, pkg, DEP_EXTRA, name, !installs(pkg));
	return 0;
}

/* Nothing says what the tests need: what is called so, with pytest in it. */
static int
take_tests(struct finder *f)
{
	const struct package *pkg = &f->p->packages[f->package];
	size_t owner;
	bool extra;
	struct str name = needs_tests(f->p, f->package, &owner, &extra);

	if (name.n && extra)
		return take_extra(f, name);
	for (size_t i = 0; !name.n && i < countof(usual); i++)
		if (is_listed(&pkg->groups, str_of(usual[i])))
			name = str_of(usual[i]);
	if (name.n && owner == f->package)
		return take_group(f, name);
	if (name.n) {
		f->n->own_groups = false;
		strs_add(&f->n->groups, name);
		take_deps(f, &f->p->packages[owner], DEP_GROUP, name, true);
		return 0;
	}
	for (size_t i = 0; i < countof(usual); i++)
		if (is_listed(&pkg->extras, str_of(usual[i])))
			return take_extra(f, str_of(usual[i]));
	return 0;
}

static int
take_files(struct finder *f, const struct config_list *list, const char *what,
	struct strs *out)
{
	for (size_t i = 0; i < list->n; i++) {
		struct file_sig sig;

		if (file_sig(AT_FDCWD, list->v[i].p, &sig) != 1)
			return lacks(f, what, list->v[i]);
		strs_add(out, list->v[i]);
	}
	return 0;
}

static int
take_settings(struct finder *f)
{
	const struct config *c = &f->p->packages[f->package].config;
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->groups.n; i++)
		r = take_group(f, c->groups.v[i]);
	for (size_t i = 0; r == 0 && i < c->extras.n; i++)
		r = take_extra(f, c->extras.v[i]);
	if (r == 0)
		r = take_files(f, &c->requirements, "the file of requirements",
		               &f->n->files);
	if (r == 0)
		r = take_files(f, &c->constraints, "the file of constraints",
		               &f->n->constraints);
	if (r == 0 && !(c->set & (CONFIG_GROUPS | CONFIG_EXTRAS |
	    CONFIG_REQUIREMENTS)))
		r = take_tests(f);
	return r;
}

/* "./core", with the extras that were chosen. */
static struct str
editable(struct finder *f, size_t package)
{
	const struct package *pkg = &f->p->packages[package];
	const struct strs *extras = &f->n->extras;
	struct buf b = { 0 };
	struct str s;

	buf_adds(&b, pkg->dir.n ? "./" : ".");
	buf_addstr(&b, pkg->dir);
	for (size_t i = 0; package == f->package && i < extras->n; i++) {
		buf_addc(&b, i ? ',' : '[');
		buf_addstr(&b, extras->v[i]);
	}
	if (package == f->package && extras->n)
		buf_addc(&b, ']');
	s = arena_dup(f->a, buf_str(&b));
	buf_release(&b);
	return s;
}

static bool
ends_with_any(struct str s, const char *const *ends, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_ends(s, ends[i]))
			return true;
	return false;
}

/* Could what is installed of a package depend on the file? Names are what can
 * be gone by: sources of extension modules, and of versions. */
static bool
is_source(const struct package *pkg, struct str path)
{
	static const char *const built[] = {
		".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx",
		".pyx", ".pxd", ".pxi", ".rs", ".f", ".f90", ".cu", ".asm",
		".cmake", "/CMakeLists.txt", "/Cargo.toml", "/Cargo.lock",
		"/meson.build", "/meson.options", "/meson_options.txt",
	};
	static const char *const stated[] = {
		"/__init__.py", "/_version.py", "/version.py", "/__about__.py",
		"/__version__.py", "/VERSION", "/VERSION.txt", "/MANIFEST.in",
		"/entry_points.txt",
	};
	struct buf b = { 0 };
	bool is;

	/* with a slash in front, as the names have it */
	buf_addc(&b, '/');
	buf_addstr(&b, path);
	is = ends_with_any(buf_str(&b), built, countof(built)) ||
	     (pkg->flags & PACKAGE_DYNAMIC &&
	      ends_with_any(buf_str(&b), stated, countof(stated)));
	buf_release(&b);
	return is;
}

static void
add_manifest(struct finder *f, const struct package *pkg, unsigned flag,
	const char *name)
{
	struct buf b = { 0 };

	if (pkg->flags & flag) {
		path_join(&b, pkg->dir, str_of(name));
		strs_add(&f->n->inputs, arena_dup(f->a, buf_str(&b)));
	}
	buf_release(&b);
}

static void
add_inputs(struct finder *f, size_t package)
{
	const struct package *pkg = &f->p->packages[package];

	add_manifest(f, pkg, PACKAGE_PYPROJECT, "pyproject.toml");
	add_manifest(f, pkg, PACKAGE_SETUP_CFG, "setup.cfg");
	add_manifest(f, pkg, PACKAGE_SETUP_PY, "setup.py");
	for (uint32_t i = 0; installs(pkg) && i < f->d->nfiles; i++) {
		struct str path = f->d->files[i].path;

		if (path_below(path, pkg->dir) && is_source(pkg, path) &&
		    project_owner(f->p, path) == pkg)
			strs_add(&f->n->inputs, path);
	}
}

static void
add_busy(struct finder *f, const struct package *pkg)
{
	if (!(pkg->flags & PACKAGE_LEAVES_TREE))
		strs_add(&f->n->busy, pkg->dir.n ? pkg->dir : STR("."));
}

/* A package and what it needs to run. */
static void
take_package(struct finder *f, size_t package)
{
	const struct package *pkg = &f->p->packages[package];

	take_deps(f, pkg, DEP_RUNTIME, STR(""), !installs(pkg));
	add_inputs(f, package);
	if (!installs(pkg))
		return;
	strs_add(&f->n->editable, editable(f, package));
	add_busy(f, pkg);
}

int
needs_find(struct needs *n, const struct project *p,
	const struct discovery *d, size_t package, struct arena *a,
	struct err *err)
{
	struct finder f = { .n = n, .p = p, .d = d, .package = package,
		.a = a, .err = err,
		.met = xcalloc(p->npackages, sizeof(*f.met)),
		.queue = xcalloc(p->npackages, sizeof(*f.queue)) };
	int r;

	n->own_groups = true;
	visit(&f, package);
	r = take_settings(&f);
	for (size_t i = 0; r == 0 && i < f.nqueue; i++)
		take_package(&f, f.queue[i]);
	/* whose groups were taken */
	if (r == 0 && !n->own_groups)
		add_manifest(&f, &p->packages[0], PACKAGE_PYPROJECT,
		             "pyproject.toml");
	strs_sort(&n->inputs);
	strs_sort(&n->busy);
	free(f.met);
	free(f.queue);
	return r;
}

/* All that lies there. */
static void
add_below(struct finder *f, struct str path)
{
	struct file_sig sig;

	for (uint32_t i = 0; i < f->d->nfiles; i++)
		if (!(f->d->files[i].flags & DISC_IGNORED) &&
		    path_below(f->d->files[i].path, path))
			strs_add(&f->n->inputs, f->d->files[i].path);
	if (file_sig(AT_FDCWD, path.p, &sig) == 1 && S_ISREG(sig.mode))
		strs_add(&f->n->inputs, path);
}

/* A package that the installer finds in the tree, and those that its own
 * settings lead it to. */
static void
add_found(struct finder *f, size_t package, bool in_place)
{
	const struct package *pkg = &f->p->packages[package];

	for (size_t i = 0; i < pkg->ndeps; i++)
		if (pkg->deps[i].package >= 0)
			visit(f, (size_t)pkg->deps[i].package);
	strs_add(&f->n->found, pkg->norm);
	add_busy(f, pkg);
	add_inputs(f, package);
	if (!in_place)
		add_below(f, pkg->dir);
}

void
needs_local(struct needs *n, const struct project *p,
	const struct discovery *d, struct str path, bool in_place,
	struct arena *a)
{
	struct finder f = { .n = n, .p = p, .d = d, .a = a,
		.met = xcalloc(p->npackages, sizeof(*f.met)),
		.queue = xcalloc(p->npackages, sizeof(*f.queue)) };

	for (size_t i = 0; i < p->npackages; i++)
		if (str_eq(p->packages[i].dir, path))
			visit(&f, i);
	if (!f.nqueue)
		add_below(&f, path);
	for (size_t i = 0; i < f.nqueue; i++)
		add_found(&f, f.queue[i], in_place);
	free(f.met);
	free(f.queue);
}

void
needs_release(struct needs *n)
{
	strs_release(&n->editable);
	strs_release(&n->lines);
	strs_release(&n->files);
	strs_release(&n->constraints);
	strs_release(&n->groups);
	strs_release(&n->extras);
	strs_release(&n->states);
	strs_release(&n->inputs);
	strs_release(&n->busy);
	strs_release(&n->found);
}
