/* SPDX-License-Identifier: Apache-2.0 */
#include "report/documents.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/tests/listed.h"
#include "report/text/step.h"
#include "report/text/xml.h"
#include "result/results.h"
#include "util/mem.h"

#define LOG_LIMIT (256u << 10)

static void
attr_number(struct buf *out, const char *name, uint64_t n)
{
	buf_addf(out, " %s=\"%" PRIu64 "\"", name, n);
}

static void
attr_seconds(struct buf *out, double s)
{
	buf_addf(out, " time=\"%.3f\"", s < 0 ? 0 : s);
}

/* "tests/test_a.py::TestX::test_y[1]" is test_y[1] of tests.test_a.TestX. */
static void
attr_names(struct buf *out, const char *id)
{
	size_t n = strcspn(id, "["), at, end, i;
	struct buf class = { 0 };
	bool colons;

	/* The last "::" before the parameters. */
	for (at = n; at >= 2 && memcmp(id + at - 2, "::", 2) != 0; at--)
		continue;
	if (at < 2)
		at = 0;
	end = at ? at - 2 : 0;
	for (i = 0; i < end;) {
		if (strncmp(id + i, ".py", 3) == 0 &&
		    (i + 3 == end || strncmp(id + i + 3, "::", 2) == 0)) {
			i += 3;
			continue;
		}
		colons = strncmp(id + i, "::", 2) == 0;
		buf_addc(&class, id[i] == '/' || colons ? '.' : id[i]);
		i += colons ? 2 : 1;
	}
	xml_attr(out, "classname", buf_str(&class));
	xml_attr(out, "name", str_of(id + at));
	buf_release(&class);
}

/* <tag message="first line">text</tag> */
static void
add_problem(struct buf *out, const char *tag, const char *message,
	const char *text)
{
	struct str first = { message, strcspn(message, "\n") };

	buf_addf(out, "<%s", tag);
	xml_attr(out, "message", first);
	buf_addc(out, '>');
	xml_text(out, str_of(text));
	buf_addf(out, "</%s>", tag);
}

static void
add_skipped(struct buf *out, const char *type, const cJSON *item)
{
	buf_adds(out, "<skipped");
	xml_attr(out, "type", str_of(type));
	xml_attr(out, "message", str_of(results_text(item, "reason")));
	buf_adds(out, "/>");
}

static void
add_outcome(struct buf *out, const cJSON *item)
{
	const char *message = results_text(item, "message");
	struct buf text = { 0 };

	switch (results_outcome(item)) {
	case OUTCOME_PASSED:
	case OUTCOME_XPASSED:
		break;
	case OUTCOME_SKIPPED:
		add_skipped(out, "pytest.skip", item);
		break;
	case OUTCOME_XFAILED:
		add_skipped(out, "pytest.xfail", item);
		break;
	case OUTCOME_FAILED:
		results_longrepr(item, &text);
		add_problem(out, "failure", message, text.p);
		break;
	case OUTCOME_ERROR:
	case OUTCOME_UNKNOWN:
		results_longrepr(item, &text);
		add_problem(out, "error", message, text.p);
		break;
	}
	buf_release(&text);
}

static void
add_properties(struct buf *out, const cJSON *item)
{
	const cJSON *p, *value;
	const char *name;
	char *text;
	bool any = false;

	cJSON_ArrayForEach(p, cJSON_GetObjectItemCaseSensitive(item,
			"properties")) {
		name = cJSON_GetStringValue(cJSON_GetArrayItem(p, 0));
		value = cJSON_GetArrayItem(p, 1);
		if (!name || !value)
			continue;
		buf_adds(out, any ? "<property" : "<properties><property");
		any = true;
		xml_attr(out, "name", str_of(name));
		text = cJSON_IsString(value) ? NULL :
			cJSON_PrintUnformatted(value);
		xml_attr(out, "value", str_of(text ? text :
			value->valuestring ? value->valuestring : ""));
		cJSON_free(text);
		buf_adds(out, "/>");
	}
	if (any)
		buf_adds(out, "</properties>");
}

/* Captured sections: standard error apart, all others as standard output. */
static void
add_captured(struct buf *out, const cJSON *item, bool err)
{
	const char *tag = err ? "system-err" : "system-out";
	const char *title, *text;
	bool any = false;
	const cJSON *s;

	cJSON_ArrayForEach(s, cJSON_GetObjectItemCaseSensitive(item,
			"sections")) {
		title = cJSON_GetStringValue(cJSON_GetArrayItem(s, 0));
		text = cJSON_GetStringValue(cJSON_GetArrayItem(s, 1));
		if (!title || !text || !*text ||
		    (strstr(title, "stderr") != NULL) != err)
			continue;
		if (!any)
			buf_addf(out, "<%s>", tag);
		any = true;
		buf_adds(out, "--- ");
		xml_text(out, str_of(title));
		buf_adds(out, " ---\n");
		xml_text(out, str_of(text));
	}
	if (any)
		buf_addf(out, "</%s>", tag);
}

static void
add_case(struct buf *out, const cJSON *item, const char *name,
	const char *file)
{
	buf_adds(out, "    <testcase");
	attr_names(out, name);
	xml_attr(out, "file", str_of(file));
	if (results_number(item, "line") > 0)
		attr_number(out, "line",
			(uint64_t)results_number(item, "line"));
	attr_seconds(out, results_number(item, "duration"));
	buf_addc(out, '>');
	add_properties(out, item);
	add_outcome(out, item);
	if (outcome_bad(results_outcome(item))) {
		add_captured(out, item, false);
		add_captured(out, item, true);
	}
	buf_adds(out, "</testcase>\n");
}

/* The error in an item's teardown is a test case of its own, as in pytest's
 * reports. */
static void
add_teardown(struct buf *out, const char *name, const cJSON *teardown,
	const char *file)
{
	buf_adds(out, "    <testcase");
	attr_names(out, name);
	xml_attr(out, "file", str_of(file));
	buf_adds(out, " time=\"0.000\">");
	add_outcome(out, teardown);
	buf_adds(out, "</testcase>\n");
}

/* A test case that stands for the file, when it has no items that say what
 * went wrong. */
static void
add_file_case(struct buf *out, const char *file, const char *message,
	const char *text)
{
	buf_adds(out, "    <testcase");
	xml_attr(out, "classname", str_of(""));
	xml_attr(out, "name", str_of(file));
	xml_attr(out, "file", str_of(file));
	buf_adds(out, " time=\"0.000\">");
	add_problem(out, "error", message, text);
	buf_adds(out, "</testcase>\n");
}

struct suite {
	struct buf cases;
	uint64_t tests, failures, errors, skipped;
};

static void
count_case(struct suite *s, enum outcome o)
{
	s->tests++;
	s->failures += o == OUTCOME_FAILED;
	s->errors += o == OUTCOME_ERROR || o == OUTCOME_UNKNOWN;
	s->skipped += o == OUTCOME_SKIPPED || o == OUTCOME_XFAILED;
}

static const char *
bad_message(enum testfile_fate fate)
{
	switch (fate) {
	case FATE_TIMEOUT: return "stopped by the time limit";
	case FATE_CRASHED: return "ended without a complete result";
	case FATE_NOT_RUN: return "not run";
	default: return "failed outside of its tests";
	}
}

/* Is something wrong with the file that none of its cases says? */
static bool
lacks_case(enum testfile_fate fate, const struct results *r,
	const struct suite *s)
{
	if (fate == FATE_EMPTY || fate == FATE_UNSELECTED)
		return false;
	if (!r->json)
		return true;
	return fate != FATE_PASSED && (!(s->failures + s->errors) ||
	       (fate != FATE_FAILED && !*results_text(r->json, "crash")));
}

static void
fill_suite(const struct testfiles *m, const struct testfile *f,
	const char *file, struct suite *s)
{
	enum testfile_fate fate = testfile_fate(m, f);
	struct results r = { 0 };
	struct buf log = { 0 }, name = { 0 };
	const cJSON *item, *teardown;
	struct located l;

	if (fate != FATE_NOT_RUN)
		results_read(&r, m->g, f->step);
	located_of(&l, NULL, &r);
	cJSON_ArrayForEach(item, r.items) {
		buf_clear(&name);
		listed_name(m, f, &l, results_text(item, "id"), &name);
		add_case(&s->cases, item, buf_str(&name).p, file);
		count_case(s, results_outcome(item));
		teardown = results_teardown(item);
		if (teardown) {
			add_teardown(&s->cases, buf_str(&name).p, teardown,
				file);
			count_case(s, OUTCOME_ERROR);
		}
	}
	cJSON_ArrayForEach(item, r.collect_errors) {
		add_file_case(&s->cases, results_text(item, "id"),
			"collection failure", results_text(item, "longrepr"));
		count_case(s, OUTCOME_ERROR);
	}
	if (lacks_case(fate, &r, s)) {
		log_tail(m->g, f->step, LOG_LIMIT, &log);
		add_file_case(&s->cases, file, bad_message(fate),
			fate == FATE_NOT_RUN ? "" : buf_str(&log).p);
		count_case(s, OUTCOME_ERROR);
	}
	buf_release(&log);
	buf_release(&name);
	results_release(&r);
}

static void
attr_time_of_day(struct buf *out, int64_t ns)
{
	time_t s = (time_t)(ns / 1000000000);
	char text[32];
	struct tm tm;

	if (ns <= 0 || !gmtime_r(&s, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	xml_attr(out, "timestamp", str_of(text));
}

static void
add_property(struct buf *out, const char *name, const char *value)
{
	if (!*value)
		return;
	buf_adds(out, "      <property");
	xml_attr(out, "name", str_of(name));
	xml_attr(out, "value", str_of(value));
	buf_adds(out, "/>\n");
}

static void
attr_counts(struct buf *out, const struct suite *s)
{
	attr_number(out, "tests", s->tests);
	attr_number(out, "failures", s->failures);
	attr_number(out, "errors", s->errors);
	attr_number(out, "skipped", s->skipped);
}

static void
add_suite(const struct testfiles *m, const struct testfile *f,
	struct suite *all, struct buf *out)
{
	const struct result *res = testfile_result(m, f);
	struct buf name = { 0 }, file = { 0 }, package = { 0 }, python = { 0 };
	bool known = testfile_fate(m, f) != FATE_NOT_RUN;
	struct suite s = { 0 };

	step_binding(m->g, f->step, SYM_TG_PACKAGE, &package);
	step_binding(m->g, f->step, SYM_TG_PYTHON, &python);
	if (!*step_binding(m->g, f->step, SYM_TG_FILE, &file))
		buf_addstr(&file, graph_path(m->g, graph_step_out(m->g,
			f->step)));
	buf_addf(&name, "%s%s%s%s%s", package.p, package.n ? " " : "",
		python.n ? "py" : "", python.p, python.n ? " " : "");
	buf_addstr(&name, buf_str(&file));
	fill_suite(m, f, file.p, &s);
	buf_adds(out, "  <testsuite");
	xml_attr(out, "name", buf_str(&name));
	xml_attr(out, "file", buf_str(&file));
	attr_counts(out, &s);
	attr_seconds(out, known ? (double)res->duration_us / 1e6 : 0);
	if (known)
		attr_time_of_day(out, res->start_ns);
	buf_adds(out, ">\n    <properties>\n");
	add_property(out, "package", buf_str(&package).p);
	add_property(out, "python", buf_str(&python).p);
	add_property(out, "status", !known ? "not run" :
		status_word(res->status));
	if (known && res->flags & RESULT_FLAKY)
		add_property(out, "flaky", "true");
	buf_adds(out, "    </properties>\n");
	buf_addstr(out, buf_str(&s.cases));
	buf_adds(out, "  </testsuite>\n");
	all->tests += s.tests;
	all->failures += s.failures;
	all->errors += s.errors;
	all->skipped += s.skipped;
	buf_release(&s.cases);
	buf_release(&name);
	buf_release(&file);
	buf_release(&package);
	buf_release(&python);
}

struct junit {
	struct report_sink sink;
	const struct testfiles *m;
};

static void
junit_write(struct report_sink *sink, struct buf *out)
{
	const struct testfiles *m = ((struct junit *)sink)->m;
	struct buf suites = { 0 };
	struct suite all = { 0 };
	double seconds = 0;

	for (uint32_t i = 0; i < m->n; i++) {
		add_suite(m, &m->v[i], &all, &suites);
		if (testfile_fate(m, &m->v[i]) != FATE_NOT_RUN)
			seconds += (double)testfile_result(m,
				&m->v[i])->duration_us / 1e6;
	}
	buf_adds(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		"<testsuites name=\"tgraph\"");
	attr_counts(out, &all);
	attr_seconds(out, seconds);
	buf_adds(out, ">\n");
	buf_addstr(out, buf_str(&suites));
	buf_adds(out, "</testsuites>\n");
	buf_release(&suites);
}

static void
junit_free(struct report_sink *sink)
{
	free(sink);
}

static const struct report_sink_ops junit_ops = {
	.write = junit_write, .free = junit_free,
};

struct report_sink *
junit_new(const struct report_opts *o, const struct testfiles *m)
{
	struct junit *j = xcalloc(1, sizeof(*j));

	(void)o;
	j->sink.ops = &junit_ops;
	j->m = m;
	return &j->sink;
}
