/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TOOL_ENV_ASK_H
#define TG_TOOL_ENV_ASK_H

#include <stdbool.h>

#include "query/eval.h"
#include "tool/env/env.h"

/* -t query EXPRESSION, in a ninja file and in a Python repository. */

#define ASK_USAGE \
	"usage: %s -t query targets\n" \
	"       %s -t query [--json | --dot | -0] EXPRESSION\n" \
	"\n" \
	"What targets depend on, and what depends on them. In a Python " \
	"repository they are\n" \
	"test files, modules, other files, packages or Python versions " \
	"(py3.12).\n" \
	"\n" \
	"An expression is a set of nodes, printed a line each, sorted:\n" \
	"  deps(x[, depth])   what x needs, x included; depth steps away at " \
	"most\n" \
	"  rdeps(x[, depth])  what needs x\n" \
	"  tests(x)           the tests in x\n" \
	"  affected(x)        tests that could come out differently if x " \
	"changes\n" \
	"  kind(word)         source, module, conftest, test, generated, " \
	"phony or a rule\n" \
	"  filter(/re/)       nodes whose path a regular expression " \
	"matches; /re/i\n" \
	"  attr(name, value)  nodes of steps that have this value of a " \
	"variable\n" \
	"  somepath(a, b)     one way from a to b along what is needed, in " \
	"its order\n" \
	"  allpaths(a, b)     all nodes on such ways\n" \
	"  set(a b)           a and b\n" \
	"  x & y, x | y, x - y, (x)   in both, in either, in x alone; from " \
	"left to right\n" \
	"\n" \
	"What a test file was seen to use in its last run counts, if it " \
	"passed and nothing\n" \
	"of it has changed since; otherwise what it seems to need. --json " \
	"says which.\n"

enum ask_form { ASK_TEXT, ASK_JSON, ASK_DOT };

/* Do the words (argv[0] is the tool's name) ask for an expression? They do if
 * there are options, or if one of them could be no name: it has parentheses or
 * operators, and no node is called so. */
bool ask_wanted(const struct tool_env *env, int argc, char **argv);
/* Answers. Returns an exit code; -1: err. */
int ask_run(struct tool_env *env, int argc, char **argv, struct err *err);

/* Which steps were seen whole, for a view of the session's graph; the array is
 * the caller's. */
uint8_t *ask_seen(struct session *s);
/* Adds the test steps that a node reaches to runs (an empty set); seen: as of
 * ask_seen. The users of the graph's nodes are listed. */
void ask_runs(const struct graph *g, uint32_t node, const uint8_t *seen,
	struct bits *runs);
/* Prints the answer; end: what ends each line of text. */
void ask_print(const struct tool_env *env, const struct eval *ev,
	enum ask_form form, char end);
/* A path as the user would write it from where they are. */
void ask_path(const struct tool_env *env, uint32_t node, struct buf *out);

#endif
