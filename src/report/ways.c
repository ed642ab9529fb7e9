/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ways.h"

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
row_of(struct rows *rows, const char *name)
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
	row_add(row_of(ways, name.p), w->seconds);
	if (*w->why) {
		buf_clear(&name);
		buf_addf(&name, "by %s, because of %s", w->kind, w->why);
		row_add(row_of(whys, name.p), w->seconds);
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
