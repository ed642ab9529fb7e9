/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_IMPORTS_MODULES_H
#define TG_PYTHON_IMPORTS_MODULES_H

#include <stdbool.h>
#include <stdint.h>

#include "python/project/project.h"
#include "python/scan/scan.h"
#include "python/tree/discover.h"
#include "util/arena.h"
#include "util/hash.h"
#include "util/str.h"

/* The Python files of a repository, what each imports of the others, and the
 * cycles among them. Errs on the side of too much: a name that may mean
 * several files means all of them. */

#define MODULE_NONE UINT32_MAX

enum module_flag {
	MODULE_TEST     = 1u << 0,      /* a test file */
	MODULE_CONFTEST = 1u << 1,
	MODULE_TESTTREE = 1u << 2,      /* lies where tests lie: its own
	                                 * package's names come first */
	MODULE_EXT      = 1u << 3,      /* a compiled extension module, or text:
	                                 * no source to scan */
	MODULE_WIDE     = 1u << 4,      /* may use any file: its closure is the
	                                 * whole repository */
};

enum names {
	NAMES_ROOT = 30,        /* bits for names of the root's path */
	NAMES_INTERP = 1u << 30,        /* strings have names of an
	                                 * interpreter's path */
	NAMES_PREFIX = 1u << 31,        /* SCAN_PREFIX, in whatever file */
};

struct module {
	uint32_t file;          /* in discovery.files */
	uint32_t package;       /* in project.packages */
	uint32_t flags;
	uint32_t group;
	uint32_t deps, ndeps;   /* in modules.deps: modules, ascending */
	uint32_t names;         /* bits: which names of the root's path its
	                         * strings have, and enum names; the caller's
	                         * to fill in */
	struct scan scan;       /* imports and flags; zero for extensions */
};

/* A strongly connected component: modules that import each other. Numbered so
 * that a group's dependencies have smaller numbers. */
struct group {
	uint32_t members, nmembers;     /* in modules.members */
	uint32_t deps, ndeps;           /* in modules.group_deps: groups */
	bool wide;                      /* a member is MODULE_WIDE */
	uint32_t names;                 /* those of the tests' own files among
	                                 * it and all that it may use */
};

struct modules {
	struct arena *arena;
	const struct discovery *d;
	const struct project *p;
	uint32_t names;                 /* of all tests' own files */
	struct module *v;               /* in the order of files */
	uint32_t n;
	uint32_t *by_file;              /* by file: module or MODULE_NONE */
	uint32_t *deps;
	size_t ndeps, deps_cap;
	struct group *groups;
	uint32_t ngroups;
	uint32_t *members;
	uint32_t *group_deps;
	size_t ngroup_deps, group_deps_cap;
	struct resolver *r;             /* private */
};

/* Makes a module of every Python file and extension module of d. Everything
 * lives in the arena, or is freed by modules_release. */
void modules_begin(struct modules *m, struct arena *a,
	const struct discovery *d, const struct project *p);
/* A test file that is no Python source (text with doctests, which may import
 * anything), like an extension module that nobody imports; its id. */
uint32_t modules_add_text(struct modules *m, uint32_t file);
/* A directory (from the root) that is on sys.path for the tests of one package
 * (number), or of all (MODULE_NONE: editable installs). */
void modules_root(struct modules *m, struct str dir, uint32_t package);
/* The directory that pytest puts on sys.path for the file (rootdir of its
 * package: the first directory upwards without __init__.py). */
struct str modules_base(const struct modules *m, struct str path);
/* Resolves all imports, then finds the groups. Scans must be filled in. */
void modules_resolve(struct modules *m);
/* Files that a dotted name may mean, seen from module from; appended to
 * modules.deps. For pytest's -p and the like. */
void modules_add_name(struct modules *m, uint32_t from, struct str name);
/* The one module that an import (as in struct scan_import) in module from most
 * likely means, or MODULE_NONE: the name's last component, found first. */
uint32_t modules_lookup(struct modules *m, uint32_t from, struct str name,
	uint32_t level);
/* The module of a path, or MODULE_NONE. */
uint32_t modules_find(const struct modules *m, struct str path);
void modules_release(struct modules *m);

#endif
