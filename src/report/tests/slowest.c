/* SPDX-License-Identifier: Apache-2.0 */
#include "report/tests/slowest.h"

#include <stdlib.h>

#include "report/tests/listed.h"
#include "report/tests/located.h"
#include "result/results.h"
#include "util/arena.h"
#include "util/mem.h"

struct timed {
	struct str name;
	double seconds;
	size_t at;              /* in the order of the graph */
};

struct timing {
	struct arena arena;
	struct timed *v;
	size_t n, cap;
};

static void
add_times(struct timing *t, const struct report_opts *o,
	const struct testfiles *m, const struct testfile *f)
{
	struct results r;
	struct located l;
	struct buf name = { 0 };
	const cJSON *item;

	if (testfile_fate(m, f) == FATE_NOT_RUN ||
	    !results_read(&r, m->g, f->step))
		return;
	located_of(&l, o->stand, &r);
	cJSON_ArrayForEach(item, r.items) {
		double seconds = results_number(item, "duration");

		if (seconds < o->slowest_min)
			continue;
		buf_clear(&name);
		listed_name(m, f, &l, results_text(item, "id"), &name);
		t->v = vec_grow(t->v, &t->cap, t->n + 1, sizeof(*t->v));
		t->v[t->n] = (struct timed){
			arena_dup(&t->arena, buf_str(&name)), seconds, t->n,
		};
		t->n++;
	}
	buf_release(&name);
	results_release(&r);
}

static int
by_seconds(const void *a, const void *b)
{
	const struct timed *x = a, *y = b;

	if (x->seconds != y->seconds)
		return x->seconds < y->seconds ? 1 : -1;
	return x->at < y->at ? -1 : x->at > y->at;
}

void
slowest_print(const struct report_opts *o, const struct testfiles *m,
	struct buf *out)
{
	struct timing t = { 0 };
	size_t most;

	if (!o->slowest)
		return;
	for (uint32_t i = 0; i < m->n; i++)
		add_times(&t, o, m, &m->v[i]);
	if (t.n)
		qsort(t.v, t.n, sizeof(*t.v), by_seconds);
	most = o->slowest_most && (size_t)o->slowest_most < t.n ?
		(size_t)o->slowest_most : t.n;
	if (most < t.n)
		buf_addf(out, "slowest %zu of %zu tests\n", most, t.n);
	else if (most)
		buf_adds(out, "slowest tests\n");
	for (size_t i = 0; i < most; i++)
		buf_addf(out, "%8.2f s  %s\n", t.v[i].seconds, t.v[i].name.p);
	if (most)
		buf_addc(out, '\n');
	free(t.v);
	arena_release(&t.arena);
}
