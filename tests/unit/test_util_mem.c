/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/err.h"
#include "util/mem.h"

static void
zero_bytes_are_something(void **state)
{
	void *all[] = {
		xmalloc(0), xcalloc(0, 8), xcalloc(8, 0), xrealloc(NULL, 0),
		xreallocarray(NULL, 0, 8),
	};

	(void)state;
	for (size_t i = 0; i < countof(all); i++) {
		assert_non_null(all[i]);
		free(all[i]);
	}
}

static void
copies(void **state)
{
	char *s = xstrdup("abc"), *m = xmemdup0("a\0bc", 3);
	char *e = xmemdup0(NULL, 0);
	unsigned *z = xcalloc(100, sizeof(*z));

	(void)state;
	assert_string_equal(s, "abc");
	assert_memory_equal(m, "a\0b", 4);
	assert_string_equal(e, "");
	for (int i = 0; i < 100; i++)
		assert_int_equal(z[i], 0);
	free(s);
	free(m);
	free(e);
	free(z);
}

static void
a_vector_grows(void **state)
{
	unsigned *v = NULL;
	size_t cap = 0, was;

	(void)state;
	v = vec_grow(v, &cap, 0, sizeof(*v));
	assert_null(v);
	assert_int_equal(cap, 0);
	for (unsigned i = 0; i < 10000; i++) {
		was = cap;
		v = vec_grow(v, &cap, i + 1, sizeof(*v));
		assert_true(cap > i);
		if (was && cap != was)
			assert_true(cap >= 2 * was);
		v[i] = i;
	}
	for (unsigned i = 0; i < 10000; i++)
		assert_int_equal(v[i], i);
	v = vec_grow(v, &cap, 1000000, sizeof(*v));
	assert_true(cap >= 1000000);
	assert_int_equal(v[9999], 9999);
	free(v);
}

/* What a call in a child prints to standard error; the child's exit code. */
static int
in_child(void (*call)(void), char *out, size_t room)
{
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], 2);
		call();
		_exit(77);
	}
	close(ends[1]);
	n = read(ends[0], out, room - 1);
	out[n > 0 ? n : 0] = '\0';
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
too_many(void)
{
	free(xreallocarray(NULL, SIZE_MAX / 2, 4));
}

static void
too_many_in_a_vector(void)
{
	size_t cap = 0;

	free(vec_grow(NULL, &cap, SIZE_MAX / 4, 8));
}

static void
out_of_memory_ends_with_a_message(void **state)
{
	void (*const calls[])(void) = { too_many, too_many_in_a_vector };
	char text[200];

	(void)state;
	for (size_t i = 0; i < countof(calls); i++) {
		assert_int_equal(in_child(calls[i], text, sizeof(text)),
			EXIT_ENV);
		assert_string_equal(text, "tgraph: out of memory\n");
	}
}

/* One that takes as many as it gives needs no more room. */
static void
test_queue(void **state)
{
	size_t before = 0, cap = 0, n = 0, put = 0, got = 0;
	size_t *v = NULL;

	(void)state;
	for (int round = 0; round < 1000; round++) {
		for (int i = 0; i < 3 + round % 3; i++) {
			v = vec_grow_queue(v, &before, &cap, n, sizeof(*v));
			v[n++] = put++;
		}
		while (n > (size_t)(round % 7)) {
			assert_int_equal(*v, got++);
			v++;
			before++;
			n--;
		}
	}
	assert_true(cap <= 64);
	vec_free_queue(v, before, sizeof(*v));
	vec_free_queue(NULL, 0, sizeof(*v));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zero_bytes_are_something),
		cmocka_unit_test(copies),
		cmocka_unit_test(a_vector_grows),
		cmocka_unit_test(out_of_memory_ends_with_a_message),
		cmocka_unit_test(test_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
