/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>

#include "observe/internal.h"
#include "util/mem.h"
#include "util/path.h"

/* What a step asked for and is none of its inputs all the same. */

/* A directory that the step has made, and that is not there any more; of a test,
 * one that lies where such are made. */
static bool
is_temporary(const struct observations *o, struct observation *f)
{
	struct stat st;

	if (!(f->what & OBSERVED_MADE))
		return false;
	if (o->test && path_below(f->path, o->tmp) &&
	    !path_below(f->path, o->root))
		return true;
	if (!(f->what & OBSERVED_ASKED)) {
		f->what |= OBSERVED_ASKED;
		if (lstat(f->path.p, &st) < 0)
			f->what |= OBSERVED_GONE;
	}
	return f->what & OBSERVED_GONE;
}

bool
observe_is_in_own(const struct observations *o, struct str path)
{
	for (; path.n > 1; path = path_dir(path)) {
		const struct map_slot *slot = map_get(&o->paths, path);

		if (slot && (o->v[slot->value].what & OBSERVED_MOVED ||
		             is_temporary(o, &o->v[slot->value])))
			return true;
	}
	return false;
}

bool
observe_is_own(const struct observations *o, struct str path)
{
	const struct observation *f = observation_find(o, path);

	return (f && f->what & OBSERVED_MADE) || observe_is_in_own(o, path);
}

/* Libraries of the system, and what it keeps to find them. */
static bool
is_library(struct str path)
{
	static const char *const dirs[] = {
		"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib",
	};

	if (!strstr(path_base(path).p, ".so"))
		return false;
	for (size_t i = 0; i < countof(dirs); i++)
		if (path_below(path, str_of(dirs[i])))
			return true;
	return false;
}

/* Is one of these the path's end, or does a slash follow it there? */
static bool
has_name(const char *path, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *at = strstr(path, names[i]);

		if (at && (at[strlen(names[i])] == '/' ||
		           at[strlen(names[i])] == '\0'))
			return true;
	}
	return false;
}

/* Is it in what Python and test runners keep for themselves? path: the end of
 * one, from a slash. */
static bool
is_cache(const char *path)
{
	static const char *const names[] = {
		"/__pycache__", "/.pytest_cache", "/.hypothesis", "/.tgraph",
	};

	return has_name(path, names, countof(names));
}

/* Is it below a directory that pytest, or pytgraph for it, has for temporary
 * files? */
static bool
is_pytest_tmp(const struct observations *o, struct str path)
{
	const char *name = path.p + o->tmp.n;
	size_t n;

	if (!path_below(path, o->tmp) || path_below(o->root, path) ||
	    path_below(path, o->root))
		return false;
	if (strncmp(name, "/pytest-of-", 11) == 0)
		return true;
	n = strncmp(name, "/tgraph-", 8) == 0 ? strspn(name + 8, "0123456789")
	                                      : 0;
	return n && (name[8 + n] == '\0' || name[8 + n] == '/');
}

/* What a terminal is like is for reports: test runners load a line editor that
 * asks for it. */
static bool
is_of_terminal(struct str path)
{
	static const char *const names[] = {
		"/terminfo", "/.terminfo", "/inputrc", "/.inputrc",
	};

	return has_name(path.p, names, countof(names));
}

bool
observe_is_of_terminal(const char *name)
{
	static const char *const names[] = {
		"TERM", "TERMINFO", "TERMINFO_DIRS", "LINES", "COLUMNS",
		"NCURSES_NO_PADDING", "INPUTRC",
	};

	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* The cache of a tgraph that a test runs. */
static bool
is_store(struct str path)
{
	static const char *const names[] = { "/cache/tgraph", "/.cache/tgraph" };

	return has_name(path.p, names, countof(names));
}

/* What lies where things are installed, but is not looked at when it is found
 * out what is (python/interp/installed.h). path: from there. */
static bool
is_unknown(const char *path)
{
	static const char *const names[] = {
		"/.git", "/.hg", "/.svn", "/.tox", "/.nox", "/.venv",
		"/.mypy_cache", "/.ruff_cache", "/node_modules",
		".dist-info/direct_url.json",
	};

	return has_name(path, names, countof(names));
}

/* Below the working directory nothing is one for its name but for caches, and
 * where that itself lies does not count, nor if it is where things are
 * installed. */
static bool
is_known_elsewhere(const struct observations *o, struct str path)
{
	bool in_root = path_below(path, o->root);

	for (size_t i = 0; i < o->nknown; i++)
		if (path_below(path, o->known[i]) &&
		    !(in_root && path_below(o->root, o->known[i])))
			return !is_unknown(path.p + o->known[i].n);
	if (in_root)
		return is_cache(path.p + (o->root.n > 1 ? o->root.n : 0));
	return is_store(path) || is_library(path) || is_cache(path.p) ||
	       is_pytest_tmp(o, path) || is_of_terminal(path);
}

bool
observe_is_no_input(const struct reading *r, struct str path)
{
	if (r->in_tree && (!path_below(path, r->o->root) ||
	                   str_is(path_base(path), "pyvenv.cfg")))
		return true;
	return path_below(path, STR("/proc")) ||
	       path_below(path, STR("/sys")) ||
	       path_below(path, STR("/dev")) || path_below(path, r->dir) ||
	       (r->o->test && is_known_elsewhere(r->o, path));
}
