/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ninja/msvc.h"

static int
note(void *ctx, struct str path, struct err *err)
{
	buf_addf(ctx, "%.*s,", (int)path.n, path.p);
	return str_is(path, "bad.h") ? err_set(err, "bad") : 0;
}

static void
filters(const char *output, const char *prefix, const char *rest,
	const char *includes)
{
	struct buf left = { 0 }, seen = { 0 };

	assert_int_equal(msvc_filter(str_of(output), str_of(prefix), &left,
		note, &seen, NULL), 0);
	assert_string_equal(buf_str(&left).p, rest);
	assert_string_equal(buf_str(&seen).p, includes);
	buf_release(&left);
	buf_release(&seen);
}

static void
lines(void **state)
{
	(void)state;
	filters("", "", "", "");
	filters("foo.cc\r\nNote: including file:   ./a/../b.h\r\n"
		"Note: including file: b.h\r\nwarning\r\nbar.cc",
		"", "warning\nbar.cc\n", "b.h,");
	filters("foo.CPP\nfoo.c++\nx.h\n", "", "x.h\n", "");
	filters("a\r\nb\rc\n\nd", "", "a\nb\nc\n\nd\n", "");
	filters("Note: including file: c:/Program Files/x.h\n"
		"Note: including file: d:/MICROSOFT visual studio/y.h\n"
		"Note: including file: \nz\n",
		"", "Note: including file: \nz\n", "");
	filters("Hinweis: a.h\nNote: including file: b.h\n", "Hinweis:",
		"Note: including file: b.h\n", "a.h,");
}

static void
refusal_ends_it(void **state)
{
	struct buf left = { 0 }, seen = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(msvc_filter(STR("Note: including file: bad.h\n"
		"Note: including file: c.h\n"), STR(""), &left, note, &seen,
		&err), -1);
	assert_string_equal(err.msg, "bad");
	assert_string_equal(seen.p, "bad.h,");
	err_release(&err);
	buf_release(&left);
	buf_release(&seen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(refusal_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
