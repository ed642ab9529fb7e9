/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TEXT_GITINDEX_H
#define TG_TEXT_GITINDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/digest.h"
#include "util/str.h"

/* The paths that git tracks, as its index has them (versions 2 to 4). What it
 * says of files' times, whoever reads it can see for himself. Zero-initialise. */
struct gitindex {
	struct str *paths;      /* sorted bytewise */
	uint32_t n, cap;
	struct arena arena;     /* paths that do not stand in the text */
	struct str removed;     /* in the text: which entries of the index that
	                         * it is the rest of are not tracked any more */
	struct digester *meaning;       /* if there is one, entries are added to
	                                 * it, without what git notes of files
	                                 * to find changed ones sooner */
	const unsigned char *end;       /* of the entries that were added last */
};

/* Adds the paths of an index's text, which must outlive x; hash: bytes of an
 * object's name, 20 or 32. 1 added, 0 the text is no index (what was understood
 * is there). *base: where in the text the name of the index stands that this one
 * is the rest of (hash bytes), or NULL; that one is to be
 * added next. After the last one, gitindex_sort. */
int gitindex_add(struct gitindex *x, const char *p, size_t n, size_t hash,
	const char **base);
void gitindex_sort(struct gitindex *x);
/* The digest of what an index says: it stays when git only writes anew when files
 * were looked at. Of what is no index, that of the text. */
struct digest gitindex_digest(const char *p, size_t n);
/* Is the file tracked? */
bool gitindex_has(const struct gitindex *x, struct str path);
/* Is any file below the directory? */
bool gitindex_below(const struct gitindex *x, struct str dir);
void gitindex_release(struct gitindex *x);

#endif
