/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STATE_INTERNAL_H
#define TG_STATE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "state/format.h"
#include "state/state.h"
#include "util/buf.h"
#include "util/file.h"

/* Growing array of ids. */
struct id_list {
	uint32_t *p;
	size_t n, cap;
};

void id_list_add(struct id_list *l, uint32_t id);

struct loose {
	uint32_t step, next;
};

/* The clock that gives files their times. Zeroed, it is this machine's. */
struct clock {
	int64_t skew;           /* nanoseconds that it is before os_wall */
	uint64_t dev;           /* of the state's directory */
};

/* So many runs can be beside the one that has the lock. */
enum { BESIDE_MOST = 9 };

struct state_private {
	enum state_mode mode;
	struct clock clock;
	int64_t opened;         /* by that clock; 0: not known */
	char *dir, *name;
	char *snap_path, *journal_path, *lock_path, *guest_path;
	int lock_fd, journal_fd;        /* -1: not open */
	unsigned beside;                /* 0, or which run beside: beside.c */
	unsigned level;                 /* 0: it is ours; else how many runs
	                                 * above us have it: see guest.c */
	int turns_fd;                   /* see state_take; -1 */
	uint64_t news;                  /* what others' files were like */
	int64_t catch_due;              /* see state_may_catch_up */
	struct beside_read {            /* of their files so far */
		uint64_t ino, sum;
		size_t at;
	} read[BESIDE_MOST + 1];
	int guest_fd;                   /* what we leave for them; -1 */
	uint64_t guest_sum;

	struct file_map map;            /* of the snapshot that was opened */
	bool owned;                     /* by-node arrays are malloc'd */
	bool result_owned, files_owned;
	uint32_t cap;                   /* nodes that they have room for */

	/* What is on disk. */
	uint64_t id;                    /* snapshot that the journal belongs to;
	                                 * 0: none has the present graph */
	uint32_t base;                  /* nodes in it */
	uint64_t snap_size;
	uint64_t journal_sum, journal_size;     /* 0: not begun */
	struct id_list names;           /* node by NAME record */
	struct id_list numbers;         /* NAME record + 1 by node - base */
	bool journal_broken;
	bool unsynced;                  /* appended to since the last fsync */

	/* What is not yet on disk. */
	bool fold;                      /* the journal cannot say it */
	bool files_dirty, env_dirty;
	struct id_list dirty;           /* nodes with NODE_DIRTY */
	struct id_list verified;        /* steps; some may not be any more */
	struct buf record;              /* scratch */

	/* Users that came after the graph's users were listed: by node a list
	 * in pairs, 0: end. */
	uint32_t *loose;
	uint32_t loose_n;
	struct loose *pairs;
	size_t npairs, pairs_cap;

	struct file_sig *files;         /* by manifest; pad 1: racy */
	uint32_t nfiles;
	struct buf env_names;
	struct digest env;
	struct str extra[STATE_EXTRAS];
	char *extra_owned[STATE_EXTRAS];
};

/* ---- content.c ---- */

/* Looks at and reads a file, a directory (its sorted names; below: all that is
 * below it), or takes the type of anything else. Symlinks are followed. 1
 * done, 0 does not exist, -1 cannot be read (errno): *digest is then one that
 * nothing else has. *racy: the times in sig cannot vouch for the content. */
int content_digest(const struct clock *c, const char *path, bool below,
	struct file_sig *sig, struct digest *digest, bool *racy);

/* ---- below.c ---- */

/* Is the node, which has this signature, a directory that counts with all that
 * is below it? Those that a statement names as an output, or as an input that
 * decides; but not where the working directory is in it. */
bool below_counts(const struct state *s, uint32_t node,
	const struct file_sig *sig);
/* Makes a directory's signature tell of all that is below it: of names, types,
 * times and sizes. ctime_ns becomes the newest there. -1 errno. */
int below_sig(const char *path, struct file_sig *sig);
/* The digest of names, types and contents below a directory. -1 errno. */
int below_digest(const char *path, struct digest *out);

/* ---- clock.c ---- */

/* Sets the clock by the file open as fd, which becomes as new; what it says.
 * fd -1, or trouble: the wall clock with what is known of it. */
int64_t clock_now(struct clock *c, int fd);
/* Could the file, which was read at this time (os_wall), change without showing
 * it in its times? */
bool clock_racy(const struct clock *c, const char *path,
	const struct file_sig *sig, int64_t wall);

/* ---- node.c: the one way in which nodes change ---- */

/* flags: NODE_KNOWN, NODE_RACY. Sets NODE_CHANGED if the content differs,
 * NODE_DIRTY if anything does. */
void node_set(struct state *s, uint32_t node, const struct file_sig *sig,
	const struct digest *digest, uint8_t flags);
/* The step has inputs that the graph's users do not tell of. */
void node_loose(struct state *s, uint32_t step);
/* All users are told of by the graph again. */
void node_loose_clear(struct state *s);
/* Side arrays with room for at least this many nodes. */
void node_room(struct state *s, uint32_t n);
/* RESULT_VERIFIED off for the steps that have a tg_env. */
void state_unverify_env(struct state *s);

/* ---- snapshot.c ---- */

/* Maps the snapshot; fills graph, the side arrays and the like. 1 done, 0
 * there is no usable one. */
int snapshot_open(struct state *s, struct graph *graph);
/* Writes a new one and starts the journal anew. */
int snapshot_write(struct state *s, struct err *err);

/* ---- journal.c ---- */

/* Applies the journal; in a mode that writes cuts off what does not fit. true:
 * it belongs to the snapshot (or is none). */
bool journal_replay(struct state *s);
/* The same for bytes of a journal (changed while reading). Returns how many
 * of them fit. */
size_t journal_apply(struct state *s, char *p, size_t n);
/* Appends in one write a step's result, or all that is dirty. -1: nothing was
 * appended. */
int journal_step(struct state *s, uint32_t step, struct err *err);
int journal_sync(struct state *s, struct err *err);
/* Bytes that journal_sync would append, about. */
uint64_t journal_pending(const struct state *s);
/* What is known of the journal is that of no other. */
void journal_forget(struct state_private *p);
/* Records begin at multiples of 8 bytes. */
static inline size_t
record_padded(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/* ---- lock.c ---- */

/* 0 locked, *fd is to be closed to unlock; 1 held by a process above us, which
 * waits for us; -1 error. */
int lock_take(const char *path, bool wait, void (*waiting)(void *, long),
	void *ctx, int *fd, struct err *err);
/* Whose name the lock's file has, which may be that of one that has ended; 0:
 * nobody's; -1: there is no file. */
long lock_holder(const char *path);
/* The same for a file that is there, without waiting or leaving a name: its
 * descriptor; -1: there is none, or somebody has it. */
int lock_try(const char *path);

/* ---- guest.c ---- */

/* The deepest that runs may be started by each other's steps. */
enum { GUEST_DEEPEST = 8 };

/* Does this state belong to a run that writes it? */
static inline bool
is_host(const struct state *s)
{
	return s->priv->mode != STATE_READ && s->priv->level == 0 &&
	       s->priv->beside == 0;
}

/* Is what it records taken over by another? */
static inline bool
is_guest_of(const struct state_private *p)
{
	return p->level || p->beside;
}

static inline bool
is_guest(const struct state *s)
{
	return is_guest_of(s->priv);
}

/* The name of what belongs to a level: of the lock, or of what its guest has
 * left. */
void guest_path(const char *path, unsigned level, struct buf *out);
/* Appends a step's result for the host. -1: it was not. */
int guest_record(struct state *s, uint32_t step, struct err *err);
/* Leaves a sign that this process waits for another guest's lock, or takes it
 * away: a run of the same level must not wait for what is above us. */
void guest_waits(const struct state_private *p, bool waits);

/* ---- guests.c ---- */

/* What guests of this level have left, to be known by another one. */
void guest_learn(struct state *s, unsigned level);
/* What the other runs beside have left since it was asked last; again: all that
 * any of them has left. */
void beside_learn(struct state *s, bool again);

/* ---- beside.c ---- */

/* The name of what belongs to a run beside: of its lock (".lock"), or what it
 * has left (".guest"). */
void beside_path(const struct state_private *p, unsigned which,
	const char *end, struct buf *out);
/* The name of the lock of the first such run, the second, ...; false: there was
 * never one, nor any after it. */
bool beside_was(const struct state_private *p, unsigned which,
	struct buf *lock);
/* Sets beside, lock_path and guest_path: to those of a run above us. False: there
 * is none, and they are as they were. */
bool beside_above(struct state_private *p);
/* ... to the first place that is free, whose lock is ours then. False: there is
 * none, and they are those of the run that has the lock. */
bool beside_free(struct state_private *p);
/* Waits for the runs beside to end, or fails if there are any, as lock_take. */
int beside_wait(struct state_private *p, void (*waiting)(void *, long),
	void *ctx, struct err *err);
/* A number for what the others have left by now. */
uint64_t beside_news(const struct state *s);

/* ---- learn.c ---- */

/* What the run that has the lock has recorded. */
void learn_all(struct state *s);

/* ---- state.c ---- */

/* RESULT_VERIFIED off for the steps that have a tg_env, if their variables
 * are not as they were. */
void state_check_env(struct state *s);
/* Is a manifest as it was read? Its signature in old is brought up to date. */
bool state_file_current(struct state *s, const struct graph_file *f,
	struct file_sig *old);
/* Frees the arrays by node, if they are ours, and that of results. */
void state_free_arrays(struct state *s, bool owned, bool result_owned);
void state_drop_extras(struct state_private *p);

#endif
