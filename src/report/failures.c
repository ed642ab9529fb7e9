/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/text/ansi.h"
#include "report/text/step.h"
#include "report/tests.h"
#include "result/results.h"
#include "util/mem.h"
#include "util/path.h"

#define LOG_LIMIT (64u << 10)
#define LOG_HEAD 4096
#define LOG_SHORT 100              /* bytes that are always shown */

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

void
add_seconds(struct buf *out, double s)
{
	if (s < 0)
		s = 0;
	if (s < 0.995)
		buf_addf(out, "%.2f s", s);
	else if (s < 59.95)
		buf_addf(out, "%.1f s", s);
	else
		buf_addf(out, "%d min %02d s", (int)(s + 0.5) / 60,
			(int)(s + 0.5) % 60);
}

static void
add_colored(const struct tests *t, const char *color, const char *text,
	struct buf *out)
{
	buf_adds(out, t->color ? color : "");
	buf_adds(out, text);
	buf_adds(out, t->color ? PLAIN : "");
}

/* Text of others: without escapes if there is no colour, ending in a
 * newline. */
static void
add_text(const struct tests *t, struct str text, struct buf *out)
{
	if (text.n == 0)
		return;
	if (t->color)
		buf_addstr(out, text);
	else
		ansi_strip(out, text);
	if (t->color && memchr(text.p, '\033', text.n))
		buf_adds(out, PLAIN);
	if (out->n && out->p[out->n - 1] != '\n')
		buf_addc(out, '\n');
}

static const char *
fate_word(const struct tests *t, const struct testfile *f)
{
	switch (testfile_fate(t->m, f)) {
	case FATE_PASSED:
		return testfile_result(t->m, f)->flags & RESULT_FLAKY ?
			"FLAKY" : "PASSED";
	case FATE_FAILED: return "FAILED";
	case FATE_TIMEOUT: return "TIMEOUT";
	case FATE_CRASHED: return "CRASHED";
	case FATE_EMPTY: return "EMPTY";
	case FATE_UNSELECTED: return "NOT SELECTED";
	case FATE_NOT_RUN: break;
	}
	return "NOT RUN";
}

static const char *
fate_color(const struct tests *t, const struct testfile *f)
{
	switch (testfile_fate(t->m, f)) {
	case FATE_PASSED: return GREEN;
	case FATE_EMPTY:
	case FATE_UNSELECTED:
	case FATE_NOT_RUN: return YELLOW;
	default: return RED;
	}
}

/* Adds "N word" with a comma before it if it is not the first. */
static void
add_count(struct buf *out, size_t start, uint64_t n, const char *word)
{
	if (n == 0)
		return;
	if (out->n > start)
		buf_adds(out, ", ");
	buf_addf(out, "%" PRIu64 " %s", n, word);
}

static void
add_items(struct buf *out, uint64_t passed, uint64_t failed, uint64_t errors,
	uint64_t skipped, uint64_t xfailed, uint64_t xpassed)
{
	size_t start = out->n;

	add_count(out, start, passed, "passed");
	add_count(out, start, failed, "failed");
	add_count(out, start, errors, errors == 1 ? "error" : "errors");
	add_count(out, start, skipped, "skipped");
	add_count(out, start, xfailed, "xfailed");
	add_count(out, start, xpassed, "xpassed");
}

/* Why a file is bad without an item that is. */
static void
add_file_reason(const struct tests *t, const struct testfile *f,
	struct buf *out)
{
	struct results r;
	const char *reason;

	results_read(&r, t->m->g, f->step);
	reason = results_text(r.json, "reason");
	if (*reason)
		buf_adds(out, reason);
	else
		buf_addf(out, "exit code %d",
			result_code(testfile_result(t->m, f)));
	results_release(&r);
}

static void
add_fate(const struct tests *t, const struct testfile *f, struct buf *out)
{
	const struct result *r = testfile_result(t->m, f);
	size_t start = out->n;

	switch (testfile_fate(t->m, f)) {
	case FATE_EMPTY:
		buf_adds(out, "no tests");
		return;
	case FATE_UNSELECTED:
		buf_adds(out, "none of its tests was asked for");
		return;
	case FATE_NOT_RUN:
		buf_adds(out, "not run");
		return;
	case FATE_TIMEOUT:
		buf_adds(out, "stopped after ");
		add_seconds(out, (double)r->duration_us / 1e6);
		if (f->crash)
			buf_addf(out, ", %s", f->crash);
		break;
	case FATE_CRASHED:
		if (f->crash)
			buf_adds(out, f->crash);
		else if (result_code(r) > 128)
			buf_addf(out, "killed by signal %d",
				result_code(r) - 128);
		else
			buf_addf(out, "left no complete result (exit code %d)",
				result_code(r));
		break;
	default:
		break;
	}
	if (r->passed + r->failed + r->errors + r->skipped + r->xfailed +
	    r->xpassed && out->n > start)
		buf_adds(out, "; ");
	add_items(out, r->passed, r->failed, r->errors, r->skipped,
		r->xfailed, r->xpassed);
	if (out->n == start)
		add_file_reason(t, f, out);
}

void
failures_line(const struct tests *t, const struct testfile *f,
	struct buf *out)
{
	struct buf text = { 0 };

	add_colored(t, fate_color(t, f), fate_word(t, f), out);
	buf_addc(out, ' ');
	if (!*step_binding(t->m->g, f->step, SYM_TG_FILE, &text)) {
		buf_clear(&text);
		buf_addstr(&text, graph_path(t->m->g,
			graph_step_out(t->m->g, f->step)));
	}
	add_colored(t, BOLD, text.p, out);
	if (*step_binding(t->m->g, f->step, SYM_TG_PACKAGE, &text))
		buf_addf(out, " (%s", text.p);
	else
		buf_adds(out, " (tests");
	if (*step_binding(t->m->g, f->step, SYM_TG_PYTHON, &text))
		buf_addf(out, ", py%s", text.p);
	buf_adds(out, "): ");
	add_fate(t, f, out);
	if (testfile_cached(t->m, f)) {
		buf_adds(out, " (cached)");
	} else if (testfile_fate(t->m, f) != FATE_NOT_RUN &&
	    testfile_fate(t->m, f) != FATE_TIMEOUT) {
		buf_adds(out, " in ");
		add_seconds(out, (double)testfile_result(t->m, f)->duration_us /
			1e6);
	}
	buf_addc(out, '\n');
	buf_release(&text);
}

static void
add_sections(const struct tests *t, const cJSON *item, struct buf *out)
{
	const cJSON *s;
	const char *title, *text;

	cJSON_ArrayForEach(s, cJSON_GetObjectItemCaseSensitive(item,
			"sections")) {
		title = cJSON_GetStringValue(cJSON_GetArrayItem(s, 0));
		text = cJSON_GetStringValue(cJSON_GetArrayItem(s, 1));
		if (!title || !text || !*text)
			continue;
		buf_addf(out, "    -- %s\n", title);
		add_text(t, str_of(text), out);
	}
}

/* The slot of a text in a map of texts that were shown. */
static struct map_slot *
text_slot(struct failures_logs *seen, struct map *map, struct str text,
	int *added)
{
	uint64_t hash = hash_bytes(text.p, text.n);

	return map_put(map, arena_dup(&seen->arena,
		(struct str){ (char *)&hash, sizeof(hash) }), added);
}

/* The id of an item with the same text that was shown before; "": none. */
static struct str
twin(struct failures_logs *seen, struct str text, const cJSON *item)
{
	struct map_slot *slot;
	int added;

	if (!seen || text.n < LOG_SHORT)
		return STR("");
	slot = text_slot(seen, &seen->texts, text, &added);
	if (!added)
		return seen->items[slot->value];
	slot->value = (uint32_t)seen->nitems;
	seen->items = vec_grow(seen->items, &seen->items_cap,
	                       seen->nitems + 1, sizeof(*seen->items));
	seen->items[seen->nitems++] = arena_dup(&seen->arena,
		str_of(results_text(item, "id")));
	return STR("");
}

static bool
begins_source(const char *text)
{
	static const char *const words[] = {
		"def ", "async def ", "class ", "@",
	};

	for (size_t i = 0; i < countof(words); i++)
		if (strncmp(text, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* A failure's text. pytest indents source by four columns, but takes the
 * spaces off the beginning of the whole. */
static void
add_longrepr(const struct tests *t, const cJSON *item,
	struct failures_logs *seen, struct buf *out)
{
	struct buf text = { 0 };
	struct str same;

	results_longrepr(item, &text);
	same = twin(seen, buf_str(&text), item);
	if (same.n) {
		buf_addf(out, "    the same text as that of %.*s\n",
			(int)same.n, same.p);
		buf_release(&text);
		return;
	}
	if (text.n && begins_source(text.p))
		buf_adds(out, "    ");
	add_text(t, buf_str(&text), out);
	buf_release(&text);
}

/* A failed item as a block. */
static void
add_item(const struct tests *t, const cJSON *item, const char *word,
	struct failures_logs *seen, struct buf *out)
{
	const cJSON *teardown = results_teardown(item);

	buf_adds(out, "  ");
	add_colored(t, RED, word, out);
	buf_addf(out, " %s", results_text(item, "id"));
	if (results_number(item, "line") > 0)
		buf_addf(out, " (line %d)",
			(int)results_number(item, "line"));
	buf_addc(out, '\n');
	add_longrepr(t, item, seen, out);
	if (teardown) {
		buf_adds(out, "    -- and in its teardown\n");
		add_longrepr(t, teardown, NULL, out);
	}
	add_sections(t, item, out);
}

static void
add_good_item(const struct tests *t, const cJSON *item, enum outcome o,
	struct buf *out)
{
	const char *reason = results_text(item, "reason");

	buf_addf(out, "  %s %s", results_text(item, "outcome"),
		results_text(item, "id"));
	if (*reason)
		buf_addf(out, " (%s)", reason);
	if (o == OUTCOME_PASSED && results_number(item, "duration") >= 0.005) {
		buf_adds(out, " in ");
		add_seconds(out, results_number(item, "duration"));
	}
	buf_addc(out, '\n');
	add_sections(t, item, out);
}

/* Returns how many bad things were told. */
static unsigned
add_all_items(const struct tests *t, const struct results *r, bool all,
	struct failures_logs *seen, struct buf *out)
{
	const cJSON *item;
	enum outcome o;
	unsigned bad = 0;

	cJSON_ArrayForEach(item, r->collect_errors) {
		add_item(t, item, "cannot be collected", seen, out);
		bad++;
	}
	cJSON_ArrayForEach(item, r->items) {
		o = results_outcome(item);
		if (outcome_bad(o)) {
			add_item(t, item, o == OUTCOME_FAILED ? "failed" :
				"error", seen, out);
			bad++;
		} else if (all) {
			add_good_item(t, item, o, out);
		}
	}
	return bad;
}

/* A plugin that shuffles the tests says in the log's head by which seed it did;
 * by another the failure may not come again. */
static void
add_seed(const struct tests *t, const struct testfile *f, struct buf *out)
{
	static const char mark[] = "\nUsing --randomly-seed=";
	struct buf log = { 0 };
	const char *seed = NULL;
	size_t n;

	if (log_head(t->m->g, f->step, LOG_HEAD, &log))
		seed = strstr(log.p, mark);
	if (seed) {
		seed += sizeof(mark) - 1;
		n = strspn(seed, "0123456789");
		buf_adds(out, getenv("PYTEST_ADDOPTS") ?
			"PYTEST_ADDOPTS=\"$PYTEST_ADDOPTS " :
			"PYTEST_ADDOPTS=\"");
		buf_addf(out, "--randomly-seed=%.*s\" ", (int)n, seed);
	}
	buf_release(&log);
}

static void
add_rerun(const struct tests *t, const struct testfile *f, struct buf *out)
{
	struct buf file = { 0 }, python = { 0 };

	if (*step_binding(t->m->g, f->step, SYM_TG_FILE, &file)) {
		buf_adds(out, "  rerun: ");
		add_seed(t, f, out);
		buf_addf(out, "%s ", t->o->rerun ? t->o->rerun : t->o->name);
		if (f->several && *step_binding(t->m->g, f->step, SYM_TG_PYTHON,
				&python))
			buf_addf(out, "--python %s ", python.p);
		path_shell(out, buf_str(&file));
		buf_addc(out, '\n');
	}
	buf_release(&file);
	buf_release(&python);
}

/* The log of a bad file; where many fail for one reason (an option that pytest
 * does not know, a conftest that cannot be imported), it is shown once. */
static void
add_file_log(const struct tests *t, const struct testfile *f, struct str log,
	bool all, struct failures_logs *seen, struct buf *out)
{
	struct buf file = { 0 };
	int added = 1;
	struct map_slot *slot = text_slot(seen, &seen->by_hash, log, &added);

	if (added)
		slot->value = f->step;
	if (added || all || log.n < LOG_SHORT) {
		add_text(t, log, out);
		return;
	}
	buf_addf(out, "  the same log as that of %s\n",
		step_binding(t->m->g, (uint32_t)slot->value, SYM_TG_FILE, &file));
	buf_release(&file);
}

/* The user named a test that the file does not have. */
static void
add_names(const struct tests *t, const struct testfile *f, struct buf *out)
{
	struct buf file = { 0 };

	step_binding(t->m->g, f->step, SYM_TG_FILE, &file);
	buf_addf(out, "  its tests: %s -t tests ", t->o->name);
	path_shell(out, buf_str(&file));
	buf_adds(out, "\n\n");
	buf_release(&file);
}

void
failures_logs_release(struct failures_logs *seen)
{
	map_release(&seen->by_hash);
	map_release(&seen->texts);
	free(seen->items);
	arena_release(&seen->arena);
}

void
failures_file(const struct tests *t, const struct testfile *f, bool all,
	struct failures_logs *seen, struct buf *out)
{
	enum testfile_fate fate = testfile_fate(t->m, f);
	bool bad = fate_bad(fate);
	bool misnamed = false;
	unsigned told = 0;
	struct buf log = { 0 };
	struct results r;

	failures_line(t, f, out);
	if (fate == FATE_NOT_RUN)
		return;
	if (results_read(&r, t->m->g, f->step)) {
		told = add_all_items(t, &r, all, all ? NULL : seen, out);
		misnamed = str_starts(str_of(results_text(r.json, "reason")),
			"no such test");
	}
	results_release(&r);
	if (misnamed && !told) {
		add_names(t, f, out);
		return;
	}
	if (bad && (!told || fate != FATE_FAILED)) {
		if (log_tail(t->m->g, f->step, LOG_LIMIT, &log))
			add_file_log(t, f, buf_str(&log), all, seen, out);
		else if (f->output)
			add_text(t, str_of(f->output), out);
	} else if (all && log_tail(t->m->g, f->step, LOG_LIMIT, &log)) {
		add_text(t, buf_str(&log), out);
	}
	if (bad)
		add_rerun(t, f, out);
	buf_addc(out, '\n');
	buf_release(&log);
}

void
failures_other(const struct tests *t, const struct other_step *o,
	struct buf *out)
{
	if (o->result.status > RESULT_EMPTY) {
		step_failed(t->m->g, o->step, &o->result, t->color, out);
	} else {
		step_title(t->m->g, o->step, true, out);
		buf_addc(out, '\n');
	}
	add_text(t, (struct str){ o->output, o->n }, out);
	buf_addc(out, '\n');
}

static void
add_files(struct buf *out, uint32_t n, const char *what)
{
	if (n)
		buf_addf(out, ", %" PRIu32 " %s %s", n,
			n == 1 ? "file" : "files", what);
}

/* Instead of files, when none is among the targets. */
static void
add_steps(const struct tests *t, struct buf *out)
{
	if (t->o->last)
		buf_adds(out, "no test files");
	else if (t->total)
		buf_addf(out, "%" PRIu32 " %s, no test files", t->total,
			t->total == 1 ? "step" : "steps");
	else
		buf_adds(out, "up to date, no test files");
}

void
failures_summary(const struct tests *t, const struct report_totals *c,
	struct buf *out)
{
	bool bad = c->failed_files || c->timeout_files || c->crashed_files ||
		c->failed_steps;
	uint32_t files = c->files - c->unselected_files;
	size_t start;

	if (t->color)
		buf_adds(out, bad ? RED : c->not_run || c->empty_files ?
			YELLOW : GREEN);
	if (!c->files)
		add_steps(t, out);
	else
		buf_addf(out, "%" PRIu32 " %s: ", files,
			files == 1 ? "file" : "files");
	start = out->n;
	add_items(out, c->passed, c->failed, c->errors, c->skipped,
		c->xfailed, c->xpassed);
	if (out->n == start && c->files)
		buf_adds(out, "no tests ran");
	if (!(c->failed || c->errors))
		add_files(out, c->failed_files, "failed");
	add_files(out, c->timeout_files, "timed out");
	add_files(out, c->crashed_files, "crashed");
	add_files(out, c->empty_files, "without tests");
	add_files(out, c->flaky_files, "flaky");
	add_files(out, c->not_run, "not run");
	if (c->failed_steps)
		buf_addf(out, ", %" PRIu32 " other %s failed",
			c->failed_steps, c->failed_steps == 1 ? "step" :
			"steps");
	if (c->cached && !t->o->last) {
		buf_addf(out, " (%" PRIu32 " %s cached, ", c->cached,
			c->cached == 1 ? "file" : "files");
		add_seconds(out, (double)c->saved_us / 1e6);
		buf_adds(out, " saved)");
	}
	if (t->o->last) {
		buf_adds(out, " (last results, nothing was run)");
	} else {
		buf_adds(out, " in ");
		add_seconds(out, (double)(t->m->end - t->m->begin) / 1e9);
	}
	if (t->color)
		buf_adds(out, PLAIN);
	buf_addc(out, '\n');
}
