/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_NINJA_DYNDEP_H
#define TG_NINJA_DYNDEP_H

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"
#include "util/str.h"

/* One build statement of a dyndep file. Paths are folded; they are valid until
 * the callback returns. */
struct dyndep_build {
	struct str out;                 /* the one explicit output */
	const struct str *outs;         /* further implicit outputs */
	size_t nouts;
	const struct str *ins;          /* further implicit inputs */
	size_t nins;
	bool restat;
};

struct dyndep_ops {
	/* Called as soon as the output is read, before the rest of the
	 * statement is looked at: -1 if no step of the manifest has it or if
	 * it came before. ninja's messages are "no build statement exists for
	 * 'X'" and "multiple statements for 'X'". May be NULL. */
	int (*target)(void *ctx, struct str out, struct err *err);
	int (*build)(void *ctx, const struct dyndep_build *b, struct err *err);
};

/* Reads the text of the dyndep file path; text.p[text.n] must be a readable
 * NUL. 0, or -1 with err in the form that parse.h describes. */
int dyndep_parse(struct str path, struct str text,
	const struct dyndep_ops *ops, void *ctx, struct err *err);

#endif
