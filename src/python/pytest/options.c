/* SPDX-License-Identifier: Apache-2.0 */
#include "python/pytest/options.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/file.h"

/* The next word of a line; n 0: there is none. */
static struct str
option_word(struct str *line)
{
	struct str word;

	*line = str_strip(*line);
	word = (struct str){ line->p, 0 };
	while (word.n < line->n && !char_is_space(line->p[word.n]))
		word.n++;
	line->p += word.n;
	line->n -= word.n;
	return word;
}

static int
bad_option(struct err *err, int line, const char *what)
{
	err_set(err, "%s", what);
	if (err)
		err->line = line;
	return -1;
}

/* A line that is neither empty nor a comment. */
static int
parse_line(struct str line, int number, struct pytest_option *o,
	struct err *err)
{
	struct str value, what;

	o->name = option_word(&line);
	value = option_word(&line);
	what = option_word(&line);
	o->value = str_is(value, "0") ? OPTION_ALONE :
	           str_is(value, "1") ? OPTION_VALUED :
	           str_is(value, "?") ? OPTION_MAYBE : OPTION_UNKNOWN;
	o->use = str_is(what, "drop") ? USE_DROPPED :
	         str_is(what, "ends") ? USE_ENDS :
	         str_is(what, "shows") ? USE_SHOWS : USE_DECIDES;
	if (o->name.p[0] != '-' || o->name.n < 2)
		return bad_option(err, number,
			"expected the name of an option");
	if (o->value == OPTION_UNKNOWN)
		return bad_option(err, number,
			"expected 0, 1 or ? after the name");
	if ((what.n && o->use == USE_DECIDES) || str_strip(line).n)
		return bad_option(err, number,
			"expected drop, ends, shows, or nothing more");
	return 0;
}

static int
by_option_name(const void *a, const void *b)
{
	const struct pytest_option *x = a, *y = b;

	return str_cmp(x->name, y->name);
}

int
pytest_options_parse(struct arena *a, const char *p, size_t n,
	struct pytest_options *out, struct err *err)
{
	const char *end = p + n, *nl;
	size_t lines = 1;
	int number = 1;

	*out = (struct pytest_options){ 0 };
	for (size_t i = 0; i < n; i++)
		lines += p[i] == '\n';
	out->v = arena_alloc(a, lines * sizeof(*out->v));
	for (; p < end; p = nl + 1, number++) {
		struct str line;

		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl : end;
		line = str_strip((struct str){ p, (size_t)(nl - p) });
		if (!line.n || line.p[0] == '#')
			continue;
		if (parse_line(line, number, &out->v[out->n], err) < 0)
			return -1;
		out->n++;
	}
	if (out->n > 1)
		qsort(out->v, out->n, sizeof(*out->v), by_option_name);
	return 0;
}

int
pytest_options_read(struct arena *a, const char *dir,
	struct pytest_options *out, struct err *err)
{
	struct buf path = { 0 }, text = { 0 };
	struct str kept;
	int r;

	buf_addf(&path, "%s/pytest-options", dir);
	r = file_read(path.p, &text, err);
	if (r == 0)
		r = err_code(err, EXIT_ENV, "%s: no such file", path.p);
	if (r > 0) {
		kept = arena_dup(a, buf_str(&text));
		r = pytest_options_parse(a, kept.p, kept.n, out, err);
		if (r < 0)
			err_at(err, path.p, err ? err->line : 0, 0);
	}
	buf_release(&path);
	buf_release(&text);
	return r < 0 ? err_default(err, EXIT_ENV) : 0;
}

const struct pytest_option *
pytest_options_get(const struct pytest_options *o, struct str name)
{
	const struct pytest_option key = { .name = name };

	return o->n ? bsearch(&key, o->v, o->n, sizeof(*o->v), by_option_name)
	            : NULL;
}

enum pytest_value
pytest_options_find(const struct pytest_options *o, struct str name)
{
	const struct pytest_option *found = pytest_options_get(o, name);

	return found ? found->value : OPTION_UNKNOWN;
}
