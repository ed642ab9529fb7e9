/* SPDX-License-Identifier: Apache-2.0 */
/* tests/py/test_scan_items.py compares the rules with pytest itself; here are
 * the options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "python/items/items.h"
#include "util/buf.h"

static struct arena arena;

static int
teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

struct world {
	struct scan here, other;
};

/* Only the module "other" is in the workspace. */
static int
resolve(void *ctx, const void *from, struct str module, uint32_t level,
	struct scan_module *out)
{
	struct world *w = ctx;

	assert_string_equal(from, "tag");
	if (level || !str_is(module, "other"))
		return 0;
	*out = (struct scan_module){ &w->other, "tag" };
	return 1;
}

static uint32_t
items(const char *text, const char *other, const struct scan_rules *rules,
	const char *want)
{
	struct world w;
	struct scan_module m = { &w.here, "tag" };
	struct scan_items got;
	struct buf b = { 0 };
	uint32_t i;

	scan_source(text, strlen(text), &arena, &w.here);
	scan_source(other, strlen(other), &arena, &w.other);
	scan_items(&m, rules, resolve, &w, &arena, &got);
	for (i = 0; i < got.n; i++)
		buf_addf(&b, "%s%s", i ? " " : "", got.v[i].id.p);
	assert_string_equal(buf_str(&b).p, want);
	buf_release(&b);
	return got.flags;
}

static const char text[] =
	"from other import test_imported, TestImported, Case\n"
	"def test_a(): pass\n"
	"def check_b(): pass\n"
	"def c_check(): pass\n"
	"class TestX:\n"
	"    def test_y(self): pass\n"
	"    def check_z(self): pass\n"
	"class SuiteX:\n"
	"    def test_y(self): pass\n"
	"class U(Case):\n"
	"    def test_u(self): pass\n"
	"    def check_u(self): pass\n";
static const char other[] =
	"import unittest\n"
	"def test_imported(): pass\n"
	"class TestImported:\n"
	"    def test_i(self): pass\n"
	"class Case(unittest.TestCase):\n"
	"    def test_case(self): pass\n";

static void
patterns(void **state)
{
	struct str functions[] = { STR("check"), STR("*_check") };
	struct str classes[] = { STR("Suite*"), STR("[U]") };
	struct scan_rules rules = { 0 };

	(void)state;
	assert_int_equal(items(text, other, &rules, "test_imported "
		"TestImported::test_i Case::test_case test_a TestX::test_y "
		"U::test_case U::test_u"), 0);
	rules.functions = functions;
	rules.nfunctions = 2;
	assert_int_equal(items(text, other, &rules, "Case::test_case check_b "
		"c_check TestX::check_z U::test_case U::test_u"), 0);
	rules.nfunctions = 0;
	rules.classes = classes;
	rules.nclasses = 2;
	assert_int_equal(items(text, other, &rules, "test_imported "
		"Case::test_case test_a SuiteX::test_y U::test_case "
		"U::test_u"), 0);
}

static void
own_only(void **state)
{
	struct scan_rules rules = { .own_only = true };

	(void)state;
	assert_int_equal(items(text, other, &rules,
		"test_a TestX::test_y U::test_case U::test_u"), 0);
	assert_int_equal(items("from other import *\nfrom x import *\n", other,
		&rules, ""), 0);
}

static void
unittest_only(void **state)
{
	struct scan_rules rules = { .unittest = true };

	(void)state;
	assert_int_equal(items(text, other, &rules,
		"Case::test_case U::test_case U::test_u"), 0);
	assert_int_equal(items("def load_tests(a, b, c): pass\n", other,
		&rules, ""), ITEMS_LOAD_TESTS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(patterns, teardown),
		cmocka_unit_test_teardown(own_only, teardown),
		cmocka_unit_test_teardown(unittest_only, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
