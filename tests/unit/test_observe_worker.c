/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/read.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "observe/format.h"
#include "util/buf.h"

/* Logs as the processes of a worker and of steps write them, record by record.
 * Paths are not there: what was asked for is what counts. */

enum { NOW = 1234 };

struct scene {
	struct observe_worker *w;
	struct observe_log step;
	struct observations o;
	uint32_t root;          /* of the worker, once it is ready */
	uint32_t begin;         /* of the program of the step; 0: it has not
	                         * begun */
	char file[64];
};

/* ---- writing ---- */

static struct observe_header
header_of(int fd)
{
	struct observe_header h;

	assert_int_equal(pread(fd, &h, sizeof(h), 0), sizeof(h));
	return h;
}

static uint64_t
tail_of(const struct observe_log *log)
{
	return header_of(log->fd).tail;
}

/* Its number. */
static uint32_t
put(const struct observe_log *log, const struct observe_record *record,
	const void *text, size_t n)
{
	struct observe_record r = *record;
	struct observe_header h = header_of(log->fd);
	uint64_t at = h.tail, size = (sizeof(r) + n + 1 + 7) / 8 * 8;

	if (h.tail + size > h.backed) {
		h.backed += OBSERVE_CHUNK;
		assert_int_equal(posix_fallocate(log->fd, 0, (off_t)h.backed),
		                 0);
	}
	r.head |= (uint32_t)(size / 8);
	assert_int_equal(pwrite(log->fd, &r, sizeof(r), (off_t)at), sizeof(r));
	assert_int_equal(pwrite(log->fd, text, n, (off_t)(at + sizeof(r))), n);
	h.tail += size;
	assert_int_equal(pwrite(log->fd, &h, sizeof(h), 0), sizeof(h));
	return (uint32_t)(at / 8);
}

/* A program begins. */
static uint32_t
starts(const struct observe_log *log, uint32_t pid)
{
	static const char text[] = "/nowhere/python\0/nowhere";
	struct observe_record r = {
		.head = OBSERVE_DONE, .kind = OBSERVE_START, .pid = pid,
	};

	return put(log, &r, text, sizeof(text) - 1);
}

/* A process goes on for others than the one that begins at parent. */
static uint32_t
forks(const struct observe_log *log, uint32_t parent, uint32_t pid)
{
	static const char text[] = "/nowhere/python\0/nowhere";
	struct observe_record r = {
		.head = OBSERVE_DONE, .kind = OBSERVE_START, .pid = pid,
		.flags = OBSERVE_FORK, .start = parent,
	};

	return put(log, &r, text, sizeof(text) - 1);
}

/* A child of the one that begins at parent there writes to this log. */
static uint32_t
joins(const struct observe_log *log, uint64_t nonce, uint32_t parent,
	uint64_t upto)
{
	char text[64];
	struct observe_record r = {
		.head = OBSERVE_DONE, .kind = OBSERVE_START, .pid = 99,
		.flags = OBSERVE_FORK, .start = parent, .size = upto,
	};
	int n = snprintf(text, sizeof(text), "/nowhere/python%c/nowhere%c%016llx",
	                 0, 0, (unsigned long long)nonce);

	return put(log, &r, text, (size_t)n);
}

static void
reads(const struct observe_log *log, uint32_t start, const char *path)
{
	struct observe_record r = {
		.head = OBSERVE_DONE, .kind = OBSERVE_READ, .start = start,
		.cwd = start, .error = 2,
	};

	put(log, &r, path, strlen(path));
}

static void
executes(const struct observe_log *log, uint32_t start, uint32_t pid)
{
	struct observe_record r = {
		.head = OBSERVE_DONE, .kind = OBSERVE_EXEC, .start = start,
		.cwd = start, .pid = pid,
	};

	put(log, &r, "/nowhere/python", strlen("/nowhere/python"));
}

/* ---- scenes ---- */

static const struct observe_log *
shared(const struct scene *c)
{
	return observe_worker_log(c->w);
}

static void
begin(struct scene *c)
{
	struct err err = { 0 };

	*c = (struct scene){ 0 };
	snprintf(c->file, sizeof(c->file), "/tmp/tgraph-unit-%ld",
	         (long)getpid());
	c->w = observe_worker_new(c->file, 0, NOW, &err);
	if (!c->w)
		fail_msg("%s", err.msg);
	c->root = starts(shared(c), 1);
	/* What a runner needs is known by other means. */
	reads(shared(c), c->root, "/nowhere/q");
	c->root = forks(shared(c), c->root, 1);
}

static void
close_step(struct scene *c)
{
	observations_release(&c->o);
	observe_close(&c->step);
	c->step = (struct observe_log){ 0 };
}

/* A step that is forked from there, now or when the log was that long. */
static void
open_step(struct scene *c, uint32_t parent, uint64_t upto)
{
	struct err err = { 0 };

	close_step(c);
	if (observe_make(&c->step, c->file, &err) < 0)
		fail_msg("%s", err.msg);
	c->begin = joins(&c->step, shared(c)->nonce, parent, upto);
}

static void
end_step(struct scene *c)
{
	struct observe_worker *all[] = { c->w };

	observations_release(&c->o);
	observe_read_test(&c->o, &c->step, all, 1, "/nowhere/python", 0);
}

static void
step_of(struct scene *c, uint32_t parent)
{
	open_step(c, parent, tail_of(shared(c)));
	end_step(c);
}

static void
end(struct scene *c)
{
	close_step(c);
	observe_worker_free(c->w);
}

static bool
has(const struct scene *c, const char *path)
{
	const struct observation *f = observation_find(&c->o, str_of(path));

	return f && f->what & (OBSERVED_LOOK | OBSERVED_CONTENT);
}

/* Exactly these, of /nowhere/a to /nowhere/z. */
static void
same(const struct scene *c, const char *want)
{
	char got[27] = "", path[] = "/nowhere/?";
	size_t n = 0;

	for (char x = 'a'; x <= 'z'; x++) {
		path[sizeof(path) - 2] = x;
		if (has(c, path))
			got[n++] = x;
	}
	assert_string_equal(got, want);
}

/* ---- cases ---- */

static void
those_above_count_and_no_others(void **state)
{
	struct scene c;
	uint32_t one, two, branch;

	(void)state;
	begin(&c);
	reads(shared(&c), c.root, "/nowhere/a");
	one = forks(shared(&c), c.root, 2);
	two = forks(shared(&c), c.root, 3);
	reads(shared(&c), one, "/nowhere/b");
	reads(shared(&c), two, "/nowhere/c");
	branch = forks(shared(&c), one, 4);
	reads(shared(&c), branch, "/nowhere/d");

	open_step(&c, branch, tail_of(shared(&c)));
	reads(&c.step, c.begin, "/nowhere/e");
	end_step(&c);
	same(&c, "abde");
	assert_int_equal(c.o.nunseen, 0);
	assert_int_equal(c.o.since, NOW);
	/* What was asked for before the step began is told apart. */
	for (size_t i = 0; i < c.o.n; i++)
		assert_int_equal(i < c.o.early,
		    !str_is(c.o.v[i].path, "/nowhere/e"));

	step_of(&c, two);
	same(&c, "ac");
	step_of(&c, one);
	same(&c, "ab");
	step_of(&c, c.root);
	same(&c, "a");
	end(&c);
}

static void
what_comes_after_the_fork_does_not_count(void **state)
{
	struct scene c;
	uint32_t one;
	uint64_t then;

	(void)state;
	begin(&c);
	one = forks(shared(&c), c.root, 2);
	reads(shared(&c), one, "/nowhere/a");
	then = tail_of(shared(&c));
	reads(shared(&c), one, "/nowhere/b");
	reads(shared(&c), c.root, "/nowhere/c");

	open_step(&c, one, then);
	end_step(&c);
	same(&c, "a");
	step_of(&c, one);
	same(&c, "abc");
	/* Steps end in any order. */
	open_step(&c, one, then);
	end_step(&c);
	same(&c, "a");
	reads(shared(&c), one, "/nowhere/d");
	step_of(&c, one);
	same(&c, "abcd");
	/* One that has a process with others: all that it may still read. */
	open_step(&c, one, UINT64_MAX);
	reads(shared(&c), one, "/nowhere/e");
	end_step(&c);
	same(&c, "abcde");
	end(&c);
}

static void
programs_count_for_whoever_started_them(void **state)
{
	struct scene c;
	uint32_t one, two, program, child, inner, unknown;

	(void)state;
	begin(&c);
	one = forks(shared(&c), c.root, 2);
	two = forks(shared(&c), c.root, 3);
	executes(shared(&c), one, 20);
	program = starts(shared(&c), 20);
	reads(shared(&c), program, "/nowhere/a");
	/* what it starts in its turn, and if it goes on for others */
	executes(shared(&c), program, 21);
	child = starts(shared(&c), 21);
	reads(shared(&c), child, "/nowhere/b");
	inner = forks(shared(&c), program, 20);
	reads(shared(&c), inner, "/nowhere/c");
	step_of(&c, one);
	same(&c, "abc");
	step_of(&c, two);
	same(&c, "");
	/* of the worker itself: all have it */
	executes(shared(&c), c.root, 22);
	program = starts(shared(&c), 22);
	reads(shared(&c), program, "/nowhere/d");
	step_of(&c, two);
	same(&c, "d");
	/* Nobody knows who started it. */
	unknown = starts(shared(&c), 23);
	reads(shared(&c), unknown, "/nowhere/e");
	step_of(&c, one);
	same(&c, "abcde");
	step_of(&c, two);
	same(&c, "de");
	end(&c);
}

/* The same number again, for another process. */
static void
numbers_of_processes_come_again(void **state)
{
	struct scene c;
	uint32_t one, two, program;

	(void)state;
	begin(&c);
	one = forks(shared(&c), c.root, 2);
	two = forks(shared(&c), c.root, 3);
	executes(shared(&c), one, 20);
	program = starts(shared(&c), 20);
	reads(shared(&c), program, "/nowhere/a");
	executes(shared(&c), two, 20);
	program = starts(shared(&c), 20);
	reads(shared(&c), program, "/nowhere/b");
	step_of(&c, one);
	same(&c, "a");
	step_of(&c, two);
	same(&c, "b");
	end(&c);
}

static void
a_program_that_did_not_begin_is_said(void **state)
{
	struct scene c;
	uint32_t one, two;

	(void)state;
	begin(&c);
	one = forks(shared(&c), c.root, 2);
	two = forks(shared(&c), c.root, 3);
	executes(shared(&c), one, 20);
	step_of(&c, one);
	assert_int_equal(c.o.nunseen, 1);
	assert_non_null(strstr(c.o.unseen[0].p, "/nowhere/python"));
	step_of(&c, two);
	assert_int_equal(c.o.nunseen, 0);
	end(&c);
}

static void
more_than_are_remembered(void **state)
{
	enum { ALL = 24 };
	struct scene c;
	uint32_t start[ALL];
	char path[] = "/nowhere/?", want[3] = "z?";

	(void)state;
	begin(&c);
	for (int i = 0; i < ALL; i++) {
		start[i] = forks(shared(&c), c.root, 100 + (uint32_t)i);
		path[sizeof(path) - 2] = (char)('a' + i);
		reads(shared(&c), start[i], path);
	}
	reads(shared(&c), c.root, "/nowhere/z");
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < ALL; i++) {
			want[0] = (char)('a' + i);
			want[1] = 'z';
			step_of(&c, start[i]);
			same(&c, want);
		}
	end(&c);
}

/* A process may be killed, or still be writing. */
static void
what_is_not_done_is_passed_over(void **state)
{
	struct observe_record r = { .kind = OBSERVE_READ };
	struct scene c;
	uint32_t one;

	(void)state;
	begin(&c);
	one = forks(shared(&c), c.root, 2);
	r.start = r.cwd = one;
	put(shared(&c), &r, "/nowhere/a", strlen("/nowhere/a"));
	reads(shared(&c), one, "/nowhere/b");
	r.kind = OBSERVE_START;
	put(shared(&c), &r, "/nowhere/python", strlen("/nowhere/python"));
	reads(shared(&c), one, "/nowhere/c");
	step_of(&c, one);
	same(&c, "bc");
	end(&c);
}

static void
a_log_that_is_gone_is_said(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	reads(shared(&c), c.root, "/nowhere/a");
	close_step(&c);
	assert_int_equal(observe_make(&c.step, c.file, NULL), 0);
	c.begin = joins(&c.step, shared(&c)->nonce ^ 1, c.root, UINT64_MAX);
	reads(&c.step, c.begin, "/nowhere/b");
	end_step(&c);
	same(&c, "b");
	assert_int_equal(c.o.nunseen, 1);
	assert_string_equal(c.o.unseen[0].p, "the log of its worker is gone");
	assert_int_equal(c.o.since, 0);
	end(&c);
}

/* It is longer than what is mapped at first, and than a record may cross. */
static void
long_logs(void **state)
{
	struct scene c;
	uint32_t one;
	char path[4000] = "/nowhere/";
	uint64_t at;

	(void)state;
	begin(&c);
	one = forks(shared(&c), c.root, 2);
	memset(path + 9, 'x', sizeof(path) - 10);
	for (int i = 0; i < 600; i++) {
		at = tail_of(shared(&c));
		if (OBSERVE_SEGMENT - at % OBSERVE_SEGMENT < 8192) {
			struct observe_header h = header_of(shared(&c)->fd);

			h.tail += OBSERVE_SEGMENT - at % OBSERVE_SEGMENT;
			h.backed = h.tail + OBSERVE_CHUNK;
			assert_int_equal(posix_fallocate(shared(&c)->fd, 0,
			    (off_t)h.backed), 0);
			assert_int_equal(pwrite(shared(&c)->fd, &h, sizeof(h),
			                        0), sizeof(h));
		}
		memset(path + 9, 'a' + i % 26, sizeof(path) - 10);
		reads(shared(&c), one, path);
		if (i == 300)
			step_of(&c, one);
	}
	reads(shared(&c), one, "/nowhere/b");
	step_of(&c, one);
	same(&c, "b");
	assert_int_equal(c.o.nunseen, 0);
	assert_true(has(&c, path));
	end(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_above_count_and_no_others),
		cmocka_unit_test(what_comes_after_the_fork_does_not_count),
		cmocka_unit_test(programs_count_for_whoever_started_them),
		cmocka_unit_test(numbers_of_processes_come_again),
		cmocka_unit_test(a_program_that_did_not_begin_is_said),
		cmocka_unit_test(more_than_are_remembered),
		cmocka_unit_test(what_is_not_done_is_passed_over),
		cmocka_unit_test(a_log_that_is_gone_is_said),
		cmocka_unit_test(long_logs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
