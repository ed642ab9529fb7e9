/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_INDEX_RECORD_H
#define TG_PYTHON_INDEX_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "python/scan/scan.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/str.h"

/* A scan as bytes, as the test index holds it.
 *
 *   record   = flags, lines, error_line, error:text, imports, rest
 *   imports  = n, n * ( flags, level, owner + 1, line, module:text, as:text,
 *              m, m * ( name:text, as:text ) ), length of both lists,
 *              all:list, hooks:list, words:text
 *   rest     = defs, fixtures, uses, marks, assigns, syms, module refs,
 *              def refs
 *   list     = n, n * text
 *   text     = length, bytes
 *
 * Numbers are unsigned LEB128 of at most 32 bits (SCAN_MODULE + 1 is 0). Line
 * numbers are differences to the one before, signed by zigzag. Counts come
 * before what they count. The same on every machine. */

/* Appends the record of s. */
void record_encode(const struct scan *s, struct buf *out);

/* Reads a record. Strings point into p, which must outlive out; arrays are in
 * the arena. 1 done, 0: not a record (out is zeroed). Checks every count,
 * length and position, so out can be used unchecked. */
int record_decode(const void *p, size_t n, struct arena *a, struct scan *out);

/* The same, but fills only flags, lines, error, imports, names, all and hooks
 * (with texts): what a closure needs, for a fraction of the time. */
int record_decode_imports(const void *p, size_t n, struct arena *a,
	struct scan *out);

/* Flags alone, without an arena; those of an unreadable file if it is not a
 * record. */
uint32_t record_flags(const void *p, size_t n);

#endif
