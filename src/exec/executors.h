/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EXEC_EXECUTORS_H
#define TG_EXEC_EXECUTORS_H

#include <stdbool.h>
#include <stddef.h>

#include "exec/executor.h"
#include "exec/jobserver.h"
#include "exec/proc.h"

/* All that steps run on, and what it shares. It can outlive a build: workers
 * stay for the next one. Read js and most freely. */
struct executors {
	bool open;
	struct jobserver js;
	size_t most;            /* executions at once */
	struct proc_host host;
	struct executor *list[2];       /* best first */
	size_t n;
	struct exec_watch *watch;       /* freed with it; may be NULL. Set it
	                         * before it is opened */
};

struct executors_opts {
	int jobs;               /* -j; 0: no limit */
	bool jobs_given;        /* on the command line: an inherited jobserver
	                         * is not used then, as in ninja */
	const char *jobserver;  /* see jobserver_style */
	unsigned place;         /* among runs that work beside each other: each
	                         * has seats of its own */
	const char *running;    /* directory for what runs: see running.h;
	                         * NULL: it is kept nowhere */
};

/* One that is not open: it costs nothing. */
struct executors *executors_new(void);
/* Asks workers to end, waits a little, kills what is left. Accepts NULL. */
void executors_free(struct executors *ex);

/* Gets ready to start jobs; nothing if that is done. A warning for the user
 * may be appended. -1: no jobserver of this name or none can be served, or the
 * system has no more descriptors. */
int executors_open(struct executors *ex, const struct executors_opts *opts,
	struct buf *warning, struct err *err);

/* Starts a job on the first that takes it: *x is released by its op. -1: it
 * cannot be started. */
int executors_start(struct executors *ex, const struct exec_job *job,
	struct execution **x, struct buf *warning, struct err *err);
/* A SIGCHLD came. */
void executors_child(struct executors *ex);
/* Ends what lingers, unless it has something to run. */
void executors_settle(struct executors *ex);
/* Ends what only waits for jobs. */
void executors_shrink(struct executors *ex);
/* The family of the last job of what would take the next one; 0: none. */
uint32_t executors_family(const struct executors *ex);

#endif
