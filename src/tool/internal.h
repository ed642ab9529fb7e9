/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TOOL_INTERNAL_H
#define TG_TOOL_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "tool/tool.h"
#include "util/buf.h"
#include "util/str.h"

extern const struct tool tool_browse, tool_cache, tool_clean,
	tool_cleandead, tool_commands, tool_compdb, tool_compdb_targets, tool_deps, tool_graph,
	tool_inputs, tool_manifest, tool_missingdeps, tool_multi_inputs,
	tool_query, tool_recompact, tool_restat, tool_rules, tool_targets,
	tool_why;

/* "NAME: error: TEXT" to env->err; returns the exit code of a usage error: 2,
 * as ninja 1. */
int tool_error(const struct tool_env *env, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void tool_warning(const struct tool_env *env, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The error in err (with its place), which is released. Returns err's exit
 * code, or else as tool_error. */
int tool_fail(const struct tool_env *env, struct err *err);

/* getopt_long (longs may be NULL); an unknown option is told on env->err, and
 * '?' returned. */
struct option;
int tool_getopt(const struct tool_env *env, int argc, char **argv,
	const char *options, const struct option *longs);
/* To be called before the first tool_getopt of an argv. */
void tool_getopt_start(void);

/* Nodes of the arguments (see target_list): 0, or an exit code after telling
 * the error. */
int tool_targets_of(struct tool_env *env, char *const *names, int n,
	uint32_t **nodes, uint32_t *count);
/* Reads the dyndep file of a step that waits for it; step GRAPH_NONE: those of
 * all steps, if they exist. Trouble is a warning. */
void tool_dyndeps(struct tool_env *env, uint32_t step);

/* The name of a step's rule. */
struct str step_rule(const struct graph *g, uint32_t step);
/* Prints s to env->out. */
void put_str(const struct tool_env *env, struct str s);
/* The command of a step, appended: 0, or an exit code after telling the error
 * (its variables name each other in a circle). */
int step_command(const struct tool_env *env, uint32_t step, struct buf *out);

#endif
