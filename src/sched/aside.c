/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/aside.h"

#include <stdlib.h>

#include "sched/internal.h"
#include "util/mem.h"
#include "util/os.h"

/* A test file counts as it ends alone. One that fails while others run may have
 * met one that uses the same port, directory or database: it is put aside until
 * nothing else is left, and runs again with nothing beside it. So do, from then
 * on, those that were found to fail only so.
 *
 * Where much is broken that would take as long again: after some that fail alone
 * too, in a row or for long, the others are believed. */

enum { BELIEVED_AFTER = 3 };
static const int64_t PATIENCE = 10000000000;

static void
put(struct build *b, struct aside_step s)
{
	struct aside *a = &b->aside;

	b->tries[s.step] |= TRIED_ASIDE | TRIED_ALONE;
	plan_leaves(&b->plan, s.step);
	a->v = vec_grow(a->v, &a->cap, a->n + 1, sizeof(*a->v));
	a->v[a->n++] = s;
}

void
build_again(struct build *b, uint32_t step)
{
	if (b->tries[step] & TRIED_ASIDE)
		put(b, (struct aside_step){ .step = step });
	else
		plan_again(&b->plan, step);
}

bool
aside_holds(struct build *b, uint32_t step)
{
	const struct graph_step *s = &b->g->steps.p[step];

	/* One that has a pool was told what it must not meet. */
	if (!(b->s->result[step].flags & RESULT_APART) ||
	    b->tries[step] & TRIED_ASIDE || b->o->dry_run ||
	    !(s->flags & STEP_TEST) || s->flags & STEP_POOLS ||
	    b->g->pools.p[s->pool].depth)
		return false;
	put(b, (struct aside_step){ .step = step });
	return true;
}

/* Did it fail alone, as it is? */
static bool
fails_alone(const struct build *b, const struct slot *slot)
{
	const struct result *r = &b->s->result[slot->step];
	struct digest key;

	if (r->status < RESULT_FAILED || !(r->flags & RESULT_LONE))
		return false;
	store_full_key(b->s, slot->step, &slot->static_key, &key);
	return digest_eq(&r->key, &key);
}

bool
aside_takes(struct build *b, struct slot *slot, const struct result *r)
{
	struct aside_step s = {
		.step = slot->step, .failed = true, .r = *r,
		.static_key = slot->static_key, .timed_out = slot->timed_out,
	};

	if (!slot->met || b->stop || b->tries[slot->step] & TRIED_ASIDE ||
	    fails_alone(b, slot))
		return false;
	s.output = slot->output;
	slot->output = (struct buf){ 0 };
	put(b, s);
	if (b->ev->aside)
		b->ev->aside(b->ctx, slot->step);
	return true;
}

static void
note(struct aside_found *l, uint32_t step)
{
	l->v = vec_grow(l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = step;
}

void
aside_ended(struct build *b, const struct slot *slot, struct result *r)
{
	struct aside *a = &b->aside;
	bool ok = r->status == RESULT_PASSED || r->status == RESULT_EMPTY;

	if (ok && b->tries[slot->step] & TRIED_BEHIND)
		note(&a->behind, slot->step);
	if (!(b->tries[slot->step] & TRIED_ASIDE))
		return;
	if (!ok) {
		a->failed++;
		a->spent += os_now() - slot->start;
		return;
	}
	r->flags |= RESULT_APART;
	if (!a->again)
		return;
	a->failed = 0;
	note(&a->beside, slot->step);
}

bool
aside_next(struct build *b, struct aside_step *s)
{
	struct aside *a = &b->aside;

	if (a->at == a->n)
		return false;
	*s = a->v[a->at++];
	return true;
}

bool
aside_believes(const struct build *b, const struct aside_step *s)
{
	const struct aside *a = &b->aside;
	int64_t limit = os_now() - a->since;

	if (limit < PATIENCE)
		limit = PATIENCE;
	return s->failed && (b->stop || a->failed >= BELIEVED_AFTER ||
	       a->spent + (int64_t)s->r.duration_us * 1000 > limit);
}

void
aside_starts(struct build *b, const struct aside_step *s)
{
	b->aside.alone = true;
	b->aside.again = s->failed;
}

bool
aside_blocks(struct build *b)
{
	struct aside *a = &b->aside;
	const struct sched_opts *o = b->o;
	uint32_t files = b->counts.failed, items = b->failed_items;

	if (b->nslots == 0)
		a->alone = false;
	if (a->alone)
		return true;
	/* If they fail alone too, nothing more is to start. */
	for (size_t i = a->at; i < a->n; i++) {
		uint32_t n = a->v[i].r.failed + a->v[i].r.errors;

		files += a->v[i].failed;
		items += a->v[i].failed ? n ? n : 1 : 0;
	}
	return a->at < a->n && ((o->keep > 0 && files >= (uint32_t)o->keep) ||
	                        (o->maxfail && items >= o->maxfail));
}

void
aside_begin(struct build *b)
{
	b->aside.since = os_now();
}

static void
tell(struct build *b, const struct aside_found *l, const char *what)
{
	enum { NAMED = 8 };
	struct buf text = { 0 };

	if (!l->n || !b->ev->warn)
		return;
	for (size_t i = 0; i < l->n && i < NAMED; i++) {
		buf_adds(&text, i ? ", " : "");
		if (graph_binding(b->g, l->v[i], SYM_TG_FILE, GRAPH_RAW, &text,
		                  NULL) != 1)
			buf_adds(&text, graph_cpath(b->g,
				graph_step_out(b->g, l->v[i])));
	}
	if (l->n > NAMED)
		buf_addf(&text, " and %zu more", l->n - NAMED);
	buf_adds(&text, what);
	b->ev->warn(b->ctx, WARN_OTHER, buf_str(&text));
	buf_release(&text);
}

void
aside_tell(struct build *b)
{
	tell(b, &b->aside.beside, " failed while other test files ran, and "
	     "passed alone, as from now on: if they use the same port, "
	     "directory or database, name them and those that do so too in a "
	     "[[tool.tgraph.group]]");
	tell(b, &b->aside.behind, " failed behind other files in one process, "
	     "and passed alone, which counts: tgraph -t doctor --pollution "
	     "tells behind which");
}

void
aside_release(struct aside *a)
{
	for (size_t i = a->at; i < a->n; i++)
		buf_release(&a->v[i].output);
	free(a->v);
	free(a->beside.v);
	free(a->behind.v);
	*a = (struct aside){ 0 };
}
