/* SPDX-License-Identifier: Apache-2.0 */
#include "result/results.h"

#include <string.h>

#include "util/file.h"
#include "util/mem.h"

/* What is wrong with the document; NULL: nothing. */
static const char *
broken(const struct results *r)
{
	const cJSON *last = cJSON_IsObject(r->json) ? r->json->child : NULL;

	while (last && last->next)
		last = last->next;
	if (!r->json)
		return "the result is not JSON";
	if (!last || strcmp(last->string, "done") != 0 || !cJSON_IsTrue(last))
		return "the result is not complete";
	if (results_number(r->json, "version") != 1)
		return "the result is of another version";
	if (!cJSON_IsArray(r->items))
		return "the result has no items";
	return NULL;
}

bool
results_parse(struct results *r, struct str text, struct buf *why)
{
	const char *wrong;

	*r = (struct results){ .json = cJSON_ParseWithLength(text.p, text.n) };
	r->items = cJSON_GetObjectItemCaseSensitive(r->json, "items");
	r->collect_errors = cJSON_GetObjectItemCaseSensitive(r->json,
		"collect_errors");
	r->warnings = cJSON_GetObjectItemCaseSensitive(r->json, "warnings");
	wrong = broken(r);
	if (!wrong)
		return true;
	if (why)
		buf_adds(why, wrong);
	results_release(r);
	return false;
}

bool
results_read(struct results *r, const struct graph *g, uint32_t step)
{
	struct buf path = { 0 }, text = { 0 };
	bool ok = false;

	*r = (struct results){ 0 };
	if (graph_binding(g, step, SYM_TG_RESULT, GRAPH_RAW, &path, NULL) ==
	    1 && file_read(path.p, &text, NULL) == 1)
		ok = results_parse(r, buf_str(&text), NULL);
	buf_release(&path);
	buf_release(&text);
	return ok;
}

void
results_release(struct results *r)
{
	cJSON_Delete(r->json);
	*r = (struct results){ 0 };
}

uint32_t
results_times(const cJSON *warning)
{
	double n = results_number(warning, "count");

	return n >= 1 && n < UINT32_MAX ? (uint32_t)n : 1;
}

const char *
results_text(const cJSON *object, const char *name)
{
	const char *s = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(object, name));

	return s ? s : "";
}

double
results_number(const cJSON *object, const char *name)
{
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsNumber(n) ? n->valuedouble : 0;
}

enum outcome
results_outcome(const cJSON *item)
{
	static const char *const words[] = {
		[OUTCOME_PASSED] = "passed", [OUTCOME_FAILED] = "failed",
		[OUTCOME_ERROR] = "error", [OUTCOME_SKIPPED] = "skipped",
		[OUTCOME_XFAILED] = "xfailed", [OUTCOME_XPASSED] = "xpassed",
	};
	const char *s = results_text(item, "outcome");
	unsigned i;

	for (i = 0; i < countof(words); i++)
		if (strcmp(s, words[i]) == 0)
			return (enum outcome)i;
	return OUTCOME_UNKNOWN;
}

bool
outcome_bad(enum outcome o)
{
	return o == OUTCOME_FAILED || o == OUTCOME_ERROR ||
	       o == OUTCOME_UNKNOWN;
}

static void
add_paragraph(struct buf *out, const char *text)
{
	if (out->n && out->p[out->n - 1] != '\n')
		buf_addc(out, '\n');
	buf_adds(out, text);
}

void
results_longrepr(const cJSON *item, struct buf *out)
{
	const char *first = results_text(item, "longrepr"), *text;
	const cJSON *sub;

	add_paragraph(out, *first ? first : results_text(item, "message"));
	cJSON_ArrayForEach(sub, cJSON_GetObjectItemCaseSensitive(item,
			"subtests")) {
		text = results_text(sub, "longrepr");
		if (outcome_bad(results_outcome(sub)) &&
		    strcmp(text, first) != 0)
			add_paragraph(out, text);
	}
}

const cJSON *
results_teardown(const cJSON *item)
{
	const cJSON *t = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(item, "phases"), "teardown");

	if (!t || results_outcome(item) != OUTCOME_FAILED ||
	    results_outcome(t) != OUTCOME_ERROR)
		return NULL;
	return t;
}
