/* SPDX-License-Identifier: Apache-2.0 */
#include "result/testres.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

void
testres_release(struct testres *t)
{
	for (size_t i = 0; i < t->nenv; i++)
		free(t->env[i]);
	free(t->env);
	free(t->text);
	*t = (struct testres){ 0 };
}

static bool
bad(struct buf *why, const char *what)
{
	buf_adds(why, what);
	return false;
}

static bool
count_item(struct testres *t, const cJSON *item)
{
	const char *o = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(item, "outcome"));

	if (!o)
		return false;
	if (strcmp(o, "passed") == 0)
		t->passed++;
	else if (strcmp(o, "failed") == 0)
		t->failed++;
	else if (strcmp(o, "error") == 0)
		t->errors++;
	else if (strcmp(o, "skipped") == 0)
		t->skipped++;
	else if (strcmp(o, "xfailed") == 0)
		t->xfailed++;
	else if (strcmp(o, "xpassed") == 0)
		t->xpassed++;
	else
		return false;
	return true;
}

static bool
read_items(struct testres *t, const cJSON *doc, struct buf *why)
{
	const cJSON *items = cJSON_GetObjectItemCaseSensitive(doc, "items");
	const cJSON *errors = cJSON_GetObjectItemCaseSensitive(doc,
	                                                 "collect_errors");
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(doc, "collected");
	const cJSON *item;
	double count = 0;

	if (!cJSON_IsArray(items) || !cJSON_IsNumber(n))
		return bad(why, "the result has no items");
	cJSON_ArrayForEach(item, items) {
		count++;
		if (!count_item(t, item))
			return bad(why, "the result has an item without an "
			           "outcome");
	}
	t->errors += (uint32_t)cJSON_GetArraySize(errors);
	t->unfinished = count < n->valuedouble;
	return true;
}

static bool
read_status(struct testres *t, const cJSON *doc, struct buf *why)
{
	const char *s = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(doc, "status"));

	if (!s)
		return bad(why, "the result has no status");
	if (strcmp(s, "passed") == 0)
		t->status = RESULT_PASSED;
	else if (strcmp(s, "empty") == 0)
		t->status = RESULT_EMPTY;
	else if (strcmp(s, "failed") == 0 || strcmp(s, "error") == 0)
		t->status = RESULT_FAILED;
	else
		return bad(why, "the result has an unknown status");
	if (t->status != RESULT_FAILED && t->unfinished)
		return bad(why, "the result says passed, but not all tests "
		           "that were collected have an outcome");
	if (t->status != RESULT_FAILED && t->failed + t->errors)
		return bad(why, "the result says passed, its items do not");
	if (t->status == RESULT_EMPTY && t->passed + t->xfailed + t->xpassed)
		return bad(why, "the result says empty and has items");
	/* a module that skips itself: to pytest that is no test */
	if (t->status == RESULT_EMPTY && t->skipped)
		t->status = RESULT_PASSED;
	if (t->status == RESULT_PASSED && !(t->passed + t->skipped +
	    t->xfailed + t->xpassed))
		return bad(why, "the result says passed and has no items");
	return true;
}

static bool
read_env(struct testres *t, const cJSON *doc, struct buf *why)
{
	const cJSON *env = cJSON_GetObjectItemCaseSensitive(doc, "env");
	const cJSON *all = cJSON_GetObjectItemCaseSensitive(doc, "env_all");
	const cJSON *name;

	t->env_all = cJSON_IsTrue(all);
	t->env = xcalloc((size_t)cJSON_GetArraySize(env) + 1, sizeof(*t->env));
	cJSON_ArrayForEach(name, env) {
		const char *s = cJSON_GetStringValue(name);

		if (!s)
			return bad(why, "the result has a bad list of "
			           "variables");
		if (*s)
			t->env[t->nenv++] = xstrdup(s);
	}
	return true;
}

static const char *
text_of(const cJSON *doc, const char *name)
{
	const char *s = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(doc, name));

	return s ? s : "";
}

/* As src/pytgraph/command/plain.py has it. */
static void
read_text(struct testres *t, const cJSON *doc)
{
	const char *reason = text_of(doc, "reason");
	const char *summary = text_of(doc, "summary");
	struct buf b = { 0 };

	if (!*reason)
		reason = text_of(doc, "status");
	buf_addf(&b, "%s: %s\n%s", text_of(doc, "file"), reason,
	         *summary ? summary : reason);
	while (b.n && b.p[b.n - 1] == '\n')
		b.n--;
	buf_addc(&b, '\n');
	t->text = buf_detach(&b);
}

static bool
read_doc(struct testres *t, const cJSON *doc, struct buf *why)
{
	const cJSON *last = cJSON_IsObject(doc) ? doc->child : NULL;

	while (last && last->next)
		last = last->next;
	if (!last || strcmp(last->string, "done") != 0 || !cJSON_IsTrue(last))
		return bad(why, "the result is not complete");
	if (!read_items(t, doc, why) || !read_status(t, doc, why) ||
	    !read_env(t, doc, why))
		return false;
	if (t->status == RESULT_FAILED)
		read_text(t, doc);
	return true;
}

bool
testres_parse(struct testres *t, struct str text, struct buf *why)
{
	cJSON *doc = cJSON_ParseWithLength(text.p, text.n);
	bool ok;

	*t = (struct testres){ 0 };
	if (!doc)
		return bad(why, "the result is not JSON");
	ok = read_doc(t, doc, why);
	cJSON_Delete(doc);
	if (!ok)
		testres_release(t);
	return ok;
}
