/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_OBSERVE_FOLLOW_INTERNAL_H
#define TG_OBSERVE_FOLLOW_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "observe/format.h"

/* Following a program that the library cannot be loaded into: it runs with a
 * filter that tells another process of each system call with a path before it is
 * done, and that writes to the log. Shared by the files of this folder, which are
 * linked with no library, as those of observe/preload are not. */

enum { PATH_SIZE = 4096 };

/* A call that is about to be done by thread tid. */
struct called {
	pid_t tid;
	long n;
	uint64_t v[6];
};

/* ---- filter.c ---- */

/* Lets this process, what it starts and what that starts tell of their calls: the
 * descriptor to listen at, below 0 -errno. named: the file that is to be executed:
 * some start programs with more rights, which then would not get them. */
int filter_install(const char *named);

/* ---- serve.c ---- */

/* Notes what is told at the descriptor, until nobody is left to tell. */
void serve(int fd);

/* ---- calls.c ---- */

/* Notes what a call is for, as far as that is known before it is done. */
void call_begins(const struct called *c);

/* ---- files.c ---- */

/* Looks at a path, as the program is about to: 0 or errno; mode and size of what
 * is there. */
int file_look(const char *path, bool follow, uint32_t *mode, uint64_t *size);
/* May the file be used so (access(2)'s words)? 0 or errno. */
int file_access(const char *path, int how);
/* The text behind a link of /proc/TID, "cwd" or "exe", or with fd at least 0 of
 * that descriptor; its length, 0: it has none. */
size_t file_of(pid_t tid, const char *name, int fd, char *text, size_t size);
/* The process that a thread is of; 0: not known. */
pid_t file_process(pid_t tid);

/* ---- notes.c ---- */

void note_event(enum observe_kind kind, unsigned flags, int error,
	const char *path);
/* A look; stat: size and times were asked for. */
void note_looked(const char *path, bool follow, bool stat);
void note_cannot(const char *what);
/* The call of tid is to make the path (made) or to take it away: that is noted
 * once it can be seen, or that it failed. moved: see OBSERVE_MOVED. */
void note_later(pid_t tid, const char *path, bool made, bool moved);
/* tid begins another call: what it did before is done. 0: nobody is left. */
void note_settle(pid_t tid);
/* This process follows a program from here on, which is to execute the file. */
void note_follows(const char *file, pid_t pid);
/* The process leaves its group for another. */
void note_left(pid_t group);
/* The process is to execute another program: that it has begun is noted with the
 * next call. */
void note_program(pid_t pid);
void note_begun(pid_t tid);

#endif
