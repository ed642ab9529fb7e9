/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>

#include "front/internal.h"
#include "ninja/parse.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

/* Reads the rule files: python.ninja of the repository's .tgraph/rules or of
 * the installation, then the user's tgraph.ninja. Both are included by a text
 * that exists only here, so that they share one root scope. */

static const char top_name[] = "(tgraph)";

static int
f_scope(void *ctx, uint32_t id, uint32_t parent, struct err *err)
{
	struct emit *e = ctx;

	return e->gb.ops.scope(e->gb.b, id, parent, err);
}

static int
f_variable(void *ctx, uint32_t scope, struct str name, struct str value,
	struct err *err)
{
	struct emit *e = ctx;

	if (scope == NINJA_ROOT_SCOPE && str_is(name, "tg_env"))
		e->env_base = arena_dup(&e->f->arena, value);
	return e->gb.ops.variable(e->gb.b, scope, name, value, err);
}

static int
f_pool(void *ctx, struct str name, int depth, struct err *err)
{
	struct emit *e = ctx;

	return e->gb.ops.pool(e->gb.b, name, depth, err);
}

static int
f_rule(void *ctx, const struct ninja_rule *rule, struct err *err)
{
	struct emit *e = ctx;

	if (rule->scope == NINJA_ROOT_SCOPE && str_is(rule->name, "test"))
		e->rule_test = rule->id;
	if (rule->scope == NINJA_ROOT_SCOPE &&
	    str_is(rule->name, "environment-venv"))
		e->rule_venv = rule->id;
	if (rule->scope == NINJA_ROOT_SCOPE &&
	    str_is(rule->name, "environment-uv"))
		e->rule_uv = rule->id;
	if (rule->scope == NINJA_ROOT_SCOPE && str_is(rule->name, "coverage"))
		e->rule_combine = rule->id;
	if (rule->scope == NINJA_ROOT_SCOPE &&
	    str_is(rule->name, "coverage-report"))
		e->rule_report = rule->id;
	return e->gb.ops.rule(e->gb.b, rule, err);
}

static struct str *
copied(struct emit *e, const struct str *v, size_t n)
{
	struct str *out = arena_alloc(&e->f->arena, (n + 1) * sizeof(*out));

	for (size_t i = 0; i < n; i++)
		out[i] = arena_dup(&e->f->arena, v[i]);
	return out;
}

static int
f_build(void *ctx, const struct ninja_build *b, struct err *err)
{
	struct emit *e = ctx;

	e->user = vec_grow(e->user, &e->user_cap, e->nuser + 1,
	                   sizeof(*e->user));
	e->user[e->nuser++] = (struct user_step){
		.outs = copied(e, b->outs, b->nouts), .nouts = b->nouts,
		.ins = copied(e, b->ins, b->nins), .nins = b->nins,
		.phony = b->rule == NINJA_PHONY,
	};
	return e->gb.ops.build(e->gb.b, b, err);
}

static int
f_defaults(void *ctx, struct str path, struct err *err)
{
	struct emit *e = ctx;

	return e->gb.ops.defaults(e->gb.b, path, err);
}

/* Includes of the text that exists only here. */
static void
top_text(struct emit *e, struct buf *b)
{
	const struct front_opts *o = e->f->o;
	struct file_sig sig;
	struct buf own = { 0 };

	buf_addf(&own, "%s/rules/python.ninja", o->state_dir);
	buf_addf(b, "tg_pytgraph = %s\n", o->pytgraph);
	if (file_sig(AT_FDCWD, own.p, &sig) == 1)
		buf_addf(b, "include %s\n", own.p);
	else
		buf_addf(b, "include %s/python.ninja\n", o->rules_dir);
	if (o->user_manifest)
		buf_addf(b, "include %s\n", o->user_manifest);
	buf_release(&own);
}

static int
f_load(void *ctx, struct str path, uint32_t *file, struct str *text,
	struct err *err)
{
	struct emit *e = ctx;
	struct buf *b;
	struct digest digest;
	char *name;
	int r;

	e->texts = vec_grow(e->texts, &e->texts_cap, e->ntexts + 1,
	                    sizeof(*e->texts));
	b = &e->texts[e->ntexts++];
	*b = (struct buf){ 0 };
	if (str_is(path, top_name)) {
		top_text(e, b);
		*file = 0;
		*text = buf_str(b);
		return 1;
	}
	name = xmemdup0(path.p, path.n);
	r = file_read(name, b, err);
	free(name);
	if (r == 1) {
		buf_reserve(b, 1);
		digest = digest_of(b->p, b->n);
		*text = buf_str(b);
		*file = graph_file_add(e->gb.g, path, &digest);
	}
	return r;
}

static bool
is_after(const struct emit *e, const struct user_step *u)
{
	struct str dir = str_of(e->f->o->state_dir);

	for (size_t i = 0; i < u->nins; i++)
		if (path_below(u->ins[i], dir) ||
		    map_get(&e->after, u->ins[i]))
			return true;
	return false;
}

/* What is made from results of tests is no input of theirs. */
static void
find_after(struct emit *e)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < e->nuser; i++) {
			struct user_step *u = &e->user[i];

			if (u->after || !is_after(e, u))
				continue;
			u->after = more = true;
			for (size_t k = 0; k < u->nouts; k++)
				map_put(&e->after, u->outs[k], NULL);
		}
	}
	for (size_t i = 0; i < e->nuser; i++)
		for (size_t k = 0; !e->user[i].after && !e->user[i].phony &&
		     k < e->user[i].nouts; k++)
			map_put(&e->made, e->user[i].outs[k], NULL);
}

int
front_rules(struct emit *e, struct err *err)
{
	static const struct ninja_ops ops = {
		.scope = f_scope, .variable = f_variable, .pool = f_pool,
		.rule = f_rule, .build = f_build, .defaults = f_defaults,
		.load = f_load,
	};

	if (ninja_parse(str_of(top_name), &ops, e, NULL, err) < 0)
		return -1;
	find_after(e);
	if (!e->rule_test)
		return err_code(err, EXIT_USAGE, "python.ninja has no rule "
		                "'test'");
	return 0;
}
