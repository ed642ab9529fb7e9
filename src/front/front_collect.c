/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "front/internal.h"
#include "python/index/record.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

/* Conftest files and plugins of the repository that make tests of files that
 * are no test files by name: which ones, only their code knows. */

static const char hook_name[] = "pytest_collect_file";

/* Does a text mention what changes which files are tests? */
static bool
changes_rules(struct str text)
{
	static const char *const names[] = {
		"addinivalue_line", "doctestmodules", "doctestglob",
	};

	for (size_t i = 0; i < countof(names); i++)
		if (memmem(text.p, text.n, names[i], strlen(names[i])))
			return true;
	return false;
}

/* Does a module, by its scan and record, add to python_files, or turn doctests
 * on, when pytest is configured? */
static bool
adds_files(const struct scan *s, struct str rec)
{
	static const char line[] = "addinivalue_line";

	if (!changes_rules(rec))
		return false;
	return !memmem(rec.p, rec.n, line, sizeof(line) - 1) ||
	       scan_has_words(s, STR("python_files"));
}

/* Could a module's scan hold the hook? A conftest may have it from anywhere,
 * another module must define it. */
static bool
has_hook(const struct front *f, uint32_t module, struct str rec)
{
	const struct module *mod = &f->m.v[module];
	const struct scan *s = &mod->scan;

	if (!rec.n)
		return false;
	if (adds_files(s, rec))
		return true;
	if (!memmem(rec.p, rec.n, hook_name, sizeof(hook_name) - 1))
		return false;
	if (mod->flags & MODULE_CONFTEST)
		return true;
	for (uint32_t i = 0; i < s->hooks.n; i++)
		if (str_is(s->texts[s->hooks.at + i], hook_name))
			return true;
	return false;
}

static void
add_collector(struct front_package *fp, uint32_t module)
{
	for (size_t i = 0; i < fp->ncollectors; i++)
		if (fp->collectors[i] == module)
			return;
	fp->collectors = vec_grow(fp->collectors, &fp->collectors_cap,
	                          fp->ncollectors + 1,
	                          sizeof(*fp->collectors));
	fp->collectors[fp->ncollectors++] = module;
}

/* A conftest's hook is asked for all that is below its directory: is there
 * another one of the package above it? */
static bool
is_hooked_above(const struct front *f, uint32_t module, const bool *hooked)
{
	struct str dir = path_dir(f->d.files[f->m.v[module].file].path);
	struct buf b = { 0 };
	bool covered = false;

	while (dir.n && !covered) {
		uint32_t id;

		dir = path_dir(dir);
		buf_clear(&b);
		path_join(&b, dir, STR("conftest.py"));
		id = modules_find(&f->m, buf_str(&b));
		covered = id != MODULE_NONE && hooked[id] &&
			f->m.v[id].package == f->m.v[module].package;
	}
	buf_release(&b);
	return covered;
}

static void
add_hooked(struct front *f, struct front_package *fp, uint32_t from,
	struct str name, const bool *hooked)
{
	uint32_t id = modules_lookup(&f->m, from, name, 0);

	if (id != MODULE_NONE && hooked[id])
		add_collector(fp, id);
}

/* The plugins that a conftest names; -p and PYTEST_PLUGINS name the others. */
static void
add_plugins(struct front *f, uint32_t conftest, const bool *hooked)
{
	struct module *mod = &f->m.v[conftest];
	struct front_package *fp = &f->priv->pkg[mod->package];

	for (uint32_t i = 0; i < mod->scan.nimports; i++)
		if (mod->scan.imports[i].flags & IMPORT_PLUGIN)
			add_hooked(f, fp, conftest, mod->scan.imports[i].module,
			           hooked);
	for (size_t i = 0; i < fp->cfg.plugins.n; i++)
		add_hooked(f, fp, conftest, fp->cfg.plugins.v[i], hooked);
}

/* Which modules could have the hook; NULL if none does. */
static bool *
find_hooks(struct front *f)
{
	bool *hooked = xcalloc(f->m.n + 1, sizeof(*hooked));
	uint32_t n = 0, found = 0;

	for (uint32_t i = 0; i < f->m.n; i++) {
		if (f->m.v[i].flags & MODULE_EXT)
			continue;
		hooked[i] = has_hook(f, i, f->priv->files[n++].record);
		found += hooked[i];
	}
	if (found)
		return hooked;
	free(hooked);
	return NULL;
}

/* A plugin's hook is asked for the whole package, and the others with it. */
static void
prefer_plugin(const struct front *f, struct front_package *fp)
{
	for (size_t i = 0; i < fp->ncollectors; i++)
		if (!(f->m.v[fp->collectors[i]].flags & MODULE_CONFTEST)) {
			fp->collectors[0] = fp->collectors[i];
			fp->ncollectors = 1;
			return;
		}
}

void
front_collectors(struct front *f)
{
	bool *hooked = find_hooks(f);

	for (uint32_t i = 0; hooked && i < f->m.n; i++) {
		struct module *mod = &f->m.v[i];
		struct front_package *fp = &f->priv->pkg[mod->package];

		if (!fp->loaded || !(mod->flags & MODULE_CONFTEST))
			continue;
		if (hooked[i] && !is_hooked_above(f, i, hooked))
			add_collector(fp, i);
		add_plugins(f, i, hooked);
	}
	for (size_t i = 0; hooked && i < f->p.npackages; i++)
		prefer_plugin(f, &f->priv->pkg[i]);
	free(hooked);
}

static bool
text_has_hook(const char *path)
{
	struct buf text = { 0 };
	bool has = file_read(path, &text, NULL) > 0 && text.n &&
		(memmem(text.p, text.n, hook_name, sizeof(hook_name) - 1) ||
		 (memmem(text.p, text.n, "addinivalue_line", 16) &&
		  memmem(text.p, text.n, "python_files", 12)));

	buf_release(&text);
	return has;
}

/* A package may have its hooks from any module beside its __init__.py. */
static bool
dir_has_hook(const char *path)
{
	DIR *dir = opendir(path);
	struct buf file = { 0 };
	struct dirent *de;
	bool has = false;

	while (dir && !has && (de = readdir(dir)) != NULL) {
		if (!str_ends(str_of(de->d_name), ".py"))
			continue;
		buf_clear(&file);
		path_join(&file, str_of(path), str_of(de->d_name));
		has = text_has_hook(file.p);
	}
	if (dir)
		closedir(dir);
	buf_release(&file);
	return has;
}

bool
front_plugins_collect(const struct interp *in)
{
	struct buf path = { 0 };
	bool has = false;

	for (size_t i = 0; i < in->nplugins && !has; i++)
		for (size_t k = 0; k < in->nsite_dirs && !has; k++) {
			struct str module = in->plugins[i].module;
			size_t from;

			buf_clear(&path);
			path_join(&path, in->site_dirs[k], STR(""));
			if (!path.n || path.p[path.n - 1] != '/')
				buf_addc(&path, '/');
			from = path.n;
			buf_addstr(&path, module);
			for (size_t c = from; c < path.n; c++)
				if (path.p[c] == '.')
					path.p[c] = '/';
			has = dir_has_hook(path.p);
			buf_adds(&path, ".py");
			has |= text_has_hook(path.p);
		}
	buf_release(&path);
	return has;
}
