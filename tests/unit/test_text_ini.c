/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "text/ini.h"

static struct arena a;

static struct ini
parse(const char *text, enum ini_style style)
{
	struct ini ini;
	struct err err = {0};

	assert_int_equal(ini_parse(&a, text, strlen(text), style, &ini, &err),
		0);
	return ini;
}

static void
value(const struct ini *ini, const char *section, const char *key,
	const char *want, int line)
{
	const struct ini_item *it = ini_get(ini_section(ini, section), key);

	assert_non_null(it);
	assert_string_equal(it->value.p, want);
	assert_int_equal(it->line, line);
}

static void
refuse(const char *text, enum ini_style style, int line, const char *msg)
{
	struct ini ini;
	struct err err = {0};

	assert_int_equal(ini_parse(&a, text, strlen(text), style, &ini, &err),
		-1);
	assert_string_equal(err.msg, msg);
	assert_int_equal(err.line, line);
	err_release(&err);
}

static void
pytest_style(void **state)
{
	struct ini ini = parse("# top\n[pytest] # comment\r\naddopts = -q\r\n"
		"  -x  # not a comment\n; c\n\n   --tb=short\npython_files:\n"
		"\ttest_*.py\n\tcheck_*.py\nMixed = a:b=c\n"
		"[tool:pytest]\nx=\n", INI_PYTEST);

	(void)state;
	value(&ini, "pytest", "addopts", "-q\n-x  # not a comment\n--tb=short",
		3);
	value(&ini, "pytest", "python_files", "test_*.py\ncheck_*.py", 8);
	value(&ini, "pytest", "Mixed", "a:b=c", 11);
	value(&ini, "tool:pytest", "x", "", 13);
	assert_null(ini_get(ini_section(&ini, "pytest"), "mixed"));
	assert_null(ini_section(&ini, "nothing"));
	assert_null(ini_get(NULL, "x"));
}

static void
pytest_refusals(void **state)
{
	(void)state;
	refuse("x = 1\n", INI_PYTEST, 1, "no section before the line: 'x'");
	refuse("[a]\nx\n", INI_PYTEST, 2,
		"neither a section nor 'key = value': 'x'");
	refuse("[a]\nx=1\nx=2\n", INI_PYTEST, 3, "key is there twice: 'x'");
	refuse("[a]\n[a]\n", INI_PYTEST, 2, "section is there twice: 'a'");
	refuse("[a]\n  x\n", INI_PYTEST, 2,
		"a continued line, but nothing is continued: 'x'");
	refuse("[]\n", INI_PYTEST, 1, "empty section name");
}

static void
configparser_style(void **state)
{
	struct ini ini = parse("[metadata]\nName = my-pkg\n"
		"description = a\n    b\n\n    c\n\nclassifiers =\n"
		"    Programming Language :: Python :: 3.11\n"
		"    # comment\n    Programming Language :: Python :: 3.12\n"
		"[options]\n  python_requires: >=3.9\n  packages = find:\n"
		"[metadata]\nname = again\n", INI_CONFIGPARSER);

	(void)state;
	value(&ini, "metadata", "name", "again", 16);
	value(&ini, "metadata", "description", "a\nb\n\nc", 3);
	value(&ini, "metadata", "classifiers",
		"\nProgramming Language :: Python :: 3.11\n"
		"Programming Language :: Python :: 3.12", 8);
	value(&ini, "options", "python_requires", ">=3.9", 13);
	value(&ini, "options", "packages", "find:", 14);
	refuse("[a]\nnothing\n", INI_CONFIGPARSER, 2,
		"neither a section nor 'key = value': 'nothing'");
}

static void
lists(void **state)
{
	struct str *v;

	(void)state;
	assert_int_equal(ini_lines(&a, STR("\n a, b\n\n c "), 0, &v), 2);
	assert_string_equal(v[0].p, "a, b");
	assert_int_equal(ini_lines(&a, STR("\n a, b\n\n c "), 1, &v), 3);
	assert_string_equal(v[1].p, "b");
	assert_string_equal(v[2].p, "c");
	assert_int_equal(ini_lines(&a, STR(""), 1, &v), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pytest_style),
		cmocka_unit_test(pytest_refusals),
		cmocka_unit_test(configparser_style),
		cmocka_unit_test(lists),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	arena_release(&a);
	return r;
}
