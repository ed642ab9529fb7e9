/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STATE_ASKED_H
#define TG_STATE_ASKED_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/graph.h"
#include "util/digest.h"
#include "util/str.h"

/* Nodes that are no files, but answers to questions that a step asked. Their
 * names, which no statement has:
 *
 *	env:NAME	the value of a variable, see state_env
 *	look:PATH	what is at a path: nothing, or of what type, with what
 *			permissions, and of a symlink where it leads
 *	find:TAG:PATH	what Python would find there as a module of that name,
 *			PATH being without suffix; the names of its compiled
 *			modules end in TAG.so. It may be several names,
 *			with commas; with the name "*": what is installed
 *			in the directory
 *	index:PATH	what git's index says, see asked_index_digest
 *	unseen:TEXT	what was not seen of a step, in words: the same for ever
 *	always:TEXT	why a step is never up to date, in words: another answer
 *			each time
 */

#define ASKED_LOOK "look:"
#define ASKED_FIND "find:"
#define ASKED_INDEX "index:"
#define ASKED_UNSEEN "unseen:"
#define ASKED_ALWAYS "always:"

/* Is it such a name? */
bool asked_is(struct str name);
/* Is the node such a question? What a statement names is a file. */
bool asked_node(const struct graph *g, uint32_t node);
/* What follows the prefix; n 0: it has another. */
static inline struct str
asked_after(struct str name, const char *prefix)
{
	size_t n = strlen(prefix);

	if (!str_starts(name, prefix))
		return (struct str){ 0 };
	return (struct str){ name.p + n, name.n - n };
}

/* Of a find: its path; n 0: it is none. */
struct str asked_find(struct str name);
/* Calls see for each path that such a module may have, until one says false;
 * path: NUL-terminated. What is installed ("*") is no module. */
bool asked_candidates(struct str name, bool (*see)(void *ctx, const char *path),
	void *ctx);
/* The answer as it is now. */
void asked_digest(struct str name, struct digest *out);
/* The digest of look: for a path where there is nothing, and where there is
 * something of this st_mode that is no symlink. */
struct digest asked_nothing(void);
struct digest asked_mode(uint32_t mode);

/* Is there something because of which the step is never up to date? */
bool asked_always(const struct graph *g, uint32_t step);
/* Has all been seen that the step asks for? Then what is only assumed of it
 * (graph_assumed) does not decide. */
bool asked_all(const struct graph *g, uint32_t step);

#endif
