/* SPDX-License-Identifier: Apache-2.0 */
/* What is noted of what runs, and who is taken for it afterwards. */
#include "exec/running.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/tree.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/process.h"

static struct tree t;

static int
setup(void **state)
{
	(void)state;
	tree_make(&t);
	return chdir(t.root);
}

static int
teardown(void **state)
{
	(void)state;
	if (chdir("/") < 0)
		return -1;
	tree_remove(&t);
	return 0;
}

/* The path of the one file in the directory. */
static void
only_file(struct buf *out)
{
	DIR *d = opendir("running");
	struct dirent *e;
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		buf_clear(out);
		buf_addf(out, "running/%s", e->d_name);
		n++;
	}
	closedir(d);
	assert_int_equal(n, 1);
}

static pid_t
sleeper(bool group)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (group)
			setpgid(0, 0);
		for (;;)
			pause();
	}
	if (group)
		setpgid(pid, pid);
	return pid;
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static bool
is_alive(pid_t pid)
{
	int status;

	return waitpid(pid, &status, WNOHANG) == 0;
}

static void
test_lines(void **state)
{
	struct running_process p = { .pid = 5, .from = 6, .to = 7, .pipe = 8 };
	struct running *r = running_new("running", 0);
	struct buf path = { 0 }, text = { 0 };

	(void)state;
	assert_int_equal(access("running", F_OK), -1);
	assert_int_equal(running_add(r, &p), 0);
	p.group = true;
	assert_int_equal(running_add(r, &p), 1);
	p.pid = 9;
	assert_int_equal(running_add(r, &p), 2);
	running_remove(r, 1);
	running_remove(r, 1);
	running_remove(r, -1);
	p.pid = 10;
	assert_int_equal(running_add(r, &p), 1);
	running_remove(r, 2);
	only_file(&path);
	assert_int_equal(file_read(path.p, &text, NULL), 1);
	assert_int_equal(text.n, RUNNING_HEAD + 3 * RUNNING_LINE);
	assert_int_equal(text.p[RUNNING_HEAD - 1], '\n');
	assert_int_equal(strncmp(text.p + RUNNING_HEAD, "5 6 7 8 c ", 10), 0);
	assert_int_equal(strncmp(text.p + RUNNING_HEAD + RUNNING_LINE,
	                         "10 6 7 8 g ", 11), 0);
	assert_int_equal(strspn(text.p + RUNNING_HEAD + 2 * RUNNING_LINE, " "),
	                 RUNNING_LINE - 1);
	running_free(r);
	assert_int_equal(access("running", F_OK), -1);
	running_free(NULL);
	assert_int_equal(running_add(NULL, &p), -1);
	running_remove(NULL, 0);
	buf_release(&path);
	buf_release(&text);
}

static void
test_nowhere(void **state)
{
	struct running_process p = { .pid = 5 };
	struct running *r = running_new("no/running", 0);

	(void)state;
	assert_int_equal(running_add(r, &p), -1);
	assert_int_equal(running_add(r, &p), -1);
	running_free(r);
}

/* A run, killed after it has noted this, whose pid and group it leaves. */
static void
killed_marked(const struct running_process *p, uint64_t mark)
{
	struct running *r;
	pid_t pid = fork();

	if (pid == 0) {
		r = running_new("running", mark);
		running_add(r, p);
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, NULL, 0);
}

static void
killed_run(const struct running_process *p)
{
	killed_marked(p, 0);
}

static long told;

static void
found(void *ctx, long pid)
{
	assert_ptr_equal(ctx, &told);
	told = pid;
}

static void
test_ended(void **state)
{
	pid_t pid = sleeper(true);
	struct process p;
	struct running_process what = { .pid = pid, .group = true };

	(void)state;
	assert_int_equal(process_look(pid, &p), 1);
	what.from = what.to = p.start;
	killed_run(&what);
	told = 0;
	running_end_left("running", found, &told);
	assert_int_equal(told, pid);
	assert_false(is_alive(pid));
	assert_int_equal(access("running", F_OK), -1);
}

/* What has the lock of a run that has ended gives it up soon. */
static void
test_lock_is_late(void **state)
{
	pid_t pid = sleeper(true), holder;
	struct process p;
	struct running_process what = { .pid = pid, .group = true };
	struct buf path = { 0 };
	int fds[2];
	char c;

	(void)state;
	assert_int_equal(process_look(pid, &p), 1);
	what.from = what.to = p.start;
	killed_run(&what);
	only_file(&path);
	assert_int_equal(pipe(fds), 0);
	holder = fork();
	if (holder == 0) {
		if (flock(open(path.p, O_RDWR), LOCK_EX) < 0 ||
		    write(fds[1], "x", 1) != 1)
			_exit(1);
		poll(NULL, 0, 50);
		_exit(0);
	}
	assert_int_equal(read(fds[0], &c, 1), 1);
	told = 0;
	running_end_left("running", found, &told);
	assert_int_equal(told, pid);
	assert_false(is_alive(pid));
	assert_int_equal(access("running", F_OK), -1);
	waitpid(holder, NULL, 0);
	close(fds[0]);
	close(fds[1]);
	buf_release(&path);
}

/* The pid and group are the same, but it was started later, or sooner. */
static void
test_another(void **state)
{
	pid_t pid = sleeper(true);
	struct process p;
	struct running_process what = { .pid = pid, .group = true };

	(void)state;
	assert_int_equal(process_look(pid, &p), 1);
	told = 0;
	what.from = what.to = p.start - 5 * process_tick();
	killed_run(&what);
	running_end_left("running", found, &told);
	what.from = what.to = p.start + 5 * process_tick();
	killed_run(&what);
	running_end_left("running", found, &told);
	assert_int_equal(told, 0);
	assert_true(is_alive(pid));
	assert_int_equal(access("running", F_OK), -1);
	end(pid);
}

/* Of another boot, or another container. */
static void
test_elsewhere(void **state)
{
	pid_t pid = sleeper(true);
	struct process p;
	struct running_process what = { .pid = pid, .group = true };
	struct buf path = { 0 }, text = { 0 };
	char *world;

	(void)state;
	assert_int_equal(process_look(pid, &p), 1);
	what.from = what.to = p.start;
	killed_run(&what);
	only_file(&path);
	assert_int_equal(file_read(path.p, &text, NULL), 1);
	world = text.p;
	for (int i = 0; i < 6; i++)
		world = strchr(world, ' ') + 1;
	*world ^= 1;
	assert_int_equal(file_write(path.p, text.p, text.n, false, NULL), 0);
	told = 0;
	running_end_left("running", found, &told);
	assert_int_equal(told, 0);
	assert_true(is_alive(pid));
	end(pid);
	buf_release(&path);
	buf_release(&text);
}

static void
test_run_is_alive(void **state)
{
	pid_t pid = sleeper(true);
	struct running *r = running_new("running", 0);
	struct process p;
	struct running_process what = { .pid = pid, .group = true };

	(void)state;
	assert_int_equal(process_look(pid, &p), 1);
	what.from = what.to = p.start;
	assert_int_equal(running_add(r, &what), 0);
	told = 0;
	running_end_left("running", found, &told);
	assert_int_equal(told, 0);
	assert_true(is_alive(pid));
	running_free(r);
	end(pid);
}

/* Who asks is below the run: what does this, but for what is above who asks. */
static void
test_above(void **state)
{
	struct running *r = running_new("running", 0);
	struct running_process p = { .group = true, .id = 77 };
	pid_t other = sleeper(true), us = getpid(), pid;
	int status;

	(void)state;
	p.pid = other;
	running_add(r, &p);
	p.id = 78;
	p.pid = getppid();
	running_add(r, &p);
	/* It is not above itself. */
	assert_int_equal(running_elsewhere("running", 77), 0);
	running_claim(r, 80);
	pid = fork();
	if (pid == 0)
		_exit(running_elsewhere("running", 77) != other ||
		      running_elsewhere("running", 80) != us ||
		      running_elsewhere("running", 78) != 0 ||
		      running_elsewhere("running", 79) != 0);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	assert_int_equal(running_elsewhere("nowhere", 77), 0);
	running_free(r);
	end(other);
}

#ifdef __linux__

/* The leader has gone, and the rest is known by the pipe that it holds: only
 * in the run's session. */
static void
test_pipe(void **state)
{
	struct running_process what = { .group = true };
	struct stat st;
	pid_t leader, pid[2];
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fstat(fds[1], &st), 0);
	what.pipe = st.st_ino;
	what.from = process_clock();
	leader = sleeper(true);
	what.pid = leader;
	what.to = process_clock();
	for (int i = 0; i < 2; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			if (i)
				setsid();
			else
				setpgid(0, leader);
			dup2(fds[1], 2);
			for (;;)
				pause();
		}
		if (!i)
			setpgid(pid[i], leader);
	}
	end(leader);
	killed_run(&what);
	/* We have both ends too. */
	close(fds[1]);
	close(fds[0]);
	while (getsid(pid[1]) == getsid(0))
		continue;
	told = 0;
	running_end_left("running", found, &told);
	assert_int_equal(told, pid[0]);
	assert_false(is_alive(pid[0]));
	assert_true(is_alive(pid[1]));
	end(pid[1]);
}

/* What the run's own group holds is of the run if it has the pipe of its steps:
 * here we are the parent, and are in the session. */
static void
test_mark(void **state)
{
	struct running_process what = { 0 };
	struct stat st;
	pid_t pid[3];
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fstat(fds[0], &st), 0);
	what.from = process_clock();
	what.pid = sleeper(false);
	what.to = process_clock();
	pid[0] = sleeper(false);
	pid[1] = sleeper(true);
	close(fds[0]);
	close(fds[1]);
	pid[2] = sleeper(false);
	end(what.pid);
	killed_marked(&what, st.st_ino);
	told = 0;
	running_end_left("running", found, &told);
	assert_int_equal(told, pid[0]);
	assert_false(is_alive(pid[0]));
	assert_true(is_alive(pid[1]));
	assert_true(is_alive(pid[2]));
	end(pid[1]);
	end(pid[2]);
}

#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nowhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lock_is_late, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_another, setup, teardown),
		cmocka_unit_test_setup_teardown(test_elsewhere, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_run_is_alive, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_above, setup, teardown),
#ifdef __linux__
		cmocka_unit_test_setup_teardown(test_pipe, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mark, setup, teardown),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
