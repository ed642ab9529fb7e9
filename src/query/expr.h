/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_QUERY_EXPR_H
#define TG_QUERY_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/err.h"
#include "util/str.h"

/* The text of an expression over sets of nodes:
 *
 *	expr  = term { ( "&" | "|" | "-" ) term }       from left to right
 *	term  = "(" expr ")" | name | function
 *	name  = word | quoted
 *	function = "deps(" expr [ "," number ] ")" | "rdeps(" likewise ")"
 *	         | "tests(" expr ")" | "affected(" expr ")"
 *	         | "somepath(" expr "," expr ")" | "allpaths(" likewise ")"
 *	         | "kind(" name ")" | "filter(" regex ")"
 *	         | "attr(" name "," name ")" | "set(" { name } ")"
 *
 * A word is any run of bytes but white space and ( ) , & |, and does not begin
 * with a quote or "-". A quoted name stands between " or ', with \ before one of
 * these or itself. A regex stands between slashes, \/ being a slash, and may
 * be followed by i: letters' case does not matter. */

enum expr_op {
	EXPR_NAME,              /* text */
	EXPR_SET,               /* list */
	EXPR_DEPS, EXPR_RDEPS,  /* a, depth */
	EXPR_TESTS, EXPR_AFFECTED,      /* a */
	EXPR_SOMEPATH, EXPR_ALLPATHS,   /* a, b */
	EXPR_KIND,              /* text */
	EXPR_FILTER,            /* text, nocase */
	EXPR_ATTR,              /* text, value */
	EXPR_AND, EXPR_OR, EXPR_MINUS,  /* a, b */
};

#define EXPR_ANY UINT32_MAX     /* depth: all the way */

struct expr {
	enum expr_op op;
	size_t at;              /* where it stands in the text: its name, or its
	                         * operator */
	size_t text_at, value_at;       /* where these begin */
	struct str text, value;
	uint32_t depth;
	bool nocase;
	struct expr *a, *b;
	struct expr *list, *next;       /* of SET: names, each the next of the
	                                 * one before */
};

/* Reads n bytes; all of the result lives in the arena. NULL: err says what was
 * expected where (expr_error). */
struct expr *expr_parse(struct arena *a, const char *p, size_t n,
	struct err *err);
/* An error at a place in the text: the message, then the line of the text
 * below it, and a caret below the place. -1. */
int expr_error(struct str text, size_t at, struct err *err, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));

#endif
