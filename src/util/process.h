/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_UTIL_PROCESS_H
#define TG_UTIL_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/buf.h"

/* What the system says of processes, ours or others'. */

struct process {
	pid_t pid, parent, group, session;
	uint64_t start;         /* when it was started, by process_clock; with
	                         * pid it names a process for good */
	bool zombie;            /* ended, but nobody has asked how */
	bool ending;            /* its end has begun: it may still hold what it
	                         * has open; the system may not say */
};

/* 1 there is one of this pid, 0 there is none, or the system does not say. */
int process_look(pid_t pid, struct process *out);
/* The clock that start is by, now. One that is started now may have up to two
 * ticks (see below) less or more. */
uint64_t process_clock(void);
/* How much of that clock may be a rounding. */
uint64_t process_tick(void);
/* Is it the process that started us, or one that started that one, and so on?
 * Or that is so for the leader of our group: whose parent has ended belongs to
 * nobody. */
bool process_is_above(pid_t pid);
/* Is process at pid itself, or was it started by it, and so on? */
bool process_is_below(pid_t pid, pid_t at);
/* Names those that pids speak of here, now: after a boot, or in a container,
 * they are others. One line, without spaces; empty: the system does not say. */
void process_world(struct buf *out);
/* The file that the process has open as fd, as the kernel calls it ("pipe:[7]");
 * fd -1: its working directory. Replaces out; false: not known. */
bool process_file(pid_t pid, int fd, struct buf *out);
/* Calls see for all there are, until it returns true; whether it did. */
bool process_each(bool (*see)(void *ctx, const struct process *p), void *ctx);

#endif
