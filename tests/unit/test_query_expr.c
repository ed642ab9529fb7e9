/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "query/expr.h"
#include "util/buf.h"

/* The expression with all parentheses that it can have. */
static void
show(struct buf *out, const struct expr *e)
{
	static const char *const names[] = {
		[EXPR_NAME] = "", [EXPR_SET] = "set", [EXPR_DEPS] = "deps",
		[EXPR_RDEPS] = "rdeps", [EXPR_TESTS] = "tests",
		[EXPR_AFFECTED] = "affected", [EXPR_SOMEPATH] = "somepath",
		[EXPR_ALLPATHS] = "allpaths", [EXPR_KIND] = "kind",
		[EXPR_FILTER] = "filter", [EXPR_ATTR] = "attr",
		[EXPR_AND] = "&", [EXPR_OR] = "|", [EXPR_MINUS] = "-",
	};

	if (e->op == EXPR_NAME) {
		buf_addf(out, "<%s>", e->text.p);
		return;
	}
	buf_addf(out, "(%s", names[e->op]);
	if (e->a) {
		buf_addc(out, ' ');
		show(out, e->a);
	}
	if (e->b) {
		buf_addc(out, ' ');
		show(out, e->b);
	}
	for (const struct expr *name = e->list; name; name = name->next)
		buf_addf(out, " <%s>", name->text.p);
	if (e->op == EXPR_KIND || e->op == EXPR_FILTER || e->op == EXPR_ATTR)
		buf_addf(out, " <%s>", e->text.p);
	if (e->op == EXPR_ATTR)
		buf_addf(out, " <%s>", e->value.p);
	if (e->depth != EXPR_ANY)
		buf_addf(out, " %u", (unsigned)e->depth);
	buf_adds(out, e->nocase ? " i)" : ")");
}

static void
check(const char *text, const char *want)
{
	struct arena a = { 0 };
	struct err err = { 0 };
	struct buf b = { 0 };
	struct expr *e = expr_parse(&a, text, strlen(text), &err);

	if (e)
		show(&b, e);
	else
		buf_adds(&b, err.msg);
	assert_string_equal(b.p, want);
	buf_release(&b);
	err_release(&err);
	arena_release(&a);
}

static void
operators_from_left_to_right(void **state)
{
	(void)state;
	check("a", "<a>");
	check("a|b&c - d", "(- (& (| <a> <b>) <c>) <d>)");
	check("a | (b & c)", "(| <a> (& <b> <c>))");
	check("((a))", "<a>");
	check("a-b - c", "(- <a-b> <c>)");
	check("a -c", "(- <a> <c>)");
	check("deps(a)-deps(b)", "(- (deps <a>) (deps <b>))");
}

static void
functions(void **state)
{
	(void)state;
	check("deps ( a , 3 )", "(deps <a> 3)");
	check("rdeps(deps(a),0)", "(rdeps (deps <a>) 0)");
	check("somepath(a | b, set(c d))",
	      "(somepath (| <a> <b>) (set <c> <d>))");
	check("allpaths(a,b)", "(allpaths <a> <b>)");
	check("tests(affected(a))", "(tests (affected <a>))");
	check("kind(test)&attr(pool, \"a b\")",
	      "(& (kind <test>) (attr <pool> <a b>))");
	check("deps", "<deps>");
	check("\"deps\"", "<deps>");
	check("deps(a, 99999999999999999999)", "(deps <a> 999999999)");
}

static void
names_and_regexes(void **state)
{
	(void)state;
	check("'a \\'b\\\\'|\"c\\d\"", "(| <a 'b\\> <c\\d>)");
	check("/abs/path^", "</abs/path^>");
	check("a::b[x-1]", "<a::b[x-1]>");
	check("filter(/a b(c),\\/\\.\\\\/)", "(filter <a b(c),/\\.\\\\>)");
	check("filter( /x/i )", "(filter <x> i)");
}

static void
mistakes_have_a_place(void **state)
{
	(void)state;
	check("", "expected a name, a function or '('\n  \n  ^");
	check("a b", "expected an operator (&, | or -) or the end\n"
	      "  a b\n    ^");
	check("\xc3\xa4 &", "expected a name, a function or '('\n"
	      "  \xc3\xa4 &\n     ^");
	check("a |\n\tdepz(b)\n| c", "unknown function 'depz', did you mean "
	      "'deps'?\n  \tdepz(b)\n  \t^");
	check("filter(/a\\", "the regular expression has no / at its end\n"
	      "  filter(/a\\\n         ^");
}

static void
deep_and_long_ones(void **state)
{
	struct arena a = { 0 };
	struct err err = { 0 };
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_addc(&b, '(');
	assert_null(expr_parse(&a, b.p, b.n, &err));
	assert_non_null(strstr(err.msg, "too many parentheses"));
	err_release(&err);
	buf_clear(&b);
	for (int i = 0; i < 100000; i++)
		buf_adds(&b, "deps(");
	assert_null(expr_parse(&a, b.p, b.n, &err));
	assert_non_null(strstr(err.msg, "too many functions"));
	err_release(&err);
	buf_clear(&b);
	buf_adds(&b, "a");
	for (int i = 0; i < 100000; i++)
		buf_adds(&b, "|a");
	assert_non_null(expr_parse(&a, b.p, b.n, &err));
	buf_release(&b);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_from_left_to_right),
		cmocka_unit_test(functions),
		cmocka_unit_test(names_and_regexes),
		cmocka_unit_test(mistakes_have_a_place),
		cmocka_unit_test(deep_and_long_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
