/* SPDX-License-Identifier: Apache-2.0 */
#include "query/view.h"

#include <stdlib.h>
#include <string.h>

#include "state/state.h"
#include "util/mem.h"

void
view_init(struct view *v, const struct graph *g)
{
	*v = (struct view){ .g = g };
	bits_init(&v->hidden, g->nodes.n);
	bits_init(&v->steps, g->steps.n);
	bits_init(&v->met, g->nodes.n);
}

void
view_release(struct view *v)
{
	bits_release(&v->hidden);
	bits_release(&v->steps);
	bits_release(&v->met);
	free(v->order);
	free(v->parent);
	free(v->marked);
	*v = (struct view){ 0 };
}

/* ---- what stands for what ---- */

/* Is it the result of a run that has test files, which are shown instead? */
static bool
is_run(const struct graph *g, uint32_t node)
{
	uint32_t step = g->nodes.p[node].producer;

	return step != GRAPH_NONE && g->steps.p[step].flags & STEP_TEST &&
	       graph_nexplicit(&g->steps.p[step]) > 0;
}

bool
view_shows(const struct graph *g, uint32_t node)
{
	uint32_t step = g->nodes.p[node].producer;

	if (!state_owns(graph_path(g, node)))
		return true;
	/* what hooks make tests of has no test file */
	return step != GRAPH_NONE && g->steps.p[step].flags & STEP_TEST &&
	       !is_run(g, node) && graph_step_out(g, step) == node;
}

/* Does a step stand for its explicit inputs, its outputs being hidden? */
static bool
stands_for_inputs(const struct graph *g, uint32_t step)
{
	uint32_t out = graph_step_out(g, step);

	return !view_shows(g, out) && (graph_kind(g, out) == KIND_GROUP ||
	                               is_run(g, out));
}

static bool
has_explicit(const struct graph *g, uint32_t step, uint32_t node)
{
	const struct graph_step *st = &g->steps.p[step];

	for (uint32_t i = 0; i < graph_nexplicit(st); i++)
		if (graph_ids(g, st->ins)[i] == node)
			return true;
	return false;
}

uint32_t
view_next_run(const struct graph *g, uint32_t node, uint32_t *at)
{
	const struct graph_node *n = &g->nodes.p[node];

	if (*at == 0 && n->producer != GRAPH_NONE &&
	    g->steps.p[n->producer].flags & STEP_TEST) {
		*at = n->nusers + 1;
		return n->producer;
	}
	while (*at < n->nusers) {
		uint32_t step = graph_ids(g, n->users)[(*at)++];

		if (g->steps.p[step].flags & STEP_TEST &&
		    stands_for_inputs(g, step) && has_explicit(g, step, node))
			return step;
	}
	return GRAPH_NONE;
}

bool
view_is_test(const struct graph *g, uint32_t node)
{
	uint32_t at = 0;

	return view_shows(g, node) &&
	       view_next_run(g, node, &at) != GRAPH_NONE;
}

/* ---- one step of a search ---- */

/* Notes that a hidden node, or a step, was gone through; false: it was before. */
static bool
mark_gone(struct view *v, struct bits *in, uint32_t i)
{
	if (!bits_add(in, i))
		return false;
	v->marked = vec_grow(v->marked, &v->marked_cap, v->nmarked + 1,
	                     sizeof(*v->marked));
	v->marked[v->nmarked++] = in == &v->steps ? v->g->nodes.n + i : i;
	return true;
}

static void
reach_node(struct view *v, uint32_t node, uint32_t from)
{
	if (!bits_add(&v->met, node))
		return;
	v->order = vec_grow(v->order, &v->cap, (size_t)v->n + 1,
	                    sizeof(*v->order));
	v->order[v->n++] = node;
	if (v->parent)
		v->parent[node] = from;
}

/* Meets the nodes that are shown in place of one. Whatever is gathered by what
 * is gathered is a source: this goes no deeper than that. */
static void
meet_faces(struct view *v, uint32_t node, uint32_t from)
{
	const struct graph *g = v->g;
	const struct graph_step *st;
	enum graph_kind kind;
	uint32_t n;

	if (view_shows(g, node)) {
		reach_node(v, node, from);
		return;
	}
	kind = graph_kind(g, node);
	if (g->nodes.p[node].producer == GRAPH_NONE ||
	    kind == KIND_FILES || kind == KIND_ENV ||
	    !mark_gone(v, &v->hidden, node))
		return;
	st = &g->steps.p[g->nodes.p[node].producer];
	n = kind == KIND_DATA || kind == KIND_ALL ? st->nins
	                                          : graph_nexplicit(st);
	for (uint32_t i = 0; i < n; i++)
		if (view_shows(g, graph_ids(g, st->ins)[i]))
			reach_node(v, graph_ids(g, st->ins)[i], from);
}

static void
meet_inputs(struct view *v, uint32_t step, uint32_t from)
{
	const struct graph_step *st = &v->g->steps.p[step];

	if (!mark_gone(v, &v->steps, step))
		return;
	v->observed |= st->nobs > 0;
	for (uint32_t i = 0; i < graph_nall(st); i++)
		meet_faces(v, graph_any(v->g, st, i), from);
}

static void
meet_needs(struct view *v, uint32_t node)
{
	const struct graph *g = v->g;
	const struct graph_node *n = &g->nodes.p[node];

	if (n->producer != GRAPH_NONE)
		meet_inputs(v, n->producer, node);
	for (uint32_t i = 0; i < n->nusers; i++) {
		uint32_t step = graph_ids(g, n->users)[i];

		if (!bits_has(&v->steps, step) && stands_for_inputs(g, step) &&
		    has_explicit(g, step, node))
			meet_inputs(v, step, node);
	}
}

static bool
is_observed(const struct graph *g, uint32_t step, uint32_t node)
{
	const struct graph_step *st = &g->steps.p[step];

	for (uint32_t i = 0; i < st->nobs; i++)
		if (graph_ids(g, st->obs)[i] == node)
			return true;
	return false;
}

/* The users of a node of which some are hidden, which pass it on. */
struct passing {
	uint32_t *v;
	size_t n, cap;
};

static void
pass_on(struct view *v, struct passing *p, uint32_t node)
{
	if (view_shows(v->g, node) || !mark_gone(v, &v->hidden, node))
		return;
	p->v = vec_grow(p->v, &p->cap, p->n + 1, sizeof(*p->v));
	p->v[p->n++] = node;
}

/* What a step that uses a node makes, or stands for; what of it is hidden is
 * passed on. */
static void
meet_user(struct view *v, struct passing *p, uint32_t step, uint32_t node,
	uint32_t from)
{
	const struct graph *g = v->g;
	const struct graph_step *st = &g->steps.p[step];
	bool stands = stands_for_inputs(g, step), own;
	uint32_t out = graph_step_out(g, step);
	enum graph_kind kind = graph_kind(g, out);

	if (kind == KIND_FILES ||
	    (bits_has(&v->steps, step) && bits_has(&v->hidden, out)))
		return;
	own = stands && has_explicit(g, step, node);
	/* nobody needs what a module imports but through the module */
	for (uint32_t i = 0; (!stands || own) && i < st->nouts; i++)
		pass_on(v, p, graph_ids(g, st->outs)[i]);
	/* modules of one cycle need each other, files of one run do not */
	if ((own && kind != KIND_GROUP) || !mark_gone(v, &v->steps, step))
		return;
	v->observed |= is_observed(g, step, node);
	for (uint32_t i = 0; !stands && i < st->nouts; i++)
		if (view_shows(g, graph_ids(g, st->outs)[i]))
			reach_node(v, graph_ids(g, st->outs)[i], from);
	for (uint32_t i = 0; stands && i < graph_nexplicit(st); i++)
		reach_node(v, graph_ids(g, st->ins)[i], from);
}

static void
meet_users(struct view *v, uint32_t node)
{
	const struct graph *g = v->g;
	struct passing p = { 0 };
	uint32_t at = node;

	for (;;) {
		const struct graph_node *n = &g->nodes.p[at];

		for (uint32_t i = 0; i < n->nusers; i++)
			meet_user(v, &p, graph_ids(g, n->users)[i], at, node);
		if (!p.n)
			break;
		at = p.v[--p.n];
	}
	free(p.v);
}

/* ---- searches ---- */

static void
drop_bit(struct bits *b, uint32_t i)
{
	b->v[i / 64] &= ~((uint64_t)1 << i % 64);
}

/* Forgets the search before. */
static void
begin_search(struct view *v)
{
	uint32_t nodes = v->g->nodes.n;

	for (uint32_t i = 0; i < v->n; i++)
		drop_bit(&v->met, v->order[i]);
	for (size_t i = 0; i < v->nmarked; i++)
		if (v->marked[i] < nodes)
			drop_bit(&v->hidden, v->marked[i]);
		else
			drop_bit(&v->steps, v->marked[i] - nodes);
	v->n = 0;
	v->nmarked = 0;
}

static void
meet_all(struct view *v, const struct bits *from)
{
	for (uint32_t i = bits_next(from, 0); i < from->n;
	     i = bits_next(from, i + 1))
		reach_node(v, i, GRAPH_NONE);
}

void
view_search(struct view *v, const struct bits *from, enum view_way way,
	uint32_t depth, struct bits *out)
{
	uint32_t next = 0, end;

	begin_search(v);
	meet_all(v, from);
	for (; depth > 0 && next < v->n; depth--)
		for (end = v->n; next < end; next++) {
			if (way == VIEW_NEEDS)
				meet_needs(v, v->order[next]);
			else
				meet_users(v, v->order[next]);
		}
	bits_or(out, &v->met);
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

bool
view_path(struct view *v, const struct bits *from, const struct bits *to)
{
	bool found = false;
	uint32_t next = 0;

	v->parent = xreallocarray(v->parent, v->g->nodes.n + 1,
	                          sizeof(*v->parent));
	begin_search(v);
	meet_all(v, from);
	for (; !found && next < v->n; next++) {
		found = bits_has(to, v->order[next]);
		if (found)
			trace_back(v, v->order[next]);
		else
			meet_needs(v, v->order[next]);
	}
	free(v->parent);
	v->parent = NULL;
	return found;
}

void
view_needs(struct view *v, uint32_t node)
{
	begin_search(v);
	reach_node(v, node, GRAPH_NONE);
	meet_needs(v, node);
	drop_bit(&v->met, node);
	v->order[0] = v->order[--v->n];
}
