/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "python/project/internal.h"
#include "util/buf.h"

/* Reads up to three numbers of "3.9.1"; how many there were, 0 if the text is
 * no plain version. */
static int
numbers(struct str s, long v[3])
{
	int n = 0;
	size_t i = 0;

	v[0] = v[1] = v[2] = 0;
	while (i < s.n && n < 3) {
		size_t start = i;

		while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9' &&
		       i - start < 9)
			v[n] = v[n] * 10 + s.p[i++] - '0';
		if (i == start)
			return 0;
		n++;
		if (i < s.n && s.p[i++] != '.')
			return 0;
	}
	return i == s.n && (s.n == 0 || s.p[s.n - 1] != '.') ? n : 0;
}

/* "^1.2.3": up to the next change of the first part that is not 0. "~1.2.3":
 * up to the next minor version, "~1": major. */
static bool
add_range(struct buf *out, char op, struct str s)
{
	long v[3];
	int n = numbers(s, v);

	if (n == 0)
		return false;
	buf_addf(out, ">=%.*s,<", (int)s.n, s.p);
	if (op == '~' ? n == 1 : v[0] > 0 || n == 1)
		buf_addf(out, "%ld", v[0] + 1);
	else if (op == '~' || v[1] > 0 || n == 2)
		buf_addf(out, "%ld.%ld", v[0], v[1] + 1);
	else
		buf_addf(out, "%ld.%ld.%ld", v[0], v[1], v[2] + 1);
	return true;
}

static bool
one(struct buf *out, struct str s)
{
	if (str_is(s, "*"))
		return true;
	if (out->n)
		buf_addc(out, ',');
	if (s.p[0] == '^' || (s.p[0] == '~' && s.n > 1 && s.p[1] != '=')) {
		size_t i = 1;

		while (i < s.n && s.p[i] == ' ')
			i++;
		return add_range(out, s.p[0], (struct str){ s.p + i, s.n - i });
	}
	if (s.p[0] >= '0' && s.p[0] <= '9')
		buf_adds(out, "==");
	buf_addstr(out, s);
	return true;
}

/* Length of the next constraint: to a comma, or to a space that does not stand
 * behind an operator. */
static size_t
length(struct str s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] != ','; i++) {
		if (s.p[i] == ' ' && i > 0 && !strchr("<>=!~^ ", s.p[i - 1]))
			break;
	}
	return i;
}

bool
poetry_constraint(struct arena *a, struct str text, struct str *out)
{
	struct buf b = {0};
	struct str s = text;
	bool ok = !memchr(text.p, '|', text.n);
	size_t n;

	buf_adds(&b, "");
	while (ok && s.n) {
		if (*s.p == ' ' || *s.p == ',') {
			s.p++;
			s.n--;
			continue;
		}
		n = length(s);
		ok = one(&b, (struct str){ s.p, n });
		s.p += n;
		s.n -= n;
	}
	*out = arena_dup(a, buf_str(&b));
	buf_release(&b);
	return ok;
}
