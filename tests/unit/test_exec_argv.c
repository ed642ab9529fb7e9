/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/argv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/buf.h"

static struct argv w;

static int
teardown(void **state)
{
	(void)state;
	argv_release(&w);
	return 0;
}

/* The words, each in brackets. */
static void
check(const char *want)
{
	struct buf b = { 0 };

	buf_adds(&b, "");
	for (size_t i = 0; i < w.n; i++)
		buf_addf(&b, "[%s]", w.v[i]);
	assert_string_equal(b.p, want);
	if (w.n)
		assert_null(w.v[w.n]);
	buf_release(&b);
}

static void
test_simple(void **state)
{
	static const char *const complex[] = {
		"", "  ", "a; b", "a && b", "a | b", "a > b", "a < b", "a &",
		"a $b", "a `b`", "a 'b'", "a \"b\"", "a \\b", "a *", "a ?",
		"a [b]", "a ~", "a {b,c}", "a #b", "a !b", "(a)", "a\nb",
		"X=1 a", "X=1", "cd x", "echo x", ": x", ". x", "true",
		"exec x", "if", "test -e x", "a\tb;", "a ^b",
	};

	(void)state;
	assert_true(argv_simple(&w, STR("  gcc -O2\t-DX=1 -o a/b.o ./c.c ")));
	check("[gcc][-O2][-DX=1][-o][a/b.o][./c.c]");
	assert_true(argv_simple(&w, STR("touch a%b @c d:e,f+g h\xc3\xa9")));
	check("[touch][a%b][@c][d:e,f+g][h\xc3\xa9]");
	assert_true(argv_simple(&w, STR("/bin/echo x")));
	for (size_t i = 0; i < sizeof(complex) / sizeof(*complex); i++)
		assert_false(argv_simple(&w, str_of(complex[i])));
	assert_false(argv_simple(&w, (struct str){ "a\0b", 3 }));
}

static void
test_split(void **state)
{
	static const char *const bad[] = {
		"a 'b", "a \"b", "a $b", "\"$b\"", "\"`b`\"", "a;b", "a *",
		"a | b", "#a", "a\\",
	};

	(void)state;
	assert_true(argv_split(&w, STR("a 'b c' \"d\\\"e\" f\\ g '' h'i'\"j\"")));
	check("[a][b c][d\"e][f g][][hij]");
	assert_true(argv_split(&w, STR("t.py::T::x'[1-$y]' a#b \"\\x\"")));
	check("[t.py::T::x[1-$y]][a#b][\\x]");
	assert_true(argv_split(&w, STR(" \n ")));
	check("");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(argv_split(&w, str_of(bad[i])));
}

static void
test_command(void **state)
{
	struct shell sh = { .rest = STR("a 'b&&c'&& d\\\n e && f; g") };
	bool more;

	(void)state;
	assert_true(argv_command(&w, &sh, &more));
	check("[a][b&&c]");
	assert_true(more);
	assert_true(argv_command(&w, &sh, &more));
	check("[d][e]");
	assert_true(more);
	assert_false(argv_command(&w, &sh, &more));
	sh.rest = STR("a $b");
	assert_false(argv_command(&w, &sh, &more));
	sh.rest = STR("a >b");
	assert_false(argv_command(&w, &sh, &more));
	sh.rest = STR("a");
	assert_true(argv_command(&w, &sh, &more));
	assert_false(more);
	shell_release(&sh);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_simple, teardown),
		cmocka_unit_test_teardown(test_split, teardown),
		cmocka_unit_test_teardown(test_command, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
