/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_OBSERVE_PRELOAD_OPENING_H
#define TG_OBSERVE_PRELOAD_OPENING_H

#include <stdbool.h>
#include <stdint.h>

/* A file that is being opened, with what is known of it before. */
struct opening {
	uint64_t tail;          /* log_end */
	bool made;              /* it is not there yet */
};

/* Before it is opened with flags of open(2); sets all but tail. */
struct opening open_begins(int dirfd, const char *path, int flags);
/* After that: fd, below 0 with errno set if it failed. */
void open_ends(const struct opening *o, int dirfd, const char *path, int flags,
	int fd);

#endif
