/* SPDX-License-Identifier: Apache-2.0 */
#include "util/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/mem.h"

enum { BLOCK = 64 * 1024, ALIGN = 16 };

struct arena_block {
	struct arena_block *next;
	size_t size;
	_Alignas(16) char data[];
};

static char *
take_block(struct arena *a, size_t n)
{
	struct arena_block *b;
	size_t size = BLOCK;
	char *p;

	while (size < a->total / 8 && size < (1u << 22))
		size *= 2;
	if (n > size / 4) {
		/* A block of its own, behind the one in use. */
		b = xmalloc(sizeof(*b) + n);
		b->size = n;
		a->total += n;
		if (a->head) {
			b->next = a->head->next;
			a->head->next = b;
		} else {
			b->next = NULL;
			a->head = b;
		}
		return b->data;
	}
	b = xmalloc(sizeof(*b) + size);
	b->size = size;
	b->next = a->head;
	a->head = b;
	a->total += size;
	p = b->data;
	a->next = p + n;
	a->end = p + size;
	return p;
}

char *
arena_text(struct arena *a, size_t n)
{
	char *p = a->next;

	if ((size_t)(a->end - p) < n || !p)
		return take_block(a, n);
	a->next = p + n;
	return p;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	size_t skip = (size_t)(-(uintptr_t)a->next & (ALIGN - 1));

	if (!a->next || (size_t)(a->end - a->next) < n + skip)
		return take_block(a, n);
	a->next += skip + n;
	return a->next - n;
}

void *
arena_calloc(struct arena *a, size_t n)
{
	return memset(arena_alloc(a, n), 0, n);
}

struct str
arena_dup(struct arena *a, struct str s)
{
	char *p = arena_text(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct str){ p, s.n };
}

char *
arena_strdup(struct arena *a, const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(arena_text(a, n), s, n);
}

struct str
arena_fmt(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *p;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = arena_text(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return (struct str){ p, (size_t)n };
}

void
arena_release(struct arena *a)
{
	struct arena_block *b, *next;

	for (b = a->head; b; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena){ 0 };
}
