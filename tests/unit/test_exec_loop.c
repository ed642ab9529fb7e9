/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "exec/loop.h"
#include "exec/signals.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/os.h"

static const int64_t MS = 1000000;

/* What was called, a letter each. */
static struct loop *l;
static struct buf called;

static int
setup(void **state)
{
	(void)state;
	l = loop_new();
	buf_adds(&called, "");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	loop_free(l);
	buf_release(&called);
	return 0;
}

/* Waits once, without waiting; returns what was called. */
static const char *
turn(void)
{
	buf_clear(&called);
	buf_adds(&called, "");
	loop_wait(l, 0);
	return called.p;
}

/* A pipe that is watched: its letter is noted when there is something in it;
 * and what else is to be done then. */
struct end {
	struct loop_fd f;
	int to;
	char letter;
	struct end *adds, *removes;
	bool closes;
};

static void
on_ready(void *ctx, unsigned what)
{
	struct end *e = ctx;

	assert_int_equal(what, LOOP_READ);
	buf_addc(&called, e->letter);
	if (e->adds)
		loop_add(l, &e->adds->f);
	if (e->removes)
		loop_remove(l, &e->removes->f);
	if (e->closes)
		close(e->removes->f.fd);
}

static struct end
make_end(char letter)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	return (struct end){
		.f = { .fd = fds[0], .what = LOOP_READ, .ready = on_ready },
		.to = fds[1], .letter = letter,
	};
}

static void
watch(struct end *e)
{
	e->f.ctx = e;
	loop_add(l, &e->f);
}

static void
fill(struct end *e)
{
	assert_int_equal(write(e->to, "x", 1), 1);
}

static void
close_end(struct end *e)
{
	close(e->f.fd);
	close(e->to);
}

static void
test_descriptors(void **state)
{
	struct end a = make_end('a'), b = make_end('b'), c = make_end('c');
	char x;

	(void)state;
	watch(&c);
	watch(&a);
	watch(&b);
	assert_string_equal(turn(), "");
	fill(&b);
	assert_string_equal(turn(), "b");
	/* As long as it is not read; in the order in which they were added. */
	fill(&c);
	fill(&a);
	assert_string_equal(turn(), "cab");
	assert_int_equal(read(c.f.fd, &x, 1), 1);
	assert_string_equal(turn(), "ab");
	loop_remove(l, &a.f);
	loop_remove(l, &a.f);
	assert_string_equal(turn(), "b");
	watch(&a);
	assert_string_equal(turn(), "ba");
	/* The other end is closed. */
	close(c.to);
	assert_string_equal(turn(), "cba");
	close(c.f.fd);
	loop_remove(l, &c.f);
	assert_string_equal(turn(), "ba");
	close_end(&a);
	close_end(&b);
}

static void
test_changes_while_calling(void **state)
{
	struct end a = make_end('a'), b = make_end('b'), c = make_end('c');
	struct end d = make_end('d');

	(void)state;
	watch(&a);
	watch(&b);
	watch(&c);
	fill(&a);
	fill(&b);
	fill(&c);
	fill(&d);
	d.f.ctx = &d;
	/* One that is ready is removed before its turn; one comes in later. */
	a.removes = &b;
	a.adds = &d;
	assert_string_equal(turn(), "ac");
	a.removes = a.adds = NULL;
	assert_string_equal(turn(), "acd");
	/* Itself. */
	a.removes = &a;
	assert_string_equal(turn(), "acd");
	assert_string_equal(turn(), "cd");
	/* Removed and added again: it waits for the next turn. */
	c.removes = c.adds = &d;
	loop_remove(l, &d.f);
	watch(&d);
	c.adds = NULL;
	assert_string_equal(turn(), "c");
	close_end(&a);
	close_end(&b);
	close_end(&c);
	close_end(&d);
}

/* The number of a descriptor that was closed is given to another one in the
 * same turn: what was ready does not speak of that. */
static void
test_number_is_used_again(void **state)
{
	struct end a = make_end('a'), b = make_end('b'), c = { { 0 } };
	int old = b.f.fd;

	(void)state;
	watch(&a);
	watch(&b);
	fill(&a);
	fill(&b);
	a.removes = &b;
	a.closes = true;
	assert_string_equal(turn(), "a");
	a.removes = NULL;
	a.closes = false;
	c = make_end('c');
	assert_int_equal(c.f.fd, old);
	watch(&c);
	assert_string_equal(turn(), "a");
	fill(&c);
	assert_string_equal(turn(), "ac");
	close_end(&a);
	close(b.to);
	close_end(&c);
}

static unsigned got;

static void
on_socket(void *ctx, unsigned what)
{
	(void)ctx;
	got = what;
}

static void
test_writing(void **state)
{
	struct loop_fd f = { .what = LOOP_READ | LOOP_WRITE,
	                     .ready = on_socket };
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	f.fd = pair[0];
	loop_add(l, &f);
	loop_wait(l, 0);
	assert_int_equal(got, LOOP_WRITE);
	assert_int_equal(write(pair[1], "x", 1), 1);
	loop_wait(l, 0);
	assert_int_equal(got, LOOP_READ | LOOP_WRITE);
	loop_remove(l, &f);
	f.what = LOOP_READ;
	loop_add(l, &f);
	loop_wait(l, 0);
	assert_int_equal(got, LOOP_READ);
	loop_remove(l, &f);
	/* Who waits to write hears that nobody is there any more. */
	f.what = LOOP_WRITE;
	close(pair[1]);
	loop_add(l, &f);
	got = 0;
	loop_wait(l, 0);
	assert_int_equal(got, LOOP_WRITE);
	close(pair[0]);
}

static void
test_many(void **state)
{
	enum { MANY = 2000 };
	struct end *e = xcalloc(MANY, sizeof(*e));
	struct rlimit r;
	size_t n = MANY;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_cur < 2 * n + 100)
		n = (size_t)(r.rlim_cur - 100) / 2;
	for (size_t i = 0; i < n; i++) {
		e[i] = make_end((char)('a' + i % 26));
		watch(&e[i]);
		fill(&e[i]);
	}
	turn();
	assert_int_equal(called.n, n);
	/* All that lie between two of each. */
	for (size_t i = 0; i < n; i++)
		if (i % 3)
			loop_remove(l, &e[i].f);
	turn();
	assert_int_equal(called.n, (n + 2) / 3);
	for (size_t i = 0; i < called.n; i++)
		assert_int_equal(called.p[i], 'a' + 3 * i % 26);
	for (size_t i = 0; i < n; i++)
		close_end(&e[i]);
	free(e);
}

/* ---- times ---- */

struct alarm {
	struct loop_timer t;
	char letter;
	int again;              /* how often it sets itself anew, at once */
	struct alarm *stops;
};

static void
on_due(void *ctx)
{
	struct alarm *a = ctx;

	buf_addc(&called, a->letter);
	if (a->stops)
		loop_unset(l, &a->stops->t);
	if (a->again && a->again--)
		loop_set(l, &a->t, os_now() - MS);
}

static struct alarm
make_alarm(char letter)
{
	return (struct alarm){ .t = { .due = on_due }, .letter = letter };
}

static void
set(struct alarm *a, int64_t at)
{
	a->t.ctx = a;
	loop_set(l, &a->t, at);
}

static void
test_times_in_order(void **state)
{
	struct alarm a = make_alarm('a'), b = make_alarm('b');
	struct alarm c = make_alarm('c'), d = make_alarm('d');
	int64_t now = os_now();

	(void)state;
	set(&c, now - 1 * MS);
	set(&a, now - 3 * MS);
	set(&d, now - 1 * MS);
	set(&b, now - 2 * MS);
	assert_string_equal(turn(), "abcd");
	assert_string_equal(turn(), "");
	/* Set anew: at the new time alone. */
	set(&a, now - 3 * MS);
	set(&b, now - 2 * MS);
	set(&c, now + 3600 * 1000 * MS);
	set(&a, now - 1 * MS);
	set(&c, now - 4 * MS);
	assert_string_equal(turn(), "cba");
	set(&a, now - 2 * MS);
	set(&b, now - 1 * MS);
	set(&c, now + 3600 * 1000 * MS);
	loop_unset(l, &a.t);
	loop_unset(l, &a.t);
	assert_string_equal(turn(), "b");
	/* One that stops another that is due with it. */
	set(&a, now - 2 * MS);
	set(&b, now - 1 * MS);
	a.stops = &b;
	assert_string_equal(turn(), "a");
	/* One that is always due lets the others go on. */
	set(&a, now - 2 * MS);
	set(&d, now - 1 * MS);
	a.again = 2;
	assert_string_equal(turn(), "ad");
	while (a.again || a.t.place)
		assert_true(strlen(turn()) <= 1);
}

static int64_t last_due;
static int ndue;

static void
on_one_of_many(void *ctx)
{
	const struct alarm *a = ctx;

	assert_true(a->t.at >= last_due);
	last_due = a->t.at;
	ndue++;
}

static void
test_many_times(void **state)
{
	enum { MANY = 3000 };
	struct alarm *a = xcalloc(MANY, sizeof(*a));
	int64_t now = os_now();
	uint32_t x = 1;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		x = x * 1664525 + 1013904223;
		a[i] = (struct alarm){ .t = { .due = on_one_of_many } };
		set(&a[i], now - (x >> 8) % 100000);
	}
	for (int i = 0; i < MANY; i += 3) {
		x = x * 1664525 + 1013904223;
		if (i % 2)
			loop_unset(l, &a[i].t);
		else
			set(&a[i], now - (x >> 8) % 100000);
	}
	loop_wait(l, 0);
	assert_int_equal(ndue, MANY - MANY / 6);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(a[i].t.place, 0);
	free(a);
}

static void
test_waits_for_a_time(void **state)
{
	struct alarm a = make_alarm('a');
	int64_t began = os_now();

	(void)state;
	set(&a, began + 20 * MS);
	loop_wait(l, INT64_MAX);
	assert_string_equal(called.p, "a");
	assert_true(os_now() >= began + 20 * MS);
	/* And not beyond the one it was given. */
	set(&a, began + 3600 * 1000 * MS);
	loop_wait(l, os_now() + 5 * MS);
	assert_string_equal(called.p, "a");
}

/* Descriptors go first. */
static void
test_both(void **state)
{
	struct alarm t = make_alarm('t');
	struct end a = make_end('a');

	(void)state;
	watch(&a);
	fill(&a);
	set(&t, os_now() - MS);
	assert_string_equal(turn(), "at");
	close_end(&a);
}

/* ---- signals ---- */

static void
on_signal(void *ctx, unsigned what)
{
	int sig;

	(void)what;
	while ((sig = signals_next()))
		buf_addc(&called, sig == SIGCHLD ? 'c' : sig == SIGHUP ? 'h'
		                                               : '?');
	(void)ctx;
}

static void *
kill_soon(void *arg)
{
	pthread_t *to = arg;

	usleep(10000);
	pthread_kill(*to, SIGHUP);
	return NULL;
}

static void
test_woken_by_a_signal(void **state)
{
	struct loop_fd f = { .what = LOOP_READ, .ready = on_signal };
	pthread_t me = pthread_self(), other;

	(void)state;
	f.fd = signals_open(NULL);
	assert_true(f.fd >= 0);
	loop_add(l, &f);
	raise(SIGCHLD);
	raise(SIGHUP);
	assert_string_equal(turn(), "ch");
	assert_int_equal(pthread_create(&other, NULL, kill_soon, &me), 0);
	loop_wait(l, INT64_MAX);
	assert_string_equal(called.p, "chh");
	pthread_join(other, NULL);
	loop_remove(l, &f);
	signals_close();
}

static int alarms;

static void
on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

/* Signals that somebody else handles: they end no wait. */
static void
test_interrupted(void **state)
{
	struct sigaction sa = { .sa_handler = on_alarm }, old;
	struct itimerval t = { { 0, 2000 }, { 0, 2000 } }, off = { { 0 } };
	struct alarm a = make_alarm('a');
	int64_t began = os_now();

	(void)state;
	sigaction(SIGALRM, &sa, &old);
	setitimer(ITIMER_REAL, &t, NULL);
	set(&a, began + 30 * MS);
	loop_wait(l, INT64_MAX);
	setitimer(ITIMER_REAL, &off, NULL);
	sigaction(SIGALRM, &old, NULL);
	assert_true(alarms > 0);
	assert_string_equal(called.p, "a");
	assert_true(os_now() >= began + 30 * MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(test_descriptors), T(test_changes_while_calling),
		T(test_number_is_used_again), T(test_writing), T(test_many),
		T(test_times_in_order), T(test_many_times),
		T(test_waits_for_a_time), T(test_both),
		T(test_woken_by_a_signal), T(test_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
