/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TESTS_LOCATED_H
#define TG_REPORT_TESTS_LOCATED_H

#include "result/results.h"
#include "util/buf.h"
#include "util/str.h"

/* Results name items from pytest's rootdir and lines of source from the
 * directory in which the tests ran. Who reads them stands elsewhere, and wants
 * names that editors and tgraph itself understand there. */

struct located {
	struct str stand;       /* where the user is, from the root of the build,
	                         * which is the working directory; may be "" */
	struct str rootdir, cwd;        /* the document's; from there too */
};

/* Of a document that was read, or of none; it and stand (NULL: "") outlive l. */
void located_of(struct located *l, const char *stand,
	const struct results *r);
/* Append: a path from the root of the build; an item's id; a text with lines
 * that begin "PATH:LINE:", as pytest's tracebacks have them. What names no file
 * stays as it is. */
void located_path(const struct located *l, struct str path, struct buf *out);
void located_id(const struct located *l, struct str id, struct buf *out);
void located_text(const struct located *l, struct str text, struct buf *out);

#endif
