/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/entry.h"

static struct observed obs[2];
static struct output outs[3];
static struct variant v;

static int
setup(void **state)
{
	(void)state;
	obs[0] = (struct observed){ STR("seen"), digest_of("1", 1) };
	obs[1] = (struct observed){ STR("missing"), { { 0 } } };
	outs[0] = (struct output){ STR("small"), 5, OUTPUT_INLINE,
		digest_of("a\0b\0c", 5), "a\0b\0c" };
	outs[1] = (struct output){ STR("large"), UINT64_C(1) << 40, OUTPUT_EXEC,
		digest_of("x", 1), NULL };
	outs[2] = (struct output){ STR("empty"), 0, OUTPUT_INLINE,
		digest_of("", 0), "" };
	v = (struct variant){
		.result = {
			.status = RESULT_PASSED, .flags = RESULT_FLAKY,
			.exit = -7, .start_ns = -5, .duration_us = 1u << 31,
			.passed = 1, .failed = 2, .errors = 3, .skipped = 4,
			.xfailed = 5, .xpassed = 6,
		},
		.obs = obs, .nobs = 2, .outs = outs, .nouts = 3,
		.text = STR("warning: this\n"),
	};
	return 0;
}

static void
check(const struct variant *got)
{
	assert_memory_equal(&got->result, &v.result, sizeof(v.result));
	assert_true(str_eq(got->text, v.text));
	assert_int_equal(got->nobs, 2);
	assert_int_equal(got->nouts, 3);
	for (int i = 0; i < 2; i++) {
		assert_true(str_eq(got->obs[i].path, obs[i].path));
		assert_true(digest_eq(&got->obs[i].digest, &obs[i].digest));
	}
	for (int i = 0; i < 3; i++) {
		assert_true(str_eq(got->outs[i].path, outs[i].path));
		assert_true(digest_eq(&got->outs[i].digest, &outs[i].digest));
		assert_int_equal(got->outs[i].size, outs[i].size);
		assert_int_equal(got->outs[i].flags, outs[i].flags);
	}
	assert_memory_equal(got->outs[0].bytes, "a\0b\0c", 5);
}

static void
make(uint32_t count, struct buf *file)
{
	struct buf body = { 0 };

	for (uint32_t i = 0; i < count; i++)
		action_encode(&v, &body);
	action_pack(&body, count, file);
	buf_release(&body);
}

static void
test_round_trip(void **state)
{
	(void)state;
	/* Many are compressed. */
	for (uint32_t count = 0; count < 40; count += 13) {
		struct buf file = { 0 };
		struct action a;

		make(count, &file);
		assert_true(action_unpack(&a, file.p, file.n));
		assert_int_equal(a.n, count);
		for (uint32_t i = 0; i < count; i++)
			check(&a.variants[i]);
		assert_true(count < 30 || file.n < 2000);
		action_release(&a);
		buf_release(&file);
	}
}

static void
test_broken(void **state)
{
	(void)state;
	for (uint32_t count = 1; count < 20; count += 18) {
		struct buf file = { 0 };
		struct action a;

		make(count, &file);
		for (size_t n = 0; n < file.n; n++) {
			assert_false(action_unpack(&a, file.p, n));
			action_release(&a);
			file.p[n] ^= (char)(1 << n % 8);
			assert_false(action_unpack(&a, file.p, file.n));
			action_release(&a);
			file.p[n] ^= (char)(1 << n % 8);
		}
		buf_addc(&file, 0);
		assert_false(action_unpack(&a, file.p, file.n));
		action_release(&a);
		buf_release(&file);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_round_trip, setup),
		cmocka_unit_test_setup(test_broken, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
