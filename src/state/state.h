/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STATE_STATE_H
#define TG_STATE_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "graph/graph.h"
#include "util/digest.h"
#include "util/err.h"
#include "util/file.h"
#include "util/path.h"
#include "util/str.h"

/* What is remembered between runs, in one directory: for each node the stat
 * signature and digest it last had, for each step its last result, and the
 * compiled graph they speak of. On disk a snapshot NAME.state that is mapped
 * and used in place, and a journal NAME.journal of what came after, a checksum
 * per record; see state/format.h. Nothing in either is trusted unchecked: what
 * does not fit is dropped, and its steps run again. */

/* Where everything that is remembered of a tree lies, from its root: a
 * directory of this program's own. */
#define STATE_DIR ".tgraph"

/* Is the path, from the root, that directory or below it? */
static inline bool
state_owns(struct str path)
{
	return path_below(path, STR(STATE_DIR));
}

enum result_status {
	RESULT_NONE = 0,        /* never ran, or nothing is known */
	RESULT_PASSED,          /* the command succeeded; a test: all passed */
	RESULT_EMPTY,           /* a test step that found no tests */
	RESULT_FAILED,
	RESULT_TIMEOUT,
	RESULT_CRASHED,         /* a signal, or a test without a good result */
};

enum result_flag {
	RESULT_VERIFIED = 1u << 0,      /* key and outs were found to fit the
	                                 * nodes' digests in the state as it is;
	                                 * cleared when one of those changes, or
	                                 * a variable named by a tg_env; to be
	                                 * believed only if all inputs and
	                                 * outputs are NODE_FRESH */
	RESULT_FLAKY    = 1u << 1,      /* passed only when run again */
	RESULT_CACHED   = 1u << 2,      /* came from the cache, not from a run */
	RESULT_ADOPTED  = 1u << 3,      /* taken over from ninja's log */
	RESULT_BATCH    = 1u << 4,      /* the test ran in a batch, behind others
	                                 * or before them */
	RESULT_SHARED   = 1u << 5,      /* it ran in a process that others share */
	/* What counts only for those who have asked for it. */
	RESULT_COMPANY  = RESULT_BATCH | RESULT_SHARED | 31u << 11,
	RESULT_LONE     = 1u << 6,      /* it failed, and no other test ran at
	                                 * the same time */
	RESULT_APART    = 1u << 7,      /* it failed while others ran, and passed
	                                 * alone */
	RESULT_AGAIN    = 3u << 8,      /* a number: in so many runs in a row,
	                                 * this one included, inputs changed
	                                 * while it ran; 3: or more */
	RESULT_WHOLE    = 1u << 10,     /* it did not pass in parts, but did whole:
	                                 * it is not run in parts again */
	RESULT_PARTS    = 31u << 11,    /* a number: its tests ran in so many
	                                 * processes at once; 0: in one */
};

/* The last result of a step. Only PASSED and EMPTY ones make it up to date. */
struct result {
	struct digest key;      /* what the outputs were made from; none: not
	                         * up to date whatever else is here */
	struct digest outs;     /* digest of the outputs' digests in order */
	int64_t start_ns;       /* wall clock */
	uint64_t duration_us;
	int32_t exit;           /* as waitpid gives it */
	uint16_t status, flags;
	/* test items, for tests (so that nobody has to read result files) */
	uint32_t passed, failed, errors, skipped, xfailed, xpassed;
	uint32_t command;       /* low 32 bits of XXH3 of the command: to say
	                         * "command line changed" */
	uint32_t warnings;      /* of test items, and beside them */
};

static inline unsigned
result_again(const struct result *r)
{
	return (r->flags & RESULT_AGAIN) >> 8;
}

static inline void
result_set_again(struct result *r, unsigned n)
{
	if (n > 3)
		n = 3;
	r->flags = (uint16_t)((r->flags & ~RESULT_AGAIN) | n << 8);
}

/* In how many processes it ran. */
static inline unsigned
result_parts(const struct result *r)
{
	unsigned n = (r->flags & RESULT_PARTS) >> 11;

	return n ? n : 1;
}

/* Side arrays of the graph, by node and by step. Read them freely; change them
 * only through the functions below. */
struct state {
	struct graph *g;
	struct file_sig *sig;           /* by node; zero: did not exist */
	struct digest *digest;          /* by node; valid if NODE_KNOWN */
	uint64_t *made;                 /* by node: the run that wrote it, if
	                                 * its content does not tell all that
	                                 * the run left; 0: it does */
	uint8_t *node_flags;            /* by node: enum state_node_flag */
	struct result *result;          /* by step */
	uint32_t nnodes, nsteps;        /* lengths of the above */
	struct state_private *priv;
};

enum state_node_flag {
	NODE_KNOWN   = 1u << 0, /* sig and digest belong together */
	NODE_FRESH   = 1u << 1, /* looked at in this run: sig is today's */
	NODE_CHANGED = 1u << 2, /* digest differs from before this run */
	NODE_MISSING = 1u << 3, /* looked at: does not exist (digest none) */
	NODE_RACY    = 1u << 4, /* KNOWN, but hashed so soon after the file's
	                         * times that a later change may not show in
	                         * them: read again in the next run */
	NODE_DIRTY   = 1u << 5, /* private: differs from what is on disk */
	NODE_TODO    = 1u << 6, /* private: to be read */
	NODE_EDITED  = 1u << 7, /* its content is another than when this run
	                         * first looked at it: see state_edited */
};

enum state_mode {
	STATE_READ,             /* no lock, nothing is written (tools, -n) */
	STATE_WRITE,            /* lock; fails if another holds it */
	STATE_WAIT,             /* lock; waits for it */
	STATE_BESIDE,           /* lock; works beside the run that holds it:
	                         * see state_take */
};                              /* but not for a run above: see state_guests */

/* Opens dir/name.state. s must be zeroed. *graph (zeroed, owned by the caller)
 * becomes the compiled graph if there is a usable one. 1 there is, 0 there is
 * none (s is empty: call state_rebase with a loaded graph), -1 error (lock
 * held: err->code EXIT_ENV and a message naming the holder's pid; directory
 * not writable). waiting, if not NULL, is called once before STATE_WAIT
 * blocks. */
int state_open(struct state *s, struct graph *graph, const char *dir,
	const char *name, enum state_mode mode,
	void (*waiting)(void *ctx, long pid), void *ctx, struct err *err);

/* Are the manifests that the compiled graph was made from as they were? (stat,
 * then digest.) A graph that holds what a dyndep file said is never current:
 * it is loaded anew. */
bool state_manifests_current(struct state *s);

/* From now on s speaks of graph g (not owned): signatures, digests, results
 * and observed inputs of nodes and steps that the former graph had too are
 * carried over by path (a step by its first output); results lose
 * RESULT_VERIFIED. Extras are dropped: they spoke of the former graph. The
 * former graph may be released afterwards. */
void state_rebase(struct state *s, struct graph *g);

/* Lengthens the side arrays after nodes were added to the graph. */
void state_grow(struct state *s);

/* Looks at nodes: stat, on threads, and where the signature differs, or cannot
 * vouch for the content ("racily clean"), reads and digests the file. Sets
 * NODE_FRESH, NODE_CHANGED, NODE_MISSING and clears RESULT_VERIFIED of the
 * steps that make or use a changed node. Nodes already fresh are skipped.
 * A directory's digest is that of its sorted listing. -1: a file that exists
 * cannot be read (the first such; the others are still looked at, it counts as
 * changed each time, with a digest that nothing else has). Nodes named
 * "env:..." and the like that no statement names are no files: see
 * state/asked.h. */
int state_look(struct state *s, const uint32_t *nodes, uint32_t n,
	struct err *err);
/* A node's signature found by somebody else just now (directory walk): as
 * state_look, without the stat. n of them. */
int state_look_sigs(struct state *s, const uint32_t *nodes,
	const struct file_sig *sigs, uint32_t n, struct err *err);
/* As state_look, but the state goes on knowing a node as it was if it is not so
 * any more, or can't be read: differs (by node) becomes 1 then, and it is not
 * NODE_FRESH. What is fresh already is left out. */
void state_differs(struct state *s, const uint32_t *nodes, uint32_t n,
	uint8_t *differs);
/* The time that a file of the state's directory would get if it was made now,
 * in nanoseconds: not by this machine's clock where another one holds the
 * files. Touches the lock; in mode READ the wall clock. And the same as it was
 * when the state was opened. */
int64_t state_clock(struct state *s);
int64_t state_opened(const struct state *s);
/* May the file at path, which has this signature, have been changed at since
 * (state_clock) or later? In doubt it may: where yet another machine's clock
 * counts. */
bool state_changed_since(const struct state *s, const char *path,
	const struct file_sig *sig, int64_t since);
/* Forget that a node was looked at (a step ran that makes it). */
void state_stale(struct state *s, uint32_t node);
/* A node that was looked at in this run was looked at again, and its content
 * was another: somebody wrote it meanwhile. */
void state_edited(struct state *s, uint32_t node);
/* Forget that anything was looked at or has changed: another run begins with
 * the same state (watch mode). */
void state_forget(struct state *s);
/* As state_look for a node whose digest the caller knows. sig: the file was
 * just written with this content, these are its times now. sig NULL: the node
 * is no file (an output of a phony step; see store_phony). */
void state_set(struct state *s, uint32_t node, const struct file_sig *sig,
	const struct digest *digest);
/* Says which run has written a node; 0: its content tells all. Another one than
 * before changes the node for who uses it. */
void state_made(struct state *s, uint32_t node, uint64_t run);
/* What a node stands for: its digest, with the run that wrote it if there is
 * one. */
void state_stands(const struct state *s, uint32_t node, struct digest *out);
/* The digest of a file outside the graph (or before it is loaded) by the same
 * table: 1 known without reading (sig equal), 0 not known. */
int state_lookup(const struct state *s, struct str path,
	const struct file_sig *sig, struct digest *out);

/* The digest of a variable of the environment by its node's name, "env:NAME":
 * that of its value, none if it is unset. "env:*" is the whole environment
 * less the variables that change from shell to shell or from one CI job to the
 * next and decide nothing (the list is in state/variables.c). */
void state_env(struct str name, struct digest *out);

/* Records the result of a step (copied) with its present observed inputs
 * (graph's obs of the step) and its outputs' signatures (look at them first;
 * from now on they are vouched for even if they are NODE_RACY), in memory and
 * in the journal (written at once: a kill loses nothing that was recorded). -1: the
 * journal cannot be written (said once; later calls succeed and keep the
 * result in memory only). */
int state_record(struct state *s, uint32_t step, const struct result *r,
	struct err *err);
/* Sets RESULT_VERIFIED: the caller found key and outs equal. */
void state_verified(struct state *s, uint32_t step);

/* A run that was started by a step of this one, with the same state, is a guest:
 * the lock is not waited for, and what it records is taken over by us. Takes
 * what guests that have ended have left, if it is newer than what is known here.
 * see, if not NULL, is called for each such step before: true, it is not to be
 * taken. It may look at the step's outputs again, but change nothing else.
 * Where there is nothing it costs one look at the directory. */
void state_guests(struct state *s,
	bool (*see)(void *ctx, uint32_t step, const struct result *r),
	void *ctx);

/* Runs beside each other (STATE_BESIDE): one holds the lock, and takes over what
 * the others have recorded when they have ended; so does whoever opens the state
 * for writing next. Readers know it at once. Which of them are we? 0: we hold
 * the lock. */
unsigned state_place(const struct state *s);
/* Is there none beside us now? */
bool state_is_alone(const struct state *s);
/* Only one of them at a time works on what has this number: takes it, until
 * state_give or our end. False: another run has it, pid (may be NULL; 0: not
 * known). What a run above us has is ours too. */
bool state_take(struct state *s, uint64_t id, long *pid);
void state_give(struct state *s, uint64_t id);
/* Learns what the runs beside us have recorded since. False: nothing. */
bool state_catch_up(struct state *s);
/* That is done for a small part of the time at most: is it time? */
bool state_may_catch_up(const struct state *s);

/* May there be other runs with this state: is this one a guest, or was there
 * ever one? */
bool state_has_others(const struct state *s);
/* Learns what the runs above, and below, know of a step by now. */
void state_learn(struct state *s, uint32_t step);
/* Does process pid, or one below it, wait for a lock that a guest has? */
bool state_waits_below(const struct state *s, pid_t pid);

/* Bytes kept in the snapshot for somebody, below STATE_EXTRAS. */
enum state_extra {
	STATE_FRONT = 0,        /* what the Python front end made the graph of */
	STATE_WARNINGS = 1,     /* what it warned of: lines */
	STATE_TOLD = 2,         /* versions of Python that nothing is tested
	                         * under, and of which that was said */
	STATE_CHOSEN = 3,       /* not empty: isolation is set somewhere */
	STATE_LACKING = 4,      /* versions of Python that were asked for and
	                         * that nothing is tested under: "Python 3.14" */
	STATE_DROPPED = 5,      /* options in addopts that were left out, and of
	                         * which that was said */
	STATE_FORMER = 7,       /* see former.h */
};

/* 8-aligned; valid until close or state_set_extra of the same slot. */
struct str state_extra(const struct state *s, enum state_extra slot);
void state_set_extra(struct state *s, enum state_extra slot, struct str bytes);

/* Brings all that is new to the disk: a little of it goes to the journal, more
 * is folded into a new snapshot (temp + fsync + rename). Writes nothing if
 * there is nothing new or the mode is STATE_READ. -1: nothing was lost that
 * was there before. */
int state_save(struct state *s, struct err *err);
/* Releases all (not the graph); drops the lock. Does not save. */
void state_close(struct state *s);

#endif
