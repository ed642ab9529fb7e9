/* SPDX-License-Identifier: Apache-2.0 */
#include "result/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

void
verdict_release(struct verdict *v)
{
	for (size_t i = 0; i < v->nenv; i++)
		free(v->env[i]);
	free(v->env);
	free(v->text);
	free(v->crash);
	*v = (struct verdict){ 0 };
}

static bool
verdict_bad(struct buf *why, const char *what)
{
	buf_adds(why, what);
	return false;
}

static bool
count_item(struct verdict *v, const cJSON *item)
{
	switch (results_outcome(item)) {
	case OUTCOME_PASSED: v->passed++; return true;
	case OUTCOME_FAILED: v->failed++; return true;
	case OUTCOME_ERROR: v->errors++; return true;
	case OUTCOME_SKIPPED: v->skipped++; return true;
	case OUTCOME_XFAILED: v->xfailed++; return true;
	case OUTCOME_XPASSED: v->xpassed++; return true;
	case OUTCOME_UNKNOWN: break;
	}
	return false;
}

static bool
read_items(struct verdict *v, const struct results *r, struct buf *why)
{
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(r->json,
	                                                  "collected");
	const cJSON *item;
	double count = 0;

	if (!cJSON_IsNumber(n))
		return verdict_bad(why, "the result has no number of items");
	cJSON_ArrayForEach(item, r->items) {
		count++;
		if (!count_item(v, item))
			return verdict_bad(why, "the result has an item without an "
			           "outcome");
	}
	v->errors += (uint32_t)cJSON_GetArraySize(r->collect_errors);
	cJSON_ArrayForEach(item, r->warnings)
		v->warnings += results_times(item);
	v->unfinished = count < n->valuedouble;
	return true;
}

static bool
read_status(struct verdict *v, const cJSON *doc, struct buf *why)
{
	const char *s = results_text(doc, "status");

	if (!*s)
		return verdict_bad(why, "the result has no status");
	if (strcmp(s, "passed") == 0)
		v->status = RESULT_PASSED;
	else if (strcmp(s, "empty") == 0)
		v->status = RESULT_EMPTY;
	else if (strcmp(s, "failed") == 0 || strcmp(s, "error") == 0)
		v->status = RESULT_FAILED;
	else
		return verdict_bad(why, "the result has an unknown status");
	if (v->status != RESULT_FAILED && v->unfinished)
		return verdict_bad(why, "the result says passed, but not all tests "
		           "that were collected have an outcome");
	if (v->status != RESULT_FAILED && v->failed + v->errors)
		return verdict_bad(why, "the result says passed, its items do not");
	if (v->status == RESULT_EMPTY && v->passed + v->xfailed + v->xpassed)
		return verdict_bad(why, "the result says empty and has items");
	/* a module that skips itself: to pytest that is no test */
	if (v->status == RESULT_EMPTY && v->skipped)
		v->status = RESULT_PASSED;
	if (v->status == RESULT_PASSED && !(v->passed + v->skipped +
	    v->xfailed + v->xpassed))
		return verdict_bad(why, "the result says passed and has no items");
	return true;
}

static bool
read_env(struct verdict *v, const cJSON *doc, struct buf *why)
{
	const cJSON *env = cJSON_GetObjectItemCaseSensitive(doc, "env");
	const cJSON *all = cJSON_GetObjectItemCaseSensitive(doc, "env_all");
	const cJSON *name;

	v->env_all = cJSON_IsTrue(all);
	v->env = xcalloc((size_t)cJSON_GetArraySize(env) + 1, sizeof(*v->env));
	cJSON_ArrayForEach(name, env) {
		const char *s = cJSON_GetStringValue(name);

		if (!s)
			return verdict_bad(why, "the result has a bad list of "
			           "variables");
		if (*s)
			v->env[v->nenv++] = xstrdup(s);
	}
	return true;
}

/* As src/pytgraph/command/plain.py has it. */
static void
read_failure(struct verdict *v, const cJSON *doc)
{
	const char *reason = results_text(doc, "reason");
	const char *summary = results_text(doc, "summary");
	struct buf b = { 0 };

	if (!*reason)
		reason = results_text(doc, "status");
	buf_addf(&b, "%s: %s\n%s", results_text(doc, "file"), reason,
	         *summary ? summary : reason);
	while (b.n && b.p[b.n - 1] == '\n')
		b.n--;
	buf_addc(&b, '\n');
	v->text = buf_detach(&b);
}

/* In how many processes it ran; what is said of it may be too much. */
static unsigned
read_parts(const cJSON *doc)
{
	enum { MOST = RESULT_PARTS >> 11 };
	double n = results_number(doc, "parts");

	return n >= 1 && n < MOST ? (unsigned)n : MOST;
}

bool
verdict_of(struct verdict *v, const struct results *r, struct buf *why)
{
	*v = (struct verdict){ 0 };
	if (!read_items(v, r, why) || !read_status(v, r->json, why) ||
	    !read_env(v, r->json, why)) {
		verdict_release(v);
		return false;
	}
	if (strcmp(results_text(r->json, "way"), "batch") == 0)
		v->company = RESULT_BATCH;
	else if (strcmp(results_text(r->json, "way"), "shared") == 0)
		v->company = RESULT_SHARED;
	else if (strcmp(results_text(r->json, "way"), "split") == 0)
		v->company = read_parts(r->json) << 11;
	if (v->status == RESULT_FAILED)
		read_failure(v, r->json);
	if (*results_text(r->json, "crash"))
		v->crash = xstrdup(results_text(r->json, "crash"));
	if (!v->crash || v->status == RESULT_FAILED)
		return true;
	verdict_release(v);
	return verdict_bad(why, "the result says passed and crashed");
}
