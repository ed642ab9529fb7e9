/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_TARGETS_SUBJECT_H
#define TG_SESSION_TARGETS_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "session/session.h"
#include "util/err.h"
#include "util/str.h"

/* What a word that the user wrote names in a Python repository, for tools that
 * speak of more than tests. */
enum subject_kind {
	SUBJECT_PACKAGE,        /* at: in front.p.packages */
	SUBJECT_VERSION,
	SUBJECT_MODULE,         /* at: in front.m; any Python file */
	SUBJECT_FILE,           /* at: a node */
	SUBJECT_DIR,
};

struct subject {
	enum subject_kind kind;
	size_t at;
	struct str path;        /* of MODULE, FILE and DIR, from the root */
	int major, minor;       /* of VERSION */
};

/* A package's name or directory, a version, a file, a directory, or a module's
 * dotted name. path is in the front's arena. After the front is loaded. -1:
 * none of these. */
int subject_find(struct session *s, const char *text, struct subject *out,
	struct err *err);
/* Is the module (in front.m) the subject, or part of it? */
bool subject_has(const struct session *s, const struct subject *of,
	uint32_t module);
/* The file of a module, from the root. */
struct str subject_module_path(const struct session *s, uint32_t module);

#endif
