/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "text/gitignore.h"
#include "util/mem.h"

static bool
ignored(const struct gitignore *ig, const char *path, bool dir)
{
	return gitignore_match(ig, str_of(path), dir);
}

static void
rules(void **state)
{
	static const char top[] = "# c\n*.pyc\r\n/only_top\nbuild/\n"
		"doc/*.txt\n\\#hash\n!keep.pyc\ntrail  \nsp\\ \n*.egg*\n";
	static const char sub[] = "!*.pyc\n/x\n";
	struct arena a = {0};
	struct gitignore *up = gitignore_parse(&a, NULL, STR(""), top,
		sizeof(top) - 1);
	struct gitignore *ig = gitignore_parse(&a, up, STR("sub/"), sub,
		sizeof(sub) - 1);

	(void)state;
	assert_true(ignored(up, "a/b.pyc", false));
	assert_false(ignored(up, "keep.pyc", false));
	assert_true(ignored(up, "only_top", false));
	assert_false(ignored(up, "a/only_top", false));
	assert_true(ignored(up, "a/build", true));
	assert_false(ignored(up, "a/build", false));
	assert_true(ignored(up, "doc/a.txt", false));
	assert_false(ignored(up, "doc/b/a.txt", false));
	assert_true(ignored(up, "#hash", false));
	assert_true(ignored(up, "trail", false));
	assert_true(ignored(up, "sp ", false));
	assert_true(ignored(up, "x.egg-link", false));
	assert_false(ignored(ig, "sub/b.pyc", false));
	assert_true(ignored(ig, "other/b.pyc", false));
	assert_true(ignored(ig, "sub/x", false));
	assert_false(ignored(ig, "sub/y/x", false));
	assert_false(ignored(NULL, "x", false));
	arena_release(&a);
}

/* Rules that are odd or broken, as git check-ignore has them. */
static void
odd_rules(void **state)
{
	static const char *const names[] = {
		"a", "b", "[", "a[", "!a", "b ", "\\",
	};
	static const struct {
		const char *rule, *matches;     /* bits by name */
	} all[] = {
		{ "[", "0000000" }, { "[a", "0000000" }, { "[!", "0000000" },
		{ "\\", "0000000" }, { "!", "0000000" }, { "/", "0000000" },
		{ "//", "0000000" }, { "a[", "0000000" }, { "a\\", "0000000" },
		{ "!/", "0000000" }, { " ", "0000000" }, { "[a-", "0000000" },
		{ "***/", "0000000" }, { "a/**", "0000000" },
		{ "a//b", "0000000" }, { "", "0000000" }, { "#a", "0000000" },
		{ "**", "1111111" }, { "/**", "1111111" },
		{ "**/b", "0100000" }, { "***/b", "0100000" }, { "[]-a]", "1000000" },
		{ "[!x]", "1110001" }, { "\\!a", "0000100" },
		{ "b ", "0100000" }, { "b\\ ", "0000010" },
	};

	(void)state;
	for (size_t i = 0; i < countof(all); i++) {
		struct arena a = {0};
		struct gitignore *ig = gitignore_parse(&a, NULL, STR(""),
			all[i].rule, strlen(all[i].rule));

		for (size_t k = 0; k < countof(names); k++)
			if (ignored(ig, names[k], false) !=
			    (all[i].matches[k] == '1'))
				fail_msg("rule '%s', name '%s'", all[i].rule,
					names[k]);
		arena_release(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules),
		cmocka_unit_test(odd_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
