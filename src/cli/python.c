/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/python.h"

#include <stdio.h>
#include <string.h>

#include "python/matrix.h"
#include "util/buf.h"
#include "util/path.h"

static void
add_place(struct buf *b, const char *path, int line)
{
	if (!path)
		return;
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
		add_place(&b, p->err.path, p->err.line);
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

static void
warnings(const struct session *s, struct report *r)
{
	const struct warning *w;

	for (w = s->front.p.warnings.first; w; w = w->next) {
		struct buf b = { 0 };

		add_place(&b, w->path.n ? w->path.p : NULL, w->line);
		buf_addstr(&b, w->msg);
		report_warn(r, buf_str(&b));
		buf_release(&b);
	}
	for (uint32_t i = 0; i < s->front.d.nskipped; i++) {
		const struct disc_skipped *k = &s->front.d.skipped[i];
		struct buf b = { 0 };

		if (k->why != SKIP_UNREADABLE)
			continue;
		buf_addf(&b, "%s: %s; tests in it are not seen", k->path.p,
		         strerror(k->error));
		report_warn(r, buf_str(&b));
		buf_release(&b);
	}
}

/* Files that are not clean Python are kept, with all they might use. */
static void
bad_files(const struct session *s, struct report *r)
{
	const struct modules *m = &s->front.m;

	for (uint32_t i = 0; i < m->n; i++) {
		const struct module *mod = &m->v[i];
		struct buf b = { 0 };

		if (!(mod->scan.flags & SCAN_ERROR))
			continue;
		add_place(&b, s->front.d.files[mod->file].path.p,
		          (int)mod->scan.error_line);
		buf_addf(&b, "%.*s; taken to depend on everything",
		         (int)mod->scan.error.n, mod->scan.error.p);
		report_warn(r, buf_str(&b));
		buf_release(&b);
	}
}

static bool
told_before(const struct front *f, size_t row, const char *why)
{
	for (size_t i = 0; i < row; i++) {
		const struct matrix_row *a = &f->matrix.rows[i];
		const char *w = front_row_skipped(f, a);

		if (w && str_eq(a->version, f->matrix.rows[row].version) &&
		    strcmp(w, why) == 0)
			return true;
	}
	return false;
}

/* Is a row left out that the user would expect to run? */
static bool
missed(const struct front *f, const struct matrix_row *row)
{
	if (f->p.packages[row->package].err.msg ||
	    !front_row_skipped(f, row))
		return false;
	return row->chosen || row->why == MATRIX_MISSING ||
	       row->why == MATRIX_BAD || row->asked;
}

static int
skipped(const struct session *s, struct report *r)
{
	const struct front *f = &s->front;
	int n = 0;

	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];
		const char *why = front_row_skipped(f, row);
		struct buf b = { 0 };

		if (!missed(f, row))
			continue;
		n++;
		if (told_before(f, i, why))
			continue;
		buf_addf(&b, "Python %.*s: %s; skipped",
		         (int)row->version.n, row->version.p, why);
		if (s->o->require_all)
			report_error(r, "%s", b.p);
		else
			report_warn(r, buf_str(&b));
		buf_release(&b);
	}
	return n;
}

int
python_troubles(const struct session *s, struct report *r)
{
	int nblocked, nskipped;

	if (!s->front_loaded)
		return 0;
	warnings(s, r);
	bad_files(s, r);
	nblocked = blocked(s, r);
	nskipped = skipped(s, r);
	if (nblocked)
		return EXIT_USAGE;
	return nskipped && s->o->require_all ? EXIT_ENV : 0;
}

int
python_no_tests(const struct session *s, struct err *err)
{
	const struct front *f = &s->front;
	size_t blocked_packages = 0;

	if (!s->front_loaded || f->ntests)
		return 0;
	for (size_t i = 0; i < f->p.npackages; i++)
		blocked_packages += f->p.packages[i].err.msg != NULL;
	if (blocked_packages)
		return err_code(err, EXIT_USAGE, "no tests left to run");
	for (size_t i = 0; i < f->matrix.n; i++)
		if (missed(f, &f->matrix.rows[i]))
			return err_code(err, EXIT_ENV, "no interpreter that "
			                "can run the tests (tgraph -t matrix "
			                "shows why)");
	return err_code(err, EXIT_USAGE, "%s: no test files found (test_*.py, "
	                "*_test.py or what pytest's python_files says)",
	                s->root.p);
}

int
python_matrix(struct session *s, FILE *out)
{
	const struct front *f = &s->front;

	fprintf(out, "%-24s %-8s %-8s %-40s %s\n", "package", "version",
	        "chosen", "interpreter", "why");
	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_row *row = &f->matrix.rows[i];
		const struct package *p = &f->p.packages[row->package];
		const char *why = front_row_skipped(f, row);

		fprintf(out, "%-24.*s %-8.*s %-8s %-40s %s\n",
		        (int)p->name.n, p->name.p, (int)row->version.n,
		        row->version.p, why ? "no" : "yes",
		        row->interp == SIZE_MAX ? "-"
		                        : f->in.v[row->interp].path.p,
		        why ? why : row->reason.n ? row->reason.p : "");
	}
	return EXIT_OK;
}
