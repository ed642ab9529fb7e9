/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_NINJA_WRITE_H
#define TG_NINJA_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ninja/scope.h"
#include "ninja/stmt.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/hash.h"

/* Prints statements as one ninja file that parses to the same statements.
 *
 * Scopes other than the root become bindings: a step of such a scope gets those
 * of its variables that its rule names, and rules of the same name get a
 * number. For that, all variables must have been announced before the first
 * step of such a scope; with just the root scope any order will do.
 *
 * Two bytes need help. A newline in a path or value is written as $^, which
 * needs ninja 1.14: ninja_required_version = 1.14 is written before it. A | in
 * a path is written as ${tg_bar}, and tg_bar = | before it. */
struct ninja_writer {
	struct buf text;                /* what was written */
	struct scopes scopes;
	struct written_rule *rules;     /* by id */
	size_t nrules, rules_cap;
	struct map names;               /* of rules */
	struct arena mem;
	bool caret;             /* $^ may be used from here on */
	bool bar;               /* ${tg_bar} may be used */
};

struct written_rule {
	struct str name;        /* as written; p is NULL: not announced */
	const struct ninja_var *vars;
	size_t nvars;
};

/* The callbacks; their ctx is a struct ninja_writer, load and warn are NULL.
 * They fail (-1) for what the format cannot express: a carriage return or NUL
 * in a path or value, a name that is none, a rule or scope that was not
 * announced. */
extern const struct ninja_ops ninja_writer_ops;

void ninja_writer_init(struct ninja_writer *w);
void ninja_writer_release(struct ninja_writer *w);

/* Appends path so that a parser reads these bytes: $, space, colon and newline
 * are escaped, | becomes ${tg_bar}. */
void ninja_write_path(struct buf *out, struct str path);
/* Appends an evaluated value: $, newline and a leading space are escaped. */
void ninja_write_value(struct buf *out, struct str value);

#endif
