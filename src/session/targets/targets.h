/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_TARGETS_TARGETS_H
#define TG_SESSION_TARGETS_TARGETS_H

#include <stdint.h>

#include "session/session.h"
#include "util/err.h"

/* Nodes that the command line asks for. */
struct targets {
	uint32_t *v;            /* owned */
	uint32_t n;
	size_t cap;
};

/* Before session_open: finds the node ids among the words (a partial run has a
 * graph of its own) and notes them in the session. */
int targets_prepare(struct session *s, struct err *err);
/* After session_open: what n words of the command line mean. They are joined:
 * versions narrow, the others, and the packages of --package, add up; none:
 * every test below where the user was, and what a tgraph.ninja builds by
 * default. --failed and --since leave out tests; the latter may make another
 * graph (session_reload). -1: a word that means nothing. */
int targets_find(struct session *s, char *const *words, int n,
	struct targets *t, struct err *err);
void targets_add(struct targets *t, uint32_t node);
void targets_release(struct targets *t);

/* The error that a word means nothing, with the nearest that does. -1. */
int targets_unknown(const struct session *s, struct str word,
	struct err *err);

#endif
