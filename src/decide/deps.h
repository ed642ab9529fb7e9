/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_DECIDE_DEPS_H
#define TG_DECIDE_DEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graph/graph.h"
#include "ninja/depfile.h"
#include "util/buf.h"
#include "util/digest.h"
#include "util/err.h"
#include "util/str.h"

/* What a step was told when it asked (see state/asked.h): its node has this
 * digest, or another. */
struct deps_answer {
	uint32_t node;
	bool other;
	struct digest digest;
};

/* Nodes. */
struct deps_set {
	uint32_t *v;
	size_t n, cap;
	uint64_t *bits;         /* by node: it is one of v */
	size_t words;
};

/* The inputs that a step was found to have when it ran. Zero-initialise it
 * ({0}); it can be used for one step after the other. */
struct deps {
	uint32_t *ids;          /* nodes */
	size_t n, cap;
	bool unknown;           /* a depfile was promised and is not there, or
	                         * speaks of something else: the step must not
	                         * count as up to date */
	struct deps_set sure;   /* of ids, those that the step has changed
	                         * itself: as it left them */
	struct deps_answer *answers;
	size_t nanswers, answers_cap;
	struct deps_set early;  /* of ids, those that were read before the step
	                         * began, by what it was forked from: */
	int64_t since;          /* after this, as files have it */
	struct deps_set wrote;  /* what it says it has written */
	struct buf text, path;  /* scratch */
	struct depfile file;    /* scratch */
};

void deps_clear(struct deps *d);
void deps_release(struct deps *d);

/* Reads what a step that succeeded left: its depfile, or for deps = msvc lines
 * of *output, which are taken out of it. A depfile that stays counts as an
 * input: who changes it says that others are. Nodes are added to the graph where
 * they are new. -1: the step has failed for this reason. */
int deps_read(struct deps *d, struct graph *g, uint32_t step,
	struct buf *output, struct err *err);
/* Adds a node by its name. */
void deps_add(struct deps *d, struct graph *g, struct str name);
/* One of them is as the step has left it. */
void deps_sure(struct deps *d, uint32_t node);
bool deps_is_sure(const struct deps *d, uint32_t node);
/* One of them was read before the step began, after d->since. */
void deps_early(struct deps *d, uint32_t node);
bool deps_is_early(const struct deps *d, uint32_t node);
/* The step says that it has written this file, an input or not. */
void deps_wrote(struct deps *d, uint32_t node);
bool deps_has_written(const struct deps *d, uint32_t node);
/* Adds a variable of the environment ("*": all of them). */
void deps_add_env(struct deps *d, struct graph *g, struct str name);
/* Adds those that a test may have read when it was not observed and its worker
 * can't tell: what libc reads; all: what programs read that it started, too. */
void deps_unseen_env(struct deps *d, struct graph *g, bool all);
/* Has the step a depfile that stays and that others may write? (A test's is
 * ours.) */
bool deps_stay(const struct graph *g, uint32_t step);
/* Its node, which is among the observed inputs; its times say nothing. NONE if
 * there is no such depfile, or it was not read yet. */
uint32_t deps_depfile(const struct graph *g, uint32_t step);
/* Does the step's depfile serve only to be read once (deps = gcc)? */
bool deps_transient(const struct graph *g, uint32_t step);

#endif
