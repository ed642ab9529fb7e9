/* SPDX-License-Identifier: Apache-2.0 */
#include "report/text/ansi.h"

#include <stdlib.h>
#include <string.h>

static bool
letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Length of the escape sequence at text[at], 0 if there is none. */
static size_t
sequence(struct str text, size_t at)
{
	size_t i = at;

	if (text.p[i] != '\033')
		return 0;
	if (++i == text.n || text.p[i] != '[')
		return i - at;
	for (i++; i < text.n && !letter(text.p[i]); i++)
		continue;
	return (i < text.n ? i + 1 : i) - at;
}

void
ansi_strip(struct buf *out, struct str text)
{
	const char *esc;
	size_t n;

	while (text.n) {
		esc = memchr(text.p, '\033', text.n);
		n = esc ? (size_t)(esc - text.p) : text.n;
		buf_add(out, text.p, n);
		if (esc)
			n += sequence(text, n);
		text.p += n;
		text.n -= n;
	}
}

static size_t
visible(struct str text)
{
	size_t i = 0, n, width = 0;

	while (i < text.n) {
		n = sequence(text, i);
		width += n == 0;
		i += n ? n : 1;
	}
	return width;
}

void
ansi_elide(struct buf *out, struct str text, size_t width)
{
	size_t all, dots, left, right, at = 0, i = 0, n;
	bool cut = false;

	all = text.n <= width ? text.n : visible(text);
	if (all <= width) {
		buf_addstr(out, text);
		return;
	}
	dots = width < 3 ? width : 3;
	left = (width - dots) / 2;
	right = all - (width - dots - left);
	while (i < text.n) {
		if (!cut && at == left) {
			buf_add(out, "...", dots);
			cut = true;
		}
		n = sequence(text, i);
		if (n) {
			buf_add(out, text.p + i, n);
			i += n;
			continue;
		}
		if (at < left || at >= right)
			buf_addc(out, text.p[i]);
		at++;
		i++;
	}
}

static bool
forced(const char *name)
{
	const char *v = getenv(name);

	return v && *v && strcmp(v, "0") != 0;
}

int
ansi_color(const char *when, bool terminal)
{
	const char *no = getenv("NO_COLOR");

	if (when && strcmp(when, "always") == 0)
		return 1;
	if (when && strcmp(when, "never") == 0)
		return 0;
	if (when && strcmp(when, "auto") != 0)
		return -1;
	if (no && *no)
		return 0;
	return terminal || forced("CLICOLOR_FORCE") || forced("FORCE_COLOR");
}

bool
ansi_color_ninja(bool terminal)
{
	const char *force = getenv("CLICOLOR_FORCE");

	return terminal || (force && strcmp(force, "0") != 0);
}
