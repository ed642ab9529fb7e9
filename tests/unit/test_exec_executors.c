/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/executors.h"
#include "exec/loop.h"
#include "exec/signals.h"
#include "exec/worker.h"
#include "unit/tree.h"
#include "util/buf.h"
#include "util/os.h"

static struct tree t;
static struct loop *l;
static struct executors *ex;
static struct loop_fd signals;

/* What runs, and how it ended. */
struct job {
	struct execution *x;
	int changes;
	struct exec_end end;
	struct buf output;
};

static void
on_changed(void *ctx)
{
	((struct job *)ctx)->changes++;
}

static void
on_signal(void *ctx, unsigned what)
{
	int sig;

	(void)ctx;
	(void)what;
	while ((sig = signals_next()))
		if (sig == SIGCHLD)
			executors_child(ex);
}

static int
setup(void **state)
{
	const struct executors_opts opts = { .jobs = 4, .jobs_given = true };

	(void)state;
	tree_make(&t);
	if (chdir(t.root) < 0)
		abort();
	l = loop_new();
	ex = executors_new();
	assert_int_equal(executors_open(ex, &opts, NULL, NULL), 0);
	signals = (struct loop_fd){
		.fd = signals_open(NULL), .what = LOOP_READ, .ready = on_signal,
	};
	loop_add(l, &signals);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	signals_close();
	executors_free(ex);
	loop_free(l);
	if (chdir("/") < 0)
		abort();
	tree_remove(&t);
	/* Nobody is left behind. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return 0;
}

static void
start(struct job *j, const char *command, const struct worker_job *warm)
{
	const struct exec_job job = {
		.command = command, .warm = warm, .loop = l,
		.changed = on_changed, .ctx = j,
	};
	struct buf warning = { 0 };

	*j = (struct job){ 0 };
	assert_int_equal(executors_start(ex, &job, &j->x, &warning, NULL), 0);
	assert_int_equal(j->changes, 0);
	assert_int_equal(warning.n, 0);
}

/* Its status, as waitpid gives it. */
static int
end(struct job *j, const char *output)
{
	while (j->x->state != EXECUTION_ENDED)
		loop_wait(l, INT64_MAX);
	assert_int_equal(j->changes, 1);
	j->x->ops->collect(j->x, &j->end, &j->output);
	assert_string_equal(buf_str(&j->output).p, output);
	assert_false(j->end.quiet);
	assert_int_equal(j->end.payload, -1);
	j->x->ops->release(j->x);
	buf_release(&j->output);
	return j->end.status;
}

static void
test_opened_once(void **state)
{
	const struct executors_opts other = { .jobserver = "nonsense" };
	struct executors *second = executors_new();
	struct err err = { 0 };
	size_t n = ex->n;

	(void)state;
	/* It is open already: what it is asked for now does not count. */
	assert_int_equal(executors_open(ex, &other, NULL, &err), 0);
	assert_int_equal(ex->n, n);
	assert_true(ex->most <= 4);
	assert_int_equal(executors_open(second, &other, NULL, &err), -1);
	assert_int_equal(err.code, EXIT_USAGE);
	assert_int_equal(executors_family(second), 0);
	executors_free(second);
	executors_free(NULL);
	err_release(&err);
}

static void
test_commands(void **state)
{
	struct job a, b, c;

	(void)state;
	start(&a, "echo a; echo err >&2; exit 3", NULL);
	start(&b, "printf b", NULL);
	start(&c, "kill -KILL $$", NULL);
	assert_int_equal(a.x->state, EXECUTION_RUNS);
	assert_int_equal(WEXITSTATUS(end(&a, "a\nerr\n")), 3);
	assert_int_equal(end(&b, "b"), 0);
	assert_int_equal(WTERMSIG(end(&c, "")), SIGKILL);
}

/* One waits for what another does. */
static void
test_ended_out_of_order(void **state)
{
	struct job a, b, c;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	start(&a, "read x <fifo; echo $x", NULL);
	start(&b, "echo b", NULL);
	start(&c, "echo c", NULL);
	assert_int_equal(end(&c, "c\n"), 0);
	assert_int_equal(end(&b, "b\n"), 0);
	assert_int_equal(a.x->state, EXECUTION_RUNS);
	start(&b, "echo go >fifo", NULL);
	assert_int_equal(end(&a, "go\n"), 0);
	assert_int_equal(end(&b, ""), 0);
}

/* What it wrote before is kept, and a signal after its end hits nobody. */
static void
test_signals(void **state)
{
	struct job a, b;

	(void)state;
	start(&a, "echo begun; : >a; exec sleep 1000", NULL);
	start(&b, "trap '' TERM; echo begun; : >b; exec sleep 1000", NULL);
	while (access("a", F_OK) < 0 || access("b", F_OK) < 0)
		loop_wait(l, os_now() + 1000000);
	a.x->ops->signal(a.x, SIGTERM);
	while (a.x->state != EXECUTION_ENDED)
		loop_wait(l, INT64_MAX);
	a.x->ops->signal(a.x, SIGTERM);
	a.x->ops->kill(a.x);
	assert_int_equal(WTERMSIG(end(&a, "begun\n")), SIGTERM);
	b.x->ops->signal(b.x, SIGTERM);
	assert_int_equal(b.x->state, EXECUTION_RUNS);
	b.x->ops->kill(b.x);
	assert_int_equal(WTERMSIG(end(&b, "begun\n")), SIGKILL);
}

/* A daemon that holds the pipe does not keep it. */
static void
test_daemon(void **state)
{
	struct job a;
	pid_t daemon;

	(void)state;
	start(&a, "sleep 1000 & echo $!", NULL);
	while (a.x->state != EXECUTION_ENDED)
		loop_wait(l, INT64_MAX);
	a.x->ops->collect(a.x, &a.end, &a.output);
	daemon = (pid_t)atol(a.output.p);
	assert_true(daemon > 1);
	assert_int_equal(kill(daemon, SIGKILL), 0);
	a.x->ops->release(a.x);
	buf_release(&a.output);
}

/* No worker of this kind can be had: it runs by its command. */
static void
test_declined(void **state)
{
	const char *const args[] = { "x" };
	const struct worker_job warm = {
		.name = "w", .launch = "a 'quote that does not end",
		.argv = (char *const *)args, .argc = 1, .family = 7,
	};
	struct job a;

	(void)state;
	start(&a, "echo plain", &warm);
	assert_int_equal(a.x->state, EXECUTION_RUNS);
	assert_int_equal(executors_family(ex), 0);
	executors_shrink(ex);
	assert_int_equal(end(&a, "plain\n"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(test_opened_once), T(test_commands),
		T(test_ended_out_of_order), T(test_signals), T(test_daemon),
		T(test_declined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
