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
 * A worker is known by its name (tg_worker) and runs one step at a time. */
struct exec_end;
struct workers;
struct worker;

/* A step for a worker. */
struct worker_job {
	const char *name;
	const char *launch;     /* the command that starts such a worker */
	char *const *argv;      /* the step's arguments */
	size_t argc;
	uint32_t family;        /* see sched/affinity.h; 0: none */
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
	struct buf *warning);
/* The step has ended (or was given up): the worker is free again, or gone if
 * it has died or cannot be trusted any more. */
void workers_done(struct workers *ws, struct worker *w);
/* Ends idle workers: memory is short. */
void workers_shrink(struct workers *ws);
/* The family of the last step of the worker that became idle last; 0: none is
 * idle, or it had none. ws may be NULL. */
uint32_t workers_family(const struct workers *ws);

enum worker_event {
	WORKER_NOTHING,
	WORKER_STARTED,         /* the step's child runs */
	WORKER_DONE,            /* the child has ended: see worker_ending */
	WORKER_DIED,            /* the worker has: nothing is known of the step */
};

/* Poll this for reading. */
int worker_fd(const struct worker *w);
/* Reads what has come; call until WORKER_NOTHING. */
enum worker_event worker_read(struct worker *w);
/* After WORKER_DONE: how the child has ended (all but quiet). */
void worker_ending(const struct worker *w, struct exec_end *end);
/* Sends a signal to the step's child and its group. */
void worker_signal(const struct worker *w, int sig);
/* Kills the worker and the child: it does not answer. */
void worker_kill(struct worker *w);

#endif
