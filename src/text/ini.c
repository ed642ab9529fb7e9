/* SPDX-License-Identifier: Apache-2.0 */
#include "text/ini.h"

#include <stdbool.h>
#include <string.h>

#include "util/buf.h"

struct reader {
	struct arena *a;
	struct ini *ini;
	enum ini_style style;
	struct err *err;
	int line;
	size_t indent;          /* of the item that is being read */
	struct ini_section *section, **section_tail;
	struct ini_item *item, **item_tail;
	struct buf value;       /* of item */
	size_t blank;           /* blank lines since its last line */
};

static int
ini_fail(struct reader *r, const char *what, struct str s)
{
	if (s.n > 200)
		s.n = 200;
	if (s.n)
		err_set(r->err, "%s: '%.*s'", what, (int)s.n, s.p);
	else
		err_set(r->err, "%s", what);
	if (r->err && !r->err->line)
		r->err->line = r->line;
	return -1;
}

static void
item_end(struct reader *r)
{
	if (r->item)
		r->item->value = arena_dup(r->a, buf_str(&r->value));
	r->item = NULL;
	r->blank = 0;
	buf_clear(&r->value);
}

static int
section_begin(struct reader *r, struct str name)
{
	struct ini_section *s;

	item_end(r);
	if (name.n == 0)
		return ini_fail(r, "empty section name", name);
	for (s = r->ini->sections; s && !str_eq(s->name, name); s = s->next)
		;
	if (s && r->style == INI_PYTEST)
		return ini_fail(r, "section is there twice", name);
	if (!s) {
		s = arena_calloc(r->a, sizeof(*s));
		s->name = arena_dup(r->a, name);
		s->line = r->line;
		*r->section_tail = s;
		r->section_tail = &s->next;
	}
	r->section = s;
	for (r->item_tail = &s->items; *r->item_tail;)
		r->item_tail = &(*r->item_tail)->next;
	return 0;
}

static struct str
ini_lower(struct reader *r, struct str s)
{
	char *p = (char *)arena_dup(r->a, s).p;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] + 'a' - 'A');
	}
	return (struct str){ p, s.n };
}

static int
item_begin(struct reader *r, struct str key, struct str value)
{
	struct ini_item *it;

	item_end(r);
	if (!r->section)
		return ini_fail(r, "no section before the line", key);
	key = r->style == INI_PYTEST ? arena_dup(r->a, key) : ini_lower(r, key);
	for (it = r->section->items; it && !str_eq(it->key, key); it = it->next)
		;
	if (it && r->style == INI_PYTEST)
		return ini_fail(r, "key is there twice", key);
	if (!it) {
		it = arena_calloc(r->a, sizeof(*it));
		it->key = key;
		*r->item_tail = it;
		r->item_tail = &it->next;
	}
	it->line = r->line;
	r->item = it;
	buf_addstr(&r->value, value);
	return 0;
}

/* One more line of the value of r->item. */
static void
item_more(struct reader *r, struct str s)
{
	if (r->style == INI_PYTEST) {
		if (r->value.n)
			buf_addc(&r->value, '\n');
	} else {
		for (r->blank++; r->blank > 0; r->blank--)
			buf_addc(&r->value, '\n');
	}
	buf_addstr(&r->value, s);
}

/* The place of the delimiter; s.n if there is none. A colon counts only if it
 * comes before the first '='. */
static size_t
delimiter(struct str s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] != '=' && s.p[i] != ':'; i++)
		;
	return i;
}

static int
key_line(struct reader *r, struct str s)
{
	size_t at = delimiter(s);

	if (at == s.n || (at == 0 && r->style == INI_CONFIGPARSER))
		return ini_fail(r, "neither a section nor 'key = value'", s);
	return item_begin(r, str_strip_end((struct str){ s.p, at }),
		str_strip((struct str){ s.p + at + 1, s.n - at - 1 }));
}

/* "[name]", possibly with a comment; false: it is none. */
static bool
is_section_line(struct str s, bool comments, struct str *name)
{
	size_t i, n = s.n;

	if (s.n == 0 || s.p[0] != '[')
		return false;
	for (i = 0; comments && i < n; i++) {
		if (s.p[i] == '#' || s.p[i] == ';')
			n = i;
	}
	s = str_strip_end((struct str){ s.p, n });
	if (s.n < 2 || s.p[s.n - 1] != ']')
		return false;
	*name = (struct str){ s.p + 1, s.n - 2 };
	return true;
}

static int
line_pytest(struct reader *r, struct str line)
{
	struct str s = str_strip(line), name;

	if (s.n == 0 || s.p[0] == '#' || s.p[0] == ';')
		return 0;
	line = str_strip_end(line);
	if (is_section_line(line, true, &name))
		return section_begin(r, name);
	if (!char_is_space(line.p[0]) && line.p[0] != '[')
		return key_line(r, line);
	if (!r->item)
		return ini_fail(r, "a continued line, but nothing is continued",
			s);
	item_more(r, s);
	return 0;
}

static int
line_configparser(struct reader *r, struct str line)
{
	struct str s = str_strip(line), name;
	size_t indent = s.n ? (size_t)(s.p - line.p) : 0;
	const char *end;

	if (s.n == 0) {
		r->blank++;
		return 0;
	}
	if (s.p[0] == '#' || s.p[0] == ';')
		return 0;
	if (r->item && indent > r->indent) {
		item_more(r, s);
		return 0;
	}
	r->indent = indent;
	if (s.p[0] == '[' && (end = memchr(s.p, ']', s.n)) != NULL) {
		name = (struct str){ s.p + 1, (size_t)(end - s.p) - 1 };
		return section_begin(r, name);
	}
	return key_line(r, s);
}

/* Takes a line (ended by LF, CRLF or CR) off the text. */
static struct str
ini_line(struct str *text)
{
	struct str line = { text->p, 0 };

	while (line.n < text->n && line.p[line.n] != '\n' &&
	       line.p[line.n] != '\r')
		line.n++;
	text->p += line.n;
	text->n -= line.n;
	if (text->n > 1 && text->p[0] == '\r' && text->p[1] == '\n') {
		text->p++;
		text->n--;
	}
	if (text->n) {
		text->p++;
		text->n--;
	}
	return line;
}

int
ini_parse(struct arena *a, const char *p, size_t n, enum ini_style style,
	struct ini *out, struct err *err)
{
	struct reader r = { .a = a, .ini = out, .style = style, .err = err };
	struct str text = { p, n };
	int e = 0;

	*out = (struct ini){ 0 };
	r.section_tail = &out->sections;
	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		text = (struct str){ p + 3, n - 3 };
	while (e == 0 && text.n) {
		r.line++;
		e = style == INI_PYTEST ? line_pytest(&r, ini_line(&text)) :
			line_configparser(&r, ini_line(&text));
	}
	item_end(&r);
	buf_release(&r.value);
	return e;
}

const struct ini_section *
ini_section(const struct ini *ini, const char *name)
{
	const struct ini_section *s;

	for (s = ini->sections; s && !str_is(s->name, name); s = s->next)
		;
	return s;
}

const struct ini_item *
ini_get(const struct ini_section *s, const char *key)
{
	const struct ini_item *it;

	if (!s)
		return NULL;
	for (it = s->items; it && !str_is(it->key, key); it = it->next)
		;
	return it;
}

size_t
ini_lines(struct arena *a, struct str value, int by_comma, struct str **out)
{
	struct str part, rest = value;
	size_t n = 1, i;

	for (i = 0; i < value.n; i++)
		n += value.p[i] == '\n' || value.p[i] == ',';
	*out = arena_alloc(a, n * sizeof(**out));
	n = 0;
	while (rest.n) {
		for (i = 0; i < rest.n && rest.p[i] != '\n' &&
		     !(by_comma && rest.p[i] == ','); i++)
			;
		part = str_strip((struct str){ rest.p, i });
		if (part.n)
			(*out)[n++] = arena_dup(a, part);
		i += i < rest.n;
		rest.p += i;
		rest.n -= i;
	}
	return n;
}
