/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/spawn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/signals.h"
#include "util/file.h"

static char dir[64];
static struct buf found;

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/tg-spawn-XXXXXX");
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	buf_release(&found);
	return chdir("/") == 0 ? dir_remove(dir, NULL) : -1;
}

static void
make(const char *path, int mode)
{
	assert_int_equal(dir_make_parent(path, NULL), 0);
	assert_int_equal(file_write(path, "#!/bin/sh\n", 10, false, NULL), 0);
	assert_int_equal(chmod(path, (mode_t)mode), 0);
}

static void
find_as_a_shell(void **state)
{
	char *before = getenv("PATH") ? strdup(getenv("PATH")) : NULL;

	(void)state;
	make("a/tool", 0644);           /* not to be run */
	make("b/tool/x", 0644);         /* a directory of that name */
	make("c/tool", 0755);
	make("d/tool", 0755);
	make("here", 0755);
	setenv("PATH", "none:a:b:c:d", 1);
	assert_true(spawn_find("tool", &found));
	assert_string_equal(found.p, "c/tool");
	assert_false(spawn_find("here", &found));
	assert_true(spawn_find("./no/such", &found));
	assert_string_equal(found.p, "./no/such");
	/* nothing between colons is the working directory */
	setenv("PATH", "c::d", 1);
	assert_true(spawn_find("here", &found));
	assert_string_equal(found.p, "here");
	setenv("PATH", "c:", 1);
	assert_true(spawn_find("here", &found));
	unsetenv("PATH");
	assert_false(spawn_find("tool", &found));
	if (before)
		setenv("PATH", before, 1);
	free(before);
}

static int
run(const char *script, const int keep[2], struct buf *out)
{
	char *argv[] = { "sh", "-c", (char *)script, NULL };
	char *env[] = { "A=b", NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), fds[2], status;
	struct spawn s = { .argv = argv, .env = env, .in = null,
	                   .keep = { keep[0], keep[1] } };
	char chunk[256];
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	s.out = fds[1];
	assert_int_equal(spawn_path(&pid, "/bin/sh", &s), 0);
	close(fds[1]);
	buf_clear(out);
	buf_adds(out, "");
	while ((n = read(fds[0], chunk, sizeof(chunk))) > 0 ||
	       (n < 0 && errno == EINTR))
		if (n > 0)
			buf_add(out, chunk, (size_t)n);
	close(fds[0]);
	close(null);
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return status;
}

static void
what_the_child_has(void **state)
{
	const int none[2] = { -1, -1 };
	struct buf out = { 0 };
	int keep[2];
	char script[128];

	(void)state;
	assert_int_equal(run("echo $A; echo err >&2; cat; exit 3", none, &out),
	                 3 << 8);
	assert_string_equal(out.p, "b\nerr\n");
	/* a group of its own */
	run("read -r a b c d pgrp rest </proc/self/stat 2>/dev/null || pgrp=$$\n"
	    "[ $pgrp = $$ ] && echo own", none, &out);
	assert_string_equal(out.p, "own\n");
	assert_int_equal(pipe(keep), 0);
	fcntl(keep[0], F_SETFD, FD_CLOEXEC);
	fcntl(keep[1], F_SETFD, FD_CLOEXEC);
	snprintf(script, sizeof(script), "echo x >&%d || exit 1", keep[1]);
	assert_int_not_equal(run(script, none, &out), 0);
	assert_int_equal(run(script, keep, &out), 0);
	/* and ours are still closed at exec */
	assert_int_equal(fcntl(keep[1], F_GETFD), FD_CLOEXEC);
	close(keep[0]);
	close(keep[1]);
	buf_release(&out);
}

static void
signals_are_as_ever(void **state)
{
	const int none[2] = { -1, -1 };
	struct buf out = { 0 };
	sigset_t some, now;
	int status;

	(void)state;
	assert_true(signals_open(NULL) >= 0);
	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	sigprocmask(SIG_BLOCK, &some, NULL);
	/* neither blocked nor caught in the child */
	status = run("kill -TERM $$; echo alive", none, &out);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	assert_string_equal(out.p, "");
	/* still blocked here, and nothing else is */
	sigprocmask(SIG_SETMASK, NULL, &now);
	assert_int_equal(sigismember(&now, SIGTERM), 1);
	assert_int_equal(sigismember(&now, SIGINT), 0);
	sigprocmask(SIG_UNBLOCK, &some, NULL);
	assert_int_equal(signals_next(), SIGCHLD);
	assert_int_equal(signals_next(), 0);
	signals_close();
	buf_release(&out);
}

static void
what_cannot_be_run(void **state)
{
	char *argv[] = { "x", NULL }, *env[] = { NULL };
	struct spawn s = { .argv = argv, .env = env, .in = -1, .out = -1,
	                   .keep = { -1, -1 } };
	int status;
	pid_t pid;

	(void)state;
	make("plain", 0644);
	assert_int_equal(spawn_path(&pid, "no/such", &s), ENOENT);
	assert_int_equal(spawn_path(&pid, "plain", &s), EACCES);
	/* no child is left */
	assert_int_equal(waitpid(-1, &status, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(find_as_a_shell, setup,
		                                teardown),
		cmocka_unit_test(what_the_child_has),
		cmocka_unit_test(signals_are_as_ever),
		cmocka_unit_test_setup_teardown(what_cannot_be_run, setup,
		                                teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
