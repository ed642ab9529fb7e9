/* SPDX-License-Identifier: Apache-2.0 */
#include "ninja/parse.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ninja/eval.h"
#include "ninja/lex.h"
#include "ninja/scope.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/hash.h"
#include "util/mem.h"
#include "util/path.h"

enum {
	MAX_DEPTH = 500,                /* of files that load files */
	SCRATCH_LIMIT = 1 << 20,
	MAX_VALUE = 1 << 28,
};

struct parser {
	const struct ninja_ops *ops;
	void *ctx;
	struct err *err;
	const char *version;
	size_t max_value;
	struct scopes scopes;
	struct map pools;
	uint32_t nrules;
	int depth;

	struct arena mem;       /* values of file scopes */
	struct arena scratch;   /* evaluated text of the statement at hand */
	struct buf tmp;

	/* The block at hand. */
	struct ninja_var *vars;
	size_t nvars, vars_cap;
	struct lex_raw *raws;
	size_t nraws, raws_cap;
	struct str *paths;
	size_t paths_cap;
};

/* Where a value is evaluated: a file scope, before it an edge's bindings. */
struct env {
	const struct parser *ps;
	uint32_t scope;
	size_t nvars;           /* of ps->vars; 0: the file scope alone */
};

static int parse_file(struct parser *ps, struct str path, uint32_t scope,
	struct lexer *parent);

static int
lookup_in_scope(void *ctx, struct str name, struct buf *out, struct err *err)
{
	const struct env *env = ctx;
	const struct parser *ps = env->ps;
	struct str value = { NULL, 0 };
	size_t i = env->nvars;

	while (i > 0 && !str_eq(ps->vars[i - 1].name, name))
		i--;
	value = i ? ps->vars[i - 1].value :
		scopes_get(&ps->scopes, env->scope, name);
	if (out->n + value.n > ps->max_value)
		return err_set(err, "value of %.*s is too long",
			(int)name.n, name.p);
	buf_addstr(out, value);
	return 0;
}

/* raw evaluated to ps->tmp; -1 with the place of lx. */
static int
evaluate_tmp(struct parser *ps, struct lexer *lx, struct env env,
	const struct lex_raw *raw)
{
	buf_clear(&ps->tmp);
	if (ninja_eval(raw->s, lookup_in_scope, &env, &ps->tmp, ps->err) < 0)
		return lex_place(lx, ps->err);
	return 0;
}

/* raw evaluated; copied to mem if that is not the text as it stands. */
static int
evaluate(struct parser *ps, struct lexer *lx, struct env env,
	const struct lex_raw *raw, struct arena *mem, struct str *value)
{
	*value = raw->s;
	if (raw->dollar) {
		if (evaluate_tmp(ps, lx, env, raw) < 0)
			return -1;
		*value = arena_dup(mem, buf_str(&ps->tmp));
	}
	return 0;
}

/* A path, evaluated and folded; -1 if it is empty. */
static int
evaluate_path(struct parser *ps, struct lexer *lx, struct env env,
	const struct lex_raw *raw, struct str *path)
{
	*path = raw->s;
	if (raw->dollar) {
		if (evaluate_tmp(ps, lx, env, raw) < 0)
			return -1;
		*path = buf_str(&ps->tmp);
	}
	if (path->n == 0)
		return lex_error(lx, ps->err, "empty path");
	if (raw->dollar || !lex_is_folded(*path)) {
		*path = arena_dup(&ps->scratch, *path);
		path->n = path_fold((char *)path->p, path->n);
	}
	return 0;
}

/* Gives back the statement's scratch memory now and then. */
static void
statement_end(struct parser *ps)
{
	if (ps->scratch.total > SCRATCH_LIMIT)
		arena_release(&ps->scratch);
}

/* ---- blocks ---- */

static void
add_var(struct parser *ps, struct str name, struct str value)
{
	ps->vars = vec_grow(ps->vars, &ps->vars_cap, ps->nvars + 1,
		sizeof(*ps->vars));
	ps->vars[ps->nvars++] = (struct ninja_var){ name, value };
}

static int
parse_pool(struct parser *ps, struct lexer *lx, uint32_t scope)
{
	struct env env = { ps, scope, 0 };
	struct lex_raw raw;
	struct str name, key;
	long depth = -1;
	int added;

	if (!lex_ident(lx, &name))
		return lex_error(lx, ps->err, "expected pool name");
	if (lex_expect(lx, LEX_NEWLINE, ps->err) < 0)
		return -1;
	map_put(&ps->pools, name, &added);
	if (!added)
		return lex_error(lx, ps->err, "duplicate pool '%.*s'",
			(int)name.n, name.p);
	while (lex_peek(lx, LEX_INDENT)) {
		if (lex_let(lx, &key, &raw, ps->err) < 0)
			return -1;
		if (!str_is(key, "depth"))
			return lex_error(lx, ps->err,
				"unexpected variable '%.*s'",
				(int)key.n, key.p);
		if (evaluate_tmp(ps, lx, env, &raw) < 0)
			return -1;
		depth = strtol(ps->tmp.n ? ps->tmp.p : "", NULL, 10);
		if (depth < 0 || depth > INT_MAX)
			return lex_error(lx, ps->err, "invalid pool depth");
	}
	if (depth < 0)
		return lex_error(lx, ps->err, "expected 'depth =' line");
	if (ps->ops->pool &&
	    ps->ops->pool(ps->ctx, name, (int)depth, ps->err) < 0)
		return lex_place(lx, ps->err);
	return 0;
}

static bool
rule_key(struct str key)
{
	static const char *const keys[] = {
		"command", "depfile", "dyndep", "description", "deps",
		"generator", "pool", "restat", "rspfile", "rspfile_content",
		"msvc_deps_prefix", "tg_observe",
	};

	for (size_t i = 0; i < countof(keys); i++)
		if (str_is(key, keys[i]))
			return true;
	return false;
}

/* Is the key set in the block at hand, to something that is not empty? */
static bool
has_var(const struct parser *ps, const char *key)
{
	for (size_t i = ps->nvars; i-- > 0;)
		if (str_is(ps->vars[i].name, key))
			return ps->vars[i].value.n > 0;
	return false;
}

static int
parse_rule(struct parser *ps, struct lexer *lx, uint32_t scope)
{
	struct ninja_rule rule = { .scope = scope };
	struct lex_raw raw;
	struct str name, key;

	if (!lex_ident(lx, &name))
		return lex_error(lx, ps->err, "expected rule name");
	if (lex_expect(lx, LEX_NEWLINE, ps->err) < 0)
		return -1;
	if (scopes_has_rule(&ps->scopes, scope, name))
		return lex_error(lx, ps->err, "duplicate rule '%.*s'",
			(int)name.n, name.p);
	ps->nvars = 0;
	while (lex_peek(lx, LEX_INDENT)) {
		if (lex_let(lx, &key, &raw, ps->err) < 0)
			return -1;
		if (!rule_key(key))
			return lex_error(lx, ps->err,
				"unexpected variable '%.*s'",
				(int)key.n, key.p);
		add_var(ps, key, raw.s);
	}
	if (has_var(ps, "rspfile") != has_var(ps, "rspfile_content"))
		return lex_error(lx, ps->err, "rspfile and rspfile_content "
			"need to be both specified");
	if (!has_var(ps, "command"))
		return lex_error(lx, ps->err, "expected 'command =' line");

	rule.id = ++ps->nrules;
	rule.name = name;
	rule.vars = ps->vars;
	rule.nvars = ps->nvars;
	scopes_add_rule(&ps->scopes, scope, name, rule.id);
	if (ps->ops->rule && ps->ops->rule(ps->ctx, &rule, ps->err) < 0)
		return lex_place(lx, ps->err);
	return 0;
}

/* Reads paths until there is none; returns how many, or -1. */
static long
read_paths(struct parser *ps, struct lexer *lx)
{
	size_t before = ps->nraws;

	for (;;) {
		ps->raws = vec_grow(ps->raws, &ps->raws_cap, ps->nraws + 1,
			sizeof(*ps->raws));
		if (lex_path(lx, &ps->raws[ps->nraws], ps->err) < 0)
			return -1;
		if (ps->raws[ps->nraws].s.n == 0)
			return (long)(ps->nraws - before);
		ps->nraws++;
	}
}

/* The same behind a separator, if that comes next. */
static int
read_section(struct parser *ps, struct lexer *lx, enum lex_token separator,
	size_t *count)
{
	long n;

	*count = 0;
	if (*lx->p != '|' || !lex_peek(lx, separator))
		return 0;
	n = read_paths(ps, lx);
	if (n < 0)
		return -1;
	*count = (size_t)n;
	return 0;
}

/* Reads "OUTS: RULE INS" up to the newline; paths go to ps->raws. */
static int
read_build_line(struct parser *ps, struct lexer *lx, struct ninja_build *b)
{
	struct str rule;
	long n;

	ps->nraws = 0;
	n = read_paths(ps, lx);
	if (n < 0 || read_section(ps, lx, LEX_PIPE, &b->nimplicit_outs) < 0)
		return -1;
	b->nouts = ps->nraws;
	if (b->nouts == 0)
		return lex_error(lx, ps->err, "expected path");
	if (lex_expect(lx, LEX_COLON, ps->err) < 0)
		return -1;
	if (!lex_ident(lx, &rule))
		return lex_error(lx, ps->err, "expected build command name");
	if (!scopes_rule(&ps->scopes, b->scope, rule, &b->rule))
		return lex_error(lx, ps->err, "unknown build rule '%.*s'",
			(int)rule.n, rule.p);
	n = read_paths(ps, lx);
	if (n < 0 || read_section(ps, lx, LEX_PIPE, &b->nimplicit) < 0 ||
	    read_section(ps, lx, LEX_PIPE2, &b->norder) < 0)
		return -1;
	b->nins = ps->nraws - b->nouts;
	if (read_section(ps, lx, LEX_PIPEAT, &b->nvals) < 0)
		return -1;
	return lex_expect(lx, LEX_NEWLINE, ps->err);
}

static int
read_bindings(struct parser *ps, struct lexer *lx, uint32_t scope)
{
	struct env file = { ps, scope, 0 };
	struct lex_raw raw;
	struct str key, value;

	ps->nvars = 0;
	while (lex_peek(lx, LEX_INDENT)) {
		if (lex_let(lx, &key, &raw, ps->err) < 0 ||
		    evaluate(ps, lx, file, &raw, &ps->scratch, &value) < 0)
			return -1;
		add_var(ps, key, value);
	}
	return 0;
}

static int
parse_build(struct parser *ps, struct lexer *lx, uint32_t scope,
	uint32_t file)
{
	struct ninja_build b = { .scope = scope, .file = file };
	struct env env = { ps, scope, 0 };

	b.line = lex_line(lx);
	if (read_build_line(ps, lx, &b) < 0 ||
	    read_bindings(ps, lx, scope) < 0)
		return -1;
	env.nvars = ps->nvars;
	ps->paths = vec_grow(ps->paths, &ps->paths_cap, ps->nraws,
		sizeof(*ps->paths));
	for (size_t i = 0; i < ps->nraws; i++)
		if (evaluate_path(ps, lx, env, &ps->raws[i],
		    &ps->paths[i]) < 0)
			return -1;
	b.outs = ps->paths;
	b.ins = b.outs + b.nouts;
	b.vals = b.ins + b.nins;
	b.vars = ps->vars;
	b.nvars = ps->nvars;
	if (ps->ops->build && ps->ops->build(ps->ctx, &b, ps->err) < 0)
		return lex_place(lx, ps->err);
	statement_end(ps);
	return 0;
}

/* ---- lines ---- */

static int
parse_default(struct parser *ps, struct lexer *lx, uint32_t scope)
{
	struct env env = { ps, scope, 0 };
	struct lex_raw raw;
	struct str path;

	if (lex_path(lx, &raw, ps->err) < 0)
		return -1;
	if (raw.s.n == 0)
		return lex_error(lx, ps->err, "expected target name");
	while (raw.s.n) {
		if (evaluate_path(ps, lx, env, &raw, &path) < 0)
			return -1;
		if (ps->ops->defaults &&
		    ps->ops->defaults(ps->ctx, path, ps->err) < 0)
			return lex_place(lx, ps->err);
		if (lex_path(lx, &raw, ps->err) < 0)
			return -1;
	}
	statement_end(ps);
	return lex_expect(lx, LEX_NEWLINE, ps->err);
}

static void
parse_version(const char *s, int *major, int *minor)
{
	const char *dot = strchr(s, '.');

	*major = atoi(s);
	*minor = dot ? atoi(dot + 1) : 0;
}

static bool
at_least(const char *version, int major, int minor)
{
	int a, b;

	parse_version(version, &a, &b);
	return a > major || (a == major && b >= minor);
}

static int
check_version(struct parser *ps, struct lexer *lx, struct str value)
{
	struct str need = arena_dup(&ps->mem, value);
	struct buf msg = { 0 };
	int ours, minor, theirs, their_minor;

	parse_version(ps->version, &ours, &minor);
	parse_version(need.p, &theirs, &their_minor);
	lx->caret_allowed = at_least(need.p, 1, 14);
	if (ours > theirs) {
		buf_addf(&msg, "ninja executable version (%s) greater than "
			"build file ninja_required_version (%s); versions may "
			"be incompatible.", ps->version, need.p);
		if (ps->ops->warn)
			ps->ops->warn(ps->ctx, buf_str(&msg));
		buf_release(&msg);
	} else if (ours < theirs || minor < their_minor) {
		err_code(ps->err, EXIT_USAGE, "ninja version (%s) "
			"incompatible with build file ninja_required_version "
			"version (%s).", ps->version, need.p);
		if (ps->err)
			ps->err->fatal = true;
		return NINJA_FATAL;
	}
	return 0;
}

static int
parse_assignment(struct parser *ps, struct lexer *lx, uint32_t scope)
{
	struct env env = { ps, scope, 0 };
	struct lex_raw raw;
	struct str name, value;

	if (lex_let(lx, &name, &raw, ps->err) < 0 ||
	    evaluate(ps, lx, env, &raw, &ps->mem, &value) < 0)
		return -1;
	if (str_is(name, "ninja_required_version")) {
		int ret = check_version(ps, lx, value);

		if (ret < 0)
			return ret;
	}
	scopes_set(&ps->scopes, scope, name, value);
	if (ps->ops->variable &&
	    ps->ops->variable(ps->ctx, scope, name, value, ps->err) < 0)
		return lex_place(lx, ps->err);
	return 0;
}

static int
parse_include(struct parser *ps, struct lexer *lx, uint32_t scope,
	bool subninja)
{
	struct env env = { ps, scope, 0 };
	struct lex_raw raw;
	struct str path;
	int ret;

	if (lex_path(lx, &raw, ps->err) < 0 ||
	    evaluate(ps, lx, env, &raw, &ps->mem, &path) < 0)
		return -1;
	if (subninja) {
		uint32_t parent = scope;

		scope = scopes_add(&ps->scopes, parent);
		if (ps->ops->scope &&
		    ps->ops->scope(ps->ctx, scope, parent, ps->err) < 0)
			return lex_place(lx, ps->err);
	}
	ret = parse_file(ps, path, scope, lx);
	if (ret < 0)
		return ret;
	return lex_expect(lx, LEX_NEWLINE, ps->err);
}

static int
parse_statement(struct parser *ps, struct lexer *lx, enum lex_token token,
	uint32_t scope, uint32_t file)
{
	switch (token) {
	case LEX_BUILD:
		return parse_build(ps, lx, scope, file);
	case LEX_RULE:
		return parse_rule(ps, lx, scope);
	case LEX_POOL:
		return parse_pool(ps, lx, scope);
	case LEX_DEFAULT:
		return parse_default(ps, lx, scope);
	case LEX_IDENT:
		lex_unread(lx);
		return parse_assignment(ps, lx, scope);
	case LEX_INCLUDE:
		return parse_include(ps, lx, scope, false);
	case LEX_SUBNINJA:
		return parse_include(ps, lx, scope, true);
	case LEX_NEWLINE:
		return 0;
	case LEX_ERROR:
		return lex_bad_byte(lx, ps->err);
	default:
		return lex_unexpected(lx, token, ps->err);
	}
}

/* ---- files ---- */

/* Gets the text; the place of an error is the statement that asks for it. */
static int
load(struct parser *ps, struct str path, uint32_t *file, struct str *text,
	struct lexer *parent)
{
	int ret;

	if (ps->depth == MAX_DEPTH)
		err_set(ps->err, "loading '%.*s': too many nested files",
			(int)path.n, path.p);
	else if ((ret = ps->ops->load(ps->ctx, path, file, text, ps->err)) > 0)
		return 0;
	else if (ret == 0)
		err_set(ps->err, "loading '%.*s': No such file or directory",
			(int)path.n, path.p);
	return parent ? lex_place(parent, ps->err) : -1;
}

static int
parse_file(struct parser *ps, struct str path, uint32_t scope,
	struct lexer *parent)
{
	enum lex_token token;
	uint32_t file = 0;
	struct str text;
	struct lexer lx;
	int ret = 0;

	if (load(ps, path, &file, &text, parent) < 0)
		return -1;
	lex_init(&lx, path, text);
	lx.caret_known = at_least(ps->version, 1, 14);
	ps->depth++;
	while (ret == 0 && (token = lex_token(&lx)) != LEX_EOF)
		ret = parse_statement(ps, &lx, token, scope, file);
	ps->depth--;
	return ret;
}

int
ninja_parse(struct str path, const struct ninja_ops *ops, void *ctx,
	const struct ninja_opts *opts, struct err *err)
{
	struct parser ps = {
		.ops = ops,
		.ctx = ctx,
		.err = err,
		.version = opts && opts->version ? opts->version : "1.14.0",
		.max_value = opts && opts->max_value ? opts->max_value :
			MAX_VALUE,
	};
	int ret;

	scopes_add_rule(&ps.scopes, scopes_add(&ps.scopes, 0), STR("phony"),
		NINJA_PHONY);
	map_put(&ps.pools, STR("console"), NULL);
	ret = parse_file(&ps, path, NINJA_ROOT_SCOPE, NULL);

	scopes_release(&ps.scopes);
	map_release(&ps.pools);
	arena_release(&ps.mem);
	arena_release(&ps.scratch);
	buf_release(&ps.tmp);
	free(ps.vars);
	free(ps.raws);
	free(ps.paths);
	return ret;
}
