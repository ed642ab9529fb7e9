/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "text/gitindex.h"
#include "util/buf.h"

enum { HEADER = 12, STAT = 40, HASH = 20 };

static void
add32(struct buf *b, uint32_t v)
{
	char p[4] = { (char)(v >> 24), (char)(v >> 16), (char)(v >> 8),
	              (char)v };

	buf_add(b, p, 4);
}

static void
add_extension(struct buf *b, const char *name, const char *text)
{
	buf_adds(b, name);
	add32(b, (uint32_t)strlen(text));
	buf_adds(b, text);
}

/* An index of version 2 of the files a and b, without its checksum. */
static void
make(struct buf *b)
{
	static const char zero[8] = { 0 };

	buf_clear(b);
	buf_adds(b, "DIRC");
	add32(b, 2);
	add32(b, 2);
	for (char name = 'a'; name <= 'b'; name++) {
		size_t start = b->n;

		for (uint32_t i = 0; i < STAT / 4; i++)
			add32(b, i == 6 ? 0100644 : 1000 + i);
		for (int i = 0; i < HASH / 4; i++)
			add32(b, (uint32_t)name);
		buf_add(b, "\0\1", 2);
		buf_addc(b, name);
		buf_add(b, zero, 8 - (b->n - start) % 8);
	}
}

static struct digest
digest_with(const struct buf *from, size_t at, char c)
{
	struct buf b = { 0 };
	struct digest d;

	buf_add(&b, from->p, from->n);
	if (at)
		b.p[at] = c;
	for (int i = 0; i < HASH; i++)
		buf_addc(&b, c);
	d = gitindex_digest(b.p, b.n);
	buf_release(&b);
	return d;
}

/* Times and the like of both entries, and the checksum, are not of interest; modes,
 * objects, flags and names are. */
static void
test_meaning(void **state)
{
	struct buf b = { 0 };
	struct digest d, other;
	size_t entry;

	(void)state;
	make(&b);
	entry = (b.n - HEADER) / 2;
	d = digest_with(&b, 0, 'x');
	other = digest_with(&b, 0, 'y');
	assert_true(digest_eq(&d, &other));
	for (size_t i = 0; i < STAT + HASH + 2 + 1; i++) {
		bool counts = (i >= 24 && i < 28) || i >= STAT;

		if (i == STAT + HASH)
			continue;       /* flags: it would be extended */
		for (size_t k = 0; k < 2; k++) {
			other = digest_with(&b, HEADER + k * entry + i, '%');
			assert_int_equal(digest_eq(&d, &other), !counts);
		}
	}
	buf_release(&b);
}

/* Those that nobody has to know are there for speed. */
static void
test_extensions(void **state)
{
	struct buf b = { 0 };
	struct digest d, other;

	(void)state;
	make(&b);
	d = digest_with(&b, 0, 'x');
	add_extension(&b, "TREE", "what is in directories");
	other = digest_with(&b, 0, 'x');
	assert_true(digest_eq(&d, &other));
	add_extension(&b, "sdir", "");
	other = digest_with(&b, 0, 'x');
	assert_false(digest_eq(&d, &other));
	buf_release(&b);
}

/* What is no index, or not a whole one, is taken as it is. */
static void
test_others(void **state)
{
	struct buf b = { 0 };
	struct digest d, other;

	(void)state;
	make(&b);
	for (size_t n = 0; n < b.n; n++) {
		d = gitindex_digest(b.p, n);
		other = digest_of(b.p, n);
		assert_true(digest_eq(&d, &other));
	}
	add_extension(&b, "TREE", "more");
	b.p[b.n - 5]++;                 /* longer than there is */
	d = digest_with(&b, 0, 'x');
	other = digest_with(&b, 0, 'y');
	assert_false(digest_eq(&d, &other));
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meaning),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
