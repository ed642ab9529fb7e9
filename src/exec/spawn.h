/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EXEC_SPAWN_H
#define TG_EXEC_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "util/buf.h"

/* Starting a program with as few system calls as it takes. */

struct spawn {
	char *const *argv;      /* NULL-terminated */
	char *const *env;       /* NULL-terminated */
	int in, out;            /* become its stdin, and its stdout and stderr,
	                         * in a process group of its own; -1: it shares
	                         * ours, and the group */
	int keep[2];            /* stay open in it, -1: none */
	/* Told of its pid before it does anything, if the system lets us: then
	 * in the child, which shares our memory. Calls nothing but the system.
	 * NULL: nobody wants to know. */
	void (*begun)(void *ctx, pid_t pid);
	void *ctx;
};

/* Starts the program at path with no signal blocked or caught. 0, or errno of
 * what failed, exec included: then there is no child. */
int spawn_path(pid_t *pid, const char *path, const struct spawn *s);

/* The file that a shell would find for a command's name: itself if it has a
 * slash, else the first of PATH that is a file one may run. Replaces out;
 * false: none. */
bool spawn_find(const char *name, struct buf *out);

#endif
