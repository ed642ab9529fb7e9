/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "text/toml.h"
#include "util/buf.h"

static struct toml *
parse(struct arena *a, const char *text)
{
	struct err err = {0};
	struct toml *t = toml_parse(a, text, strlen(text), &err);

	if (!t)
		print_message("%d:%d: %s\n", err.line, err.col, err.msg);
	assert_non_null(t);
	return t;
}

/* text must be refused with exactly this place and message. */
static void
refuse(const char *text, int line, int col, const char *msg)
{
	struct arena a = {0};
	struct err err = {0};

	assert_null(toml_parse(&a, text, strlen(text), &err));
	assert_string_equal(err.msg, msg);
	assert_int_equal(err.line, line);
	assert_int_equal(err.col, col);
	err_release(&err);
	arena_release(&a);
}

static void
values_keep_their_types(void **state)
{
	struct arena a = {0};
	struct toml *t = parse(&a, "s = \"a\\u00e9\\n\"\nl = 'x\\y'\n"
		"m = \"\"\"\nq\\\n   r\"\"\"\nd = 1979-05-27 07:32:00z\n"
		"h = 0xfF\nn = -inf\n");

	(void)state;
	assert_string_equal(toml_get(t, "s")->str.p, "a\xc3\xa9\n");
	assert_string_equal(toml_get(t, "l")->str.p, "x\\y");
	assert_string_equal(toml_get(t, "m")->str.p, "qr");
	assert_int_equal(toml_get(t, "d")->type, TOML_DATETIME);
	assert_string_equal(toml_get(t, "d")->str.p, "1979-05-27T07:32:00Z");
	assert_int_equal(toml_get(t, "h")->integer, 255);
	assert_true(toml_get(t, "n")->number < 0);
	arena_release(&a);
}

static void
dotted_keys_beside_inline_tables(void **state)
{
	struct arena a = {0};
	struct toml *t = parse(&a, "[t]\na.b = { x = 1 }\n"
		"a.c = [ { y.z = 2 }, {} ]\na.d.e = 3\na.d.f = 4\n");

	(void)state;
	assert_int_equal(toml_path(t, "t.a")->n, 3);
	assert_int_equal(toml_path(t, "t.a.b.x")->integer, 1);
	assert_int_equal(toml_path(t, "t.a.d.f")->integer, 4);
	refuse("a.b = { x = 1 }\n[c]\n[a]\n", 3, 2,
		"'a' is defined twice");
	refuse("a = { x = 1 }\na.y = 2\n", 2, 1, "'a' is defined twice");
	arena_release(&a);
}

static void
places(void **state)
{
	struct arena a = {0};
	struct toml *t = parse(&a, "# c\n[tool.tgraph]\n"
		"python = ['3.12', \"3.13\"]\ntimeout = 1.5\n  retries = 2\n"
		"[project]\nname = \"x\"\n");
	const struct toml *v = toml_path(t, "tool.tgraph.python");
	const struct toml_key *k;

	(void)state;
	assert_int_equal(v->type, TOML_ARRAY);
	assert_int_equal(v->line, 3);
	assert_int_equal(v->col, 10);
	assert_int_equal(v->items[1]->col, 19);
	assert_int_equal(toml_path(t, "tool.tgraph")->line, 2);
	k = toml_key(toml_path(t, "tool.tgraph"), STR("retries"));
	assert_int_equal(k->line, 5);
	assert_int_equal(k->col, 3);
	assert_null(toml_path(t, "tool.nothing.python"));
	assert_null(toml_path(t, "project.name.x"));
	arena_release(&a);
}

static void
getters(void **state)
{
	struct arena a = {0};
	struct err err = {0};
	struct toml *t = parse(&a, "s = 'x'\ni = 1_000\nf = 2.5\nb = true\n"
		"l = ['a', 'b']\nm = ['a', 1]\nt = {a = {b.c = 1}}\n");
	struct str s, *list;
	const struct toml *sub;
	int64_t i;
	double d;
	bool b;
	size_t n;

	(void)state;
	assert_int_equal(toml_str(t, "s", &s, &err), 1);
	assert_true(str_is(s, "x"));
	assert_int_equal(toml_int(t, "i", &i, &err), 1);
	assert_int_equal(i, 1000);
	assert_int_equal(toml_num(t, "i", &d, &err), 1);
	assert_true(d == 1000);
	assert_int_equal(toml_num(t, "f", &d, &err), 1);
	assert_true(d == 2.5);
	assert_int_equal(toml_bool(t, "b", &b, &err), 1);
	assert_true(b);
	assert_int_equal(toml_strs(t, "l", &a, &list, &n, &err), 1);
	assert_int_equal(n, 2);
	assert_true(str_is(list[1], "b"));
	assert_int_equal(toml_table(t, "t", &sub, &err), 1);
	assert_int_equal(toml_path(sub, "a.b.c")->integer, 1);
	assert_int_equal(toml_str(t, "none", &s, &err), 0);
	assert_null(err.msg);
	assert_int_equal(toml_str(t, "i", &s, &err), -1);
	assert_string_equal(err.msg,
		"i: expected a string, not an integer");
	assert_int_equal(err.line, 2);
	err_release(&err);
	assert_int_equal(toml_strs(t, "m", &a, &list, &n, &err), -1);
	assert_string_equal(err.msg,
		"m: expected strings in the array, not an integer");
	assert_int_equal(err.line, 6);
	err_release(&err);
	arena_release(&a);
}

static void
refusals(void **state)
{
	char deep[400];

	(void)state;
	refuse("a = 1\na = 2\n", 2, 1, "'a' is defined twice");
	refuse("[a]\n[b]\n[a]\n", 3, 2, "'a' is defined twice");
	refuse("a = {b = 1}\n[a.c]\n", 2, 2,
		"'a' is already a value and cannot be extended");
	refuse("a = \n", 1, 5, "missing value");
	refuse("a = 2021-02-29\n", 1, 5, "not a date: '2021-02-29'");
	refuse("a = 9223372036854775808\n", 1, 5,
		"integer does not fit 64 bits: '9223372036854775808'");
	refuse("a = 08\n", 1, 5, "not a value: '08'");
	refuse("a = \"x\n", 1, 5, "unfinished string");
	refuse("a = \"\\q\"\n", 1, 6, "unknown escape in a string");
	refuse("a = 1 b = 2\n", 1, 7, "expected the end of the line");
	refuse("x = '\xff'\n", 1, 6, "not UTF-8: byte 0xff");
	refuse("a = [1,\n2\n", 3, 1,
		"expected ',' or ']' in the array that began in line 1");
	refuse("[a\n", 1, 3, "expected ']' at the end of the header");
	refuse("a.b.c = 1\n[a]\nx = 1\n", 2, 2, "'a' is defined twice");
	memset(deep, '[', sizeof(deep));
	memcpy(deep, "a=", 2);
	deep[sizeof(deep) - 1] = 0;
	refuse(deep, 1, 131, "nested more than 128 deep");
}

static void
many_keys_are_found(void **state)
{
	struct arena a = {0};
	struct buf b = {0};
	struct toml *t;
	char name[32];
	int i;

	(void)state;
	for (i = 0; i < 20000; i++)
		buf_addf(&b, "k%d = %d\n", i, i);
	t = parse(&a, b.p);
	for (i = 0; i < 20000; i += 777) {
		snprintf(name, sizeof(name), "k%d", i);
		assert_int_equal(toml_get(t, name)->integer, i);
	}
	assert_null(toml_get(t, "k20000"));
	buf_release(&b);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_keep_their_types),
		cmocka_unit_test(dotted_keys_beside_inline_tables),
		cmocka_unit_test(places),
		cmocka_unit_test(getters),
		cmocka_unit_test(refusals),
		cmocka_unit_test(many_keys_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
