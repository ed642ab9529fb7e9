/* SPDX-License-Identifier: Apache-2.0 */
#include "util/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/err.h"

static _Noreturn void
out_of_memory(void)
{
	fputs("tgraph: out of memory\n", stderr);
	exit(EXIT_ENV);
}

void *
xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *
xrealloc(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (!p)
		out_of_memory();
	return p;
}

void *
xreallocarray(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		out_of_memory();
	return xrealloc(p, n * size);
}

char *
xstrdup(const char *s)
{
	return xmemdup0(s, strlen(s));
}

char *
xmemdup0(const char *p, size_t n)
{
	char *copy = xmalloc(n + 1);

	if (n)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

void *
vec_grow(void *p, size_t *cap, size_t need, size_t size)
{
	size_t n = *cap;

	if (need <= n)
		return p;
	n = n ? n * 2 : 16;
	if (n < need)
		n = need;
	p = xreallocarray(p, n, size);
	*cap = n;
	return p;
}

void *
vec_grow_queue(void *v, size_t *before, size_t *cap, size_t n, size_t size)
{
	char *array = v ? (char *)v - *before * size : NULL;

	if (*before > n && *before + n >= *cap) {
		memmove(array, v, n * size);
		*before = 0;
	}
	array = vec_grow(array, cap, *before + n + 1, size);
	return array + *before * size;
}

void
vec_free_queue(void *v, size_t before, size_t size)
{
	if (v)
		free((char *)v - before * size);
}
