/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPO_REPO_H
#define TG_REPO_REPO_H

#include <stdbool.h>
#include <stddef.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/str.h"

/* A git repository, through libgit2, which is loaded by the first one. Nothing
 * is written to it. */

struct repo;

enum repo_how {
	REPO_MODIFIED,
	REPO_ADDED,             /* in the index since */
	REPO_DELETED,           /* from the index or the working tree */
	REPO_SUBMODULE,         /* a submodule; what in it is not told */
};

struct repo_change {
	struct str path;        /* from the root if it is below, else
	                         * absolute */
	enum repo_how how;
	bool has_old;           /* repo_old can tell the text */
	unsigned char old[20];
};

/* Opens the repository that root (absolute) is in the working tree of. -1: there
 * is none, or it cannot be read; err says what to do. */
int repo_open(struct repo **out, const char *root, struct err *err);
void repo_free(struct repo *r);
/* What is not in the working tree as it was at the commit where HEAD and a
 * revision parted: committed since, or staged, or neither. A file that was
 * renamed is one that was deleted and one that was added. Errs on the side of
 * too much. Files that git does not track are not told: see repo_tracks. The
 * list, in order of path, lives in the arena. -1: no such revision, or history
 * is missing; err says what to do. */
int repo_since(struct repo *r, const char *rev, struct arena *a,
	struct repo_change **out, size_t *n, struct err *err);
/* Of the last repo_since: is HEAD another commit than that where they parted, and
 * has the index other files than that? */
bool repo_moved(const struct repo *r);
bool repo_staged(const struct repo *r);
/* Does git track the file (from the root, or absolute), or a submodule that it
 * lies in? */
bool repo_tracks(struct repo *r, struct str path);
/* The links that git tracks and that lead nowhere, as files that were deleted;
 * the list lives in the arena. */
void repo_dangling(struct repo *r, struct arena *a, struct repo_change **out,
	size_t *n);
/* The file's text in the revision, as git keeps it. 1 read, 0 there is none. */
int repo_old(struct repo *r, const struct repo_change *c, struct buf *out);
/* The top of the working tree, absolute. */
struct str repo_top(const struct repo *r);

#endif
