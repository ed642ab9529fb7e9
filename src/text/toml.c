/* SPDX-License-Identifier: Apache-2.0 */
#include "text/toml.h"

#include <string.h>

#include "text/internal.h"
#include "util/hash.h"
#include "util/mem.h"

/* How deep arrays and inline tables may lie in each other. */
#define TOML_DEPTH 128

/* How a table or array came to be: what may still be added to it. */
enum toml_state {
	MADE_IMPLICIT,          /* by the header of a table below it */
	MADE_HEADER,            /* by its own header; the root */
	MADE_DOTTED,            /* by a dotted key; state >> 3 is the section */
	MADE_INLINE,            /* complete */
	MADE_ARRAY_OF_TABLES,
};

static unsigned
made(const struct toml *t)
{
	return t->state & 7;
}

static struct toml *
value_new(struct toml_in *in, enum toml_type type, const char *at)
{
	struct toml *v = arena_calloc(in->a, sizeof(*v));

	v->type = type;
	v->line = in->line;
	v->col = (int)(at - in->bol) + 1;
	return v;
}

static struct toml_key **
slot_of(const struct toml *t, struct str name)
{
	return &t->slots[hash_bytes(name.p, name.n) & (t->cap - 1)];
}

static void
table_rehash(struct arena *a, struct toml *t)
{
	struct toml_key *k, **s;

	t->cap = t->cap ? t->cap * 4 : 8;
	t->slots = arena_calloc(a, t->cap * sizeof(*t->slots));
	for (k = t->keys; k; k = k->next) {
		s = slot_of(t, k->name);
		k->chain = *s;
		*s = k;
	}
}

const struct toml_key *
toml_key(const struct toml *table, struct str name)
{
	struct toml_key *k;

	if (!table || table->type != TOML_TABLE || table->n == 0)
		return NULL;
	for (k = *slot_of(table, name); k; k = k->chain) {
		if (str_eq(k->name, name))
			return k;
	}
	return NULL;
}

static void
table_add(struct toml_in *in, struct toml *t, struct toml_key *k)
{
	struct toml_key **s;

	if (t->n >= t->cap)
		table_rehash(in->a, t);
	s = slot_of(t, k->name);
	k->chain = *s;
	*s = k;
	if (t->last)
		t->last->next = k;
	else
		t->keys = k;
	t->last = k;
	t->n++;
}

static void
array_add(struct toml_in *in, struct toml *array, struct toml *v)
{
	struct toml **items;

	if (array->n == array->cap) {
		array->cap = array->cap ? array->cap * 2 : 4;
		items = arena_alloc(in->a, array->cap * sizeof(*items));
		if (array->n)
			memcpy(items, array->items, array->n * sizeof(*items));
		array->items = items;
	}
	array->items[array->n++] = v;
}

static void
blanks(struct toml_in *in)
{
	while (in->p < in->end && (*in->p == ' ' || *in->p == '\t'))
		in->p++;
}

static void
comment(struct toml_in *in)
{
	if (in->p == in->end || *in->p != '#')
		return;
	while (in->p < in->end && *in->p != '\n')
		in->p++;
}

/* One line end, if there is one. */
static bool
line_end(struct toml_in *in)
{
	if (in->p < in->end && *in->p == '\r')
		in->p++;
	if (in->p == in->end || *in->p != '\n')
		return false;
	in->p++;
	in->line++;
	in->bol = in->p;
	return true;
}

/* Blanks, comments and line ends. */
static void
space(struct toml_in *in)
{
	do {
		blanks(in);
		comment(in);
	} while (line_end(in));
}

static bool
is_bare(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* One part of a key, and the blanks behind it. */
static struct toml_key *
key_part(struct toml_in *in)
{
	struct toml_key *k = arena_calloc(in->a, sizeof(*k));
	const char *start;

	blanks(in);
	start = in->p;
	k->line = in->line;
	k->col = (int)(start - in->bol) + 1;
	if (in->p < in->end && (*in->p == '"' || *in->p == '\'')) {
		if (toml_string(in, false, &k->name) < 0)
			return NULL;
	} else {
		while (in->p < in->end && is_bare(*in->p))
			in->p++;
		if (in->p == start) {
			toml_fail(in, start, "expected a key");
			return NULL;
		}
		k->name = arena_dup(in->a,
			(struct str){ start, (size_t)(in->p - start) });
	}
	blanks(in);
	return k;
}

/* A dotted key: its parts linked by next. */
static struct toml_key *
key_parts(struct toml_in *in)
{
	struct toml_key *first = NULL, **tail = &first, *k;

	for (;;) {
		k = key_part(in);
		if (!k)
			return NULL;
		*tail = k;
		tail = &k->next;
		if (in->p == in->end || *in->p != '.')
			return first;
		in->p++;
	}
}

static int
key_fail(struct toml_in *in, const struct toml_key *k, const char *what)
{
	err_set(in->err, "'%.*s' %s", (int)k->name.n, k->name.p, what);
	return toml_at(in->err, k->line, k->col);
}

/* The table that part k of a header goes through, made if it is missing. */
static struct toml *
header_step(struct toml_in *in, struct toml *t, struct toml_key *k)
{
	const struct toml_key *old = toml_key(t, k->name);
	struct toml *v;

	if (!old) {
		v = value_new(in, TOML_TABLE, in->p);
		v->line = k->line;
		v->col = k->col;
		v->state = MADE_IMPLICIT;
		k->value = v;
		table_add(in, t, k);
		return v;
	}
	v = old->value;
	if (v->type == TOML_ARRAY && made(v) == MADE_ARRAY_OF_TABLES)
		return v->items[v->n - 1];
	if (v->type != TOML_TABLE || made(v) == MADE_INLINE) {
		key_fail(in, k, "is already a value and cannot be extended");
		return NULL;
	}
	return v;
}

static struct toml *
header_table(struct toml_in *in, struct toml *t, struct toml_key *k)
{
	const struct toml_key *old = toml_key(t, k->name);

	if (old && (old->value->type != TOML_TABLE ||
	    made(old->value) != MADE_IMPLICIT)) {
		key_fail(in, k, "is defined twice");
		return NULL;
	}
	t = header_step(in, t, k);
	if (t) {
		t->state = MADE_HEADER;
		t->line = k->line;
		t->col = k->col;
	}
	return t;
}

static struct toml *
header_array(struct toml_in *in, struct toml *t, struct toml_key *k)
{
	const struct toml_key *old = toml_key(t, k->name);
	struct toml *array, *v;

	if (old) {
		array = old->value;
		if (array->type != TOML_ARRAY ||
		    made(array) != MADE_ARRAY_OF_TABLES) {
			key_fail(in, k, "is defined twice");
			return NULL;
		}
	} else {
		array = value_new(in, TOML_ARRAY, in->p);
		array->state = MADE_ARRAY_OF_TABLES;
		k->value = array;
		table_add(in, t, k);
	}
	v = value_new(in, TOML_TABLE, in->p);
	v->line = k->line;
	v->col = k->col;
	v->state = MADE_HEADER;
	array_add(in, array, v);
	return v;
}

/* "[a.b]" or "[[a.b]]"; returns the table that the following keys go to. */
static struct toml *
read_header(struct toml_in *in, struct toml *root)
{
	struct toml_key *k, *next;
	struct toml *t = root;
	bool array;

	in->p++;
	array = in->p < in->end && *in->p == '[';
	in->p += array;
	k = key_parts(in);
	if (!k)
		return NULL;
	if (in->p == in->end || *in->p != ']' ||
	    (array && (in->p + 1 == in->end || in->p[1] != ']'))) {
		toml_fail(in, in->p, "expected '%s' at the end of the header",
			array ? "]]" : "]");
		return NULL;
	}
	in->p += 1 + array;
	in->section++;
	for (; k->next; k = next) {
		next = k->next;
		k->next = NULL;
		t = header_step(in, t, k);
		if (!t)
			return NULL;
	}
	return array ? header_array(in, t, k) : header_table(in, t, k);
}

/* The table that part k of a dotted key goes through. */
static struct toml *
dotted_step(struct toml_in *in, struct toml *t, struct toml_key *k,
	unsigned section)
{
	const struct toml_key *old = toml_key(t, k->name);
	unsigned state = MADE_DOTTED | section << 3;
	struct toml *v;

	if (!old) {
		v = value_new(in, TOML_TABLE, in->p);
		v->line = k->line;
		v->col = k->col;
		v->state = state;
		k->value = v;
		table_add(in, t, k);
		return v;
	}
	v = old->value;
	if (v->type != TOML_TABLE ||
	    (v->state != state && made(v) != MADE_IMPLICIT)) {
		key_fail(in, k, "is defined twice");
		return NULL;
	}
	v->state = state;
	return v;
}

static struct toml *read_value(struct toml_in *in);

/* "a.b = value" into t. */
static int
pair(struct toml_in *in, struct toml *t, unsigned section)
{
	struct toml_key *k, *next;

	k = key_parts(in);
	if (!k)
		return -1;
	if (in->p == in->end || *in->p != '=')
		return toml_fail(in, in->p, "expected '=' after the key");
	in->p++;
	blanks(in);
	for (; k->next; k = next) {
		next = k->next;
		k->next = NULL;
		t = dotted_step(in, t, k, section);
		if (!t)
			return -1;
	}
	if (toml_key(t, k->name))
		return key_fail(in, k, "is defined twice");
	k->value = read_value(in);
	if (!k->value)
		return -1;
	table_add(in, t, k);
	return 0;
}

static int
array_items(struct toml_in *in, struct toml *array)
{
	struct toml *v;

	for (;;) {
		space(in);
		if (in->p < in->end && *in->p == ']')
			break;
		v = read_value(in);
		if (!v)
			return -1;
		array_add(in, array, v);
		space(in);
		if (in->p < in->end && *in->p == ',') {
			in->p++;
			continue;
		}
		if (in->p == in->end || *in->p != ']')
			return toml_fail(in, in->p, "expected ',' or ']' in "
				"the array that began in line %d", array->line);
		break;
	}
	in->p++;
	return 0;
}

static int
inline_pairs(struct toml_in *in, struct toml *t)
{
	unsigned section = ++in->section;

	blanks(in);
	if (in->p < in->end && *in->p == '}') {
		in->p++;
		return 0;
	}
	for (;;) {
		if (pair(in, t, section) < 0)
			return -1;
		blanks(in);
		if (in->p < in->end && *in->p == ',') {
			in->p++;
			continue;
		}
		if (in->p == in->end || *in->p != '}')
			return toml_fail(in, in->p, "expected ',' or '}' in "
				"the inline table");
		in->p++;
		return 0;
	}
}

static struct toml *
read_value(struct toml_in *in)
{
	struct toml *v = value_new(in, TOML_STRING, in->p);
	const char *at = in->p;
	char c = in->p < in->end ? *in->p : '\n';
	int r;

	if (c == '"' || c == '\'') {
		r = toml_string(in, true, &v->str);
	} else if (c == '[' || c == '{') {
		if (in->depth == TOML_DEPTH) {
			toml_fail(in, at, "nested more than %d deep",
				TOML_DEPTH);
			return NULL;
		}
		in->depth++;
		in->p++;
		v->type = c == '[' ? TOML_ARRAY : TOML_TABLE;
		r = c == '[' ? array_items(in, v) : inline_pairs(in, v);
		v->state = MADE_INLINE;
		in->depth--;
	} else {
		r = toml_scalar(in, v);
	}
	return r < 0 ? NULL : v;
}

static int
statements(struct toml_in *in, struct toml *root)
{
	struct toml *t = root;
	unsigned section = in->section; /* inline tables have their own */

	for (;;) {
		space(in);
		if (in->p == in->end)
			return 0;
		if (*in->p == '[') {
			t = read_header(in, root);
			if (!t)
				return -1;
			section = in->section;
		} else if (pair(in, t, section) < 0) {
			return -1;
		}
		blanks(in);
		comment(in);
		if (in->p < in->end && !line_end(in))
			return toml_fail(in, in->p,
				"expected the end of the line");
	}
}

struct toml *
toml_parse(struct arena *a, const char *p, size_t n, struct err *err)
{
	struct toml_in in = { .p = p, .end = p + n, .bol = p, .line = 1,
		.a = a, .err = err };
	struct toml *root;

	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		in.p = in.bol = p + 3;
	if (toml_check_text(&in) < 0)
		return NULL;
	root = value_new(&in, TOML_TABLE, in.p);
	root->state = MADE_HEADER;
	return statements(&in, root) < 0 ? NULL : root;
}

const struct toml *
toml_get(const struct toml *table, const char *name)
{
	const struct toml_key *k = toml_key(table, str_of(name));

	return k ? k->value : NULL;
}

const struct toml *
toml_path(const struct toml *table, const char *path)
{
	const struct toml_key *k;
	size_t n;

	for (;;) {
		n = strcspn(path, ".");
		k = toml_key(table, (struct str){ path, n });
		if (!k || !path[n])
			return k ? k->value : NULL;
		table = k->value;
		path += n + 1;
	}
}

const char *
toml_type_name(enum toml_type type)
{
	static const char *const names[] = {
		"a table", "an array", "a string", "an integer", "a float",
		"a boolean", "a date and time", "a local date and time",
		"a date", "a time",
	};

	return names[type];
}

static int
wrong_type(struct err *err, const char *name, const struct toml *v,
	const char *wanted)
{
	err_set(err, "%s: expected %s, not %s", name, wanted,
		toml_type_name(v->type));
	return toml_at(err, v->line, v->col);
}

/* The value of name if it is of the type; *r is what the getter returns. */
static const struct toml *
typed(const struct toml *table, const char *name, enum toml_type type,
	int *r, struct err *err)
{
	const struct toml *v = toml_get(table, name);

	*r = v != NULL;
	if (v && v->type != type) {
		*r = wrong_type(err, name, v, toml_type_name(type));
		return NULL;
	}
	return v;
}

int
toml_str(const struct toml *table, const char *name, struct str *out,
	struct err *err)
{
	int r;
	const struct toml *v = typed(table, name, TOML_STRING, &r, err);

	if (v)
		*out = v->str;
	return r;
}

int
toml_int(const struct toml *table, const char *name, int64_t *out,
	struct err *err)
{
	int r;
	const struct toml *v = typed(table, name, TOML_INT, &r, err);

	if (v)
		*out = v->integer;
	return r;
}

int
toml_bool(const struct toml *table, const char *name, bool *out,
	struct err *err)
{
	int r;
	const struct toml *v = typed(table, name, TOML_BOOL, &r, err);

	if (v)
		*out = v->boolean;
	return r;
}

int
toml_num(const struct toml *table, const char *name, double *out,
	struct err *err)
{
	const struct toml *v = toml_get(table, name);

	if (!v)
		return 0;
	if (v->type != TOML_INT && v->type != TOML_FLOAT)
		return wrong_type(err, name, v, "a number");
	*out = v->type == TOML_INT ? (double)v->integer : v->number;
	return 1;
}

int
toml_strs(const struct toml *table, const char *name, struct arena *a,
	struct str **out, size_t *n, struct err *err)
{
	int r;
	size_t i;
	const struct toml *v = typed(table, name, TOML_ARRAY, &r, err);

	if (!v)
		return r;
	*out = arena_alloc(a, v->n * sizeof(**out) + 1);
	for (i = 0; i < v->n; i++) {
		if (v->items[i]->type != TOML_STRING)
			return wrong_type(err, name, v->items[i],
				"strings in the array");
		(*out)[i] = v->items[i]->str;
	}
	*n = v->n;
	return 1;
}

int
toml_table(const struct toml *table, const char *name,
	const struct toml **out, struct err *err)
{
	int r;
	const struct toml *v = typed(table, name, TOML_TABLE, &r, err);

	if (v)
		*out = v;
	return r;
}
