/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EXEC_WORKER_H
#define TG_EXEC_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exec/proc.h"
#include "util/buf.h"
#include "util/err.h"

/* Warm workers: processes that have loaded what many test steps need and fork
 * a child for each (src/pytgraph/warm/worker.py; exec/proto.h has the protocol).
 * A worker is known by its name (tg_worker) and runs one step at a time. What
 * has run may linger: its process stays for the next step, and how it ended is
 * known only when that has gone on, or has ended. */
struct workers;
struct worker;

/* A step for a worker. */
struct worker_job {
	const char *name;
	const char *launch;     /* the command that starts such a worker */
	char *const *argv;      /* the step's arguments */
	size_t argc;
	char *const *env;       /* as exec_job's more_env */
	uint32_t family;        /* see plan/affinity.h; 0: none */
	const char *isolation;  /* in which company it may run: "batch",
	                         * "shared"; NULL: alone */
	unsigned parts;         /* processes that its tests may run in at once;
	                         * below 2: one */
	const char *observe;    /* where what it reads is noted, for the
	                         * worker; NULL: nowhere */
};

/* What a worker says of a step that it was given. */
struct worker_answer {
	uint32_t seq;           /* which: of workers_run */
	int status;             /* DONE: the child's wait status */
	int64_t payload;        /* DONE: bytes of the result it left; -1: it did
	                         * not say */
	unsigned line;          /* of the test that it was in; 0: none */
	int error;              /* DONE: see exec_end */
};

/* At most most workers live at once (those of one name that are not needed end
 * to make room for another's). host must outlive the pool. */
struct workers *workers_new(struct proc_host *host, unsigned most);
/* Asks all to end, waits a little, kills what is left. Accepts NULL. */
void workers_free(struct workers *ws);

/* Gives a step to a free worker, one that ran a step of its family if there is
 * one, started if need be. NULL: it must run by its own command (no worker can
 * be had, or those of this name keep dying: then warning says so, once). */
struct worker *workers_run(struct workers *ws, const struct worker_job *job,
	uint32_t *seq, struct buf *warning);
/* One step of the worker is done with (it has ended, or the worker has): the
 * worker is gone with the last one if it has died. */
void workers_done(struct workers *ws, struct worker *w);
/* Asks a worker that runs nothing for the end of what lingers; nothing if it
 * was asked. */
void worker_finish(struct worker *w);
/* Ends idle workers: memory is short. */
void workers_shrink(struct workers *ws);
/* The family of the last step of the worker that became idle last; 0: none is
 * idle, or it had none. ws may be NULL. */
uint32_t workers_family(const struct workers *ws);

enum worker_event {
	WORKER_NOTHING,
	WORKER_STARTED,         /* the step's child runs */
	WORKER_LINGERS,         /* its tests are over */
	WORKER_DONE,            /* its result is there */
	WORKER_AGAIN,           /* its result does not count: it has to run
	                         * again, alone */
	WORKER_DIED,            /* the worker has: nothing is known of its
	                         * steps */
};

/* Poll this for reading. */
int worker_fd(const struct worker *w);
/* Reads what has come; call until WORKER_NOTHING. */
enum worker_event worker_read(struct worker *w, struct worker_answer *a);
/* The line of the test that it is in; 0: none. */
unsigned worker_line(const struct worker *w);
/* Sends a signal to the step's child and its group. URG: it is about to be
 * ended for its time. */
void worker_signal(const struct worker *w, int sig);
/* Kills the worker and the child: it does not answer. */
void worker_kill(struct worker *w);

#endif
