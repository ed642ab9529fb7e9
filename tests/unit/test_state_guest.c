/* SPDX-License-Identifier: Apache-2.0 */
/* A run below another one: what it leaves for that, whole and broken. */
#include "unit/world.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/internal.h"

static const char manifest[] =
	"rule cp\n  command = cp $in $out\n"
	"build mid: cp src\n"
	"build out: cp mid\n";

static const char left_path[] = ".tgraph/t.guest1";

static struct world w;

static int
setup(void **state)
{
	static const char *const paths[] = { "src", "mid", "out", "seen" };

	(void)state;
	world_make(&w, manifest);
	for (size_t i = 0; i < 4; i++)
		world_file(&w, paths[i], "1\n");
	assert_true(world_open(&w, STATE_WRITE) >= 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	world_remove(&w);
	return 0;
}

/* What the guest records, with this beginning and duration. */
static void
as_guest(const char *path, int64_t start, uint64_t us)
{
	struct world g = { 0 };
	uint32_t step, seen;
	struct digest key;
	struct result r = {
		.status = RESULT_PASSED, .start_ns = start, .duration_us = us,
	};

	if (world_open(&g, STATE_WRITE) < 0)
		_exit(2);
	step = world_step(&g, path);
	seen = graph_node_add(g.s.g, STR("seen"));
	graph_observe(g.s.g, step, &seen, 1);
	state_grow(&g.s);
	world_look_all(&g);
	store_key(&g.s, step, &key, NULL);
	store_full_key(&g.s, step, &key, &r.key);
	store_outs(&g.s, step, &r.outs);
	r.command = store_command(&g.s, step);
	if (state_record(&g.s, step, &r, NULL) < 0 ||
	    state_save(&g.s, NULL) < 0)
		_exit(3);
	world_close(&g);
	_exit(0);
}

static void
guest(const char *path, int64_t start, uint64_t us)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		as_guest(path, start, us);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static const struct result *
result_of(const char *path)
{
	return &w.s.result[world_step(&w, path)];
}

static void
test_taken(void **state)
{
	(void)state;
	guest("mid", 1000, 1);
	assert_int_equal(access(left_path, F_OK), 0);
	assert_int_equal(result_of("mid")->status, RESULT_NONE);
	/* A second one knows what the first has done. */
	guest("out", 2000, 1);
	state_guests(&w.s, NULL, NULL);
	assert_int_equal(access(left_path, F_OK), -1);
	assert_true(world_current(&w, "mid"));
	assert_true(world_current(&w, "out"));
	assert_int_equal(w.s.g->steps.p[world_step(&w, "mid")].nobs, 1);
	world_file(&w, "seen", "2\n");
	world_close(&w);
	assert_int_equal(world_open(&w, STATE_WRITE), 1);
	assert_false(world_current(&w, "mid"));
	assert_true(result_of("mid")->start_ns == 1000);
}

static void
test_left_by_the_killed(void **state)
{
	static const char *const none[] = { NULL };

	(void)state;
	world_passed(&w, "out", none);
	guest("mid", 1000, 1);
	world_close(&w);
	assert_int_equal(access(left_path, F_OK), 0);
	assert_int_equal(world_open(&w, STATE_WRITE), 1);
	assert_int_equal(access(left_path, F_OK), -1);
	assert_true(world_current(&w, "mid"));
}

static void
test_older_and_beside(void **state)
{
	uint32_t step = world_step(&w, "mid");
	struct result r;

	(void)state;
	world_passed(&w, "mid", NULL);
	r = *result_of("mid");
	r.start_ns = 5000;
	r.duration_us = 2;
	state_record(&w.s, step, &r, NULL);
	guest("mid", 1000, 1);
	state_guests(&w.s, NULL, NULL);
	assert_true(result_of("mid")->start_ns == 5000);
	assert_true(world_current(&w, "mid"));
	/* Both at once: it is not known what is there now. */
	guest("mid", 4500, 1);
	state_guests(&w.s, NULL, NULL);
	assert_true(result_of("mid")->start_ns == 5000);
	assert_true(digest_none(&result_of("mid")->key));
	guest("mid", 9000, 1);
	state_guests(&w.s, NULL, NULL);
	assert_true(world_current(&w, "mid"));
}

static bool
see(void *ctx, uint32_t step, const struct result *r)
{
	(void)r;
	*(uint32_t *)ctx = step;
	return true;
}

static void
test_refused(void **state)
{
	uint32_t step = GRAPH_NONE;

	(void)state;
	guest("mid", 1000, 1);
	state_guests(&w.s, see, &step);
	assert_int_equal(step, world_step(&w, "mid"));
	assert_int_equal(result_of("mid")->status, RESULT_NONE);
	assert_int_equal(access(left_path, F_OK), -1);
}

/* Cut off anywhere, or a byte flipped: what is whole is taken, and no more. */
static void
test_broken(void **state)
{
	static const struct result none;
	struct buf b = { 0 };
	size_t taken = 0;

	(void)state;
	world_passed(&w, "out", NULL);
	guest("mid", 1000, 1);
	guest("out", 2000, 1);
	assert_int_equal(file_read(left_path, &b, NULL), 1);
	for (size_t i = 0; i <= 2 * b.n; i++) {
		size_t n = i <= b.n ? i : b.n;

		if (i > b.n)
			b.p[i - b.n - 1] ^= (char)(1 << i % 8);
		assert_int_equal(file_write(left_path, b.p, n, false, NULL),
		                 0);
		if (i > b.n)
			b.p[i - b.n - 1] ^= (char)(1 << i % 8);
		w.s.result[world_step(&w, "mid")] = none;
		state_guests(&w.s, NULL, NULL);
		if (result_of("mid")->status != RESULT_NONE) {
			assert_true(world_current(&w, "mid"));
			taken++;
		}
	}
	/* Whole in more than half of the cut ones, and where the second one
	 * was flipped. */
	assert_true(taken > b.n / 2 && taken < 2 * b.n);
	buf_release(&b);
}

static void
test_others_wait(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	world_close(&w);
	/* Who holds it is below us, not above. */
	pid = fork();
	if (pid == 0) {
		world_open(&w, STATE_WRITE);
		tree_file(&w.t, "held", "");
		for (;;)
			pause();
	}
	while (access("held", F_OK) < 0)
		sched_yield();
	assert_int_equal(world_open(&w, STATE_WRITE), -1);
	assert_non_null(strstr(w.err.msg, "another tgraph"));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static void
until(const char *path)
{
	while (access(path, F_OK) < 0)
		sched_yield();
}

/* One that holds the state, records a result without its key and has taken 77;
 * then, when it is told to, with its key. */
static void
hold(void)
{
	uint32_t step;
	struct result r = { .status = RESULT_PASSED, .start_ns = 1000 };
	struct digest key;

	if (world_open(&w, STATE_WRITE) < 0 || !state_take(&w.s, 77, NULL))
		_exit(2);
	step = world_step(&w, "mid");
	world_look_all(&w);
	store_key(&w.s, step, &key, NULL);
	store_outs(&w.s, step, &r.outs);
	r.command = store_command(&w.s, step);
	state_record(&w.s, step, &r, NULL);
	tree_file(&w.t, "first", "");
	until("go");
	store_full_key(&w.s, step, &key, &r.key);
	state_record(&w.s, step, &r, NULL);
	tree_file(&w.t, "second", "");
	for (;;)
		pause();
}

static void
test_beside(void **state)
{
	long holder;
	pid_t pid;

	(void)state;
	world_close(&w);
	pid = fork();
	if (pid == 0)
		hold();
	until("first");
	assert_true(world_open(&w, STATE_BESIDE) >= 0);
	assert_int_equal(state_place(&w.s), 1);
	state_catch_up(&w.s);
	assert_int_equal(result_of("mid")->status, RESULT_PASSED);
	assert_false(world_current(&w, "mid"));
	assert_false(state_take(&w.s, 77, &holder));
	assert_int_equal(holder, pid);
	assert_true(state_take(&w.s, 1 << 20, &holder));
	tree_file(&w.t, "go", "");
	until("second");
	assert_true(state_catch_up(&w.s));
	assert_false(state_catch_up(&w.s));
	assert_true(world_current(&w, "mid"));
	assert_int_equal(access(".tgraph/t~1.guest", F_OK), -1);
	world_passed(&w, "out", NULL);
	assert_int_equal(access(".tgraph/t~1.guest", F_OK), 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(state_take(&w.s, 77, NULL));
	/* Both are dead: whoever comes takes it over. */
	world_close(&w);
	assert_int_equal(world_open(&w, STATE_WRITE), 1);
	assert_int_equal(access(".tgraph/t~1.guest", F_OK), -1);
	assert_true(world_current(&w, "mid"));
	assert_true(world_current(&w, "out"));
}

/* As a run does that knows later whether what lies outside was the same. */
static void
pass_twice(const char *path)
{
	uint32_t step = world_step(&w, path);
	struct result whole, r;

	world_passed(&w, path, NULL);
	whole = r = w.s.result[step];
	r.key = (struct digest){ 0 };
	if (state_record(&w.s, step, &r, NULL) < 0 ||
	    state_record(&w.s, step, &whole, NULL) < 0)
		_exit(3);
}

/* Opens the state in another process, which may record a step, and says by a file
 * that it has; it lives until it is killed. */
static pid_t
other_run(enum state_mode mode, const char *step, const char *says)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (world_open(&w, mode) < 0)
			_exit(2);
		if (step)
			pass_twice(step);
		tree_file(&w.t, says, "");
		for (;;)
			pause();
	}
	until(says);
	return pid;
}

static void
end_run(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* What was learned of a run that goes on is found up to date; when it has ended
 * and is taken over, it still is. */
static void
test_known_and_taken_over(void **state)
{
	pid_t first, second;

	(void)state;
	world_close(&w);
	first = other_run(STATE_WRITE, NULL, "held");
	second = other_run(STATE_BESIDE, "mid", "done");
	end_run(first);
	assert_int_equal(world_open(&w, STATE_WRITE), -1);
	err_release(&w.err);
	assert_true(world_open(&w, STATE_BESIDE) >= 0);
	assert_int_equal(state_place(&w.s), 0);
	assert_true(world_current(&w, "mid"));
	state_verified(&w.s, world_step(&w, "mid"));
	state_guests(&w.s, NULL, NULL);
	assert_int_equal(access(".tgraph/t~1.guest", F_OK), 0);
	end_run(second);
	state_guests(&w.s, NULL, NULL);
	assert_int_equal(access(".tgraph/t~1.guest", F_OK), -1);
	assert_true(result_of("mid")->flags & RESULT_VERIFIED);
	world_close(&w);
	assert_int_equal(world_open(&w, STATE_WRITE), 1);
	assert_true(world_current(&w, "mid"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_left_by_the_killed, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_older_and_beside, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_broken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_others_wait, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_beside, setup, teardown),
		cmocka_unit_test_setup_teardown(test_known_and_taken_over,
		                                setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
