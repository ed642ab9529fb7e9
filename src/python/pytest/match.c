/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/pytest/pytestcfg.h"
#include "text/glob.h"
#include "util/path.h"

/* What pytest with a configuration collects. */

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

static bool
is_test_file(const struct pytestcfg *c, struct str path)
{
	return str_ends(path, ".py") && any_match(&c->python_files, path);
}

static bool
has_doctests(const struct pytestcfg *c)
{
	size_t i;

	for (i = 0; i < c->no_plugins.n; i++) {
		if (str_is(c->no_plugins.v[i], "doctest"))
			return false;
	}
	return true;
}

/* Named on the command line, such a file is one of doctests. */
static bool
is_text(struct str path)
{
	return str_ends(path, ".txt") || str_ends(path, ".rst");
}

/* Is it a text file whose doctests are collected (--doctest-glob), and are
 * doctests run at all? */
static bool
is_doctest_file(const struct pytestcfg *c, struct str path)
{
	return has_doctests(c) && !str_ends(path, ".py") &&
	       any_match(&c->doctest_globs, path);
}

bool
pytestcfg_may_be_text(const struct pytestcfg *c, struct str path)
{
	return is_doctest_file(c, path) || (has_doctests(c) && is_text(path));
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
	       !(str_is(base, "setup.py") && str_eq(path_dir(path),
	       c->package));
}

/* Is the file collected from a walk that begins at the first n bytes of its
 * path? The whole path: it is named itself. */
static bool
from_base(const struct pytestcfg *c, size_t n, struct str path)
{
	if (n == path.n)
		return str_ends(path, ".py") ||
		       pytestcfg_may_be_text(c, path);
	return reached(c, n, path) && (is_test_file(c, path) ||
		is_doctest_module(c, path) ||
		is_doctest_file(c, path));
}

bool
pytestcfg_collects(const struct pytestcfg *c, struct str path)
{
	size_t i, n;

	if (c->testpaths.n == 0)
		return path_below(path, c->package) &&
		       from_base(c, c->package.n > 1 ? c->package.n : 0,
		       path);
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
