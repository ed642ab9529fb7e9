/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ninja/eval.h"
#include "ninja/lex.h"

static int
shout(void *ctx, struct str name, struct buf *out, struct err *err)
{
	int *calls = ctx;

	++*calls;
	if (str_is(name, "bad"))
		return err_set(err, "cycle");
	buf_addf(out, "<%.*s>", (int)name.n, name.p);
	return 0;
}

static void
evaluates(const char *raw, const char *expected)
{
	struct buf out = { 0 };
	struct err err = { 0 };
	int calls = 0;

	assert_int_equal(ninja_eval(str_of(raw), shout, &calls, &out, &err), 0);
	assert_string_equal(buf_str(&out).p, expected);
	buf_release(&out);
}

static void
values(void **state)
{
	(void)state;
	evaluates("", "");
	evaluates("a b", "a b");
	evaluates("$a.b${a.b}$a-1_Z/${c}", "<a>.b<a.b><a-1_Z>/<c>");
	evaluates("$$a$ b$:c$^d", "$a b:c\nd");
	evaluates("a$\n   b $\r\n  c$\n", "ab c");
	/* Nothing the parser lets through, but nothing to fear either. */
	evaluates("$", "$");
	evaluates("a$*b${c", "a$*b${c");
	evaluates("${}", "<>");
}

static void
a_failing_name_ends_it(void **state)
{
	struct buf out = { 0 };
	struct err err = { 0 };
	int calls = 0;

	(void)state;
	assert_int_equal(ninja_eval(STR("$a$bad$c"), shout, &calls, &out,
		&err), -1);
	assert_int_equal(calls, 2);
	assert_string_equal(err.msg, "cycle");
	err_release(&err);
	buf_release(&out);
}

static int
note(void *ctx, struct str name)
{
	struct buf *b = ctx;

	buf_addf(b, "%.*s,", (int)name.n, name.p);
	return str_is(name, "stop") ? 7 : 0;
}

static void
names(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(ninja_eval_names(STR("x $a$$b ${c.d}$:$\n $e"), note,
		&b), 0);
	assert_string_equal(b.p, "a,c.d,e,");
	buf_clear(&b);
	assert_int_equal(ninja_eval_names(STR("$stop $x"), note, &b), 7);
	assert_string_equal(b.p, "stop,");
	buf_release(&b);
}

/* Paths that need no work are taken from the text: a wrong yes would make two
 * nodes of one file. */
static void
folded(void **state)
{
	static const char *const yes[] = {
		"a", "a/b", "../a", "../../a/b.c", "/", "/a/b", "a..", "a../b",
		"a.b/c.d", "0123456789012345678901234567890123/5678901234567",
	};
	static const char *const no[] = {
		".", "./a", "a/", "a//b", "//a", "a/.", "a/./b", "a/..",
		"a/../b", "../", "../a/..", "..//a", ".././a",
		"012345678901234567890/./", "0123456//9012345", "01234567//9",
		"0123456789abcde/./x", "0123456789abcdef/../xyz",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		assert_true(lex_is_folded(str_of(yes[i])));
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		assert_false(lex_is_folded(str_of(no[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(a_failing_name_ends_it),
		cmocka_unit_test(names),
		cmocka_unit_test(folded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
