/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_SESSION_H
#define TG_SESSION_SESSION_H

#include <stdbool.h>

#include "front/front.h"
#include "graph/graph.h"
#include "session/options.h"
#include "state/state.h"
#include "store/store.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/strs.h"

struct executors;

/* What a run has open, and how it got there. Zero-initialise. */
struct session {
	const struct options *o;
	bool python;            /* the graph is a Python repository's */
	struct buf root;        /* absolute; the working directory from
	                         * session_place on */
	struct buf below;       /* where the user was, from the root; "" there */
	struct buf manifest;    /* not python: the file that is read */
	uint64_t open_us;       /* what session_open took */
	struct buf user_manifest;       /* python: tgraph.ninja if there is one */
	struct buf rules, pytgraph, browse;     /* where the data lies */
	struct buf told;        /* what STATE_TOLD held before this run */
	struct buf releases;    /* the user's table, if it is there */

	struct graph graphs[2]; /* the compiled one, a loaded one */
	struct graph *graph;    /* the one in use; NULL: none */
	struct state state;
	bool state_open;
	bool may_write;         /* it was opened for writing */
	bool new_state;         /* it held nothing when it was opened */
	bool rebased;           /* the state speaks of another graph than the
	                         * snapshot */
	struct front front;
	struct front_opts front_opts;
	bool front_begun, front_loaded;
	struct front_select *select;    /* owned */
	size_t nselect, select_cap;
	struct buf junit, json, trace, cache;   /* the options' paths, from
	                         * the root; empty: not given */
	struct strs ours;       /* the strings are owned: see ours.h */
	struct store *store;
	struct executors *executors;    /* what steps run on, for all builds */

	bool (*is_tool)(const char *name);      /* for hints; or NULL */
	void (*warn)(void *ctx, struct str text);
	void (*waiting)(void *ctx, long pid);
	void *ctx;
	/* Progress of reading Python files; ctx is the session. May be NULL. */
	void (*scanning)(void *ctx, uint32_t done, uint32_t total,
		uint32_t failed);
};

/* Finds out what is to be read, and goes to the root. */
int session_place(struct session *s, const struct options *o,
	struct err *err);
/* Finds rules, pytgraph and browse; nothing if that is done. */
void session_find_data(struct session *s);
/* The user's own table of releases, which --update writes: its path into out.
 * 1 it is there, 0 it is not (out may be empty: there is no home). */
int session_releases(struct buf *out);
/* Are only some tests of files wanted? */
bool session_is_partial(const struct session *s);
/* Opens the state and gets the graph: the compiled one if it is current, else
 * by reading the manifest or the repository. mode as state_open has it;
 * STATE_READ also if there is nothing to write to. */
int session_open(struct session *s, enum state_mode mode, struct err *err);
/* Takes over what ninja's records say if there were none of our own. Returns
 * the number of steps; -1: err. */
int64_t session_adopt(struct session *s, struct err *err);
/* The manifest's builddir, "" if it has none; into out. */
void session_builddir(const struct session *s, struct buf *out);
/* Reads the manifest again (it was rebuilt). */
int session_reload(struct session *s, struct err *err);
/* Opens the store that the options ask for, or else $TGRAPH_CACHE (empty: none
 * at all); s->store stays NULL if none. What
 * a manifest's steps leave is kept in the build directory, unless a cache was
 * named: such steps often depend on more than they say, so another directory
 * must not take their results for its own unasked. */
int session_store(struct session *s, struct err *err);
/* Writes what was learnt. */
int session_save(struct session *s, struct err *err);
void session_close(struct session *s);

#endif
