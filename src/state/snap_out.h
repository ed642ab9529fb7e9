/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STATE_SNAP_OUT_H
#define TG_STATE_SNAP_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state/format.h"
#include "util/err.h"
#include "util/file.h"

/* A snapshot on its way to disk: a chunk of it at a time is in memory, or none
 * where the bytes lie together already. */
struct snap_out {
	struct file_temp file;
	char *chunk;            /* room for FORMAT_CHUNK and padding */
	size_t n;               /* in it */
	uint64_t size;          /* of the file, with the chunk */
	uint64_t *sums;         /* of the chunks of the section so far */
	size_t nsums, cap;
	int error;              /* errno of the first write that failed; 0 */
};

/* Makes the temporary file, with room for the header. -1 error. */
int snap_out_open(struct snap_out *o, const char *path, struct err *err);
/* A section: what is added between begin and end. End fills in *part. */
void snap_out_begin(struct snap_out *o, struct snap_part *part);
void snap_out_add(void *o, const void *p, size_t n);
void snap_out_end(struct snap_out *o, struct snap_part *part);
/* Fills in the header's size and sum, and puts the file in its place. -1 error:
 * what was at path is there as before. Releases o. */
int snap_out_close(struct snap_out *o, const char *path,
	struct snap_header *h, struct err *err);

#endif
