/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "graph/internal.h"
#include "graph/load.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/os.h"

/* Manifests from disk, and a graph's statements again. */

struct loader {
	struct graph_build gb;
	struct buf *texts;      /* contents, until the parse is over */
	size_t ntexts, cap;
	void (*warn)(void *ctx, struct str text);
	void *warn_ctx;
};

/* The parser calls with the loader; the builder wants its own ctx. */
static int
l_scope(void *ctx, uint32_t id, uint32_t parent, struct err *err)
{
	struct loader *l = ctx;

	return l->gb.ops.scope(l->gb.b, id, parent, err);
}

static int
l_variable(void *ctx, uint32_t scope, struct str name, struct str value,
	struct err *err)
{
	struct loader *l = ctx;

	return l->gb.ops.variable(l->gb.b, scope, name, value, err);
}

static int
l_pool(void *ctx, struct str name, int depth, struct err *err)
{
	struct loader *l = ctx;

	return l->gb.ops.pool(l->gb.b, name, depth, err);
}

static int
l_rule(void *ctx, const struct ninja_rule *r, struct err *err)
{
	struct loader *l = ctx;

	return l->gb.ops.rule(l->gb.b, r, err);
}

static int
l_build(void *ctx, const struct ninja_build *b, struct err *err)
{
	struct loader *l = ctx;

	return l->gb.ops.build(l->gb.b, b, err);
}

static int
l_defaults(void *ctx, struct str path, struct err *err)
{
	struct loader *l = ctx;

	return l->gb.ops.defaults(l->gb.b, path, err);
}

static void
l_warn(void *ctx, struct str message)
{
	struct loader *l = ctx;

	if (l->warn)
		l->warn(l->warn_ctx, message);
}

uint32_t
graph_file_add(struct graph *g, struct str path, const struct digest *digest)
{
	uint32_t id = g->files.n;

	GRAPH_GROW(g->files, (size_t)id + 1);
	g->files.p[id] = (struct graph_file){
		.path = graph_text_add(g, path), .len = (uint32_t)path.n,
		.digest = *digest,
	};
	g->files.n++;
	return id;
}

static void
note_read(struct graph *g, uint32_t file, const struct graph_read *r)
{
	GRAPH_GROW(g->reads, (size_t)file + 1);
	while (g->reads.n < file)
		g->reads.p[g->reads.n++] = (struct graph_read){ 0 };
	g->reads.p[g->reads.n++] = *r;
}

static int
l_load(void *ctx, struct str path, uint32_t *file, struct str *text,
	struct err *err)
{
	struct loader *l = ctx;
	char *name = xmemdup0(path.p, path.n);
	struct graph_read read = { .wall_ns = os_wall() };
	struct file_sig after;
	struct err why = { 0 };
	struct digest digest;
	struct buf *b;
	int r, code;

	l->texts = vec_grow(l->texts, &l->cap, l->ntexts + 1,
	                    sizeof(*l->texts));
	b = &l->texts[l->ntexts];
	*b = (struct buf){ 0 };
	file_sig(AT_FDCWD, name, &read.sig);
	r = file_read(name, b, &why);
	code = errno;
	if (r == 1) {
		l->ntexts++;
		buf_reserve(b, 1);
		*text = buf_str(b);
		digest = digest_of(b->p, b->n);
		*file = graph_file_add(l->gb.g, path, &digest);
		if (file_sig(AT_FDCWD, name, &after) != 1 ||
		    !file_sig_eq(&read.sig, &after))
			read.sig.mode = 0;      /* while it was read */
		note_read(l->gb.g, *file, &read);
	} else {
		buf_release(b);
	}
	if (r < 0)
		err_set(err, "loading '%s': %s", name, strerror(code));
	err_release(&why);
	free(name);
	return r;
}

int
graph_load_file(struct graph *g, const char *path,
	const struct graph_load_opts *opts, struct err *err)
{
	struct loader l = { 0 };
	struct ninja_ops ops = {
		.scope = l_scope, .variable = l_variable, .pool = l_pool,
		.rule = l_rule, .build = l_build, .defaults = l_defaults,
		.load = l_load, .warn = l_warn,
	};
	static const struct graph_load_opts none;
	struct ninja_opts parse = { 0 };
	int r;

	if (!opts)
		opts = &none;
	parse.version = opts->version;
	l.warn = opts->warn;
	l.warn_ctx = opts->ctx;
	graph_build_begin(&l.gb, g);
	l.gb.phony_cycle_error = opts->phony_cycle_error;
	graph_build_warn(&l.gb, opts->warn, opts->ctx);
	r = ninja_parse(str_of(path), &ops, &l, &parse, err);
	if (r == 0)
		r = graph_build_end(&l.gb, err);
	graph_build_release(&l.gb);
	for (size_t i = 0; i < l.ntexts; i++)
		buf_release(&l.texts[i]);
	free(l.texts);
	return r;
}

static struct ninja_var
var_again(const struct graph *g, const struct graph_var *v)
{
	return (struct ninja_var){
		.name = graph_sym_name(g, v->sym),
		.value = graph_text(g, v->value, v->len),
	};
}

/* Scopes with their variables, then pools and rules. */
static int
say_scopes(const struct graph *g, const struct ninja_ops *ops, void *ctx,
	struct err *err)
{
	for (uint32_t i = 0; i < g->scopes.n; i++) {
		const struct graph_scope *s = &g->scopes.p[i];

		if (i && ops->scope && ops->scope(ctx, i, s->parent, err) < 0)
			return -1;
		for (uint32_t k = 0; ops->variable && k < s->nvars; k++) {
			struct ninja_var v =
				var_again(g, &g->vars.p[s->vars + k]);

			if (ops->variable(ctx, i, v.name, v.value, err) < 0)
				return -1;
		}
	}
	for (uint32_t i = 2; ops->pool && i < g->pools.n; i++) {
		const struct graph_pool *p = &g->pools.p[i];

		if (ops->pool(ctx, graph_text(g, p->name, p->len), p->depth,
		              err) < 0)
			return -1;
	}
	return 0;
}

static int
say_rules(const struct graph *g, const struct ninja_ops *ops, void *ctx,
	struct err *err)
{
	int r = 0;

	for (uint32_t i = 1; r == 0 && ops->rule && i < g->rules.n; i++) {
		const struct graph_rule *rule = &g->rules.p[i];
		struct ninja_var *vars =
			xcalloc(rule->nvars, sizeof(*vars));
		struct ninja_rule st = {
			.id = i, .scope = rule->scope,
			.name = graph_text(g, rule->name, rule->len),
			.vars = vars, .nvars = rule->nvars,
		};

		for (uint32_t k = 0; k < rule->nvars; k++)
			vars[k] = var_again(g, &g->vars.p[rule->vars + k]);
		r = ops->rule(ctx, &st, err);
		free(vars);
	}
	return r;
}

static struct str *
paths_again(const struct graph *g, struct arena *a, uint32_t from, uint32_t n)
{
	struct str *out = arena_alloc(a, n * sizeof(*out));

	for (uint32_t i = 0; i < n; i++)
		out[i] = graph_path(g, graph_ids(g, from)[i]);
	return out;
}

static int
say_step(const struct graph *g, uint32_t id, const struct ninja_ops *ops,
	void *ctx, struct err *err)
{
	const struct graph_step *s = &g->steps.p[id];
	struct arena a = { 0 };
	struct ninja_var *vars = arena_alloc(&a, s->nvars * sizeof(*vars));
	struct ninja_build st = {
		.rule = s->rule, .scope = s->scope,
		.outs = paths_again(g, &a, s->outs, s->nouts),
		.nouts = s->nouts, .nimplicit_outs = s->nimplicit_outs,
		.ins = paths_again(g, &a, s->ins, s->nins),
		.nins = s->nins, .nimplicit = s->nimplicit,
		.norder = s->norder,
		.vals = paths_again(g, &a, s->vals, s->nvals),
		.nvals = s->nvals,
		.vars = vars, .nvars = s->nvars,
		.file = s->file, .line = s->line,
	};
	int r;

	for (uint32_t k = 0; k < s->nvars; k++)
		vars[k] = var_again(g, &g->vars.p[s->vars + k]);
	r = ops->build(ctx, &st, err);
	arena_release(&a);
	return r;
}

int
graph_statements(const struct graph *g, const struct ninja_ops *ops, void *ctx,
	struct err *err)
{
	if (say_scopes(g, ops, ctx, err) < 0 || say_rules(g, ops, ctx, err) < 0)
		return -1;
	for (uint32_t i = 0; ops->build && i < g->steps.n; i++)
		if (say_step(g, i, ops, ctx, err) < 0)
			return -1;
	for (uint32_t i = 0; ops->defaults && i < g->defaults.n; i++)
		if (ops->defaults(ctx, graph_path(g, g->defaults.p[i]),
		                  err) < 0)
			return -1;
	return 0;
}
