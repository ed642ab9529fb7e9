/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STORE_INTERNAL_H
#define TG_STORE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/hash.h"

/* The directory of a store:
 *
 *	CACHEDIR.TAG            so that backups leave it out
 *	size                    bytes held, about; in decimal
 *	lock                    flock while size is written or things are removed
 *	cas/ab/ab...            a blob by its digest
 *	cas/ab/ab....zst        the same as a zstd frame; there is one of the two
 *	ac/ab/ab...             an entry by the digest of its action, see entry.h
 *
 * Every file comes into being by rename and is never written again, but for
 * its mtime: the time of last use, to the hour. A name that holds ".tmp" is on
 * its way, or was left by a writer that was killed. */

struct program {
	struct file_sig sig;
	struct digest digest;
	const char *path;       /* what PATH finds; NULL: nothing */
};

struct store {
	char *dir;
	uint64_t limit;
	bool read_only, said;
	uint64_t added;         /* bytes since the size file was written */
	struct map names;       /* program by name */
	struct program *programs;
	size_t nprograms, programs_cap;
	struct arena arena;
};

enum {
	STORE_INLINE = 4096,    /* larger outputs are blobs of their own */
	STORE_TEXT = 256 * 1024,        /* who writes more is not stored */
};

/* ---- store.c ---- */

/* DIR/KIND/ab/HEX + end, appended. */
void store_path(const struct store *st, const char *kind,
	const struct digest *d, const char *end, struct buf *out);
/* A new file beside path to be renamed to it; makes the directory. Its name is
 * put into tmp. -1 errno. */
int store_temp(const char *path, mode_t mode, struct buf *tmp);
/* The file was used: its mtime becomes now if it is older than an hour. */
void store_touch(const struct store *st, int fd);

/* ---- blob.c ---- */

/* Puts a file's content into the cas unless it is there. sig: what the file
 * had when its digest was taken; -1 if it is another by now. */
int blob_put(struct store *st, const char *path, const struct file_sig *sig,
	const struct digest *d, struct err *err);
/* Writes the content of a blob to fd. 1 done and checked, 0 there is none that
 * is right (a wrong one was removed), -1 errno (writing). */
int blob_get(struct store *st, const struct digest *d, uint64_t size, int fd);
/* Reads a blob's file and compares it with its name: 1 right, 0 wrong, -1
 * cannot be read. */
int blob_check(const char *path, const char *name);

/* ---- gc.c ---- */

/* Adds st->added to the size file; removes what is too much. */
void gc_account(struct store *st);

#endif
