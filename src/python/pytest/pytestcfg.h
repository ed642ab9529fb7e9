/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_PYTEST_PYTESTCFG_H
#define TG_PYTHON_PYTEST_PYTESTCFG_H

#include <stdbool.h>
#include <stddef.h>

#include "python/pytest/options.h"
#include "text/toml.h"
#include "util/arena.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/str.h"

enum pytest_import_mode { IMPORT_PREPEND, IMPORT_APPEND, IMPORT_IMPORTLIB };

struct pytest_list {
	struct str *v;
	size_t n;
};

/* pytest's configuration as it is for every file of one package. */
struct pytestcfg {
	struct str package;     /* absolute: whose tests are asked for */
	struct str dir;         /* absolute: where pytest is run */
	struct str rootdir;     /* absolute */
	struct str inifile;     /* absolute; "" if there is none */
	struct str confcutdir;  /* absolute */
	bool configured;        /* a file with a pytest section was found */
	struct pytest_list python_files, python_classes, python_functions;
	struct pytest_list testpaths;   /* absolute, globs; none if they do not
	                                 * count: rootdir is not dir, nothing is
	                                 * there, or none has to do with the
	                                 * package. What addopts names counts
	                                 * instead */
	struct pytest_list ids;         /* in addopts, "PATH::ID" with an
	                                 * absolute path: of these files only
	                                 * that */
	struct pytest_list norecursedirs;
	struct pytest_list pythonpath;  /* absolute */
	struct pytest_list addopts;     /* split as a shell does, and what
	                                 * PYTEST_ADDOPTS has */
	struct pytest_list plugins;     /* -p NAME of addopts, without "no:" */
	struct pytest_list no_plugins;  /* -p no:NAME */
	struct pytest_list ignores;     /* --ignore: absolute */
	struct pytest_list ignore_globs;        /* --ignore-glob: absolute */
	struct pytest_list doctest_globs;       /* --doctest-glob, or its
	                                         * default */
	struct pytest_list usefixtures, markers;
	enum pytest_import_mode import_mode;
	bool doctest_modules;
	bool django;            /* names a settings module for pytest-django */
	bool collect_imported_tests;
	bool consider_namespace_packages;
	bool collect_in_virtualenv;
	bool strict_markers;
};

/* What several packages read: a TOML file above them is parsed once, and taken
 * to stay as it is. Zero-initialise it but for the first two; all that is read
 * is kept in the arena, which must outlive it. */
struct pytestcfg_read {
	struct arena *a;
	const struct pytest_options *options;   /* NULL: none is known */
	struct map at;          /* absolute path -> place in toml */
	const struct toml **toml;
	size_t n, cap;
};
void pytestcfg_read_release(struct pytestcfg_read *read);

/* Finds and reads the configuration that pytest (of the given major version;
 * 0: newest) uses for the tests of a package (its absolute directory), with
 * more (NULL: none) as the environment's PYTEST_ADDOPTS. It is run there, or,
 * if the file with its settings lies above it and in the absolute directory
 * top, where that is: as a workspace's users run it. What c gets is in the
 * arena of read. -1: a file that pytest itself would refuse; err has its path
 * and line. */
int pytestcfg_load(struct pytestcfg *c, struct pytestcfg_read *read,
	const char *package, const char *top, int major, const char *more,
	struct err *err);
/* Adds the plugins that the environment's PYTEST_PLUGINS names (NULL: none). */
void pytestcfg_plugins(struct pytestcfg *c, struct arena *a, const char *names);
/* Would pytest, run in dir without arguments, collect the file of the package
 * at path (absolute, folded)? Looks at testpaths, norecursedirs, --ignore,
 * python_files and doctest options; not at conftest.py code, nor at the disk
 * (virtual environments are the caller's to leave out). */
bool pytestcfg_collects(const struct pytestcfg *c, struct str path);
/* Could pytest collect doctests from a file of this name that is no Python: if
 * --doctest-glob fits, or if it is named itself? (pytestcfg_collects says
 * whether it does.) */
bool pytestcfg_may_be_text(const struct pytestcfg *c, struct str path);

#endif
