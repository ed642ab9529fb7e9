/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "front/internal.h"
#include "python/index/record.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/strs.h"

/* A module with one of these may use files that its imports do not name. */
static const uint32_t wide_flags = SCAN_ERROR | SCAN_COMPUTED |
	SCAN_PLUGINS_COMPUTED | SCAN_PROCESS | SCAN_PY_PATH;

static bool
imports_top(const struct scan *scan, const char *name)
{
	size_t n = strlen(name);

	for (uint32_t i = 0; i < scan->nimports; i++) {
		struct str module = scan->imports[i].module;

		if (str_starts(module, name) &&
		    (module.n == n || module.p[n] == '.'))
			return true;
	}
	return false;
}

/* Which names of a path's directories, but the first (as home), which says
 * nothing, a string of the file has: as bits. */
static uint32_t
names_of(const char *path, const struct scan *scan)
{
	const char *p = strchr(path + 1, '/');
	uint32_t names = 0;

	p = p ? p : path;
	for (unsigned i = 0; p && i < NAMES_ROOT; i++, p = strchr(p, '/')) {
		size_t n = strcspn(++p, "/");

		if (scan_has_words(scan, (struct str){ p, n }))
			names |= UINT32_C(1) << i;
	}
	return names;
}

/* Where the environments of the tests lie, as names_of() wants it: below "/." if
 * it is in the root. */
static void
env_places(struct front *f, struct strs *out)
{
	struct str root = str_of(f->o->root);
	struct buf b = { 0 };

	for (size_t i = 0; i < f->matrix.n; i++) {
		struct str path;

		if (front_row_skipped(f, &f->matrix.rows[i]))
			continue;
		path = f->in.v[f->matrix.rows[i].interp].path;
		path = path_dir(path_dir(path));
		buf_clear(&b);
		if (path_below(path, root)) {
			buf_adds(&b, "/./");
			path_relative(&b, root, path);
		} else {
			buf_addstr(&b, path);
		}
		if (b.n)
			strs_add(out, arena_dup(&f->arena, buf_str(&b)));
	}
	/* many packages, one environment */
	strs_sort(out);
	buf_release(&b);
}

static void
find_names(struct front *f)
{
	struct modules *m = &f->m;
	struct strs places = { 0 };

	env_places(f, &places);
	for (uint32_t i = 0; i < m->n; i++) {
		struct module *mod = &m->v[i];

		if (mod->flags & MODULE_EXT)
			continue;
		mod->names = names_of(f->o->root, &mod->scan);
		for (size_t k = 0; k < places.n; k++)
			if (names_of(places.v[k].p, &mod->scan))
				mod->names |= NAMES_INTERP;
		if (mod->scan.flags & SCAN_PREFIX)
			mod->names |= NAMES_PREFIX;
	}
	strs_release(&places);
}

/* Scans every Python file, through the index. */
static int
scan_all(struct front *f, const struct state *s, struct err *err)
{
	struct front_private *p = f->priv;
	struct modules *m = &f->m;
	struct buf path = { 0 };
	uint32_t n = 0;
	int r;

	buf_addf(&path, "%s/index", f->o->state_dir);
	r = test_index_open(&p->index, path.p, NULL, err);
	p->files = xcalloc(m->n + 1, sizeof(*p->files));
	for (uint32_t i = 0; i < m->n; i++) {
		const struct disc_file *file = &f->d.files[m->v[i].file];

		if (m->v[i].flags & MODULE_EXT)
			continue;
		p->files[n].path = arena_strdup(&f->arena, file->path.p);
		if (s->g)
			state_lookup(s, file->path, &file->sig,
			             &p->files[n].digest);
		n++;
	}
	if (r >= 0) {
		f->nfailed = scan_store_fill(p->files, n, f->o->threads,
			&p->index, f->o->progress, f->o->ctx, &p->scans);
		r = f->o->read_only ? 0 : scan_store_save(path.p, p->files, n,
		                                           &p->index, err);
		if (r < 0 && !err->code)
			err->code = EXIT_ENV;
	}
	n = 0;
	for (uint32_t i = 0; r >= 0 && i < m->n; i++) {
		struct str rec;

		if (m->v[i].flags & MODULE_EXT)
			continue;
		rec = p->files[n++].record;
		record_decode_imports(rec.p, rec.n, &f->arena, &m->v[i].scan);
		m->v[i].scan.flags |= record_flags(rec.p, rec.n);
		/* Django finds modules by the names in its settings. */
		if (record_flags(rec.p, rec.n) & wide_flags ||
		    imports_top(&m->v[i].scan, "django"))
			m->v[i].flags |= MODULE_WIDE;
	}
	find_names(f);
	buf_release(&path);
	return r < 0 ? -1 : 0;
}

/* A function of the module, or a method of a class without bases that pytest
 * takes for one of tests: unittest would not find it. */
static bool
is_plain_test(const struct scan *scan, const struct scan_def *def)
{
	const struct scan_def *cls;

	if (def->flags & DEF_CLASS || !str_starts(def->name, "test"))
		return false;
	if (def->parent == SCAN_MODULE)
		return true;
	cls = &scan->defs[def->parent];
	return cls->flags & DEF_CLASS && cls->parent == SCAN_MODULE &&
	       !cls->bases.n && str_starts(cls->name, "Test");
}

static bool
has_plain_tests(struct str rec)
{
	struct arena a = { 0 };
	struct scan scan;
	bool has = !record_decode(rec.p, rec.n, &a, &scan);

	for (uint32_t i = 0; i < scan.ndefs && !has; i++)
		has = is_plain_test(&scan, &scan.defs[i]);
	arena_release(&a);
	return has;
}

/* Does a file say that only pytest can run it? One that knows nothing of
 * unittest may have its base classes from elsewhere. */
static bool
wants_pytest(const struct scan *scan, bool test, struct str rec)
{
	return imports_top(scan, "pytest") || imports_top(scan, "_pytest") ||
	       (test && !imports_top(scan, "unittest") &&
	        has_plain_tests(rec));
}

size_t
front_plugins(const struct front *f, size_t package, const struct str **names)
{
	*names = f->priv->pkg[package].cfg.plugins.v;
	return f->priv->pkg[package].cfg.plugins.n;
}

static bool
is_test(struct front *f, const struct package *pkg,
	const struct front_package *fp, const struct disc_file *file)
{
	struct str abs;

	if (!front_may_test(pkg, file->path))
		return false;
	if (pkg->config.runner == RUNNER_UNITTEST)
		return front_unit_name(file->path);
	abs = arena_fmt(&f->arena, "%s/%.*s", f->o->root, (int)file->path.n,
	                file->path.p);
	return pytestcfg_collects(&fp->cfg, abs);
}

bool
front_collects(struct front *f, struct str path)
{
	const struct package *pkg = project_owner(&f->p, path);
	const struct front_package *fp = &f->priv->pkg[pkg - f->p.packages];
	struct disc_file file = { .path = path };

	return str_is(path_base(path), "conftest.py") ||
	       (fp->loaded && is_test(f, pkg, fp, &file));
}

/* The major version of the pytest that will run a package's tests; 0: none of
 * its interpreters has one. */
static int
pytest_major(const struct front *f, size_t package)
{
	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];

		if (row->package == package && row->chosen &&
		    f->in.v[row->interp].pytest.n)
			return atoi(f->in.v[row->interp].pytest.p);
	}
	return 0;
}

/* Is coverage measured under one of the package's interpreters? */
static bool
measures(const struct front *f, const struct front_package *fp)
{
	size_t package = (size_t)(fp - f->priv->pkg);

	for (size_t i = 0; fp->cover.on && i < f->matrix.n; i++)
		if (f->matrix.rows[i].package == package &&
		    f->matrix.rows[i].chosen &&
		    f->in.v[f->matrix.rows[i].interp].coverage.n)
			return true;
	return false;
}

/* Options that are not for the run of a file, but decide how pytest ends. */
static void
tell_left_out(struct front *f, const struct front_package *fp)
{
	const struct str name = STR("--cov-fail-under");

	if (measures(f, fp))
		return;
	for (size_t i = 0; i < fp->cfg.addopts.n; i++) {
		struct str word = fp->cfg.addopts.v[i];

		if (word.n > name.n && word.p[name.n] == '=')
			word.n = name.n;
		if (str_eq(word, name))
			warnings_add(&f->p.warnings, &f->arena,
				front_graph_name(f, fp->cfg.inifile), 0, 0,
				"%s in addopts does not count: coverage is "
				"not measured", name.p);
	}
}

static void
scan_package(struct front *f, size_t at, struct pytestcfg_read *read)
{
	struct package *pkg = &f->p.packages[at];
	struct front_package *fp = &f->priv->pkg[at];
	struct buf dir = { 0 };

	if (pkg->err.msg)
		return;
	path_join(&dir, str_of(f->o->root), pkg->dir);
	if (pytestcfg_load(&fp->cfg, read, dir.p, f->o->root,
	                   pytest_major(f, at), getenv("PYTEST_ADDOPTS"),
	                   &pkg->err) == 0)
		fp->loaded = true;
	front_cover_read(f, at);
	tell_left_out(f, fp);
	pytestcfg_plugins(&fp->cfg, &f->arena, getenv("PYTEST_PLUGINS"));
	fp->cfg.django |= getenv("DJANGO_SETTINGS_MODULE") != NULL;
	buf_release(&dir);
}

static void
add_test(struct front_package *fp, uint32_t id)
{
	fp->tests = vec_grow(fp->tests, &fp->tests_cap, fp->ntests + 1,
	                     sizeof(*fp->tests));
	fp->tests[fp->ntests++] = id;
}

/* Without an example pytest makes no test of a text. */
static bool
has_examples(const struct front *f, struct str file)
{
	struct buf path = { 0 }, text = { 0 };
	bool has;

	path_join(&path, str_of(f->o->root), file);
	has = file_read(path.p, &text, NULL) > 0 && text.n &&
		memmem(text.p, text.n, ">>> ", 4);
	buf_release(&path);
	buf_release(&text);
	return has;
}

/* Doctests in files that are no Python source. */
static void
find_texts(struct front *f)
{
	for (uint32_t i = 0; i < f->d.nfiles; i++) {
		const struct disc_file *file = &f->d.files[i];
		const struct package *pkg;
		struct front_package *fp;

		if (f->m.by_file[i] != MODULE_NONE)
			continue;
		pkg = project_owner(&f->p, file->path);
		fp = &f->priv->pkg[pkg - f->p.packages];
		if (!fp->loaded || pkg->config.runner == RUNNER_UNITTEST ||
		    !pytestcfg_may_be_text(&fp->cfg, file->path) ||
		    !is_test(f, pkg, fp, file) || !has_examples(f, file->path))
			continue;
		add_test(fp, modules_add_text(&f->m, i));
		fp->ntexts++;
	}
}

static void
need_pytest(struct front_package *fp, struct str path)
{
	if (!fp->needs_pytest)
		fp->pytest_file = path;
	fp->needs_pytest = true;
}

/* Gives each package its test files. */
static void
find_tests(struct front *f)
{
	struct modules *m = &f->m;
	uint32_t scanned = 0;

	for (uint32_t i = 0; i < m->n; i++) {
		struct module *mod = &m->v[i];
		struct front_package *fp = &f->priv->pkg[mod->package];
		struct str rec;
		bool test;

		if (mod->flags & MODULE_EXT)
			continue;
		rec = f->priv->files[scanned++].record;
		if (!fp->loaded)
			continue;
		test = is_test(f, &f->p.packages[mod->package], fp,
		               &f->d.files[mod->file]);
		if ((test || (mod->flags & MODULE_CONFTEST)) &&
		    wants_pytest(&mod->scan, test, rec))
			need_pytest(fp, f->d.files[mod->file].path);
		if (!test)
			continue;
		mod->flags |= MODULE_TEST;
		add_test(fp, i);
	}
	find_texts(f);
}

/* A directory of an interpreter's sys.path, if it is in the repository. */
static void
add_site_dirs(struct front *f, const struct interp *in, struct str dir)
{
	struct str root = str_of(f->o->root);

	if (in->state != INTERP_OK || dir.n <= root.n || !path_below(dir, root))
		return;
	dir.p += root.n + 1;
	dir.n -= root.n + 1;
	modules_root(&f->m, dir, MODULE_NONE);
}

/* A directory (absolute) on sys.path for a package's tests. */
static void
add_path_dir(struct front *f, size_t package, struct str dir)
{
	struct str root = str_of(f->o->root);

	if (!path_below(dir, root))
		return;
	dir.p += dir.n == root.n ? root.n : root.n + 1;
	dir.n -= dir.n == root.n ? root.n : root.n + 1;
	modules_root(&f->m, dir, (uint32_t)package);
}

/* Directories that pytest's pythonpath, where it is run, and editable installs
 * put on sys.path. */
static void
add_roots(struct front *f)
{
	for (size_t i = 0; i < f->p.npackages; i++) {
		const struct front_package *fp = &f->priv->pkg[i];

		for (size_t k = 0; k < fp->cfg.pythonpath.n; k++)
			add_path_dir(f, i, fp->cfg.pythonpath.v[k]);
		if (fp->loaded && !str_eq(fp->cfg.dir, fp->cfg.package))
			add_path_dir(f, i, fp->cfg.dir);
	}
	for (size_t i = 0; i < f->in.n; i++) {
		const struct interp *in = &f->in.v[i];

		for (size_t k = 0; k < in->nsite_dirs; k++)
			add_site_dirs(f, in, in->site_dirs[k]);
		for (size_t k = 0; k < in->neditables; k++)
			add_site_dirs(f, in, path_dir(in->editables[k].path));
	}
}

int
front_scan(struct front *f, const struct state *s, struct err *err)
{
	struct pytestcfg_read read = {
		.a = &f->arena, .options = &f->priv->options,
	};

	f->priv->pkg = xcalloc(f->p.npackages, sizeof(*f->priv->pkg));
	modules_begin(&f->m, &f->arena, &f->d, &f->p);
	if (scan_all(f, s, err) < 0)
		return -1;
	for (size_t i = 0; i < f->p.npackages; i++)
		scan_package(f, i, &read);
	pytestcfg_read_release(&read);
	find_tests(f);
	add_roots(f);
	modules_resolve(&f->m);
	front_collectors(f);
	front_units(f);
	return 0;
}
