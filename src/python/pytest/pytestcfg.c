/* SPDX-License-Identifier: Apache-2.0 */
#include "python/pytest/pytestcfg.h"

#include <glob.h>
#include <string.h>

#include "python/pytest/addopts.h"
#include "python/pytest/internal.h"
#include "text/glob.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/path.h"

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
		pytest_list_add(a, &c->no_plugins, (struct str){ name.p + 3,
			name.n - 3 });
	else
		pytest_list_add(a, &c->plugins, name);
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
			b.inifile = pytest_list_path(a, c->dir, v);
		else if (option(args, &i, "--rootdir", &v))
			b.rootdir = pytest_list_path(a, c->dir, v);
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
			pytest_list_add(a, out, v);
		else if (str_starts(args->v[i], "-o") && args->v[i].n > 2)
			pytest_list_add(a, out, (struct str){ args->v[i].p + 2,
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
			pytest_list_add(a, &globs, v);
		else if (option(args, &i, "--ignore", &v))
			pytest_list_add(a, &c->ignores,
				pytest_list_path(a, c->dir, v));
		else if (option(args, &i, "--ignore-glob", &v))
			pytest_list_add(a, &c->ignore_globs,
				pytest_list_path(a, c->dir, v));
		else if (option(args, &i, "--confcutdir", &v))
			c->confcutdir = pytest_list_path(a, c->dir, v);
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
pattern_matches(struct str pattern)
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
		pytest_list_add(a, &out, arena_dup(a, buf_str(&b)));
		any |= pattern_matches(out.v[out.n - 1]);
	}
	c->testpaths = any ? out : (struct pytest_list){ 0 };
	buf_release(&b);
}

/* Whatever is named in addopts is collected, and nothing else. */
static void
named_paths(struct arena *a, const struct pytest_options *o,
	struct pytestcfg *c)
{
	static const struct pytest_options none;
	struct pytest_list paths;
	struct buf b = {0};
	size_t i;

	addopts_paths(a, o ? o : &none, &c->addopts, c->dir, &paths, &c->ids);
	if (paths.n + c->ids.n)
		c->testpaths = (struct pytest_list){ 0 };
	for (i = 0; i < paths.n + c->ids.n; i++) {
		struct str path = i < paths.n ? paths.v[i]
		                              : c->ids.v[i - paths.n];

		if (i >= paths.n)
			path.n -= addopts_id(path).n;
		buf_clear(&b);
		add_escaped(&b, path);
		pytest_list_add(a, &c->testpaths, arena_dup(a, buf_str(&b)));
	}
	buf_release(&b);
}

/* Does an absolute pattern name the package, what it is in, or what may be in
 * it? */
static bool
concerns(struct str pattern, struct str package)
{
	size_t n, depth = 0;

	if (memmem(pattern.p, pattern.n, "**", 2))
		return true;
	for (n = 1; n <= package.n; n++) {
		if (n < package.n && package.p[n] != '/')
			continue;
		depth++;
		if (glob_path(pattern, (struct str){ package.p, n }))
			return true;
	}
	for (n = 1; n < pattern.n && depth; n++)
		depth -= pattern.p[n] == '/';
	pattern.n = n - 1;
	return depth == 0 && glob_path(pattern, package);
}

/* What is collected of a package that the test paths have nothing to do with is
 * what pytest collects that is given the package. */
static void
leave_others(struct pytestcfg *c)
{
	size_t i;

	for (i = 0; i < c->testpaths.n; i++)
		if (concerns(c->testpaths.v[i], c->package))
			return;
	if (!str_eq(c->package, c->dir))
		c->testpaths = (struct pytest_list){ 0 };
}

static void
default_settings(struct arena *a, struct pytestcfg *c)
{
	static const struct str python_files[] = { { "test_*.py", 9 },
		{ "*_test.py", 9 } };
	static const struct str norecurse[] = { { "*.egg", 5 }, { ".*", 2 },
		{ "_darcs", 6 }, { "build", 5 }, { "CVS", 3 }, { "dist", 4 },
		{ "node_modules", 12 }, { "venv", 4 }, { "{arch}", 6 } };
	size_t i;

	for (i = 0; i < countof(python_files); i++)
		pytest_list_add(a, &c->python_files, python_files[i]);
	for (i = 0; i < countof(norecurse); i++)
		pytest_list_add(a, &c->norecursedirs, norecurse[i]);
	pytest_list_add(a, &c->python_classes, STR("Test"));
	pytest_list_add(a, &c->python_functions, STR("test"));
	pytest_list_add(a, &c->doctest_globs, STR("test*.txt"));
	c->collect_imported_tests = true;
}

static int
read_values(struct pytest_values *v, struct pytestcfg *c)
{
	bool strict = false;

	if (values_args(v, "python_files", &c->python_files) < 0 ||
	    values_args(v, "python_classes", &c->python_classes) < 0 ||
	    values_args(v, "python_functions", &c->python_functions) < 0 ||
	    values_args(v, "testpaths", &c->testpaths) < 0 ||
	    values_args(v, "norecursedirs", &c->norecursedirs) < 0 ||
	    values_args(v, "usefixtures", &c->usefixtures) < 0 ||
	    values_lines(v, "markers", &c->markers) < 0 ||
	    values_paths(v, "pythonpath", &c->pythonpath) < 0 ||
	    values_bool(v, "collect_imported_tests",
	    &c->collect_imported_tests) < 0 ||
	    values_bool(v, "consider_namespace_packages",
	    &c->consider_namespace_packages) < 0 ||
	    values_bool(v, "strict", &strict) < 0)
		return -1;
	c->strict_markers = strict;
	c->django = values_has(v, "DJANGO_SETTINGS_MODULE");
	return values_bool(v, "strict_markers", &c->strict_markers) < 0 ? -1 :
		0;
}

/* The configuration's addopts with more behind them. */
static int
all_addopts(struct pytest_values *v, struct pytestcfg *c,
	const struct pytest_list *more)
{
	struct pytest_list own = {0};
	size_t i;

	if (c->configured && values_args(v, "addopts", &own) < 0)
		return -1;
	for (i = 0; i < own.n; i++)
		pytest_list_add(v->a, &c->addopts, own.v[i]);
	for (i = 0; i < more->n; i++)
		pytest_list_add(v->a, &c->addopts, more->v[i]);
	return 0;
}

/* The file with the settings, and where pytest is run. */
static int
find_settings(struct pytestcfg *c, struct pytestcfg_read *read, const char *top,
	int major, const struct pytest_list *env, struct pytest_values *out)
{
	struct before before = read_before(read->a, c, env);
	bool named = before.inifile.n;

	if (pytestcfg_find(c, read, major, before.inifile, out) < 0)
		return -1;
	if (c->configured && !named && c->inifile.n &&
	    path_below(c->inifile, str_of(top))) {
		c->dir = arena_dup(read->a, path_dir(c->inifile));
		before = read_before(read->a, c, env);
	}
	if (before.rootdir.n)
		c->rootdir = before.rootdir;
	return 0;
}

int
pytestcfg_load(struct pytestcfg *c, struct pytestcfg_read *read,
	const char *package, const char *top, int major, const char *more,
	struct err *err)
{
	struct arena *a = read->a;
	struct pytest_values found = { .a = a, .err = err };
	struct pytest_list env = {0};

	*c = (struct pytestcfg){ .inifile = STR("") };
	c->package = pytest_list_path(a, STR("/"), str_of(package));
	c->dir = c->package;
	default_settings(a, c);
	if (pytest_list_split(a, str_of(more ? more : ""), &env, err) < 0)
		return err_at(err, "PYTEST_ADDOPTS", 0, 0);
	if (find_settings(c, read, top, major, &env, &found) < 0)
		return -1;
	c->confcutdir = c->inifile.n ? arena_dup(a, path_dir(c->inifile)) :
		c->rootdir;
	found.path = c->inifile;
	found.base = c->inifile.n ? path_dir(c->inifile) : c->dir;
	if (all_addopts(&found, c, &env) < 0)
		return -1;
	read_overrides(a, &c->addopts, &found.overrides);
	if ((c->configured || found.overrides.n) &&
	    read_values(&found, c) < 0)
		return -1;
	read_addopts(a, c);
	resolve_testpaths(a, c);
	named_paths(a, read->options, c);
	leave_others(c);
	return 0;
}

void
pytestcfg_plugins(struct pytestcfg *c, struct arena *a, const char *names)
{
	while (names && *names) {
		size_t n = strcspn(names, ",");

		if (n)
			pytest_list_add(a, &c->plugins,
				(struct str){ names, n });
		names += n + (names[n] == ',');
	}
}
