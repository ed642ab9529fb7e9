/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_LEX_SOURCE_H
#define TG_PYTHON_LEX_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"

/* Python source made ready for the lexer: without byte order mark, every line
 * ending "\n" (so "\r\n" and "\r" count as one), a last "\n" always there, and
 * BYTES_PAD zero bytes behind it. */
struct source {
	const char *p;
	size_t n;
	const char *error;       /* static text; NULL: clean */
	uint32_t error_line;
	bool coded;              /* a coding comment names another encoding
	                            than UTF-8 */
	bool opaque;             /* encoding not ASCII-compatible: p must not be
	                            looked at (n == 0) */
};

/* Copies n bytes of p into the arena. Says in error what Python would refuse:
 * NUL bytes, text that is not UTF-8 without a coding comment, a byte order mark
 * of UTF-16 or UTF-32, a coding comment with an unknown encoding. */
void source_prepare(const char *p, size_t n, struct arena *a,
	struct source *out);

#endif
