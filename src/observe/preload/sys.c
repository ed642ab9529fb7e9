/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/preload/sys.h"

/* Compilers call these where they see fit. Not to be made calls of
 * themselves. */

void *memset(void *p, int c, size_t n);
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);

void *
memset(void *p, int c, size_t n)
{
	char *at = p;

	for (size_t i = 0; i < n; i++) {
		at[i] = (char)c;
		__asm__ volatile ("" ::: "memory");
	}
	return p;
}

void *
memcpy(void *to, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		((char *)to)[i] = ((const char *)from)[i];
		__asm__ volatile ("" ::: "memory");
	}
	return to;
}

void *
memmove(void *to, const void *from, size_t n)
{
	if ((uintptr_t)to < (uintptr_t)from)
		return memcpy(to, from, n);
	for (size_t i = n; i-- > 0;) {
		((char *)to)[i] = ((const char *)from)[i];
		__asm__ volatile ("" ::: "memory");
	}
	return to;
}
