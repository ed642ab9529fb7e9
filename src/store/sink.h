/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STORE_SINK_H
#define TG_STORE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/digest.h"

/* Where the content of a blob goes as it comes: into a digest, and a file. */
struct blob_sink {
	struct digester digester;
	uint64_t size, limit;   /* more than limit is wrong */
	int fd;                 /* -1: no file */
	bool copied;            /* the file has it already: only the digest is
	                         * still to be taken */
	bool failed;            /* to write */
};

/* fd: an empty file, or -1. limit: as many bytes as may come. */
void sink_init(struct blob_sink *s, int fd, uint64_t limit);
/* The next bytes; false: no use to go on. */
bool sink_add(struct blob_sink *s, const void *p, size_t n);
/* Is what has come all of this blob? size UINT64_MAX: any. */
bool sink_is(const struct blob_sink *s, const struct digest *d, uint64_t size);
/* As if nothing had come. -1: the file cannot be emptied. */
int sink_again(struct blob_sink *s);

#endif
