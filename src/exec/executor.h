/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EXEC_EXECUTOR_H
#define TG_EXEC_EXECUTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

struct loop;
struct worker_job;

/* What a step runs on. The scheduler gives a job to the first executor that
 * takes it and has an execution of it in return; it doesn't know whether that
 * is a process (by_command.h), a child of a warm worker (by_worker.h) or
 * something else. */

enum execution_state {
	EXECUTION_WAITS,        /* what it runs on gets ready for it */
	EXECUTION_RUNS,
	EXECUTION_LINGERS,      /* it is over and needs nothing, but how it
	                         * ended is known later: see settle */
	EXECUTION_ENDED,        /* see collect */
	EXECUTION_AGAIN,        /* it ran in company, and that may be why it
	                         * ended so: it has to run alone */
	EXECUTION_LOST,         /* what it ran on is gone: nothing is known of
	                         * the step, it may run elsewhere */
};

/* Whoever watches what workers do. */
struct exec_watch {
	/* A worker is about to be started: what it has in its environment for
	 * that, "NAME=VALUE", NULL-terminated, all the caller's to free; NULL:
	 * nothing. */
	char **(*starts)(struct exec_watch *w);
	void (*free)(struct exec_watch *w);
};

/* A step that is to run; nobody keeps what is pointed to but loop and ctx. */
struct exec_job {
	const char *command;    /* for a shell */
	bool console;           /* it has the terminal */
	char *const *more_env;  /* variables, "NAME=VALUE", in the place of
	                         * those of these names; NULL-terminated, or
	                         * NULL. The command is then the shell's to
	                         * run, whatever it is, but for tests */
	bool test;              /* it finds the environment that we have, and
	                         * what seats.h says, no jobserver of ours */
	const struct worker_job *warm;  /* for a worker; NULL: not for one */
	uint64_t id;            /* a number for the step, the same in every run;
	                         * 0: none */
	struct loop *loop;      /* which waits for it */
	/* The state has changed; from the loop, or from kill. May be told of
	 * several changes at once, and of none. */
	void (*changed)(void *ctx);
	void *ctx;
};

/* One job that was started. Executors put more behind it. */
struct execution {
	const struct executor_ops *ops;
	enum execution_state state;
	bool terminal;          /* is in the group that has the terminal: the
	                         * signals of its keys it has had */
	void (*changed)(void *ctx);
	void *ctx;
};

/* How it ended. */
struct exec_end {
	int status;             /* as waitpid gives it */
	bool quiet;             /* what its command would have printed was not
	                         * seen, nor its exit code: a result of its
	                         * own says all */
	int64_t payload;        /* bytes of that result as they were left; -1:
	                         * not known, or if quiet: there is none */
	unsigned line;          /* of the test it was in; 0: not known */
	int group;              /* of processes, that it was alone in; 0: it
	                         * was not */
	int error;              /* errno: its log or result can't be written,
	                         * so there is none; 0 */
};

struct executor {
	const struct executor_ops *ops;
};

struct executor_ops {
	/* 1 it was started and is in *x; 0 it is not for this executor, or
	 * cannot be taken now (a warning may be appended, for the user); -1 it
	 * cannot be started at all. Calls no changed. */
	int (*start)(struct executor *e, const struct exec_job *job,
		struct execution **x, struct buf *warning, struct err *err);
	/* Nothing more comes for what lingers, as things are: it may end. May be
	 * NULL. */
	void (*settle)(struct executor *e);
	/* A child of this process has ended, perhaps several. May be NULL. */
	void (*child)(struct executor *e);
	/* Ends what only waits for jobs. May be NULL. */
	void (*shrink)(struct executor *e);
	/* The family (plan/affinity.h) of the last job of what would take the
	 * next one; 0: none. May be NULL. */
	uint32_t (*family)(const struct executor *e);
	/* Nothing of it runs any more. */
	void (*free)(struct executor *e);

	/* Asks it to end, with this signal or what comes nearest (with SIGURG
	 * it is only told that this will come); with SIGKILL
	 * it is made to, but not what it runs on. */
	void (*signal)(struct execution *x, int sig);
	/* Ends it, whatever else that costs: it is lost, or ends soon. */
	void (*kill)(struct execution *x);
	/* Once it has ended, is lost or has to run again: how, and what it wrote (output, which
	 * is replaced). */
	void (*collect)(struct execution *x, struct exec_end *end,
		struct buf *output);
	/* Releases it, once it is over. */
	void (*release)(struct execution *x);
};

#endif
