/* SPDX-License-Identifier: Apache-2.0 */
#include "report/tests/notes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/tests/listed.h"
#include "report/tests/located.h"
#include "report/text/ansi.h"
#include "report/text/step.h"
#include "result/results.h"
#include "util/mem.h"

static const double FIXTURES_MUCH = 1;  /* seconds */

enum {
	LOOKED_MOST = 200,      /* files that did not run */
	WARNINGS_MOST = 30,
	WHO_MOST = 10,          /* as in pytest; more are counted by file */
};

/* A file whose document is read. */
struct source {
	struct notes *n;
	struct located l;
	struct buf file;        /* from where the user stands */
	char letters[64];       /* of what is shown */
};

static struct note *
note_of(struct notes *n, struct notes_list *list, struct str text)
{
	struct map_slot *slot = map_get(&list->by_text, text);

	if (slot)
		return &list->v[slot->value];
	list->v = vec_grow(list->v, &list->cap, list->n + 1,
		sizeof(*list->v));
	list->v[list->n] = (struct note){
		.text = arena_dup(&n->arena, text),
	};
	slot = map_put(&list->by_text, list->v[list->n].text, NULL);
	slot->value = (uint32_t)list->n;
	return &list->v[list->n++];
}

static void
note_said(struct notes *n, struct note *note, struct str name, uint32_t times)
{
	note->times += times;
	if (note->n && str_eq(note->who[note->n - 1].name, name)) {
		note->who[note->n - 1].times += times;
		return;
	}
	note->who = vec_grow(note->who, &note->cap, note->n + 1,
		sizeof(*note->who));
	note->who[note->n++] = (struct note_who){
		.name = arena_dup(&n->arena, name), .times = times,
	};
}

/* ---- one document ---- */

static void
add_where(const struct source *s, const char *file, int line, struct buf *out)
{
	located_path(&s->l, str_of(file), out);
	buf_addf(out, ":%d: ", line);
}

static void
take_warning(struct source *s, const cJSON *w)
{
	struct buf text = { 0 }, who = { 0 };
	const char *source = results_text(w, "source");

	add_where(s, results_text(w, "file"), (int)results_number(w, "line"),
		&text);
	buf_addf(&text, "%s: %s", results_text(w, "category"),
		results_text(w, "message"));
	if (*source)
		buf_addf(&text, "\n  %s", source);
	located_id(&s->l, str_of(results_text(w, "id")), &who);
	note_said(s->n, note_of(s->n, &s->n->warnings, buf_str(&text)),
		who.n ? buf_str(&who) : buf_str(&s->file), results_times(w));
	buf_release(&text);
	buf_release(&who);
}

static void
take_skip(struct source *s, const cJSON *item)
{
	const cJSON *at = cJSON_GetObjectItemCaseSensitive(item, "at");
	const char *file = cJSON_GetStringValue(cJSON_GetArrayItem(at, 0));
	const cJSON *line = cJSON_GetArrayItem(at, 1);
	struct buf text = { 0 };

	if (file)
		add_where(s, file, cJSON_IsNumber(line) ? line->valueint : 0,
			&text);
	else
		buf_addf(&text, "%s:%d: ", s->file.p,
			(int)results_number(item, "line"));
	buf_adds(&text, results_text(item, "reason"));
	note_said(s->n, note_of(s->n, &s->n->skips, buf_str(&text)),
		buf_str(&s->file), 1);
	buf_release(&text);
}

/* "XFAIL ID - REASON" */
static void
take_reason(struct source *s, const char *word, const cJSON *item)
{
	const char *reason = results_text(item, "reason");
	struct buf *out = &s->n->others;

	buf_addf(out, "%s ", word);
	located_id(&s->l, str_of(results_text(item, "id")), out);
	buf_addf(out, "%s%.*s\n", *reason ? " - " : "",
		(int)strcspn(reason, "\n"), reason);
}

static void
take_prints(struct source *s, const cJSON *item)
{
	struct buf *out = &s->n->prints;
	const char *title, *text;
	const cJSON *section;
	bool told = false;

	cJSON_ArrayForEach(section, cJSON_GetObjectItemCaseSensitive(item,
			"sections")) {
		title = cJSON_GetStringValue(cJSON_GetArrayItem(section, 0));
		text = cJSON_GetStringValue(cJSON_GetArrayItem(section, 1));
		if (!title || !text || !*text)
			continue;
		if (!told) {
			buf_adds(out, "PASSED ");
			located_id(&s->l, str_of(results_text(item, "id")),
				out);
		}
		told = true;
		buf_addf(out, "\n    -- %s\n", title);
		ansi_strip(out, str_of(text));
		if (out->p[out->n - 1] == '\n')
			out->p[--out->n] = '\0';
	}
	if (told)
		buf_adds(out, "\n");
}

static bool
is_shown(const struct source *s, char letter)
{
	return strchr(s->letters, letter) != NULL;
}

static void
take_item(struct source *s, const cJSON *item)
{
	switch (results_outcome(item)) {
	case OUTCOME_SKIPPED:
		if (is_shown(s, 's'))
			take_skip(s, item);
		break;
	case OUTCOME_XFAILED:
		if (is_shown(s, 'x'))
			take_reason(s, "XFAIL", item);
		break;
	case OUTCOME_XPASSED:
		if (is_shown(s, 'X'))
			take_reason(s, "XPASS", item);
		break;
	case OUTCOME_PASSED:
		if (is_shown(s, 'p'))
			take_reason(s, "PASSED", item);
		if (is_shown(s, 'P'))
			take_prints(s, item);
		break;
	default:
		break;
	}
}

/* ---- which documents ---- */

/* Letters as pytest has them: a and A are several, N takes all back. own: those
 * of the document, which count where the user has given none; w (warnings) does
 * not come from the user. */
static void
set_letters(struct source *s, const char *given, const char *own)
{
	const char *p = given ? given : own, *more;
	size_t n = 0, k;

	for (; *p; p++) {
		more = *p == 'a' ? "sxX" : *p == 'A' ? "PpsxX" :
			(const char[2]){ *p, '\0' };
		if (*p == 'N')
			n = 0;
		for (k = 0; *p != 'N' && more[k] &&
		     n + 2 < sizeof(s->letters); k++)
			if (more[k] != 'w')
				s->letters[n++] = more[k];
	}
	if (strchr(own, 'w'))
		s->letters[n++] = 'w';
	s->letters[n] = '\0';
}

static bool
names_have(const struct strs *names, const char *id)
{
	for (size_t i = 0; i < names->n; i++)
		if (str_is(names->v[i], id))
			return true;
	return false;
}

/* Items that have failed in this run, and passed when run again. */
static void
take_flaky(struct source *s, const struct testfile *f, const cJSON *items)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, items) {
		if (results_outcome(item) != OUTCOME_PASSED ||
		    !names_have(&f->tried, results_text(item, "id")))
			continue;
		buf_adds(&s->n->others, "FLAKY ");
		listed_name(s->n->m, f, &s->l, results_text(item, "id"),
			&s->n->others);
		buf_adds(&s->n->others, " - failed before it passed\n");
	}
}

/* What session fixtures took in a file that ran now. */
static void
take_fixtures(struct source *s, const struct testfile *f, double seconds)
{
	struct notes *n = s->n;
	struct buf package = { 0 };
	struct notes_fixtures *of = NULL;

	if (seconds <= 0 || testfile_cached(n->m, f))
		return;
	step_binding(n->m->g, f->step, SYM_TG_PACKAGE, &package);
	for (size_t i = n->nfixtures; i > 0 && !of; i--)
		if (str_eq(n->fixtures[i - 1].package, buf_str(&package)))
			of = &n->fixtures[i - 1];
	if (!of) {
		n->fixtures = vec_grow(n->fixtures, &n->fixtures_cap,
			n->nfixtures + 1, sizeof(*n->fixtures));
		of = &n->fixtures[n->nfixtures++];
		*of = (struct notes_fixtures){
			.package = arena_dup(&n->arena, buf_str(&package)),
		};
	}
	of->files++;
	of->seconds += seconds;
	if (seconds > of->most)
		of->most = seconds;
	buf_release(&package);
}

static void
note_file(struct notes *n, const struct testfile *f)
{
	const char *own;
	struct source s = { .n = n };
	struct buf file = { 0 };
	struct results r;
	const cJSON *e;

	if (!results_read(&r, n->m->g, f->step))
		return;
	own = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(r.json,
		"show"));
	set_letters(&s, n->o->show, own ? own : "w");
	located_of(&s.l, n->o->stand, &r);
	step_binding(n->m->g, f->step, SYM_TG_FILE, &file);
	located_path(&s.l, buf_str(&file), &s.file);
	if (is_shown(&s, 'w'))
		cJSON_ArrayForEach(e, r.warnings)
			take_warning(&s, e);
	take_flaky(&s, f, f->tried.n ? r.items : NULL);
	take_fixtures(&s, f, results_number(r.json, "fixtures"));
	/* With -v each item has told its reason. */
	if (n->o->verbosity != REPORT_VERBOSE)
		cJSON_ArrayForEach(e, r.items)
			take_item(&s, e);
	results_release(&r);
	buf_release(&file);
	buf_release(&s.file);
}

/* May the document of a file have something to say? */
static bool
may_say(const struct notes *n, const struct result *r)
{
	const char *show = n->o->show;

	return r->warnings || r->skipped || r->xfailed || r->xpassed ||
	       (show && (strpbrk(show, "pPA")));
}

void
notes_read(struct notes *n, const struct report_opts *o,
	const struct testfiles *m)
{
	bool all = o->verbosity == REPORT_VERBOSE || o->last || o->show;
	const struct result *r;
	uint32_t i;

	*n = (struct notes){ .o = o, .m = m };
	for (i = 0; i < m->n; i++) {
		r = testfile_result(m, &m->v[i]);
		if (testfile_fate(m, &m->v[i]) == FATE_NOT_RUN)
			continue;
		/* Of the tests that pass in one that ran, prints may be
		 * wanted by its own settings. */
		if (!testfile_cached(m, &m->v[i])) {
			note_file(n, &m->v[i]);
		} else if (!may_say(n, r)) {
			continue;
		} else if (all || n->looked < LOOKED_MOST) {
			n->looked++;
			note_file(n, &m->v[i]);
		} else if (r->warnings) {
			n->left_files++;
			n->left += r->warnings;
		}
	}
}

/* ---- what they say ---- */

static size_t
file_length(struct str name)
{
	for (size_t i = 0; i + 1 < name.n; i++)
		if (name.p[i] == ':' && name.p[i + 1] == ':')
			return i;
	return name.n;
}

/* Files, and how often each: too many items say it. */
static void
add_files(const struct note *note, struct buf *out)
{
	uint64_t times;
	struct str file;
	size_t i, j;

	for (i = 0; i < note->n; i = j) {
		file = note->who[i].name;
		file.n = file_length(file);
		times = 0;
		for (j = i; j < note->n && str_eq(file, (struct str){
		     note->who[j].name.p, file_length(note->who[j].name) });
		     j++)
			times += note->who[j].times;
		buf_addf(out, "%.*s: %" PRIu64 " warning%s\n", (int)file.n,
			file.p, times, times == 1 ? "" : "s");
	}
}

static void
add_warning(const struct note *note, struct buf *out)
{
	const char *p, *nl;
	size_t i;

	for (i = 0; i < note->n && note->n < WHO_MOST; i++) {
		buf_addstr(out, note->who[i].name);
		if (note->who[i].times > 1)
			buf_addf(out, " (%" PRIu32 " times)",
				note->who[i].times);
		buf_addc(out, '\n');
	}
	if (note->n >= WHO_MOST)
		add_files(note, out);
	for (p = note->text.p; p; p = nl ? nl + 1 : NULL) {
		nl = strchr(p, '\n');
		buf_addf(out, "  %.*s\n", (int)(nl ? nl - p :
			(ptrdiff_t)strlen(p)), p);
	}
	buf_addc(out, '\n');
}

static void
add_left(const struct notes *n, size_t told, struct buf *out)
{
	if (told < n->warnings.n)
		buf_addf(out, "%zu more kinds of warnings (-v shows them)\n",
			n->warnings.n - told);
	if (n->left)
		buf_addf(out, "%" PRIu64 " warning%s of %" PRIu32 " more "
			"file%s that did not run now (-v shows them)\n",
			n->left, n->left == 1 ? "" : "s", n->left_files,
			n->left_files == 1 ? "" : "s");
	if (told < n->warnings.n || n->left)
		buf_addc(out, '\n');
}

void
notes_blocks(const struct notes *n, struct buf *out)
{
	size_t i, most = n->o->verbosity == REPORT_VERBOSE ? SIZE_MAX :
		WARNINGS_MOST;

	buf_addstr(out, buf_str(&n->prints));
	if (n->prints.n)
		buf_addc(out, '\n');
	for (i = 0; i < n->warnings.n && i < most; i++) {
		if (i == 0)
			buf_adds(out, "WARNINGS\n");
		add_warning(&n->warnings.v[i], out);
	}
	add_left(n, i, out);
}

/* What several files have paid for that one could have. */
static void
add_fixtures(const struct notes_fixtures *f, struct buf *out)
{
	if (f->files < 2 || f->seconds - f->most < FIXTURES_MUCH)
		return;
	buf_addf(out, "session fixtures%s%s were set up in %" PRIu32 " files "
		"and took %.1f s in all: with granularity = \"package\" or "
		"isolation = \"shared\" in [tool.tgraph] they are set up for "
		"many files at once\n", f->package.n ? " of " : "",
		f->package.p, f->files, f->seconds);
}

void
notes_reasons(const struct notes *n, struct buf *out)
{
	for (size_t i = 0; i < n->skips.n; i++)
		buf_addf(out, "SKIPPED [%" PRIu64 "] %s\n",
			n->skips.v[i].times, n->skips.v[i].text.p);
	buf_addstr(out, buf_str(&n->others));
	for (size_t i = 0; i < n->nfixtures; i++)
		add_fixtures(&n->fixtures[i], out);
}

static void
release_list(struct notes_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->v[i].who);
	free(list->v);
	map_release(&list->by_text);
}

void
notes_release(struct notes *n)
{
	release_list(&n->warnings);
	release_list(&n->skips);
	buf_release(&n->others);
	buf_release(&n->prints);
	free(n->fixtures);
	arena_release(&n->arena);
}
