/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/built.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "exec/jobserver.h"
#include "util/file.h"

static struct jobserver js;
static struct buf warning;
static struct err err;

static int
teardown(void **state)
{
	(void)state;
	jobserver_close(&js);
	buf_release(&warning);
	err_release(&err);
	unsetenv("MAKEFLAGS");
	return 0;
}

static int
opened(enum jobserver_style style, int jobs, const char *makeflags)
{
	js = (struct jobserver){ 0 };
	buf_clear(&warning);
	buf_adds(&warning, "");
	return jobserver_open(&js, style, jobs, true, makeflags, &warning,
	                      &err);
}

/* Tokens lying in a pipe. */
static int
lying(int fd)
{
	int n = -1;

	assert_int_equal(ioctl(fd, FIONREAD, &n), 0);
	return n;
}

static void
test_serves_pipe(void **state)
{
	char want[128];

	(void)state;
	assert_int_equal(opened(JOBSERVER_AUTO, 3, NULL), 0);
	assert_true(js.active);
	assert_false(js.client);
	snprintf(want, sizeof(want), " -j3 --jobserver-auth=%d,%d", js.keep[0],
	         js.keep[1]);
	assert_string_equal(js.makeflags, want);
	assert_true(jobserver_take(&js));
	assert_true(jobserver_take(&js));
	assert_false(jobserver_take(&js));
	assert_int_equal(js.held.n, 2);
	jobserver_give(&js);
	assert_true(jobserver_take(&js));
}

static void
test_serves_fifo(void **state)
{
	char *path;

	(void)state;
	assert_int_equal(opened(JOBSERVER_FIFO, 2, "ks --no-print-directory "
		"-j9 --jobserver-auth=-2,-2 -- A=-j1 B=2"), 0);
	path = strdup(js.fifo);
	assert_non_null(strstr(js.makeflags, "ks -j2 --jobserver-auth=fifo:"));
	assert_non_null(strstr(js.makeflags,
		" --no-print-directory -- A=-j1 B=2"));
	assert_null(strstr(js.makeflags, "-j9"));
	assert_true(jobserver_take(&js));
	assert_false(jobserver_take(&js));
	jobserver_close(&js);
	assert_int_equal(access(path, F_OK), -1);
	free(path);
}

static void
test_serves_nothing(void **state)
{
	(void)state;
	assert_int_equal(opened(JOBSERVER_AUTO, 0, NULL), 0);
	assert_false(js.active);
	assert_int_equal(opened(JOBSERVER_NONE, 4, ""), 0);
	assert_false(js.active);
	assert_int_equal(opened(JOBSERVER_OFF, 4, ""), 0);
	assert_false(js.active);
	assert_null(js.makeflags);
}

/* Who runs one step at a time lends no second one. */
static void
test_serves_one(void **state)
{
	(void)state;
	assert_int_equal(opened(JOBSERVER_AUTO, 1, NULL), 0);
	assert_true(js.active);
	assert_false(js.client);
	assert_int_equal(strncmp(js.makeflags, " -j1 --jobserver-auth=", 22),
	                 0);
	assert_false(jobserver_take(&js));
	jobserver_close(&js);
}

static void
test_uses_pipe(void **state)
{
	char flags[128], bytes[4];
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "ab", 2), 2);
	snprintf(flags, sizeof(flags), "w -j8 --jobserver-auth=9,9 "
	         "--jobserver-fds=%d,%d", fds[0], fds[1]);
	assert_int_equal(opened(JOBSERVER_PIPE, 4, flags), 0);
	assert_true(js.client);
	assert_null(js.makeflags);
	assert_int_equal(js.keep[0], -1);
	assert_true(jobserver_take(&js));
	assert_true(jobserver_take(&js));
	/* It does not block, and the others' end still does. */
	assert_false(jobserver_take(&js));
	assert_int_equal(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
	/* Each byte comes back as it was, on this way out too. */
	jobserver_close(&js);
	assert_int_equal(read(fds[0], bytes, 4), 2);
	assert_true(memcmp(bytes, "ab", 2) == 0 || memcmp(bytes, "ba", 2) == 0);
	close(fds[0]);
	close(fds[1]);
}

/* Where the system cannot give us a description of our own. */
static void
test_shared_pipe(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	js = (struct jobserver){
		.client = true, .active = true, .shared = true,
		.rfd = fds[0], .wfd = fds[1], .keep = { -1, -1 },
	};
	assert_false(jobserver_take(&js));
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_true(jobserver_take(&js));
	assert_false(jobserver_take(&js));
}

static void
test_unusable(void **state)
{
	(void)state;
	assert_int_equal(opened(JOBSERVER_AUTO, 2,
		" -j --jobserver-auth=870,871"), 0);
	assert_non_null(strstr(warning.p, "'870,871'"));
	assert_false(js.client);
	assert_true(js.active);
	jobserver_close(&js);
	assert_int_equal(opened(JOBSERVER_AUTO, 2,
		" -j --jobserver-auth=-2,-2"), 0);
	assert_string_equal(warning.p, "");
	jobserver_close(&js);
	assert_int_equal(opened(JOBSERVER_AUTO, 2,
		" -j --jobserver-auth=fifo:/no/such/fifo"), 0);
	assert_non_null(strstr(warning.p, "/no/such/fifo"));
	jobserver_close(&js);
	/* Variables' values are not flags. */
	assert_int_equal(opened(JOBSERVER_AUTO, 1,
		" -- X=1 --jobserver-auth=870,871"), 0);
	assert_string_equal(warning.p, "");
}

/* ---- in a build ---- */

static int tokens[2];
static unsigned running, most;

static void
check_tokens(void)
{
	unsigned held = running ? running - 1 : 0;

	assert_int_equal(lying(tokens[0]), 3 - (int)held);
	most = running > most ? running : most;
}

static void
on_started(void *ctx, uint32_t step)
{
	(void)ctx;
	(void)step;
	running++;
	check_tokens();
}

static void
on_finished(void *ctx, uint32_t step, enum step_end how,
	const struct result *r, struct str output)
{
	(void)ctx;
	(void)step;
	(void)r;
	(void)output;
	if (how == END_RAN || how == END_FAILED)
		running--;
	check_tokens();
}

/* As many tokens are held as steps run beyond the first, at every moment that
 * can be seen. */
static void
test_tokens_equal_steps(void **state)
{
	const struct build_events ev = {
		.started = on_started, .finished = on_finished,
	};
	struct sched_opts o = { .jobs = 1, .keep = 0 };
	struct world w;
	struct buf m = { 0 };
	uint32_t *ids, n;
	char flags[64];
	int exit;

	(void)state;
	buf_adds(&m, "rule sh\n  command = $cmd\n");
	for (int i = 0; i < 60; i++)
		buf_addf(&m, "build o%d: sh%s\n  cmd = %s\n", i,
		         i % 7 == 6 ? " o1 o2 o3" : "",
		         i % 11 == 10 ? "exit 1" :
		         i % 13 == 12 ? "no-such-program-here" :
		         i % 5 ? "touch $out x" : "sh -c 'touch y'");
	world_make(&w, m.p);
	buf_release(&m);
	assert_int_equal(pipe(tokens), 0);
	assert_int_equal(write(tokens[1], "+++", 3), 3);
	snprintf(flags, sizeof(flags), " -j4 --jobserver-auth=%d,%d",
	         tokens[0], tokens[1]);
	setenv("MAKEFLAGS", flags, 1);
	assert_int_equal(world_open(&w, STATE_WRITE), 0);
	graph_roots(w.s.g, &ids, &n);
	assert_int_equal(sched_build(&w.s, NULL, ids, n, &o, &ev, NULL, NULL,
	                             &exit, &err), SCHED_FAILED);
	free(ids);
	assert_int_equal(lying(tokens[0]), 3);
	assert_true(most > 1);
	assert_true(most <= 4);
	world_remove(&w);
	close(tokens[0]);
	close(tokens[1]);
}

static void
on_third(void *ctx, uint32_t step)
{
	on_started(ctx, step);
	if (running == 3)
		assert_int_equal(kill(getpid(), SIGTERM), 0);
}

static void
test_tokens_come_back(void **state)
{
	const struct build_events ev = { .started = on_third };
	struct sched_opts o = { .jobs = 1 };
	struct world w;
	uint32_t *ids, n;
	char flags[64];
	int exit;

	(void)state;
	world_make(&w, "rule s\n  command = sleep 1000\nbuild a: s\n"
	           "build b: s\nbuild c: s\n");
	running = 0;
	assert_int_equal(pipe(tokens), 0);
	assert_int_equal(write(tokens[1], "abc", 3), 3);
	snprintf(flags, sizeof(flags), " -j4 --jobserver-auth=%d,%d",
	         tokens[0], tokens[1]);
	setenv("MAKEFLAGS", flags, 1);
	assert_int_equal(world_open(&w, STATE_WRITE), 0);
	graph_roots(w.s.g, &ids, &n);
	assert_int_equal(sched_build(&w.s, NULL, ids, n, &o, &ev, NULL, NULL,
	                             &exit, &err), SCHED_INTERRUPTED);
	assert_int_equal(exit, 128 + SIGTERM);
	free(ids);
	assert_int_equal(lying(tokens[0]), 3);
	world_remove(&w);
	close(tokens[0]);
	close(tokens[1]);
}

/* A step can use the jobserver that we serve, and nobody else sees it. */
static void
test_steps_inherit(void **state)
{
	struct built b;

	(void)state;
	built_make(&b, "rule sh\n  command = $cmd\n"
	           "build a: sh\n  cmd = echo \"[$$MAKEFLAGS]\"; "
	           "fd=$${MAKEFLAGS##*=}; fd=$${fd%,*}; "
	           "test -p /dev/fd/$$fd && echo open\n");
	b.o.jobs = 5;
	assert_int_equal(setenv("MAKEFLAGS", "", 1), 0);
	built_run(&b, NULL);
	assert_non_null(strstr(b.output.p, "[ -j5 --jobserver-auth="));
	assert_non_null(strstr(b.output.p, "\nopen\n"));
	built_remove(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_teardown(name, teardown)
		T(test_serves_pipe), T(test_serves_fifo),
		T(test_serves_nothing), T(test_serves_one), T(test_uses_pipe),
		T(test_shared_pipe), T(test_unusable),
		T(test_tokens_equal_steps), T(test_tokens_come_back),
		T(test_steps_inherit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
