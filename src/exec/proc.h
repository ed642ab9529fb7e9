/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EXEC_PROC_H
#define TG_EXEC_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "exec/running.h"
#include "exec/seats.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/str.h"

/* Child processes that run a step's command. */

struct exec_watch;

/* What a child wrote: all of it up to a limit, then its beginning and its end.
 * Zero-initialise it. */
struct capture {
	struct buf head;
	char *tail;             /* ring of CAPTURE_HALF bytes */
	uint64_t more;          /* bytes that came after head was full */
};

enum { CAPTURE_HALF = 32 * 1024 * 1024 };

void capture_add(struct capture *c, const void *p, size_t n);
/* Moves what was captured to out; c is as new. If something was left out a
 * line in the middle says how much. */
void capture_take(struct capture *c, struct buf *out);
void capture_release(struct capture *c);

/* What all children get. */
struct proc_host {
	char **env;             /* NULL-terminated, owned */
	char **own;             /* the same for tests: MAKEFLAGS as it is */
	int null;               /* /dev/null */
	int keep[2];            /* descriptors they inherit, -1: none; tests
	                         * do if it is others' jobserver: */
	bool serves;            /* it is ours */
	struct running *running;        /* where they are noted; or NULL */
	struct seats seats;     /* of tests */
	struct exec_watch *watch;       /* of workers; or NULL */
};

/* makeflags: value of MAKEFLAGS for children, NULL: as it is. A PWD that is
 * not the working directory is set right, as a shell does. seats: see
 * seats_init. */
int proc_host_init(struct proc_host *h, const char *makeflags, int seats,
	struct err *err);
void proc_host_release(struct proc_host *h);

struct proc {
	pid_t pid;
	int fd;                 /* to read its output from; -1: none any more */
	bool console;
	int group;              /* of processes, that it has for itself; 0 */
	int status;             /* as waitpid gives it, once it was reaped */
	struct running *running;        /* where it is noted, and as what */
	int noted;
	uint64_t id;            /* what it does: see running.h */
	struct capture out;
};

/* Starts a command, in a process group of its own, with stdin from /dev/null,
 * and stdout and stderr in one pipe; one for the console shares all three and
 * the group with us. Without a shell where that makes no difference. seat: of a
 * test, SEAT_NONE: it is none. more_env: see struct exec_job. p: zeroed but
 * for id. -1: could not be started. */
int proc_start(struct proc *p, const struct proc_host *h, const char *command,
	bool console, int seat, char *const *more_env, struct err *err);
/* Reads what is there. */
void proc_read(struct proc *p);
/* Has it ended? Then it is reaped, what is in the pipe is read, and the pipe
 * is closed, whoever else holds its other end. */
bool proc_reap(struct proc *p);
/* Sends a signal to its group (to itself if it has the console). */
void proc_kill(const struct proc *p, int sig);
/* After proc_reap, and when what it did is recorded. */
void proc_release(struct proc *p);

/* The environment env with more (see struct exec_job) in it: the array is the
 * caller's, the strings are not. */
char **proc_env(char *const *env, char *const *more);
/* A pipe with both ends close-on-exec, the first one non-blocking. -1: errno. */
int proc_pipe(int fds[2]);

#endif
