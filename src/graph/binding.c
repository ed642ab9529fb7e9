/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "graph/graph.h"
#include "ninja/eval.h"
#include "util/path.h"

/* Variables as a step sees them. */

/* One evaluation: the rule variables being expanded, innermost first. */
struct frame {
	const struct frame *up;
	uint32_t sym;
};

struct view {
	const struct graph *g;
	const struct graph_step *s;
	enum graph_expand how;
	const struct frame *top;
	unsigned depth;
};

enum { DEPTH_MAX = 1000 };      /* longer chains of variables are refused */

static void
add_paths(const struct view *v, uint32_t from, uint32_t n, char sep,
	struct buf *out)
{
	for (uint32_t i = 0; i < n; i++) {
		struct str path = graph_path(v->g, graph_ids(v->g, from)[i]);

		if (i)
			buf_addc(out, sep);
		if (v->how == GRAPH_SHELL)
			path_shell(out, path);
		else
			buf_addstr(out, path);
	}
}

static const struct graph_var *
find_var(const struct graph *g, uint32_t vars, uint32_t nvars, uint32_t sym)
{
	for (uint32_t i = nvars; i-- > 0;)
		if (g->vars.p[vars + i].sym == sym)
			return &g->vars.p[vars + i];
	return NULL;
}

struct str
graph_own(const struct graph *g, uint32_t step, uint32_t sym)
{
	const struct graph_step *s = &g->steps.p[step];
	const struct graph_var *var = find_var(g, s->vars, s->nvars, sym);

	return var ? graph_text(g, var->value, var->len) : STR("");
}

struct str
graph_kind_of(const struct graph *g, uint32_t node)
{
	uint32_t step = g->nodes.p[node].producer;

	switch (graph_kind(g, node)) {
	case KIND_GROUP:
		return graph_nexplicit(&g->steps.p[step]) ?
			graph_path(g, *graph_ids(g, g->steps.p[step].ins)) :
			STR("");
	case KIND_DATA:
		return graph_own(g, step, SYM_TG_FILE);
	case KIND_ENV:
		return graph_own(g, step, SYM_TG_PYTHON);
	default:
		return STR("");
	}
}

/* The variables of a scope are sorted by symbol. */
static const struct graph_var *
find_scoped(const struct graph *g, uint32_t scope, uint32_t sym)
{
	for (; scope != GRAPH_NONE; scope = g->scopes.p[scope].parent) {
		uint32_t lo = g->scopes.p[scope].vars;
		uint32_t hi = lo + g->scopes.p[scope].nvars;

		while (lo < hi) {
			uint32_t mid = lo + (hi - lo) / 2;

			if (g->vars.p[mid].sym < sym)
				lo = mid + 1;
			else if (g->vars.p[mid].sym > sym)
				hi = mid;
			else
				return &g->vars.p[mid];
		}
	}
	return NULL;
}

static int expand(struct view *v, uint32_t sym, struct buf *out,
	struct err *err);

static int
look_up(void *ctx, struct str name, struct buf *out, struct err *err)
{
	struct view *v = ctx;
	uint32_t sym = graph_sym(v->g, name);

	return sym == GRAPH_NONE ? 0 : expand(v, sym, out, err);
}

/* The names from the variable that comes up again; as in ninja that which was
 * asked for is not one of them before the others are. */
static int
cycle(const struct view *v, uint32_t sym, struct err *err)
{
	struct buf b = { 0 }, part = { 0 };
	const struct frame *f = v->top, *within = NULL;

	while (f->sym != sym) {
		within = f;
		f = f->up;
	}
	if (!f->up && within) {
		buf_addstr(&part, graph_sym_name(v->g, sym));
		buf_adds(&part, " -> ");
		sym = within->sym;
	}
	buf_addstr(&part, graph_sym_name(v->g, sym));
	for (f = v->top;; f = f->up) {
		buf_clear(&b);
		buf_addstr(&b, graph_sym_name(v->g, f->sym));
		buf_adds(&b, " -> ");
		buf_addstr(&b, buf_str(&part));
		buf_clear(&part);
		buf_addstr(&part, buf_str(&b));
		if (f->sym == sym)
			break;
	}
	if (err && !err->msg)
		err->fatal = true;
	err_set(err, "cycle in rule variables: %s", b.p);
	buf_release(&b);
	buf_release(&part);
	return -1;
}

static int
expand_rule(struct view *v, const struct graph_var *var, struct buf *out,
	struct err *err)
{
	struct frame f = { .up = v->top, .sym = var->sym };
	int r;

	for (const struct frame *up = v->top; up; up = up->up)
		if (up->sym == var->sym)
			return cycle(v, var->sym, err);
	if (++v->depth > DEPTH_MAX)
		return err_set(err, "rule variables nested too deeply");
	v->top = &f;
	r = ninja_eval(graph_text(v->g, var->value, var->len), look_up, v,
	               out, err);
	v->top = f.up;
	v->depth--;
	return r;
}

static int
expand(struct view *v, uint32_t sym, struct buf *out, struct err *err)
{
	const struct graph *g = v->g;
	const struct graph_step *s = v->s;
	const struct graph_rule *rule = &g->rules.p[s->rule];
	const struct graph_var *var;

	if (sym == SYM_IN || sym == SYM_IN_NEWLINE) {
		add_paths(v, s->ins, graph_nexplicit(s),
		          sym == SYM_IN ? ' ' : '\n', out);
		return 0;
	}
	if (sym == SYM_OUT) {
		add_paths(v, s->outs, s->nouts - s->nimplicit_outs, ' ', out);
		return 0;
	}
	var = find_var(g, s->vars, s->nvars, sym);
	if (!var) {
		var = find_var(g, rule->vars, rule->nvars, sym);
		if (var)
			return expand_rule(v, var, out, err);
		var = find_scoped(g, s->scope, sym);
	}
	if (var)
		buf_addstr(out, graph_text(g, var->value, var->len));
	return 0;
}

int
graph_binding(const struct graph *g, uint32_t step, uint32_t sym,
	enum graph_expand how, struct buf *out, struct err *err)
{
	struct view v = { .g = g, .s = &g->steps.p[step], .how = how };
	size_t before = out->n;

	if (sym == GRAPH_NONE)
		return 0;
	buf_reserve(out, 0);
	if (expand(&v, sym, out, err) < 0)
		return -1;
	out->p[out->n] = '\0';
	return out->n > before;
}

bool
graph_flag(const struct graph *g, uint32_t step, uint32_t sym)
{
	struct buf b = { 0 };
	bool set = graph_binding(g, step, sym, GRAPH_RAW, &b, NULL) == 1;

	buf_release(&b);
	return set;
}
