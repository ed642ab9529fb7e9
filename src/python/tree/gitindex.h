/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_TREE_GITINDEX_H
#define TG_PYTHON_TREE_GITINDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/str.h"

/* The paths that git tracks, as its index has them (versions 2 to 4). Nothing
 * else of the index is used: what it says of files' times and content, whoever
 * reads it can see for himself. Zero-initialise. */
struct gitindex {
	struct str *paths;      /* sorted bytewise */
	uint32_t n, cap;
	struct arena arena;     /* paths that do not stand in the text */
	struct str removed;     /* in the text: which entries of the index that
	                         * it is the rest of are not tracked any more */
};

/* Adds the paths of an index's text, which must outlive x; hash: bytes of an
 * object's name, 20 or 32. 1 added, 0 the text is no index (what was understood
 * is there). *base: where in the text the name of the index stands that this one
 * is the rest of (hash bytes), or NULL; that one is to be added next. After the last one, gitindex_sort. */
int gitindex_add(struct gitindex *x, const char *p, size_t n, size_t hash,
	const char **base);
void gitindex_sort(struct gitindex *x);
/* Is the file tracked? */
bool gitindex_has(const struct gitindex *x, struct str path);
/* Is any file below the directory? */
bool gitindex_below(const struct gitindex *x, struct str dir);
void gitindex_release(struct gitindex *x);

#endif
