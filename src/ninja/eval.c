/* SPDX-License-Identifier: Apache-2.0 */
#include "ninja/eval.h"

#include <string.h>

static bool
name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* What stands behind a $ at s: returns how many bytes it takes. A variable's
 * name goes to *name; else name->p is NULL and *text is what the escape means
 * (nothing for a continued line). */
static size_t
read_escape(struct str s, struct str *name, struct str *text)
{
	const char *brace;
	size_t i = 0;

	*name = (struct str){ NULL, 0 };
	*text = (struct str){ s.p, 1 };
	if (s.n == 0) {
		*text = STR("$");
		return 0;
	}
	switch (s.p[0]) {
	case '^':
		*text = STR("\n");
		return 1;
	case '\r':
	case '\n':
		i = s.p[0] == '\r' && s.n > 1 && s.p[1] == '\n' ? 2 : 1;
		while (i < s.n && s.p[i] == ' ')
			i++;
		*text = STR("");
		return i;
	case '{':
		brace = memchr(s.p, '}', s.n);
		if (!brace)
			break;
		*name = (struct str){ s.p + 1, (size_t)(brace - s.p) - 1 };
		return name->n + 2;
	case '$':
	case ' ':
	case ':':
		return 1;
	}
	while (i < s.n && name_byte(s.p[i]))
		i++;
	if (i) {
		*name = (struct str){ s.p, i };
		return i;
	}
	*text = STR("$");
	return 0;
}

int
ninja_eval(struct str raw, ninja_lookup *lookup, void *ctx, struct buf *out,
	struct err *err)
{
	struct str name, text;
	const char *dollar;
	size_t n;

	while ((dollar = raw.n ? memchr(raw.p, '$', raw.n) : NULL)) {
		n = (size_t)(dollar - raw.p);
		buf_add(out, raw.p, n);
		raw = (struct str){ dollar + 1, raw.n - n - 1 };
		n = read_escape(raw, &name, &text);
		if (!name.p)
			buf_addstr(out, text);
		else if (lookup(ctx, name, out, err) < 0)
			return -1;
		raw = (struct str){ raw.p + n, raw.n - n };
	}
	buf_addstr(out, raw);
	return 0;
}

int
ninja_eval_names(struct str raw, int (*see)(void *ctx, struct str name),
	void *ctx)
{
	struct str name, text;
	const char *dollar;
	size_t n;
	int ret;

	while ((dollar = raw.n ? memchr(raw.p, '$', raw.n) : NULL)) {
		n = (size_t)(dollar - raw.p) + 1;
		raw = (struct str){ raw.p + n, raw.n - n };
		n = read_escape(raw, &name, &text);
		if (name.p && (ret = see(ctx, name)))
			return ret;
		raw = (struct str){ raw.p + n, raw.n - n };
	}
	return 0;
}
