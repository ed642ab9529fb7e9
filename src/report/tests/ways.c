/* SPDX-License-Identifier: Apache-2.0 */
#include "report/tests/ways.h"

#include <stdlib.h>
#include <string.h>

#include "result/way.h"
#include "util/mem.h"

struct row {
	char *name;             /* owned */
	unsigned files;
	double seconds[WAY_PARTS];
};

struct rows {
	struct row *v;
	size_t n, cap;
};

/* The row of this name, made if there is none. */
static struct row *
way_row(struct rows *rows, const char *name)
{
	struct row *r;

	for (size_t i = 0; i < rows->n; i++)
		if (strcmp(rows->v[i].name, name) == 0)
			return &rows->v[i];
	rows->v = vec_grow(rows->v, &rows->cap, rows->n + 1,
		sizeof(*rows->v));
	r = &rows->v[rows->n++];
	*r = (struct row){ .name = xmemdup0(name, strlen(name)) };
	return r;
}

static void
rows_release(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		free(rows->v[i].name);
	free(rows->v);
}

static int
by_files(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->files != y->files)
		return x->files < y->files ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void
rows_sort(struct rows *rows)
{
	if (rows->n)
		qsort(rows->v, rows->n, sizeof(*rows->v), by_files);
}

static void
row_add(struct row *r, const double *seconds)
{
	r->files++;
	for (int i = 0; i < WAY_PARTS; i++)
		r->seconds[i] += seconds[i];
}

/* "fork of node": of what is forked, its kind only. */
static void
count(const struct way *w, struct rows *ways, struct rows *whys)
{
	struct buf name = { 0 };
	size_t kind = strcspn(w->of, " ");

	buf_adds(&name, w->kind);
	if (kind) {
		buf_adds(&name, " of ");
		buf_add(&name, w->of, kind);
	}
	row_add(way_row(ways, name.p), w->seconds);
	if (*w->why) {
		buf_clear(&name);
		buf_addf(&name, "by %s, because of %s", w->kind, w->why);
		row_add(way_row(whys, name.p), w->seconds);
	}
	buf_release(&name);
}

static void
add_row(struct buf *out, const struct row *r)
{
	buf_addf(out, "%-16s %7u", r->name, r->files);
	for (int i = 0; i < WAY_PARTS; i++)
		buf_addf(out, " %8.1f", r->seconds[i] * 1e3 / r->files);
	buf_addc(out, '\n');
}

static void
add_table(struct buf *out, const struct rows *ways)
{
	struct row all = { .name = "all" };

	buf_addf(out, "%-16s %7s", "ms a file", "files");
	for (int i = 0; i < WAY_PARTS; i++)
		buf_addf(out, " %8s", way_parts[i]);
	buf_addc(out, '\n');
	for (size_t i = 0; i < ways->n; i++) {
		const struct row *r = &ways->v[i];

		add_row(out, r);
		all.files += r->files;
		for (int j = 0; j < WAY_PARTS; j++)
			all.seconds[j] += r->seconds[j];
	}
	if (ways->n > 1)
		add_row(out, &all);
}

void
ways_text(const struct testfiles *m, struct buf *out)
{
	struct rows ways = { 0 }, whys = { 0 };
	struct results r;
	struct way w;

	for (uint32_t i = 0; i < m->n; i++) {
		if (m->v[i].stage != STAGE_RAN ||
		    !results_read(&r, m->g, m->v[i].step))
			continue;
		if (way_read(&w, &r))
			count(&w, &ways, &whys);
		results_release(&r);
	}
	rows_sort(&ways);
	rows_sort(&whys);
	if (ways.n)
		add_table(out, &ways);
	for (size_t i = 0; i < whys.n; i++)
		buf_addf(out, "%u %s %s\n", whys.v[i].files,
			whys.v[i].files == 1 ? "file" : "files",
			whys.v[i].name);
	rows_release(&ways);
	rows_release(&whys);
}

/* ---- advice ---- */

/* What some of the files that ran have cost, in seconds. */
struct costs {
	unsigned ran;
	unsigned files;         /* looked at, of them */
	unsigned forks, starts; /* forked; started anew, because of why */
	double all, fork, start;
	char *why;              /* of the first such; owned */
};

static void
add_costs(struct costs *c, const struct way *w)
{
	const double *s = w->seconds;
	bool fork = strcmp(w->kind, "fork") == 0;

	c->files++;
	c->all += way_seconds(w);
	if (fork) {
		c->forks++;
		c->fork += s[WAY_START] + s[WAY_END];
	} else if (*w->why) {
		c->starts++;
		c->start += s[WAY_START];
		if (!c->why)
			c->why = xmemdup0(w->why, strlen(w->why));
	}
}

/* Could it share a process? Not what is in a group of its own, or is no file
 * for pytest. */
static bool
can_share(const struct testfiles *m, uint32_t step, const struct results *r)
{
	const struct graph_step *s = &m->g->steps.p[step];

	return !(s->flags & STEP_POOLS) && !m->g->pools.p[s->pool].depth &&
	       strcmp(results_text(r->json, "runner"), "pytest") == 0 &&
	       !cJSON_HasObjectItem(r->json, "files") &&
	       !cJSON_HasObjectItem(r->json, "others");
}

static void
measure(const struct testfiles *m, struct costs *c)
{
	enum { LOOKS = 100 };
	uint32_t step = m->n / LOOKS + 1;
	struct results r;
	struct way w;

	for (uint32_t i = 0; i < m->n; i++)
		c->ran += m->v[i].stage == STAGE_RAN;
	for (uint32_t i = 0; i < m->n; i += step) {
		if (m->v[i].stage != STAGE_RAN ||
		    !results_read(&r, m->g, m->v[i].step))
			continue;
		if (way_read(&w, &r) && can_share(m, m->v[i].step, &r))
			add_costs(c, &w);
		results_release(&r);
	}
}

/* A second, and a tenth of all. */
static bool
is_worth(double saved, double took)
{
	return saved >= 1 && saved >= took / 10;
}

void
ways_advice(const struct testfiles *m, double took, int jobs,
	struct buf *out)
{
	const double batch = 0.7;       /* what one of eight saves of a fork */
	struct costs c = { 0 };
	double unit, shared;

	if (took < 1 || jobs < 1)
		return;
	measure(m, &c);
	/* Each process that files share does once what it is that is saved. */
	shared = c.ran > (unsigned)jobs ? 1 - (double)jobs / c.ran : 0;
	unit = c.all > 0 ? took / c.all : 0;
	if (c.files < 4)
		;
	else if (is_worth(c.start * unit * shared, took))
		buf_addf(out, "pytest was started anew for %u %% of the files, "
			"because of %s: isolation = \"shared\" in "
			"[tool.tgraph] would save about %.1f s of %.1f",
			100 * c.starts / c.files, c.why,
			c.start * unit * shared, took);
	else if (c.forks >= 20 && is_worth(c.fork * unit * batch, took))
		buf_addf(out, "%.0f %% of the time went into a process for "
			"each file: isolation = \"batch\" in [tool.tgraph] "
			"would save about %.1f s of %.1f",
			100 * c.fork / c.all, c.fork * unit * batch, took);
	free(c.why);
}
