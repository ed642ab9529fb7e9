/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "report/tests/listed.h"

#include <stdlib.h>
#include <string.h>

#include "report/tests/fate.h"
#include "report/text/ansi.h"
#include "report/text/step.h"
#include "util/path.h"

void
listed_name(const struct testfiles *m, const struct testfile *f,
	const struct located *l, const char *id, struct buf *out)
{
	const char *colons = strstr(id, "::");
	struct str path = { id, colons ? (size_t)(colons - id) : strlen(id) };
	struct buf file = { 0 };

	step_binding(m->g, f->step, SYM_TG_FILE, &file);
	if (colons && file.n &&
	    str_eq(path_base(path), path_base(buf_str(&file)))) {
		located_path(l, buf_str(&file), out);
		buf_adds(out, colons);
	} else {
		located_id(l, str_of(id), out);
	}
	buf_release(&file);
}

/* The first line of a text, cut to so many bytes if that is not 0. */
static void
add_message(const char *text, size_t most, struct buf *out)
{
	struct buf line = { 0 };
	size_t n;

	ansi_strip(&line, (struct str){ text, strcspn(text, "\n") });
	n = line.n;
	if (most && n > most) {
		n = most > 3 ? most - 3 : 0;
		while (n && (line.p[n] & 0xc0) == 0x80)
			n--;
	}
	if (n)
		buf_addf(out, " - %.*s%s", (int)n, line.p,
			n < line.n ? "..." : "");
	buf_release(&line);
}

/* "WORD NAME - TEXT", the text cut to what a terminal has room for. */
static void
add_line(const struct tests *t, const char *word, struct str name,
	const char *python, const char *text, struct buf *out)
{
	size_t width = table_columns(t), used = strlen(word) + 1 + name.n + 3;

	buf_addf(out, "%s%s%s %.*s", t->color ? "\033[31m" : "", word,
		t->color ? "\033[0m" : "", (int)name.n, name.p);
	if (*python)
		buf_addf(out, " (py%s)", python);
	used += *python ? strlen(python) + 5 : 0;
	if (!width || used < width)
		add_message(text, width ? width - used : 0, out);
	buf_addc(out, '\n');
}

struct adding {
	struct listed *to;
	const struct tests *t;
	const struct testfile *f;
	struct located l;
	struct buf file, python;
};

static void
list_item(struct adding *a, const cJSON *item, const char *word)
{
	const char *text = results_text(item, "message");
	struct buf name = { 0 };

	if (!*text)
		text = results_text(item, "longrepr");
	listed_name(a->t->m, a->f, &a->l, results_text(item, "id"), &name);
	add_line(a->t, word, buf_str(&name), buf_str(&a->python).p, text,
		&a->to->ids);
	a->to->nids++;
	buf_release(&name);
}

static size_t
add_bad(struct adding *a, const struct results *r)
{
	size_t before = a->to->nids;
	const cJSON *item;
	enum outcome o;

	cJSON_ArrayForEach(item, r->collect_errors)
		list_item(a, item, "ERROR");
	cJSON_ArrayForEach(item, r->items) {
		o = results_outcome(item);
		if (outcome_bad(o))
			list_item(a, item,
				o == OUTCOME_FAILED ? "FAILED" : "ERROR");
	}
	return a->to->nids - before;
}

void
listed_add(struct listed *l, const struct tests *t, const struct testfile *f)
{
	enum testfile_fate fate = testfile_fate(t->m, f);
	struct adding a = { .to = l, .t = t, .f = f };
	struct buf text = { 0 }, path = { 0 };
	struct results r;
	size_t n;

	results_read(&r, t->m->g, f->step);
	located_of(&a.l, t->o->stand, &r);
	step_binding(t->m->g, f->step, SYM_TG_FILE, &path);
	located_path(&a.l, buf_str(&path), &a.file);
	if (f->several)
		step_binding(t->m->g, f->step, SYM_TG_PYTHON, &a.python);
	buf_adds(&a.python, "");
	n = add_bad(&a, &r);
	fate_text(t, f, &text);
	if (!n || fate != FATE_FAILED) {
		add_line(t, fate_word(t, f), buf_str(&a.file), a.python.p,
			text.p, &l->ids);
		l->nids++;
	}
	add_line(t, fate_word(t, f), buf_str(&a.file), a.python.p, text.p,
		&l->files);
	l->nfiles++;
	results_release(&r);
	buf_release(&path);
	buf_release(&text);
	buf_release(&a.file);
	buf_release(&a.python);
}

void
listed_print(const struct listed *l, size_t most, struct buf *out)
{
	const char *p = buf_str(&l->files).p, *nl;
	size_t i;

	if (l->nids <= most) {
		buf_addstr(out, buf_str(&l->ids));
		return;
	}
	for (i = 0; i < most && (nl = strchr(p, '\n')); i++, p = nl + 1)
		buf_add(out, p, (size_t)(nl + 1 - p));
	if (i < l->nfiles)
		buf_addf(out, "... and %zu more files\n", l->nfiles - i);
}

void
listed_release(struct listed *l)
{
	buf_release(&l->ids);
	buf_release(&l->files);
}
