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
static struct digest action;

static int
setup(void **state)
{
	(void)state;
	action = digest_of("action", 6);
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
			.xfailed = 5, .xpassed = 6, .warnings = 7,
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
		entry_encode(&v, &body);
	entry_pack(&action, &body, count, file);
	buf_release(&body);
}

static void
test_round_trip(void **state)
{
	(void)state;
	/* Many are compressed. */
	for (uint32_t count = 0; count < 40; count += 13) {
		struct buf file = { 0 };
		struct entry e;

		make(count, &file);
		assert_true(entry_unpack(&e, &action, file.p, file.n));
		assert_int_equal(e.n, count);
		for (uint32_t i = 0; i < count; i++)
			check(&e.variants[i]);
		assert_true(count < 30 || file.n < 2000);
		entry_release(&e);
		buf_release(&file);
	}
}

static void
test_broken(void **state)
{
	(void)state;
	for (uint32_t count = 1; count < 20; count += 18) {
		struct buf file = { 0 };
		struct entry e;

		make(count, &file);
		for (size_t n = 0; n < file.n; n++) {
			assert_false(entry_unpack(&e, &action, file.p, n));
			entry_release(&e);
			file.p[n] ^= (char)(1 << n % 8);
			assert_false(entry_unpack(&e, &action, file.p, file.n));
			entry_release(&e);
			file.p[n] ^= (char)(1 << n % 8);
		}
		buf_addc(&file, 0);
		assert_false(entry_unpack(&e, &action, file.p, file.n));
		entry_release(&e);
		buf_release(&file);
	}
}

/* Right in itself, but of another action. */
static void
test_not_asked_for(void **state)
{
	struct buf file = { 0 };
	struct entry e;

	(void)state;
	make(1, &file);
	assert_true(entry_unpack(&e, &action, file.p, file.n));
	entry_release(&e);
	action.b[DIGEST_SIZE - 1] ^= 1;
	assert_false(entry_unpack(&e, &action, file.p, file.n));
	entry_release(&e);
	buf_release(&file);
}

static void
test_adding(void **state)
{
	struct buf file = { 0 }, next = { 0 };
	struct entry e;

	(void)state;
	entry_add(&action, (struct str){ 0 }, &v, &file);
	for (int i = 0; i < 20; i++) {
		obs[0].digest = digest_of(&i, sizeof(i));
		v.result.start_ns = i;
		buf_clear(&next);
		entry_add(&action, buf_str(&file), &v, &next);
		buf_clear(&file);
		buf_addstr(&file, buf_str(&next));
	}
	/* The same inputs: in place of what they gave before. */
	v.result.start_ns = 100;
	buf_clear(&next);
	entry_add(&action, buf_str(&file), &v, &next);
	assert_true(entry_unpack(&e, &action, next.p, next.n));
	assert_int_equal(e.n, ENTRY_VARIANTS);
	check(&e.variants[0]);
	for (uint32_t i = 1; i < e.n; i++)
		assert_int_equal(e.variants[i].result.start_ns, 19 - i);
	entry_release(&e);
	/* Nothing of a broken one is kept. */
	next.p[next.n - 1] ^= 1;
	buf_clear(&file);
	entry_add(&action, buf_str(&next), &v, &file);
	assert_true(entry_unpack(&e, &action, file.p, file.n));
	assert_int_equal(e.n, 1);
	entry_release(&e);
	buf_release(&file);
	buf_release(&next);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_round_trip, setup),
		cmocka_unit_test_setup(test_broken, setup),
		cmocka_unit_test_setup(test_not_asked_for, setup),
		cmocka_unit_test_setup(test_adding, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
