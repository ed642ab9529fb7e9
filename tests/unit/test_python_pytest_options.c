/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config.h"
#include "python/pytest/options.h"
#include "unit/tree.h"
#include "util/file.h"
#include "util/mem.h"

static struct arena a;

static int
teardown(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static enum pytest_value
find(const struct pytest_options *o, const char *name)
{
	return pytest_options_find(o, str_of(name));
}

static void
reads_a_table(void **state)
{
	static const char text[] = "# -z 0\n\n--tb 1\n  -k\t1  \n"
		"--cov ? drop\r\n-x 0 drop\n--lf 0 drop";
	struct pytest_options o;

	(void)state;
	assert_int_equal(pytest_options_parse(&a, text, sizeof(text) - 1, &o,
		NULL), 0);
	assert_int_equal(o.n, 5);
	assert_int_equal(find(&o, "--tb"), OPTION_VALUED);
	assert_int_equal(find(&o, "-k"), OPTION_VALUED);
	assert_int_equal(find(&o, "--cov"), OPTION_MAYBE);
	assert_int_equal(find(&o, "-x"), OPTION_ALONE);
	assert_int_equal(find(&o, "--lf"), OPTION_ALONE);
	assert_int_equal(find(&o, "-z"), OPTION_UNKNOWN);
	assert_int_equal(find(&o, "--t"), OPTION_UNKNOWN);
	assert_int_equal(find(&o, ""), OPTION_UNKNOWN);
}

static void
empty_tables(void **state)
{
	struct pytest_options o = { 0 };

	(void)state;
	assert_int_equal(find(&o, "-k"), OPTION_UNKNOWN);
	assert_int_equal(pytest_options_parse(&a, "", 0, &o, NULL), 0);
	assert_int_equal(find(&o, "-k"), OPTION_UNKNOWN);
	assert_int_equal(pytest_options_parse(&a, "#\n", 2, &o, NULL), 0);
	assert_int_equal(o.n, 0);
}

static void
refuses(void **state)
{
	static const struct {
		const char *text, *why;
		int line;
	} all[] = {
		{ "-k", "expected 0, 1 or ? after the name", 1 },
		{ "-k 1\n\n-m 2\n", "expected 0, 1 or ? after the name", 3 },
		{ "k 1", "expected the name of an option", 1 },
		{ "- 1", "expected the name of an option", 1 },
		{ "#\n-k 1 keep", "expected drop, ends, shows, or nothing more", 2 },
		{ "-k 1 drop it", "expected drop, ends, shows, or nothing more", 1 },
	};

	(void)state;
	for (size_t i = 0; i < countof(all); i++) {
		struct pytest_options o;
		struct err err = { 0 };

		assert_int_equal(pytest_options_parse(&a, all[i].text,
			strlen(all[i].text), &o, &err), -1);
		assert_string_equal(err.msg, all[i].why);
		assert_int_equal(err.line, all[i].line);
		err_release(&err);
	}
}

/* The one that is installed: no option twice. */
static void
our_table(void **state)
{
	struct pytest_options o;
	struct buf text = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(file_read(TG_SRCDIR "/rules/pytest-options", &text,
		NULL), 1);
	if (pytest_options_parse(&a, text.p, text.n, &o, &err) < 0)
		fail_msg("%d: %s", err.line, err.msg);
	assert_true(o.n > 100);
	for (size_t i = 1; i < o.n; i++)
		if (str_eq(o.v[i - 1].name, o.v[i].name))
			fail_msg("twice: %.*s", (int)o.v[i].name.n,
				o.v[i].name.p);
	buf_release(&text);
}

/* The file has to be there, and to be right: the error says which it is. */
static void
not_there(void **state)
{
	struct pytest_options o = { 0 };
	struct buf path = { 0 };
	struct err err = { 0 };
	struct tree t;

	(void)state;
	tree_make(&t);
	tree_path(&t, &path, "pytest-options");
	assert_int_equal(pytest_options_read(&a, t.root, &o, &err), -1);
	assert_int_equal(err.code, EXIT_ENV);
	assert_non_null(strstr(err.msg, path.p));
	err_release(&err);
	tree_file(&t, "pytest-options", "?\n");
	assert_int_equal(pytest_options_read(&a, t.root, &o, &err), -1);
	assert_int_equal(err.code, EXIT_ENV);
	assert_string_equal(err.path, path.p);
	assert_int_equal(err.line, 1);
	err_release(&err);
	buf_release(&path);
	tree_remove(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(reads_a_table, teardown),
		cmocka_unit_test_teardown(empty_tables, teardown),
		cmocka_unit_test_teardown(refuses, teardown),
		cmocka_unit_test_teardown(our_table, teardown),
		cmocka_unit_test_teardown(not_there, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
