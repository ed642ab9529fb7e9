/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_ITEMS_INTERNAL_H
#define TG_PYTHON_ITEMS_INTERNAL_H

#include "python/items/bindings.h"

enum { MRO_MAX = 256 };

/* What the classes behind a class make of it. */
enum class_flags {
	CLASS_UNITTEST = 1u << 0,
	CLASS_UNKNOWN = 1u << 1, /* a base is not known */
	CLASS_INIT = 1u << 2,    /* has __init__ or __new__ */
	CLASS_ABSTRACT = 1u << 3,
};

/* A class and its bases, most derived first. */
struct mro {
	struct entity v[MRO_MAX];
	uint32_t n;
	uint32_t flags;          /* enum class_flags */
};

/* The collection of a module under way. */
struct collector {
	struct lookup lookup;
	const struct bindings *module;
	const struct scan_rules *rules;
	struct arena *arena;
	struct scan_item *v;
	size_t n, cap;
	uint32_t flags;          /* enum scan_items_flags */
	uint32_t all;            /* item flags of every item */
};

/* What a class' items have in common with where the class stands. */
struct where {
	struct str prefix;       /* id of the class */
	uint32_t line;           /* of the class in the collected file */
	uint32_t flags;          /* item flags it hands down */
	unsigned nest;
};

/* --- item.c --- */

/* Does a function or class of this name hold tests? */
bool item_function_name(struct collector *c, struct str name);
bool item_class_name(struct collector *c, struct str name);
/* Adds an item; prefix (n 0: none) is the id of its class. */
void item_add(struct collector *c, struct str prefix, struct str name,
	uint32_t line, uint32_t kind, uint32_t flags);
/* The item flags that a test function's own definition gives. */
uint32_t item_flags(struct collector *c, const struct scan *s,
	const struct scan_def *d);
bool item_is_function(const struct scan_def *d);

/* --- classes.c --- */

/* Adds the items of class e, which is bound to name. */
void class_collect(struct collector *c, struct entity e, struct str name,
	const struct where *at);

/* --- mro.c --- */

/* The definition that an entity of kind ENTITY_CLASS or ENTITY_FUNCTION is. */
const struct scan_def *entity_def(const struct entity *e);
/* Is a class that is not of the workspace a TestCase, by its name? */
bool mro_is_testcase(struct str name);
/* Fills in m: the class e and all its bases. */
void mro_of(struct lookup *l, struct mro *m, struct entity e);
/* The value of __test__: VALUE_TRUE if it is not set anywhere, VALUE_OTHER if
 * it is not known. */
uint32_t mro_test_flag(const struct mro *m, bool *set);

#endif
