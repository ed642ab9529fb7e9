/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_QUERY_EVAL_H
#define TG_QUERY_EVAL_H

#include <stdint.h>

#include "query/bits.h"
#include "query/expr.h"
#include "query/view.h"
#include "util/err.h"

/* What an expression means. */
struct eval {
	/* From the caller. */
	struct view *view;
	struct str text;                /* of the expression, for errors */
	/* Adds the nodes that a name means to an empty set. -1: it means
	 * nothing; err becomes the message over the caret. */
	int (*find)(void *ctx, struct str name, struct bits *out,
		struct err *err);
	/* Which steps were seen whole, for view->seen: called when it is asked
	 * what needs what. NULL: nobody knows. */
	const uint8_t *(*seen)(void *ctx);
	void *ctx;              /* of both */
	/* The answer. */
	struct bits set;
	uint32_t *path;                 /* of a somepath() that is the whole
	                                 * expression: its nodes in order */
	uint32_t npath;
};

/* Evaluates an expression into ev->set; release ev in any case. */
int eval_run(struct eval *ev, const struct expr *e, struct err *err);
void eval_release(struct eval *ev);

#endif
