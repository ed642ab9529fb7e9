/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ninja/log.h"
#include "util/buf.h"

static int
note(void *ctx, const struct ninja_log_entry *e)
{
	buf_addf(ctx, "%d %d %lld %.*s %llx\n", e->start, e->end,
		(long long)e->mtime, (int)e->output.n, e->output.p,
		(unsigned long long)e->command_hash);
	return str_is(e->output, "stop");
}

static void
log_reads(const char *text, int version, const char *expected)
{
	struct buf b = { 0 };

	assert_int_equal(ninja_log_read(str_of(text), note, &b), version);
	assert_string_equal(buf_str(&b).p, expected);
	buf_release(&b);
}

static void
build_log(void **state)
{
	(void)state;
	log_reads("# ninja log v7\n"
		"5\t7\t1795225758638950725\to 1\ta2da22321247804b\n"
		"6\t8\t0\to2\t4\n",
		7, "5 7 1795225758638950725 o 1 a2da22321247804b\n6 8 0 o2 4\n");
	log_reads("# ninja log v5\n", 5, "");
	log_reads("# ninja log v6\n1\t2\t3\ta\tb\n", 6, "1 2 3 a b\n");
	/* Broken lines, and one that was cut off. */
	log_reads("# ninja log v7\n1\t2\t3\ta\n\n1\t2\t3\t\tb\n1\t2\tx\ta\tb\n"
		"1\t2\t3\ta\tg\n99999999999\t2\t3\ta\tb\n"
		"1\t2\t99999999999999999999\ta\tb\n1\t2\t-1\tok\tb\n"
		"1\t2\t3\tlast\tb", 7, "1 2 -1 ok b\n");
	log_reads("# ninja log v7\n1\t2\t3\tstop\t1\n1\t2\t3\tx\t1\n", 7,
		"1 2 3 stop 1\n");
	log_reads("# ninja log v4\n1\t2\t3\ta\tb\n", 0, "");
	log_reads("# ninja log v8\n1\t2\t3\ta\tb\n", 0, "");
	log_reads("# ninja log v70\n", 0, "");
	log_reads("", 0, "");
	log_reads("1\t2\t3\ta\tb\n", 0, "");
}

static void
age_of_build_log(void **state)
{
	(void)state;
	assert_int_equal(ninja_log_age(STR("# ninja log v4\n")), -1);
	assert_int_equal(ninja_log_age(STR("# ninja log v5\n")), 0);
	assert_int_equal(ninja_log_age(STR("# ninja log v7\n")), 0);
	assert_int_equal(ninja_log_age(STR("# ninja log v8\n")), 1);
	assert_int_equal(ninja_log_age(STR("# ninja log v70\n")), 1);
	assert_int_equal(ninja_log_age(STR("# ninja log v\n")), -1);
	assert_int_equal(ninja_log_age(STR("other\n")), -1);
	assert_int_equal(ninja_log_age(STR("# ninja log v7")), -1);
	assert_int_equal(ninja_log_age(STR("")), 0);
}

/* Recorded from logs that ninja 1.13.2 wrote: commands of this length, made
 * as below. */
static void
hashes_of_version_7(void **state)
{
	static const struct {
		size_t length;
		uint64_t hash;
	} cases[] = {
		{ 3, 0x2514c9361763b4b7 }, { 4, 0x419651e917a68426 },
		{ 5, 0x1e88168aab767b00 }, { 7, 0x45b1d4007e35ddbc },
		{ 9, 0x23c1b0328f2cfa9e }, { 16, 0xbdf49090b522ff14 },
		{ 17, 0xb48a3b278e01acca }, { 33, 0xc4b85b15c4112882 },
		{ 48, 0x80655b6dae046a35 }, { 49, 0x04ba563234c29612 },
		{ 97, 0xd82be843393573ec }, { 1000, 0x3c90632f091389c2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf b = { 0 };
		size_t n = cases[i].length;

		buf_adds(&b, ": ");
		for (size_t k = 0; k + 2 < n; k++)
			buf_addc(&b, (char)('a' + (k * 7 + n) % 26));
		assert_true(ninja_command_hash(7, buf_str(&b)) ==
			cases[i].hash);
		buf_release(&b);
	}
	assert_true(ninja_command_hash(7, STR(":")) == 0xa2da22321247804b);
	assert_true(ninja_command_hash(7, STR(": ")) == 0x4a480f4c6395d231);
}

static void
hashes_of_version_5(void **state)
{
	(void)state;
	assert_true(ninja_command_hash(5, STR("")) == 0x87c2bc0beaf1d91d);
	assert_true(ninja_command_hash(6, STR("a")) == 0x90fcb1aca689663e);
	assert_true(ninja_command_hash(5, STR("hello w")) ==
		0x9037655289e5a49b);
	assert_true(ninja_command_hash(5, STR("hello wo")) ==
		0x50ab726de8c63608);
	assert_true(ninja_command_hash(5, STR("touch out;rspfile=a b")) ==
		0xecca150ea14b8ca4);
	assert_true(ninja_command_hash(8, STR("a")) == 0);
}

/* ---- .ninja_deps ---- */

static void
word(struct buf *b, uint32_t v)
{
	buf_add(b, &v, sizeof(v));
}

static void
path(struct buf *b, const char *name, uint32_t number)
{
	size_t n = strlen(name), pad = -n & 3;

	word(b, (uint32_t)(n + pad + 4));
	buf_add(b, name, n);
	buf_add(b, "\0\0\0", pad);
	word(b, ~number);
}

static void
record(struct buf *b, uint32_t out, uint64_t mtime, const uint32_t *ins,
	uint32_t n)
{
	word(b, 0x80000000u | (12 + 4 * n));
	word(b, out);
	word(b, (uint32_t)mtime);
	word(b, (uint32_t)(mtime >> 32));
	for (uint32_t i = 0; i < n; i++)
		word(b, ins[i]);
}

static int
note_deps(void *ctx, const struct ninja_deps_entry *e)
{
	buf_addf(ctx, "%.*s %lld:", (int)e->output.n, e->output.p,
		(long long)e->mtime);
	for (size_t i = 0; i < e->nins; i++)
		buf_addf(ctx, " %.*s", (int)e->ins[i].n, e->ins[i].p);
	buf_addc(ctx, '\n');
	return 0;
}

/* text must read as expected, its first good bytes being well-formed. */
static void
deps_read(const struct buf *text, int version, size_t good,
	const char *expected)
{
	struct buf b = { 0 };
	size_t n = 99;

	assert_int_equal(ninja_deps_read(buf_str(text), &n, note_deps, &b),
		version);
	assert_int_equal(n, good);
	assert_string_equal(buf_str(&b).p, expected);
	buf_release(&b);
}

static void
deps_log(void **state)
{
	static const uint32_t ins[] = { 0, 2 }, unknown[] = { 3 };
	struct buf b = { 0 };
	size_t good;

	(void)state;
	buf_adds(&b, "# ninjadeps\n");
	deps_read(&b, 0, 0, "");
	word(&b, 4);
	deps_read(&b, 4, 16, "");
	path(&b, "a.h", 0);
	path(&b, "out", 1);
	record(&b, 1, 5, ins, 1);
	path(&b, "b.hpp", 2);
	record(&b, 1, 1795225758638950725u, ins, 2);
	record(&b, 0, 7, NULL, 0);
	good = b.n;
	deps_read(&b, 4, good,
		"a.h 7:\nout 1795225758638950725: a.h b.hpp\n");

	/* A cut record, a wrong number, an unknown input: all end it. */
	path(&b, "c", 3);
	b.n -= 1;
	deps_read(&b, 4, good,
		"a.h 7:\nout 1795225758638950725: a.h b.hpp\n");
	b.n = good;
	path(&b, "c", 4);
	deps_read(&b, 4, good,
		"a.h 7:\nout 1795225758638950725: a.h b.hpp\n");
	b.n = good;
	record(&b, 1, 1, unknown, 1);
	path(&b, "c", 3);
	deps_read(&b, 4, good,
		"a.h 7:\nout 1795225758638950725: a.h b.hpp\n");
	b.n = good;
	record(&b, 9, 1, ins, 1);
	deps_read(&b, 4, good,
		"a.h 7:\nout 1795225758638950725: a.h b.hpp\n");
	b.n = good;
	word(&b, 0x7fffffff);
	deps_read(&b, 4, good,
		"a.h 7:\nout 1795225758638950725: a.h b.hpp\n");

	buf_clear(&b);
	buf_adds(&b, "# ninjadeps\n");
	word(&b, 3);
	path(&b, "a", 0);
	deps_read(&b, 0, 0, "");
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(build_log),
		cmocka_unit_test(age_of_build_log),
		cmocka_unit_test(hashes_of_version_7),
		cmocka_unit_test(hashes_of_version_5),
		cmocka_unit_test(deps_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
