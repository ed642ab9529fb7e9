/* SPDX-License-Identifier: Apache-2.0 */
#include "report/results.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"
#include "util/mem.h"

int
results_parse(const char *text, size_t n, struct results *r)
{
	const cJSON *version;

	*r = (struct results){ .json = cJSON_ParseWithLength(text, n) };
	version = cJSON_GetObjectItemCaseSensitive(r->json, "version");
	if (!cJSON_IsNumber(version) || version->valueint != 1 ||
	    !cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(r->json, "done")) ||
	    !cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(r->json,
			"items"))) {
		results_release(r);
		return 0;
	}
	r->items = cJSON_GetObjectItemCaseSensitive(r->json, "items");
	r->collect_errors = cJSON_GetObjectItemCaseSensitive(r->json,
		"collect_errors");
	r->warnings = cJSON_GetObjectItemCaseSensitive(r->json, "warnings");
	return 1;
}

int
results_read(const struct graph *g, uint32_t step, struct results *r)
{
	struct buf path = { 0 }, text = { 0 };
	int ok = 0;

	*r = (struct results){ 0 };
	if (*step_binding(g, step, SYM_TG_RESULT, &path) &&
	    file_read(path.p, &text, NULL) == 1)
		ok = results_parse(text.p ? text.p : "", text.n, r);
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

const char *
step_binding(const struct graph *g, uint32_t step, uint32_t sym,
	struct buf *out)
{
	buf_clear(out);
	buf_reserve(out, 1);
	out->p[0] = '\0';
	if (graph_binding(g, step, sym, GRAPH_RAW, out, NULL) != 1) {
		buf_clear(out);
		out->p[0] = '\0';
	}
	return out->p;
}

const char *
status_word(unsigned status)
{
	static const char *const words[] = {
		[RESULT_NONE] = "none", [RESULT_PASSED] = "passed",
		[RESULT_EMPTY] = "empty", [RESULT_FAILED] = "failed",
		[RESULT_TIMEOUT] = "timeout", [RESULT_CRASHED] = "crashed",
	};

	return status < countof(words) ? words[status] : "none";
}

static bool
read_tail(int fd, size_t limit, struct buf *out)
{
	size_t start = out->n;
	struct stat st;
	off_t from = 0;
	ssize_t n;
	char *nl;
	bool cut;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	cut = (uint64_t)st.st_size > limit;
	if (cut)
		from = st.st_size - (off_t)limit;
	buf_reserve(out, limit);
	while (limit > 0 && (n = pread(fd, out->p + out->n, limit, from)) > 0) {
		out->n += (size_t)n;
		from += n;
		limit -= (size_t)n;
	}
	out->p[out->n] = '\0';
	if (cut && (nl = memchr(out->p + start, '\n', out->n - start))) {
		nl++;
		memmove(out->p + start, nl, out->n - (size_t)(nl - out->p));
		out->n -= (size_t)(nl - (out->p + start));
		out->p[out->n] = '\0';
	}
	return out->n > start;
}

bool
log_tail(const struct graph *g, uint32_t step, size_t limit, struct buf *out)
{
	struct buf path = { 0 };
	bool ok = false;
	int fd;

	if (*step_binding(g, step, SYM_TG_LOG, &path)) {
		fd = open(path.p, O_RDONLY | O_CLOEXEC);
		if (fd >= 0) {
			ok = read_tail(fd, limit, out);
			close(fd);
		}
	}
	buf_release(&path);
	return ok;
}

bool
log_head(const struct graph *g, uint32_t step, size_t limit, struct buf *out)
{
	struct buf path = { 0 };
	ssize_t n = -1;
	int fd = -1;

	if (*step_binding(g, step, SYM_TG_LOG, &path))
		fd = open(path.p, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		buf_reserve(out, limit);
		n = pread(fd, out->p + out->n, limit, 0);
		close(fd);
	}
	if (n > 0) {
		out->n += (size_t)n;
		out->p[out->n] = '\0';
	}
	buf_release(&path);
	return n > 0;
}
