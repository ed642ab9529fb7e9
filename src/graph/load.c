/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/load.h"

#include <assert.h>
#include <stdlib.h>

#include "graph/internal.h"
#include "util/hash.h"
#include "util/mem.h"
#include "util/path.h"

/* A file scope while it is read: values by symbol, the last one wins. */
struct open_scope {
	uint32_t parent;
	struct graph_var *vars;
	size_t nvars, cap;
	uint32_t *at;           /* by symbol: place in vars + 1 */
	size_t nat;
};

struct graph_builder {
	struct graph *g;
	struct graph_build *gb;
	struct open_scope *scopes;
	size_t nscopes, scopes_cap;
	uint32_t *values;       /* table of value texts: place in places + 1 */
	uint32_t values_mask, nvalues;
	struct value { uint32_t at, len, hash; } *places;
	size_t places_cap;
	uint32_t *ids;          /* scratch */
	size_t ids_cap;
	struct graph_var *last; /* by symbol: the value it was given last */
	size_t last_cap;
	struct map pools;       /* keys live in pool_names */
	struct arena names;
	void (*warn)(void *ctx, struct str text);
	void *warn_ctx;
	bool flushed;           /* the graph's scopes are as these */
};

static const char *const fixed_syms[SYM_FIXED] = {
	[SYM_IN] = "in", [SYM_IN_NEWLINE] = "in_newline", [SYM_OUT] = "out",
	[SYM_COMMAND] = "command", [SYM_DESCRIPTION] = "description",
	[SYM_DEPFILE] = "depfile", [SYM_DEPS] = "deps",
	[SYM_DYNDEP] = "dyndep", [SYM_GENERATOR] = "generator",
	[SYM_POOL] = "pool", [SYM_RESTAT] = "restat",
	[SYM_RSPFILE] = "rspfile", [SYM_RSPFILE_CONTENT] = "rspfile_content",
	[SYM_MSVC_DEPS_PREFIX] = "msvc_deps_prefix",
	[SYM_TG_KIND] = "tg_kind", [SYM_TG_KEY] = "tg_key",
	[SYM_TG_ENV] = "tg_env", [SYM_TG_TIMEOUT] = "tg_timeout",
	[SYM_TG_WORKER] = "tg_worker", [SYM_TG_RETRIES] = "tg_retries",
	[SYM_TG_ISOLATION] = "tg_isolation",
	[SYM_TG_POOLS] = "tg_pools", [SYM_TG_SLOTS] = "tg_slots",
	[SYM_TG_SPLIT] = "tg_split",
	[SYM_TG_CACHE] = "tg_cache", [SYM_TG_RESULT] = "tg_result",
	[SYM_TG_LOG] = "tg_log", [SYM_TG_PACKAGE] = "tg_package",
	[SYM_TG_PYTHON] = "tg_python", [SYM_TG_FILE] = "tg_file",
	[SYM_TG_OBSERVE] = "tg_observe", [SYM_TG_GATHER] = "tg_gather",
	[SYM_TG_ASSUMED] = "tg_assumed", [SYM_TG_ALWAYS] = "tg_always",
};

/* Values repeat (flags of a thousand steps): each text is kept once. */
static uint32_t
value_add(struct graph_builder *b, struct str s)
{
	struct graph *g = b->g;
	uint32_t hash = (uint32_t)hash_bytes(s.p, s.n), i;

	if (b->nvalues * 2 >= b->values_mask) {
		uint32_t slots = b->values_mask ? (b->values_mask + 1) * 2
		                                : 1024;

		free(b->values);
		b->values = xcalloc(slots, sizeof(*b->values));
		b->values_mask = slots - 1;
		for (uint32_t v = 0; v < b->nvalues; v++) {
			i = b->places[v].hash & b->values_mask;
			while (b->values[i])
				i = (i + 1) & b->values_mask;
			b->values[i] = v + 1;
		}
	}
	for (i = hash & b->values_mask; b->values[i];
	     i = (i + 1) & b->values_mask) {
		const struct value *v = &b->places[b->values[i] - 1];

		if (v->hash == hash && v->len == s.n &&
		    memcmp(g->text.p + v->at, s.p, s.n) == 0)
			return v->at;
	}
	b->places = vec_grow(b->places, &b->places_cap, b->nvalues + 1,
	                     sizeof(*b->places));
	b->places[b->nvalues] = (struct value){
		.at = graph_text_add(g, s), .len = (uint32_t)s.n, .hash = hash,
	};
	b->values[i] = ++b->nvalues;
	return b->places[b->nvalues - 1].at;
}

static struct graph_var
var_of(struct graph_builder *b, struct str name, struct str value)
{
	uint32_t sym = graph_sym_add(b->g, name);
	size_t was = b->last_cap;
	struct graph_var *last;

	if (sym >= was) {
		b->last = vec_grow(b->last, &b->last_cap, (size_t)sym + 1,
		                   sizeof(*b->last));
		memset(b->last + was, 0,
		       (b->last_cap - was) * sizeof(*b->last));
	}
	/* Step after step has the same flags. */
	last = &b->last[sym];
	if (last->value == 0 || last->len != value.n ||
	    memcmp(b->g->text.p + last->value, value.p, value.n) != 0)
		*last = (struct graph_var){
			.sym = sym, .value = value_add(b, value),
			.len = (uint32_t)value.n,
		};
	return *last;
}

static uint32_t
vars_add(struct graph_builder *b, const struct ninja_var *vars, size_t n)
{
	struct graph *g = b->g;
	uint32_t at = g->vars.n;

	GRAPH_GROW(g->vars, at + n);
	for (size_t i = 0; i < n; i++)
		g->vars.p[at + i] = var_of(b, vars[i].name, vars[i].value);
	g->vars.n = at + (uint32_t)n;
	return at;
}

static void
scope_open(struct graph_builder *b, uint32_t id, uint32_t parent)
{
	b->scopes = vec_grow(b->scopes, &b->scopes_cap, (size_t)id + 1,
	                     sizeof(*b->scopes));
	while (b->nscopes <= id)
		b->scopes[b->nscopes++] = (struct open_scope){ 0 };
	b->scopes[id].parent = parent;
	b->flushed = false;
}

static int
on_scope(void *ctx, uint32_t id, uint32_t parent, struct err *err)
{
	(void)err;
	scope_open(ctx, id, parent);
	return 0;
}

static int
on_variable(void *ctx, uint32_t scope, struct str name, struct str value,
	struct err *err)
{
	struct graph_builder *b = ctx;
	struct open_scope *s = &b->scopes[scope];
	struct graph_var v = var_of(b, name, value);

	(void)err;
	b->flushed = false;
	while (s->nat <= v.sym) {
		size_t was = s->nat;

		s->at = vec_grow(s->at, &s->nat, (size_t)v.sym + 1,
		                 sizeof(*s->at));
		memset(s->at + was, 0, (s->nat - was) * sizeof(*s->at));
	}
	if (s->at[v.sym]) {
		s->vars[s->at[v.sym] - 1] = v;
		return 0;
	}
	s->vars = vec_grow(s->vars, &s->cap, s->nvars + 1, sizeof(*s->vars));
	s->vars[s->nvars++] = v;
	s->at[v.sym] = (uint32_t)s->nvars;
	return 0;
}

static void
pool_add(struct graph_builder *b, struct str name, int depth)
{
	struct graph *g = b->g;
	uint32_t id = g->pools.n;

	GRAPH_GROW(g->pools, (size_t)id + 1);
	g->pools.p[id] = (struct graph_pool){
		.name = graph_text_add(g, name), .len = (uint32_t)name.n,
		.depth = depth,
	};
	g->pools.n++;
	map_put(&b->pools, arena_dup(&b->names, name), NULL)->value = id;
}

static int
on_pool(void *ctx, struct str name, int depth, struct err *err)
{
	struct graph_builder *b = ctx;

	if (map_get(&b->pools, name))
		return err_set(err, "duplicate pool '%.*s'", (int)name.n,
		               name.p);
	pool_add(b, name, depth);
	return 0;
}

static void
rule_add(struct graph_builder *b, uint32_t id, uint32_t scope, struct str name,
	const struct ninja_var *vars, size_t nvars)
{
	struct graph *g = b->g;

	GRAPH_GROW(g->rules, (size_t)id + 1);
	while (g->rules.n <= id)
		g->rules.p[g->rules.n++] = (struct graph_rule){ 0 };
	g->rules.p[id] = (struct graph_rule){
		.name = graph_text_add(g, name), .len = (uint32_t)name.n,
		.scope = scope,
		.vars = vars_add(b, vars, nvars), .nvars = (uint32_t)nvars,
	};
}

static int
on_rule(void *ctx, const struct ninja_rule *r, struct err *err)
{
	(void)err;
	rule_add(ctx, r->id, r->scope, r->name, r->vars, r->nvars);
	return 0;
}

/* Bindings are wanted while the file is still being read: then the scopes are
 * laid out in the graph as they are at the moment. Rare: only steps with a
 * pool or a dyndep file. */
static void scopes_flush(struct graph_builder *b);

static bool
rule_has(const struct graph *g, const struct graph_rule *r, uint32_t sym)
{
	for (uint32_t i = 0; i < r->nvars; i++)
		if (g->vars.p[r->vars + i].sym == sym)
			return true;
	return false;
}

static bool
scope_binds(const struct graph_builder *b, uint32_t scope, uint32_t sym)
{
	for (; scope != GRAPH_NONE; scope = b->scopes[scope].parent) {
		const struct open_scope *s = &b->scopes[scope];

		if (sym < s->nat && s->at[sym])
			return true;
	}
	return false;
}

/* The value if no evaluation is needed: the step's own, or a rule's that names
 * no variable. */
static bool
plain_value(const struct graph *g, const struct graph_step *s, uint32_t sym,
	struct str *value)
{
	const struct graph_rule *r = &g->rules.p[s->rule];
	bool own = true;
	uint32_t at = s->vars, n = s->nvars;

	for (;; own = false, at = r->vars, n = r->nvars) {
		for (uint32_t i = n; i-- > 0;) {
			const struct graph_var *v = &g->vars.p[at + i];

			if (v->sym != sym)
				continue;
			*value = graph_text(g, v->value, v->len);
			return own || !memchr(value->p, '$', value->n);
		}
		if (!own)
			return false;
	}
}

/* Appends a binding that is wanted while the file is still being read; 0, or
 * -1 with err set. */
static int
early_binding(struct graph_builder *b, uint32_t step, uint32_t sym,
	struct buf *out, struct err *err)
{
	const struct graph_step *s = &b->g->steps.p[step];
	struct str value;

	if (plain_value(b->g, s, sym, &value)) {
		buf_addstr(out, value);
		return 0;
	}
	scopes_flush(b);
	return graph_binding(b->g, step, sym, GRAPH_RAW, out, err) < 0 ? -1 : 0;
}

static bool
may_have(const struct graph_builder *b, const struct graph_step *s,
	uint32_t sym)
{
	const struct graph *g = b->g;

	for (uint32_t i = 0; i < s->nvars; i++)
		if (g->vars.p[s->vars + i].sym == sym)
			return true;
	return rule_has(g, &g->rules.p[s->rule], sym) ||
	       scope_binds(b, s->scope, sym);
}

static int
resolve_pool(struct graph_builder *b, uint32_t step, struct err *err)
{
	struct buf name = { 0 };
	struct map_slot *pool;
	int r = 0;

	if (!may_have(b, &b->g->steps.p[step], SYM_POOL))
		return 0;
	if (early_binding(b, step, SYM_POOL, &name, err) < 0) {
		r = -1;
	} else if (name.n) {
		pool = map_get(&b->pools, buf_str(&name));
		if (pool)
			b->g->steps.p[step].pool = pool->value;
		else
			r = err_set(err, "unknown pool name '%s'", name.p);
	}
	buf_release(&name);
	return r;
}

static int
resolve_dyndep(struct graph_builder *b, uint32_t step, struct err *err)
{
	struct graph *g = b->g;
	const struct graph_step *s = &g->steps.p[step];
	struct buf path = { 0 };
	int r = 0;

	if (!may_have(b, s, SYM_DYNDEP))
		return 0;
	r = early_binding(b, step, SYM_DYNDEP, &path, err);
	if (r == 0 && path.n) {
		uint32_t node, i;

		path.n = path_fold(path.p, path.n);
		node = graph_node_add(g, buf_str(&path));
		s = &g->steps.p[step];
		for (i = 0; i < s->nins; i++)
			if (graph_ids(g, s->ins)[i] == node)
				break;
		if (i == s->nins)
			r = err_set(err, "dyndep '%.*s' is not an input",
			            (int)path.n, path.p);
		g->steps.p[step].flags |= STEP_DYNDEP;
		g->nodes.p[node].flags |= GRAPH_NODE_DYNDEP;
	}
	buf_release(&path);
	return r < 0 ? -1 : 0;
}

static int
add_outs(struct graph_builder *b, uint32_t step, const struct ninja_build *st,
	struct err *err)
{
	struct graph *g = b->g;

	for (size_t i = 0; i < st->nouts; i++) {
		uint32_t n = graph_node_add(g, st->outs[i]);
		struct graph_node *node = &g->nodes.p[n];

		node->flags |= GRAPH_NODE_MANIFEST;
		b->ids[i] = n;
		if (node->producer == step)
			return err_set(err, "%s is defined as an output "
			               "multiple times", graph_cpath(g, n));
		if (node->producer != GRAPH_NONE)
			return err_set(err, "multiple rules generate %s",
			               graph_cpath(g, n));
		node->producer = step;
	}
	g->steps.p[step].outs = graph_ids_add(g, b->ids, st->nouts);
	return 0;
}

static uint32_t
load_paths(struct graph_builder *b, const struct str *paths, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t id = graph_node_add(b->g, paths[i]);

		b->g->nodes.p[id].flags |= GRAPH_NODE_MANIFEST;
		b->ids[i] = id;
	}
	return graph_ids_add(b->g, b->ids, n);
}

bool
graph_drops_self(const struct graph_step *s)
{
	return s->flags & STEP_PHONY && s->nouts == 1 &&
	       s->nimplicit_outs == 0 && s->nimplicit == 0;
}

/* "build a: phony a": ninja drops the input, with a warning. */
static void
drop_self(struct graph_builder *b, uint32_t step)
{
	struct graph *g = b->g;
	struct graph_step *s = &g->steps.p[step];
	uint32_t *ins = g->ids.p + s->ins, out = graph_step_out(g, step);
	uint32_t kept = 0, explicit = graph_nexplicit(s);
	uint32_t nexplicit = 0, nimplicit = 0;
	struct str text;

	for (uint32_t i = 0; i < s->nins && ins[i] != out; i++)
		kept++;
	if (kept == s->nins)
		return;
	g->phony_cycles++;
	if (b->gb->phony_cycle_error)
		return;
	kept = 0;
	for (uint32_t i = 0; i < s->nins; i++) {
		if (ins[i] == out)
			continue;
		if (i < explicit)
			nexplicit++;
		else if (i < explicit + s->nimplicit)
			nimplicit++;
		ins[kept++] = ins[i];
	}
	s->nins = kept;
	s->nimplicit = nimplicit;
	s->norder = kept - nexplicit - nimplicit;
	if (!b->warn)
		return;
	text = arena_fmt(&b->names, "phony target '%s' names itself as an "
	                 "input; ignoring [-w phonycycle=warn]",
	                 graph_cpath(g, out));
	b->warn(b->warn_ctx, text);
}

static int
on_build(void *ctx, const struct ninja_build *st, struct err *err)
{
	struct graph_builder *b = ctx;
	struct graph *g = b->g;
	uint32_t id = g->steps.n;
	size_t most = st->nouts > st->nins ? st->nouts : st->nins;
	struct graph_step *s;

	if (st->nvals > most)
		most = st->nvals;
	b->ids = vec_grow(b->ids, &b->ids_cap, most, sizeof(*b->ids));
	GRAPH_GROW(g->steps, (size_t)id + 1);
	g->steps.n++;
	s = &g->steps.p[id];
	*s = (struct graph_step){
		.rule = st->rule, .scope = st->scope,
		.nvars = (uint32_t)st->nvars,
		.file = st->file, .line = st->line,
		.flags = st->rule == NINJA_PHONY ? STEP_PHONY : 0,
	};
	s->vars = vars_add(b, st->vars, st->nvars);
	/* Before there are inputs and outputs: as ninja has it. */
	if (resolve_pool(b, id, err) < 0)
		return -1;
	s->nouts = (uint32_t)st->nouts;
	s->nimplicit_outs = (uint32_t)st->nimplicit_outs;
	s->nins = (uint32_t)st->nins;
	s->nimplicit = (uint32_t)st->nimplicit;
	s->norder = (uint32_t)st->norder;
	s->nvals = (uint32_t)st->nvals;
	if (add_outs(b, id, st, err) < 0)
		return -1;
	s->ins = load_paths(b, st->ins, st->nins);
	s->vals = load_paths(b, st->vals, st->nvals);
	if (graph_drops_self(s))
		drop_self(b, id);
	return resolve_dyndep(b, id, err);
}

static int
on_default(void *ctx, struct str path, struct err *err)
{
	struct graph_builder *b = ctx;
	struct graph *g = b->g;
	uint32_t n = graph_find(g, path);

	if (n == GRAPH_NONE)
		return err_set(err, "unknown target '%.*s'", (int)path.n,
		               path.p);
	g->nodes.p[n].flags |= GRAPH_NODE_DEFAULT;
	GRAPH_GROW(g->defaults, (size_t)g->defaults.n + 1);
	g->defaults.p[g->defaults.n++] = n;
	return 0;
}

static int
by_sym(const void *a, const void *b)
{
	const struct graph_var *x = a, *y = b;

	return (x->sym > y->sym) - (x->sym < y->sym);
}

/* Lays the scopes out in the graph: variables sorted by symbol. */
static void
scopes_flush(struct graph_builder *b)
{
	struct graph *g = b->g;

	if (b->flushed)
		return;
	b->flushed = true;
	GRAPH_GROW(g->scopes, b->nscopes);
	while (g->scopes.n < b->nscopes)
		g->scopes.p[g->scopes.n++] = (struct graph_scope){ 0 };
	for (size_t i = 0; i < b->nscopes; i++) {
		struct open_scope *o = &b->scopes[i];
		struct graph_scope *s = &g->scopes.p[i];

		/* Room is kept from one flush to the next if it suffices. */
		if (s->nvars < o->nvars) {
			s->vars = g->vars.n;
			GRAPH_GROW(g->vars, g->vars.n + o->nvars);
			g->vars.n += (uint32_t)o->nvars;
		}
		s->parent = o->parent;
		s->nvars = (uint32_t)o->nvars;
		if (!o->nvars)
			continue;
		memcpy(g->vars.p + s->vars, o->vars,
		       o->nvars * sizeof(*o->vars));
		qsort(g->vars.p + s->vars, o->nvars, sizeof(*o->vars), by_sym);
	}
}

/* Flags that come from bindings whose value matters only as set or not. */
static const struct { uint32_t sym, flag; } plain_flags[] = {
	{ SYM_RESTAT, STEP_RESTAT },
	{ SYM_GENERATOR, STEP_GENERATOR },
	{ SYM_DEPFILE, STEP_DEPFILE },
	{ SYM_RSPFILE, STEP_RSPFILE },
	{ SYM_TG_WORKER, STEP_WORKER },
	{ SYM_TG_POOLS, STEP_POOLS },
	{ SYM_TG_SLOTS, STEP_SLOTS },
};

static const struct { uint32_t sym; const char *value; uint32_t flag; }
value_flags[] = {
	{ SYM_DEPS, "gcc", STEP_DEPS_GCC },
	{ SYM_DEPS, "msvc", STEP_DEPS_MSVC },
	{ SYM_TG_KIND, "test", STEP_TEST },
	{ SYM_TG_CACHE, "0", STEP_NOCACHE },
	{ SYM_TG_CACHE, "1", STEP_CACHE },
	{ SYM_TG_OBSERVE, "1", STEP_OBSERVE },
	{ SYM_TG_GATHER, "1", STEP_GATHER },
	{ SYM_TG_ASSUMED, "1", STEP_ASSUMED },
	{ SYM_TG_ALWAYS, "1", STEP_ALWAYS },
};

static const char *const kinds[] = {
	[KIND_NONE] = "", [KIND_GROUP] = "group", [KIND_DATA] = "data",
	[KIND_ALL] = "all", [KIND_FILES] = "files", [KIND_ENV] = "env",
};

const char *
graph_kind_word(enum graph_kind kind)
{
	return kinds[kind];
}

/* The names in tg_pools. */
static int
check_pools(struct graph_builder *b, uint32_t step, struct buf *tmp,
	struct err *err)
{
	struct str rest, name;

	buf_clear(tmp);
	if (graph_binding(b->g, step, SYM_TG_POOLS, GRAPH_RAW, tmp, err) < 0)
		return -1;
	rest = buf_str(tmp);
	while (graph_word(&rest, &name))
		if (!map_get(&b->pools, name))
			return err_set(err, "tg_pools: unknown pool name "
			               "'%.*s'", (int)name.n, name.p);
	return 0;
}

static void
set_kind(struct graph *g, uint32_t step)
{
	struct str kind = graph_own(g, step, SYM_TG_KIND);

	for (uint32_t i = 1; kind.n && i < countof(kinds); i++)
		if (str_is(kind, kinds[i]))
			g->steps.p[step].flags |= i << STEP_KIND_AT;
}

static void
set_flags(struct graph_builder *b, uint32_t step, struct buf *tmp)
{
	struct graph *g = b->g;
	struct graph_step *s = &g->steps.p[step];

	for (size_t i = 0; i < countof(plain_flags); i++)
		if (may_have(b, s, plain_flags[i].sym) &&
		    graph_flag(g, step, plain_flags[i].sym))
			s->flags |= plain_flags[i].flag;
	for (size_t i = 0; i < countof(value_flags); i++) {
		if (!may_have(b, s, value_flags[i].sym))
			continue;
		buf_clear(tmp);
		if (graph_binding(g, step, value_flags[i].sym, GRAPH_RAW, tmp,
		                  NULL) == 1 &&
		    str_is(buf_str(tmp), value_flags[i].value))
			s->flags |= value_flags[i].flag;
	}
	if (s->pool == 1)
		s->flags |= STEP_CONSOLE;
}

void
graph_build_begin(struct graph_build *gb, struct graph *g)
{
	struct graph_builder *b = xcalloc(1, sizeof(*b));

	*gb = (struct graph_build){
		.g = g, .b = b,
		.ops = {
			.scope = on_scope, .variable = on_variable,
			.pool = on_pool, .rule = on_rule, .build = on_build,
			.defaults = on_default,
		},
	};
	b->g = g;
	b->gb = gb;
	graph_text_add(g, STR(""));
	for (uint32_t i = 0; i < SYM_FIXED; i++)
		graph_sym_add(g, str_of(fixed_syms[i]));
	b->nscopes = 0;
	scope_open(b, 0, GRAPH_NONE);
	pool_add(b, STR(""), 0);
	pool_add(b, STR("console"), 1);
	rule_add(b, NINJA_PHONY, 0, STR("phony"), NULL, 0);
	graph_ids_add(g, NULL, 0);
}

void
graph_build_warn(struct graph_build *gb,
	void (*warn)(void *ctx, struct str text), void *ctx)
{
	gb->b->warn = warn;
	gb->b->warn_ctx = ctx;
}

int
graph_build_end(struct graph_build *gb, struct err *err)
{
	struct graph_builder *b = gb->b;
	struct graph *g = b->g;
	struct buf tmp = { 0 };
	int r = 0;

	scopes_flush(b);
	for (uint32_t i = 0; i < g->steps.n; i++)
		if (g->steps.p[i].flags & STEP_PHONY)
			set_kind(g, i);
		else
			set_flags(b, i, &tmp);
	for (uint32_t i = 0; i < g->steps.n && r == 0; i++)
		if (g->steps.p[i].flags & STEP_POOLS)
			r = check_pools(b, i, &tmp, err);
	buf_release(&tmp);
	if (r < 0)
		return r;
	graph_index_users(g);
	return 0;
}

void
graph_build_release(struct graph_build *gb)
{
	struct graph_builder *b = gb->b;

	if (!b)
		return;
	for (size_t i = 0; i < b->nscopes; i++) {
		free(b->scopes[i].vars);
		free(b->scopes[i].at);
	}
	free(b->scopes);
	free(b->values);
	free(b->places);
	free(b->last);
	free(b->ids);
	map_release(&b->pools);
	arena_release(&b->names);
	free(b);
	*gb = (struct graph_build){ 0 };
}
