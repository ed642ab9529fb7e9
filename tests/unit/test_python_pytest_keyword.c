/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "python/pytest/keyword.h"
#include "util/mem.h"

static void
good(const char *text, bool calls)
{
	struct err err = { 0 };

	if (keyword_check(text, strlen(text), calls, &err) < 0)
		fail_msg("'%s': %s", text, err.msg);
}

static void
bad(const char *text, bool calls, const char *msg, int col)
{
	struct err err = { 0 };

	if (keyword_check(text, strlen(text), calls, &err) == 0)
		fail_msg("'%s' was taken", text);
	assert_string_equal(err.msg, msg);
	assert_int_equal(err.col, col);
	err_release(&err);
}

static void
test_good(void **state)
{
	static const char *const texts[] = {
		"", "  ", "a", "not a", "not not a", "a and b or c",
		"(a)", "((a or b)) and not (c)", "test_a[1-x/y\\z.:+]", "-a",
		"1", "True", "nota", "android", "or_", "caf\303\251",
		"a\tand\tb", "not(a)", "a and(b)",
	};

	(void)state;
	for (size_t i = 0; i < countof(texts); i++) {
		good(texts[i], false);
		good(texts[i], true);
	}
	good("slow(n=1, name='x y') and not fast()", true);
	good("slow(a=\"(\", b=-1, c=None)", true);
}

static void
test_bad(void **state)
{
	(void)state;
	bad("a and", false, "expected a name, 'not' or '(' at the end", 6);
	bad("a and (", false, "expected a name, 'not' or '(' at the end", 8);
	bad("(a", false, "expected 'and', 'or' or ')' at the end", 3);
	bad("a b", false, "expected 'and', 'or' or the end at column 3", 3);
	bad("a)", false, "expected 'and', 'or' or the end at column 2", 2);
	bad("()", false, "expected a name, 'not' or '(' at column 2", 2);
	bad("and", false, "expected a name, 'not' or '(' at column 1", 1);
	bad("a or or b", false, "expected a name, 'not' or '(' at column 6", 6);
	bad("a==b", false, "expected 'and', 'or' or the end at column 2", 2);
	bad("a(b=1)", false, "expected 'and', 'or' or the end at column 2", 2);
	bad("a\nb", false, "expected 'and', 'or' or the end at column 2", 2);
	bad("'a'", false, "expected a name, 'not' or '(' at column 1", 1);
	bad("a(b)", true, "expected '=' at column 4", 4);
	bad("a(b=", true, "expected a value at the end", 5);
	bad("a(b='x)", true, "expected a value at column 5", 5);
	bad("a(b=1 c=2)", true, "expected ',' or ')' at column 7", 7);
	bad("a(1", true, "expected '=' at the end", 4);
	bad("a(", true, "expected a keyword or ')' at the end", 3);
}

static void
test_deep(void **state)
{
	static char text[100000];
	struct err err = { 0 };

	(void)state;
	memset(text, '(', sizeof(text));
	assert_int_equal(keyword_check(text, sizeof(text), false, &err),
		-1);
	assert_string_equal(err.msg, "nested too deeply");
	err_release(&err);
	/* bytes that end nothing */
	assert_int_equal(keyword_check("a\0b", 3, true, &err), -1);
	err_release(&err);
	assert_int_equal(keyword_check("\0", 1, false, &err), -1);
	err_release(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
