/* SPDX-License-Identifier: Apache-2.0 */
#include "text/internal.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"

int
toml_at(struct err *err, int line, int col)
{
	if (err && !err->path && !err->line) {
		err->line = line;
		err->col = col;
	}
	return -1;
}

int
toml_fail(struct toml_in *in, const char *p, const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	err_set(in->err, "%s", b.p);
	buf_release(&b);
	return toml_at(in->err, in->line, (int)(p - in->bol) + 1);
}

/* The length of the UTF-8 sequence at p, 0 if it is none. */
static int
utf8_len(const unsigned char *p, size_t n)
{
	static const unsigned long least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned long c;
	int len, i;

	if (p[0] < 0x80)
		return 1;
	len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || (size_t)len > n)
		return 0;
	c = p[0] & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return len;
}

int
toml_check_text(struct toml_in *in)
{
	const char *p = in->p;
	unsigned char c;
	int len;

	while (p < in->end) {
		c = (unsigned char)*p;
		if (c == '\n') {
			in->line++;
			in->bol = ++p;
			continue;
		}
		if (c == '\r' && (p + 1 == in->end || p[1] != '\n'))
			return toml_fail(in, p, "carriage return without a "
				"line feed");
		if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f)
			return toml_fail(in, p, "control character 0x%02x", c);
		len = utf8_len((const unsigned char *)p,
			(size_t)(in->end - p));
		if (len == 0)
			return toml_fail(in, p, "not UTF-8: byte 0x%02x", c);
		p += len;
	}
	in->line = 1;
	in->bol = in->p;
	return 0;
}

static void
add_utf8(struct buf *b, unsigned long c)
{
	if (c < 0x80) {
		buf_addc(b, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_addc(b, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_addc(b, (char)(0xe0 | c >> 12));
		} else {
			buf_addc(b, (char)(0xf0 | c >> 18));
			buf_addc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_addc(b, (char)(0x80 | (c & 0x3f)));
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int
escape_unicode(struct toml_in *in, struct buf *b, const char *at, int digits)
{
	unsigned long c = 0;
	int i, v;

	for (i = 0; i < digits; i++, in->p++) {
		v = in->p < in->end ? hex_value(*in->p) : -1;
		if (v < 0)
			return toml_fail(in, at, "\\%c needs %d hexadecimal "
				"digits", digits == 4 ? 'u' : 'U', digits);
		c = c << 4 | (unsigned long)v;
	}
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return toml_fail(in, at, "escape is not a Unicode scalar value");
	add_utf8(b, c);
	return 0;
}

static void
newline(struct toml_in *in)
{
	in->line++;
	in->bol = in->p;
}

/* A backslash at the end of a line: drops white space up to the next text.
 * 1 it was one, 0 not. */
static int
line_continuation(struct toml_in *in)
{
	const char *q = in->p;

	while (q < in->end && (*q == ' ' || *q == '\t'))
		q++;
	if (q < in->end && *q == '\r')
		q++;
	if (q == in->end || *q != '\n')
		return 0;
	for (in->p = q; in->p < in->end && strchr(" \t\r\n", *in->p);) {
		if (*in->p++ == '\n')
			newline(in);
	}
	return 1;
}

/* in->p is behind the backslash. */
static int
string_escape(struct toml_in *in, struct buf *b, bool multi)
{
	static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
	const char *at = in->p - 1, *f;
	char c;

	if (multi && line_continuation(in))
		return 0;
	if (in->p == in->end)
		return toml_fail(in, at, "unfinished string");
	c = *in->p++;
	if (c == 'u')
		return escape_unicode(in, b, at, 4);
	if (c == 'U')
		return escape_unicode(in, b, at, 8);
	f = c ? strchr(from, c) : NULL;
	if (!f)
		return toml_fail(in, at, "unknown escape in a string");
	buf_addc(b, to[f - from]);
	return 0;
}

/* Counts quotes at in->p, at most max. */
static size_t
quotes(const struct toml_in *in, char q, size_t max)
{
	size_t n = 0;

	while (n < max && in->p + n < in->end && in->p[n] == q)
		n++;
	return n;
}

static int
string_single(struct toml_in *in, char q, struct buf *b)
{
	const char *start = in->p++;

	for (;;) {
		if (in->p == in->end || *in->p == '\n' || *in->p == '\r')
			return toml_fail(in, start, "unfinished string");
		if (*in->p == q) {
			in->p++;
			return 0;
		}
		if (*in->p == '\\' && q == '"') {
			in->p++;
			if (string_escape(in, b, false) < 0)
				return -1;
			continue;
		}
		buf_addc(b, *in->p++);
	}
}

static int
string_multi(struct toml_in *in, char q, struct buf *b)
{
	int line = in->line;
	size_t n;

	in->p += 3;
	if (in->p < in->end && *in->p == '\r')
		in->p++;
	if (in->p < in->end && *in->p == '\n') {
		in->p++;
		newline(in);
	}
	for (;;) {
		if (in->p == in->end)
			return toml_fail(in, in->p, "unfinished string that "
				"began in line %d", line);
		n = quotes(in, q, 5);
		if (n >= 3) {
			buf_add(b, in->p, n - 3);
			in->p += n;
			return 0;
		}
		if (*in->p == '\\' && q == '"') {
			in->p++;
			if (string_escape(in, b, true) < 0)
				return -1;
			continue;
		}
		if (*in->p == '\r') {   /* a line feed follows: checked */
			in->p++;
			continue;
		}
		buf_addc(b, *in->p);
		if (*in->p++ == '\n')
			newline(in);
	}
}

int
toml_string(struct toml_in *in, bool multi, struct str *out)
{
	struct buf b = {0};
	char q = *in->p;
	int r;

	if (quotes(in, q, 3) == 3) {
		if (!multi)
			return toml_fail(in, in->p,
				"a key cannot be a multi-line string");
		r = string_multi(in, q, &b);
	} else {
		r = string_single(in, q, &b);
	}
	if (r == 0)
		*out = arena_dup(in->a, buf_str(&b));
	buf_release(&b);
	return r;
}

/* Two digits at p. */
static int
two(const char *p)
{
	return (p[0] - '0') * 10 + p[1] - '0';
}

/* Does the text begin as the mask says? '0' stands for a digit. */
static bool
looks(struct str s, const char *mask)
{
	size_t i, n = strlen(mask);

	if (s.n < n)
		return false;
	for (i = 0; i < n; i++) {
		if (mask[i] == '0' ? s.p[i] < '0' || s.p[i] > '9' :
		    s.p[i] != mask[i])
			return false;
	}
	return true;
}

static bool
date_ok(const char *p)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	int year = two(p) * 100 + two(p + 2);
	int month = two(p + 5), day = two(p + 8), last;

	if (month < 1 || month > 12 || day < 1)
		return false;
	last = days[month - 1];
	if (month == 2 && year % 4 == 0 && (year % 100 || year % 400 == 0))
		last = 29;
	return day <= last;
}

/* Length of "HH:MM:SS[.fraction]" at the begin of s; 0: none. */
static size_t
time_len(struct str s)
{
	size_t n = 8;

	if (!looks(s, "00:00:00") || two(s.p) > 23 || two(s.p + 3) > 59 ||
	    two(s.p + 6) > 60)
		return 0;
	if (n < s.n && s.p[n] == '.') {
		n++;
		if (n == s.n || s.p[n] < '0' || s.p[n] > '9')
			return 0;
		while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
			n++;
	}
	return n;
}

static bool
offset_ok(struct str s)
{
	if (s.n == 1)
		return s.p[0] == 'Z' || s.p[0] == 'z';
	return s.n == 6 && (looks(s, "+00:00") || looks(s, "-00:00")) &&
	       two(s.p + 1) < 24 && two(s.p + 4) < 60;
}

static int
date_time(struct toml_in *in, struct toml *v, struct str s)
{
	struct str rest;
	char *t;
	size_t n;

	if (looks(s, "00:")) {
		v->type = TOML_TIME_LOCAL;
		if (time_len(s) != s.n)
			return toml_fail(in, s.p, "not a time: '%.*s'",
				(int)s.n, s.p);
		v->str = arena_dup(in->a, s);
		return 0;
	}
	if (!looks(s, "0000-00-00") || !date_ok(s.p))
		return toml_fail(in, s.p, "not a date: '%.*s'", (int)s.n, s.p);
	v->str = arena_dup(in->a, s);
	v->type = TOML_DATE_LOCAL;
	if (s.n == 10)
		return 0;
	rest = (struct str){ s.p + 11, s.n - 11 };
	n = strchr("Tt ", s.p[10]) ? time_len(rest) : 0;
	if (n == 0)
		return toml_fail(in, s.p, "not a date and time: '%.*s'",
			(int)s.n, s.p);
	t = (char *)v->str.p;
	t[10] = 'T';
	v->type = TOML_DATETIME_LOCAL;
	if (n == rest.n)
		return 0;
	v->type = TOML_DATETIME;
	rest = (struct str){ rest.p + n, rest.n - n };
	if (!offset_ok(rest))
		return toml_fail(in, s.p, "not a date and time: '%.*s'",
			(int)s.n, s.p);
	if (t[s.n - 1] == 'z')
		t[s.n - 1] = 'Z';
	return 0;
}

/* Digits of the base with single underscores between them, appended to b. The
 * number of bytes read; 0: none or badly placed underscores. */
static size_t
number_digits(struct str s, int base, struct buf *b)
{
	size_t i;
	int v;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '_') {
			if (i == 0 || i + 1 == s.n || s.p[i - 1] == '_')
				return 0;
			v = hex_value(s.p[i + 1]);
			if (v < 0 || v >= base)
				return 0;
			continue;
		}
		v = hex_value(s.p[i]);
		if (v < 0 || v >= base)
			break;
		buf_addc(b, s.p[i]);
	}
	return i;
}

static int
integer(struct toml_in *in, struct toml *v, struct str s, const char *text,
	int base)
{
	char *end;

	errno = 0;
	v->integer = strtoll(text, &end, base);
	if (errno == ERANGE)
		return toml_fail(in, s.p, "integer does not fit 64 bits: "
			"'%.*s'", (int)s.n, s.p);
	v->type = TOML_INT;
	return 0;
}

/* "0x1F", "0o17", "0b1". 1 done, 0 it is none, -1 error. */
static int
prefixed(struct toml_in *in, struct toml *v, struct str s)
{
	static const char letters[] = "xob";
	static const int bases[] = { 16, 8, 2 };
	struct buf b = {0};
	struct str rest;
	const char *l;
	int base, r = -1;

	if (s.n < 2 || s.p[0] != '0' || !(l = strchr(letters, s.p[1])))
		return 0;
	base = bases[l - letters];
	rest = (struct str){ s.p + 2, s.n - 2 };
	if (rest.n == 0 || number_digits(rest, base, &b) != rest.n)
		toml_fail(in, s.p, "not a number: '%.*s'", (int)s.n, s.p);
	else
		r = integer(in, v, s, b.p, base) < 0 ? -1 : 1;
	buf_release(&b);
	return r;
}

/* Reads the fraction and exponent of s from *i on; 0 if they are malformed. */
static int
float_rest(struct str s, size_t *i, struct buf *b)
{
	size_t n;

	if (*i < s.n && s.p[*i] == '.') {
		buf_addc(b, '.');
		++*i;
		n = number_digits((struct str){ s.p + *i, s.n - *i }, 10, b);
		if (n == 0)
			return 0;
		*i += n;
	}
	if (*i < s.n && (s.p[*i] == 'e' || s.p[*i] == 'E')) {
		buf_addc(b, 'e');
		++*i;
		if (*i < s.n && (s.p[*i] == '+' || s.p[*i] == '-'))
			buf_addc(b, s.p[(*i)++]);
		n = number_digits((struct str){ s.p + *i, s.n - *i }, 10, b);
		if (n == 0)
			return 0;
		*i += n;
	}
	return *i == s.n;
}

/* Decimal integer or float; b is empty scratch. */
static int
decimal(struct toml_in *in, struct toml *v, struct str s, struct buf *b)
{
	size_t i = 0, n, sign;

	if (s.n > 0 && (s.p[0] == '+' || s.p[0] == '-'))
		buf_addc(b, s.p[i++]);
	sign = i;
	if (s.n - i == 3 && (memcmp(s.p + i, "inf", 3) == 0 ||
	    memcmp(s.p + i, "nan", 3) == 0)) {
		v->type = TOML_FLOAT;
		v->number = s.p[i] == 'i' ? INFINITY : NAN;
		if (s.p[0] == '-')
			v->number = -v->number;
		return 0;
	}
	n = number_digits((struct str){ s.p + i, s.n - i }, 10, b);
	i += n;
	if (n == 0 || (n > 1 && s.p[sign] == '0'))
		goto bad;
	if (i == s.n)
		return integer(in, v, s, b->p, 10);
	if (!float_rest(s, &i, b))
		goto bad;
	v->type = TOML_FLOAT;
	v->number = strtod(b->p, NULL);
	return 0;
bad:
	return toml_fail(in, s.p, "not a value: '%.*s'", (int)s.n, s.p);
}

/* The bytes at in->p that can belong to a number, date or time. */
static struct str
scalar_text(const struct toml_in *in)
{
	static const char more[] = "+-_.:";
	const char *p = in->p;
	struct str s;

	for (;;) {
		while (p < in->end && ((*p >= '0' && *p <= '9') ||
		    (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    (*p && strchr(more, *p))))
			p++;
		s = (struct str){ in->p, (size_t)(p - in->p) };
		if (s.n == 10 && looks(s, "0000-00-00") && in->end - p >= 2 &&
		    *p == ' ' && p[1] >= '0' && p[1] <= '9')
			p++;
		else
			return s;
	}
}

int
toml_scalar(struct toml_in *in, struct toml *v)
{
	struct str s = scalar_text(in);
	struct buf b = {0};
	int r;

	if (s.n == 0)
		return toml_fail(in, in->p, in->p == in->end ||
			*in->p == '\n' || *in->p == '\r' || *in->p == '#' ?
			"missing value" : "expected a value");
	in->p += s.n;
	if (str_is(s, "true") || str_is(s, "false")) {
		v->type = TOML_BOOL;
		v->boolean = s.p[0] == 't';
		return 0;
	}
	if (looks(s, "0000-") || looks(s, "00:"))
		return date_time(in, v, s);
	r = prefixed(in, v, s);
	if (r != 0)
		return r < 0 ? -1 : 0;
	r = decimal(in, v, s, &b);
	buf_release(&b);
	return r;
}
