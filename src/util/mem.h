/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_UTIL_MEM_H
#define TG_UTIL_MEM_H

#include <stddef.h>

#define countof(a) (sizeof(a) / sizeof((a)[0]))

/* malloc, calloc, realloc and strdup that never return NULL: out of memory
 * prints one line to stderr and exits with 3. The caller frees with free(). */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
/* realloc for n elements of size bytes; exits with 3 if n * size overflows. */
void *xreallocarray(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
/* Copies n bytes of p and adds a NUL. */
char *xmemdup0(const char *p, size_t n);

/* Grows the array p (elements of size bytes, capacity *cap) so that it holds
 * at least need elements, at least doubling; returns the array, *cap is the
 * new capacity. Contents beyond the old capacity are not set. */
void *vec_grow(void *p, size_t *cap, size_t need, size_t size);
/* The same for a queue: v points behind *before places of the array that are
 * free again, as each of its first elements that went has left one, and has n
 * elements. Adding one and taking the first take no time that grows with n. */
void *vec_grow_queue(void *v, size_t *before, size_t *cap, size_t n,
	size_t size);
/* Frees the array. */
void vec_free_queue(void *v, size_t before, size_t size);

#endif
