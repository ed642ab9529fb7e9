/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_UTIL_BUF_H
#define TG_UTIL_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "util/str.h"

/* Growing bytes, owned. Zero-initialise it ({0}). After any buf_add* p is
 * NUL-terminated (the NUL is not counted in n). */
struct buf {
	char *p;
	size_t n, cap;
};

/* Makes room for extra more bytes and a NUL. */
void buf_reserve(struct buf *b, size_t extra);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addstr(struct buf *b, struct str s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *b, const char *fmt, va_list ap);
/* Length 0, memory kept. */
void buf_clear(struct buf *b);
/* Frees; the buf is zeroed and can be used again. */
void buf_release(struct buf *b);
/* Hands the NUL-terminated bytes over to the caller (free()); b is zeroed. */
char *buf_detach(struct buf *b);

static inline struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->p ? b->p : "", b->n };
}

#endif
