/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_OBSERVE_PRELOAD_NOTE_H
#define TG_OBSERVE_PRELOAD_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "observe/format.h"
#include "observe/preload/process.h"

/* What the wrapped functions have to tell. All do nothing without a log, and
 * leave errno alone. A path may be NULL: then there is nothing to tell. */

/* An event with all there is to it: kind, flags, error, mode, size of r; the
 * path begins at dirfd, as openat has it. */
void note(const struct observe_record *r, int dirfd, const char *path);
/* One of a path from the working directory. */
void note_path(enum observe_kind kind, unsigned flags, const char *path);
/* The path behind a descriptor. */
void note_fd(enum observe_kind kind, unsigned flags, int fd);
/* A look at a path, with its outcome: error; st (may be NULL) if it was 0. */
void note_look(int dirfd, const char *path, unsigned flags, int error,
	const struct stat *st);
/* A change of a path, begun when tail (log_end) was what it is here. */
void note_write(enum observe_kind kind, int dirfd, const char *path, int error,
	uint64_t tail);
/* The same for a name that was given to something else or taken from it, with all
 * that is below it. */
void note_move(int dirfd, const char *path, int error, uint64_t tail);
void note_env(const char *name, const char *value);
/* The same of one that libc reads, or another has read; its value. */
const char *note_variable(const char *name);
/* This process has left its group for this one. */
void note_left(int group);
void note_blind(const char *what);

/* A path through a descriptor as text of at most size bytes with its NUL; its
 * length, 0: it has none. */
size_t fd_path(int fd, char *text, size_t size);

#endif
