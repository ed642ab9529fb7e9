/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "report_run.h"

static const char manifest[] =
	"rule cc\n"
	"  command = cc $in -o $out\n"
	"  description = CC $out\n"
	"rule sh\n"
	"  command = sh $in\n"
	"  pool = console\n"
	"build a.o: cc a.c\n"
	"build b.o | b.d: cc b.c\n"
	"build c: sh a.o b.o\n";

static const struct str none = { "", 0 };

static void
plain_lines(void **state)
{
	struct result bad = { .status = RESULT_FAILED, .exit = 3 << 8 };
	struct reason why = { .why = WHY_OUTPUT_MISSING };
	struct run t;

	(void)state;
	run_load(&t, manifest);
	run_begin(&t);
	report_planned(t.r, 3);
	report_started(t.r, run_step(&t, "a.o"));
	assert_string_equal(run_said(&t), "");
	why.step = run_step(&t, "b.o");
	why.node = graph_step_out(&t.g, why.step);
	report_explain(t.r, &why);
	report_started(t.r, run_step(&t, "b.o"));
	report_finished(t.r, run_step(&t, "b.o"), END_FAILED, &bad,
		STR("\033[1mb.c:1: \033[0mno\n"));
	assert_string_equal(run_said(&t),
		"[1/3] CC b.o\n"
		"FAILED: [code=3] b.o b.d \n"
		"cc b.c -o b.o\n"
		"b.c:1: no\n");
	assert_string_equal(run_warned(&t),
		"tgraph explain: output b.o doesn't exist\n");
	report_finished(t.r, run_step(&t, "a.o"), END_RAN, NULL,
		STR("no newline"));
	report_started(t.r, run_step(&t, "c"));
	assert_string_equal(run_said(&t),
		"[2/3] CC a.o\nno newline\n[2/3] sh a.o b.o\n");
	report_finished(t.r, run_step(&t, "c"), END_RAN, NULL, none);
	report_end(t.r, NULL);
	report_info(t.r, "build stopped: %s.", "subcommand failed");
	/* something came after the failure: it is shown again */
	assert_string_equal(run_said(&t),
		"\n1 of 3 steps failed:\n"
		"FAILED: [code=3] b.o b.d \n"
		"cc b.c -o b.o\n"
		"b.c:1: no\n"
		"tgraph: build stopped: subcommand failed.\n");
	run_end(&t);
}

static void
one_line_on_a_terminal(void **state)
{
	struct result killed = { .status = RESULT_FAILED, .exit = 11 };
	struct run t;

	(void)state;
	run_load(&t, manifest);
	t.o.terminal = 1;
	t.o.columns = 11;
	run_begin(&t);
	report_planned(t.r, 3);
	report_started(t.r, run_step(&t, "a.o"));
	assert_string_equal(run_said(&t), "\r[0/3... a.o\033[K");
	report_finished(t.r, run_step(&t, "a.o"), END_RAN, NULL, none);
	assert_string_equal(run_said(&t), "\r[1/3... a.o\033[K");
	report_finished(t.r, run_step(&t, "b.o"), END_FAILED, &killed,
		STR("\033[1mb\033[0m\n"));
	assert_string_equal(run_said(&t),
		"\r[2/3... b.o\033[K\n"
		"\033[31mFAILED: [code=139] \033[0mb.o b.d \n"
		"cc b.c -o b.o\n"
		"\033[1mb\033[0m\n");
	report_end(t.r, NULL);
	assert_string_equal(run_said(&t), "");
	run_end(&t);
}

static void
console_locks(void **state)
{
	struct run t;

	(void)state;
	run_load(&t, manifest);
	t.o.terminal = 1;
	run_begin(&t);
	report_planned(t.r, 3);
	report_started(t.r, run_step(&t, "c"));
	assert_string_equal(run_said(&t), "\r[0/3] sh a.o b.o\033[K\n");
	report_started(t.r, run_step(&t, "a.o"));
	report_finished(t.r, run_step(&t, "a.o"), END_RAN, NULL,
		STR("warning\n"));
	report_started(t.r, run_step(&t, "b.o"));
	assert_string_equal(run_said(&t), "");
	report_finished(t.r, run_step(&t, "c"), END_RAN, NULL, none);
	assert_string_equal(run_said(&t),
		"[1/3] CC a.o\nwarning\n\r[1/3] CC b.o\033[K");
	report_finished(t.r, run_step(&t, "b.o"), END_RAN, NULL, none);
	report_end(t.r, NULL);
	assert_string_equal(run_said(&t), "\r[3/3] CC b.o\033[K\n");
	run_end(&t);
}

static void
verbose_and_quiet(void **state)
{
	struct run t;

	(void)state;
	run_load(&t, manifest);
	t.o.verbosity = REPORT_VERBOSE;
	t.o.terminal = 1;
	run_begin(&t);
	report_planned(t.r, 1);
	report_started(t.r, run_step(&t, "a.o"));
	report_finished(t.r, run_step(&t, "a.o"), END_RAN, NULL,
		STR("text\n"));
	report_end(t.r, NULL);
	assert_string_equal(run_said(&t), "[1/1] cc a.c -o a.o\ntext\n");
	run_end(&t);

	run_load(&t, manifest);
	t.o.verbosity = REPORT_QUIET;
	run_begin(&t);
	report_planned(t.r, 1);
	report_started(t.r, run_step(&t, "a.o"));
	report_finished(t.r, run_step(&t, "a.o"), END_RAN, NULL,
		STR("text\n"));
	report_end(t.r, NULL);
	assert_string_equal(run_said(&t), "text\n");
	run_end(&t);
}

static void
says_what_it_waits_for(void **state)
{
	struct build_counts c = { .total = 3, .left_us = UINT64_MAX };
	struct run t;

	(void)state;
	run_load(&t, manifest);
	t.o.terminal = 1;
	run_begin(&t);
	report_planned(t.r, 3);
	report_started(t.r, run_step(&t, "a.o"));
	run_said(&t);
	report_tick(t.r, &c);
	assert_string_equal(run_said(&t), "");
	run_clock += 90000000000;
	report_tick(t.r, &c);
	assert_string_equal(run_said(&t),
		"\r[0/3] still waiting for a.o (90 s)\033[K");
	run_end(&t);

	run_load(&t, manifest);
	t.o.terminal = 1;
	t.o.ninja = true;
	t.o.name = "ninja";
	run_begin(&t);
	report_planned(t.r, 3);
	report_started(t.r, run_step(&t, "a.o"));
	run_said(&t);
	run_clock += 90000000000;
	report_tick(t.r, &c);
	assert_string_equal(run_said(&t), "");
	run_end(&t);
}

static void
status_formats(void **state)
{
	struct build_counts c = { .left_us = 7000000 };
	struct err err = { 0 };
	struct run t;

	(void)state;
	run_load(&t, manifest);
	setenv("NINJA_STATUS", "n ", 1);
	setenv("TGRAPH_STATUS", "%f/%t/%r/%s %e %E ", 1);
	run_begin(&t);
	report_planned(t.r, 2);
	run_clock += 1500000000;
	report_tick(t.r, &c);
	report_started(t.r, run_step(&t, "a.o"));
	report_finished(t.r, run_step(&t, "a.o"), END_RAN, NULL, none);
	assert_string_equal(run_said(&t), "1/2/1/1 1.500 7.000 CC a.o\n");
	setenv("TGRAPH_STATUS", "%y", 1);
	assert_null(report_new(&t.o, &err));
	assert_string_equal(err.msg,
		"unknown placeholder '%y' in $TGRAPH_STATUS");
	err_release(&err);
	unsetenv("TGRAPH_STATUS");
	unsetenv("NINJA_STATUS");
	run_end(&t);
}

static void
clean_steps_are_silent(void **state)
{
	struct run t;

	(void)state;
	run_load(&t, manifest);
	run_begin(&t);
	report_planned(t.r, 2);
	report_finished(t.r, run_step(&t, "a.o"), END_CLEAN, NULL, none);
	report_finished(t.r, run_step(&t, "c"), END_SKIPPED, NULL, none);
	assert_string_equal(run_said(&t), "");
	report_finished(t.r, run_step(&t, "b.o"), END_CACHED, NULL, none);
	assert_string_equal(run_said(&t), "[1/2] CC b.o\n");
	run_end(&t);
}

static void
warnings(void **state)
{
	const struct build_events *e = &report_events;
	struct run t;

	(void)state;
	run_load(&t, manifest);
	run_begin(&t);
	e->warn(t.r, WARN_OTHER, STR(".tgraph/x.state is one"));
	e->warn(t.r, WARN_STATE, STR("no room"));
	e->warn(t.r, WARN_STATE, STR("no room for the snapshot either"));
	e->warn(t.r, WARN_OTHER, STR("two"));
	assert_string_equal(run_warned(&t),
		"tgraph: warning: .tgraph/x.state is one\n"
		"tgraph: warning: no room; what this run found out is not "
		"remembered\n"
		"tgraph: warning: two\n");
	run_end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_lines),
		cmocka_unit_test(one_line_on_a_terminal),
		cmocka_unit_test(console_locks),
		cmocka_unit_test(verbose_and_quiet),
		cmocka_unit_test(says_what_it_waits_for),
		cmocka_unit_test(status_formats),
		cmocka_unit_test(clean_steps_are_silent),
		cmocka_unit_test(warnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
