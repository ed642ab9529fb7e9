/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pep440_print.h"
#include "python/version/pep440.h"

static struct arena a;

static struct pep440
version(const char *text)
{
	struct pep440 v;

	assert_int_equal(pep440_parse(&a, str_of(text), &v), 1);
	return v;
}

static void
normal(const char *text, const char *want)
{
	struct pep440 v = version(text);
	struct buf b = {0};

	pep440_print(&b, &v);
	assert_string_equal(b.p, want);
	buf_release(&b);
}

static int
matches(const char *spec, const char *text, int pre)
{
	struct pep440_set set;
	struct pep440 v = version(text);
	struct err err = {0};

	assert_int_equal(pep440_set_parse(&a, str_of(spec), &set, &err), 0);
	return pep440_match(&set, &v, str_of(text), pre);
}

static void
refuse(const char *spec, const char *msg)
{
	struct pep440_set set;
	struct err err = {0};

	assert_int_equal(pep440_set_parse(&a, str_of(spec), &set, &err), -1);
	assert_string_equal(err.msg, msg);
	err_release(&err);
}

static void
spellings_are_normalised(void **state)
{
	struct pep440 v;

	(void)state;
	normal(" v1.0-ALPHA_1.Post-2dev\t", "1.0a1.post2.dev0");
	normal("1!01.002-3+Ab_01", "1!1.2.post3+ab.1");
	normal("1.0c", "1.0rc0");
	assert_int_equal(pep440_parse(&a, STR("1.0x"), &v), 0);
	assert_int_equal(pep440_parse(&a, STR(""), &v), 0);
	assert_int_equal(pep440_parse(&a, STR("1..0"), &v), 0);
	assert_int_equal(pep440_parse(&a, STR("1.0+"), &v), 0);
	assert_int_equal(pep440_parse(&a, STR("1.0+a..b"), &v), 0);
}

static void
versions_are_in_the_order_of_pep440(void **state)
{
	static const char *const order[] = { "1.dev0", "1.0.dev1", "1.0a1.dev1",
		"1.0a1", "1.0a1.post1", "1.0b1", "1.0rc1", "1.0", "1.0+abc",
		"1.0+5", "1.0+5.a", "1.0.post1.dev1", "1.0.post1", "1.1",
		"1.10", "9999999999999999999999", "1!0.1" };
	struct pep440 v, w;
	size_t i;

	(void)state;
	for (i = 1; i < sizeof(order) / sizeof(order[0]); i++) {
		v = version(order[i - 1]);
		w = version(order[i]);
		assert_true(pep440_cmp(&v, &w) < 0);
		assert_true(pep440_cmp(&w, &v) > 0);
	}
	v = version("1.0");
	w = version("1.0.0");
	assert_int_equal(pep440_cmp(&v, &w), 0);
}

static void
specifiers(void **state)
{
	(void)state;
	assert_true(matches(">=3.9,<3.13,!=3.10.*,~=3.9", "3.11.4", 0));
	assert_false(matches(">=3.9,<3.13,!=3.10.*", "3.10.4", 0));
	assert_false(matches("<3.13", "3.13.0rc1", 1));
	assert_true(matches(">=3.13", "3.14.0a1", 1));
	assert_false(matches(">=3.13", "3.14.0a1", 0));
	assert_false(matches(">=3.13", "3.14.0a1", -1));
	assert_true(matches(">=3.13.0a1", "3.14.0a1", -1));
	assert_true(matches("~=3.11.2", "3.11.9", 0));
	assert_false(matches("~=3.11.2", "3.12.0", 0));
	assert_true(matches("==3.11", "3.11.0", 0));
	assert_true(matches("===3.11.0", "3.11.0", 0));
	assert_false(matches("===3.11", "3.11.0", 0));
	assert_true(matches("", "1.0", 0));
}

static void
errors_say_what_is_wrong(void **state)
{
	(void)state;
	refuse(">=3.9 <4", "'>=3.9 <4' is not a version specifier: '3.9 <4' "
		"is not one version (is a comma missing?)");
	refuse("3.9", "'3.9' is not a version specifier: '3.9' lacks an "
		"operator such as >= or ==");
	refuse(">=3.9,<x", "'>=3.9,<x' is not a version specifier: 'x' is not "
		"a version");
	refuse(">=", "'>=' is not a version specifier: '' lacks a version");
	refuse(">=3.*", "'>=3.*' is not a version specifier: '3.*' may have "
		"'.*' only after == and !=");
	refuse("~=3", "'~=3' is not a version specifier: '3' needs at least "
		"two parts after ~=");
}

static int
allows(const char *spec, int minor)
{
	struct pep440_set set;
	struct err err = {0};

	assert_int_equal(pep440_set_parse(&a, str_of(spec), &set, &err), 0);
	return pep440_allows_minor(&set, 3, minor);
}

static void
minor_versions(void **state)
{
	(void)state;
	assert_true(allows(">=3.9", 9));
	assert_true(allows(">=3.9.2", 9));
	assert_false(allows(">=3.9", 8));
	assert_false(allows(">3.9,!=3.10.*", 10));
	assert_true(allows(">3.9", 9));
	assert_false(allows("<3.10", 10));
	assert_true(allows("<=3.10", 10));
	assert_false(allows("~=3.11.2", 12));
	assert_true(allows("", 7));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings_are_normalised),
		cmocka_unit_test(versions_are_in_the_order_of_pep440),
		cmocka_unit_test(specifiers),
		cmocka_unit_test(errors_say_what_is_wrong),
		cmocka_unit_test(minor_versions),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	arena_release(&a);
	return r;
}
