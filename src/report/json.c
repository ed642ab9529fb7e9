/* SPDX-License-Identifier: Apache-2.0 */
#include "report/json.h"

#include <string.h>

#include "report/internal.h"
#include "report/step.h"
#include "report/xml.h"
#include "result/results.h"
#include "util/file.h"

/* The document: {"version", "name", "summary": {...}, "files": [...]}. Each
 * file is printed on its own, so that the memory for a big run is that of the
 * text. */

/* JSON is UTF-8; a byte of a path that is none stands as \\xff. */
void
json_text(cJSON *o, const char *name, const char *value)
{
	const unsigned char *p = (const unsigned char *)value;
	size_t n = strlen(value), i, len;
	struct buf b = { 0 };
	uint32_t c;

	buf_adds(&b, "");
	for (i = 0; i < n; i += len ? len : 1) {
		len = xml_decode(p + i, n - i, &c);
		if (len && (c < 0xd800 || c > 0xdfff))
			buf_add(&b, value + i, len);
		else
			buf_addf(&b, "\\x%02x", p[i]);
	}
	cJSON_AddStringToObject(o, name, b.p);
	buf_release(&b);
}

static void
number(cJSON *o, const char *name, double value)
{
	cJSON_AddNumberToObject(o, name, value);
}

static void
add_counts(cJSON *o, double passed, double failed, double errors,
	double skipped, double xfailed, double xpassed)
{
	cJSON *c = cJSON_AddObjectToObject(o, "tests");

	number(c, "passed", passed);
	number(c, "failed", failed);
	number(c, "errors", errors);
	number(c, "skipped", skipped);
	number(c, "xfailed", xfailed);
	number(c, "xpassed", xpassed);
}

static cJSON *
summary(const struct tests *t)
{
	struct report_totals c;
	cJSON *o = cJSON_CreateObject(), *f;

	tests_count(t, &c);
	f = cJSON_AddObjectToObject(o, "files");
	number(f, "total", c.files);
	number(f, "ran", c.ran);
	number(f, "cached", c.cached);
	number(f, "passed", c.passed_files);
	number(f, "failed", c.failed_files);
	number(f, "timeout", c.timeout_files);
	number(f, "crashed", c.crashed_files);
	number(f, "empty", c.empty_files);
	number(f, "not_selected", c.unselected_files);
	number(f, "flaky", c.flaky_files);
	number(f, "not_run", c.not_run);
	add_counts(o, (double)c.passed, (double)c.failed, (double)c.errors,
		(double)c.skipped, (double)c.xfailed, (double)c.xpassed);
	number(o, "failed_steps", c.failed_steps);
	number(o, "saved", (double)c.saved_us / 1e6);
	number(o, "elapsed", (double)(t->end - t->begin) / 1e9);
	return o;
}

/* What the result file says of items, errors and warnings, as it is there. */
static void
add_results(cJSON *o, const struct tests *t, const struct tests_file *f)
{
	static const char *const names[] = {
		"items", "collect_errors", "warnings",
	};
	struct results r;
	unsigned i;
	cJSON *a;

	results_read(&r, t->g, f->step);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		a = cJSON_DetachItemFromObjectCaseSensitive(r.json, names[i]);
		if (!cJSON_IsArray(a)) {
			cJSON_Delete(a);
			a = cJSON_CreateArray();
		}
		cJSON_AddItemToObject(o, names[i], a);
	}
	results_release(&r);
}

static cJSON *
file(const struct tests *t, const struct tests_file *f)
{
	static const struct { const char *name; uint32_t sym; } names[] = {
		{ "package", SYM_TG_PACKAGE }, { "python", SYM_TG_PYTHON },
		{ "file", SYM_TG_FILE }, { "result", SYM_TG_RESULT },
		{ "log", SYM_TG_LOG },
	};
	const struct result *r = tests_result(t, f);
	enum tests_fate fate = tests_fate(t, f);
	bool known = fate != FATE_NOT_RUN;
	cJSON *o = cJSON_CreateObject();
	struct buf value = { 0 };
	unsigned i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		json_text(o, names[i].name, step_binding(t->g, f->step,
			names[i].sym, &value));
	buf_release(&value);
	json_text(o, "step", graph_cpath(t->g, graph_step_out(t->g, f->step)));
	json_text(o, "status", !known ? "not run" :
		fate == FATE_UNSELECTED ? "not selected" : status_word(
		fate == FATE_CRASHED ? RESULT_CRASHED : r->status));
	if (!known)
		return o;
	cJSON_AddBoolToObject(o, "cached", tests_cached(t, f));
	cJSON_AddBoolToObject(o, "flaky", (r->flags & RESULT_FLAKY) != 0);
	number(o, "exit", result_code(r));
	number(o, "start", (double)r->start_ns / 1e9);
	number(o, "duration", (double)r->duration_us / 1e6);
	add_counts(o, r->passed, r->failed, r->errors, r->skipped,
		r->xfailed, r->xpassed);
	add_results(o, t, f);
	return o;
}

static void
print(struct buf *out, cJSON *o)
{
	char *s = cJSON_PrintUnformatted(o);

	buf_adds(out, s ? s : "null");
	cJSON_free(s);
	cJSON_Delete(o);
}

int
report_json(const struct report *r, const char *path, struct err *err)
{
	const struct tests *t = &r->tests;
	struct buf out = { 0 };
	uint32_t i;
	int ret;

	buf_adds(&out, "{\"version\":1,\"name\":\"tgraph\",\"summary\":");
	print(&out, summary(t));
	buf_adds(&out, ",\"files\":[");
	for (i = 0; i < t->nfiles; i++) {
		buf_adds(&out, i ? ",\n" : "\n");
		print(&out, file(t, &t->files[i]));
	}
	buf_adds(&out, "\n]}\n");
	ret = dir_make_parent(path, err);
	if (ret == 0)
		ret = file_write(path, out.p, out.n, false, err);
	buf_release(&out);
	return ret;
}
