/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_LEX_BYTES_H
#define TG_PYTHON_LEX_BYTES_H

#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Bytes that bytes_find3 may read beyond the one it stops at. */
#define BYTES_PAD 32

enum bytes_survey {
	BYTES_HIGH = 1u << 0,    /* some byte is not ASCII */
	BYTES_CR = 1u << 1,      /* some byte is '\r' */
	BYTES_NUL = 1u << 2,     /* some byte is 0 */
};

#if defined(__SSE2__)
/* The first byte at or after p that is a, b or c. There must be one, and
 * BYTES_PAD readable bytes after it. */
static inline const char *
bytes_find3(const char *p, char a, char b, char c)
{
	const __m128i va = _mm_set1_epi8(a);
	const __m128i vb = _mm_set1_epi8(b);
	const __m128i vc = _mm_set1_epi8(c);

	for (;; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)p);
		__m128i m = _mm_or_si128(_mm_cmpeq_epi8(v, va),
			_mm_or_si128(_mm_cmpeq_epi8(v, vb),
				_mm_cmpeq_epi8(v, vc)));
		int bits = _mm_movemask_epi8(m);

		if (bits)
			return p + __builtin_ctz((unsigned)bits);
	}
}

/* The first byte at or after p that cannot be inside a Python name (a letter,
 * a digit, _ or not ASCII). As above. */
static inline const char *
bytes_name_end(const char *p)
{
	for (;; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)p);
		__m128i letter = _mm_sub_epi8(
			_mm_or_si128(v, _mm_set1_epi8(0x20)),
			_mm_set1_epi8('a'));
		__m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('0'));
		__m128i m = _mm_or_si128(
			_mm_or_si128(
				_mm_cmpeq_epi8(letter, _mm_min_epu8(letter,
					_mm_set1_epi8(25))),
				_mm_cmpeq_epi8(digit, _mm_min_epu8(digit,
					_mm_set1_epi8(9)))),
			_mm_or_si128(v, _mm_cmpeq_epi8(v,
				_mm_set1_epi8('_'))));
		unsigned bits = ~(unsigned)_mm_movemask_epi8(m) & 0xffff;

		if (bits)
			return p + __builtin_ctz(bits);
	}
}

/* The first byte at or after p that is not a space. As above. */
static inline const char *
bytes_skip_spaces(const char *p)
{
	for (;; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)p);
		unsigned bits = (unsigned)_mm_movemask_epi8(
			_mm_cmpeq_epi8(v, _mm_set1_epi8(' '))) ^ 0xffff;

		if (bits)
			return p + __builtin_ctz(bits);
	}
}
#else
static inline const char *
bytes_name_end(const char *p)
{
	while ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
	       (*p >= '0' && *p <= '9') || *p == '_' || (*p & 0x80))
		p++;
	return p;
}

static inline const char *
bytes_skip_spaces(const char *p)
{
	while (*p == ' ')
		p++;
	return p;
}

static inline const char *
bytes_find3(const char *p, char a, char b, char c)
{
	while (*p != a && *p != b && *p != c)
		p++;
	return p;
}
#endif

/* What kinds of bytes are in p[0..n): set of enum bytes_survey. */
static inline unsigned
bytes_survey(const char *p, size_t n)
{
	unsigned got = 0;
	size_t i = 0;

#if defined(__SSE2__)
	__m128i high = _mm_setzero_si128();
	__m128i cr = high, nul = high;

	for (; i + 16 <= n; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(p + i));

		high = _mm_or_si128(high, v);
		cr = _mm_or_si128(cr, _mm_cmpeq_epi8(v, _mm_set1_epi8('\r')));
		nul = _mm_or_si128(nul,
			_mm_cmpeq_epi8(v, _mm_setzero_si128()));
	}
	if (_mm_movemask_epi8(high))
		got |= BYTES_HIGH;
	if (_mm_movemask_epi8(cr))
		got |= BYTES_CR;
	if (_mm_movemask_epi8(nul))
		got |= BYTES_NUL;
#endif
	for (; i < n; i++) {
		if (p[i] & 0x80)
			got |= BYTES_HIGH;
		else if (p[i] == '\r')
			got |= BYTES_CR;
		else if (p[i] == 0)
			got |= BYTES_NUL;
	}
	return got;
}

#endif
