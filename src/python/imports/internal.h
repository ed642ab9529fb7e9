/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_IMPORTS_INTERNAL_H
#define TG_PYTHON_IMPORTS_INTERNAL_H

#include "python/imports/modules.h"
#include "util/buf.h"
#include "util/hash.h"

/* A directory that may be on sys.path. */
struct root {
	struct str dir;
	uint32_t package;       /* whose tests; MODULE_NONE: all */
	bool open;              /* other packages' modules see it too */
	uint32_t same;          /* the one before it with this dir + 1 */
};

/* That a root holds something by a top-level name; a list by name. */
struct entry {
	uint32_t root;
	uint32_t next;          /* entry + 1 */
};

/* A directory that holds something of a name; a list by name. */
struct place {
	struct str dir;
	uint32_t next;          /* place + 1 */
};

struct resolver {
	struct map files;       /* path of a .py file -> module */
	struct map exts;        /* path without suffixes -> module */
	struct map dirs;        /* directories that hold modules, at any depth */
	struct map tops;        /* top-level name -> entry + 1 */
	struct map by_dir;      /* directory -> last root + 1 */
	struct root *roots;
	uint32_t nroots;
	size_t roots_cap;
	struct entry *entries;
	uint32_t nentries;
	size_t entries_cap;
	struct map places;      /* name -> place + 1; filled if loose */
	struct place *place;
	uint32_t nplace;
	size_t place_cap;
	bool *loose;            /* by package: its code changes sys.path */
	uint32_t *scratch;      /* dependencies of the module at hand */
	size_t nscratch, scratch_cap;
	struct buf path;
};

/* The path up to the first dot of its last component. */
struct str modules_stem(struct str path);
/* Finds the groups once all dependencies are known. */
void modules_group(struct modules *m);

#endif
