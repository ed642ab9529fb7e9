/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/troubles.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "python/matrix/matrix.h"
#include "python/project/needs.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

static void
put_place(const struct session *s, struct buf *b, const char *path, int line)
{
	if (!path)
		return;
	if (path_below(str_of(path), buf_str(&s->root)) &&
	    strlen(path) > s->root.n)
		path += s->root.n + 1;
	buf_adds(b, path);
	if (line)
		buf_addf(b, ":%d", line);
	buf_adds(b, ": ");
}

static int
blocked(const struct session *s, struct report *r)
{
	int n = 0;

	for (size_t i = 0; i < s->front.p.npackages; i++) {
		const struct package *p = &s->front.p.packages[i];
		struct buf b = { 0 };

		if (!p->err.msg)
			continue;
		put_place(s, &b, p->err.path, p->err.line);
		buf_adds(&b, p->err.msg);
		report_error(r, "%s", b.p);
		report_error(r, "package '%.*s' (%s) is not tested",
		             (int)p->name.n, p->name.p,
		             p->dir.n ? p->dir.p : ".");
		buf_release(&b);
		n++;
	}
	return n;
}

/* Warnings are lines of one text, which is kept with the state: a run that
 * finds nothing changed tells them again. */

static void
warnings(const struct session *s, struct buf *out)
{
	const struct warning *w;

	for (w = s->front.p.warnings.first; w; w = w->next) {
		put_place(s, out, w->path.n ? w->path.p : NULL, w->line);
		buf_addstr(out, w->msg);
		buf_addc(out, '\n');
	}
	for (uint32_t i = 0; i < s->front.d.nskipped; i++) {
		const struct disc_skipped *k = &s->front.d.skipped[i];

		if (k->why == SKIP_UNREADABLE)
			buf_addf(out, "%s: %s; tests in it are not seen\n",
			         k->path.p, strerror(k->error));
		else if (k->why == SKIP_MANY && !front_excludes(&s->front, k->path))
			buf_addf(out, "%s: links lead to too many directories; "
			         "tests in it are not seen\n", k->path.p);
		else if (k->why == SKIP_ESCAPE && !front_excludes(&s->front, k->path))
			buf_addf(out, "%s: leads out of the repository, and git "
			         "ignores it; tests in it are not seen\n",
			         k->path.p);
	}
}

/* Files that are not clean Python are kept, with all they might use. Some
 * projects have many, as data: then a few are named. */
static void
bad_files(const struct session *s, struct buf *out)
{
	enum { NAMED = 5 };
	const struct modules *m = &s->front.m;
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->n; i++) {
		const struct module *mod = &m->v[i];

		if (!(mod->scan.flags & SCAN_ERROR) ||
		    s->front.d.files[mod->file].flags & DISC_IN_IGNORED ||
		    (n++ >= NAMED && !s->o->verbose))
			continue;
		put_place(s, out, s->front.d.files[mod->file].path.p,
		          (int)mod->scan.error_line);
		buf_addf(out, "%.*s; taken to depend on everything\n",
		         (int)mod->scan.error.n, mod->scan.error.p);
	}
	if (n > NAMED && !s->o->verbose)
		buf_addf(out, "and %u more Python files with mistakes (-v "
		         "names them)\n", (unsigned)(n - NAMED));
}

/* Is a row left out that the user would expect to run? */
static bool
missed(const struct front *f, const struct matrix_row *row)
{
	if (f->p.packages[row->package].err.msg ||
	    !front_row_skipped(f, row) || front_row_unmade(f, row))
		return false;
	return row->chosen || row->why == MATRIX_MISSING ||
	       row->why == MATRIX_BAD || row->asked;
}

/* Was a row before this one missed for the same reason (NULL: any)? */
static bool
missed_before(const struct front *f, size_t row, const char *why)
{
	for (size_t i = 0; i < row; i++) {
		const struct matrix_row *a = &f->matrix.rows[i];

		if (missed(f, a) &&
		    str_eq(a->version, f->matrix.rows[row].version) &&
		    (!why || strcmp(front_row_skipped(f, a), why) == 0))
			return true;
	}
	return false;
}

/* Those that the user asked for by name: "Python 3.10, 3.14". */
static void
lacking(const struct front *f, struct buf *out)
{
	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];

		if (!missed(f, row) || !row->asked || missed_before(f, i, NULL))
			continue;
		buf_adds(out, out->n ? ", " : row->major ? "Python " : "");
		buf_addstr(out, row->version);
	}
}

/* Versions that the user asked for by name, or all if that stops the run, in
 * one line with the reasons: "Python 3.10, 3.12: no pytest in this interpreter;
 * 3.14: interpreter missing". Returns how many rows are missed at all. */
static int
skipped(const struct session *s, struct buf *out)
{
	const struct front *f = &s->front;
	bool all = !f->ntests || s->o->require_all;
	struct buf line = { 0 };
	const char *last = NULL;
	int n = 0;

	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];
		const char *why = front_row_skipped(f, row);

		n += missed(f, row);
		if (!missed(f, row) || (!row->asked && !all) ||
		    missed_before(f, i, why))
			continue;
		if (last && strcmp(last, why) == 0)
			buf_adds(&line, ", ");
		else if (last)
			buf_addf(&line, ": %s; ", last);
		else if (row->major)
			buf_adds(&line, "Python ");
		buf_addstr(&line, row->version);
		last = why;
	}
	if (last)
		buf_addf(out, "skipped %s: %s (tgraph -t matrix)\n",
		         line.p, last);
	buf_release(&line);
	return n;
}

/* Could the row run, if more than the active interpreter were asked for? */
static bool
is_alone(const struct matrix_row *row)
{
	return row->why == MATRIX_ALONE && row->interp != SIZE_MAX;
}

/* The versions of the rows that are missed or, of others, is_alone: "Python
 * 3.11, 3.13". */
static void
list_untested(const struct front *f, bool alone, struct buf *line)
{
	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];
		bool seen = false;

		if (alone ? !is_alone(row) : !missed(f, row) || row->asked)
			continue;
		for (size_t k = 0; k < i && alone && !seen; k++)
			seen = is_alone(&f->matrix.rows[k]) &&
			       str_eq(f->matrix.rows[k].version, row->version);
		if (seen || (!alone && missed_before(f, i, NULL)))
			continue;
		buf_adds(line, line->n ? ", " : row->major ? "Python " : "");
		buf_addstr(line, row->version);
	}
}

/* The other versions that are missed, or that could run too, are told when
 * that changes: most people have one interpreter, and know it. */
static void
tell_untested(struct session *s, struct report *r)
{
	const struct front *f = &s->front;
	struct buf line = { 0 }, alone = { 0 };

	if (s->o->python.n || s->o->require_all || !f->ntests ||
	    session_is_partial(s))
		return;
	list_untested(f, false, &line);
	list_untested(f, true, &alone);
	if (line.n && alone.n)
		buf_adds(&line, "; ");
	if (alone.n)
		buf_addf(&line, "%s, which could be (--all-pythons)", alone.p);
	if (line.n && !s->o->quiet &&
	    !str_eq(buf_str(&s->told), buf_str(&line)))
		report_info(r, "not tested under %s (tgraph -t matrix shows "
		            "why)", line.p);
	buf_release(&alone);
	state_set_extra(&s->state, STATE_TOLD, buf_str(&line));
	buf_release(&line);
}

/* Said once, and when that changes. */
static void
tell_dropped(struct session *s, struct report *r)
{
	struct buf text = { 0 };
	struct str rest;

	front_dropped(&s->front, &text);
	rest = buf_str(&text);
	while (rest.n && !s->o->quiet &&
	       !str_eq(buf_str(&s->told_dropped), buf_str(&text))) {
		const char *nl = memchr(rest.p, '\n', rest.n);
		const char *sep = memchr(rest.p, ':', rest.n);

		report_info(r, "left out of addopts in %.*s, as tgraph decides "
		            "it:%.*s", (int)(sep - rest.p), rest.p,
		            (int)(nl - sep - 1), sep + 1);
		rest.n -= (size_t)(nl + 1 - rest.p);
		rest.p = nl + 1;
	}
	state_set_extra(&s->state, STATE_DROPPED, buf_str(&text));
	buf_release(&text);
}

/* Is it the one interpreter that was to run, and the package forbids it? */
static bool
is_refused(const struct matrix_row *row)
{
	return row->sole && row->why == MATRIX_EXCLUDED;
}

/* Does the package of that row run under any version? */
static bool
any_row_runs(const struct front *f, const struct matrix_row *row)
{
	for (size_t i = 0; i < f->matrix.n; i++)
		if (f->matrix.rows[i].package == row->package &&
		    !front_row_skipped(f, &f->matrix.rows[i]))
			return true;
	return false;
}

/* Packages that are left out because the one interpreter is not for them. */
static void
refused(const struct session *s, struct buf *out)
{
	const struct front *f = &s->front;

	for (size_t i = 0; f->ntests && i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];
		const struct package *p = &f->p.packages[row->package];

		if (!is_refused(row) || p->err.msg || any_row_runs(f, row))
			continue;
		put_place(s, out, p->requires_path.p, p->requires_line);
		buf_addf(out, "package '%s' is not tested: Python %s is not "
		         "what requires-python '%s' allows (--all-pythons "
		         "runs others that are here)\n", p->name.p,
		         f->in.v[0].version.p, p->requires.text.p);
	}
}

static void
tell_lines(struct report *r, struct str text)
{
	while (text.n) {
		const char *nl = memchr(text.p, '\n', text.n);
		size_t n = nl ? (size_t)(nl - text.p) : text.n;

		report_warn(r, (struct str){ text.p, n });
		text.p += n + (nl != NULL);
		text.n -= n + (nl != NULL);
	}
}

/* Who has chosen how files are kept apart is given no advice. */
static void
keep_chosen(struct session *s)
{
	const struct project *p = &s->front.p;
	bool chosen = false;

	for (size_t i = 0; i < p->npackages; i++)
		chosen |= (p->packages[i].config.set & CONFIG_ISOLATION) ||
		          p->packages[i].config.path.n;
	state_set_extra(&s->state, STATE_CHOSEN,
	                chosen ? STR("isolation") : STR(""));
}

int
troubles_tell(struct session *s, struct report *r)
{
	struct buf text = { 0 };
	int nblocked, nskipped;

	if (!s->front_loaded) {
		tell_lines(r, state_extra(&s->state, STATE_WARNINGS));
		report_lacking(r, state_extra(&s->state, STATE_LACKING));
		return 0;
	}
	keep_chosen(s);
	bad_files(s, &text);
	tell_lines(r, buf_str(&text));
	buf_clear(&text);
	warnings(s, &text);
	nskipped = skipped(s, &text);
	refused(s, &text);
	tell_lines(r, buf_str(&text));
	tell_untested(s, r);
	tell_dropped(s, r);
	state_set_extra(&s->state, STATE_WARNINGS, buf_str(&text));
	buf_clear(&text);
	lacking(&s->front, &text);
	state_set_extra(&s->state, STATE_LACKING, buf_str(&text));
	report_lacking(r, buf_str(&text));
	buf_release(&text);
	nblocked = blocked(s, r);
	if (nblocked)
		return EXIT_USAGE;
	return nskipped && s->o->require_all ? EXIT_ENV : 0;
}

/* Does any package run under any version? */
static bool
any_runs(const struct front *f)
{
	for (size_t i = 0; i < f->matrix.n; i++)
		if (!front_row_skipped(f, &f->matrix.rows[i]))
			return true;
	return false;
}

/* Only pytest is missing: where, best in the active interpreter. */
static const struct matrix_row *
lacks_pytest(const struct front *f)
{
	const struct matrix_row *found = NULL;

	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];
		const struct interp *in;

		if (!row->chosen || front_row_made(f, row))
			continue;
		in = &f->in.v[row->interp];
		if (in->state == INTERP_OK && !in->pytest.n &&
		    (!found || in->active))
			found = row;
	}
	return found;
}

/* Is there such a file in the directory of the package, or in the root? */
static bool
has_file(const struct front *f, size_t package, const char *name)
{
	struct buf b = { 0 };
	bool has;

	path_join(&b, f->p.packages[package].dir, str_of(name));
	has = access(b.p, F_OK) == 0 || access(name, F_OK) == 0;
	buf_release(&b);
	return has;
}

/* Is there such a file in what the interpreter's bin directory is in? */
static bool
has_prefix(const struct interp *in, const char *name)
{
	struct buf b = { 0 };
	bool has;

	path_join(&b, path_dir(path_dir(in->path)), str_of(name));
	has = access(b.p, F_OK) == 0;
	buf_release(&b);
	return has;
}

static bool
made_by_uv(const struct interp *in)
{
	struct buf path = { 0 }, text = { 0 };
	bool is;

	path_join(&path, path_dir(path_dir(in->path)), STR("pyvenv.cfg"));
	is = file_read(path.p, &text, NULL) == 1 &&
	     strstr(text.p, "\nuv = ");
	buf_release(&path);
	buf_release(&text);
	return is;
}

/* What puts pytest there, by what the environment is made with. */
static void
how_to_install(const struct front *f, const struct matrix_row *row,
	struct buf *out)
{
	static const struct {
		const char *file, *command;
	} all[] = {
		{ "uv.lock", "uv add --dev pytest" },
		{ "poetry.lock", "poetry add --group dev pytest" },
		{ "pdm.lock", "pdm add -dG test pytest" },
		{ "Pipfile", "pipenv install --dev pytest" },
	};
	const struct interp *in = &f->in.v[row->interp];

	for (size_t i = 0; i < countof(all); i++) {
		if (!has_file(f, row->package, all[i].file))
			continue;
		buf_adds(out, all[i].command);
		return;
	}
	if (has_prefix(in, "conda-meta"))
		buf_addf(out, "conda install -p %.*s pytest",
		         (int)path_dir(path_dir(in->path)).n, in->path.p);
	else if (made_by_uv(in))
		buf_addf(out, "uv pip install --python %s pytest", in->path.p);
	else if (has_prefix(in, "pyvenv.cfg"))
		buf_addf(out, "%s -m pip install pytest", in->path.p);
	else
		buf_addf(out, "%s -m venv .venv && .venv/bin/python -m pip "
		         "install pytest", in->path.p);
}

/* What lets us make an environment, if it is written down what the tests need. */
static void
how_to_make(const struct front *f, const struct matrix_row *row,
	struct buf *out)
{
	bool uv = has_file(f, row->package, "uv.lock") ||
	          made_by_uv(&f->in.v[row->interp]);
	size_t owner;
	bool extra;
	struct str name = needs_tests(&f->p, row->package, &owner, &extra);

	if (name.n)
		buf_addf(out, "; or let tgraph make one of the %s '%.*s': "
		         "environment = \"%s\" in [tool.tgraph]",
		         extra ? "extra" : "dependency group", (int)name.n,
		         name.p, uv ? "uv" : "venv");
}

/* The environments that are made have no pytest, or are not made. */
static int
no_environment(const struct front *f, struct err *err)
{
	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];
		const struct front_made *m = front_row_made(f, row);
		const struct package *pkg = &f->p.packages[row->package];

		if (m && m->used && front_row_unmade(f, row))
			return err_code(err, EXIT_ENV, "the environment of "
			                "'%s' is not made yet; a run of tgraph "
			                "makes it", pkg->name.p);
		if (m && m->used && front_row_skipped(f, row))
			return err_code(err, EXIT_ENV, "the environment of "
			                "'%s' has no pytest: what its tests "
			                "need goes into a dependency group or "
			                "extra called test or dev, or is named "
			                "in [tool.tgraph] (requirements, "
			                "dependency-groups, extras)",
			                pkg->name.p);
	}
	return 0;
}

static int
no_interpreter(const struct front *f, struct err *err)
{
	const struct matrix_row *row = lacks_pytest(f);
	struct str file = row ? front_pytest_file(f, row->package) : STR("");

	if (row) {
		struct buf how = { 0 }, made = { 0 };
		int r;

		how_to_install(f, row, &how);
		how_to_make(f, row, &made);
		r = err_code(err, EXIT_ENV, "%s has no pytest%s%.*s%s: install "
		             "it there (%s), or activate the environment that "
		             "has it%s", f->in.v[row->interp].path.p,
		             file.n ? ", which " : "", (int)file.n, file.p,
		             file.n ? " needs" : "", how.p,
		             made.n ? made.p : "");
		buf_release(&how);
		buf_release(&made);
		return r;
	}
	return err_code(err, EXIT_ENV, "no interpreter that can run the tests "
	                "(tgraph -t matrix shows why)");
}

/* Could the package run under any other version? */
static bool
others_fit(const struct front *f, size_t package)
{
	for (size_t i = 0; i < f->matrix.n; i++)
		if (f->matrix.rows[i].package == package &&
		    f->matrix.rows[i].why == MATRIX_ALONE)
			return true;
	return false;
}

/* No release of Python is one that a package allows. */
static int
no_tested_version(const struct front *f, struct err *err)
{
	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];
		const struct package *p = &f->p.packages[row->package];

		if (!is_refused(row) || !others_fit(f, row->package))
			continue;
		err_code(err, EXIT_ENV, "Python %s (%s) is not what "
		         "requires-python '%s' allows: activate an environment "
		         "that fits, or run others that are here with --python "
		         "or --all-pythons (tgraph -t matrix shows them)",
		         f->in.v[0].version.p, f->in.v[0].path.p,
		         p->requires.text.p);
		return err_at(err, p->requires_path.p, p->requires_line, 0);
	}
	for (size_t i = 0; i < f->p.npackages; i++) {
		const struct package *p = &f->p.packages[i];

		if (!p->has_requires)
			continue;
		err_code(err, EXIT_ENV, "no version of Python that can be "
		         "tested fits requires-python (tgraph -t matrix shows "
		         "why)");
		return err_at(err, p->requires_path.p, p->requires_line, 0);
	}
	return err_code(err, EXIT_ENV, "no version of Python to test under "
	                "(tgraph -t matrix shows why)");
}

int
troubles_no_tests(const struct session *s, struct err *err)
{
	const struct front *f = &s->front;
	size_t blocked_packages = 0;

	if (!s->front_loaded || f->ntests)
		return 0;
	for (size_t i = 0; i < f->p.npackages; i++)
		blocked_packages += f->p.packages[i].err.msg != NULL;
	if (blocked_packages)
		return err_code(err, EXIT_USAGE, "no tests left to run");
	if (no_environment(f, err) < 0)
		return -1;
	for (size_t i = 0; i < f->matrix.n; i++)
		if (missed(f, &f->matrix.rows[i]))
			return no_interpreter(f, err);
	if (f->matrix.n && !any_runs(f))
		return no_tested_version(f, err);
	return err_code(err, EXIT_USAGE, "%s: no test files found (test_*.py, "
	                "*_test.py or what pytest's python_files says)",
	                s->root.p);
}
