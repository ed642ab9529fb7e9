/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/built.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "store/local/local.h"
#include "util/file.h"
#include "util/os.h"

static struct built b;

static void
make(const char *manifest)
{
	built_make(&b, manifest);
}

static int
teardown(void **state)
{
	(void)state;
	built_remove(&b);
	return 0;
}

static bool
exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static void
append(const char *path, const char *text)
{
	FILE *f = fopen(path, "a");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

#define SH "rule sh\n  command = $cmd\n"
/* With them, steps are known to leave nothing but their outputs. */
#define CP "tg_cache = 1\nrule cp\n  command = cp $in $out\n"

static void
test_content_decides(void **state)
{
	(void)state;
	make(CP "build mid: cp src\nbuild out: cp mid\n");
	world_file(&b.w, "src", "one\n");
	assert_string_equal(built_run(&b, NULL), "ran mid\nran out\n");
	assert_int_equal(b.how, SCHED_DONE);
	assert_string_equal(built_run(&b, NULL), "");
	assert_int_equal(b.how, SCHED_NOTHING);
	/* Another time, the same content. */
	world_file(&b.w, "src", "two\n");
	world_file(&b.w, "src", "one\n");
	assert_string_equal(built_run(&b, NULL), "");
	world_file(&b.w, "src", "two\n");
	assert_string_equal(built_run(&b, NULL), "ran mid\nran out\n");
	/* An output that somebody else has written is made again; what used
	 * it is left alone. */
	world_file(&b.w, "mid", "three\n");
	assert_string_equal(built_run(&b, NULL), "ran mid\nclean out\n");
	assert_int_equal(b.counts.total, 1);
}

/* Before anything has run, what is told to take long begins first, and short
 * ones come as in the manifest. */
static void
test_guessed_durations(void **state)
{
	(void)state;
	make(SH "build a: sh\n  cmd = touch a\n  tg_guess = 40\n"
	     "build b: sh\n  cmd = touch b\n"
	     "build c: sh\n  cmd = touch c\n  tg_guess = 3000\n"
	     "build d: sh\n  cmd = touch d\n  tg_guess = 90000\n"
	     "build e: sh\n  cmd = touch e\n  tg_guess = x\n");
	b.o.jobs = 1;
	assert_string_equal(built_run(&b, NULL),
		"ran d\nran c\nran a\nran b\nran e\n");
}

static void
test_observed_inputs(void **state)
{
	(void)state;
	make("rule cc\n  command = cat src h >$out && "
	     "echo '$out: src ./h' >$out.d\n  depfile = $out.d\n"
	     "  deps = gcc\nbuild out: cc src\n");
	world_file(&b.w, "src", "src\n");
	world_file(&b.w, "h", "h\n");
	assert_string_equal(built_run(&b, NULL), "ran out\n");
	assert_false(exists("out.d"));
	assert_string_equal(built_run(&b, NULL), "");
	world_file(&b.w, "h", "changed\n");
	assert_string_equal(built_run(&b, NULL), "ran out\n");
	assert_string_equal(built_run(&b, NULL), "");
	/* A header that is gone is no error here: it makes the step run. */
	assert_int_equal(unlink("h"), 0);
	assert_string_equal(built_run(&b, NULL), "FAILED out\n");
}

static void
test_included_files(void **state)
{
	(void)state;
	make("rule cl\n  command = echo 'Note: including file: ./h'; "
	     "echo kept; cat src h >$out\n  deps = msvc\n"
	     "build out: cl src\n");
	world_file(&b.w, "src", "src\n");
	world_file(&b.w, "h", "h\n");
	assert_string_equal(built_run(&b, NULL), "ran out\n");
	assert_string_equal(b.output.p, "kept\n");
	assert_string_equal(built_run(&b, NULL), "");
	world_file(&b.w, "h", "changed\n");
	assert_string_equal(built_run(&b, NULL), "ran out\n");
}

static void
test_validations(void **state)
{
	(void)state;
	make(SH "build a: sh src |@ v\n  cmd = touch a\n"
	     "build v: sh check\n  cmd = touch v\n");
	world_file(&b.w, "src", "");
	world_file(&b.w, "check", "1");
	built_run(&b, "a");
	assert_non_null(strstr(b.log.p, "ran a\n"));
	assert_non_null(strstr(b.log.p, "ran v\n"));
	world_file(&b.w, "check", "2");
	assert_string_equal(built_run(&b, "a"), "ran v\n");
}

static void
test_depfile_that_stays(void **state)
{
	(void)state;
	make(SH "build bad: sh\n  cmd = touch bad; echo 'other: x' >bad.d\n"
	     "  depfile = bad.d\n"
	     "build none: sh\n  cmd = touch none\n  depfile = none.d\n"
	     "build wrong: sh\n  cmd = touch wrong; echo 'wrong x' >wrong.d\n"
	     "  depfile = wrong.d\n  deps = gcc\n");
	b.o.explain = true;
	b.o.keep = 0;
	built_run(&b, NULL);
	/* What is not known to depend on nothing runs again. */
	assert_string_equal(built_run(&b, "none"),
		"why depfile 'none.d' is missing\nran none\n");
	assert_non_null(strstr(built_run(&b, "bad"), "ran bad\n"));
	assert_non_null(strstr(built_run(&b, "wrong"), "FAILED wrong\n"));
	assert_string_equal(b.output.p, "expected ':' in depfile");
}

static void
test_failure(void **state)
{
	(void)state;
	make(SH "build bad: sh\n  cmd = echo no; exit 7\n"
	     "build user: sh bad\n  cmd = touch user\n"
	     "build good: sh\n  cmd = touch good\n");
	b.o.keep = 0;
	built_run(&b, NULL);
	assert_non_null(strstr(b.log.p, "FAILED bad\n"));
	assert_non_null(strstr(b.log.p, "ran good\n"));
	assert_non_null(strstr(b.log.p, "skipped user\n"));
	assert_string_equal(b.output.p, "no\n");
	assert_int_equal(b.how, SCHED_FAILED);
	assert_int_equal(b.exit, 7);
	assert_string_equal(b.err.msg,
		"cannot make progress due to previous errors");
	b.o.keep = 1;
	b.o.explain = true;
	assert_string_equal(built_run(&b, NULL),
		"why output bad doesn't exist\nFAILED bad\nskipped user\n");
	assert_string_equal(b.err.msg, "subcommand failed");
}

static void
test_missing_source(void **state)
{
	(void)state;
	make(CP "build all: phony out\nbuild out: cp in | more || order\n"
	     "build more: cp x\n");
	world_file(&b.w, "in", "");
	built_run(&b, "all");
	assert_int_equal(b.how, SCHED_ERROR);
	assert_string_equal(b.err.msg, "'x', needed by 'more', missing and no "
		"known rule to make it");
	world_file(&b.w, "x", "");
	built_run(&b, "all");
	assert_string_equal(b.err.msg, "'order', needed by 'out', missing and "
		"no known rule to make it");
	world_file(&b.w, "order", "");
	built_run(&b, "all");
	assert_int_equal(b.how, SCHED_DONE);
	/* An order-only input is not asked of what is up to date. */
	assert_int_equal(unlink("order"), 0);
	built_run(&b, "all");
	assert_int_equal(b.how, SCHED_NOTHING);
}

static void
test_forced_phony(void **state)
{
	(void)state;
	make(SH "build always: phony\nbuild stamp: sh always\n"
	     "  cmd = test -e stamp || touch stamp\n"
	     "build via: phony stamp\nbuild out: sh via\n"
	     "  cmd = touch out\n");
	b.o.explain = true;
	built_run(&b, NULL);
	assert_string_equal(built_run(&b, "out"),
		"why always is dirty\nran stamp\nwhy via is dirty\nran out\n");
	assert_string_equal(built_run(&b, "via"),
		"why always is dirty\nran stamp\n");
	built_remove(&b);
	make(SH "build always: phony\nbuild stamp: sh always\n"
	     "  cmd = test -e stamp || touch stamp\n  restat = 1\n"
	     "build via: phony stamp\nbuild out: sh via\n"
	     "  cmd = touch out\n");
	built_run(&b, NULL);
	assert_string_equal(built_run(&b, "out"), "ran stamp\nclean out\n");
}

static void
test_phony_passes_content_on(void **state)
{
	(void)state;
	make(CP SH "build a: cp src\nbuild group: phony a\n"
	     "build more: phony group\nbuild out: sh more\n"
	     "  cmd = cat a >out\n");
	world_file(&b.w, "src", "1\n");
	assert_string_equal(built_run(&b, NULL), "ran a\nran out\n");
	assert_string_equal(built_run(&b, NULL), "");
	world_file(&b.w, "src", "2\n");
	assert_string_equal(built_run(&b, NULL), "ran a\nran out\n");
	assert_string_equal(built_run(&b, NULL), "");
	/* Only part of it is asked for; the rest notices next time. */
	world_file(&b.w, "src", "3\n");
	assert_string_equal(built_run(&b, "a"), "ran a\n");
	assert_string_equal(built_run(&b, NULL), "ran out\n");
	/* A file that happens to have the name changes nothing. */
	world_file(&b.w, "group", "file\n");
	built_run(&b, NULL);
	world_file(&b.w, "src", "4\n");
	assert_string_equal(built_run(&b, NULL), "ran a\nran out\n");
}

static void
test_dyndep(void **state)
{
	(void)state;
	make(CP SH "build dd: cp dd-in\n"
	     "build d2: sh || dd\n  cmd = cat x >d2\n  dyndep = dd\n"
	     "build d1: sh src || dd\n  cmd = cp src x; touch d1\n"
	     "  dyndep = dd\n");
	world_file(&b.w, "src", "1\n");
	world_file(&b.w, "dd-in", "ninja_dyndep_version = 1\n"
	           "build d1 | x: dyndep\nbuild d2: dyndep | x\n");
	assert_string_equal(built_run(&b, "d2"), "ran dd\nran d1\nran d2\n");
	assert_string_equal(built_run(&b, "d2"), "");
	world_file(&b.w, "src", "2\n");
	assert_string_equal(built_run(&b, "d2"), "ran d1\nran d2\n");
	world_file(&b.w, "dd-in", "ninja_dyndep_version = 1\n"
	           "build d1 | x: dyndep\n");
	built_run(&b, "d2");
	assert_int_equal(b.how, SCHED_FAILED);
	assert_string_equal(b.err.msg,
		"'d2' not mentioned in its dyndep file 'dd'");
}

static void
test_observed_cycle(void **state)
{
	(void)state;
	/* What out once read is later made from out: not a cycle of the
	 * manifest, and no reason to give up. */
	make(SH "build out: sh\n  cmd = echo 'out: gen' >out.d; touch out\n"
	     "  depfile = out.d\n  deps = gcc\n");
	world_file(&b.w, "gen", "");
	assert_string_equal(built_run(&b, NULL), "ran out\n");
	tree_file(&b.w.t, "build.ninja", SH "build out: sh\n"
	          "  cmd = echo 'out: ' >out.d; touch out\n"
	          "  depfile = out.d\n  deps = gcc\n"
	          "build gen: sh out\n  cmd = touch gen\n");
	assert_string_equal(built_run(&b, "gen"), "ran out\nran gen\n");
	assert_string_equal(built_run(&b, "gen"), "");
}

static void
test_generator(void **state)
{
	(void)state;
	make("rule g\n  command = touch $out # $x\n  generator = 1\n"
	     "build out: g in\n  x = 1\n");
	world_file(&b.w, "in", "");
	world_file(&b.w, "out", "");
	append("out", "newer");
	/* Made before we came, and newer: taken as it is. */
	assert_string_equal(built_run(&b, NULL), "");
	tree_file(&b.w.t, "build.ninja", "rule g\n  command = touch $out # $x\n"
	          "  generator = 1\nbuild out: g in\n  x = 2\n");
	assert_string_equal(built_run(&b, NULL), "");
	world_file(&b.w, "in", "changed");
	assert_string_equal(built_run(&b, NULL), "ran out\n");
}

/* Called before a step starts. Then until files get a later time. */
static void
rewrite_before(struct built *x, uint32_t step)
{
	struct file_sig in, later;

	(void)step;
	tree_file(&x->w.t, "in", "same");
	assert_int_equal(file_sig(AT_FDCWD, "in", &in), 1);
	do {
		tree_file(&x->w.t, "later", "");
		assert_int_equal(file_sig(AT_FDCWD, "later", &later), 1);
	} while (later.ctime_ns <= in.ctime_ns);
}

static void
test_input_changed_meanwhile(void **state)
{
	(void)state;
	make(SH "build out: sh in\n  cmd = sh edit; touch out\n"
	     "build own: sh own-in\n  cmd = echo more >>own-in; touch own\n");
	world_file(&b.w, "in", "");
	world_file(&b.w, "own-in", "");
	tree_file(&b.w.t, "edit", "echo more >>in\n");
	b.o.explain = true;
	built_run(&b, NULL);
	/* Who did it is known of one of them. */
	assert_string_equal(built_run(&b, NULL),
		"why inputs of out changed while it ran\nran out\n");
	tree_file(&b.w.t, "edit", "");
	assert_string_equal(built_run(&b, NULL),
		"why inputs of out changed while it ran\nran out\n");
	assert_string_equal(built_run(&b, NULL), "");
}

static void
test_input_written_again(void **state)
{
	(void)state;
	/* Not while a step runs, and the content is what it was. */
	make(SH "build a: sh in\n  cmd = touch a\n"
	     "build c: sh in || a\n  cmd = touch c\n");
	world_file(&b.w, "in", "same");
	b.on_start = rewrite_before;
	assert_string_equal(built_run(&b, NULL), "ran a\nran c\n");
	b.on_start = NULL;
	assert_string_equal(built_run(&b, NULL), "");
}

static void
test_dry_run(void **state)
{
	(void)state;
	make(CP "build a: cp src\nbuild out: cp a\n");
	world_file(&b.w, "src", "");
	b.o.dry_run = true;
	assert_string_equal(built_run(&b, NULL), "ran a\nran out\n");
	assert_false(exists("a"));
	b.o.dry_run = false;
	assert_string_equal(built_run(&b, NULL), "ran a\nran out\n");
	b.o.dry_run = true;
	assert_string_equal(built_run(&b, NULL), "");
}

static void
test_files_around_a_step(void **state)
{
	(void)state;
	make(SH "build deep/er/out: sh\n  cmd = cat r/f >deep/er/out\n"
	     "  rspfile = r/f\n  rspfile_content = a 'b'\n"
	     "build bad: sh\n  cmd = false\n  rspfile = r/g\n"
	     "  rspfile_content = x\n");
	built_run(&b, "deep/er/out");
	assert_int_equal(b.how, SCHED_DONE);
	assert_true(exists("deep/er/out"));
	assert_false(exists("r/f"));
	built_run(&b, "bad");
	assert_true(exists("r/g"));
}

static void
test_daemon_does_not_delay(void **state)
{
	struct buf pid = { 0 };
	long daemon;

	(void)state;
	make(SH "build out: sh\n"
	     "  cmd = sleep 1000 & echo $$! >pid; echo text; touch out\n");
	assert_string_equal(built_run(&b, NULL), "ran out\n");
	assert_string_equal(b.output.p, "text\n");
	/* It still has the pipe. */
	assert_int_equal(file_read("pid", &pid, NULL), 1);
	daemon = atol(pid.p);
	assert_int_equal(kill((pid_t)daemon, SIGKILL), 0);
	buf_release(&pid);
}

/* The output of a step that has a time limit, one that is long enough for it to
 * say something: a limit of its own, or the build's. */
static const char *
timed_out(const char *cmd, bool own)
{
	struct buf m = { 0 };

	for (double limit = 0.05; limit < 60; limit *= 6) {
		if (limit > 0.05)
			built_remove(&b);
		buf_clear(&m);
		buf_addf(&m, SH "build out: sh\n  cmd = %s\n", cmd);
		if (own)
			buf_addf(&m, "  tg_timeout = %g\n", limit);
		make(m.p);
		b.o.timeout = own ? 1000 : limit;
		assert_string_equal(built_run(&b, "out"), "FAILED out\n");
		assert_int_equal(b.last.status, RESULT_TIMEOUT);
		if (b.output.n)
			break;
	}
	buf_release(&m);
	return b.output.p ? b.output.p : "";
}

static void
test_timeout(void **state)
{
	(void)state;
	assert_string_equal(timed_out("echo begun; sleep 1000; touch out",
	                              true), "begun\n");
	built_remove(&b);
	/* not what the shell may say of its sleep's end */
	assert_string_equal(timed_out("trap '' TERM; echo deaf; exec 2>/dev/null; "
	                              "while :; do sleep 1000; done", false),
	                    "deaf\n");
}

static void
test_much_output(void **state)
{
	(void)state;
	make(SH "build out: sh\n  cmd = head -c 3000000 /dev/zero; echo end\n");
	built_run(&b, NULL);
	assert_int_equal(b.output.n, 3000004);
	assert_string_equal(b.output.p + 3000000, "end\n");
}

static void
test_without_shell(void **state)
{
	(void)state;
	make(SH "build a: sh\n  cmd = no-such-program x\n"
	     "build b: sh\n  cmd = ./script\n"
	     "build c: sh\n  cmd = ./plain\n");
	b.o.keep = 0;
	tree_file(&b.w.t, "script", "echo from a script without a line\n");
	tree_file(&b.w.t, "plain", "");
	assert_int_equal(chmod("script", 0755), 0);
	built_run(&b, "a");
	assert_int_equal(b.exit, 127);
	assert_non_null(strstr(b.output.p, "no-such-program"));
	built_run(&b, "b");
	assert_string_equal(b.output.p, "from a script without a line\n");
	built_run(&b, "c");
	assert_int_equal(b.exit, 126);
}

static pid_t child;

/* Interrupts us as soon as the step has made a file. */
static void
interrupt_when(struct built *x, uint32_t step)
{
	pid_t me = getpid();

	(void)x;
	(void)step;
	child = fork();
	if (child)
		return;
	while (!exists("begun"))
		poll(NULL, 0, 1);
	kill(me, SIGINT);
	_exit(0);
}

static void
test_interrupt(void **state)
{
	int status;

	(void)state;
	make(SH "build out | kept: sh\n"
	     "  cmd = echo half >out; touch begun; sleep 1000; touch out\n");
	world_file(&b.w, "kept", "as it was\n");
	b.on_start = interrupt_when;
	b.o.ninja_exit = true;
	built_run(&b, NULL);
	waitpid(child, &status, 0);
	assert_int_equal(b.how, SCHED_INTERRUPTED);
	assert_int_equal(b.exit, 130);
	assert_string_equal(b.err.msg, "interrupted by user");
	assert_string_equal(b.log.p, "skipped out\n");
	assert_false(exists("out"));
	assert_true(exists("kept"));
	/* Nobody is left behind. */
	assert_int_equal(waitpid(-1, &status, WNOHANG), -1);
}

/* The first asks, the second doesn't. */
static void
interrupt_twice_when(struct built *x, uint32_t step)
{
	pid_t me = getpid();

	(void)x;
	(void)step;
	child = fork();
	if (child)
		return;
	while (!exists("begun"))
		poll(NULL, 0, 1);
	kill(me, SIGINT);
	kill(me, SIGTERM);
	_exit(0);
}

static void
test_interrupted_twice(void **state)
{
	int64_t began = os_now();
	int status;

	(void)state;
	make(SH "build out: sh\n"
	     "  cmd = trap '' INT TERM; : >begun; exec sleep 1000\n");
	b.on_start = interrupt_twice_when;
	assert_string_equal(built_run(&b, NULL), "skipped out\n");
	waitpid(child, &status, 0);
	assert_int_equal(b.how, SCHED_INTERRUPTED);
	assert_int_equal(b.exit, 128 + SIGINT);
	/* Before those that were asked are killed of themselves. */
	assert_true(os_now() - began < INT64_C(4900000000));
	assert_int_equal(waitpid(-1, &status, WNOHANG), -1);
}

static void
test_child_that_wants_all_to_end(void **state)
{
	(void)state;
	make(SH "build out: sh\n  cmd = kill -INT $$$$\n");
	built_run(&b, NULL);
	assert_int_equal(b.how, SCHED_INTERRUPTED);
}

static void
test_store(void **state)
{
	(void)state;
	make(CP "build mid: cp src\nbuild out: cp mid\n");
	assert_int_equal(local_open(&b.store, "cache", 0, false, &b.err), 0);
	world_file(&b.w, "src", "1\n");
	assert_string_equal(built_run(&b, NULL), "ran mid\nran out\n");
	world_file(&b.w, "src", "2\n");
	assert_string_equal(built_run(&b, NULL), "ran mid\nran out\n");
	/* On the way back nothing runs. */
	world_file(&b.w, "src", "1\n");
	assert_string_equal(built_run(&b, NULL), "cached mid\ncached out\n");
	assert_int_equal(unlink("out"), 0);
	assert_string_equal(built_run(&b, NULL), "cached out\n");
	assert_string_equal(built_run(&b, NULL), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_teardown(name, teardown)
		T(test_content_decides), T(test_observed_inputs),
		T(test_guessed_durations),
		T(test_included_files), T(test_validations),
		T(test_depfile_that_stays), T(test_failure),
		T(test_missing_source), T(test_forced_phony),
		T(test_phony_passes_content_on), T(test_dyndep),
		T(test_observed_cycle), T(test_generator),
		T(test_input_changed_meanwhile),
		T(test_input_written_again), T(test_dry_run),
		T(test_files_around_a_step), T(test_daemon_does_not_delay),
		T(test_timeout), T(test_much_output), T(test_without_shell),
		T(test_interrupt), T(test_interrupted_twice),
		T(test_child_that_wants_all_to_end),
		T(test_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
