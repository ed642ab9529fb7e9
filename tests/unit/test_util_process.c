/* SPDX-License-Identifier: Apache-2.0 */
#include "util/process.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void
test_look(void **state)
{
	uint64_t before = process_clock(), after;
	struct process p, me;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		for (;;)
			pause();
	after = process_clock();
	assert_int_equal(process_look(pid, &p), 1);
	assert_int_equal(process_look(getpid(), &me), 1);
	assert_int_equal(p.pid, pid);
	assert_int_equal(p.parent, getpid());
	assert_int_equal(p.group, getpgrp());
	assert_int_equal(p.session, getsid(0));
	assert_false(p.zombie);
	assert_true(p.start + process_tick() >= before);
	assert_true(p.start <= after + process_tick());
	assert_true(me.start <= p.start);
	kill(pid, SIGKILL);
	/* Ended, and not yet asked after. */
	waitid(P_PID, (id_t)pid, NULL, WEXITED | WNOWAIT);
	if (process_look(pid, &p))
		assert_true(p.zombie);
	waitpid(pid, NULL, 0);
	assert_int_equal(process_look(pid, &p), 0);
}

static void
test_above(void **state)
{
	pid_t us = getpid(), pid;
	int status;

	(void)state;
	assert_true(process_is_above(getppid()));
	assert_false(process_is_above(us));
	pid = fork();
	if (pid == 0) {
		pid_t below = fork();

		if (below == 0)
			_exit(!process_is_above(us) ||
			      !process_is_above(getppid()) ||
			      process_is_above(getpid()));
		waitpid(below, &status, 0);
		_exit(status != 0 || process_is_above(below));
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	assert_false(process_is_above(pid));
}

static bool
is_it(void *ctx, const struct process *p)
{
	return p->pid == *(pid_t *)ctx;
}

static void
test_each(void **state)
{
	pid_t us = getpid(), nobody = -1;

	(void)state;
	assert_true(process_each(is_it, &us));
	assert_false(process_each(is_it, &nobody));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_above),
		cmocka_unit_test(test_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
