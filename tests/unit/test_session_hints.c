/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "session/hints.h"

static const struct option known[] = {
	{ "timeout", required_argument, NULL, 1 },
	{ "package", required_argument, NULL, 2 },
	{ 0 },
};

static void
of_option(const char *word, int c, const char *want)
{
	struct buf b = { 0 };

	static const char text[] = "--reruns 1\n-p 1\n--cov ? drop\n";
	struct pytest_options theirs;
	struct arena a = { 0 };

	assert_int_equal(pytest_options_parse(&a, text, sizeof(text) - 1,
	                                      &theirs, NULL), 0);
	hint_option(word, c, known, &theirs, &b);
	assert_string_equal(b.p, want);
	arena_release(&a);
	buf_release(&b);
}

static void
options_of_other_programs(void **state)
{
	(void)state;
	of_option("--junitxml=2", 0, "did you mean --junit FILE?");
	of_option("--junitxmls", 0, "see tgraph --help");
	of_option("--co", 0, "did you mean -t tests?");
	/* of a cluster it is the letter that counts */
	of_option("-vq", 'q', "did you mean --quiet?");
	/* pytest's own, that it can be given */
	of_option("--reruns=2", 0,
	          "pytest's options follow --: tgraph -- --reruns=2");
	of_option("-vp", 'p', "pytest's options follow --: tgraph -- -p");
	of_option("--cov", 0, "see tgraph --help");
	of_option("-vz", 'z', "see tgraph --help");
}

static void
slips_of_the_hand(void **state)
{
	char longer[200];

	(void)state;
	of_option("--timeuot=3", 0, "did you mean --timeout?");
	of_option("--packages", 0, "did you mean --package?");
	of_option("--frobnicate", 0, "see tgraph --help");
	of_option("--ti", 0, "see tgraph --help");
	memset(longer, 'x', sizeof(longer) - 1);
	memcpy(longer, "--", 2);
	longer[sizeof(longer) - 1] = '\0';
	of_option(longer, 0, "see tgraph --help");
}

static bool
is_tool(const char *name)
{
	return strcmp(name, "matrix") == 0;
}

static void
targets_that_are_tools(void **state)
{
	struct buf b = { 0 };
	char longer[100];

	(void)state;
	assert_int_equal(hint_target(STR("matrix"), is_tool, &b), 1);
	assert_string_equal(b.p, "did you mean 'tgraph -t matrix'?");
	buf_clear(&b);
	assert_int_equal(hint_target(STR("help"), NULL, &b), 1);
	assert_string_equal(b.p, "did you mean 'tgraph --help'?");
	buf_clear(&b);
	assert_int_equal(hint_target(STR("matrix"), NULL, &b), 0);
	assert_int_equal(hint_target(STR("tests"), is_tool, &b), 0);
	assert_int_equal(hint_target(STR(""), is_tool, &b), 0);
	/* the word need not end where its text does */
	assert_int_equal(hint_target((struct str){ "matrix@3.12", 6 }, is_tool,
	                             &b), 1);
	buf_clear(&b);
	memset(longer, 'm', sizeof(longer));
	assert_int_equal(hint_target((struct str){ longer, sizeof(longer) },
	                             is_tool, &b), 0);
	assert_int_equal(b.n, 0);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_of_other_programs),
		cmocka_unit_test(slips_of_the_hand),
		cmocka_unit_test(targets_that_are_tools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
