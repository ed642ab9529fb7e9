/* SPDX-License-Identifier: Apache-2.0 */
#include "result/results.h"
#include "result/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct results doc;
static struct verdict v;
static struct buf why;

static int
teardown(void **state)
{
	(void)state;
	verdict_release(&v);
	results_release(&doc);
	buf_release(&why);
	return 0;
}

#define ITEM(outcome) "{\"id\":\"x\",\"outcome\":\"" outcome "\"}"

static bool
judge(struct str text)
{
	bool ok;

	verdict_release(&v);
	results_release(&doc);
	buf_clear(&why);
	ok = results_parse(&doc, text, &why) && verdict_of(&v, &doc, &why);
	assert_true(ok || why.n);
	return ok;
}

/* A document with this status, number collected, items, and rest. */
static bool
parse(const char *status, int collected, const char *items, const char *rest)
{
	struct buf b = { 0 };
	bool ok;

	buf_addf(&b, "{\"version\":1,\"file\":\"t.py\",\"status\":\"%s\","
	         "\"collected\":%d,\"items\":[%s]%s}", status, collected,
	         items, rest);
	ok = judge(buf_str(&b));
	buf_release(&b);
	return ok;
}

#define DONE ",\"done\":true"

static void
test_good(void **state)
{
	(void)state;
	assert_true(parse("passed", 4, ITEM("passed") "," ITEM("skipped") ","
		ITEM("xfailed") "," ITEM("xpassed"), DONE));
	assert_int_equal(v.status, RESULT_PASSED);
	assert_int_equal(v.passed, 1);
	assert_int_equal(v.skipped, 1);
	assert_int_equal(v.xfailed, 1);
	assert_int_equal(v.xpassed, 1);
	assert_true(parse("empty", 0, "", DONE));
	assert_int_equal(v.status, RESULT_EMPTY);
	assert_true(parse("empty", 1, ITEM("skipped"), DONE));
	assert_int_equal(v.status, RESULT_PASSED);
	assert_int_equal(v.skipped, 1);
	assert_true(parse("failed", 2, ITEM("failed") "," ITEM("error"),
		",\"reason\":\"1 failed\",\"summary\":\"sum\\n\\n\"" DONE));
	assert_int_equal(v.status, RESULT_FAILED);
	assert_int_equal(v.failed, 1);
	assert_int_equal(v.errors, 1);
	assert_string_equal(v.text, "t.py: 1 failed\nsum\n");
	/* A run that stopped early has failed. */
	assert_true(parse("failed", 9, ITEM("failed"), DONE));
	assert_true(parse("error", 0, "", ",\"collect_errors\":"
		"[{\"id\":\"t.py\",\"longrepr\":\"x\"}]" DONE));
	assert_int_equal(v.status, RESULT_FAILED);
	assert_int_equal(v.errors, 1);
}

static void
test_variables(void **state)
{
	(void)state;
	assert_true(parse("passed", 1, ITEM("passed"),
		",\"env\":[\"A\",\"B\"],\"env_all\":true" DONE));
	assert_int_equal(v.nenv, 2);
	assert_string_equal(v.env[1], "B");
	assert_true(v.env_all);
	assert_false(parse("passed", 1, ITEM("passed"), ",\"env\":[1]" DONE));
}

static void
test_never_a_false_pass(void **state)
{
	static const char *const texts[] = {
		"", "{", "[]", "null", "1", "{}", "{\"done\":true}",
		"{\"status\":\"passed\",\"done\":true}",
		"{\"version\":1,\"status\":\"passed\",\"collected\":1,"
		"\"done\":true}",
		"{\"version\":1,\"status\":\"passed\",\"items\":["
		ITEM("passed") "],\"done\":true}",
		"{\"version\":2,\"status\":\"passed\",\"collected\":1,"
		"\"items\":[" ITEM("passed") "],\"done\":true}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_false(judge(str_of(texts[i])));
	assert_false(parse("passed", 1, ITEM("passed"), ""));
	assert_false(parse("passed", 1, ITEM("passed"), ",\"done\":false"));
	assert_false(parse("passed", 1, ITEM("passed"), DONE ",\"x\":1"));
	assert_false(parse("passed", 2, ITEM("passed"), DONE));
	assert_false(parse("passed", 0, "", DONE));
	assert_false(parse("passed", 1, ITEM("failed"), DONE));
	assert_false(parse("passed", 1, ITEM("error"), DONE));
	assert_false(parse("passed", 1, ITEM("strange"), DONE));
	assert_false(parse("passed", 1, "{\"id\":\"x\"}", DONE));
	assert_false(parse("empty", 1, ITEM("passed"), DONE));
	assert_false(parse("empty", 2, ITEM("skipped") "," ITEM("xpassed"), DONE));
	assert_false(parse("strange", 1, ITEM("passed"), DONE));
	assert_false(parse("passed", 1, ITEM("passed"), ",\"collect_errors\":"
		"[{\"id\":\"t.py\"}]" DONE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_good, teardown),
		cmocka_unit_test_teardown(test_variables, teardown),
		cmocka_unit_test_teardown(test_never_a_false_pass, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
