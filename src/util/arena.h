/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_UTIL_ARENA_H
#define TG_UTIL_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "util/str.h"

/* Memory that is given back all at once. Zero-initialise it ({0}). Not safe
 * for use by two threads at once. */
struct arena {
	struct arena_block *head;
	char *next, *end;
	size_t total;           /* bytes taken from malloc */
};

/* n bytes aligned to 16; never NULL; valid until release or clear. */
void *arena_alloc(struct arena *a, size_t n);
/* The same, zeroed. */
void *arena_calloc(struct arena *a, size_t n);
/* n bytes without alignment, for text. */
char *arena_text(struct arena *a, size_t n);
/* A NUL-terminated copy. */
struct str arena_dup(struct arena *a, struct str s);
char *arena_strdup(struct arena *a, const char *s);
/* A formatted, NUL-terminated string. */
struct str arena_fmt(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Frees everything; the arena can be used again. Accepts a zeroed arena. */
void arena_release(struct arena *a);

#endif
