/* SPDX-License-Identifier: Apache-2.0 */
#include "python/version/releases.h"

#include <string.h>

#include "util/mem.h"

static const char *const status_names[] = { "prerelease", "bugfix",
	"security", "end-of-life" };

/* Takes the next word off the line; n 0: none left. */
static struct str
next_field(struct str *line)
{
	struct str w;

	while (line->n && char_is_space(*line->p)) {
		line->p++;
		line->n--;
	}
	w = (struct str){ line->p, 0 };
	while (w.n < line->n && !char_is_space(line->p[w.n]))
		w.n++;
	line->p += w.n;
	line->n -= w.n;
	return w;
}

/* "2023-10-02" or "2023-10" */
static bool
is_date(struct str s)
{
	size_t i;

	if (s.n != 10 && s.n != 7)
		return false;
	for (i = 0; i < s.n; i++) {
		if (i == 4 || i == 7 ? s.p[i] != '-' :
		    s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return true;
}

static int
bad_line(struct err *err, int line, const char *what, struct str s)
{
	err_set(err, "%s: '%.*s'", what, (int)s.n, s.p);
	if (err)
		err->line = line;
	return -1;
}

static int
line_parse(struct arena *a, struct str line, int number, struct release *r,
	struct err *err)
{
	struct str whole = line, s;
	bool t;
	size_t i;

	s = next_field(&line);
	*r = (struct release){ .version = arena_dup(a, s) };
	if (!releases_version(s, &r->major, &r->minor, &t) || t)
		return bad_line(err, number, "not a version such as 3.12", s);
	s = next_field(&line);
	for (i = 0; i < countof(status_names) &&
	     !str_is(s, status_names[i]); i++)
		;
	if (i == countof(status_names))
		return bad_line(err, number,
			"status is not prerelease, bugfix, "
			"security or end-of-life", s);
	r->status = (enum release_status)i;
	r->released = arena_dup(a, next_field(&line));
	r->end = arena_dup(a, next_field(&line));
	if (!is_date(r->released) || !is_date(r->end))
		return bad_line(err, number,
			"expected two dates after the status",
			whole);
	s = next_field(&line);
	return s.n ? bad_line(err, number, "more than four columns", whole) : 0;
}

int
releases_parse(struct arena *a, const char *p, size_t n, struct releases *out,
	struct err *err)
{
	struct str text = { p, n }, line;
	const char *nl;
	struct release *last;
	size_t lines = 1, i;
	int number = 0;

	for (i = 0; i < n; i++)
		lines += p[i] == '\n';
	*out = (struct releases){ arena_alloc(a, lines * sizeof(*out->v)), 0 };
	while (text.n) {
		nl = memchr(text.p, '\n', text.n);
		line = (struct str){ text.p,
			nl ? (size_t)(nl - text.p) : text.n };
		text.p += line.n + (nl != NULL);
		text.n -= line.n + (nl != NULL);
		number++;
		nl = memchr(line.p, '#', line.n);
		if (nl)
			line.n = (size_t)(nl - line.p);
		line = str_strip_end(line);
		if (line.n == 0)
			continue;
		last = &out->v[out->n];
		if (line_parse(a, line, number, last, err) < 0)
			return -1;
		if (out->n && (last[-1].major > last->major ||
		    (last[-1].major == last->major &&
		     last[-1].minor >= last->minor)))
			return bad_line(err, number,
				"versions must be in order, "
				"each once", last->version);
		out->n++;
	}
	if (out->n == 0)
		return bad_line(err, number, "no releases in the table",
			STR(""));
	return 0;
}

const char *
release_status_name(enum release_status status)
{
	return status_names[status];
}

static bool
take_count(struct str *s, int *out, size_t max)
{
	size_t i;

	*out = 0;
	for (i = 0; i < s->n && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
		if (i == max)
			return false;
		*out = *out * 10 + s->p[i] - '0';
	}
	s->p += i;
	s->n -= i;
	return i > 0;
}

int
releases_version(struct str s, int *major, int *minor, bool *free_threaded)
{
	int micro;
	size_t skip = str_starts(s, "python") ? 6 : str_starts(s, "py") ? 2 :
		0;

	s.p += skip;
	s.n -= skip;
	*free_threaded = s.n && s.p[s.n - 1] == 't';
	s.n -= *free_threaded;
	if (skip && s.n >= 2 && memchr(s.p, '.', s.n) == NULL) {
		struct str first = { s.p, 1 };

		s.p++;
		s.n--;
		return take_count(&first, major, 1) &&
		       take_count(&s, minor, 3) && s.n == 0;
	}
	if (!take_count(&s, major, 2) || s.n == 0 || *s.p != '.')
		return 0;
	s.p++;
	s.n--;
	if (!take_count(&s, minor, 3))
		return 0;
	if (s.n && *s.p == '.') {
		s.p++;
		s.n--;
		if (!take_count(&s, &micro, 3))
			return 0;
	}
	return s.n == 0;
}
