/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_SUBJECT_H
#define TG_SESSION_SUBJECT_H

#include <stdint.h>

#include "session/session.h"
#include "util/err.h"
#include "util/str.h"

/* What a word that the user wrote names in a Python repository, for tools that
 * speak of more than tests. */
enum word_kind {
	WORD_PACKAGE,           /* at: in front.p.packages */
	WORD_VERSION,
	WORD_MODULE,            /* at: in front.m; any Python file */
	WORD_FILE,              /* at: a node */
	WORD_DIR,
};

struct word {
	enum word_kind kind;
	size_t at;
	struct str path;        /* of MODULE, FILE and DIR, from the root */
	int major, minor;       /* of VERSION */
};

/* A package's name or directory, a version, a file, a directory, or a module's
 * dotted name. path is in the front's arena. After the front is loaded. -1:
 * none of these. */
int word_find(struct session *s, const char *text, struct word *out,
	struct err *err);

/* A growing list of strings that others own. */
struct words {
	struct str *v;
	size_t n, cap;
};
void words_add(struct words *w, struct str s);
/* Sorts bytewise and drops repeats. */
void words_sort(struct words *w);

#endif
