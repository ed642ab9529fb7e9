/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TOOL_ENV_ENV_H
#define TG_TOOL_ENV_ENV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "session/session.h"
#include "session/targets/targets.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/str.h"

/* What a tool finds open in the session. */
enum tool_needs {
	TOOL_NOTHING = 0,
	TOOL_GRAPH = 1u << 0,
	/* The state, for reading; outputs' signatures may be old: state_look
	 * before use. */
	TOOL_STATE = 1u << 1 | TOOL_GRAPH,
	/* The state, which is saved after the tool ran; not (session.may_write)
	 * if another holds it, which is no error. */
	TOOL_WRITE = 1u << 2 | TOOL_STATE,
	/* What the front end found in a Python repository. */
	TOOL_FRONT = 1u << 3 | TOOL_STATE,
	/* The cache alone; no graph. */
	TOOL_STORE = 1u << 4,
};

/* Where a tool is of use. A name that is of use in both may stand for two
 * tools. */
enum tool_where { TOOL_ANYWHERE, TOOL_NINJA_FILE, TOOL_PYTHON };

/* A tool that runs. */
struct tool_env {
	struct session *s;
	const struct tool *tool;
	FILE *out, *err;
};

struct tool {
	const char *name;
	const char *summary;    /* one line for -t list; NULL hides the tool */
	const char *usage;      /* what -h prints; "%s" in it stands for the
	                         * program's name */
	const char *ninja_usage;        /* the same as ninja; NULL: no other */
	unsigned needs;         /* enum tool_needs */
	enum tool_where where;
	bool own;               /* tgraph's: not shown nor known as ninja */
	bool words;             /* its words, after its options, are targets of
	                         * a run: see tool_find_targets */
	/* argv[0] is the tool's name. Returns an exit code, having told of what
	 * went wrong (tool_error); -1: err, which main tells. */
	int (*run)(struct tool_env *env, int argc, char **argv,
		struct err *err);
};

/* Opens what needs says (tool_needs). -1: err. */
int tool_open(struct session *s, unsigned needs, struct err *err);
/* The same as TOOL_WRITE, for a tool that has nothing to do where nothing is
 * recorded. builddir: where the records are thought to be; NULL: wherever they
 * are. 1 opened; 0 nothing is recorded, or not there, or another holds it; -1
 * error. */
int tool_open_records(struct session *s, const char *builddir,
	struct err *err);

/* "NAME: error: TEXT" to env->err; returns the exit code of a usage error: 2,
 * as ninja 1. */
int tool_error(const struct tool_env *env, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void tool_warning(const struct tool_env *env, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The error in err (with its place), which is released. Returns err's exit
 * code, or else as tool_error. */
int tool_fail(const struct tool_env *env, struct err *err);
/* The tool's usage to env->out. bad: an option was wrong. Returns the exit
 * code. */
int tool_usage(const struct tool_env *env, bool bad);
/* getopt_long (longs may be NULL); an unknown option is told on env->err, and
 * '?' returned. */
struct option;
int tool_getopt(const struct tool_env *env, int argc, char **argv,
	const char *options, const struct option *longs);
/* Prints s to env->out. */
void tool_put(const struct tool_env *env, struct str s);

/* The nodes that words mean. In a Python repository, and if tool.words says so,
 * they are packages, versions, files and so on, and none of them all that is
 * tested (targets_find); else names of nodes, and none of them what is built
 * by default (target_list). 0; an exit code after telling the error; -1: err.
 * Release t in any case. */
int tool_find_targets(const struct tool_env *env, char *const *words, int n,
	struct targets *t, struct err *err);
/* Reads the dyndep file of a step that waits for it; step GRAPH_NONE: those of
 * all steps, if they exist. Trouble is a warning. */
void tool_dyndeps(const struct tool_env *env, uint32_t step);
/* For qsort of nodes or steps. */
int tool_cmp_id(const void *a, const void *b);
/* The name of a step's rule. */
struct str tool_rule(const struct graph *g, uint32_t step);
/* The command of a step, appended: 0, or an exit code after telling the error
 * (its variables name each other in a circle). */
int tool_command(const struct tool_env *env, uint32_t step, struct buf *out);

#endif
