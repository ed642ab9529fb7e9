/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_ITEMS_BINDINGS_H
#define TG_PYTHON_ITEMS_BINDINGS_H

#include <stdint.h>

#include "python/items/items.h"
#include "python/scan/scan.h"
#include "util/arena.h"
#include "util/hash.h"
#include "util/str.h"

/* What the names in modules stand for, followed through assignments, imports
 * and base classes from module to module. */

enum binding_kind {
	BIND_DEF,                /* pos in scan.defs */
	BIND_ASSIGN,             /* pos in scan.assigns */
	BIND_IMPORT,             /* pos in scan.imports: import a.b [as c] */
	BIND_FROM,               /* pos in scan.imports, name in scan.names */
	BIND_STAR,               /* pos in scan.imports; no name */
};

struct binding {
	struct str name;
	uint32_t line, kind, pos, from;
	uint32_t owner;          /* class, or number of definitions: the module */
};

/* Everything a module and its classes bind, in order of execution. */
struct bindings {
	struct scan_module module;
	struct bindings *next;
	struct binding *v;
	uint32_t *start;         /* by owner; bindings of owner o are
	                            v[start[o]] .. v[start[o + 1]] */
	struct map last;         /* module-level name: its last binding + 1 */
};

enum entity_kind {
	ENTITY_UNKNOWN,
	ENTITY_FUNCTION,
	ENTITY_CLASS,
	ENTITY_MODULE,
	ENTITY_EXTERNAL,         /* not in the workspace, or built in: text */
	ENTITY_VALUE,            /* made by code: what a call returned ... */
};

struct entity {
	enum entity_kind kind;
	const struct bindings *in;
	uint32_t def;
	struct str text;
};

/* A set of modules looked into; zero-initialise the rest. */
struct lookup {
	scan_resolve_fn *resolve;
	void *ctx;
	struct arena *arena;
	struct bindings *modules;
	unsigned depth;          /* of a lookup going on */
	size_t budget;           /* bindings to look at before all is unknown */
};

/* Takes n from the budget; false if it is used up. */
static inline bool
lookup_charge(struct lookup *l, size_t n)
{
	l->budget -= n < l->budget ? n : l->budget;
	return l->budget > 0;
}

/* The names of m; the same every time for the same scan. */
const struct bindings *bindings_of(struct lookup *l,
	const struct scan_module *m);
/* The module that an import of `in` means, NULL: not in the workspace. */
const struct bindings *bindings_import(struct lookup *l,
	const struct bindings *in, struct str module, uint32_t level);
/* What a dotted name means in the module's own scope. */
struct entity bindings_find(struct lookup *l, const struct bindings *in,
	struct str dotted);
/* What one binding means. */
struct entity binding_means(struct lookup *l, const struct bindings *in,
	const struct binding *b);
void lookup_release(struct lookup *l);

#endif
