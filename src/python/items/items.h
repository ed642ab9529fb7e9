/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_ITEMS_ITEMS_H
#define TG_PYTHON_ITEMS_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "python/scan/scan.h"
#include "util/arena.h"
#include "util/str.h"

/* The test items a file holds, by pytest's and unittest's rules as far as the
 * text alone decides them. */

/* pytest's python_functions and python_classes: prefixes, or globs if they
 * hold one of * ? [. n == 0: pytest's defaults ("test", "Test"). */
struct scan_rules {
	const struct str *functions;
	size_t nfunctions;
	const struct str *classes;
	size_t nclasses;
	/* Follow unittest only: no functions, no Test* classes that are not
	 * TestCases, and load_tests counts. */
	bool unittest;
	/* Imported names are not collected (collect_imported_tests = false). */
	bool own_only;
};

/* A scanned module and whatever the caller wants to know it by. */
struct scan_module {
	const struct scan *scan;
	const void *tag;
};

/* Finds the module that `from` (given by its tag) means by module and level
 * (as in struct scan_import). 1: first party, *out set; 0: not in the
 * workspace. May be called again for the same module. */
typedef int scan_resolve_fn(void *ctx, const void *from, struct str module,
	uint32_t level, struct scan_module *out);

enum scan_item_kind {
	ITEM_FUNCTION,           /* module-level function */
	ITEM_METHOD,             /* method of a plain class */
	ITEM_UNITTEST,           /* method of a unittest.TestCase */
};

enum scan_item_flags {
	ITEM_PARAMETRIZED = 1u << 0,    /* stands for any number of items, its id
	                                   followed by [..] */
	ITEM_MAYBE = 1u << 1,           /* conditional definition, or a base class
	                                   that is not known */
	ITEM_ASYNC = 1u << 2,
	ITEM_DYNAMIC = 1u << 3,         /* a decorator makes its tests; the real
	                                   ids may differ wholly */
	ITEM_INHERITED = 1u << 4,       /* defined in another class; line is that
	                                   of the class here */
};

struct scan_item {
	struct str id;           /* "TestX::test_y", without the file */
	struct str name;         /* "test_y" */
	uint32_t line;           /* in this file */
	uint32_t kind;           /* enum scan_item_kind */
	uint32_t flags;          /* enum scan_item_flags */
};

enum scan_items_flags {
	/* There may be items that are not listed: names made when it runs,
	 * star imports of unknown modules, hooks such as
	 * pytest_generate_tests, pytest_pycollect_makeitem, scan errors. */
	ITEMS_MORE = 1u << 0,
	/* load_tests replaces the contents under unittest. */
	ITEMS_LOAD_TESTS = 1u << 1,
	/* The module says `__test__ = False`: pytest collects nothing. */
	ITEMS_NONE = 1u << 2,
};

struct scan_items {
	struct scan_item *v;     /* in the order pytest reports them */
	uint32_t n;
	uint32_t flags;          /* enum scan_items_flags */
};

/* Items of module m. resolve may be NULL: then every other module is unknown.
 * Ids and the array are in the arena. Base classes are followed at most 64
 * deep and cycles end. */
void scan_items(const struct scan_module *m, const struct scan_rules *rules,
	scan_resolve_fn *resolve, void *ctx, struct arena *a,
	struct scan_items *out);

#endif
