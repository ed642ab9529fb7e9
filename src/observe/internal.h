/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_OBSERVE_INTERNAL_H
#define TG_OBSERVE_INTERNAL_H

#include "observe/format.h"
#include "observe/read.h"
#include "util/buf.h"

/* Reading a log, shared by the files of this folder. */

/* A program that began. */
struct program {
	uint32_t start;         /* number of its record */
	uint32_t pid;
	struct str file;
	struct str words;       /* each ended by NUL; n 0: not known */
	bool met;               /* an EXEC was found for it */
	bool followed;          /* see OBSERVE_FOLLOWED */
	bool fork;              /* it goes on for others (OBSERVE_FORK) */
	uint32_t from;          /* then: than the program with this START */
};

struct event {
	const struct observe_record *r;
	uint64_t order;
};

struct reading {
	struct observations *o;
	const char *program;    /* that began */
	pid_t group;            /* see observe_read */
	const char *log;        /* the file as it was read */
	size_t size;
	size_t from;            /* records before that are known; 0: none */
	/* Is a record of the program with this START an observation? NULL:
	 * all are. */
	bool (*counts)(void *ctx, uint32_t start);
	/* Is this one of a worker's own processes, or the group of one? NULL:
	 * there are none. */
	bool (*serves)(void *ctx, pid_t pid);
	uint32_t root;          /* START of the worker: an interpreter that has
	                         * loaded a test runner; 0: none */
	size_t begins;          /* bytes of the log before that, where the step
	                         * has its own */
	bool ready;             /* that interpreter has loaded the test runner:
	                         * what comes is a plugin's doing */
	bool in_tree;           /* what lies elsewhere is not taken now */
	void *ctx;
	struct str dir;         /* that it lies in */
	struct event *events;
	size_t nevents, cap;
	struct program *programs;
	size_t nprograms, programs_cap;
	struct map links;       /* directory as written: without links */
	struct str *real;       /* what links' values stand for */
	size_t nreal, real_cap;
	struct buf path;        /* scratch */
};

/* ---- observations.c ---- */

/* Notes once why something is unseen. */
void observe_unseen(struct observations *o, struct str why);
/* The observation of a path, a new one if there is none. */
struct observation *observe_at(struct observations *o, struct str path);
void observe_env(struct observations *o, struct str name);
/* A copy of what is in another, which must outlive it. */
void observations_copy(struct observations *o, const struct observations *from);

/* ---- records.c ---- */

/* All that was used of the log of this file, NUL-filled behind; false: it cannot be
 * read. */
bool observe_text(struct buf *text, int fd);
/* Is it a log? */
bool observe_is_log(const char *text, size_t size);
/* What still runs writes no more to it. */
void observe_end_log(int fd);
/* The next whole record of a log of end bytes, from *at, which is moved behind
 * it; 0 is the beginning. NULL: there is none. Space that was taken and not used,
 * and what is still being written, is passed over. */
const struct observe_record *observe_next(const char *log, size_t end,
	size_t *at);
/* The record with this number; NULL: it is none of this kind. */
const struct observe_record *observe_record_at(const struct reading *r,
	uint32_t number, enum observe_kind kind);

/* ---- resolve.c ---- */

/* A path as it was given, from the directory cwd: without links, in the arena.
 * The links on the way are observed. follow: the last one is followed too. */
struct str observe_resolve(struct reading *r, struct str cwd, struct str path,
	bool follow);
void observe_resolve_release(struct reading *r);

/* ---- programs.c ---- */

/* Lists the programs, and says of which nothing was seen. */
void observe_programs(struct reading *r);

/* ---- environment.c ---- */

/* What programs read of the environment without calling getenv; once all files
 * are known that they have read. */
void observe_environment(struct reading *r);

/* ---- no_input.c ---- */

/* Has the step made this file, or what it lies in? */
bool observe_is_own(const struct observations *o, struct str path);
/* Is it of the step's own making? In a directory that it has made and left others
 * may write too; in one that it has moved there, all is as it was. */
bool observe_is_in_own(const struct observations *o, struct str path);
/* Is it no input for where it lies: the system's own, and of a test's what is
 * known by other means, caches, libraries, temporary files? */
bool observe_is_no_input(const struct reading *r, struct str path);
/* Is it a variable that says what the terminal is like? */
bool observe_is_of_terminal(const char *name);

/* ---- read.c ---- */

/* Reads the log of a step that has ended, whose text is to be kept as long; false:
 * it cannot be read, which is noted. */
bool observe_reading_begin(struct reading *r, struct buf *text,
	const struct observe_log *log);
/* Takes in the records of a log; it is one. */
void observe_take(struct reading *r);
void observe_reading_release(struct reading *r);

#endif
