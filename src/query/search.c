/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "query/internal.h"
#include "query/view.h"
#include "state/asked.h"
#include "util/mem.h"

/* Searches over a view. A node may be met in two ways.
 *
 * On the way to what is needed: of a file that a test was seen to use, what is
 * needed besides was seen too, so that its imports lead no further (PART);
 * otherwise they do (FULL). On the way to users: a test that was seen whole
 * needs what it was seen to use, not what imports that. So a module that is met
 * as a user counts for the tests of which nobody knows better (PART), what a
 * step makes for all (FULL). What is FULL leads wherever PART does. */

void
view_init(struct view *v, const struct graph *g, const uint8_t *seen)
{
	*v = (struct view){ .g = g, .seen = seen };
	for (int way = 0; way < 2; way++) {
		bits_init(&v->hidden[way], g->nodes.n);
		bits_init(&v->steps[way], g->steps.n);
		bits_init(&v->met[way], g->nodes.n);
	}
	bits_init(&v->through, g->nodes.n);
}

void
view_release(struct view *v)
{
	for (int way = 0; way < 2; way++) {
		bits_release(&v->hidden[way]);
		bits_release(&v->steps[way]);
		bits_release(&v->met[way]);
	}
	bits_release(&v->through);
	free(v->order);
	free(v->queue);
	free(v->parent);
	free(v->marked);
	*v = (struct view){ 0 };
}

enum {
	PART, FULL,
	RUNS,           /* in the queue alone: a test file that was asked for
	                 * itself, and of which all runs were seen */
};

/* Notes something of the search that is under way; false: it was before. */
static bool
mark(struct view *v, struct bits *in, uint32_t i)
{
	if (!bits_add(in, i))
		return false;
	v->marked = vec_grow(v->marked, &v->marked_cap, v->nmarked + 1,
	                     sizeof(*v->marked));
	v->marked[v->nmarked++] = (struct view_mark){ in, i };
	return true;
}

/* Notes that something was gone through; false: it was before. */
static bool
mark_gone(struct view *v, struct bits *both, int way, uint32_t i)
{
	return !bits_has(&both[FULL], i) && mark(v, &both[way], i);
}

static bool
is_met(const struct view *v, uint32_t node)
{
	return bits_has(&v->met[PART], node) || bits_has(&v->met[FULL], node);
}

static bool
is_seen(const struct view *v, uint32_t step)
{
	return v->seen && v->seen[step];
}

/* Is it a test file of which all runs were seen? */
static bool
is_seen_test(const struct view *v, uint32_t node)
{
	uint32_t at = 0, run, n = 0;

	while (v->seen && (run = view_next_run(v->g, node, &at)) != GRAPH_NONE) {
		if (!v->seen[run])
			return false;
		n++;
	}
	return n > 0;
}

/* To be gone through, be it met or not. */
static void
queue_node(struct view *v, uint32_t node, int way)
{
	v->queue = vec_grow(v->queue, &v->queue_cap, v->nqueue + 1,
	                    sizeof(*v->queue));
	v->queue[v->nqueue++] = (struct view_met){ node, way };
}

static void
reach_node(struct view *v, uint32_t node, int way, uint32_t from)
{
	bool again = is_met(v, node);

	if (!mark_gone(v, v->met, way, node))
		return;
	queue_node(v, node, way);
	if (again)
		return;
	v->order = vec_grow(v->order, &v->cap, (size_t)v->n + 1,
	                    sizeof(*v->order));
	v->order[v->n++] = node;
	if (v->parent)
		v->parent[node] = from;
}

/* ---- what is needed ---- */

/* Meets the nodes that are shown in place of one. Whatever is gathered by what
 * is gathered is a source: this goes no deeper than that. */
static void
meet_faces(struct view *v, uint32_t node, int way, uint32_t from)
{
	const struct graph *g = v->g;
	const struct graph_step *st;
	enum graph_kind kind;
	uint32_t n;

	if (view_shows(g, node)) {
		reach_node(v, node, way, from);
		return;
	}
	kind = graph_kind(g, node);
	if (g->nodes.p[node].producer == GRAPH_NONE ||
	    kind == KIND_FILES || kind == KIND_ENV ||
	    !mark_gone(v, v->hidden, way, node))
		return;
	st = &g->steps.p[g->nodes.p[node].producer];
	n = kind == KIND_DATA || kind == KIND_ALL ? st->nins
	                                          : graph_nexplicit(st);
	for (uint32_t i = 0; i < n; i++)
		if (view_shows(g, graph_ids(g, st->ins)[i]))
			reach_node(v, graph_ids(g, st->ins)[i], way, from);
}

/* Does an input count, or is it known that the step does not need it? */
static bool
counts(const struct view *v, uint32_t step, uint32_t node)
{
	return !is_seen(v, step) || !graph_assumed(v->g, step, node);
}

static void
note_how(struct view *v, uint32_t step)
{
	if (is_seen(v, step))
		v->observed = true;
	else if (v->g->steps.p[step].flags & STEP_ASSUMED)
		v->assumed = true;
}

static void
meet_inputs(struct view *v, uint32_t step, int way, uint32_t from)
{
	const struct graph_step *st = &v->g->steps.p[step];

	if (!mark_gone(v, v->steps, way, step))
		return;
	note_how(v, step);
	v->observed |= st->nobs > 0 && !(st->flags & STEP_ASSUMED);
	if (is_seen(v, step))
		way = PART;
	for (uint32_t i = 0; i < graph_nall(st); i++)
		if (counts(v, step, graph_any(v->g, st, i)))
			meet_faces(v, graph_any(v->g, st, i), way, from);
}

static void
meet_needs(struct view *v, uint32_t node, int way)
{
	const struct graph *g = v->g;
	const struct graph_node *n = &g->nodes.p[node];

	if (n->producer != GRAPH_NONE)
		meet_inputs(v, n->producer, way == FULL, node);
	for (uint32_t i = 0; way != PART && i < n->nusers; i++) {
		uint32_t step = graph_ids(g, n->users)[i];

		/* what it imports was seen, with the rest */
		if (way == RUNS && !is_seen(v, step))
			continue;
		if (!bits_has(&v->steps[FULL], step) &&
		    view_stands_for_inputs(g, step) &&
		    view_has_explicit(g, step, node))
			meet_inputs(v, step, FULL, node);
	}
}

/* ---- users ---- */

static bool
is_observed(const struct graph *g, uint32_t step, uint32_t node)
{
	const struct graph_step *st = &g->steps.p[step];

	for (uint32_t i = 0; i < st->nobs; i++)
		if (graph_ids(g, st->obs)[i] == node)
			return true;
	return false;
}

/* A node whose users are looked at for the sake of another, and how it was
 * met. */
struct visit {
	uint32_t at, from;
	int way;
};

/* The users of a node of which some are hidden, which pass it on. */
struct passing {
	uint32_t *v;
	size_t n, cap;
};

static void
pass_on(struct view *v, struct passing *p, uint32_t node, int way)
{
	if (view_shows(v->g, node) || !mark_gone(v, v->hidden, way, node))
		return;
	p->v = vec_grow(p->v, &p->cap, p->n + 1, sizeof(*p->v));
	p->v[p->n++] = node;
}

/* A module that imports, or the file of a run, that uses something. A test file
 * that imports it may not have used it; but who imports that may. */
static void
reach_member(struct view *v, uint32_t node, enum graph_kind kind,
	uint32_t from)
{
	if (kind != KIND_GROUP || is_met(v, node) || !is_seen_test(v, node))
		reach_node(v, node, PART, from);
	else if (mark(v, &v->through, node))
		queue_node(v, node, PART);
}

/* What a step that uses a node makes, or stands for; what of it is hidden is
 * passed on. */
static void
meet_user(struct view *v, struct passing *p, uint32_t step,
	const struct visit *x)
{
	const struct graph *g = v->g;
	const struct graph_step *st = &g->steps.p[step];
	bool stands = view_stands_for_inputs(g, step), own;
	uint32_t out = graph_step_out(g, step);
	enum graph_kind kind = graph_kind(g, out);

	if (kind == KIND_FILES || !counts(v, step, x->at) ||
	    (is_seen(v, step) && x->way == PART) ||
	    (bits_has(&v->steps[FULL], step) && bits_has(&v->hidden[FULL], out)))
		return;
	own = stands && view_has_explicit(g, step, x->at);
	/* nobody needs what a module imports but through the module */
	for (uint32_t i = 0; (!stands || own) && i < st->nouts; i++)
		pass_on(v, p, graph_ids(g, st->outs)[i], x->way);
	/* modules of one cycle need each other, files of one run do not */
	if ((own && kind != KIND_GROUP) ||
	    !mark_gone(v, v->steps, x->way, step))
		return;
	note_how(v, step);
	v->observed |= is_observed(g, step, x->at);
	for (uint32_t i = 0; !stands && i < st->nouts; i++)
		if (view_shows(g, graph_ids(g, st->outs)[i]))
			reach_node(v, graph_ids(g, st->outs)[i], x->way,
			           x->from);
	for (uint32_t i = 0; stands && i < graph_nexplicit(st); i++)
		reach_member(v, graph_ids(g, st->ins)[i], kind, x->from);
}

static void
meet_users(struct view *v, uint32_t node, int way)
{
	const struct graph *g = v->g;
	struct passing p = { 0 };
	struct visit x = { .at = node, .from = node, .way = way };

	for (;;) {
		const struct graph_node *n = &g->nodes.p[x.at];

		for (uint32_t i = 0; i < n->nusers; i++)
			meet_user(v, &p, graph_ids(g, n->users)[i], &x);
		if (!p.n)
			break;
		x.at = p.v[--p.n];
	}
	free(p.v);
}

/* ---- searches ---- */

/* Forgets the search before. */
static void
begin_search(struct view *v)
{
	for (size_t i = 0; i < v->nmarked; i++)
		bits_drop(v->marked[i].in, v->marked[i].i);
	v->n = 0;
	v->nqueue = 0;
	v->nmarked = 0;
}

/* What needs are looked for of. */
static void
begin_needs(struct view *v, uint32_t node)
{
	bool seen = is_seen_test(v, node);

	reach_node(v, node, seen ? PART : FULL, GRAPH_NONE);
	if (seen)
		v->queue[v->nqueue - 1].way = RUNS;
}

static void
meet_all(struct view *v, const struct bits *from, enum view_way way)
{
	for (uint32_t i = bits_next(from, 0); i < from->n;
	     i = bits_next(from, i + 1))
		if (way == VIEW_NEEDS)
			begin_needs(v, i);
		else
			reach_node(v, i, FULL, GRAPH_NONE);
}

void
view_search(struct view *v, const struct bits *from, enum view_way way,
	uint32_t depth, struct bits *out)
{
	size_t next = 0, end;

	begin_search(v);
	meet_all(v, from, way);
	for (; depth > 0 && next < v->nqueue; depth--)
		for (end = v->nqueue; next < end; next++) {
			struct view_met m = v->queue[next];

			if (way == VIEW_NEEDS)
				meet_needs(v, m.node, m.way);
			else
				meet_users(v, m.node, m.way);
		}
	for (uint32_t i = 0; i < v->n; i++)
		bits_add(out, v->order[i]);
}

/* Turns what was found into the way that led to the node. */
static void
trace_back(struct view *v, uint32_t node)
{
	uint32_t n = 0;

	begin_search(v);
	for (uint32_t at = node; at != GRAPH_NONE; at = v->parent[at])
		n++;
	v->n = n;
	for (uint32_t at = node; at != GRAPH_NONE; at = v->parent[at])
		v->order[--n] = at;
}

/* Only through nodes of a set, if it is not NULL. */
static bool
find_path(struct view *v, const struct bits *from, const struct bits *to,
	const struct bits *through)
{
	bool found = false;

	v->parent = xreallocarray(v->parent, v->g->nodes.n + 1,
	                          sizeof(*v->parent));
	begin_search(v);
	meet_all(v, from, VIEW_NEEDS);
	for (size_t next = 0; !found && next < v->nqueue; next++) {
		struct view_met m = v->queue[next];

		if (through && !bits_has(through, m.node))
			continue;
		found = bits_has(to, m.node);
		if (found)
			trace_back(v, m.node);
		else
			meet_needs(v, m.node, m.way);
	}
	free(v->parent);
	v->parent = NULL;
	return found;
}

bool
view_path(struct view *v, const struct bits *from, const struct bits *to)
{
	const uint8_t *seen = v->seen;
	struct bits needed;
	bool found;

	if (!seen)
		return find_path(v, from, to, NULL);
	/* The imports that led to what was seen tell more than that it was. */
	bits_init(&needed, v->g->nodes.n);
	view_search(v, from, VIEW_NEEDS, UINT32_MAX, &needed);
	v->seen = NULL;
	found = find_path(v, from, to, &needed);
	v->seen = seen;
	bits_release(&needed);
	return found || find_path(v, from, to, NULL);
}

void
view_needs(struct view *v, uint32_t node)
{
	begin_search(v);
	begin_needs(v, node);
	meet_needs(v, node, v->queue[0].way);
	v->order[0] = v->order[--v->n];
}
