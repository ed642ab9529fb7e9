/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EXEC_RING_H
#define TG_EXEC_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

/* Shared memory through which a worker's children hand over their results: one
 * producer at a time there, one consumer here. Positions count all bytes ever
 * written; a byte lies at its position modulo the capacity. */
struct ring_header {
	uint32_t magic, version;
	uint64_t capacity;      /* a power of two */
	uint64_t head;          /* consumer's position, ours */
	uint64_t tail;          /* producer's */
	uint64_t line;          /* the producer's: of the test that runs now,
	                         * in its file; 0: none, or not known */
	uint64_t stopped;       /* ours, 1: what runs now is ended for its time;
	                         * the producer sets it back */
	uint64_t pad[2];
};
_Static_assert(sizeof(struct ring_header) == 64, "shared");

struct ring {
	struct ring_header *h;  /* NULL: none */
	uint64_t capacity;      /* as we made it: the header can be written by
	                         * the other side */
	int fd;
};

/* Makes one with room for capacity (a power of two) bytes. -1 error. */
int ring_init(struct ring *r, uint64_t capacity, struct err *err);
void ring_release(struct ring *r);
/* Takes what the producer says it has written, appended to out (NULL: it is
 * passed over). false: it cannot have. */
bool ring_take(struct ring *r, uint64_t offset, uint32_t size,
	struct buf *out);

#endif
