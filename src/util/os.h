/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_UTIL_OS_H
#define TG_UTIL_OS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

/* Monotonic and wall clock, in nanoseconds. */
int64_t os_now(void);
int64_t os_wall(void);
/* A number that nobody can guess; where the system has none to give, at least
 * another one than before. */
uint64_t os_random(void);

/* Processors this process may use: affinity mask and cgroup v1/v2 quota; at
 * least 1. */
int os_cpus(void);
/* One-minute load average, -1 if unknown. */
double os_load(void);
/* Memory in bytes that can be used without swapping (MemAvailable, lowered by
 * the cgroup's limit); 0: unknown. */
uint64_t os_mem_available(void);

/* The absolute path of this executable. -1: unknown. */
int os_self(struct buf *out, struct err *err);
/* getcwd of any length. */
int os_cwd(struct buf *out, struct err *err);

/* Opens /dev/null in the place of those of standard input, output and error
 * that the caller closed: else files opened later get their numbers, and what is
 * printed. -1: it cannot be opened (errno). */
int os_std_fds(void);

/* The caller may have ignored SIGCHLD, so that nobody can be waited for, or
 * blocked it, or the signals that end a run: not any more. */
void os_signals(void);

/* Before the first getopt of an argv: another may have been read before. */
void os_getopt_start(void);

/* Runs fn(ctx, i) for every i in [0, n) on up to threads threads (the calling
 * one included; 0: as many as processors). Order is not defined; returns when
 * all are done. Small n run in the calling thread alone. */
void os_parallel(unsigned threads, uint32_t n,
	void (*fn)(void *ctx, uint32_t i), void *ctx);

/* Columns of the terminal behind fd, 0 if it is none. */
int os_columns(int fd);

#endif
