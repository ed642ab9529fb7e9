/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "report/tests/fate.h"
#include "report/tests/listed.h"
#include "report/tests/located.h"
#include "report/tests/tests.h"
#include "report/text/ansi.h"
#include "report/text/step.h"
#include "result/results.h"
#include "util/mem.h"
#include "util/path.h"

#define LOG_LIMIT (64u << 10)
#define LOG_HEAD 4096
#define LOG_SHORT 100              /* bytes that are always shown */

/* Items that are named to be run again; more, if the run was not of whole
 * files. */
enum { NAMES_MOST = 3, NAMES_PARTIAL = 20 };

#define RED "\033[31m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

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

void
failures_line(const struct tests *t, const struct testfile *f,
	struct buf *out)
{
	const struct results none = { 0 };
	struct buf text = { 0 }, name = { 0 };
	struct located l;

	located_of(&l, t->o->stand, &none);
	add_colored(t, fate_color(t, f), fate_word(t, f), out);
	buf_addc(out, ' ');
	if (!*step_binding(t->m->g, f->step, SYM_TG_FILE, &text)) {
		buf_clear(&text);
		buf_addstr(&text, graph_path(t->m->g,
			graph_step_out(t->m->g, f->step)));
	}
	located_path(&l, buf_str(&text), &name);
	add_colored(t, BOLD, name.p, out);
	if (*step_binding(t->m->g, f->step, SYM_TG_PACKAGE, &text))
		buf_addf(out, " (%s", text.p);
	else
		buf_adds(out, " (tests");
	if (*step_binding(t->m->g, f->step, SYM_TG_PYTHON, &text))
		buf_addf(out, ", py%s", text.p);
	buf_adds(out, "): ");
	fate_text(t, f, out);
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
	buf_release(&name);
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

/* The item of that name has this text: the name of one with the same text that
 * was shown before; "": none. */
static struct str
twin(struct failures_logs *seen, struct str text, struct str name)
{
	struct map_slot *slot;
	int added;

	if (text.n < LOG_SHORT)
		return STR("");
	slot = text_slot(seen, &seen->texts, text, &added);
	if (!added)
		return seen->items[slot->value];
	slot->value = (uint32_t)seen->nitems;
	seen->items = vec_grow(seen->items, &seen->items_cap,
	                       seen->nitems + 1, sizeof(*seen->items));
	seen->items[seen->nitems++] = arena_dup(&seen->arena, name);
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

/* One file that is told of. */
struct block {
	const struct tests *t;
	const struct testfile *f;
	bool all;
	struct failures_logs *seen;
	struct results r;
	struct located l;
	struct buf *out;
};

/* Text of the tests', with places as they are named here. */
static void
add_located(const struct block *b, struct str text)
{
	struct buf here = { 0 };

	located_text(&b->l, text, &here);
	add_text(b->t, buf_str(&here), b->out);
	buf_release(&here);
}

/* A failure's text, of an item of this name ("": it has been shown under its
 * name). pytest indents source by four columns, but takes the spaces off the
 * beginning of the whole. */
static void
add_longrepr(const struct block *b, const cJSON *item, struct str name)
{
	struct buf text = { 0 };
	struct str same = STR("");

	results_longrepr(item, &text);
	if (!b->all && name.n)
		same = twin(b->seen, buf_str(&text), name);
	if (same.n) {
		buf_addf(b->out, "    the same text as that of %.*s\n",
			(int)same.n, same.p);
		buf_release(&text);
		return;
	}
	if (text.n && begins_source(text.p))
		buf_adds(b->out, "    ");
	add_located(b, buf_str(&text));
	buf_release(&text);
}

/* A failed item. */
static void
add_item(const struct block *b, const cJSON *item, const char *word)
{
	const cJSON *teardown = results_teardown(item);
	struct buf name = { 0 };

	if (b->seen->most && b->seen->told >= b->seen->most) {
		b->seen->hidden++;
		return;
	}
	b->seen->told++;
	listed_name(b->t->m, b->f, &b->l, results_text(item, "id"), &name);
	buf_adds(b->out, "  ");
	add_colored(b->t, RED, word, b->out);
	buf_addf(b->out, " %s", buf_str(&name).p);
	if (results_number(item, "line") > 0)
		buf_addf(b->out, " (line %d)",
			(int)results_number(item, "line"));
	buf_addc(b->out, '\n');
	add_longrepr(b, item, buf_str(&name));
	if (teardown) {
		buf_adds(b->out, "    -- and in its teardown\n");
		add_longrepr(b, teardown, STR(""));
	}
	add_sections(b->t, item, b->out);
	buf_release(&name);
}

static void
add_good_item(const struct block *b, const cJSON *item, enum outcome o)
{
	const char *reason = results_text(item, "reason");
	struct buf *out = b->out;

	buf_addf(out, "  %s ", results_text(item, "outcome"));
	listed_name(b->t->m, b->f, &b->l, results_text(item, "id"), out);
	if (*reason)
		buf_addf(out, " (%s)", reason);
	if (o == OUTCOME_PASSED && results_number(item, "duration") >= 0.005) {
		buf_adds(out, " in ");
		add_seconds(out, results_number(item, "duration"));
	}
	buf_addc(out, '\n');
	add_sections(b->t, item, out);
}

/* Returns how many bad things there were. */
static unsigned
add_all_items(const struct block *b)
{
	const cJSON *item;
	enum outcome o;
	unsigned bad = 0;

	cJSON_ArrayForEach(item, b->r.collect_errors) {
		add_item(b, item, "cannot be collected");
		bad++;
	}
	cJSON_ArrayForEach(item, b->r.items) {
		o = results_outcome(item);
		if (outcome_bad(o)) {
			add_item(b, item, o == OUTCOME_FAILED ? "failed" :
				"error");
			bad++;
		} else if (b->all) {
			add_good_item(b, item, o);
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

static bool
says(const struct results *r, const char *member)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(r->json, member));
}

/* The items that failed, if they are few and all that is wrong; else the
 * file. */
static void
add_bad_names(const struct block *b, const char *file, struct buf *out)
{
	bool partial = says(&b->r, "partial");
	unsigned n = 0, most = partial ? NAMES_PARTIAL : NAMES_MOST;
	struct buf names = { 0 }, name = { 0 };
	const cJSON *item;

	cJSON_ArrayForEach(item, b->r.items) {
		if (!outcome_bad(results_outcome(item)))
			continue;
		buf_clear(&name);
		listed_name(b->t->m, b->f, &b->l, results_text(item, "id"),
			&name);
		buf_adds(&names, n++ ? " " : "");
		path_pasted(&names, buf_str(&name));
		if (!strstr(name.p, "::"))
			n = most + 1;
	}
	if (n && n <= most && !says(&b->r, "others") &&
	    !cJSON_GetArraySize(b->r.collect_errors) &&
	    testfile_fate(b->t->m, b->f) == FATE_FAILED)
		buf_addstr(out, buf_str(&names));
	else
		path_pasted(out, str_of(file));
	buf_release(&names);
	buf_release(&name);
}

static void
add_rerun(const struct block *b)
{
	struct buf path = { 0 }, file = { 0 }, python = { 0 };
	const struct tests *t = b->t;

	if (*step_binding(t->m->g, b->f->step, SYM_TG_FILE, &path)) {
		located_path(&b->l, buf_str(&path), &file);
		buf_adds(b->out, "  rerun: ");
		add_seed(t, b->f, b->out);
		buf_addf(b->out, "%s ",
			t->o->rerun ? t->o->rerun : t->o->name);
		if (b->f->several && *step_binding(t->m->g, b->f->step,
				SYM_TG_PYTHON, &python))
			buf_addf(b->out, "--python %s ", python.p);
		add_bad_names(b, file.p, b->out);
		buf_addc(b->out, '\n');
	}
	buf_release(&path);
	buf_release(&file);
	buf_release(&python);
}

/* The log of a bad file; where many fail for one reason (an option that pytest
 * does not know, a conftest that cannot be imported), it is shown once. */
static void
add_file_log(const struct block *b, struct str log)
{
	struct buf file = { 0 };
	int added = 1;
	struct map_slot *slot = text_slot(b->seen, &b->seen->by_hash, log,
		&added);

	if (added)
		slot->value = b->f->step;
	if (added || b->all || log.n < LOG_SHORT) {
		add_located(b, log);
		return;
	}
	step_binding(b->t->m->g, (uint32_t)slot->value, SYM_TG_FILE, &file);
	buf_adds(b->out, "  the same log as that of ");
	located_path(&b->l, buf_str(&file), b->out);
	buf_addc(b->out, '\n');
	buf_release(&file);
}

/* The user named a test that the file does not have. */
static void
add_tool(const struct block *b)
{
	struct buf path = { 0 }, file = { 0 };

	step_binding(b->t->m->g, b->f->step, SYM_TG_FILE, &path);
	located_path(&b->l, buf_str(&path), &file);
	buf_addf(b->out, "  its tests: %s -t tests ", b->t->o->name);
	path_pasted(b->out, buf_str(&file));
	buf_addc(b->out, '\n');
	buf_release(&path);
	buf_release(&file);
}

static void
show_log(const struct block *b, bool bad)
{
	struct buf log = { 0 };

	if (log_tail(b->t->m->g, b->f->step, LOG_LIMIT, &log) && bad)
		add_file_log(b, buf_str(&log));
	else if (log.n)
		add_located(b, buf_str(&log));
	else if (bad && b->f->output)
		add_located(b, str_of(b->f->output));
	buf_release(&log);
}

/* What pytest says of words that it does not take, without the beginning and the
 * end of its session. */
static void
usage_lines(struct str log, struct buf *out)
{
	static const char word[] = "ERROR: ";
	bool on = false;

	while (log.n) {
		const char *nl = memchr(log.p, '\n', log.n);
		size_t n = nl ? (size_t)(nl - log.p) + 1 : log.n;
		struct str line = { log.p, n };

		on = str_starts(line, word) || (on && line.p[0] != '\n' &&
		     line.p[0] != '=' && !str_starts(line, "collected "));
		if (on)
			buf_addstr(out, line);
		log.p += n;
		log.n -= n;
	}
}

/* Did pytest run nothing for what it was told? That is as wrong for each file,
 * and told with the first. *again: it has been. */
static bool
add_usage(const struct block *b, bool *again)
{
	struct buf log = { 0 }, text = { 0 };
	int added = 1;
	bool is;

	if (strcmp(results_text(b->r.json, "reason"), "usage error") == 0 &&
	    log_tail(b->t->m->g, b->f->step, LOG_LIMIT, &log))
		usage_lines(buf_str(&log), &text);
	is = text.n;
	if (is)
		text_slot(b->seen, &b->seen->by_hash, buf_str(&text), &added);
	*again = !added;
	if (is && added)
		add_located(b, buf_str(&text));
	buf_release(&log);
	buf_release(&text);
	return is;
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
	struct block b = {
		.t = t, .f = f, .all = all, .seen = seen, .out = out,
	};
	enum testfile_fate fate = testfile_fate(t->m, f);
	bool bad = fate_bad(fate), again;
	unsigned hidden = seen->hidden, told;
	size_t start = out->n;

	failures_line(t, f, out);
	if (fate == FATE_NOT_RUN)
		return;
	results_read(&b.r, t->m->g, f->step);
	located_of(&b.l, t->o->stand, &b.r);
	told = add_all_items(&b);
	if (told && seen->hidden - hidden == told && fate == FATE_FAILED) {
		out->n = start;         /* nothing of it is shown */
	} else if (bad && !all && !told && add_usage(&b, &again)) {
		if (again)
			out->n = start;
		else
			buf_addc(out, '\n');
	} else if (!told && str_starts(str_of(results_text(b.r.json,
	           "reason")), "no such test")) {
		add_tool(&b);
		buf_addc(out, '\n');
	} else {
		/* What there was in the log of a process that died stands with
		 * the test that it was in. */
		if (bad ? !told || (fate != FATE_FAILED &&
		    !*results_text(b.r.json, "crash")) : all)
			show_log(&b, bad);
		if (bad)
			add_rerun(&b);
		buf_addc(out, '\n');
	}
	results_release(&b.r);
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
