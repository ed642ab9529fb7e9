/* SPDX-License-Identifier: Apache-2.0 */
#include "report/documents.h"

#include <stdlib.h>

#include "report/tests/listed.h"
#include "report/text/json.h"
#include "report/text/reason.h"
#include "report/text/step.h"
#include "result/results.h"
#include "result/way.h"
#include "util/mem.h"

/* The document: {"version", "name", "summary": {...}, "files": [...]}. Each
 * file is printed on its own, so that the memory for a big run is that of the
 * text. */

static void
json_number(cJSON *o, const char *name, double value)
{
	cJSON_AddNumberToObject(o, name, value);
}

static void
add_counts(cJSON *o, double passed, double failed, double errors,
	double skipped, double xfailed, double xpassed, double warnings)
{
	cJSON *c = cJSON_AddObjectToObject(o, "tests");

	json_number(c, "passed", passed);
	json_number(c, "failed", failed);
	json_number(c, "errors", errors);
	json_number(c, "skipped", skipped);
	json_number(c, "xfailed", xfailed);
	json_number(c, "xpassed", xpassed);
	json_number(c, "warnings", warnings);
}

static cJSON *
summary_object(const struct testfiles *m)
{
	struct report_totals c;
	cJSON *o = cJSON_CreateObject(), *f;

	testfiles_count(m, &c);
	f = cJSON_AddObjectToObject(o, "files");
	json_number(f, "total", c.files);
	json_number(f, "ran", c.ran);
	json_number(f, "cached", c.cached);
	json_number(f, "passed", c.passed_files);
	json_number(f, "failed", c.failed_files);
	json_number(f, "timeout", c.timeout_files);
	json_number(f, "crashed", c.crashed_files);
	json_number(f, "empty", c.empty_files);
	json_number(f, "not_selected", c.unselected_files);
	json_number(f, "flaky", c.flaky_files);
	json_number(f, "not_run", c.not_run);
	add_counts(o, (double)c.passed, (double)c.failed, (double)c.errors,
		(double)c.skipped, (double)c.xfailed, (double)c.xpassed,
		(double)c.warnings);
	json_number(o, "failed_steps", c.failed_steps);
	json_number(o, "saved", (double)c.saved_us / 1e6);
	json_number(o, "elapsed", (double)(m->end - m->begin) / 1e9);
	return o;
}

static void
add_way(cJSON *o, const struct results *r)
{
	struct way w;
	cJSON *times;

	if (!way_read(&w, r))
		return;
	json_text(o, "way", w.kind);
	if (*w.of)
		json_text(o, "way_of", w.of);
	if (*w.why)
		json_text(o, "way_why", w.why);
	times = cJSON_AddObjectToObject(o, "times");
	for (int i = 0; i < WAY_PARTS; i++)
		json_number(times, way_parts[i], w.seconds[i]);
}

/* What items are called from the root, as tgraph takes it. */
static void
name_items(const struct testfiles *m, const struct testfile *f,
	const struct results *r)
{
	struct buf name = { 0 };
	struct located l;
	cJSON *item;

	located_of(&l, NULL, r);
	for (item = r->items ? r->items->child : NULL; item;
	     item = item->next) {
		buf_clear(&name);
		listed_name(m, f, &l, results_text(item, "id"), &name);
		json_text(item, "target", buf_str(&name).p);
	}
	buf_release(&name);
}

/* What the result file says of the way it came about, and of items, errors and
 * warnings, as it is there. */
static void
add_document(cJSON *o, const struct testfiles *m,
	const struct testfile *f)
{
	static const char *const names[] = {
		"items", "collect_errors", "warnings",
	};
	struct results r;
	unsigned i;
	cJSON *a;

	results_read(&r, m->g, f->step);
	add_way(o, &r);
	name_items(m, f, &r);
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
file_object(const struct testfiles *m, const struct testfile *f)
{
	static const struct { const char *name; uint32_t sym; } names[] = {
		{ "package", SYM_TG_PACKAGE }, { "python", SYM_TG_PYTHON },
		{ "file", SYM_TG_FILE }, { "result", SYM_TG_RESULT },
		{ "log", SYM_TG_LOG },
	};
	const struct result *r = testfile_result(m, f);
	enum testfile_fate fate = testfile_fate(m, f);
	bool known = fate != FATE_NOT_RUN;
	cJSON *o = cJSON_CreateObject();
	struct buf value = { 0 };
	unsigned i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		json_text(o, names[i].name, step_binding(m->g, f->step,
			names[i].sym, &value));
	buf_release(&value);
	json_text(o, "step", graph_cpath(m->g, graph_step_out(m->g, f->step)));
	json_text(o, "status", !known ? "not run" :
		fate == FATE_UNSELECTED ? "not selected" : status_word(
		fate == FATE_CRASHED ? RESULT_CRASHED : r->status));
	if (!known)
		return o;
	cJSON_AddBoolToObject(o, "cached", testfile_cached(m, f));
	cJSON_AddBoolToObject(o, "flaky", (r->flags & RESULT_FLAKY) != 0);
	json_number(o, "exit", result_code(r));
	json_number(o, "start", (double)r->start_ns / 1e9);
	json_number(o, "duration", (double)r->duration_us / 1e6);
	add_counts(o, r->passed, r->failed, r->errors, r->skipped,
		r->xfailed, r->xpassed, r->warnings);
	add_document(o, m, f);
	return o;
}

/* ---- why ---- */

struct json {
	struct report_sink sink;
	const struct testfiles *m;
	struct reasons whys;    /* with -d explain; those of a step together */
};

static void
json_begin(struct report_sink *sink, const struct report_build *b, int64_t now)
{
	(void)b;
	(void)now;
	((struct json *)sink)->whys.n = 0;
}

static void
json_explain(struct report_sink *sink, const struct reason *why)
{
	reasons_add(&((struct json *)sink)->whys, why);
}

/* By step: where its reasons begin, + 1; 0: there are none. Owned by the
 * caller. */
static size_t *
index_whys(const struct json *j)
{
	size_t *first = xcalloc((size_t)j->m->nsteps + 1, sizeof(*first));

	for (size_t i = j->whys.n; i-- > 0;)
		if (j->whys.v[i].step < j->m->nsteps)
			first[j->whys.v[i].step] = i + 1;
	return first;
}

static void
add_why(cJSON *to, const struct graph *g, const struct reason *why)
{
	cJSON *o = cJSON_CreateObject();
	struct buf text = { 0 };

	cJSON_AddItemToArray(to, o);
	cJSON_AddStringToObject(o, "kind", reason_word(why->why));
	if (why->node != GRAPH_NONE)
		json_text(o, "node", graph_cpath(g, why->node));
	reason_text(g, why, &text);
	json_text(o, "text", text.p);
	buf_release(&text);
}

static void
add_whys(cJSON *o, const struct json *j, uint32_t step, size_t first)
{
	cJSON *to;

	if (!first)
		return;
	to = cJSON_AddArrayToObject(o, "why");
	for (size_t i = first - 1; i < j->whys.n && j->whys.v[i].step == step;
	     i++)
		add_why(to, j->m->g, &j->whys.v[i]);
}

/* ---- the document ---- */

static void
add_object(struct buf *out, cJSON *o)
{
	char *s = cJSON_PrintUnformatted(o);

	buf_adds(out, s ? s : "null");
	cJSON_free(s);
	cJSON_Delete(o);
}

static void
json_write(struct report_sink *sink, struct buf *out)
{
	const struct json *j = (struct json *)sink;
	const struct testfiles *m = j->m;
	size_t *whys = index_whys(j);
	cJSON *o;

	buf_adds(out, "{\"version\":1,\"name\":\"tgraph\",\"summary\":");
	add_object(out, summary_object(m));
	buf_adds(out, ",\"files\":[");
	for (uint32_t i = 0; i < m->n; i++) {
		buf_adds(out, i ? ",\n" : "\n");
		o = file_object(m, &m->v[i]);
		add_whys(o, j, m->v[i].step, whys[m->v[i].step]);
		add_object(out, o);
	}
	buf_adds(out, "\n]}\n");
	free(whys);
}

static void
json_free(struct report_sink *sink)
{
	reasons_release(&((struct json *)sink)->whys);
	free(sink);
}

static const struct report_sink_ops json_ops = {
	.begin = json_begin, .explain = json_explain, .write = json_write,
	.free = json_free,
};

struct report_sink *
json_new(const struct report_opts *o, const struct testfiles *m)
{
	struct json *j = xcalloc(1, sizeof(*j));

	(void)o;
	j->sink.ops = &json_ops;
	j->m = m;
	return &j->sink;
}
