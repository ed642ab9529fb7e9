/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TOOL_TOOL_H
#define TG_TOOL_TOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "graph/graph.h"
#include "state/state.h"
#include "store/store.h"
#include "util/err.h"

/* The -t TOOL table. */

/* What main opens before run(); each implies those before. */
enum tool_needs {
	TOOL_FLAGS,             /* nothing */
	TOOL_MANIFEST,          /* graph */
	TOOL_STATE,             /* state, for reading (STATE_READ) */
	TOOL_STATE_WRITE,       /* state, STATE_WRITE; if another holds the
	                         * lock, state is NULL and it is no error */
	TOOL_CACHE,             /* store, and state for reading */
	TOOL_STORE_ONLY,        /* flags and store: no manifest */
};

enum tool_verbosity { TOOL_QUIET, TOOL_NORMAL, TOOL_VERBOSE };

struct tool_env {
	const char *name;       /* "tgraph" or "ninja": prefix of messages */
	bool ninja;             /* called as ninja */
	FILE *out, *err;
	enum tool_verbosity verbosity;  /* --quiet, -v */
	bool dry_run;           /* -n */
	struct graph *graph;    /* NULL if not needed */
	struct state *state;    /* of graph; outputs' signatures may be old:
	                         * state_look before use */
	struct store *store;    /* NULL: no cache is used */
	const char *builddir;   /* where logs are; "" or ".": here */
	/* Opens graph (if that works), and state for writing, for a tool that
	 * must also work when there are none. builddir: where the records are
	 * thought to be; NULL: wherever they are. 1 opened, 0 there is nothing
	 * recorded, or not there, or another holds the lock; -1 error. */
	int (*open)(struct tool_env *env, const char *builddir,
		struct err *err);
	void *main;             /* for open */
	/* For a tool that calls this program again: */
	const char *browse;     /* the page server, browse.py */
	const char *const *again;       /* NULL-terminated: options that lead
	                         * to the same graph, from the directory where
	                         * we are */
	const char *below;      /* where the user was, from here; "" here */
	bool python;            /* the graph is a Python repository's */
	const char *const *others;      /* NULL-terminated, or NULL: tools of
	                         * the caller, for "did you mean" */
};

struct tool {
	const char *name;
	const char *summary;    /* one line for -t list; NULL hides the tool */
	const char *usage;      /* what -h prints, without the program's name;
	                         * "%s" in it stands for that. NULL: no options */
	enum tool_needs needs;
	bool own;               /* tgraph's: not shown nor known as ninja */
	/* argv[0] is the tool's name. Returns an exit code. */
	int (*run)(struct tool_env *env, int argc, char **argv);
};

/* The tool of that name, or NULL after printing ninja's "unknown tool" with a
 * suggestion to env->err (exit 1). "list" is not a tool: see tool_list. */
const struct tool *tool_find(const struct tool_env *env, const char *name);
/* Is there a tool of tgraph's of that name (none of the caller's)? */
bool tool_is(const char *name);
/* -t list. Returns 0. */
int tool_list(const struct tool_env *env);
/* The tool's usage to env->out. bad: an option was wrong. Returns the exit
 * code. */
int tool_usage(const struct tool_env *env, const struct tool *t, bool bad);

#endif
