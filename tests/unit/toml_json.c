/* SPDX-License-Identifier: Apache-2.0 */
/* Reads TOML from standard input and prints it as the tagged JSON of the
 * toml-test suite; exit 1 if it is not TOML. See tests/py/toml_suite.py. */
#include <math.h>
#include <stdio.h>

#include "text/toml.h"
#include "util/buf.h"

static void
put_string(struct str s)
{
	size_t i;

	putchar('"');
	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void
put_scalar(const struct toml *v)
{
	static const char *const tags[] = { "", "", "string", "integer",
		"float", "bool", "datetime", "datetime-local", "date-local",
		"time-local" };

	printf("{\"type\":\"%s\",\"value\":", tags[v->type]);
	if (v->type == TOML_INT)
		printf("\"%lld\"", (long long)v->integer);
	else if (v->type == TOML_FLOAT && isnan(v->number))
		printf("\"nan\"");
	else if (v->type == TOML_FLOAT)
		printf("\"%.17g\"", v->number);
	else if (v->type == TOML_BOOL)
		printf("\"%s\"", v->boolean ? "true" : "false");
	else
		put_string(v->str);
	putchar('}');
}

static void
put(const struct toml *v)
{
	const struct toml_key *k;
	size_t i;

	if (v->type == TOML_TABLE) {
		putchar('{');
		for (k = v->keys; k; k = k->next) {
			put_string(k->name);
			putchar(':');
			put(k->value);
			if (k->next)
				putchar(',');
		}
		putchar('}');
	} else if (v->type == TOML_ARRAY) {
		putchar('[');
		for (i = 0; i < v->n; i++) {
			if (i > 0)
				putchar(',');
			put(v->items[i]);
		}
		putchar(']');
	} else {
		put_scalar(v);
	}
}

int
main(void)
{
	struct arena a = {0};
	struct err err = {0};
	struct buf b = {0};
	char chunk[4096];
	struct toml *t;
	size_t n;

	while ((n = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
		buf_add(&b, chunk, n);
	t = toml_parse(&a, b.p ? b.p : "", b.n, &err);
	if (t) {
		put(t);
		putchar('\n');
	} else {
		fprintf(stderr, "%d:%d: %s\n", err.line, err.col, err.msg);
	}
	buf_release(&b);
	err_release(&err);
	arena_release(&a);
	return t ? 0 : 1;
}
