/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/glob.h"

static bool
fn(const char *pattern, const char *text)
{
	return glob_fnmatch(str_of(pattern), str_of(text));
}

static bool
fp(const char *pattern, const char *text)
{
	return glob_fnmatch_path(str_of(pattern), str_of(text));
}

static bool
pg(const char *pattern, const char *text)
{
	return glob_path(str_of(pattern), str_of(text));
}

static void
fnmatch_is_pythons(void **state)
{
	(void)state;
	assert_true(fn("test_*.py", "test_a.py"));
	assert_true(fn("*/x", "a/b/x"));
	assert_true(fn("a?c", "a\xc3\xa9" "c"));
	assert_true(fn("[!a]x", "\xc3\xa9x"));
	assert_false(fn("a?c", "ac"));
	assert_true(fn("[]]", "]"));
	assert_true(fn("[", "["));
	assert_true(fn("[a-c]*[!x]", "b12"));
	assert_true(fn("[\\]", "\\"));
	assert_true(fn("*a*b*c", "xaxxbabc"));
	assert_false(fn("*a*b*c", "xaxxbab"));
	assert_true(fn("", ""));
	assert_true(fn("**", ""));
}

static void
pytest_paths(void **state)
{
	(void)state;
	assert_true(fp("test_*.py", "/r/tests/test_a.py"));
	assert_false(fp("test_*.py", "/r/test_a/x.py"));
	assert_true(fp("tests/*.py", "/r/tests/deep/a.py"));
	assert_true(fp("/r/tests/*.py", "/r/tests/a.py"));
	assert_false(fp("/s/*.py", "/r/s/a.py"));
	assert_true(fp("tests/*.py", "tests/a.py"));
}

static void
path_globs(void **state)
{
	(void)state;
	assert_true(pg("packages/*", "packages/a"));
	assert_false(pg("packages/*", "packages/a/b"));
	assert_true(pg("**/x", "x"));
	assert_true(pg("**/x", "a/b/x"));
	assert_true(pg("a/**/b", "a/b"));
	assert_true(pg("a/**/b", "a/c/d/b"));
	assert_false(pg("a/**/b", "a/cb"));
	assert_true(pg("a/**", "a/b/c"));
	assert_false(pg("a/**", "a"));
	assert_true(pg("**/b/*c/**/d", "x/b/b/xc/d"));
	assert_true(pg("\\*", "*"));
	assert_false(pg("\\*", "x"));
	assert_true(pg("[[:digit:]]x[^a-c]", "7xd"));
	assert_false(pg("a[/]b", "a/b"));
	assert_false(pg("[a", "[a"));
	assert_true(pg("a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaab"));
	assert_false(pg("**/a*/**/a*/**/a*/**/c", "a/a/a/a/a/a/a/a/a/a/a/b"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fnmatch_is_pythons),
		cmocka_unit_test(pytest_paths),
		cmocka_unit_test(path_globs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
