/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tree.h"
#include "util/digest.h"
#include "util/mem.h"

static void
expect_hex(const struct digest *d, const char *want)
{
	char hex[DIGEST_HEX + 1];

	digest_hex(d, hex);
	assert_string_equal(hex, want);
}

/* SHA-256 as FIPS 180-4 and NIST's examples have it. */
static void
known_sums(void **state)
{
	static const char *const all[][2] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb924"
		      "27ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223"
		         "b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039"
		  "a33ce45964ff2167f6ecedd419db06c1" },
	};

	(void)state;
	for (size_t i = 0; i < countof(all); i++) {
		struct digest d = digest_of(all[i][0], strlen(all[i][0]));

		expect_hex(&d, all[i][1]);
	}
}

/* A million times "a", in pieces of any size. */
static void
in_pieces(void **state)
{
	enum { MILLION = 1000000 };
	char *text = xmalloc(MILLION);
	struct digester d;
	struct digest sum;

	(void)state;
	memset(text, 'a', MILLION);
	for (size_t piece = 1; piece <= MILLION; piece = piece * 7 + 1) {
		digest_begin(&d);
		for (size_t at = 0; at < MILLION; at += piece)
			digest_add(&d, text, at + piece > MILLION ?
				MILLION - at : piece);
		sum = digest_end(&d);
		expect_hex(&sum, "cdc76e5c9914fb9281a1c7e284d73e67"
			"f1809a48a497200e046d39ccc7112cd0");
	}
	free(text);
}

/* Neighbours cannot run into each other. */
static void
fields_are_apart(void **state)
{
	static const char *const pairs[][2] = {
		{ "ab", "c" }, { "a", "bc" }, { "abc", "" }, { "", "abc" },
	};
	struct digest all[countof(pairs)];
	struct digester d;

	(void)state;
	for (size_t i = 0; i < countof(pairs); i++) {
		digest_begin(&d);
		for (int k = 0; k < 2; k++)
			digest_add_field(&d, pairs[i][k],
				strlen(pairs[i][k]));
		all[i] = digest_end(&d);
		for (size_t k = 0; k < i; k++)
			assert_false(digest_eq(&all[i], &all[k]));
	}
}

static void
hex_and_back(void **state)
{
	static const char hex[] = "000102030405060708090a0b0c0d0e0f"
		"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
	char text[DIGEST_HEX + 1];
	struct digest d = { 0 };

	(void)state;
	assert_true(digest_none(&d));
	assert_true(digest_parse(&d, hex, DIGEST_HEX));
	assert_false(digest_none(&d));
	expect_hex(&d, hex);
	assert_false(digest_parse(&d, hex, DIGEST_HEX - 1));
	assert_false(digest_parse(&d, hex, DIGEST_HEX + 1));
	for (int i = 0; i < DIGEST_HEX; i++) {
		memcpy(text, hex, sizeof(text));
		text[i] = i % 3 == 0 ? 'g' : i % 3 == 1 ? 'A' : ' ';
		assert_false(digest_parse(&d, text, DIGEST_HEX));
	}
}

/* Files of every size around those at which reading changes its way. */
static void
files(void **state)
{
	static const size_t sizes[] = {
		0, 1, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1,
		128 * 1024 - 1, 128 * 1024, 128 * 1024 + 1, 3000000,
	};
	char *text = xmalloc(3000000);
	struct tree t;

	(void)state;
	for (size_t i = 0; i < 3000000; i++)
		text[i] = (char)(i * 31 >> 3);
	tree_make(&t);
	for (size_t i = 0; i < countof(sizes); i++) {
		struct digest want = digest_of(text, sizes[i]), got;
		struct buf path = { 0 };
		uint64_t size = 1;

		tree_bytes(&t, "f", text, sizes[i]);
		assert_int_equal(digest_file(AT_FDCWD, tree_path(&t, &path,
			"f"), &got, &size, NULL), 1);
		assert_true(digest_eq(&got, &want));
		assert_int_equal(size, sizes[i]);
		buf_release(&path);
	}
	free(text);
	tree_remove(&t);
}

static void
what_is_no_file(void **state)
{
	struct buf path = { 0 };
	struct err err = { 0 };
	struct digest d;
	struct tree t;
	int dir;

	(void)state;
	tree_make(&t);
	tree_file(&t, "f", "abc");
	tree_link(&t, "f", "l");
	tree_link(&t, "nothing", "dangling");
	dir = open(t.root, O_RDONLY | O_DIRECTORY);
	assert_int_equal(digest_file(dir, "l", &d, NULL, &err), 1);
	assert_memory_equal(&d, &(struct digest[]){ digest_of("abc", 3) },
		sizeof(d));
	assert_int_equal(digest_file(dir, "dangling", &d, NULL, &err), 0);
	assert_int_equal(digest_file(dir, "none", &d, NULL, &err), 0);
	assert_int_equal(digest_file(dir, "f/x", &d, NULL, &err), 0);
	assert_null(err.msg);
	assert_int_equal(digest_file(dir, ".", &d, NULL, &err), -1);
	assert_string_equal(err.msg, "read .: Is a directory");
	err_release(&err);
	close(dir);
	buf_release(&path);
	tree_remove(&t);
}

/* A pipe gives what it has in small pieces. */
static void
a_pipe(void **state)
{
	struct digest want = digest_of("one two three", 13), got;
	uint64_t size;
	int ends[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		for (const char *s = "one two three"; *s; s++)
			if (write(ends[1], s, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(digest_fd(ends[0], &got, &size, NULL), 0);
	assert_true(digest_eq(&got, &want));
	assert_int_equal(size, 13);
	close(ends[0]);
}

static int to_fill;

static void
fill(int sig)
{
	int saved = errno;

	(void)sig;
	if (write(to_fill, " and the end", 12) == 12)
		close(to_fill);
	errno = saved;
}

/* A signal while the second read waits: nothing that was read is lost. */
static void
interrupted(void **state)
{
	struct digest want = digest_of("begin and the end", 17), got;
	struct itimerval soon = { .it_value = { .tv_usec = 50000 } };
	struct sigaction act = { .sa_handler = fill }, old;
	uint64_t size;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	to_fill = ends[1];
	assert_int_equal(write(ends[1], "begin", 5), 5);
	sigaction(SIGALRM, &act, &old);
	setitimer(ITIMER_REAL, &soon, NULL);
	assert_int_equal(digest_fd(ends[0], &got, &size, NULL), 0);
	assert_int_equal(size, 17);
	assert_true(digest_eq(&got, &want));
	sigaction(SIGALRM, &old, NULL);
	close(ends[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_sums),
		cmocka_unit_test(in_pieces),
		cmocka_unit_test(fields_are_apart),
		cmocka_unit_test(hex_and_back),
		cmocka_unit_test(files),
		cmocka_unit_test(what_is_no_file),
		cmocka_unit_test(a_pipe),
		cmocka_unit_test(interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
