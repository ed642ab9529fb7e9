/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/stat.h>

#include "python/pytest/internal.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

/* Which file has pytest's configuration, and what the root is. */

/* Files that may hold the configuration, in the order they are tried in. */
enum kind { KIND_PYTEST_TOML, KIND_PYTEST_INI, KIND_PYPROJECT, KIND_TOX,
	KIND_SETUP_CFG };

static const struct {
	const char *name;
	enum kind kind;
	int since;              /* major version of pytest */
} files[] = {
	{ "pytest.toml", KIND_PYTEST_TOML, 9 },
	{ ".pytest.toml", KIND_PYTEST_TOML, 9 },
	{ "pytest.ini", KIND_PYTEST_INI, 0 },
	{ ".pytest.ini", KIND_PYTEST_INI, 9 },
	{ ".pytest.ini", KIND_TOX, 0 },         /* must have the section */
	{ "pyproject.toml", KIND_PYPROJECT, 0 },
	{ "tox.ini", KIND_TOX, 0 },
	{ "setup.cfg", KIND_SETUP_CFG, 0 },
};

struct finder {
	struct arena *a;
	struct pytestcfg_read *read;
	int major;
	struct err *err;
	struct pytest_values *found;
	struct ini ini;
};

static int
find_fail(struct finder *f, struct str path, int line, const char *what)
{
	err_set(f->err, "%s", what);
	return err_at(f->err, path.p, line, 0);
}

/* pytest.toml: only the table [pytest] may be there; the file counts even if
 * it is empty. */
static int
from_pytest_toml(struct finder *f, const struct toml *t, struct str path)
{
	const struct toml *table = toml_get(t, "pytest");
	const struct toml_key *k;

	if (table && table->type != TOML_TABLE)
		return find_fail(f, path, table->line,
			"pytest must be a table");
	for (k = table ? NULL : t->keys; k; k = k->next) {
		if (k->value->type != TOML_TABLE)
			return find_fail(f, path, k->line,
				"pytest's settings must "
				"be in the table [pytest]");
	}
	f->found->toml = table;
	f->found->native = true;
	return 1;
}

static int
from_pyproject(struct finder *f, const struct toml *t, struct str path)
{
	const struct toml *table = toml_path(t, "tool.pytest");
	const struct toml *ini = toml_get(table, "ini_options");
	size_t others = table && table->type == TOML_TABLE ?
		table->n - (ini != NULL) : 0;

	if (f->major >= 9 && others && ini && ini->n)
		return find_fail(f, path, table->line, "[tool.pytest] and "
			"[tool.pytest.ini_options] cannot both be used");
	if (f->major >= 9 && others) {
		f->found->toml = table;
		f->found->native = true;
		return 1;
	}
	if (!ini)
		return 0;
	if (ini->type != TOML_TABLE)
		return find_fail(f, path, ini->line,
			"tool.pytest.ini_options must be a table");
	f->found->toml = ini;
	return 1;
}

/* The file as it was parsed before, or now. 1, 0 missing, -1 error. */
static int
read_toml(struct finder *f, struct str path, const struct toml **out)
{
	struct pytestcfg_read *read = f->read;
	struct map_slot *slot = map_get(&read->at, path);
	struct buf text = {0};
	int r;

	if (slot) {
		*out = read->toml[slot->value];
		return 1;
	}
	r = file_read(path.p, &text, f->err);
	if (r > 0) {
		*out = toml_parse(f->a, text.p ? text.p : "", text.n, f->err);
		if (!*out)
			r = err_at(f->err, path.p, f->err ? f->err->line : 0,
				f->err ? f->err->col : 0);
	}
	if (r > 0) {
		read->toml = vec_grow(read->toml, &read->cap, read->n + 1,
			sizeof(*read->toml));
		read->toml[read->n] = *out;
		map_put(&read->at, path, NULL)->value = (uint32_t)read->n++;
	}
	buf_release(&text);
	return r;
}

static int
from_toml(struct finder *f, enum kind kind, struct str path)
{
	const struct toml *t;
	int r = read_toml(f, path, &t);

	if (r <= 0)
		return r;
	return kind == KIND_PYPROJECT ? from_pyproject(f, t, path) :
		from_pytest_toml(f, t, path);
}

static int
from_ini(struct finder *f, enum kind kind, struct str path)
{
	const struct ini_section *wrong;
	struct buf text = {0};
	int r = file_read(path.p, &text, f->err);

	if (r > 0 && ini_parse(f->a, text.p ? text.p : "", text.n, INI_PYTEST,
	    &f->ini, f->err) < 0)
		r = err_at(f->err, path.p, f->err ? f->err->line : 0, 0);
	buf_release(&text);
	if (r <= 0)
		return r;
	f->found->ini = ini_section(&f->ini, kind == KIND_SETUP_CFG ?
		"tool:pytest" : "pytest");
	wrong = ini_section(&f->ini, "pytest");
	if (kind == KIND_SETUP_CFG && !f->found->ini && wrong)
		return find_fail(f, path, wrong->line,
			"pytest reads its settings "
			"in setup.cfg from [tool:pytest], not [pytest]");
	return f->found->ini || kind == KIND_PYTEST_INI;
}

/* Is there a configuration in this file? 1 yes, 0 no, -1 error. *there: the
 * file exists. */
static int
try_file(struct finder *f, size_t i, struct str path, bool *there)
{
	enum kind kind = files[i].kind;
	struct stat st;

	*there = false;
	if (stat(path.p, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	*there = true;
	return kind == KIND_PYPROJECT || kind == KIND_PYTEST_TOML ?
		from_toml(f, kind, path) : from_ini(f, kind, path);
}

static bool
has_setup_py(struct str dir)
{
	struct buf b = {0};
	struct stat st;
	bool has;

	buf_addf(&b, "%.*s/setup.py", (int)dir.n, dir.p);
	has = stat(b.p, &st) == 0 && S_ISREG(st.st_mode);
	buf_release(&b);
	return has;
}

/* Which of `files` a configuration file that is named is read as. */
static size_t
kind_by_name(struct str path)
{
	struct str base = path_base(path);
	size_t i;

	for (i = 0; i < countof(files); i++) {
		if (str_is(base, files[i].name))
			return i;
	}
	for (i = 0; i < countof(files); i++) {
		if (files[i].kind == (str_ends(path, ".toml") ?
		    KIND_PYPROJECT : str_ends(path, ".cfg") ?
		    KIND_SETUP_CFG : KIND_TOX))
			break;
	}
	return i;
}

/* The file that -c names. 1, 0 or -1. */
static int
take_named(struct finder *f, struct pytestcfg *c, struct str path)
{
	bool there;
	int r = try_file(f, kind_by_name(path), path, &there);

	c->rootdir = arena_dup(f->a, path_dir(path));
	c->inifile = path;
	return r;
}

/* The file with the settings, from dir upwards. 1, 0 or -1. */
static int
locate(struct finder *f, struct pytestcfg *c)
{
	struct str dir = c->dir, path, pyproject = {0};
	bool there;
	size_t i;
	int r;

	for (;; dir = path_dir(dir)) {
		for (i = 0; i < countof(files); i++) {
			if (f->major < files[i].since)
				continue;
			path = arena_fmt(f->a, "%.*s%s%s", (int)dir.n, dir.p,
				dir.n > 1 ? "/" : "", files[i].name);
			r = try_file(f, i, path, &there);
			if (there && files[i].kind == KIND_PYPROJECT &&
			    !pyproject.p && f->major >= 8)
				pyproject = path;
			if (r != 0) {
				c->rootdir = arena_dup(f->a, dir);
				c->inifile = path;
				return r;
			}
		}
		if (dir.n <= 1)
			break;
	}
	if (pyproject.p) {
		c->rootdir = arena_dup(f->a, path_dir(pyproject));
		c->inifile = pyproject;
	}
	return 0;
}

int
pytestcfg_find(struct pytestcfg *c, struct pytestcfg_read *read, int major,
	struct str named, struct pytest_values *out)
{
	struct finder f = { .a = read->a, .read = read,
		.major = major ? major : 1000, .err = out->err, .found = out };
	struct str dir;
	int r = named.n ? take_named(&f, c, named) : locate(&f, c);

	if (r < 0)
		return -1;
	c->configured = r > 0;
	if (c->rootdir.n)
		return 0;
	for (dir = c->dir; !has_setup_py(dir) && dir.n > 1;)
		dir = path_dir(dir);
	c->rootdir = has_setup_py(dir) ? arena_dup(f.a, dir) : c->dir;
	return 0;
}

void
pytestcfg_read_release(struct pytestcfg_read *read)
{
	map_release(&read->at);
	free(read->toml);
	*read = (struct pytestcfg_read){ 0 };
}
