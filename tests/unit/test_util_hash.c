/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/arena.h"
#include "util/hash.h"
#include "util/mem.h"

static void
many_entries(void **state)
{
	enum { N = 50000 };
	struct map m = { 0 };
	struct arena a = { 0 };
	char name[16];
	int added;

	(void)state;
	assert_null(map_get(&m, STR("x")));
	for (uint32_t i = 0; i < N; i++) {
		struct map_slot *s = map_put(&m, arena_fmt(&a, "k%u", i),
			&added);

		assert_int_equal(added, 1);
		assert_int_equal(s->value, 0);
		s->value = i;
	}
	assert_int_equal(m.n, N);
	assert_true(m.cap > m.n);
	assert_int_equal(m.cap & (m.cap - 1), 0);
	for (uint32_t i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "k%u", i);
		assert_int_equal(map_get(&m, str_of(name))->value, i);
		assert_int_equal(map_put(&m, str_of(name), &added)->value, i);
		assert_int_equal(added, 0);
	}
	assert_null(map_get(&m, STR("k50000")));
	assert_null(map_get(&m, STR("k")));
	assert_int_equal(m.n, N);
	map_release(&m);
	assert_null(map_get(&m, STR("k1")));
	arena_release(&a);
}

/* The key that was put first is the one that the map holds. */
static void
keys_are_not_copied(void **state)
{
	char one[] = "key", two[] = "key";
	struct map m = { 0 };

	(void)state;
	map_put(&m, str_of(one), NULL);
	map_put(&m, str_of(two), NULL);
	assert_int_equal(m.n, 1);
	assert_ptr_equal(map_get(&m, STR("key"))->key.p, one);
	map_release(&m);
}

static void
keys_are_any_bytes(void **state)
{
	static const struct str keys[] = {
		{ NULL, 0 }, { "\0", 1 }, { "\0\0", 2 }, { "a", 1 },
		{ "a\0", 2 }, { "a\0b", 3 }, { "a\0c", 3 }, { "\xff", 1 },
	};
	struct map m = { 0 };
	int added;

	(void)state;
	for (uint32_t i = 0; i < countof(keys); i++) {
		map_put(&m, keys[i], &added)->value = i + 1;
		assert_int_equal(added, 1);
	}
	for (uint32_t i = 0; i < countof(keys); i++)
		assert_int_equal(map_get(&m, keys[i])->value, i + 1);
	/* the empty one, however it is given */
	assert_int_equal(map_get(&m, STR(""))->value, 1);
	map_release(&m);
}

/* Keys that all want one slot are all found. */
static void
collisions(void **state)
{
	enum { N = 40 };
	struct map m = { 0 };
	struct arena a = { 0 };
	struct str keys[N];
	uint32_t n = 0;

	(void)state;
	for (uint32_t i = 0; n < N; i++) {
		struct str key = arena_fmt(&a, "%u", i);

		if ((hash_bytes(key.p, key.n) & 63) == 60)
			keys[n++] = key;
	}
	for (uint32_t i = 0; i < N; i++)
		map_put(&m, keys[i], NULL)->value = i;
	assert_int_equal(m.cap, 64);
	for (uint32_t i = 0; i < N; i++)
		assert_int_equal(map_get(&m, keys[i])->value, i);
	assert_null(map_get(&m, STR("no")));
	map_release(&m);
	arena_release(&a);
}

/* Lengths and single bits count. */
static void
hashes_differ(void **state)
{
	static uint64_t hashes[300 + 8 * 300];
	unsigned char bytes[300] = { 0 };
	struct map seen = { 0 };
	size_t n = 0;
	int added;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		hashes[n++] = hash_bytes(bytes, i);
	for (size_t i = 0; i < 8 * sizeof(bytes); i++) {
		bytes[i / 8] ^= (unsigned char)(1 << i % 8);
		hashes[n++] = hash_bytes(bytes, sizeof(bytes));
		bytes[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	for (size_t i = 0; i < n; i++) {
		map_put(&seen, (struct str){ (const char *)&hashes[i],
			sizeof(hashes[i]) }, &added);
		assert_int_equal(added, 1);
	}
	map_release(&seen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_entries),
		cmocka_unit_test(keys_are_not_copied),
		cmocka_unit_test(keys_are_any_bytes),
		cmocka_unit_test(collisions),
		cmocka_unit_test(hashes_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
