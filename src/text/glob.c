/* SPDX-License-Identifier: Apache-2.0 */
#include "text/glob.h"

#include <stddef.h>
#include <stdint.h>

#include "util/path.h"

/* One character at i: its code point, or 0xdc80.. for a byte that is not
 * UTF-8 (as Python's surrogateescape). *n: bytes it takes. */
static uint32_t
decode(struct str s, size_t i, size_t *n)
{
	const unsigned char *p = (const unsigned char *)s.p + i;
	size_t left = s.n - i, len, k;
	uint32_t c = p[0];

	*n = 1;
	if (c < 0x80)
		return c;
	len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || len > left)
		return 0xdc00 + c;
	c &= 0x7fu >> len;
	for (k = 1; k < len; k++) {
		if ((p[k] & 0xc0) != 0x80)
			return 0xdc00 + p[0];
		c = c << 6 | (p[k] & 0x3f);
	}
	*n = len;
	return c;
}

/* A set that begins behind the '[' at *i. Sets *i behind its ']'. 1 c is in
 * it, 0 not, -1 there is no ']'. */
static int
py_set(struct str pat, size_t *i, uint32_t c)
{
	size_t j = *i, end, n;
	bool not = j < pat.n && pat.p[j] == '!', in = false;
	uint32_t lo, hi;

	j += not;
	end = j + (j < pat.n && pat.p[j] == ']');
	while (end < pat.n && pat.p[end] != ']')
		end++;
	if (end >= pat.n)
		return -1;
	*i = end + 1;
	while (j < end) {
		lo = hi = decode(pat, j, &n);
		j += n;
		if (j + 1 < end && pat.p[j] == '-') {
			hi = decode(pat, j + 1, &n);
			j += 1 + n;
		}
		in |= lo <= c && c <= hi;
	}
	return in != not;
}

/* Does the pattern character at *i match c? Moves *i behind it. */
static bool
py_one(struct str pat, size_t *i, uint32_t c)
{
	size_t n;
	int r;

	if (pat.p[*i] == '?') {
		++*i;
		return true;
	}
	if (pat.p[*i] == '[') {
		size_t j = *i + 1;

		r = py_set(pat, &j, c);
		if (r >= 0) {
			*i = j;
			return r;
		}
	}
	if (decode(pat, *i, &n) != c)
		return false;
	*i += n;
	return true;
}

bool
glob_fnmatch(struct str pat, struct str text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, back = 0, n;
	uint32_t c;

	for (;;) {
		if (p < pat.n && pat.p[p] == '*') {
			star = ++p;
			back = t;
			continue;
		}
		if (t == text.n && p == pat.n)
			return true;
		if (t < text.n && p < pat.n) {
			c = decode(text, t, &n);
			if (py_one(pat, &p, c)) {
				t += n;
				continue;
			}
		}
		if (star == SIZE_MAX || back >= text.n)
			return false;
		decode(text, back, &n);
		back += n;
		t = back;
		p = star;
	}
}

bool
glob_fnmatch_path(struct str pattern, struct str path)
{
	size_t i;

	if (!memchr(pattern.p, '/', pattern.n))
		return glob_fnmatch(pattern, path_base(path));
	if (path.n == 0 || path.p[0] != '/' || pattern.p[0] == '/')
		return glob_fnmatch(pattern, path);
	/* "*" + "/" + pattern */
	for (i = 0; i < path.n; i++) {
		if (path.p[i] == '/' && glob_fnmatch(pattern,
		    (struct str){ path.p + i + 1, path.n - i - 1 }))
			return true;
	}
	return false;
}

static bool
class_has(struct str name, unsigned char c)
{
	bool lower = c >= 'a' && c <= 'z', upper = c >= 'A' && c <= 'Z';
	bool digit = c >= '0' && c <= '9';

	if (str_is(name, "alpha"))
		return lower || upper;
	if (str_is(name, "digit"))
		return digit;
	if (str_is(name, "alnum"))
		return lower || upper || digit;
	if (str_is(name, "lower"))
		return lower;
	if (str_is(name, "upper"))
		return upper;
	if (str_is(name, "xdigit"))
		return digit || (c >= 'a' && c <= 'f') ||
		       (c >= 'A' && c <= 'F');
	if (str_is(name, "space"))
		return c == ' ' || (c >= '\t' && c <= '\r');
	if (str_is(name, "blank"))
		return c == ' ' || c == '\t';
	if (str_is(name, "punct"))
		return c > ' ' && c < 0x7f && !(lower || upper || digit);
	if (str_is(name, "cntrl"))
		return c < ' ' || c == 0x7f;
	if (str_is(name, "print"))
		return c >= ' ' && c < 0x7f;
	return str_is(name, "graph") && c > ' ' && c < 0x7f;
}

/* "[:name:]" whose inner '[' is at *i: 1 taken and *in updated, 0 none. */
static int
posix_class(struct str pat, size_t *i, unsigned char c, bool *in)
{
	size_t j = *i + 2;

	if (*i + 1 >= pat.n || pat.p[*i + 1] != ':')
		return 0;
	while (j + 1 < pat.n && pat.p[j] != ']')
		j++;
	if (j >= pat.n || pat.p[j] != ']' || pat.p[j - 1] != ':' || j < *i + 3)
		return 0;
	*in |= class_has((struct str){ pat.p + *i + 2, j - 1 - (*i + 2) }, c);
	*i = j + 1;
	return 1;
}

/* A set of a path glob, *i behind its '['. 1 in it, 0 not, -1 malformed. */
static int
path_set(struct str pat, size_t *i, unsigned char c)
{
	size_t j = *i, start;
	bool not = j < pat.n && (pat.p[j] == '!' || pat.p[j] == '^');
	bool in = false;
	unsigned char lo, hi;

	j += not;
	for (start = j; j < pat.n && (pat.p[j] != ']' || j == start);) {
		if (pat.p[j] == '[' && posix_class(pat, &j, c, &in))
			continue;
		if (pat.p[j] == '\\' && ++j == pat.n)
			return -1;
		lo = hi = (unsigned char)pat.p[j++];
		if (j + 1 < pat.n && pat.p[j] == '-' && pat.p[j + 1] != ']') {
			j++;
			if (pat.p[j] == '\\' && ++j == pat.n)
				return -1;
			hi = (unsigned char)pat.p[j++];
		}
		in |= lo <= c && c <= hi;
	}
	if (j >= pat.n)
		return -1;
	*i = j + 1;
	return in != not && c != '/';
}

/* Does the pattern character at *i match c? Moves *i behind it. */
static bool
path_one(struct str pat, size_t *i, char c)
{
	size_t j = *i;
	bool ok;

	switch (pat.p[j]) {
	case '?':
		ok = c != '/';
		break;
	case '[':
		j++;
		ok = path_set(pat, &j, (unsigned char)c) > 0;
		j--;
		break;
	case '\\':
		j++;
		ok = j < pat.n && pat.p[j] == c;
		break;
	default:
		ok = pat.p[j] == c;
	}
	if (ok)
		*i = j + 1;
	return ok;
}

/* Is there "**", or more of them, as a whole component at i? Their number, or
 * 0. */
static size_t
double_star(struct str pat, size_t i)
{
	size_t n = 0;

	while (i + n < pat.n && pat.p[i + n] == '*')
		n++;
	return n > 1 && (i == 0 || pat.p[i - 1] == '/') &&
	       (i + n == pat.n || pat.p[i + n] == '/') ? n : 0;
}

bool
glob_path(struct str pat, struct str path)
{
	size_t p = 0, t = 0, star = SIZE_MAX, back = 0;
	size_t any = SIZE_MAX, any_back = 0;    /* behind the last double star */
	const char *slash;

	for (;;) {
		size_t stars = double_star(pat, p);

		if (stars) {
			if (p + stars == pat.n)
				return p == 0 || t < path.n;
			p += stars + 1;
			any = p;
			any_back = t;
			star = SIZE_MAX;
			continue;
		}
		if (p < pat.n && pat.p[p] == '*') {
			star = ++p;
			back = t;
			continue;
		}
		if (p == pat.n && t == path.n)
			return true;
		if (p < pat.n && t < path.n && path_one(pat, &p, path.p[t])) {
			t++;
			continue;
		}
		if (star != SIZE_MAX && back < path.n && path.p[back] != '/') {
			p = star;
			t = ++back;
			continue;
		}
		if (any == SIZE_MAX)
			return false;
		slash = memchr(path.p + any_back, '/', path.n - any_back);
		if (!slash)
			return false;
		any_back = (size_t)(slash - path.p) + 1;
		p = any;
		t = any_back;
		star = SIZE_MAX;
	}
}

bool
glob_is(struct str text)
{
	size_t i;

	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '*' || text.p[i] == '?' || text.p[i] == '[')
			return true;
	}
	return false;
}
