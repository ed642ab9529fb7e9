/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_NINJA_WRITE_H
#define TG_NINJA_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ninja/stmt.h"
#include "util/arena.h"
#include "util/buf.h"

/* Prints statements as ninja files that parse to the same statements. Each
 * scope is a file of its own, which its parent loads by subninja; there is
 * just one file as long as no scope is announced.
 *
 * Two bytes need help. A newline in a path or value is written as $^, which
 * needs ninja 1.14: ninja_required_version = 1.14 is written before it. A | in
 * a path is written as ${tg_bar}, and tg_bar = | before it. */
struct ninja_writer {
	struct ninja_part *parts;       /* in the order of their scopes */
	size_t nparts, parts_cap;
	struct str *rules;              /* names by rule id */
	size_t nrules, rules_cap;
	size_t last;                    /* part written to last */
	struct arena mem;
};

/* One file. */
struct ninja_part {
	uint32_t scope;
	struct str name;        /* parts[0]: root; the others: root with ".N"
				 * before its suffix, N being the scope */
	struct buf text;
	bool caret;             /* $^ may be used from here on */
	bool bar;               /* ${tg_bar} may be used */
};

/* The callbacks; their ctx is a struct ninja_writer, load and warn are NULL.
 * They fail (-1) for what the format cannot express: a carriage return or NUL
 * in a path or value, a name that is none, a rule or scope that was not
 * announced. */
extern const struct ninja_ops ninja_writer_ops;

/* root: name of the first file; copied. */
void ninja_writer_init(struct ninja_writer *w, struct str root);
void ninja_writer_release(struct ninja_writer *w);

/* Appends path so that a parser reads these bytes: $, space, colon and newline
 * are escaped, | becomes ${tg_bar}. */
void ninja_write_path(struct buf *out, struct str path);
/* Appends an evaluated value: $, newline and a leading space are escaped. */
void ninja_write_value(struct buf *out, struct str value);

#endif
