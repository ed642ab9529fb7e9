/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_OBSERVE_READ_H
#define TG_OBSERVE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/str.h"

/* What the processes of a step asked the system for, out of the log that they
 * wrote (observe/format.h), each with the first answer. Paths are absolute and
 * without links; the links that were crossed are there themselves. What the step
 * made before it looked at it is not there, nor is what lies in /proc, /sys and
 * /dev, nor what is in the directory of the log. */

enum observed_what {
	OBSERVED_LOOK    = 1u << 0,     /* looked up: what is there counts */
	OBSERVED_CONTENT = 1u << 1,     /* the content counts */
	OBSERVED_LIST    = 1u << 2,     /* a directory whose names count */
	OBSERVED_ABSENT  = 1u << 3,     /* with LOOK: there was nothing */
	OBSERVED_TYPED   = 1u << 4,     /* with LOOK: mode is what was there */
	OBSERVED_MADE    = 1u << 5,     /* the step made it what it is, or
	                                 * removed it; with none of the first
	                                 * three: before it looked */
	OBSERVED_CHANGED = 1u << 6,     /* or changed it; a directory: names in
	                                 * it */
	OBSERVED_FIND    = 1u << 10,    /* a path without suffix: Python has
	                                 * looked whether there is such a module;
	                                 * or "*" in a directory: what is
	                                 * installed there */
	OBSERVED_MOVED   = 1u << 7,     /* private, see is_own */
	OBSERVED_ASKED   = 1u << 8,
	OBSERVED_GONE    = 1u << 9,
	OBSERVED_REFUSED = 1u << 11,    /* with LOOK: the program was not told, as
	                                 * another user than we are */
};

struct observation {
	struct str path;
	unsigned what;          /* enum observed_what */
	uint32_t mode;
	struct str tag;         /* with FIND: see OBSERVE_FIND */
};

/* Zero-initialise it. */
struct observations {
	struct arena arena;     /* holds all text */
	struct observation *v;     /* in the order of the first event */
	size_t n, cap;
	struct str *env;        /* variables that were read and not set by the
	                         * step itself, no name twice */
	size_t nenv, env_cap;
	bool whole_env;         /* some program reads all of them */
	struct str *unseen;     /* why something may be missing, a sentence
	                         * about a program each; n 0: it is complete */
	size_t nunseen, unseen_cap;
	struct str first;       /* the file of the first program */
	size_t early;           /* of v, those that were asked for before the
	                         * step began, by what it was forked from: */
	int64_t since;          /* after this, as files have it; 0: none were */
	bool test;              /* see observe_read_test */
	struct str *known;      /* directories and files that are no inputs */
	size_t nknown, known_cap;
	struct str tmp, root;   /* of a test: for temporary files, and the
	                         * working directory */
	struct map paths, names;        /* private */
};

/* A log that is open. Zero-initialise it. */
struct observe_log {
	int fd;
	struct buf path;        /* of it; empty: there is none */
	bool file;              /* it lies on a disk */
	uint64_t nonce;
	uint64_t ticket;        /* see observe/format.h; 0: none */
};

/* Makes an empty log for the processes of one step: in memory or, where that
 * cannot be, as this file, which is replaced. log->ticket is the caller's. -1:
 * it cannot be made. */
int observe_make(struct observe_log *log, const char *path, struct err *err);

/* A process that follows programs into which the library can't be loaded: it notes
 * what they ask for (observe/follow). Zero-initialise it. */
struct observe_follower {
	uint64_t name;          /* 0: there is none */
	int life;               /* it ends when this is closed */
	pid_t pid;
};

/* Starts it, the program that lies beside the library; does nothing where that
 * can't be done. */
void observe_follower_start(struct observe_follower *f, const char *library);
/* Ends it, but for those whose programs go on. */
void observe_follower_stop(struct observe_follower *f);
/* Lets what writes to the log be followed. */
void observe_follow(const struct observe_log *log,
	const struct observe_follower *f);
/* Appends the variable by which they find it, "NAME=VALUE". */
void observe_variable(const struct observe_log *log, struct buf *out);
/* And the one with the ticket. */
void observe_ticket(const struct observe_log *log, struct buf *out);
/* Gives it up; a file is removed. Accepts one that is not open. */
void observe_close(struct observe_log *log);

/* Reads a log, once the step has ended; what still runs writes no more to it.
 * What cannot be read is unseen, and said. program: the file that the step was
 * begun with, for words if nothing was seen of it. group: of processes, that it
 * was alone in; 0: it was not. */
void observe_read(struct observations *o, const struct observe_log *log,
	const char *program, pid_t group);
void observations_release(struct observations *o);

/* The log of a worker, in whose processes tests are forked: it goes on from one
 * step to the next. What its processes asked for, up to where they forked the one
 * that runs a step, is an observation of that step too. */
struct observe_worker;

/* path: see observe_make; ticket: that of all logs that its processes may write to;
 * now: the time, as files have it. */
struct observe_worker *observe_worker_new(const char *path, uint64_t ticket,
	int64_t now, struct err *err);
void observe_worker_free(struct observe_worker *w);
const struct observe_log *observe_worker_log(const struct observe_worker *w);
/* The same as observe_read for a step that runs tests. Its log may refer to one of
 * these. What belongs to the interpreter's environment is left out, as the
 * processes themselves say what that is, and compiled files, caches of test
 * runners, and what is made in the directory for temporary files. */
void observe_read_test(struct observations *o, const struct observe_log *log,
	struct observe_worker *const *workers, size_t n, const char *program,
	pid_t group);

/* The observation of a path; NULL: there is none. */
const struct observation *observation_find(const struct observations *o,
	struct str path);

#endif
