/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/built.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cjson/cJSON.h>

#include "exec/executors.h"
#include "exec/proto.h"
#include "exec/ring.h"
#include "exec/worker.h"
#include "store/local/local.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/os.h"

/* This program is also the worker, the plain command and the test that they
 * run:
 *
 *	PROGRAM plain RESULT WHAT...
 *	PROGRAM worker HOW --fd N --ring-fd M
 */

/* ---- what a test does ---- */

static const char passed[] =
	"{\"version\":1,\"file\":\"t.py\",\"status\":\"passed\","
	"\"collected\":2,\"items\":[{\"id\":\"a\",\"outcome\":\"passed\"},"
	"{\"id\":\"b\",\"outcome\":\"skipped\"}],\"collect_errors\":[],"
	"\"env\":[\"TG_TEST_VARIABLE\"],\"env_all\":false,\"done\":true}";
static const char failed[] =
	"{\"version\":1,\"file\":\"t.py\",\"status\":\"failed\","
	"\"reason\":\"1 failed\",\"summary\":\"why\",\"collected\":1,"
	"\"items\":[{\"id\":\"a\",\"outcome\":\"failed\"}],"
	"\"collect_errors\":[],\"env\":[],\"env_all\":false,\"done\":true}";

static void
note(const char *text)
{
	FILE *f = fopen("notes", "a");

	fprintf(f, "%s\n", text);
	fclose(f);
}

static int
leave(const char *result, const char *text, int code)
{
	return file_write(result, text, strlen(text), false, NULL) < 0
	     ? 9 : code;
}

static int
test(const char *result, const char *what)
{
	if (strcmp(what, "pass") == 0)
		return leave(result, passed, 0);
	if (strcmp(what, "fail") == 0)
		return leave(result, failed, 1);
	if (strcmp(what, "exit") == 0)
		return 0;
	if (strcmp(what, "forge") == 0)         /* itself, and no worker */
		return leave(result, passed, 0);
	if (strcmp(what, "lie") == 0)
		return leave(result, passed, 1);
	if (strcmp(what, "half") == 0)
		return leave(result, "{\"status\":\"passed\"", 0);
	if (strcmp(what, "flaky") == 0) {
		bool again = access("flaky", F_OK) == 0;

		note("flaky");
		leave("flaky", "", 0);
		return again ? leave(result, passed, 0)
		             : leave(result, failed, 1);
	}
	if (strcmp(what, "die") == 0)
		raise(SIGKILL);
	if (strcmp(what, "hang") == 0)
		for (note("hang");;)
			pause();
	return 8;
}

/* ---- the worker ---- */

static void
done(int fd, unsigned type, uint32_t seq, pid_t pid, int status,
	uint32_t size)
{
	struct proto_result r = {
		.magic = PROTO_RESULT_MAGIC, .version = PROTO_VERSION,
		.type = (uint16_t)type, .seq = seq, .status = status,
		.pid = (uint32_t)pid, .size = size, .offset = PROTO_NO_OFFSET,
	};

	if (write_all(fd, &r, sizeof(r)) < 0)
		_exit(0);
}

static void
answer(int fd, unsigned type, uint32_t seq, pid_t pid, int status)
{
	done(fd, type, seq, pid, status, 0);
}

/* Bytes of the result that the step has handed over. */
static uint32_t
handed_over(const char *result, const char *what)
{
	struct stat st;

	return strcmp(what, "forge") && stat(result, &st) == 0
	     ? (uint32_t)st.st_size : 0;
}

static bool
read_all(int fd, void *p, size_t n)
{
	char *at = p;

	while (n) {
		ssize_t k = read(fd, at, n);

		if (k <= 0)
			return false;
		at += k;
		n -= (size_t)k;
	}
	return true;
}

/* In company: all that ran is answered when it is asked for, or when one fails,
 * which then has to run alone. */
static struct { uint32_t seq, size; } lingers[8];
static int nlingers;

static void
finish(int fd)
{
	for (int i = 0; i < nlingers; i++)
		done(fd, PROTO_DONE, lingers[i].seq, getpid(), 0,
		     lingers[i].size);
	nlingers = 0;
	note("finished");
}

static void
serve_in_company(int fd, uint32_t seq, const char *result, const char *what)
{
	answer(fd, PROTO_STARTED, seq, getpid(), 0);
	if (test(result, what)) {
		note("again");
		answer(fd, PROTO_AGAIN, seq, getpid(), 0);
		finish(fd);
		return;
	}
	lingers[nlingers].seq = seq;
	lingers[nlingers++].size = handed_over(result, what);
	answer(fd, PROTO_LINGERS, seq, getpid(), 0);
}

static void
serve_one(int fd, uint32_t seq, cJSON *doc)
{
	cJSON *args = cJSON_GetObjectItemCaseSensitive(doc, "args");
	const char *result = cJSON_GetArrayItem(args, 0)->valuestring;
	const char *what = cJSON_GetArrayItem(args, 1)->valuestring;
	int status;
	pid_t pid;

	if (cJSON_HasObjectItem(doc, "isolation")) {
		serve_in_company(fd, seq, result, what);
		return;
	}
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		_exit(test(result, what));
	}
	setpgid(pid, pid);
	answer(fd, PROTO_STARTED, seq, pid, 0);
	waitpid(pid, &status, 0);
	done(fd, PROTO_DONE, seq, pid, status, handed_over(result, what));
}

static int
worker(const char *how, int fd)
{
	struct proto_request r;
	char text[4096];

	note("worker");
	if (strcmp(how, "dead") == 0)
		return 1;
	answer(fd, PROTO_READY, 0, getpid(), 0);
	while (read_all(fd, &r, sizeof(r)) && r.type != PROTO_QUIT) {
		cJSON *doc;

		if (r.type == PROTO_FINISH) {
			if (strcmp(how, "lone") == 0)
				raise(SIGKILL);
			finish(fd);
			continue;
		}
		if (r.magic != PROTO_REQUEST_MAGIC || r.size >= sizeof(text) ||
		    !read_all(fd, text, r.size))
			return 2;
		if (strcmp(how, "dies") == 0)
			raise(SIGKILL);
		if (strcmp(how, "babbles") == 0)
			answer(fd, 77, r.seq, 0, 0);
		if (strcmp(how, "mixes") == 0)
			answer(fd, PROTO_DONE, r.seq + 1, 5, 0);
		text[r.size] = '\0';
		doc = cJSON_Parse(text);
		serve_one(fd, r.seq, doc);
		cJSON_Delete(doc);
	}
	note("end");
	return 0;
}

/* ---- the tests ---- */

static struct built b;
static char *self;

static void
make(const char *how, const char *steps)
{
	struct buf m = { 0 };

	buf_addf(&m, "worker = %s worker %s\n"
	         "rule t\n  command = %s plain $args\n%s", self, how, self,
	         steps);
	built_make(&b, m.p);
	buf_release(&m);
	b.o.jobs = 1;
	b.o.keep = 0;
}

static int
teardown(void **state)
{
	(void)state;
	built_remove(&b);
	return 0;
}

/* How often was it noted? */
static int
noted(const char *what)
{
	struct buf text = { 0 };
	int n = 0;

	file_read("notes", &text, NULL);
	for (char *at = text.p; at && (at = strstr(at, what)); at++)
		n++;
	buf_release(&text);
	return n;
}

#define STEP(name, what) \
	"build " name ": t\n  args = " name " " what "\n" \
	"  tg_kind = test\n  tg_result = " name "\n  tg_worker = w\n" \
	"  tg_worker_command = $worker\n" \
	"  tg_worker_args = " name " '" what "'\n"

static const char all[] = STEP("p", "pass") STEP("f", "fail")
	STEP("e", "exit") STEP("l", "lie") STEP("h", "half") STEP("d", "die");

/* What came of them, whoever ran them. */
static void
check_all(void)
{
	struct { const char *name; int status; } want[] = {
		{ "p", RESULT_PASSED }, { "f", RESULT_FAILED },
		{ "e", RESULT_CRASHED }, { "l", RESULT_CRASHED },
		{ "h", RESULT_CRASHED }, { "d", RESULT_CRASHED },
	};

	built_run(&b, NULL);
	assert_int_equal(b.how, SCHED_FAILED);
	assert_int_equal(world_open(&b.w, STATE_READ), 1);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		const struct result *r =
			&b.w.s.result[world_step(&b.w, want[i].name)];

		assert_int_equal(r->status, want[i].status);
	}
	assert_int_equal(b.w.s.result[world_step(&b.w, "p")].passed, 1);
	assert_int_equal(b.w.s.result[world_step(&b.w, "p")].skipped, 1);
	assert_int_equal(b.w.s.result[world_step(&b.w, "f")].failed, 1);
	world_close(&b.w);
	assert_non_null(strstr(b.output.p, "t.py: 1 failed\nwhy\n"));
}

static void
test_by_worker(void **state)
{
	(void)state;
	make("good", all);
	check_all();
	assert_int_equal(noted("worker"), 1);
	assert_int_equal(noted("end"), 1);
}

/* Workers are of those who have the executors: one lives through two builds. */
static void
test_outlives_a_build(void **state)
{
	(void)state;
	make("good", STEP("p", "pass") STEP("f", "fail"));
	b.o.executors = executors_new();
	b.o.rerun = true;
	built_run(&b, NULL);
	assert_int_equal(b.counts.failed, 1);
	assert_int_equal(noted("end"), 0);
	built_run(&b, NULL);
	assert_int_equal(b.counts.failed, 1);
	assert_int_equal(b.counts.done, 2);
	assert_int_equal(noted("end"), 0);
	executors_free(b.o.executors);
	assert_int_equal(noted("worker"), 1);
	assert_int_equal(noted("end"), 1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
test_by_command(void **state)
{
	(void)state;
	make("good", STEP("p", "pass"));
	b.o.no_workers = true;
	built_run(&b, NULL);
	assert_string_equal(b.log.p, "ran p\n");
	assert_int_equal(b.last.status, RESULT_PASSED);
	assert_int_equal(noted("worker"), 0);
}

static void
test_worker_dies(void **state)
{
	(void)state;
	make("dies", STEP("p", "pass") STEP("q", "pass") STEP("r", "pass")
	     STEP("s", "pass") STEP("t", "pass"));
	built_run(&b, NULL);
	assert_int_equal(b.how, SCHED_DONE);
	/* Three were tried; then no more. */
	assert_int_equal(noted("worker"), 3);
	assert_non_null(strstr(b.log.p, "warning worker 'w' died 3 times"));
	assert_int_equal(b.counts.done, 5);
}

static void
test_worker_never_begins(void **state)
{
	(void)state;
	make("dead", STEP("p", "pass") STEP("q", "fail"));
	built_run(&b, NULL);
	assert_non_null(strstr(b.log.p, "ran p\n"));
	assert_non_null(strstr(b.log.p, "FAILED q\n"));
}

static void
test_worker_talks_nonsense(void **state)
{
	(void)state;
	make("babbles", STEP("p", "pass"));
	assert_string_equal(built_run(&b, NULL), "ran p\n");
	built_remove(&b);
	make("mixes", STEP("p", "pass"));
	assert_string_equal(built_run(&b, NULL), "ran p\n");
}

static void
test_timeout_in_worker(void **state)
{
	static const char *const limits[] = { "0.05", "0.5", "5", "50" };
	struct buf m = { 0 };

	(void)state;
	/* One that is reached only when the test hangs, on this machine. */
	for (size_t i = 0; i == 0 || (i < countof(limits) && !noted("hang"));
	     i++) {
		if (i)
			built_remove(&b);
		buf_clear(&m);
		buf_addf(&m, STEP("h", "hang") "  tg_timeout = %s\n"
		         STEP("p", "pass"), limits[i]);
		make("good", m.p);
		built_run(&b, NULL);
	}
	buf_release(&m);
	assert_non_null(strstr(b.log.p, "FAILED h\n"));
	assert_non_null(strstr(b.log.p, "ran p\n"));
	/* Only the child was ended. */
	assert_int_equal(noted("worker"), 1);
	assert_int_equal(world_open(&b.w, STATE_READ), 1);
	assert_int_equal(b.w.s.result[world_step(&b.w, "h")].status,
	                 RESULT_TIMEOUT);
}

static void
test_retries(void **state)
{
	(void)state;
	make("good", STEP("x", "flaky"));
	b.o.retries = 2;
	assert_string_equal(built_run(&b, NULL), "ran x\n");
	assert_int_equal(noted("flaky"), 2);
	assert_true(b.last.flags & RESULT_FLAKY);
	assert_int_equal(b.last.status, RESULT_PASSED);
	b.o.retries = 0;
	assert_string_equal(built_run(&b, NULL), "");
}

static void
test_variables_decide(void **state)
{
	(void)state;
	unsetenv("TG_TEST_VARIABLE");
	make("good", STEP("p", "pass"));
	assert_string_equal(built_run(&b, NULL), "ran p\n");
	assert_string_equal(built_run(&b, NULL), "");
	setenv("TG_TEST_VARIABLE", "1", 1);
	assert_string_equal(built_run(&b, NULL), "ran p\n");
	assert_string_equal(built_run(&b, NULL), "");
	unsetenv("TG_TEST_VARIABLE");
	b.o.rerun = true;
	assert_string_equal(built_run(&b, NULL), "ran p\n");
	assert_string_equal(built_run(&b, NULL), "ran p\n");
}

static void
test_failed_runs_again(void **state)
{
	(void)state;
	make("good", STEP("f", "fail"));
	assert_int_equal(local_open(&b.store, "cache", 0, false, &b.err), 0);
	assert_string_equal(built_run(&b, NULL), "FAILED f\n");
	b.o.explain = true;
	assert_string_equal(built_run(&b, NULL),
		"why it failed last time\nFAILED f\n");
}

static void
test_result_of_nobody_is_not_believed(void **state)
{
	(void)state;
	make("good", STEP("e", "forge"));
	assert_string_equal(built_run(&b, NULL), "FAILED e\n");
	assert_int_equal(b.last.status, RESULT_CRASHED);
}

static void
test_old_result_is_not_believed(void **state)
{
	(void)state;
	make("good", STEP("e", "exit"));
	leave("e", passed, 0);
	assert_string_equal(built_run(&b, NULL), "FAILED e\n");
	assert_int_equal(b.last.status, RESULT_CRASHED);
}

static void
test_pool(void **state)
{
	const char *const args[] = { "r", "pass" };
	struct worker_job job = {
		.name = "w", .argv = (char *const *)args, .argc = 2,
	};
	struct proc_host host;
	struct buf launch = { 0 }, warning = { 0 };
	struct workers *ws;
	struct worker *one, *two;
	struct worker_answer said;
	struct pollfd p;
	uint32_t seq;

	(void)state;
	make("good", "");
	assert_int_equal(proc_host_init(&host, NULL, 1, NULL), 0);
	ws = workers_new(&host, 2);
	buf_addf(&launch, "%s worker good", self);
	job.launch = launch.p;
	one = workers_run(ws, &job, &seq, &warning);
	two = workers_run(ws, &job, &seq, &warning);
	assert_non_null(one);
	assert_non_null(two);
	assert_ptr_not_equal(one, two);
	for (;;) {
		p = (struct pollfd){ .fd = worker_fd(one), .events = POLLIN };
		assert_int_equal(poll(&p, 1, 20000), 1);
		if (worker_read(one, &said) == WORKER_DONE)
			break;
	}
	workers_done(ws, one);
	assert_int_equal(noted("end"), 0);
	/* One of another name takes the place of the idle one. */
	job.name = "other";
	assert_non_null(workers_run(ws, &job, &seq, &warning));
	assert_int_equal(noted("end"), 1);
	workers_free(ws);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	proc_host_release(&host);
	buf_release(&launch);
	buf_release(&warning);
}

#define IN_COMPANY(name, what) STEP(name, what) "  tg_isolation = batch\n"

/* What lingers takes no place, and is asked for when nothing else comes. */
static void
test_lingers(void **state)
{
	(void)state;
	make("good", IN_COMPANY("p", "pass") IN_COMPANY("q", "pass")
	     IN_COMPANY("r", "pass"));
	built_run(&b, NULL);
	assert_int_equal(b.how, SCHED_DONE);
	assert_int_equal(b.counts.done, 3);
	assert_int_equal(noted("worker"), 1);
	assert_int_equal(noted("finished"), 1);
}

static void
test_again_alone(void **state)
{
	(void)state;
	make("good", IN_COMPANY("p", "pass") IN_COMPANY("f", "fail")
	     IN_COMPANY("x", "flaky"));
	built_run(&b, NULL);
	assert_int_equal(b.counts.done, 3);
	assert_int_equal(b.counts.failed, 1);
	assert_non_null(strstr(b.log.p, "FAILED f\n"));
	/* It was told of once, and is not flaky: nobody asked for retries. */
	assert_non_null(strstr(b.log.p, "ran x\n"));
	assert_int_equal(noted("flaky"), 2);
	assert_int_equal(noted("again"), 2);
}

static void
test_dies_with_what_lingers(void **state)
{
	(void)state;
	make("lone", IN_COMPANY("p", "pass") IN_COMPANY("q", "pass"));
	built_run(&b, NULL);
	assert_int_equal(b.how, SCHED_DONE);
	assert_int_equal(b.counts.done, 2);
	assert_int_equal(noted("worker"), 1);
}

static void
test_ring(void **state)
{
	struct ring r;
	struct buf out = { 0 };
	char *data;

	(void)state;
	make("good", "");
	assert_int_equal(ring_init(&r, 16, NULL), 0);
	data = (char *)(r.h + 1);
	memcpy(data, "0123456789", 10);
	r.h->tail = 10;
	assert_true(ring_take(&r, 0, 10, &out));
	assert_string_equal(out.p, "0123456789");
	/* Around the end, after something that was given up. */
	memcpy(data + 12, "wxyz", 4);
	memcpy(data, "ab", 2);
	r.h->tail = 18;
	buf_clear(&out);
	assert_true(ring_take(&r, 12, 6, &out));
	assert_string_equal(out.p, "wxyzab");
	assert_false(ring_take(&r, 12, 6, NULL));       /* taken already */
	assert_false(ring_take(&r, 18, 1, NULL));       /* not written */
	assert_false(ring_take(&r, UINT64_MAX - 2, 8, NULL));
	r.h->tail = 99;                                 /* more than fits */
	assert_false(ring_take(&r, 18, 8, NULL));
	buf_release(&out);
	ring_release(&r);
}

static void
test_proto_check(void **state)
{
	const struct proto_result good = {
		.magic = PROTO_RESULT_MAGIC, .version = PROTO_VERSION,
		.type = PROTO_STARTED, .seq = 3, .pid = 100,
		.offset = PROTO_NO_OFFSET,
	};
	struct proto_result r = good;
	const char *why;

	(void)state;
	make("good", "");
	assert_true(proto_check(&r, true, &why));
	assert_false(proto_check(&r, false, &why));
	r.magic++;
	assert_false(proto_check(&r, true, &why));
	assert_string_equal(why, "bad magic");
	r = good;
	r.pid = 1;
	assert_false(proto_check(&r, true, &why));
	r.pid = PROTO_NO_PID;
	assert_false(proto_check(&r, true, &why));
	r = good;
	r.size = 5;
	assert_false(proto_check(&r, true, &why));
	r = good;
	r.type = PROTO_DONE;
	r.offset = 0;
	assert_false(proto_check(&r, true, &why));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_teardown(name, teardown)
		T(test_by_worker), T(test_outlives_a_build),
		T(test_by_command), T(test_worker_dies),
		T(test_worker_never_begins), T(test_worker_talks_nonsense),
		T(test_timeout_in_worker), T(test_retries),
		T(test_variables_decide), T(test_failed_runs_again),
		T(test_old_result_is_not_believed),
		T(test_result_of_nobody_is_not_believed), T(test_pool),
		T(test_lingers), T(test_again_alone),
		T(test_dies_with_what_lingers),
		T(test_ring), T(test_proto_check),
	};
	struct buf path = { 0 };
	int r;

	if (argc > 3 && strcmp(argv[1], "plain") == 0) {
		r = test(argv[2], argv[3]);
		if (r == 1)
			puts("t.py: 1 failed\nwhy");
		return r;
	}
	if (argc > 4 && strcmp(argv[1], "worker") == 0)
		return worker(argv[2], atoi(argv[4]));
	assert_int_equal(os_self(&path, NULL), 0);
	self = path.p;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	buf_release(&path);
	return r;
}
