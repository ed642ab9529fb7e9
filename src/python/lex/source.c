/* SPDX-License-Identifier: Apache-2.0 */
#include "python/lex/source.h"

#include <string.h>

#include "python/lex/bytes.h"
#include "util/mem.h"
#include "util/str.h"

enum coding {
	CODING_NONE,
	CODING_UTF8,
	CODING_ASCII,
	CODING_BYTES,            /* one byte a character, or no ASCII byte inside
	                            a longer one */
	CODING_OTHER,
};

/* Encodings in which a byte below 0x80 is always that ASCII character. Names
 * are compared in lower case with _ for -; a trailing * stands for anything. */
static const char *const byte_codings[] = {
	"latin_1", "latin1", "latin", "l1", "iso_8859*", "iso8859*", "cp125*",
	"windows_125*", "cp437", "cp737", "cp775", "cp85*", "cp86*", "cp874",
	"koi8*", "mac_*", "macroman", "kz1048", "ptcp154", "tis_620",
	"euc_jp", "eucjp", "euc_kr", "euckr", "gb2312", "euc_cn", "hp_roman8",
};

static const char nothing[BYTES_PAD];

static bool
name_matches(const char *pattern, struct str name)
{
	size_t n = strlen(pattern);

	if (pattern[n - 1] == '*')
		return name.n >= n - 1 && !memcmp(pattern, name.p, n - 1);
	return str_is(name, pattern);
}

static enum coding
coding_of(struct str raw)
{
	char low[32];
	struct str name = { low, raw.n };
	size_t i;

	if (raw.n >= sizeof(low))
		return CODING_OTHER;
	for (i = 0; i < raw.n; i++) {
		char c = raw.p[i];

		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		low[i] = c == '-' ? '_' : c;
	}
	if (str_is(name, "utf_8") || str_is(name, "utf8") ||
	    str_starts(name, "utf_8_") || str_is(name, "u8"))
		return CODING_UTF8;
	if (str_is(name, "ascii") || str_is(name, "us_ascii"))
		return CODING_ASCII;
	for (i = 0; i < countof(byte_codings); i++) {
		if (name_matches(byte_codings[i], name))
			return CODING_BYTES;
	}
	return CODING_OTHER;
}

static bool
coding_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* The coding comment of PEP 263 in one line; *comment is cleared if the line
 * has anything that is neither space nor comment. */
static struct str
line_coding(const char *p, const char *end, bool *comment)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\f'))
		p++;
	*comment = p == end || *p == '#';
	if (p == end || *p != '#')
		return (struct str){ 0 };
	for (; end - p > 7; p++) {
		const char *q = p + 7, *from;

		if (memcmp(p, "coding", 6) || (p[6] != ':' && p[6] != '='))
			continue;
		while (q < end && (*q == ' ' || *q == '\t'))
			q++;
		for (from = q; q < end && coding_char(*q); q++)
			;
		if (q > from)
			return (struct str){ from, (size_t)(q - from) };
	}
	return (struct str){ 0 };
}

static enum coding
find_coding(const char *p, size_t n)
{
	const char *end = p + n;
	int i;

	for (i = 0; i < 2 && p < end; i++) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		bool comment;
		struct str s;

		s = line_coding(p, eol ? eol : end, &comment);
		if (s.n)
			return coding_of(s);
		if (!comment || !eol)
			break;
		p = eol + 1;
	}
	return CODING_NONE;
}

/* Length of the UTF-8 sequence at p (end - p > 0), 0 if it is none. */
static size_t
utf8_length(const unsigned char *p, const unsigned char *end)
{
	size_t n = (size_t)(end - p), i, len;
	unsigned c = p[0];

	if (c < 0x80)
		return 1;
	len = c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
	if (!len || n < len)
		return 0;
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) ||
	    (c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

/* Number of the first line that is not UTF-8, 0 if all are. */
static uint32_t
utf8_bad_line(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + n;
	uint32_t line = 1;
	uint64_t word;
	size_t len;

	while (p < end) {
		if (end - p >= 8) {
			memcpy(&word, p, 8);
			if (!(word & 0x8080808080808080u)) {
				p += 8;
				continue;
			}
		}
		len = utf8_length(p, end);
		if (!len) {
			const char *q = text;
			const char *bad = (const char *)p;

			while ((q = memchr(q, '\n', (size_t)(bad - q)))) {
				line++;
				q++;
			}
			return line;
		}
		p += len;
	}
	return 0;
}

static void
source_fail(struct source *out, const char *error, uint32_t line)
{
	if (out->error)
		return;
	out->error = error;
	out->error_line = line;
}

static void
check_coding(struct source *out, unsigned survey, bool bom)
{
	enum coding coding = find_coding(out->p, out->n);
	uint32_t line;

	out->coded = coding != CODING_NONE && coding != CODING_UTF8;
	if (coding == CODING_OTHER) {
		source_fail(out, "encoding is not one that is read here", 1);
		out->opaque = true;
		out->p = nothing;
		out->n = 0;
		return;
	}
	if (bom && coding != CODING_NONE && coding != CODING_UTF8)
		source_fail(out,
			"coding comment contradicts the byte order mark", 1);
	if (!(survey & BYTES_HIGH))
		return;
	if (coding == CODING_ASCII)
		source_fail(out, "not ASCII, as the coding comment says", 1);
	if (coding == CODING_BYTES)
		return;
	line = utf8_bad_line(out->p, out->n);
	if (line)
		source_fail(out, "not UTF-8, and no coding comment", line);
}

static size_t
copy_lines(char *to, const char *p, size_t n)
{
	const char *end = p + n;
	char *t = to;

	while (p < end) {
		const char *cr = memchr(p, '\r', (size_t)(end - p));
		size_t len = (size_t)((cr ? cr : end) - p);

		memcpy(t, p, len);
		t += len;
		p += len;
		if (!cr)
			break;
		*t++ = '\n';
		p += end - p > 1 && p[1] == '\n' ? 2 : 1;
	}
	return (size_t)(t - to);
}

static bool
wide_mark(const char *p, size_t n)
{
	return n >= 2 && (!memcmp(p, "\xff\xfe", 2) ||
		!memcmp(p, "\xfe\xff", 2) ||
		(n >= 4 && !memcmp(p, "\0\0\xfe\xff", 4)));
}

void
source_prepare(const char *p, size_t n, struct arena *a, struct source *out)
{
	bool bom = n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3);
	unsigned survey;
	char *text;

	*out = (struct source){ .p = nothing };
	if (wide_mark(p, n)) {
		out->opaque = true;
		source_fail(out, "UTF-16 or UTF-32 text", 1);
		return;
	}
	if (bom) {
		p += 3;
		n -= 3;
	}
	text = arena_text(a, n + 1 + BYTES_PAD);
	survey = bytes_survey(p, n);
	if (survey & BYTES_CR) {
		n = copy_lines(text, p, n);
	} else if (n) {
		memcpy(text, p, n);
	}
	if (n && text[n - 1] != '\n')
		text[n++] = '\n';
	memset(text + n, 0, BYTES_PAD);
	out->p = text;
	out->n = n;
	if (survey & BYTES_NUL)
		source_fail(out, "holds a NUL byte", 1);
	check_coding(out, survey, bom);
}
