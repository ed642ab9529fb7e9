/* SPDX-License-Identifier: Apache-2.0 */
#include "session/targets/changed.h"

#include <string.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/path.h"

/* What a changed file changes besides what is made from it: which files there
 * are, what names mean, what is configured. The graph is of the files that are
 * there now; these rules stand for the one there was before. */

static void
take_rule_file(struct changed *c, struct str path)
{
	uint32_t node = graph_find(c->s->graph, path);

	if (node != GRAPH_NONE)
		nodes_add(&c->reached, node);
}

static void
take_everything(struct changed *c, struct str why)
{
	if (!c->all)
		c->why = why;
	c->all = true;
}

/* Every run that was not seen. */
static void
take_rest(struct changed *c)
{
	c->rest = true;
}

/* ---- what is configuration ---- */

static bool
is_settings(struct str base)
{
	static const char *const names[] = {
		"pyproject.toml", "setup.cfg", "setup.py", "tox.ini",
		"pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml",
		".python-version", ".python-versions", ".gitignore",
		".gitmodules", "tgraph.ninja", "pyvenv.cfg",
	};

	for (size_t i = 0; i < countof(names); i++)
		if (str_is(base, names[i]))
			return true;
	return false;
}

/* Is there a directory of such a name on the way to a file? */
static bool
is_in(struct str path, bool (*name)(struct str))
{
	struct str dir = path_dir(path);

	for (; dir.n && !str_is(dir, "/"); dir = path_dir(dir))
		if (name(path_base(dir)))
			return true;
	return false;
}

/* What is installed, or says that something is. */
static bool
is_site_name(struct str name)
{
	return str_ends(name, ".egg-info") || str_ends(name, ".dist-info") ||
	       str_is(name, "site-packages");
}

/* Directories into which nobody looks. */
static bool
is_unseen(struct str name)
{
	return name.p[0] == '.' || str_is(name, "node_modules") ||
	       str_is(name, "__pycache__") || str_is(name, "CVS") ||
	       str_is(name, "_darcs");
}

/* Rules of interpreters and steps, and what interpreters have. */
static bool
decides_all(const struct changed *c, struct str path)
{
	const struct graph *g = c->s->graph;
	const struct discovery *d = &c->s->front.d;

	if (is_settings(path_base(path)) && (path.p[0] != '/' ||
	    path_below(buf_str(&c->s->root), path_dir(path))))
		return true;
	if (is_in(path, is_site_name) ||
	    path_below(path, STR(STATE_DIR "/rules")))
		return true;
	for (uint32_t i = 0; i < g->files.n; i++)
		if (str_eq(graph_text(g, g->files.p[i].path,
		                      g->files.p[i].len), path))
			return true;
	for (uint32_t i = 0; i < d->nskipped; i++)
		if (d->skipped[i].why == SKIP_VENV &&
		    path_below(path, d->skipped[i].path))
			return true;
	return false;
}

/* ---- packages ---- */

static size_t
owner(const struct changed *c, struct str path)
{
	const struct project *p = &c->s->front.p;

	return (size_t)(project_owner(p, path) - p->packages);
}

/* The runs of a package. */
static void
take_runs(struct changed *c, size_t package, struct nodes *to)
{
	const struct graph *g = c->s->graph;
	struct str name = c->s->front.p.packages[package].name;
	struct buf b = { 0 };

	for (uint32_t i = 0; i < g->steps.n; i++) {
		if (!(g->steps.p[i].flags & STEP_TEST))
			continue;
		buf_clear(&b);
		graph_binding(g, i, SYM_TG_PACKAGE, GRAPH_RAW, &b, NULL);
		if (str_eq(buf_str(&b), name))
			nodes_add(to, graph_step_out(g, i));
	}
	buf_release(&b);
}

static struct str
module_path(const struct changed *c, uint32_t module)
{
	const struct front *f = &c->s->front;

	return f->d.files[f->m.v[module].file].path;
}

/* Names in all code of a package may mean other files now. */
static void
take_package(struct changed *c, size_t package)
{
	const struct modules *m = &c->s->front.m;

	for (uint32_t i = 0; i < m->n; i++)
		if (m->v[i].package == package)
			take_rule_file(c, module_path(c, i));
	take_runs(c, package, &c->reached);
}

static void
take_kind(struct changed *c, enum graph_kind kind, struct str of)
{
	const struct graph *g = c->s->graph;

	for (uint32_t i = 0; i < g->steps.n; i++) {
		uint32_t out = graph_step_out(g, i);

		if (graph_kind(g, out) == kind &&
		    (!of.n || str_eq(graph_kind_of(g, out), of)))
			nodes_add(&c->reached, out);
	}
}

/* inputs of [tool.tgraph] that name the file. What is gone is no input of what
 * has run since. */
static void
match_inputs(struct changed *c, const struct repo_change *change)
{
	const struct project *p = &c->s->front.p;

	for (size_t i = 0; i < p->npackages; i++) {
		bool root = p->packages[i].flags & PACKAGE_ROOT;

		if (!front_is_input(&p->packages[i], change->path))
			continue;
		/* the root may speak of files of other packages */
		for (size_t k = 0; k < p->npackages; k++) {
			if (k != i && !root)
				continue;
			take_runs(c, k, &c->reached);
			if (change->how != REPO_MODIFIED)
				take_runs(c, k, &c->used);
		}
	}
}

/* ---- files that are not Python ---- */

/* A package's tests depend on all of them, and every test on the root's; also on
 * that there is none any more. */
static void
apply_data(struct changed *c, struct str path)
{
	const struct project *p = &c->s->front.p;
	size_t package = owner(c, path);
	struct str dir = p->packages[package].dir;

	if (front_is_leftover(path) || is_in(path, is_unseen))
		return;
	if (!dir.n)
		take_rest(c);
	take_kind(c, KIND_DATA, dir);
	take_runs(c, package, &c->reached);
}

/* ---- Python files that came or went ---- */

static bool
is_python(struct str path)
{
	return str_ends(path, ".py") || str_ends(path, ".so") ||
	       str_ends(path, ".pyd");
}

/* The components of an import, from the directory at which it begins. */
struct dotted {
	struct str rest;        /* of the module's name */
	struct str name;        /* what is taken from it; n 0: nothing */
};

static bool
next_component(struct dotted *d, struct str *out)
{
	const char *dot;

	if (!d->rest.n) {
		*out = d->name;
		d->name.n = 0;
		return out->n > 0;
	}
	dot = memchr(d->rest.p, '.', d->rest.n);
	out->p = d->rest.p;
	out->n = dot ? (size_t)(dot - d->rest.p) : d->rest.n;
	d->rest.p += out->n + (dot != NULL);
	d->rest.n -= out->n + (dot != NULL);
	return true;
}

/* Does some beginning of the name lead to path from the directory base, or, if
 * that is NULL, from any directory? */
static bool
leads_to(struct dotted d, const struct str *base, struct str path)
{
	struct buf way = { 0 };
	struct str component, w;
	bool is = false;

	if (base)
		buf_addstr(&way, *base);
	while (!is && next_component(&d, &component)) {
		if (way.n)
			buf_addc(&way, '/');
		buf_addstr(&way, component);
		w = buf_str(&way);
		is = base ? str_eq(w, path) : w.n <= path.n &&
		     memcmp(path.p + path.n - w.n, w.p, w.n) == 0 &&
		     (w.n == path.n || path.p[path.n - w.n - 1] == '/');
	}
	buf_release(&way);
	return is;
}

/* "a.b:C" in a string: the part before the colon names the module. */
static struct str
string_module(struct str s)
{
	const char *colon = memchr(s.p, ':', s.n);

	return (struct str){ s.p, colon ? (size_t)(colon - s.p) : s.n };
}

/* May an import of the module mean the path (a file's without its suffix, or a
 * directory's), or take it because it takes all that the package holds? */
static bool
mentions(const struct changed *c, uint32_t module,
	const struct scan_import *im, struct str path)
{
	const struct scan *s = &c->s->front.m.v[module].scan;
	struct str dir = path_dir(module_path(c, module)), *base = NULL;
	struct dotted d = { .rest = string_module(im->module) };

	if (im->level) {
		for (uint32_t up = 1; up < im->level && dir.n; up++)
			dir = path_dir(dir);
		base = &dir;
	}
	if (leads_to(d, base, path))
		return true;
	if (im->flags & IMPORT_STAR && (leads_to(d, base, path_dir(path)) ||
	    (base && str_eq(dir, path_dir(path)))))
		return true;
	for (uint32_t i = 0; i < im->names.n; i++) {
		d.name = s->names[im->names.at + i].name;
		if (leads_to(d, base, path))
			return true;
	}
	return false;
}

/* Plugins that the configuration names. */
static void
take_plugins(struct changed *c, struct str path)
{
	for (size_t i = 0; i < c->s->front.p.npackages; i++) {
		const struct str *names;
		size_t n = front_plugins(&c->s->front, i, &names);

		for (size_t k = 0; k < n; k++)
			if (leads_to((struct dotted){ .rest = names[k] }, NULL,
			             path))
				take_runs(c, i, &c->reached);
	}
}

static void
take_mentions(struct changed *c, struct str path)
{
	const struct modules *m = &c->s->front.m;

	take_plugins(c, path);
	for (uint32_t i = 0; i < m->n; i++) {
		const struct scan *s = &m->v[i].scan;

		for (uint32_t k = 0; k < s->nimports; k++)
			if (mentions(c, i, &s->imports[k], path)) {
				take_rule_file(c, module_path(c, i));
				break;
			}
	}
}

/* The path by which a file is imported: that of a package is its directory. */
static struct str
import_path(struct str path)
{
	struct str base = path_base(path);
	const char *dot = memchr(base.p, '.', base.n);

	if (str_is(base, "__init__.py"))
		return path_dir(path);
	return (struct str){ path.p, dot ? (size_t)(dot - path.p) : path.n };
}

void
changed_take_runs_below(struct changed *c, struct str dir, struct nodes *to)
{
	const struct graph *g = c->s->graph;
	struct buf file = { 0 };

	for (uint32_t i = 0; i < g->steps.n; i++) {
		if (!(g->steps.p[i].flags & STEP_TEST))
			continue;
		buf_clear(&file);
		graph_binding(g, i, SYM_TG_FILE, GRAPH_RAW, &file, NULL);
		if (path_below(buf_str(&file), dir) ||
		    path_below(dir, buf_str(&file)) ||
		    str_is(buf_str(&file), "."))
			nodes_add(to, graph_step_out(g, i));
	}
	buf_release(&file);
}

/* Code below a directory, whose place among packages is another. */
static void
take_below(struct changed *c, struct str dir)
{
	for (uint32_t i = 0; i < c->s->front.m.n; i++)
		if (path_below(module_path(c, i), dir))
			take_rule_file(c, module_path(c, i));
	changed_take_runs_below(c, dir, &c->reached);
}

/* A module may be found by its name, or by that of a directory that has no
 * other. A directory of code right below a package may be one that its code is
 * found in, or none any more. */
static void
apply_module(struct changed *c, struct str path)
{
	const struct project *p = &c->s->front.p;
	size_t package = owner(c, path);
	struct str top = p->packages[package].dir, dir = path_dir(path);

	if (str_is(path_base(path), "__init__.py"))
		take_below(c, dir);
	take_mentions(c, import_path(path));
	for (; dir.n && !str_eq(dir, top); dir = path_dir(dir)) {
		if (map_get(&c->stable, dir))
			return;
		take_mentions(c, dir);
		if (str_eq(path_dir(dir), top) ||
		    !discover_find_dir(&c->s->front.d, dir))
			take_rest(c);
		for (size_t k = 0; k < p->packages[package].nroots; k++)
			if (path_below(p->packages[package].roots[k], dir))
				take_rest(c);
	}
}

static void
apply_came_or_went(struct changed *c, const struct repo_change *change)
{
	struct str path = change->path, dir = path_dir(path);
	size_t package = owner(c, path);
	const struct package *pkg = &c->s->front.p.packages[package];

	take_kind(c, KIND_ALL, STR(""));
	apply_module(c, path);
	if (str_is(path_base(path), "conftest.py"))
		take_below(c, dir);
	/* Where tests lie, names are looked for in another order. */
	if (!map_get(&c->testing, dir) && front_collects(&c->s->front, path))
		take_package(c, package);
	if (pkg->config.granularity == GRANULARITY_PACKAGE)
		take_runs(c, package, &c->reached);
}

/* ---- Python files that are others ---- */

/* Does the text of a package's files decide which runs there are: which need
 * pytest, which have tests for unittest? */
static bool
chooses_runs(const struct changed *c, size_t package)
{
	const struct front *f = &c->s->front;
	enum config_runner runner = f->p.packages[package].config.runner;

	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];

		if (row->package == package && !front_row_skipped(f, row) &&
		    runner == RUNNER_AUTO && !f->in.v[row->interp].pytest.n)
			return true;
	}
	return runner == RUNNER_UNITTEST;
}

/* Code that changes sys.path changes what names mean in all of its package, a
 * conftest of the root everywhere. */
static bool
changed_sys_path(struct changed *c, const struct repo_change *change)
{
	uint32_t id = modules_find(&c->s->front.m, change->path);
	bool now = id != MODULE_NONE &&
		c->s->front.m.v[id].scan.flags & SCAN_SYS_PATH;
	struct buf old = { 0 };
	struct arena a = { 0 };
	struct scan scan = { 0 };
	bool was;

	if (change->how == REPO_ADDED)
		return now;
	if (!c->repo || !repo_old(c->repo, change, &old)) {
		buf_release(&old);
		return now || change->how == REPO_DELETED;
	}
	scan_source(buf_str(&old).p, old.n, &a, &scan);
	was = scan.flags & SCAN_SYS_PATH;
	arena_release(&a);
	buf_release(&old);
	return was != now;
}

static void
apply_python(struct changed *c, const struct repo_change *change)
{
	struct str path = change->path;
	size_t package = owner(c, path);

	if (is_in(path, is_unseen))
		return;
	if (changed_sys_path(c, change)) {
		if (str_is(path, "conftest.py"))
			take_rest(c);
		take_package(c, package);
	}
	if (chooses_runs(c, package))
		take_package(c, package);
	if (change->how != REPO_MODIFIED)
		apply_came_or_went(c, change);
}

/* ---- */

void
changed_apply(struct changed *c, size_t i)
{
	struct repo_change *change = &c->v[i];
	struct str path = change->path, dir;
	const struct disc_file *file;

	if (change->how == REPO_SUBMODULE || decides_all(c, path) ||
	    discover_find_link(&c->s->front.d, path)) {
		take_everything(c, path);
		return;
	}
	/* Nodes may be directories. */
	for (dir = path; dir.n && !str_is(dir, "/"); dir = path_dir(dir))
		take_rule_file(c, dir);
	if (!path.n || path.p[0] == '/' || state_owns(path))
		return;
	match_inputs(c, change);
	if (is_python(path)) {
		apply_python(c, change);
		return;
	}
	/* what git ignores is no data */
	file = discover_find(&c->s->front.d, path);
	if (file ? !(file->flags & DISC_IGNORED) : change->how == REPO_DELETED)
		apply_data(c, path);
}

static void
note_above(struct map *dirs, struct str dir)
{
	int added;

	for (;; dir = path_dir(dir)) {
		map_put(dirs, dir, &added);
		if (!added || !dir.n)
			break;
	}
}

void
changed_index(struct changed *c)
{
	const struct modules *m = &c->s->front.m;

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].how == REPO_ADDED)
			map_put(&c->fresh, c->v[i].path, NULL);
	for (uint32_t i = 0; i < m->n; i++) {
		struct str path = module_path(c, i);

		if (map_get(&c->fresh, path))
			continue;
		note_above(&c->stable, path_dir(path));
		if (m->v[i].flags & (MODULE_TEST | MODULE_CONFTEST))
			map_put(&c->testing, path_dir(path), NULL);
	}
}
