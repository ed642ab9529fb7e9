/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_NINJA_MEANING_H
#define TG_TESTS_NINJA_MEANING_H

/* What a manifest means, as text: its steps with their rules' variables as the
 * step sees them, whatever scopes and names lead there. Two passes: the values
 * of a scope are known only at its end. */

#include "ninja/eval.h"
#include "ninja/scope.h"
#include "ninja_dump.h"
#include "util/arena.h"
#include "util/mem.h"

struct meaning {
	struct dump d;
	struct scopes scopes;
	struct ninja_rule *rules;       /* by id */
	size_t nrules, cap;
	struct arena mem;
	const struct ninja_build *b;    /* the step at hand */
	unsigned depth;
};

enum { MEANING_LIMIT = 1 << 16 };

static int
meaning_scope(void *ctx, uint32_t id, uint32_t parent, struct err *err)
{
	struct meaning *m = ctx;

	(void)err;
	return scopes_add(&m->scopes, parent) == id ? 0 : -1;
}

static int
meaning_variable(void *ctx, uint32_t scope, struct str name, struct str value,
	struct err *err)
{
	struct meaning *m = ctx;

	(void)err;
	scopes_set(&m->scopes, scope, arena_dup(&m->mem, name),
		arena_dup(&m->mem, value));
	return 0;
}

static int
meaning_rule(void *ctx, const struct ninja_rule *r, struct err *err)
{
	struct meaning *m = ctx;
	struct ninja_var *vars = arena_alloc(&m->mem,
		(r->nvars + 1) * sizeof(*vars));

	(void)err;
	for (size_t i = 0; i < r->nvars; i++) {
		vars[i].name = arena_dup(&m->mem, r->vars[i].name);
		vars[i].value = arena_dup(&m->mem, r->vars[i].value);
	}
	m->rules = vec_grow(m->rules, &m->cap, (size_t)r->id + 1,
		sizeof(*m->rules));
	while (m->nrules <= r->id)
		m->rules[m->nrules++] = (struct ninja_rule){ 0 };
	m->rules[r->id] = *r;
	m->rules[r->id].vars = vars;
	return 0;
}

static const struct ninja_var *
meaning_find(const struct ninja_var *v, size_t n, struct str name)
{
	while (n-- > 0)
		if (str_eq(v[n].name, name))
			return &v[n];
	return NULL;
}

static int
meaning_lookup(void *ctx, struct str name, struct buf *out, struct err *err)
{
	struct meaning *m = ctx;
	const struct ninja_rule *r = m->b->rule ? &m->rules[m->b->rule] : NULL;
	const struct ninja_var *v;
	int ret = 0;

	if (out->n > MEANING_LIMIT)
		return -1;
	if (str_is(name, "in") || str_is(name, "out") ||
	    str_is(name, "in_newline")) {
		buf_addf(out, "{%.*s}", (int)name.n, name.p);
	} else if ((v = meaning_find(m->b->vars, m->b->nvars, name))) {
		buf_addstr(out, v->value);
	} else if (r && (v = meaning_find(r->vars, r->nvars, name))) {
		if (m->depth == 10)
			return -1;
		m->depth++;
		ret = ninja_eval(v->value, meaning_lookup, m, out, err);
		m->depth--;
	} else {
		buf_addstr(out, scopes_get(&m->scopes, m->b->scope, name));
	}
	return ret;
}

static int
meaning_build(void *ctx, const struct ninja_build *b, struct err *err)
{
	static const char *const names[] = {
		"command", "depfile", "deps", "description", "dyndep",
		"generator", "msvc_deps_prefix", "restat", "rspfile",
		"rspfile_content", "tg_kind",
	};
	struct meaning *m = ctx;
	struct ninja_build plain = *b;

	plain.rule = plain.rule != 0;
	plain.scope = 0;
	plain.nvars = 0;
	dump_build(&m->d, &plain, err);
	m->b = b;
	for (size_t i = 0; i < countof(names); i++) {
		struct buf value = { 0 };

		if (meaning_lookup(m, str_of(names[i]), &value, err) < 0)
			buf_adds(&m->d.out, "  endless\n");
		else if (value.n)
			buf_addf(&m->d.out, "  %s=%s\n", names[i], value.p);
		buf_release(&value);
		m->depth = 0;
	}
	return 0;
}

static const struct ninja_ops meaning_first = {
	.scope = meaning_scope, .variable = meaning_variable,
	.rule = meaning_rule, .pool = dump_pool, .load = dump_load,
};

static const struct ninja_ops meaning_second = {
	.build = meaning_build, .defaults = dump_default, .load = dump_load,
};

static void
meaning_release(struct meaning *m)
{
	scopes_release(&m->scopes);
	arena_release(&m->mem);
	free(m->rules);
	buf_release(&m->d.out);
	buf_release(&m->d.warnings);
}

#endif
