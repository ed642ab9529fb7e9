/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_NINJA_WRITE_H
#define TG_NINJA_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "ninja/stmt.h"
#include "util/arena.h"
#include "util/buf.h"

/* Prints statements as ninja files that parse to the same statements. Each
 * scope is a file of its own, which its parent loads by subninja; there is
 * just one file as long as no scope is announced.
 *
 * A newline in a path or value is written as $^, for which ninja must be 1.14
 * or newer: the first one is preceded by ninja_required_version = 1.14. */
struct ninja_writer {
	struct str root;                /* name of the root scope's file */
	struct ninja_part *parts;       /* by scope */
	size_t nparts, parts_cap;
	struct str *rules;              /* names by rule id */
	size_t nrules, rules_cap;
	uint32_t last;                  /* scope that was written to last */
	struct arena mem;
};

/* One file. */
struct ninja_part {
	struct str name;        /* root, or root with ".N" before its suffix */
	struct buf text;
	uint32_t scope;
	int newlines;           /* $^ may be used */
	int used;               /* scope ids may leave gaps */
};

/* The callbacks; their ctx is a struct ninja_writer. load is NULL. */
extern const struct ninja_ops ninja_writer_ops;

/* root: name of the first file, used in names of further ones; copied. */
void ninja_writer_init(struct ninja_writer *w, struct str root);
void ninja_writer_release(struct ninja_writer *w);

/* Appends path so that a parser reads these bytes again: $, space, colon, |
 * and newline are escaped. A path that has a | cannot be written without a
 * variable: see ninja_writer. */
void ninja_write_path(struct buf *out, struct str path);
/* Appends an evaluated value: $ and newline and leading space are escaped. */
void ninja_write_value(struct buf *out, struct str value);

#endif
