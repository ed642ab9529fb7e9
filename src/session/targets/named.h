/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_TARGETS_NAMED_H
#define TG_SESSION_TARGETS_NAMED_H

#include "query/bits.h"
#include "session/session.h"
#include "util/err.h"
#include "util/str.h"

/* The files that a word means in a Python repository, for questions about more
 * than tests. Words are those of targets_find, and a module's dotted name: a
 * package, a directory or a pattern means all files of it, a version the test
 * files that run under it, "FILE::ID" the file.
 *
 * Adds them to out, nodes of s->graph that are shown (query/view.h). 1 found; 0
 * only the front end may know what the word means (session_reload, which makes
 * another graph, then ask again); -1 error. */
int named_find(struct session *s, struct str word, struct bits *out,
	struct err *err);

#endif
