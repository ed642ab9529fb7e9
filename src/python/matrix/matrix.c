/* SPDX-License-Identifier: Apache-2.0 */
#include "python/matrix/matrix.h"

#include <stdint.h>
#include <stdlib.h>

#include "util/mem.h"

/* A version that somebody asks for, or that is in the table. */
struct want {
	int major, minor;
	bool t;                 /* free-threaded */
	bool asked;
	bool wanted;            /* by a target */
	size_t interp;          /* given by path; SIZE_MAX: not */
	const struct release *release;  /* NULL: not in the table */
};

struct wants {
	struct want *v;
	size_t n, cap;
	bool any_asked;
	bool sole;              /* the active interpreter alone */
};

struct builder {
	struct matrix *m;
	struct project *p;
	const struct releases *rel;
	struct interps *in;
	const struct matrix_opts *opts;
	struct wants options;   /* of --python */
	size_t cap;
	struct err *err;
};

static int
want_cmp(const struct want *a, const struct want *b)
{
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->minor != b->minor)
		return a->minor < b->minor ? -1 : 1;
	return (int)a->t - (int)b->t;
}

static int
want_qsort(const void *a, const void *b)
{
	return want_cmp(a, b);
}

static const struct release *
find_release(const struct releases *rel, int major, int minor)
{
	size_t i;

	for (i = 0; i < rel->n; i++) {
		if (rel->v[i].major == major && rel->v[i].minor == minor)
			return &rel->v[i];
	}
	return NULL;
}

static struct want *
add_want(struct builder *b, struct wants *w, int major, int minor, bool t)
{
	struct want new = { major, minor, t, false, false, SIZE_MAX,
		find_release(b->rel, major, minor) };
	size_t i;

	for (i = 0; i < w->n; i++) {
		if (want_cmp(&w->v[i], &new) == 0)
			return &w->v[i];
	}
	w->v = vec_grow(w->v, &w->cap, w->n + 1, sizeof(*w->v));
	w->v[w->n] = new;
	return &w->v[w->n++];
}

/* Runs the interpreter unless it is known. false: it does not run. */
static bool
probe(struct builder *b, size_t i)
{
	return interps_probe(b->in, &i, 1, NULL) == 0 &&
	       b->in->v[i].state == INTERP_OK;
}

/* The interpreter that comes first for a version, as far as is known. */
static size_t
pick(struct builder *b, const struct want *w)
{
	struct interps *in = b->in;
	size_t i;

	if (w->interp != SIZE_MAX)
		return in->v[w->interp].state == INTERP_BAD ? in->n :
			w->interp;
	if (!w->t)
		return interps_pick(in, w->major, w->minor, NULL);
	for (i = 0; i < in->n; i++) {
		if (in->v[i].gil_disabled && in->v[i].state != INTERP_BAD &&
		    in->v[i].major == w->major && in->v[i].minor == w->minor)
			break;
	}
	return i;
}

/* The interpreter for a version, known to run and to be of that version; n if
 * there is none. */
static size_t
resolve_version(struct builder *b, const struct want *w)
{
	size_t i;

	for (;;) {
		i = pick(b, w);
		if (i == b->in->n || b->in->v[i].state == INTERP_OK)
			return i;
		if (!probe(b, i) && b->in->v[i].state == INTERP_CANDIDATE)
			return b->in->n;
	}
}

/* An interpreter of that version that does not run, or NULL. */
static const struct interp *
bad_one(const struct builder *b, const struct want *w)
{
	const struct interps *in = b->in;
	size_t i;

	if (w->interp != SIZE_MAX)
		return &in->v[w->interp];
	for (i = 0; i < in->n; i++) {
		if (in->v[i].state == INTERP_BAD && in->v[i].major == w->major
		    && in->v[i].minor == w->minor)
			return &in->v[i];
	}
	return NULL;
}

static int
read_options(struct builder *b)
{
	size_t i, at;
	int major, minor;
	bool t;

	for (i = 0; i < b->opts->npython; i++) {
		struct str s = str_of(b->opts->python[i]);
		struct want *w;

		if (releases_version(s, &major, &minor, &t)) {
			add_want(b, &b->options, major, minor, t)->asked =
				true;
			continue;
		}
		if (!interps_add(b->in, s, &at))
			return err_code(b->err, EXIT_USAGE, "--python %s: "
				"neither a version such as 3.12 nor an "
				"interpreter", s.p);
		if (!probe(b, at))
			return err_code(b->err, EXIT_ENV, "--python %s: the "
				"interpreter does not run: %s", s.p,
				b->in->v[at].error.p ? b->in->v[at].error.p :
				"cannot be started");
		w = add_want(b, &b->options, b->in->v[at].major,
			b->in->v[at].minor, b->in->v[at].gil_disabled);
		w->asked = true;
		w->interp = at;
	}
	b->options.any_asked = b->options.n > 0;
	return 0;
}

/* Is its environment made for it? Then any interpreter will do. */
static bool
has_own(const struct package *pkg)
{
	return pkg->config.environment != ENVIRONMENT_ACTIVE;
}

/* Adds what targets name. */
static void
add_wanted(struct builder *b, struct wants *w)
{
	int major, minor;
	bool t;
	size_t i;

	for (i = 0; i < b->opts->nalso; i++) {
		if (releases_version(str_of(b->opts->also[i]), &major, &minor,
		    &t))
			add_want(b, w, major, minor, t)->wanted = true;
	}
}

/* The versions that a package's rows are about, in order. */
static void
collect_wants(struct builder *b, const struct package *pkg, struct wants *w)
{
	const struct interp *active = b->in->n ? &b->in->v[0] : NULL;
	int major, minor;
	bool t;
	size_t i;

	*w = (struct wants){ .any_asked = b->options.any_asked ||
		pkg->config.python.n };
	w->sole = !w->any_asked && !b->opts->all && !has_own(pkg);
	for (i = 0; i < b->options.n; i++) {
		struct want *new = add_want(b, w, b->options.v[i].major,
			b->options.v[i].minor, b->options.v[i].t);

		new->asked = true;
		new->interp = b->options.v[i].interp;
	}
	for (i = 0; !b->options.any_asked && i < pkg->config.python.n; i++) {
		if (releases_version(pkg->config.python.v[i], &major, &minor,
		    &t))
			add_want(b, w, major, minor, t)->asked = true;
	}
	for (i = 0; i < b->rel->n; i++)
		add_want(b, w, b->rel->v[i].major, b->rel->v[i].minor, false);
	if (active && active->active && active->major)
		add_want(b, w, active->major, active->minor,
			active->gil_disabled);
	if (!w->any_asked)
		add_wanted(b, w);
	qsort(w->v, w->n, sizeof(*w->v), want_qsort);
}

static bool
in_classifiers(const struct package *pkg, const struct want *w)
{
	int major, minor;
	bool t;
	size_t i;

	for (i = 0; i < pkg->nclassifiers; i++) {
		if (releases_version(pkg->classifiers[i], &major, &minor, &t) &&
		    major == w->major && minor == w->minor)
			return true;
	}
	return false;
}

static bool
is_active(const struct builder *b, const struct want *w)
{
	const struct interp *it = b->in->n ? &b->in->v[0] : NULL;

	return it && it->active && it->state == INTERP_OK &&
	       it->major == w->major && it->minor == w->minor &&
	       it->gil_disabled == w->t;
}

/* Has the user made an environment, and is it of this version? Then it is used
 * unless the package forbids it. */
static bool
is_activated(const struct builder *b, const struct want *w)
{
	return is_active(b, w) &&
	       (b->in->v[0].source == INTERP_VIRTUAL_ENV ||
		b->in->v[0].source == INTERP_CONDA ||
		b->in->v[0].source == INTERP_DOT_VENV);
}

/* Does nothing say which versions it supports? Then the active interpreter's
 * alone. */
static bool
is_lone(const struct package *pkg)
{
	return !pkg->has_requires && pkg->nclassifiers == 0;
}

static void
refuse(struct matrix_row *row, enum matrix_reason why, struct str reason)
{
	row->chosen = false;
	row->why = why;
	row->reason = reason;
}

static void
excluded(struct builder *b, const struct package *pkg, struct matrix_row *row,
	struct str what)
{
	refuse(row, MATRIX_EXCLUDED, arena_fmt(&b->m->arena,
		"%.*s%sexcluded by requires-python '%.*s'", (int)what.n,
		what.p, what.n ? " is " : "", (int)pkg->requires.text.n,
		pkg->requires.text.p));
}

/* A version that would run if more than the active interpreter's were asked
 * for. Runs nothing to find out which interpreter that would be. */
static void
not_asked(const struct builder *b, const struct want *w,
	struct matrix_row *row)
{
	const struct interps *in = b->in;
	size_t i;

	for (i = 0; i < in->n; i++) {
		if (in->v[i].state != INTERP_BAD &&
		    in->v[i].major == w->major && in->v[i].minor == w->minor &&
		    in->v[i].gil_disabled == w->t)
			break;
	}
	if (i < in->n)
		row->interp = i;
	refuse(row, MATRIX_ALONE, STR("not asked for (--all-pythons)"));
}

/* Decides without looking at interpreters; false: not chosen. */
static bool
by_rules(struct builder *b, const struct package *pkg, const struct wants *ws,
	const struct want *w, struct matrix_row *row)
{
	struct arena *a = &b->m->arena;

	if (ws->any_asked && !w->asked) {
		refuse(row, MATRIX_NOT_ASKED, b->options.any_asked ?
			STR("not among --python") :
			STR("not among python in [tool.tgraph]"));
		return false;
	}
	if (pkg->has_requires && !pep440_allows_minor(&pkg->requires,
	    w->major, w->minor)) {
		excluded(b, pkg, row, STR(""));
		return false;
	}
	if (w->asked || w->wanted ||
	    (ws->sole ? is_active(b, w) :
	     !has_own(pkg) && is_activated(b, w)))
		return true;
	if (is_lone(pkg)) {
		if (is_active(b, w))
			return true;
		refuse(row, MATRIX_NOT_ACTIVE, STR("not the active "
			"interpreter's, and nothing says which versions are "
			"supported"));
		return false;
	}
	if (w->t && !is_active(b, w))
		refuse(row, MATRIX_NOT_ASKED, STR("not asked for"));
	else if (!pkg->has_requires && !in_classifiers(pkg, w))
		refuse(row, MATRIX_EXCLUDED,
			STR("not among the classifiers"));
	else if (!w->release)
		refuse(row, MATRIX_NOT_SUPPORTED,
			STR("not in the table of releases"));
	else if (w->release->status == RELEASE_END_OF_LIFE)
		refuse(row, MATRIX_NOT_SUPPORTED, arena_fmt(a,
			"not supported: end of life %s", w->release->end.p));
	else if (ws->sole)
		not_asked(b, w, row);
	else
		return true;
	return false;
}

/* Is it not to run because it is none of the finished ones? The interpreter
 * knows that better than the table, which may be an old one. */
static bool
too_early(struct builder *b, const struct want *w, const struct interp *it,
	struct matrix_row *row)
{
	if (w->asked || w->wanted || b->opts->include_prerelease ||
	    str_is(it->release, "final"))
		return false;
	refuse(row, MATRIX_PRERELEASE, arena_fmt(&b->m->arena,
		"%s is a prerelease", it->version.p));
	return true;
}

/* Does the interpreter's whole version fit requires-python? */
static bool
version_fits(const struct package *pkg, const struct interp *it)
{
	struct arena a = {0};
	struct pep440 v;
	bool ok = !pkg->has_requires || (pep440_parse(&a, it->version, &v) &&
		pep440_match(&pkg->requires, &v, it->version, 1));

	arena_release(&a);
	return ok;
}

static void
choose(struct builder *b, struct matrix_row *row, size_t interp)
{
	const struct interp *it = &b->in->v[interp];

	row->interp = interp;
	row->chosen = true;
	row->why = MATRIX_CHOSEN;
	row->reason = row->asked || row->wanted ? STR("asked for") : it->active ?
		STR("the active interpreter") : STR("supported");
	row->no_pytest = !has_own(&b->p->packages[row->package]) &&
		it->pytest.n == 0;
}

static void
by_interpreter(struct builder *b, const struct package *pkg,
	const struct wants *ws, const struct want *w, struct matrix_row *row)
{
	const struct interp *bad;
	size_t i = resolve_version(b, w);

	if (i < b->in->n) {
		row->interp = i;
		if (!version_fits(pkg, &b->in->v[i]))
			excluded(b, pkg, row, b->in->v[i].version);
		else if (ws->sole || is_lone(pkg) || is_activated(b, w) ||
		         !too_early(b, w, &b->in->v[i], row))
			choose(b, row, i);
		return;
	}
	bad = bad_one(b, w);
	if (!w->asked && !w->wanted && w->release && !b->opts->include_prerelease &&
	    w->release->status == RELEASE_PRERELEASE)
		refuse(row, MATRIX_PRERELEASE, arena_fmt(&b->m->arena,
			"a prerelease until %s", w->release->released.p));
	else if (bad)
		refuse(row, MATRIX_BAD, arena_fmt(&b->m->arena,
			"%s does not run: %s", bad->path.p, bad->error.p));
	else
		refuse(row, MATRIX_MISSING, STR("interpreter missing"));
}

static struct matrix_row *
new_row(struct builder *b, size_t package, const struct want *w)
{
	struct matrix *m = b->m;
	struct matrix_row *row;

	m->rows = vec_grow(m->rows, &b->cap, m->n + 1, sizeof(*m->rows));
	row = &m->rows[m->n++];
	*row = (struct matrix_row){ .package = package, .interp = SIZE_MAX };
	if (w) {
		row->version = arena_fmt(&m->arena, "%d.%d%s", w->major,
			w->minor, w->t ? "t" : "");
		row->major = w->major;
		row->minor = w->minor;
		row->free_threaded = w->t;
		row->asked = w->asked;
		row->wanted = w->wanted;
	}
	return row;
}

/* If no supported version is here, or none that has pytest, the active
 * interpreter is better than nothing, as long as the package allows it. */
static void
fall_back(struct builder *b, const struct package *pkg, size_t first,
	const struct wants *w)
{
	bool any = false;
	size_t i;

	for (i = first; i < b->m->n; i++) {
		any |= b->m->rows[i].chosen;
		if (b->m->rows[i].chosen && !b->m->rows[i].no_pytest)
			return;
	}
	for (i = first; !w->any_asked && i < b->m->n; i++) {
		struct matrix_row *row = &b->m->rows[i];

		if (row->chosen || !is_active(b, &w->v[i - first]) ||
		    row->why == MATRIX_EXCLUDED ||
		    !version_fits(pkg, &b->in->v[0]) ||
		    (any && b->in->v[0].pytest.n == 0))
			continue;
		choose(b, row, 0);
		row->reason = any ? STR("the active interpreter, as no "
			"supported version here has pytest") :
			STR("the active interpreter, as no supported version "
			"is here");
	}
}

/* A row that says why there is no active interpreter, if so. */
static void
no_active(struct builder *b, size_t package)
{
	const struct interp *it = b->in->n ? &b->in->v[0] : NULL;
	struct matrix_row *row;

	if (it && it->state == INTERP_OK)
		return;
	row = new_row(b, package, NULL);
	row->version = STR("python3");
	if (it)
		refuse(row, MATRIX_BAD, arena_fmt(&b->m->arena,
			"%s does not run: %s", it->path.p,
			it->error.p ? it->error.p : "cannot be started"));
	else
		refuse(row, MATRIX_MISSING,
			STR("no Python interpreter was found"));
}

static void
build_package(struct builder *b, size_t package)
{
	const struct package *pkg = &b->p->packages[package];
	size_t first = b->m->n, i;
	struct matrix_row *row;
	struct wants w;

	collect_wants(b, pkg, &w);
	for (i = 0; i < w.n; i++) {
		row = new_row(b, package, &w.v[i]);
		row->sole = w.sole && is_active(b, &w.v[i]);
		if (by_rules(b, pkg, &w, &w.v[i], row))
			by_interpreter(b, pkg, &w, &w.v[i], row);
	}
	if (!w.sole)
		fall_back(b, pkg, first, &w);
	if (w.sole || (!w.any_asked && is_lone(pkg)))
		no_active(b, package);
	free(w.v);
}

/* Probes at once what the rows will need, so that they run in parallel. */
static void
probe_ahead(struct builder *b)
{
	size_t *which = NULL, n = 0, cap = 0, i, k, at;
	struct matrix scratch = {0}, *m = b->m;
	struct matrix_row row;
	struct wants w;

	b->m = &scratch;
	for (i = 0; i < b->p->npackages; i++) {
		if (b->p->packages[i].flags & PACKAGE_BROKEN)
			continue;
		collect_wants(b, &b->p->packages[i], &w);
		for (k = 0; k < w.n; k++) {
			if (!by_rules(b, &b->p->packages[i], &w, &w.v[k],
			    &row))
				continue;
			at = pick(b, &w.v[k]);
			if (at == b->in->n ||
			    b->in->v[at].state != INTERP_CANDIDATE)
				continue;
			which = vec_grow(which, &cap, n + 1, sizeof(*which));
			which[n++] = at;
		}
		free(w.v);
	}
	if (n)
		interps_probe(b->in, which, n, NULL);
	free(which);
	arena_release(&scratch.arena);
	b->m = m;
}

static int
by_dir(const void *a, const void *b)
{
	const struct package *const *x = a, *const *y = b;

	return str_cmp_natural((*x)->dir, (*y)->dir);
}

/* The packages in the order in which people expect them, to be freed. */
static const struct package **
in_order(const struct project *p)
{
	const struct package **v = xreallocarray(NULL, p->npackages + 1,
		sizeof(*v));

	for (size_t i = 0; i < p->npackages; i++)
		v[i] = &p->packages[i];
	qsort(v, p->npackages, sizeof(*v), by_dir);
	return v;
}

int
matrix_build(struct matrix *m, struct project *p, const struct releases *rel,
	struct interps *in, const struct matrix_opts *opts, struct err *err)
{
	struct builder b = { .m = m, .p = p, .rel = rel, .in = in,
		.opts = opts, .err = err };
	const struct package **order = in_order(p);
	size_t i;
	int r;

	*m = (struct matrix){ 0 };
	r = read_options(&b);
	if (r == 0 && in->n && in->v[0].active)
		probe(&b, 0);
	if (r == 0)
		probe_ahead(&b);
	for (i = 0; r == 0 && i < p->npackages; i++) {
		if (!(order[i]->flags & PACKAGE_BROKEN))
			build_package(&b, (size_t)(order[i] - p->packages));
	}
	free(order);
	free(b.options.v);
	if (r < 0)
		matrix_release(m);
	return r;
}

void
matrix_release(struct matrix *m)
{
	free(m->rows);
	arena_release(&m->arena);
	*m = (struct matrix){ 0 };
}
