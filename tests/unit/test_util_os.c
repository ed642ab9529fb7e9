/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tree.h"
#include "util/mem.h"
#include "util/os.h"

static void
clocks(void **state)
{
	int64_t now = os_now(), wall = os_wall();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		int64_t later = os_now();

		assert_true(later >= now);
		now = later;
	}
	/* nanoseconds of this century */
	assert_true(wall / 1000000000 >= time(NULL) - 2);
	assert_true(wall / 1000000000 <= time(NULL));
}

struct counts {
	atomic_uint *v;
	atomic_uint total;
};

static void
count(void *ctx, uint32_t i)
{
	struct counts *c = ctx;

	atomic_fetch_add(&c->v[i], 1);
	atomic_fetch_add(&c->total, 1);
}

/* Each number once, whatever the number of threads. */
static void
in_parallel(void **state)
{
	static const uint32_t many[] = { 0, 1, 2, 3, 100, 257, 4099, 70001 };
	static const unsigned threads[] = { 0, 1, 2, 3, 17 };

	(void)state;
	for (size_t i = 0; i < countof(many); i++) {
		for (size_t k = 0; k < countof(threads); k++) {
			struct counts c = {
				.v = xcalloc(many[i] + 1, sizeof(*c.v)),
			};

			os_parallel(threads[k], many[i], count, &c);
			assert_int_equal(c.total, many[i]);
			for (uint32_t n = 0; n < many[i]; n++)
				assert_int_equal(c.v[n], 1);
			free(c.v);
		}
	}
}

static void
note_thread(void *ctx, uint32_t i)
{
	pthread_t *ids = ctx;

	ids[i] = pthread_self();
}

static void
one_thread_is_the_callers(void **state)
{
	pthread_t ids[50];

	(void)state;
	os_parallel(1, countof(ids), note_thread, ids);
	for (size_t i = 0; i < countof(ids); i++)
		assert_true(pthread_equal(ids[i], pthread_self()));
	os_parallel(8, 1, note_thread, ids);
	assert_true(pthread_equal(ids[0], pthread_self()));
}

static void
the_machine(void **state)
{
	(void)state;
	assert_true(os_cpus() >= 1);
	assert_true(os_cpus() <= sysconf(_SC_NPROCESSORS_CONF));
	assert_true(os_load() >= 0);
#ifdef __linux__
	assert_true(os_mem_available() > 0);
#endif
}

static void
this_program(void **state)
{
	struct buf self = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(os_self(&self, NULL), 0);
	assert_int_equal(self.p[0], '/');
	assert_int_equal(self.p[self.n], 0);
	assert_int_equal(stat(self.p, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(access(self.p, X_OK), 0);
	buf_release(&self);
}

/* Longer than any fixed length, and behind what is in the buffer. */
static void
a_deep_directory(void **state)
{
	enum { DEEP = 12, LEN = 200 };
	struct buf cwd = { 0 }, want = { 0 };
	char name[LEN + 1];
	struct tree t;
	int back;

	(void)state;
	tree_make(&t);
	back = open(".", O_RDONLY | O_DIRECTORY);
	assert_int_equal(chdir(t.root), 0);
	buf_addf(&want, "is %s", t.root);
	memset(name, 'd', LEN);
	name[LEN] = '\0';
	for (int i = 0; i < DEEP; i++) {
		assert_int_equal(mkdir(name, 0777), 0);
		assert_int_equal(chdir(name), 0);
		buf_addf(&want, "/%s", name);
	}
	buf_adds(&cwd, "is ");
	assert_int_equal(os_cwd(&cwd, NULL), 0);
	assert_string_equal(cwd.p, want.p);
	assert_int_equal(cwd.n, want.n);
	buf_release(&cwd);
	buf_release(&want);
	assert_int_equal(fchdir(back), 0);
	close(back);
	tree_remove(&t);
}

static void
a_directory_that_is_gone(void **state)
{
	struct buf cwd = { 0 };
	struct err err = { 0 };
	struct tree t;
	int back = open(".", O_RDONLY | O_DIRECTORY);

	(void)state;
	tree_make(&t);
	assert_int_equal(chdir(t.root), 0);
	tree_remove(&t);
	assert_int_equal(os_cwd(&cwd, &err), -1);
	assert_string_equal(err.msg, "getcwd: No such file or directory");
	err_release(&err);
	buf_release(&cwd);
	assert_int_equal(fchdir(back), 0);
	close(back);
}

/* In a child that closed some of them, bits of which: are all there? */
static int
std_fds_in_child(unsigned closed)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int next;

		for (int fd = 0; fd <= 2; fd++)
			if (closed & 1u << fd)
				close(fd);
		if (os_std_fds() < 0)
			_exit(1);
		for (int fd = 0; fd <= 2; fd++)
			if (fcntl(fd, F_GETFD) < 0)
				_exit(2);
		next = open("/dev/null", O_RDONLY);
		_exit(next > 2 ? 0 : 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
standard_descriptors(void **state)
{
	(void)state;
	for (unsigned closed = 0; closed < 8; closed++)
		assert_int_equal(std_fds_in_child(closed), 0);
}

static void
columns(void **state)
{
	struct winsize size = { .ws_col = 123, .ws_row = 4 };
	int null = open("/dev/null", O_RDWR), pty, side;

	(void)state;
	assert_int_equal(os_columns(null), 0);
	assert_int_equal(os_columns(-1), 0);
	close(null);
	pty = posix_openpt(O_RDWR | O_NOCTTY);
	if (pty < 0)
		skip();         /* /dev/pts is not there */
	assert_int_equal(grantpt(pty), 0);
	assert_int_equal(unlockpt(pty), 0);
	side = open(ptsname(pty), O_RDWR | O_NOCTTY);
	assert_true(side >= 0);
	assert_int_equal(ioctl(side, TIOCSWINSZ, &size), 0);
	assert_int_equal(os_columns(side), 123);
	close(side);
	close(pty);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks),
		cmocka_unit_test(in_parallel),
		cmocka_unit_test(one_thread_is_the_callers),
		cmocka_unit_test(the_machine),
		cmocka_unit_test(this_program),
		cmocka_unit_test(a_deep_directory),
		cmocka_unit_test(a_directory_that_is_gone),
		cmocka_unit_test(standard_descriptors),
		cmocka_unit_test(columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
