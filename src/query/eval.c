/* SPDX-License-Identifier: Apache-2.0 */
#include "query/eval.h"

#include <stdlib.h>
#include <string.h>

#include "query/kinds.h"
#include "query/pattern.h"
#include "util/mem.h"

static int eval_into(struct eval *ev, const struct expr *e, struct bits *out,
	struct err *err);

static void
empty(const struct eval *ev, struct bits *b)
{
	bits_init(b, ev->view->g->nodes.n);
}

/* Puts the place over a message: below it in the answer. */
static int
at_place(const struct eval *ev, size_t at, struct err *why, struct err *err)
{
	if (at == SIZE_MAX)
		err_code(err, why->code, "%s", why->msg);
	else
		expr_error(ev->text, at, err, "%s", why->msg);
	err_release(why);
	return -1;
}

static int
eval_name(struct eval *ev, const struct expr *e, struct bits *out,
	struct err *err)
{
	struct err why = { 0 };
	struct bits found;
	int r;

	empty(ev, &found);
	r = ev->find(ev->ctx, e->text, &found, &why);
	bits_or(out, &found);
	bits_release(&found);
	return r < 0 ? at_place(ev, e->at, &why, err) : 0;
}

static int
eval_filter(struct eval *ev, const struct expr *e, struct bits *out,
	struct err *err)
{
	const struct graph *g = ev->view->g;
	struct err why = { 0 };
	struct pattern *p;
	size_t at;
	int r = 0;

	p = pattern_new(e->text, e->nocase, &at, &why);
	if (!p)
		return at_place(ev, at == SIZE_MAX ? at : e->text_at + at,
		                &why, err);
	for (uint32_t i = 0; i < g->nodes.n && r >= 0; i++) {
		if (!view_shows(g, i))
			continue;
		r = pattern_match(p, graph_path(g, i), &why);
		if (r > 0)
			bits_add(out, i);
	}
	pattern_free(p);
	return r < 0 ? at_place(ev, e->text_at, &why, err) : 0;
}

/* The tests among the nodes. */
static void
keep_tests(const struct graph *g, struct bits *set)
{
	for (uint32_t i = bits_next(set, 0); i < set->n;
	     i = bits_next(set, i + 1))
		if (!view_is_test(g, i))
			bits_drop(set, i);
}

/* A phony node stands for what it names. */
static void
expand_phony(const struct graph *g, struct bits *set)
{
	uint32_t *stack = NULL;
	size_t n = 0, cap = 0;

	for (uint32_t i = bits_next(set, 0); i < set->n;
	     i = bits_next(set, i + 1)) {
		stack = vec_grow(stack, &cap, n + 1, sizeof(*stack));
		stack[n++] = i;
	}
	while (n) {
		uint32_t step = g->nodes.p[stack[--n]].producer;
		const struct graph_step *st;

		if (step == GRAPH_NONE)
			continue;
		st = &g->steps.p[step];
		for (uint32_t i = 0; st->flags & STEP_PHONY && i < st->nins;
		     i++) {
			uint32_t in = graph_ids(g, st->ins)[i];

			if (!bits_add(set, in))
				continue;
			stack = vec_grow(stack, &cap, n + 1, sizeof(*stack));
			stack[n++] = in;
		}
	}
	free(stack);
}

/* Functions of sets that are evaluated first. */
static int
eval_sets(struct eval *ev, const struct expr *e, struct bits *out,
	struct err *err)
{
	struct view *v = ev->view;
	struct bits a, b, from;
	int r;

	empty(ev, &a);
	empty(ev, &b);
	empty(ev, &from);
	r = eval_into(ev, e->a, &a, err);
	if (r == 0 && e->b)
		r = eval_into(ev, e->b, &b, err);
	if (r < 0)
		goto out;
	if (ev->seen && !v->seen && e->op != EXPR_TESTS)
		v->seen = ev->seen(ev->ctx);
	switch (e->op) {
	case EXPR_DEPS:
		view_search(v, &a, VIEW_NEEDS, e->depth, out);
		break;
	case EXPR_RDEPS:
		view_search(v, &a, VIEW_USERS, e->depth, out);
		break;
	case EXPR_TESTS:
		expand_phony(v->g, &a);
		keep_tests(v->g, &a);
		bits_or(out, &a);
		break;
	case EXPR_AFFECTED:
		view_search(v, &a, VIEW_USERS, EXPR_ANY, &from);
		keep_tests(v->g, &from);
		bits_or(out, &from);
		break;
	case EXPR_SOMEPATH:
		if (view_path(v, &a, &b))
			for (uint32_t i = 0; i < v->n; i++)
				bits_add(out, v->order[i]);
		else
			v->n = 0;
		break;
	default:        /* EXPR_ALLPATHS */
		view_search(v, &a, VIEW_NEEDS, EXPR_ANY, &from);
		view_search(v, &b, VIEW_USERS, EXPR_ANY, out);
		bits_and(out, &from);
		break;
	}
out:
	bits_release(&a);
	bits_release(&b);
	bits_release(&from);
	return r;
}

/* Operators, from left to right: a long row of them is as deep to the left. */
static int
eval_operators(struct eval *ev, const struct expr *e, struct bits *out,
	struct err *err)
{
	const struct expr **row = NULL, *left = e;
	size_t n = 0, cap = 0;
	struct bits right;
	int r;

	for (; left->op >= EXPR_AND; left = left->a) {
		row = vec_grow(row, &cap, n + 1, sizeof(*row));
		row[n++] = left;
	}
	r = eval_into(ev, left, out, err);
	for (; r == 0 && n > 0; n--) {
		empty(ev, &right);
		r = eval_into(ev, row[n - 1]->b, &right, err);
		if (row[n - 1]->op == EXPR_AND)
			bits_and(out, &right);
		else if (row[n - 1]->op == EXPR_OR)
			bits_or(out, &right);
		else
			bits_minus(out, &right);
		bits_release(&right);
	}
	free(row);
	return r;
}

static int
eval_into(struct eval *ev, const struct expr *e, struct bits *out,
	struct err *err)
{
	const struct graph *g = ev->view->g;
	struct err why = { 0 };

	switch (e->op) {
	case EXPR_NAME:
		return eval_name(ev, e, out, err);
	case EXPR_SET:
		for (const struct expr *name = e->list; name;
		     name = name->next)
			if (eval_name(ev, name, out, err) < 0)
				return -1;
		return 0;
	case EXPR_KIND:
		if (kind_select(g, e->text, out, &why) < 0)
			return at_place(ev, e->text_at, &why, err);
		return 0;
	case EXPR_FILTER:
		return eval_filter(ev, e, out, err);
	case EXPR_ATTR:
		if (attr_select(g, e->text, e->value, out, &why) < 0)
			return at_place(ev, e->text_at, &why, err);
		return 0;
	case EXPR_AND:
	case EXPR_OR:
	case EXPR_MINUS:
		return eval_operators(ev, e, out, err);
	default:
		return eval_sets(ev, e, out, err);
	}
}

int
eval_run(struct eval *ev, const struct expr *e, struct err *err)
{
	struct view *v = ev->view;

	empty(ev, &ev->set);
	if (eval_into(ev, e, &ev->set, err) < 0)
		return -1;
	if (e->op == EXPR_SOMEPATH && v->n) {
		ev->path = xreallocarray(NULL, v->n, sizeof(*ev->path));
		memcpy(ev->path, v->order, v->n * sizeof(*ev->path));
		ev->npath = v->n;
	}
	return 0;
}

void
eval_release(struct eval *ev)
{
	bits_release(&ev->set);
	free(ev->path);
	ev->path = NULL;
}
