/* SPDX-License-Identifier: Apache-2.0 */
#include "result/way.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct results doc;
static struct way w;

static int
teardown(void **state)
{
	(void)state;
	results_release(&doc);
	return 0;
}

static bool
read_way(const char *members)
{
	struct buf b = { 0 };

	results_release(&doc);
	buf_addf(&b, "{\"version\":1,\"items\":[],%s\"done\":true}", members);
	assert_true(results_parse(&doc, buf_str(&b), NULL));
	buf_release(&b);
	return way_read(&w, &doc);
}

static void
test_read(void **state)
{
	(void)state;
	assert_true(read_way("\"way\":\"fork\",\"of\":\"node of a, b\","
		"\"times\":{\"prepare\":0.5,\"run\":2,\"end\":0.25,"
		"\"else\":7},"));
	assert_string_equal(w.kind, "fork");
	assert_string_equal(w.of, "node of a, b");
	assert_string_equal(w.why, "");
	assert_true(w.seconds[WAY_PREPARE] == 0.5);
	assert_true(w.seconds[WAY_START] == 0);
	assert_true(w.seconds[WAY_RUN] == 2);
	assert_true(way_seconds(&w) == 2.75);
}

static void
test_missing(void **state)
{
	(void)state;
	assert_true(read_way("\"way\":\"start\",\"why\":\"thread x\","));
	assert_string_equal(w.of, "");
	assert_string_equal(w.why, "thread x");
	assert_true(way_seconds(&w) == 0);
	/* of a tgraph that did not say it, or nonsense */
	assert_false(read_way(""));
	assert_false(read_way("\"way\":3,\"times\":[1],"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_read, teardown),
		cmocka_unit_test_teardown(test_missing, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
