/* SPDX-License-Identifier: Apache-2.0 */
#include "report/text/xml.h"

#include <stdbool.h>
#include <stdint.h>

#include "report/text/ansi.h"

size_t
xml_decode(const unsigned char *p, size_t n, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len, i;

	if (p[0] < 0x80) {
		*c = p[0];
		return 1;
	}
	len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || len > n)
		return 0;
	*c = p[0] & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	return *c >= least[len] && *c <= 0x10ffff ? len : 0;
}

static bool
allowed(uint32_t c)
{
	if (c < 0x20)
		return c == '\t' || c == '\n' || c == '\r';
	return (c < 0xd800 || c > 0xdfff) && c != 0xfffe && c != 0xffff;
}

/* How many of the next bytes stand for themselves. */
static size_t
plain_run(const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && p[i] >= 0x20 && p[i] < 0x80 && p[i] != '<' &&
	     p[i] != '>' && p[i] != '&' && p[i] != '"'; i++)
		continue;
	return i;
}

static void
xml_escape(struct buf *out, struct str text, bool attr)
{
	const unsigned char *p = (const unsigned char *)text.p;
	size_t i = 0, len;
	uint32_t c = 0;

	while (i < text.n) {
		len = plain_run(p + i, text.n - i);
		if (len) {
			buf_add(out, text.p + i, len);
			i += len;
			continue;
		}
		len = xml_decode(p + i, text.n - i, &c);
		if (len == 0 || !allowed(c))
			buf_adds(out, "\xef\xbf\xbd");
		else if (c == '<')
			buf_adds(out, "&lt;");
		else if (c == '>')
			buf_adds(out, "&gt;");
		else if (c == '&')
			buf_adds(out, "&amp;");
		else if (c == '"' && attr)
			buf_adds(out, "&quot;");
		else if (c == '\r' || (attr && c < 0x20))
			buf_addf(out, "&#%u;", (unsigned)c);
		else
			buf_add(out, text.p + i, len);
		i += len ? len : 1;
	}
}

void
xml_text(struct buf *out, struct str text)
{
	struct buf plain = { 0 };

	ansi_strip(&plain, text);
	xml_escape(out, buf_str(&plain), false);
	buf_release(&plain);
}

void
xml_attr(struct buf *out, const char *name, struct str value)
{
	struct buf plain = { 0 };

	ansi_strip(&plain, value);
	buf_addf(out, " %s=\"", name);
	xml_escape(out, buf_str(&plain), true);
	buf_addc(out, '"');
	buf_release(&plain);
}
