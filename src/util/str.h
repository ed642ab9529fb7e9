/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_UTIL_STR_H
#define TG_UTIL_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Bytes that somebody else owns. p may be NULL only if n is 0. NUL-terminated
 * too when it comes from an arena (the NUL is not counted). */
struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })

static inline struct str
str_of(const char *s)
{
	return (struct str){ s, strlen(s) };
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
str_is(struct str a, const char *s)
{
	return a.n == strlen(s) && memcmp(a.p, s, a.n) == 0;
}

static inline bool
str_starts(struct str a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.n >= n && memcmp(a.p, prefix, n) == 0;
}

static inline bool
str_ends(struct str a, const char *suffix)
{
	size_t n = strlen(suffix);

	return a.n >= n && memcmp(a.p + a.n - n, suffix, n) == 0;
}

/* White space of ASCII. */
static inline bool
char_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Without white space at the end; str_strip: at both ends. */
static inline struct str
str_strip_end(struct str s)
{
	while (s.n && char_is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

static inline struct str
str_strip(struct str s)
{
	while (s.n && char_is_space(s.p[0])) {
		s.p++;
		s.n--;
	}
	return str_strip_end(s);
}

/* Byte order, shorter first on a tie; for qsort use str_cmp_qsort. */
int str_cmp(struct str a, struct str b);
int str_cmp_qsort(const void *a, const void *b);
/* As people sort names: runs of digits by the number that they are ("p2" before
 * "p10"), the rest as str_cmp; 0 only if they are the same. */
int str_cmp_natural(struct str a, struct str b);

/* Levenshtein distance of a and b, at most max + 1 is returned. Used for "did
 * you mean". */
unsigned str_distance(struct str a, struct str b, unsigned max);
/* Edits that still look like a slip of the hand. */
enum { STR_SLIP = 3 };
/* The nearest of n words to word, at most STR_SLIP edits away, or NULL. */
const char *str_nearest(const char *word, const char *const *words,
	unsigned n);

#endif
