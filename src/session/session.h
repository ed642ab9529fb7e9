/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_SESSION_H
#define TG_SESSION_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "front/front.h"
#include "graph/graph.h"
#include "session/options.h"
#include "state/state.h"
#include "store/store.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/strs.h"

struct executors;

/* Where what runs is noted, for the case that we are killed. */
#define SESSION_RUNNING STATE_DIR "/running"

/* What a run, or a tool, has open. In this order:
 *
 *	options_parse           what was asked for
 *	session_place           what is read, and where: goes to the root
 *	targets_prepare         a run: does it want only some tests of files?
 *	failed_items            a run: which of them failed?
 *	session_open            the state, and the graph that fits it
 *	session_adopt           what ninja left, if there was no state yet
 *	session_store           the cache of results
 *	targets_find            the nodes that the words mean
 *	session_save            what was learnt
 *	session_close
 *
 * A tool leaves out what it does not need. Zero-initialise. */
struct session {
	/* From the caller, before session_place. */
	const struct options *o;        /* session_place sets it */
	bool (*is_tool)(const char *name);      /* for hints; or NULL */
	/* From the caller, before session_open; NULL: nobody listens. */
	void (*warn)(void *ctx, struct str text);
	void (*waiting)(void *ctx, long pid);   /* another run works here */
	void (*left)(void *ctx, long pid);      /* what a killed run left is
	                                         * ended */
	void *ctx;              /* of these */
	void (*scanning)(void *s, uint32_t done, uint32_t total,
		uint32_t failed);       /* Python files are read */
	/* Installed packages are read, bytes; from any thread. */
	void (*digesting)(void *s, uint64_t done, uint64_t total);

	/* By session_place. */
	bool python;            /* a Python repository, not a ninja file */
	struct buf root;        /* absolute, and the working directory now */
	struct buf below;       /* where the user was, from the root; may be
	                         * "" */
	struct buf manifest;    /* the ninja file; empty: python */
	struct buf user_manifest;       /* python: tgraph.ninja if there is
	                         * one */
	struct buf junit, json, trace, cache;   /* the options' paths, from the
	                         * root; empty: not given */
	struct buf rules, pytgraph, browse;     /* see session_find_data */
	struct buf observe, observe_dir;        /* see session_find_observe */

	/* By targets_prepare. */
	struct front_select *select;    /* the node ids among the words, or
	                                 * what failed */
	size_t nselect, select_cap;

	/* By failed_items. */
	struct {
		bool known;     /* items that failed are selected */
		struct map files;       /* how each run ended */
		struct arena arena;
	} failed;

	/* By session_open. */
	struct graph *graph;    /* the one in use; NULL: none */
	struct graph graphs[2]; /* it is the one that came with the state, or
	                         * one that was read since */
	struct state state;     /* of graph */
	bool state_open;
	bool may_write;         /* it was opened for writing */
	bool new_state;         /* it held nothing; session_adopt ends that */
	struct buf told, told_dropped;  /* what STATE_TOLD and STATE_DROPPED
	                         * held before the graph was read */
	struct front front;     /* python */
	const char **cover_reports;     /* for front_opts: see coverage.h */
	struct strs cover_words, cover_only;    /* the strings are owned */
	bool cover_chosen;
	struct str *index_words;        /* for front_opts: see index.h */
	size_t nindex_words;
	struct front_opts front_opts;
	bool front_begun;       /* it was looked at the repository */
	bool front_loaded;      /* the graph was made from it in this run */
	struct buf releases;    /* the user's table, for front_opts */
	struct strs ours;       /* no inputs, though in the tree: see ours.h;
	                         * the strings are owned */
	struct executors *executors;    /* what steps run on, for all builds */
	uint64_t open_us;       /* what it took */

	/* By session_store. */
	struct store *store;    /* NULL: none is used */
};

/* Finds out what is to be read, and goes to the root. */
int session_place(struct session *s, const struct options *o,
	struct err *err);
/* A word that is a path, as it is named from the root ("" is the root). */
void session_path(const struct session *s, struct str word, struct buf *out);
/* Finds rules, pytgraph and browse; nothing if that is done. */
void session_find_data(struct session *s);
/* Finds the library that observes steps, and where they are to leave what they
 * read; observe stays empty if there is none. */
void session_find_observe(struct session *s);
/* The user's own table of releases, which --update writes: its path into out.
 * 1 it is there, 0 it is not (out may be empty: there is no home). */
int session_releases(struct buf *out);
/* Are only some tests of files wanted? Such a run has a graph and a state of
 * its own. */
bool session_is_partial(const struct session *s);

/* Does the run that is asked for change nothing here? (Not for a tool.) */
bool session_reads_only(const struct session *s);

/* Opens the state and gets the graph: the compiled one if it is current, else
 * by reading the manifest or the repository. mode as state_open has it;
 * STATE_READ also if there is nothing to write to. -1: state_open says whether
 * the state is what could not be opened. */
int session_open(struct session *s, enum state_mode mode, struct err *err);
/* Reads the graph anew (the manifest was rebuilt) and hands it to the state. */
int session_reload(struct session *s, struct err *err);
/* The same after another look at the repository, with other options of it. */
int session_look_again(struct session *s, struct err *err);
/* Takes over what ninja's records say if there were none of our own. Returns
 * the number of steps; -1: err. */
int64_t session_adopt(struct session *s, struct err *err);
/* The manifest's builddir, which replaces out; out stays as it is if there is
 * none. */
void session_builddir(const struct session *s, struct buf *out);

/* Opens the store that the options ask for, or else $TGRAPH_CACHE (empty: none
 * at all); s->store stays NULL if none. What a manifest's steps leave is kept
 * in the build directory, unless a cache was named: such steps often depend on
 * more than they say, so another directory must not take their results for its
 * own unasked. */
int session_store(struct session *s, struct err *err);
/* The directory of the store that the next run would use, without making or
 * opening it; it may not be there yet. 1, 0 none is wanted, -1: the run would not
 * use it, err says why. */
int session_cache_dir(const struct session *s, struct buf *dir,
	struct err *err);

/* Writes what was learnt. */
int session_save(struct session *s, struct err *err);
void session_close(struct session *s);

#endif
