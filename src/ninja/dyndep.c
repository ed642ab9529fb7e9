/* SPDX-License-Identifier: Apache-2.0 */
#include "ninja/dyndep.h"

#include <stdlib.h>

#include "ninja/eval.h"
#include "ninja/lex.h"
#include "util/arena.h"
#include "util/mem.h"
#include "util/path.h"

struct dyndep_parser {
	const struct dyndep_ops *ops;
	void *ctx;
	struct err *err;
	struct lexer lx;
	struct buf tmp;
	struct arena scratch;   /* paths of the statement at hand */
	struct lex_raw *raws;
	size_t nraws, raws_cap;
	struct str *paths;
	size_t paths_cap;
};

/* No variable is known in a dyndep file. */
static int
lookup_nothing(void *ctx, struct str name, struct buf *out, struct err *err)
{
	(void)ctx, (void)name, (void)out, (void)err;
	return 0;
}

static int
eval_path(struct dyndep_parser *ps, const struct lex_raw *raw, struct str *out)
{
	buf_clear(&ps->tmp);
	ninja_eval(raw->s, lookup_nothing, NULL, &ps->tmp, NULL);
	if (ps->tmp.n == 0)
		return lex_error(&ps->lx, ps->err, "empty path");
	*out = arena_dup(&ps->scratch, buf_str(&ps->tmp));
	out->n = path_fold((char *)out->p, out->n);
	return 0;
}

/* Reads paths up to one that is empty; returns how many, or -1. */
static long
read_dyndep_paths(struct dyndep_parser *ps)
{
	size_t before = ps->nraws;

	for (;;) {
		ps->raws = vec_grow(ps->raws, &ps->raws_cap, ps->nraws + 1,
			sizeof(*ps->raws));
		if (lex_path(&ps->lx, &ps->raws[ps->nraws], ps->err) < 0)
			return -1;
		if (ps->raws[ps->nraws].s.n == 0)
			return (long)(ps->nraws - before);
		ps->nraws++;
	}
}

/* There must be no further path before a | or the end of the line. */
static int
no_path(struct dyndep_parser *ps, const char *message)
{
	struct lex_raw raw;

	if (lex_path(&ps->lx, &raw, ps->err) < 0)
		return -1;
	return raw.s.n ? lex_error(&ps->lx, ps->err, "%s", message) : 0;
}

/* Paths behind a |, if there is one. */
static int
read_implicit(struct dyndep_parser *ps, size_t *count)
{
	long n = 0;

	if (lex_peek(&ps->lx, LEX_PIPE))
		n = read_dyndep_paths(ps);
	*count = n < 0 ? 0 : (size_t)n;
	return n < 0 ? -1 : 0;
}

static int
read_target(struct dyndep_parser *ps, struct str *out)
{
	struct lex_raw raw;

	if (lex_path(&ps->lx, &raw, ps->err) < 0)
		return -1;
	if (raw.s.n == 0)
		return lex_error(&ps->lx, ps->err, "expected path");
	if (eval_path(ps, &raw, out) < 0)
		return -1;
	if (ps->ops->target && ps->ops->target(ps->ctx, *out, ps->err) < 0)
		return lex_place(&ps->lx, ps->err);
	return 0;
}

static int
parse_outputs(struct dyndep_parser *ps, struct dyndep_build *b)
{
	struct lexer *lx = &ps->lx;
	struct str rule;

	ps->nraws = 0;
	if (read_target(ps, &b->out) < 0 ||
	    no_path(ps, "explicit outputs not supported") < 0 ||
	    read_implicit(ps, &b->nouts) < 0 ||
	    lex_expect(lx, LEX_COLON, ps->err) < 0)
		return -1;
	if (!lex_ident(lx, &rule) || !str_is(rule, "dyndep"))
		return lex_error(lx, ps->err,
			"expected build command name 'dyndep'");
	if (no_path(ps, "explicit inputs not supported") < 0 ||
	    read_implicit(ps, &b->nins) < 0)
		return -1;
	if (lex_peek(lx, LEX_PIPE2))
		return lex_error(lx, ps->err,
			"order-only inputs not supported");
	return lex_expect(lx, LEX_NEWLINE, ps->err);
}

static int
read_restat(struct dyndep_parser *ps, bool *restat)
{
	struct lex_raw raw;
	struct str key;

	if (!lex_peek(&ps->lx, LEX_INDENT))
		return 0;
	if (lex_let(&ps->lx, &key, &raw, ps->err) < 0)
		return -1;
	if (!str_is(key, "restat"))
		return lex_error(&ps->lx, ps->err, "binding is not 'restat'");
	buf_clear(&ps->tmp);
	ninja_eval(raw.s, lookup_nothing, NULL, &ps->tmp, NULL);
	*restat = ps->tmp.n > 0;
	return 0;
}

static int
parse_dyndep_build(struct dyndep_parser *ps)
{
	struct dyndep_build b = { .restat = false };

	if (parse_outputs(ps, &b) < 0 || read_restat(ps, &b.restat) < 0)
		return -1;
	ps->paths = vec_grow(ps->paths, &ps->paths_cap, ps->nraws + 1,
		sizeof(*ps->paths));
	for (size_t i = 0; i < ps->nraws; i++)
		if (eval_path(ps, &ps->raws[i], &ps->paths[i]) < 0)
			return -1;
	b.outs = ps->paths;
	b.ins = ps->paths + b.nouts;
	return ps->ops->build ? ps->ops->build(ps->ctx, &b, ps->err) : 0;
}

static int
no_version(struct dyndep_parser *ps)
{
	return lex_error(&ps->lx, ps->err,
		"expected 'ninja_dyndep_version = ...'");
}

static int
dyndep_version(struct dyndep_parser *ps)
{
	struct lex_raw raw;
	struct str key, version;
	const char *dot;

	if (lex_let(&ps->lx, &key, &raw, ps->err) < 0)
		return -1;
	if (!str_is(key, "ninja_dyndep_version"))
		return no_version(ps);
	buf_clear(&ps->tmp);
	ninja_eval(raw.s, lookup_nothing, NULL, &ps->tmp, NULL);
	version = buf_str(&ps->tmp);
	dot = strchr(version.p, '.');
	if (atoi(version.p) != 1 || (dot && atoi(dot + 1) != 0))
		return lex_error(&ps->lx, ps->err,
			"unsupported 'ninja_dyndep_version = %s'", version.p);
	return 0;
}

static int
parse_dyndep(struct dyndep_parser *ps)
{
	struct lexer *lx = &ps->lx;
	bool version = false;

	for (;;) {
		enum lex_token token = lex_token(lx);
		int ret = 0;

		arena_release(&ps->scratch);
		switch (token) {
		case LEX_BUILD:
			ret = version ? parse_dyndep_build(ps) : no_version(ps);
			break;
		case LEX_IDENT:
			lex_unread(lx);
			if (version)
				return lex_unexpected(lx, token, ps->err);
			ret = dyndep_version(ps);
			version = true;
			break;
		case LEX_NEWLINE:
			break;
		case LEX_EOF:
			return version ? 0 : no_version(ps);
		case LEX_ERROR:
			return lex_bad_byte(lx, ps->err);
		default:
			return lex_unexpected(lx, token, ps->err);
		}
		if (ret < 0)
			return -1;
	}
}

int
dyndep_parse(struct str path, struct str text, const struct dyndep_ops *ops,
	void *ctx, struct err *err)
{
	struct dyndep_parser ps = { .ops = ops, .ctx = ctx, .err = err };
	int ret;

	lex_init(&ps.lx, path, text);
	ret = parse_dyndep(&ps);
	buf_release(&ps.tmp);
	arena_release(&ps.scratch);
	free(ps.raws);
	free(ps.paths);
	return ret;
}
