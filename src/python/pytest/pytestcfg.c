/* SPDX-License-Identifier: Apache-2.0 */
#include "python/pytest/pytestcfg.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "python/pytest/addopts.h"
#include "python/pytest/internal.h"
#include "text/glob.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

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
	struct pytest_values found;
	struct ini ini;
};

static int
fail(struct finder *f, struct str path, int line, const char *what)
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
		return fail(f, path, table->line, "pytest must be a table");
	for (k = table ? NULL : t->keys; k; k = k->next) {
		if (k->value->type != TOML_TABLE)
			return fail(f, path, k->line, "pytest's settings must "
				"be in the table [pytest]");
	}
	f->found.toml = table;
	f->found.native = true;
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
		return fail(f, path, table->line, "[tool.pytest] and "
			"[tool.pytest.ini_options] cannot both be used");
	if (f->major >= 9 && others) {
		f->found.toml = table;
		f->found.native = true;
		return 1;
	}
	if (!ini)
		return 0;
	if (ini->type != TOML_TABLE)
		return fail(f, path, ini->line,
			"tool.pytest.ini_options must be a table");
	f->found.toml = ini;
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
	f->found.ini = ini_section(&f->ini, kind == KIND_SETUP_CFG ?
		"tool:pytest" : "pytest");
	wrong = ini_section(&f->ini, "pytest");
	if (kind == KIND_SETUP_CFG && !f->found.ini && wrong)
		return fail(f, path, wrong->line, "pytest reads its settings "
			"in setup.cfg from [tool:pytest], not [pytest]");
	return f->found.ini || kind == KIND_PYTEST_INI;
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
kind_of(struct str path)
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
take(struct finder *f, struct pytestcfg *c, struct str path)
{
	bool there;
	int r = try_file(f, kind_of(path), path, &there);

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

static int
find_root(struct finder *f, struct pytestcfg *c, struct str named)
{
	struct str dir;
	int r = named.n ? take(f, c, named) : locate(f, c);

	if (r < 0)
		return -1;
	c->configured = r > 0;
	if (c->rootdir.n)
		return 0;
	for (dir = c->dir; !has_setup_py(dir) && dir.n > 1;)
		dir = path_dir(dir);
	c->rootdir = has_setup_py(dir) ? arena_dup(f->a, dir) : c->dir;
	return 0;
}

int
pytestcfg_split(struct arena *a, struct str text, struct pytest_list *out,
	struct err *err)
{
	struct buf b = {0};
	bool word = false;
	size_t cap = 0;
	char quote = 0, c;
	size_t i;
	struct str *grown;

	*out = (struct pytest_list){ 0 };
	for (i = 0; i <= text.n; i++) {
		c = i < text.n ? text.p[i] : ' ';
		if (i == text.n && quote)
			break;
		if (quote ? c == quote : c == '"' || c == '\'') {
			quote = quote ? 0 : c;
			word = true;
		} else if (c == '\\' && quote != '\'') {
			if (i + 1 == text.n)
				break;
			if (quote && text.p[i + 1] != '"' &&
			    text.p[i + 1] != '\\')
				buf_addc(&b, c);
			else
				buf_addc(&b, text.p[++i]);
			word = true;
		} else if (!quote && strchr(" \t\r\n", c) && c) {
			if (!word)
				continue;
			if (out->n == cap) {
				cap = cap ? cap * 2 : 8;
				grown = arena_alloc(a, cap * sizeof(*grown));
				if (out->n)
					memcpy(grown, out->v, out->n *
						sizeof(*grown));
				out->v = grown;
			}
			out->v[out->n++] = arena_dup(a, buf_str(&b));
			buf_clear(&b);
			word = false;
		} else {
			buf_addc(&b, c);
			word = true;
		}
	}
	buf_release(&b);
	if (i <= text.n)
		return err_set(err, quote ? "no closing quotation in '%.*s'" :
			"nothing after the backslash in '%.*s'", (int)text.n,
			text.p);
	return 0;
}

static void
push(struct arena *a, struct pytest_list *l, struct str s)
{
	struct str *grown;

	if ((l->n & (l->n - 1)) == 0) {
		grown = arena_alloc(a, (l->n ? l->n * 2 : 1) *
			sizeof(*grown));
		if (l->n)
			memcpy(grown, l->v, l->n * sizeof(*grown));
		l->v = grown;
	}
	l->v[l->n++] = s;
}

/* path as seen from dir, absolute. */
static struct str
absolute(struct arena *a, struct str dir, struct str path)
{
	struct buf b = {0};
	struct str s;

	path_join(&b, dir, path);
	if (b.n)
		b.n = path_fold(b.p, b.n);
	s = arena_dup(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* "--name=value", or "--name" with the next argument as the value. */
static bool
option(const struct pytest_list *args, size_t *i, const char *name,
	struct str *value)
{
	struct str s = args->v[*i];
	size_t n = strlen(name);

	if (!str_starts(s, name))
		return false;
	if (s.n > n && s.p[n] == '=') {
		*value = (struct str){ s.p + n + 1, s.n - n - 1 };
		return true;
	}
	if (s.n != n || *i + 1 == args->n)
		return false;
	*value = args->v[++*i];
	return true;
}

static void
plugin(struct arena *a, struct pytestcfg *c, struct str name)
{
	if (str_starts(name, "no:"))
		push(a, &c->no_plugins, (struct str){ name.p + 3,
			name.n - 3 });
	else
		push(a, &c->plugins, name);
}

static void
import_mode(struct pytestcfg *c, struct str s)
{
	if (str_is(s, "importlib"))
		c->import_mode = IMPORT_IMPORTLIB;
	else if (str_is(s, "append"))
		c->import_mode = IMPORT_APPEND;
	else if (str_is(s, "prepend"))
		c->import_mode = IMPORT_PREPEND;
}

/* Options that count before the configuration is read. */
struct before {
	struct str inifile, rootdir;    /* absolute; "": not given */
};

static struct before
read_before(struct arena *a, const struct pytestcfg *c,
	const struct pytest_list *args)
{
	struct before b = { STR(""), STR("") };
	struct str v;
	size_t i;

	for (i = 0; i < args->n; i++) {
		if (option(args, &i, "-c", &v) ||
		    option(args, &i, "--config-file", &v))
			b.inifile = absolute(a, c->dir, v);
		else if (option(args, &i, "--rootdir", &v))
			b.rootdir = absolute(a, c->dir, v);
	}
	return b;
}

/* What -o says. */
static void
read_overrides(struct arena *a, const struct pytest_list *args,
	struct pytest_list *out)
{
	struct str v;
	size_t i;

	for (i = 0; i < args->n; i++) {
		if (option(args, &i, "-o", &v) ||
		    option(args, &i, "--override-ini", &v))
			push(a, out, v);
		else if (str_starts(args->v[i], "-o") && args->v[i].n > 2)
			push(a, out, (struct str){ args->v[i].p + 2,
				args->v[i].n - 2 });
	}
}

static void
read_addopts(struct arena *a, struct pytestcfg *c)
{
	const struct pytest_list *args = &c->addopts;
	struct pytest_list globs = {0};
	struct str v;
	size_t i;

	for (i = 0; i < args->n; i++) {
		if (str_is(args->v[i], "--doctest-modules"))
			c->doctest_modules = true;
		else if (str_is(args->v[i], "--no-doctest-modules"))
			c->doctest_modules = false;
		else if (str_is(args->v[i], "--collect-in-virtualenv"))
			c->collect_in_virtualenv = true;
		else if (str_is(args->v[i], "--strict-markers") ||
		         str_is(args->v[i], "--strict"))
			c->strict_markers = true;
		else if (option(args, &i, "-p", &v))
			plugin(a, c, v);
		else if (str_starts(args->v[i], "-p") && args->v[i].n > 2)
			plugin(a, c, (struct str){ args->v[i].p + 2,
				args->v[i].n - 2 });
		else if (option(args, &i, "--ds", &v))
			c->django = true;
		else if (option(args, &i, "--import-mode", &v))
			import_mode(c, v);
		else if (option(args, &i, "--doctest-glob", &v))
			push(a, &globs, v);
		else if (option(args, &i, "--ignore", &v))
			push(a, &c->ignores, absolute(a, c->dir, v));
		else if (option(args, &i, "--ignore-glob", &v))
			push(a, &c->ignore_globs, absolute(a, c->dir, v));
		else if (option(args, &i, "--confcutdir", &v))
			c->confcutdir = absolute(a, c->dir, v);
	}
	if (globs.n)
		c->doctest_globs = globs;
}

/* dir with the characters that mean something in globs escaped. */
static void
add_escaped(struct buf *b, struct str dir)
{
	size_t i;

	for (i = 0; i < dir.n; i++) {
		if (strchr("*?[\\", dir.p[i]) && dir.p[i])
			buf_addc(b, '\\');
		buf_addc(b, dir.p[i]);
	}
}

static bool
is_there(struct str pattern)
{
	glob_t g;
	bool is;

	if (memmem(pattern.p, pattern.n, "**", 2))
		return true;
	is = glob(pattern.p, GLOB_NOSORT, NULL, &g) == 0;
	if (is)
		globfree(&g);
	return is;
}

/* Makes the test paths absolute patterns; drops them all if none is there, as
 * pytest then looks everywhere. */
static void
resolve_testpaths(struct arena *a, struct pytestcfg *c)
{
	struct pytest_list out = {0};
	struct buf b = {0};
	bool any = false;
	size_t i;

	for (i = 0; str_eq(c->rootdir, c->dir) && i < c->testpaths.n; i++) {
		buf_clear(&b);
		if (c->testpaths.v[i].n && c->testpaths.v[i].p[0] != '/') {
			add_escaped(&b, c->dir);
			buf_addc(&b, '/');
		}
		buf_addstr(&b, c->testpaths.v[i]);
		if (b.n)
			b.n = path_fold(b.p, b.n);
		push(a, &out, arena_dup(a, buf_str(&b)));
		any |= is_there(out.v[out.n - 1]);
	}
	c->testpaths = any ? out : (struct pytest_list){ 0 };
	buf_release(&b);
}

/* Whatever is named in addopts is collected, and nothing else. */
static void
named_paths(struct arena *a, struct pytestcfg *c)
{
	struct pytest_list paths;
	struct buf b = {0};
	size_t i;

	addopts_paths(a, &c->addopts, c->dir, &paths);
	if (paths.n)
		c->testpaths = (struct pytest_list){ 0 };
	for (i = 0; i < paths.n; i++) {
		buf_clear(&b);
		add_escaped(&b, paths.v[i]);
		push(a, &c->testpaths, arena_dup(a, buf_str(&b)));
	}
	buf_release(&b);
}

static void
defaults(struct arena *a, struct pytestcfg *c)
{
	static const struct str python_files[] = { { "test_*.py", 9 },
		{ "*_test.py", 9 } };
	static const struct str norecurse[] = { { "*.egg", 5 }, { ".*", 2 },
		{ "_darcs", 6 }, { "build", 5 }, { "CVS", 3 }, { "dist", 4 },
		{ "node_modules", 12 }, { "venv", 4 }, { "{arch}", 6 } };
	size_t i;

	for (i = 0; i < countof(python_files); i++)
		push(a, &c->python_files, python_files[i]);
	for (i = 0; i < countof(norecurse); i++)
		push(a, &c->norecursedirs, norecurse[i]);
	push(a, &c->python_classes, STR("Test"));
	push(a, &c->python_functions, STR("test"));
	push(a, &c->doctest_globs, STR("test*.txt"));
	c->collect_imported_tests = true;
}

static int
read_values(struct pytest_values *v, struct pytestcfg *c)
{
	bool strict = false;

	if (pytest_args(v, "python_files", &c->python_files) < 0 ||
	    pytest_args(v, "python_classes", &c->python_classes) < 0 ||
	    pytest_args(v, "python_functions", &c->python_functions) < 0 ||
	    pytest_args(v, "testpaths", &c->testpaths) < 0 ||
	    pytest_args(v, "norecursedirs", &c->norecursedirs) < 0 ||
	    pytest_args(v, "usefixtures", &c->usefixtures) < 0 ||
	    pytest_lines(v, "markers", &c->markers) < 0 ||
	    pytest_paths(v, "pythonpath", &c->pythonpath) < 0 ||
	    pytest_bool(v, "collect_imported_tests",
	    &c->collect_imported_tests) < 0 ||
	    pytest_bool(v, "consider_namespace_packages",
	    &c->consider_namespace_packages) < 0 ||
	    pytest_bool(v, "strict", &strict) < 0)
		return -1;
	c->strict_markers = strict;
	c->django = pytest_has(v, "DJANGO_SETTINGS_MODULE");
	return pytest_bool(v, "strict_markers", &c->strict_markers) < 0 ? -1 :
		0;
}

/* The configuration's addopts with more behind them. */
static int
all_addopts(struct pytest_values *v, struct pytestcfg *c,
	const struct pytest_list *more)
{
	struct pytest_list own = {0};
	size_t i;

	if (c->configured && pytest_args(v, "addopts", &own) < 0)
		return -1;
	for (i = 0; i < own.n; i++)
		push(v->a, &c->addopts, own.v[i]);
	for (i = 0; i < more->n; i++)
		push(v->a, &c->addopts, more->v[i]);
	return 0;
}

void
pytestcfg_read_release(struct pytestcfg_read *read)
{
	map_release(&read->at);
	free(read->toml);
	*read = (struct pytestcfg_read){ 0 };
}

int
pytestcfg_load(struct pytestcfg *c, struct pytestcfg_read *read,
	const char *dir, int major, const char *more, struct err *err)
{
	struct arena *a = read->a;
	struct finder f = { .a = a, .read = read,
		.major = major ? major : 1000, .err = err,
		.found = { .a = a, .err = err } };
	struct pytest_list env = {0};
	struct before before;

	*c = (struct pytestcfg){ .dir = absolute(a, STR("/"), str_of(dir)),
		.inifile = STR("") };
	defaults(a, c);
	if (pytestcfg_split(a, str_of(more ? more : ""), &env, err) < 0)
		return err_at(err, "PYTEST_ADDOPTS", 0, 0);
	before = read_before(a, c, &env);
	if (find_root(&f, c, before.inifile) < 0)
		return -1;
	if (before.rootdir.n)
		c->rootdir = before.rootdir;
	c->confcutdir = c->inifile.n ? arena_dup(a, path_dir(c->inifile)) :
		c->rootdir;
	f.found.path = c->inifile;
	f.found.base = c->inifile.n ? path_dir(c->inifile) : c->dir;
	if (all_addopts(&f.found, c, &env) < 0)
		return -1;
	read_overrides(a, &c->addopts, &f.found.overrides);
	if ((c->configured || f.found.overrides.n) &&
	    read_values(&f.found, c) < 0)
		return -1;
	read_addopts(a, c);
	resolve_testpaths(a, c);
	named_paths(a, c);
	return 0;
}

void
pytestcfg_plugins(struct pytestcfg *c, struct arena *a, const char *names)
{
	while (names && *names) {
		size_t n = strcspn(names, ",");

		if (n)
			push(a, &c->plugins, (struct str){ names, n });
		names += n + (names[n] == ',');
	}
}

static bool
any_match(const struct pytest_list *patterns, struct str path)
{
	size_t i;

	for (i = 0; i < patterns->n; i++) {
		if (glob_fnmatch_path(patterns->v[i], path))
			return true;
	}
	return false;
}

bool
pytestcfg_is_test_file(const struct pytestcfg *c, struct str path)
{
	return str_ends(path, ".py") && any_match(&c->python_files, path);
}

bool
pytestcfg_is_doctest_file(const struct pytestcfg *c, struct str path)
{
	size_t i;

	for (i = 0; i < c->no_plugins.n; i++) {
		if (str_is(c->no_plugins.v[i], "doctest"))
			return false;
	}
	return !str_ends(path, ".py") && any_match(&c->doctest_globs, path);
}

/* Does --ignore or --ignore-glob name exactly this file or directory? */
static bool
ignored(const struct pytestcfg *c, struct str path)
{
	size_t i;

	for (i = 0; i < c->ignores.n; i++) {
		if (str_eq(c->ignores.v[i], path))
			return true;
	}
	for (i = 0; i < c->ignore_globs.n; i++) {
		if (glob_fnmatch(c->ignore_globs.v[i], path))
			return true;
	}
	return false;
}

/* Does a walk from the directory base get to the file at path? */
static bool
reached(const struct pytestcfg *c, size_t base, struct str path)
{
	size_t i;

	for (i = base + 1; i < path.n; i++) {
		struct str dir = { path.p, i };

		if (path.p[i] == '/' && (ignored(c, dir) ||
		    any_match(&c->norecursedirs, dir)))
			return false;
	}
	return !ignored(c, path);
}

/* pytest leaves out a setup.py that uses setuptools: the package's own is
 * taken to. */
static bool
is_doctest_module(const struct pytestcfg *c, struct str path)
{
	struct str base = path_base(path);

	return c->doctest_modules && str_ends(path, ".py") &&
	       !str_is(base, "__main__.py") &&
	       !(str_is(base, "setup.py") && str_eq(path_dir(path), c->dir));
}

/* Is the file collected from a walk that begins at the first n bytes of its
 * path? The whole path: it is named itself. */
static bool
from_base(const struct pytestcfg *c, size_t n, struct str path)
{
	if (n == path.n)
		return str_ends(path, ".py") || str_ends(path, ".txt") ||
		       str_ends(path, ".rst");
	return reached(c, n, path) && (pytestcfg_is_test_file(c, path) ||
		is_doctest_module(c, path) ||
		pytestcfg_is_doctest_file(c, path));
}

bool
pytestcfg_collects(const struct pytestcfg *c, struct str path)
{
	size_t i, n;

	if (c->testpaths.n == 0)
		return path_below(path, c->dir) &&
		       from_base(c, c->dir.n > 1 ? c->dir.n : 0, path);
	for (i = 0; i < c->testpaths.n; i++) {
		for (n = 1; n <= path.n; n++) {
			if (n < path.n && path.p[n] != '/')
				continue;
			if (glob_path(c->testpaths.v[i],
			    (struct str){ path.p, n }) &&
			    from_base(c, n, path))
				return true;
		}
	}
	return false;
}

bool
pytestcfg_is_name(const struct pytest_list *patterns, struct str name)
{
	size_t i;

	for (i = 0; i < patterns->n; i++) {
		struct str p = patterns->v[i];

		if (name.n >= p.n && memcmp(name.p, p.p, p.n) == 0)
			return true;
		if (glob_is(p) && glob_fnmatch(p, name))
			return true;
	}
	return false;
}
