/* SPDX-License-Identifier: Apache-2.0 */
#include "python/pytest/internal.h"

#include <inttypes.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/path.h"

static int
values_fail(struct pytest_values *v, int line, const char *name,
	const char *what)
{
	err_set(v->err, "%s: %s", name, what);
	return err_at(v->err, v->path.p, line, 0);
}

static struct str
value_text(struct arena *a, const struct toml *t)
{
	if (t->type == TOML_BOOL)
		return t->boolean ? STR("True") : STR("False");
	if (t->type == TOML_INT)
		return arena_fmt(a, "%" PRId64, t->integer);
	if (t->type == TOML_FLOAT)
		return arena_fmt(a, "%g", t->number);
	return t->str;
}

/* The value that -o gives. */
static bool
override(struct pytest_values *v, const char *name, struct str *text)
{
	size_t i, n = strlen(name);

	for (i = v->overrides.n; i-- > 0;) {
		struct str s = v->overrides.v[i];

		if (!str_starts(s, name) || s.n == n || s.p[n] != '=')
			continue;
		*text = (struct str){ s.p + n + 1, s.n - n - 1 };
		return true;
	}
	return false;
}

/* The value as a text or a list: *list says which. 1 there, 0 not, -1 wrong. */
static int
raw(struct pytest_values *v, const char *name, struct str *text,
	struct pytest_list *items, bool *list, int *line)
{
	const struct ini_item *it = ini_get(v->ini, name);
	const struct toml *t = toml_get(v->toml, name);
	size_t i;

	*list = false;
	*line = 0;
	v->overridden = override(v, name, text);
	if (v->overridden)
		return 1;
	if (it) {
		*text = it->value;
		*line = it->line;
		return 1;
	}
	if (!t)
		return 0;
	*line = t->line;
	if (t->type == TOML_TABLE)
		return values_fail(v, t->line, name, "cannot be a table");
	if (t->type != TOML_ARRAY) {
		*text = value_text(v->a, t);
		return 1;
	}
	*list = true;
	items->n = t->n;
	items->v = arena_alloc(v->a, t->n * sizeof(*items->v) + 1);
	for (i = 0; i < t->n; i++) {
		if (t->items[i]->type != TOML_STRING)
			return values_fail(v, t->items[i]->line, name,
				"expected strings in the list");
		items->v[i] = t->items[i]->str;
	}
	return 1;
}

/* [tool.pytest] and pytest.toml convert nothing. */
static int
must_be_list(struct pytest_values *v, const char *name, bool list, int line)
{
	if (v->native && !list && !v->overridden)
		return values_fail(v, line, name, "expected a list of strings");
	return 0;
}

int
values_args(struct pytest_values *v, const char *name, struct pytest_list *out)
{
	struct str text;
	bool list;
	int line, r = raw(v, name, &text, out, &list, &line);

	if (r <= 0)
		return r;
	if (must_be_list(v, name, list, line) < 0)
		return -1;
	if (!list && pytest_list_split(v->a, text, out, v->err) < 0)
		return err_at(v->err, v->path.p, line, 0);
	return 1;
}

int
values_lines(struct pytest_values *v, const char *name,
	struct pytest_list *out)
{
	struct str text;
	bool list;
	int line, r = raw(v, name, &text, out, &list, &line);

	if (r <= 0)
		return r;
	if (must_be_list(v, name, list, line) < 0)
		return -1;
	if (!list)
		out->n = ini_lines(v->a, text, 0, &out->v);
	return 1;
}

int
values_paths(struct pytest_values *v, const char *name,
	struct pytest_list *out)
{
	struct buf b = {0};
	int r = values_args(v, name, out);
	size_t i;

	for (i = 0; r > 0 && i < out->n; i++) {
		buf_clear(&b);
		path_join(&b, v->base, out->v[i]);
		if (b.n)
			b.n = path_fold(b.p, b.n);
		out->v[i] = arena_dup(v->a, buf_str(&b));
	}
	buf_release(&b);
	return r;
}

int
values_bool(struct pytest_values *v, const char *name, bool *out)
{
	static const char *const words[] = { "y", "yes", "t", "true", "on",
		"1", "n", "no", "f", "false", "off", "0" };
	const struct toml *t = toml_get(v->toml, name);
	struct pytest_list items;
	struct str text;
	char low[8];
	bool list;
	size_t i, k;
	int line, r = raw(v, name, &text, &items, &list, &line);

	if (r <= 0)
		return r;
	if (v->native && t && !v->overridden && t->type != TOML_BOOL)
		return values_fail(v, line, name, "expected true or false");
	if (list || text.n >= sizeof(low))
		return values_fail(v, line, name, "expected true or false");
	for (i = 0; i < text.n; i++)
		low[i] = text.p[i] >= 'A' && text.p[i] <= 'Z' ?
			(char)(text.p[i] + 'a' - 'A') : text.p[i];
	low[text.n] = 0;
	for (k = 0; k < countof(words) && strcmp(low, words[k]) != 0; k++)
		;
	if (k == countof(words))
		return values_fail(v, line, name, "expected true or false");
	*out = k < 6;
	return 1;
}

bool
values_has(struct pytest_values *v, const char *name)
{
	struct str text;

	return override(v, name, &text) || ini_get(v->ini, name) ||
	       toml_get(v->toml, name);
}
