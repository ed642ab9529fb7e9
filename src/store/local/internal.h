/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STORE_LOCAL_INTERNAL_H
#define TG_STORE_LOCAL_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "store/backend.h"
#include "util/buf.h"
#include "util/digest.h"
#include "util/err.h"
#include "util/file.h"

/* The directory of a store:
 *
 *	CACHEDIR.TAG            so that backups leave it out
 *	size                    bytes held, about; in decimal
 *	lock                    flock while size is written or things are removed
 *	cas/ab/ab...            a blob by its digest
 *	cas/ab/ab....zst        the same as a zstd frame; there is one of the two
 *	ac/ab/ab...             an entry by the digest of its action
 *
 * Every file comes into being by rename and is never written again, but for
 * its mtime: the time of last use, to the hour. A name that holds ".tmp" is on
 * its way, or was left by a writer that was killed. */

struct local {
	struct store_backend b;
	char *dir;
	uint64_t limit;
	uint64_t added;         /* bytes since the size file was written */
};

static inline struct local *
local_of(struct store_backend *b)
{
	return (struct local *)b;
}

/* ---- files.c ---- */

/* DIR/KIND/ab/HEX + end, appended. */
void local_path(const struct local *l, const char *kind,
	const struct digest *d, const char *end, struct buf *out);
/* The file was used: its mtime becomes now if it is older than an hour. */
void local_touch(const struct local *l, int fd);

/* ---- blob.c ---- */

/* As the ops of a backend. A blob that is wrong is removed. */
enum store_answer local_get(struct store_backend *b, struct store_ask *ask);
int local_put_blob(struct store_backend *b, const char *path,
	const struct file_sig *sig, const struct digest *d, struct err *err);
/* Reads a blob's file and compares it with its name: 1 right, 0 wrong, -1
 * cannot be read. */
int blob_check(const char *path, const char *name);

/* ---- gc.c ---- */

/* Adds l->added to the size file; removes what is too much. */
void local_account(struct local *l);

/* As the ops of a backend. */
int local_stats(struct store_backend *b, struct store_stats *out,
	struct err *err);
int local_gc(struct store_backend *b, uint64_t limit, uint64_t *freed,
	struct err *err);
int local_verify(struct store_backend *b, uint64_t *checked, uint64_t *bad,
	struct err *err);
int local_clear(struct store_backend *b, struct err *err);

#endif
