/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EXEC_RUNNING_H
#define TG_EXEC_RUNNING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What a run has running, in a file, so that the next one can end it if this one
 * is killed and cannot. There is a directory for such files, with one for each
 * run that runs something; it is gone when none does.
 *
 * The file, in text: a first line of RUNNING_HEAD bytes,
 *	2 PID START GROUP SESSION MARK WORLD
 * of the run itself (see util/process.h), where MARK is the inode of a pipe that
 * all of its steps have open, 0: there is none. Then lines of RUNNING_LINE bytes,
 *	PID FROM TO PIPE KIND ID
 * for each process that it started: it did so between FROM and TO by
 * process_clock; PIPE is the inode of the pipe that it writes to, 0: none; KIND
 * is g for a process that leads a group, c for one in the run's own group; ID is
 * a number for what it does. What has ended is overwritten with spaces. The run
 * holds a lock on it. */
struct running;

enum { RUNNING_HEAD = 256, RUNNING_LINE = 112 };

struct running_process {
	pid_t pid;
	uint64_t from, to;
	uint64_t pipe;
	bool group;
	uint64_t id;            /* 0: none */
};

/* dir is made, and a file in it, when something is added first. mark: of the
 * first line. */
struct running *running_new(const char *dir, uint64_t mark);
/* Removes the file. Accepts NULL. */
void running_free(struct running *r);
/* It was started; what to remove, -1: it is not kept. r may be NULL. */
int running_add(struct running *r, const struct running_process *p);
/* The same in two steps, of which the second one may be done by a child that
 * shares our memory. */
int running_reserve(struct running *r);
void running_write(struct running *r, int which,
	const struct running_process *p);
/* It has ended and was reaped, or will be at once. */
void running_remove(struct running *r, int which);

/* This run is about to start something with this id; as running_add. */
int running_claim(struct running *r, uint64_t id);
/* Is a run above us (process_is_above), or one below, at work on what has this
 * id, or has one above claimed it? Not in a process that is above us itself. Its
 * pid; 0: none is. Who claims first and then asks starts nothing that another
 * one starts. */
pid_t running_elsewhere(const char *dir, uint64_t id);

/* Ends what runs left that were killed: asks it to, and after two seconds makes
 * it. Returns when it has ended. found, if not NULL, is called once, with the pid
 * of one, if there is anything. Those of a run that is alive are let be, and so
 * is whatever is not known for sure to be of a run. */
void running_end_left(const char *dir, void (*found)(void *ctx, long pid),
	void *ctx);

#endif
