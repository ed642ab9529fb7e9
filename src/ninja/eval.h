/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_NINJA_EVAL_H
#define TG_NINJA_EVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/str.h"

/* Appends what name stands for to out; nothing if it is not defined. -1 with
 * err set ends the evaluation (a cycle). */
typedef int ninja_lookup(void *ctx, struct str name, struct buf *out,
	struct err *err);

/* Appends the raw value with its $-escapes expanded and its variables looked
 * up. raw comes from the parser, so all escapes in it are good; in any other
 * text a bad escape is copied as it is. 0, or -1 if lookup failed. */
int ninja_eval(struct str raw, ninja_lookup *lookup, void *ctx,
	struct buf *out, struct err *err);

/* Calls see for each variable named in raw, in order, until it returns
 * something else than 0, which is then returned. */
int ninja_eval_names(struct str raw, int (*see)(void *ctx, struct str name),
	void *ctx);

#endif
