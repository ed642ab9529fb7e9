/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "report_run.h"

static const struct str none = { "", 0 };

static const char passing[] =
	"{\"version\":1,\"items\":["
	"{\"id\":\"tests/test_b.py::test_ok\",\"outcome\":\"passed\","
	"\"duration\":0.25,\"line\":3}],"
	"\"collect_errors\":[],\"warnings\":[],\"done\":true}";

static const char failing[] =
	"{\"version\":1,\"items\":["
	"{\"id\":\"tests/test_a.py::TestX::test_y[1::2]\","
	"\"outcome\":\"failed\",\"duration\":0.5,\"line\":12,"
	"\"message\":\"assert 1 == 2\\nmore\","
	"\"longrepr\":\"    def test_y():\\n>   assert 1 == 2\\n"
	"E   <boom> & \\u0007\","
	"\"sections\":[[\"Captured stdout call\",\"hello\\n\"],"
	"[\"Captured stderr call\",\"oops\"]],"
	"\"properties\":[[\"key\",\"value\"],[\"n\",3]]},"
	"{\"id\":\"tests/test_a.py::test_skip\",\"outcome\":\"skipped\","
	"\"duration\":0,\"reason\":\"no database\"},"
	"{\"id\":\"tests/test_a.py::test_x\",\"outcome\":\"xfailed\","
	"\"duration\":0,\"reason\":\"later\"},"
	"{\"id\":\"tests/test_a.py::test_ok\",\"outcome\":\"passed\","
	"\"duration\":0.1}],"
	"\"collect_errors\":[],\"warnings\":[],\"done\":true}";

static const char broken[] =
	"{\"version\":1,\"items\":[],\"collect_errors\":["
	"{\"id\":\"tests/test_c.py\",\"longrepr\":"
	"\"ImportError: no module named zork\"}],\"warnings\":[],\"done\":true}";

/* Five files of two packages; their result files are in the tree. */
static void
load(struct run *t)
{
	static const struct { const char *out, *package, *python, *file; }
	files[] = {
		{ "a", "core", "3.11", "core/tests/test_a.py" },
		{ "b", "core", "3.11", "core/tests/test_b.py" },
		{ "b12", "core", "3.12", "core/tests/test_b.py" },
		{ "c", "web", "3.11", "web/tests/test_c.py" },
		{ "d", "web", "3.11", "web/tests/with space.py" },
	};
	char root[] = "/tmp/tgraph-unit-results-XXXXXX";
	struct buf b = { 0 };
	size_t i;

	assert_non_null(mkdtemp(root));
	buf_adds(&b, "rule gen\n  command = gen $out\n"
		"rule test\n  command = run\n");
	buf_adds(&b, "build env: gen\n");
	for (i = 0; i < countof(files); i++)
		buf_addf(&b, "build %s: test | env\n  tg_kind = test\n"
			"  tg_package = %s\n  tg_python = %s\n"
			"  tg_file = %s\n  tg_result = %s/%s.json\n"
			"  tg_log = %s/%s.log\n", files[i].out,
			files[i].package, files[i].python, files[i].file,
			root, files[i].out, root, files[i].out);
	run_load(t, b.p);
	dir_remove(t->tree.root, NULL);
	free(t->tree.root);
	t->tree.root = xstrdup(root);
	t->o.tests = true;
	buf_release(&b);
}

static void
set(struct run *t, const char *out, unsigned status, unsigned passed,
	unsigned failed, const char *json)
{
	struct result *r = &t->s.result[run_step(t, out)];
	struct buf name = { 0 };

	*r = (struct result){
		.status = (uint16_t)status, .passed = passed,
		.failed = failed, .duration_us = 250000,
		.start_ns = 1700000000000000000,
		.exit = status == RESULT_FAILED ? 1 << 8 : 0,
	};
	if (json) {
		buf_addf(&name, "%s.json", out);
		tree_file(&t->tree, name.p, json);
	}
	buf_release(&name);
}

static void
finish(struct run *t, const char *out, enum step_end how)
{
	uint32_t step = run_step(t, out);

	report_finished(t->r, step, how, &t->s.result[step], none);
}

/* What a user sees of a run with everything in it. */
static void
run_all(struct run *t)
{
	t->s.result[run_step(t, "b")].flags = 0;
	set(t, "b", RESULT_PASSED, 1, 0, passing);
	t->s.result[run_step(t, "b")].flags = RESULT_VERIFIED;
	report_planned(t->r, 4);
	report_started(t->r, run_step(t, "env"));
	report_finished(t->r, run_step(t, "env"), END_RAN, NULL, none);
	report_started(t->r, run_step(t, "d"));
	report_started(t->r, run_step(t, "a"));
	set(t, "d", RESULT_TIMEOUT, 0, 0, NULL);
	t->s.result[run_step(t, "d")].duration_us = 3000000;
	tree_file(&t->tree, "d.log", "it hangs\nhere\n");
	finish(t, "d", END_FAILED);
	report_started(t->r, run_step(t, "c"));
	set(t, "c", RESULT_FAILED, 0, 0, broken);
	t->s.result[run_step(t, "c")].errors = 1;
	finish(t, "c", END_FAILED);
	set(t, "a", RESULT_FAILED, 1, 1, failing);
	t->s.result[run_step(t, "a")].skipped = 1;
	t->s.result[run_step(t, "a")].xfailed = 1;
	finish(t, "a", END_FAILED);
	set(t, "b12", RESULT_EMPTY, 0, 0, NULL);
	finish(t, "b12", END_CACHED);
	run_clock += 4200000000;
}

static const char blocks[] =
	"FAILED core/tests/test_a.py (core, py3.11): 1 passed, 1 failed, "
	"1 skipped, 1 xfailed in 0.25 s\n"
	"  failed core/tests/test_a.py::TestX::test_y[1::2] (line 12)\n"
	"    def test_y():\n"
	">   assert 1 == 2\n"
	"E   <boom> & \a\n"
	"    -- Captured stdout call\n"
	"hello\n"
	"    -- Captured stderr call\n"
	"oops\n"
	"  rerun: tgraph 'core/tests/test_a.py::TestX::test_y[1::2]'\n"
	"\n"
	"FAILED web/tests/test_c.py (web, py3.11): 1 error in 0.25 s\n"
	"  cannot be collected tests/test_c.py\n"
	"ImportError: no module named zork\n"
	"  rerun: tgraph web/tests/test_c.py\n"
	"\n"
	"TIMEOUT web/tests/with space.py (web, py3.11): stopped after "
	"3.0 s\n"
	"it hangs\nhere\n"
	"  rerun: tgraph 'web/tests/with space.py'\n"
	"\n";

static const char list[] =
	"FAILED core/tests/test_a.py::TestX::test_y[1::2] - assert 1 == 2\n"
	"ERROR tests/test_c.py - ImportError: no module named zork\n"
	"TIMEOUT web/tests/with space.py - stopped after 3.0 s\n";

static const char summary[] =
	"5 files: 2 passed, 1 failed, 1 error, 1 skipped, 1 xfailed, "
	"1 file timed out, 1 file without tests "
	"(2 files cached, 0.50 s saved) in 4.2 s\n";

static void
failures_in_graph_order(void **state)
{
	struct report_totals c;
	struct buf want = { 0 };
	struct run t;

	(void)state;
	load(&t);
	run_begin(&t);
	run_all(&t);
	assert_string_equal(run_said(&t),
		"TIMEOUT web/tests/with space.py - stopped after 3.0 s\n"
		"ERROR tests/test_c.py - ImportError: no module named zork\n"
		"FAILED core/tests/test_a.py::TestX::test_y[1::2] - "
		"assert 1 == 2\n");
	report_end(t.r, &c);
	buf_addf(&want, "\n%s%s%s", blocks, list, summary);
	assert_string_equal(run_said(&t), want.p);
	assert_int_equal(c.files, 5);
	assert_int_equal(c.ran, 3);
	assert_int_equal(c.cached, 2);
	assert_int_equal(c.passed_files, 1);
	assert_int_equal(c.empty_files, 1);
	assert_int_equal(c.failed_files, 2);
	assert_int_equal(c.timeout_files, 1);
	assert_int_equal(c.not_run, 0);
	buf_release(&want);
	run_end(&t);
}

static void
quiet_says_failures_only(void **state)
{
	struct buf want = { 0 };
	struct run t;

	(void)state;
	load(&t);
	t.o.verbosity = REPORT_QUIET;
	run_begin(&t);
	run_all(&t);
	assert_string_equal(run_said(&t), "");
	report_end(t.r, NULL);
	buf_addf(&want, "%s%s%s", blocks, list, summary);
	assert_string_equal(run_said(&t), want.p);
	buf_release(&want);
	run_end(&t);
}

static void
verbose_says_all(void **state)
{
	const char *said;
	struct run t;

	(void)state;
	load(&t);
	t.o.verbosity = REPORT_VERBOSE;
	run_begin(&t);
	run_all(&t);
	report_end(t.r, NULL);
	said = run_said(&t);
	assert_non_null(strstr(said, "PASSED core/tests/test_b.py (core, "
		"py3.11): 1 passed (cached)\n"
		"  passed core/tests/test_b.py::test_ok in 0.25 s\n"));
	assert_non_null(strstr(said, "  skipped core/tests/test_a.py::test_skip "
		"(no database)\n"));
	assert_non_null(strstr(said, "EMPTY core/tests/test_b.py (core, "
		"py3.12): no tests (cached)\n"));
	run_end(&t);
}

static void
not_run_is_not_passed(void **state)
{
	struct report_totals c;
	struct run t;

	(void)state;
	load(&t);
	/* Results of before, which nobody has looked at in this run. */
	set(&t, "a", RESULT_PASSED, 1, 0, passing);
	set(&t, "c", RESULT_PASSED, 1, 0, passing);
	run_begin(&t);
	report_planned(t.r, 5);
	report_started(t.r, run_step(&t, "a"));
	finish(&t, "c", END_SKIPPED);
	report_end(t.r, &c);
	assert_int_equal(c.not_run, 5);
	assert_int_equal(c.passed, 0);
	assert_string_equal(run_said(&t),
		"5 files: no tests ran, 5 files not run in 0.00 s\n");
	run_end(&t);
}

static void
a_result_without_status_is_a_crash(void **state)
{
	struct report_totals c;
	struct run t;

	(void)state;
	load(&t);
	run_begin(&t);
	report_planned(t.r, 1);
	report_started(t.r, run_step(&t, "a"));
	finish(&t, "a", END_RAN);
	report_end(t.r, &c);
	assert_int_equal(c.crashed_files, 1);
	assert_int_equal(c.passed_files, 0);
	run_end(&t);
}

static void
crash_shows_the_log(void **state)
{
	const char *said;
	struct run t;

	(void)state;
	load(&t);
	run_begin(&t);
	report_planned(t.r, 1);
	report_started(t.r, run_step(&t, "a"));
	set(&t, "a", RESULT_CRASHED, 0, 0, "{\"version\":1,\"items\":[],"
		"\"done\":true}");
	t.s.result[run_step(&t, "a")].exit = 9;
	tree_file(&t.tree, "a.log", "before the end\n");
	finish(&t, "a", END_FAILED);
	run_said(&t);
	report_end(t.r, NULL);
	said = run_said(&t);
	assert_non_null(strstr(said,
		"CRASHED core/tests/test_a.py (core, py3.11): killed by "
		"signal 9 in 0.25 s\nbefore the end\n"
		"  rerun: tgraph core/tests/test_a.py\n"));
	assert_non_null(strstr(said, "1 file crashed"));
	run_end(&t);
}

static void
other_steps_fail_too(void **state)
{
	struct result bad = { .status = RESULT_FAILED, .exit = 1 << 8 };
	struct report_totals c;
	struct run t;

	(void)state;
	load(&t);
	run_begin(&t);
	report_planned(t.r, 5);
	report_started(t.r, run_step(&t, "env"));
	report_finished(t.r, run_step(&t, "env"), END_FAILED, &bad,
		STR("no network\n"));
	report_end(t.r, &c);
	assert_string_equal(run_said(&t),
		"FAILED: [code=1] env \ngen env\nno network\n\n"
		"5 files: no tests ran, 5 files not run, 1 other step failed "
		"in 0.00 s\n");
	assert_int_equal(c.failed_steps, 1);
	run_end(&t);
}

static void
last_results(void **state)
{
	struct run t;

	(void)state;
	load(&t);
	t.o.last = true;
	set(&t, "a", RESULT_FAILED, 1, 1, failing);
	set(&t, "b", RESULT_PASSED, 1, 0, passing);
	run_begin(&t);
	report_end(t.r, NULL);
	assert_non_null(strstr(run_said(&t),
		"\n\n5 files: 2 passed, 1 failed, 3 files not run (last "
		"results, nothing was run)\n"));
	run_end(&t);
}

static void
several_pythons(void **state)
{
	struct run t;

	(void)state;
	load(&t);
	t.o.rerun = "tgraph -C x";
	run_begin(&t);
	report_planned(t.r, 1);
	report_started(t.r, run_step(&t, "b12"));
	set(&t, "b12", RESULT_FAILED, 0, 1, failing);
	finish(&t, "b12", END_FAILED);
	report_end(t.r, NULL);
	assert_non_null(strstr(run_said(&t), "  rerun: tgraph -C x --python "
		"3.12 'tests/test_a.py::TestX::test_y[1::2]'\n"));
	run_end(&t);
}

static void
table_on_a_terminal(void **state)
{
	struct build_counts c = { .left_us = 5000000 };
	const char *said;
	struct run t;

	(void)state;
	load(&t);
	t.o.terminal = 1;
	t.o.expand = true;
	set(&t, "a", RESULT_PASSED, 1, 0, NULL);
	set(&t, "b12", RESULT_PASSED, 1, 0, NULL);
	t.s.result[run_step(&t, "b12")].flags = RESULT_VERIFIED;
	run_begin(&t);
	report_planned(t.r, 3);
	report_started(t.r, run_step(&t, "a"));
	run_said(&t);
	run_clock += 2000000000;
	report_tick(t.r, &c);
	said = run_said(&t);
	assert_string_equal(said,
		"\r\033[5A"
		"package            done  running  failed  cached  elapsed"
		"      eta\033[K\n"
		"core py3.11         0/2        1       0       0     0:02"
		"     0:01\033[K\n"
		"core py3.12         1/1        0       0       1         "
		"         \033[K\n"
		"web py3.11          0/2        0       0       0         "
		"         \033[K\n"
		"total               1/5        1       0       1     0:02"
		"     0:05\033[K\n"
		"\033[J");
	/* It has failed beside others, and waits. */
	report_aside(t.r, run_step(&t, "a"));
	run_clock += 1000000000;
	report_tick(t.r, &c);
	assert_non_null(strstr(run_said(&t),
		"total               1/5        0       0       1     0:03"));
	report_info(t.r, "%s", "hello");
	assert_string_equal(run_said(&t), "\r\033[5A\033[Jtgraph: hello\n");
	run_end(&t);
}

static void
narrow_terminal(void **state)
{
	struct run t;

	(void)state;
	load(&t);
	t.o.terminal = 1;
	t.o.columns = 60;
	t.o.all = true;
	set(&t, "a", RESULT_PASSED, 1, 0, NULL);
	t.s.result[run_step(&t, "a")].flags = RESULT_VERIFIED;
	run_begin(&t);
	report_planned(t.r, 5);
	report_started(t.r, run_step(&t, "c"));
	run_said(&t);
	run_clock += 2000000000;
	report_tick(t.r, &(struct build_counts){ .left_us = UINT64_MAX });
	/* With --rerun nothing counts as done that has not run. */
	assert_string_equal(run_said(&t),
		"\r\033[4A"
		"package        done  running  failed  cached  elapsed\033[K\n"
		"core            0/3        0       0       0         "
		"\033[K\n"
		"web             0/2        1       0       0     0:02"
		"\033[K\n"
		"total           0/5        1       0       0     0:02"
		"\033[K\n"
		"\033[J");
	run_end(&t);
}

static void
progress_elsewhere(void **state)
{
	struct build_counts c = { .left_us = 61000000 };
	struct run t;

	(void)state;
	load(&t);
	run_begin(&t);
	report_planned(t.r, 5);
	report_started(t.r, run_step(&t, "a"));
	report_tick(t.r, &c);
	assert_string_equal(run_said(&t), "");
	run_clock += 5000000000;
	report_tick(t.r, &c);
	assert_string_equal(run_said(&t),
		"[0/5] 1 running, 1:01 left\n");
	run_clock += 5000000000;
	report_started(t.r, run_step(&t, "b"));
	assert_string_equal(run_said(&t), "");
	report_tick(t.r, &c);
	assert_string_equal(run_said(&t), "[0/5] 2 running, 1:01 left\n");
	run_clock += 10000000000;
	report_tick(t.r, &c);
	assert_string_equal(run_said(&t), "[0/5] 2 running, 1:01 left, "
		"still waiting for core/tests/test_a.py (20 s)\n");
	set(&t, "a", RESULT_PASSED, 1, 0, NULL);
	report_finished(t.r, run_step(&t, "a"), END_RAN,
		&t.s.result[run_step(&t, "a")], none);
	run_clock += 6000000000;
	report_tick(t.r, &c);
	assert_string_equal(run_said(&t), "[1/5] 1 running, 1:01 left, "
		"still waiting for core/tests/test_b.py (16 s)\n");
	/* Ever less often, but once a minute. */
	for (int64_t wait = 5; wait <= 80; wait *= 2) {
		if (wait > 60)
			wait = 60;
		run_clock += (wait - 1) * 1000000000;
		report_tick(t.r, &c);
		assert_string_equal(run_said(&t), "");
		run_clock += 1000000000;
		report_tick(t.r, &c);
		assert_string_not_equal(run_said(&t), "");
	}
	run_end(&t);
}

static void
junit(void **state)
{
	struct buf path = { 0 }, text = { 0 };
	struct err err = { 0 };
	struct run t;

	(void)state;
	load(&t);
	run_begin(&t);
	run_all(&t);
	report_end(t.r, NULL);
	tree_path(&t.tree, &path, "new/junit.xml");
	assert_int_equal(report_write(t.r, REPORT_JUNIT, path.p, &err), 0);
	assert_int_equal(file_read(path.p, &text, NULL), 1);
	assert_non_null(strstr(text.p,
		"<testsuites name=\"tgraph\" tests=\"7\" failures=\"1\" "
		"errors=\"2\" skipped=\"2\" time=\"4.000\">\n"
		"  <testsuite name=\"core py3.11 core/tests/test_a.py\" "
		"file=\"core/tests/test_a.py\" tests=\"4\" failures=\"1\" "
		"errors=\"0\" skipped=\"2\" time=\"0.250\" "
		"timestamp=\"2023-11-14T22:13:20\">\n"));
	assert_non_null(strstr(text.p,
		"    <testcase classname="
		"\"core.tests.test_a.TestX\" "
		"name=\"test_y[1::2]\" file=\"core/tests/test_a.py\" "
		"line=\"12\" time=\"0.500\"><properties><property "
		"name=\"key\" value=\"value\"/><property name=\"n\" "
		"value=\"3\"/></properties><failure message=\"assert 1 == "
		"2\">    def test_y():\n"
		"&gt;   assert 1 == 2\n"
		"E   &lt;boom&gt; &amp; \xef\xbf\xbd</failure>"
		"<system-out>--- Captured stdout call ---\nhello\n"
		"</system-out><system-err>--- Captured stderr call ---\n"
		"oops</system-err></testcase>\n"));
	assert_non_null(strstr(text.p, "<error message=\"collection "
		"failure\">ImportError: no module named zork</error>"));
	assert_non_null(strstr(text.p, "<error message=\"stopped by the "
		"time limit\">it hangs\nhere\n</error>"));
	assert_non_null(strstr(text.p, "name=\"status\" value=\"empty\""));
	buf_release(&path);
	buf_release(&text);
	run_end(&t);
}

static const char twice[] =
	"{\"version\":1,\"items\":["
	"{\"id\":\"test_a.py::test_y\",\"outcome\":\"failed\","
	"\"longrepr\":\"first\",\"subtests\":["
	"{\"outcome\":\"failed\",\"longrepr\":\"first\"},"
	"{\"outcome\":\"failed\",\"longrepr\":\"second\"}],"
	"\"phases\":{\"teardown\":{\"outcome\":\"error\","
	"\"message\":\"late\",\"longrepr\":\"too late\"}}}],"
	"\"done\":true}";

static void
subtests_and_teardown(void **state)
{
	struct buf path = { 0 }, text = { 0 };
	struct run t;

	(void)state;
	load(&t);
	run_begin(&t);
	report_planned(t.r, 1);
	set(&t, "a", RESULT_FAILED, 0, 1, twice);
	finish(&t, "a", END_FAILED);
	run_said(&t);
	report_end(t.r, NULL);
	assert_non_null(strstr(run_said(&t),
		"  failed core/tests/test_a.py::test_y\nfirst\nsecond\n"
		"    -- and in its teardown\ntoo late\n"));
	tree_path(&t.tree, &path, "junit.xml");
	assert_int_equal(report_write(t.r, REPORT_JUNIT, path.p, NULL), 0);
	assert_int_equal(file_read(path.p, &text, NULL), 1);
	assert_non_null(strstr(text.p, "<failure message=\"\">first\n"
		"second</failure></testcase>\n    <testcase classname="
		"\"core.tests.test_a\" name=\"test_y\" file=\"core/tests/test_a.py\" "
		"time=\"0.000\"><error message=\"late\">too late</error>"
		"</testcase>\n"));
	buf_release(&path);
	buf_release(&text);
	run_end(&t);
}

static double
number(const cJSON *o, const char *a, const char *b)
{
	const cJSON *n = cJSON_GetObjectItem(cJSON_GetObjectItem(o, a), b);

	assert_true(cJSON_IsNumber(n));
	return n->valuedouble;
}

static void
explain(struct run *t, const char *out, enum reason_why why)
{
	const struct reason r = {
		.why = why, .step = run_step(t, out), .other = GRAPH_NONE,
		.node = graph_find(&t->g, str_of(out)),
	};

	report_explain(t->r, &r);
}

/* The i-th of n reasons of a file. */
static void
assert_why(const cJSON *f, int n, int i, const char *kind, const char *text)
{
	const cJSON *whys = cJSON_GetObjectItem(f, "why");
	const cJSON *why = cJSON_GetArrayItem(whys, i);

	assert_int_equal(cJSON_GetArraySize(whys), n);
	assert_string_equal(cJSON_GetObjectItem(why, "kind")->valuestring,
		kind);
	assert_string_equal(cJSON_GetObjectItem(why, "node")->valuestring,
		cJSON_GetObjectItem(f, "step")->valuestring);
	assert_string_equal(cJSON_GetObjectItem(why, "text")->valuestring,
		text);
}

static void
json(void **state)
{
	struct buf path = { 0 }, text = { 0 };
	const cJSON *files, *f;
	struct err err = { 0 };
	struct run t;
	cJSON *doc;

	(void)state;
	load(&t);
	run_begin(&t);
	explain(&t, "a", WHY_NO_RESULT);
	explain(&t, "d", WHY_COMMAND);
	explain(&t, "d", WHY_OUTPUT_MISSING);
	run_all(&t);
	report_end(t.r, NULL);
	tree_path(&t.tree, &path, "out.json");
	assert_int_equal(report_write(t.r, REPORT_JSON, path.p, &err), 0);
	assert_int_equal(file_read(path.p, &text, NULL), 1);
	doc = cJSON_Parse(text.p);
	assert_non_null(doc);
	f = cJSON_GetObjectItem(doc, "summary");
	assert_int_equal((int)number(f, "files", "total"), 5);
	assert_int_equal((int)number(f, "files", "timeout"), 1);
	assert_int_equal((int)number(f, "tests", "failed"), 1);
	files = cJSON_GetObjectItem(doc, "files");
	assert_int_equal(cJSON_GetArraySize(files), 5);
	f = cJSON_GetArrayItem(files, 0);
	assert_string_equal(cJSON_GetObjectItem(f, "status")->valuestring,
		"failed");
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(f, "items")),
		4);
	assert_why(f, 1, 0, "no-result", "it has no result yet");
	f = cJSON_GetArrayItem(files, 1);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItem(f, "cached")));
	assert_null(cJSON_GetObjectItem(f, "why"));
	f = cJSON_GetArrayItem(files, 4);
	assert_string_equal(cJSON_GetObjectItem(f, "status")->valuestring,
		"timeout");
	assert_why(f, 2, 0, "command", "the way it is run changed");
	assert_why(f, 2, 1, "output-missing", "its result is missing");
	cJSON_Delete(doc);
	buf_release(&path);
	buf_release(&text);
	run_end(&t);
}

#define FORKED(of, run) "{\"version\":1,\"items\":[],\"way\":\"fork\"," \
	"\"of\":\"" of "\",\"times\":{\"start\":0.0054,\"run\":" run "}," \
	"\"done\":true}"

static void
ways(void **state)
{
	static const char started[] = "{\"version\":1,\"items\":[],"
		"\"way\":\"start\",\"why\":\"thread poll\","
		"\"times\":{\"start\":0.25},\"done\":true}";
	struct buf path = { 0 }, text = { 0 };
	const cJSON *files, *way;
	struct err err = { 0 };
	struct run t;
	cJSON *doc;

	(void)state;
	load(&t);
	run_begin(&t);
	report_ways(t.r);
	assert_string_equal(run_said(&t), "");
	set(&t, "a", RESULT_PASSED, 1, 0, FORKED("node of x, y", "0.002"));
	set(&t, "b", RESULT_PASSED, 1, 0, FORKED("node of z", "0.004"));
	set(&t, "b12", RESULT_PASSED, 1, 0, FORKED("branch .", "0.001"));
	set(&t, "c", RESULT_PASSED, 1, 0, started);
	/* What did not run now took no time now. */
	set(&t, "d", RESULT_PASSED, 1, 0, FORKED("branch .", "9"));
	finish(&t, "a", END_RAN);
	finish(&t, "b", END_RAN);
	finish(&t, "b12", END_RAN);
	finish(&t, "c", END_RAN);
	finish(&t, "d", END_CACHED);
	report_end(t.r, NULL);
	run_said(&t);
	report_ways(t.r);
	assert_string_equal(run_said(&t),
		"tgraph: stats: ms a file          files  prepare    start"
		"   import  collect      run   report      end\n"
		"tgraph: stats: fork of node           2      0.0      5.4"
		"      0.0      0.0      3.0      0.0      0.0\n"
		"tgraph: stats: fork of branch         1      0.0      5.4"
		"      0.0      0.0      1.0      0.0      0.0\n"
		"tgraph: stats: start                  1      0.0    250.0"
		"      0.0      0.0      0.0      0.0      0.0\n"
		"tgraph: stats: all                    4      0.0     66.5"
		"      0.0      0.0      1.8      0.0      0.0\n"
		"tgraph: stats: 1 file by start, because of thread poll\n");
	tree_path(&t.tree, &path, "out.json");
	assert_int_equal(report_write(t.r, REPORT_JSON, path.p, &err), 0);
	assert_int_equal(file_read(path.p, &text, NULL), 1);
	doc = cJSON_Parse(text.p);
	files = cJSON_GetObjectItem(doc, "files");
	way = cJSON_GetArrayItem(files, 0);
	assert_string_equal(cJSON_GetObjectItem(way, "way")->valuestring,
		"fork");
	assert_string_equal(cJSON_GetObjectItem(way, "way_of")->valuestring,
		"node of x, y");
	assert_null(cJSON_GetObjectItem(way, "way_why"));
	assert_true(number(way, "times", "run") == 0.002);
	assert_true(number(way, "times", "end") == 0);
	way = cJSON_GetArrayItem(files, 3);
	assert_string_equal(cJSON_GetObjectItem(way, "way_why")->valuestring,
		"thread poll");
	cJSON_Delete(doc);
	buf_release(&path);
	buf_release(&text);
	run_end(&t);
}

static void
unwritable(void **state)
{
	struct err err = { 0 };
	struct buf path = { 0 };
	struct run t;

	(void)state;
	load(&t);
	run_begin(&t);
	report_end(t.r, NULL);
	tree_file(&t.tree, "file", "");
	tree_path(&t.tree, &path, "file/junit.xml");
	assert_int_equal(report_write(t.r, REPORT_JUNIT, path.p, &err), -1);
	assert_non_null(err.msg);
	err_release(&err);
	buf_release(&path);
	run_end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_in_graph_order),
		cmocka_unit_test(quiet_says_failures_only),
		cmocka_unit_test(verbose_says_all),
		cmocka_unit_test(not_run_is_not_passed),
		cmocka_unit_test(a_result_without_status_is_a_crash),
		cmocka_unit_test(crash_shows_the_log),
		cmocka_unit_test(other_steps_fail_too),
		cmocka_unit_test(last_results),
		cmocka_unit_test(several_pythons),
		cmocka_unit_test(table_on_a_terminal),
		cmocka_unit_test(narrow_terminal),
		cmocka_unit_test(progress_elsewhere),
		cmocka_unit_test(subtests_and_teardown),
		cmocka_unit_test(junit),
		cmocka_unit_test(json),
		cmocka_unit_test(ways),
		cmocka_unit_test(unwritable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
