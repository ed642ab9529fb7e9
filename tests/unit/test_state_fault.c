/* SPDX-License-Identifier: Apache-2.0 */
/* Killed at any instant, and a disk that is full at any byte: the next open
 * works from what was recorded. */
#include "unit/world.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const char manifest[] =
	"rule cp\n  command = cp $in $out\n"
	"build mid: cp src\n"
	"build out: cp mid\n";

static struct world w;

static int
setup(void **state)
{
	(void)state;
	world_make(&w, manifest);
	world_file(&w, "src", "0\n");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_remove(&w);
	return 0;
}

static bool
copy(const char *from, const char *to)
{
	struct buf b = { 0 };
	bool done = file_read(from, &b, NULL) == 1 &&
	            file_write(to, b.p, b.n, false, NULL) == 0;

	buf_release(&b);
	return done;
}

static void
run_step(const char *from, const char *to)
{
	if (!copy(from, to))
		_exit(9);
}

static int64_t
recorded(const char *out)
{
	return w.s.result[world_step(&w, out)].start_ns;
}

/* As world_passed, in a process without cmocka, with a number that grows. */
static int
record(const char *out, int64_t number, bool with_new_node, struct err *err)
{
	uint32_t node = graph_find(w.s.g, str_of(out));
	uint32_t step = w.s.g->nodes.p[node].producer;
	struct result r = { .status = RESULT_PASSED, .start_ns = number };
	struct digest key;
	char name[32];
	int rc;

	if (with_new_node) {
		uint32_t n;

		snprintf(name, sizeof(name), "seen%lld", (long long)number);
		n = graph_node_add(w.s.g, str_of(name));
		graph_observe(w.s.g, step, &n, 1);
	}
	state_grow(&w.s);
	state_stale(&w.s, node);
	for (uint32_t i = 0; i < w.s.g->nodes.n; i++)
		if (state_look(&w.s, &i, 1, NULL) < 0)
			_exit(9);
	if (store_key(&w.s, step, &key, NULL) < 0)
		_exit(9);
	store_full_key(&w.s, step, &key, &r.key);
	store_outs(&w.s, step, &r.outs);
	rc = state_record(&w.s, step, &r, err);
	state_verified(&w.s, step);
	return rc;
}

/* Runs for ever: changes the source, makes both outputs, tells the number of
 * what is recorded; now and then it saves, or ends and begins again. */
static void
work(int64_t number, int tell)
{
	for (;; number++) {
		char text[32];

		if (!w.s.g && world_open(&w, STATE_WRITE) < 0)
			_exit(9);
		snprintf(text, sizeof(text), "%lld\n", (long long)number);
		tree_file(&w.t, "src", text);
		state_stale(&w.s, graph_find(w.s.g, STR("src")));
		run_step("src", "mid");
		if (record("mid", number, number % 3 == 0, NULL) < 0)
			_exit(9);
		run_step("mid", "out");
		if (record("out", number, false, NULL) < 0 ||
		    write(tell, &number, sizeof(number)) != sizeof(number))
			_exit(9);
		if (number % 4 == 0)
			state_set_extra(&w.s, 0, str_of(text));
		if (number % 2 == 0 && state_save(&w.s, NULL) < 0)
			_exit(9);
		if (number % 7 == 0)
			world_close(&w);
	}
}

static void
test_kill(void **state)
{
	static const char *const outs[] = { "mid", "out" };
	unsigned seed = 1;
	int64_t number = 0;

	(void)state;
	for (int round = 0; round < 60; round++) {
		int pipes[2], status;
		pid_t pid;

		assert_int_equal(pipe(pipes), 0);
		pid = fork();
		if (pid == 0)
			work(number + 1, pipes[1]);
		close(pipes[1]);
		seed = seed * 1103515245 + 12345;
		for (unsigned i = 0; i < 1 + seed / 65536 % 23; i++)
			assert_int_equal(read(pipes[0], &number,
			                      sizeof(number)), sizeof(number));
		usleep(seed / 65536 % 2000);
		kill(pid, SIGKILL);
		while (read(pipes[0], &number, sizeof(number)) ==
		       sizeof(number))
			;
		close(pipes[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(world_open(&w, STATE_WRITE), 1);
		for (int i = 0; i < 2; i++) {
			assert_true(recorded(outs[i]) >= number);
			world_look_all(&w);
			if (world_verified(&w, outs[i]))
				assert_true(world_current(&w, outs[i]));
		}
		number = recorded("mid");
		world_close(&w);
	}
}

/* Everything that is written stops at limit bytes. */
static int
with_limit(rlim_t limit)
{
	struct rlimit r = { limit, limit };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err err = { 0 };
		int first, second, saved;

		signal(SIGXFSZ, SIG_IGN);
		if (world_open(&w, STATE_WRITE) != 1 ||
		    setrlimit(RLIMIT_FSIZE, &r) < 0)
			_exit(9);
		first = record("mid", 2, true, &err);
		second = record("out", 2, false, NULL);
		state_set_extra(&w.s, 1, STR("new"));
		saved = state_save(&w.s, &err);
		/* Said once, and kept in memory. */
		if (first < 0 && (second < 0 || !err.msg))
			_exit(8);
		if (recorded("out") != 2 || (saved < 0 && !err.msg))
			_exit(7);
		_exit(saved < 0 ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_full_disk(void **state)
{
	struct buf snapshot = { 0 }, journal = { 0 };
	int failed = 0, done = 0;

	(void)state;
	assert_true(copy("src", "mid"));
	assert_true(copy("src", "out"));
	assert_int_equal(world_open(&w, STATE_WRITE), 0);
	assert_int_equal(record("mid", 1, false, &w.err), 0);
	assert_int_equal(record("out", 1, false, &w.err), 0);
	world_close(&w);
	assert_int_equal(file_read(".tgraph/t.state", &snapshot, NULL), 1);
	assert_int_equal(file_read(".tgraph/t.journal", &journal, NULL), 1);
	for (rlim_t limit = 0; limit < snapshot.n + 1500; limit += 61) {
		int rc = with_limit(limit);
		int64_t got;

		assert_true(rc == 0 || rc == 1);
		failed += rc;
		done += !rc;
		assert_int_equal(world_open(&w, STATE_WRITE), 1);
		got = recorded("mid");
		assert_true(got == 2 || (got == 1 && rc == 1));
		got = recorded("out");
		assert_true(got == 2 || (got == 1 && rc == 1));
		assert_true(world_current(&w, "mid"));
		world_close(&w);
		unlink(".tgraph/t.state");
		unlink(".tgraph/t.journal");
		file_write(".tgraph/t.state", snapshot.p, snapshot.n, false,
		           NULL);
		file_write(".tgraph/t.journal", journal.p, journal.n, false,
		           NULL);
	}
	assert_true(failed > 10);
	assert_true(done > 10);
	buf_release(&snapshot);
	buf_release(&journal);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kill, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full_disk, setup,
		                                teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
