/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_INDEX_STORE_H
#define TG_PYTHON_INDEX_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "python/index/index.h"
#include "util/arena.h"
#include "util/digest.h"
#include "util/err.h"
#include "util/str.h"

enum scan_file_state {
	SCAN_FILE_INDEXED,       /* record taken from the index */
	SCAN_FILE_SCANNED,       /* record made now */
	SCAN_FILE_UNREADABLE,    /* record is that of scan_unreadable(); digest
	                            is none */
};

/* A file to scan. path and digest are the caller's, the rest is filled in. */
struct scan_file {
	const char *path;        /* NUL-terminated */
	struct digest digest;    /* of the content if known, else none; if the
	                            file is read, set to that of what was read */
	struct str record;       /* python/index/record.h; in the index's mapping
	                            or in the scan_store's memory */
	uint32_t state;          /* enum scan_file_state */
	uint32_t failed;         /* 1: the record has SCAN_ERROR */
};

/* Called from one thread at a time, at most about 20 times a second, and
 * once at the end; done and failed never fall. */
typedef void scan_progress_fn(void *ctx, uint32_t done, uint32_t total,
	uint32_t failed);

/* Memory of the records that were made; zero-initialise it ({0}), release it
 * after the last use of any of them. */
struct scan_store {
	struct arena *arenas;
	size_t n;
};

/* Fills in n files with up to threads threads (0: as many as processors). x
 * may be empty or NULL. A file that is given a digest and is in the index is
 * not opened. The result is the same for any number of threads. Anything that
 * is no regular file (a directory, a fifo, a loop of symlinks) is unreadable;
 * no file stops the others. Returns how many records have SCAN_ERROR. */
uint32_t scan_store_fill(struct scan_file *files, uint32_t n, unsigned threads,
	const struct test_index *x, scan_progress_fn *progress, void *ctx,
	struct scan_store *store);
void scan_store_release(struct scan_store *store);

/* Writes the records of these files as the index at path, which prunes all
 * others; unreadable files are left out. Does nothing if every record came
 * from x and x holds no others. */
int scan_store_save(const char *path, const struct scan_file *files, uint32_t n,
	const struct test_index *x, struct err *err);

#endif
