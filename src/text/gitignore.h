/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TEXT_GITIGNORE_H
#define TG_TEXT_GITIGNORE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/arena.h"
#include "util/str.h"

/* The rules of one .gitignore file, below those of the directories above.
 * Read-only once made: may be used by many threads. */
struct gitignore {
	const struct gitignore *up;
	struct str base;        /* directory of the file, relative to the root
	                         * of the rules; "" or ends with '/' */
	struct gitignore_rule *rules;
	size_t n;
};

/* Reads n bytes of a .gitignore that lies in base ("" for the root). Never
 * fails: a rule that git would not understand matches nothing. */
struct gitignore *gitignore_parse(struct arena *a, const struct gitignore *up,
	struct str base, const char *p, size_t n);
/* Is path (relative to the root of the rules) ignored by its own name? The
 * directories above it are the caller's business: what lies in an ignored
 * directory is ignored. ig may be NULL. */
bool gitignore_match(const struct gitignore *ig, struct str path, bool is_dir);

#endif
