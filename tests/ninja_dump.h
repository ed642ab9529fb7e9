/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_NINJA_DUMP_H
#define TG_TESTS_NINJA_DUMP_H

/* A manifest in memory, and its statements as text: what the tests and
 * fuzzers of src/ninja compare. */

#include <stdint.h>
#include <string.h>

#include "ninja/stmt.h"
#include "util/buf.h"

struct memory_file {
	struct str name, text;  /* text is followed by a NUL */
};

struct dump {
	const struct memory_file *files;
	size_t nfiles;
	struct buf out;         /* a line a statement */
	struct buf warnings;    /* a line each */
	unsigned loads;
	/* Helper variables of the writer are left out. */
	int no_helpers;
};

static int
dump_load(void *ctx, struct str path, uint32_t *file, struct str *text,
	struct err *err)
{
	struct dump *d = ctx;

	(void)err;
	for (size_t i = 0; i < d->nfiles; i++) {
		if (str_eq(d->files[i].name, path)) {
			*file = d->loads++;
			*text = d->files[i].text;
			return 1;
		}
	}
	return 0;
}

static void
dump_warn(void *ctx, struct str message)
{
	struct dump *d = ctx;

	buf_addstr(&d->warnings, message);
	buf_addc(&d->warnings, '\n');
}

static void
dump_quoted(struct buf *out, struct str s)
{
	buf_addc(out, '<');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' || c == '<' || c == '>' || c == '\\')
			buf_addf(out, "\\%02x", c);
		else
			buf_addc(out, (char)c);
	}
	buf_addc(out, '>');
}

static void
dump_vars(struct buf *out, const struct ninja_var *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_addf(out, " %.*s=", (int)v[i].name.n, v[i].name.p);
		dump_quoted(out, v[i].value);
	}
	buf_addc(out, '\n');
}

static void
dump_paths(struct buf *out, const char *before, const struct str *v, size_t n)
{
	if (n)
		buf_adds(out, before);
	for (size_t i = 0; i < n; i++) {
		buf_addc(out, ' ');
		dump_quoted(out, v[i]);
	}
}

static int
dump_scope(void *ctx, uint32_t id, uint32_t parent, struct err *err)
{
	struct dump *d = ctx;

	(void)err;
	buf_addf(&d->out, "scope %u in %u\n", id, parent);
	return 0;
}

static int
dump_variable(void *ctx, uint32_t scope, struct str name, struct str value,
	struct err *err)
{
	struct dump *d = ctx;
	struct ninja_var v = { name, value };

	(void)err;
	if (d->no_helpers && (str_is(name, "tg_bar") ||
	    str_is(name, "ninja_required_version")))
		return 0;
	buf_addf(&d->out, "variable %u", scope);
	dump_vars(&d->out, &v, 1);
	return 0;
}

static int
dump_pool(void *ctx, struct str name, int depth, struct err *err)
{
	struct dump *d = ctx;

	(void)err;
	buf_addf(&d->out, "pool %.*s %d\n", (int)name.n, name.p, depth);
	return 0;
}

static int
dump_rule(void *ctx, const struct ninja_rule *r, struct err *err)
{
	struct dump *d = ctx;

	(void)err;
	buf_addf(&d->out, "rule %u in %u %.*s", r->id, r->scope,
		(int)r->name.n, r->name.p);
	dump_vars(&d->out, r->vars, r->nvars);
	return 0;
}

static int
dump_build(void *ctx, const struct ninja_build *b, struct err *err)
{
	struct dump *d = ctx;
	size_t out = b->nouts - b->nimplicit_outs;
	size_t in = b->nins - b->nimplicit - b->norder;

	(void)err;
	buf_addf(&d->out, "build in %u rule %u", b->scope, b->rule);
	dump_paths(&d->out, " out", b->outs, out);
	dump_paths(&d->out, " |", b->outs + out, b->nimplicit_outs);
	dump_paths(&d->out, " in", b->ins, in);
	dump_paths(&d->out, " |", b->ins + in, b->nimplicit);
	dump_paths(&d->out, " ||", b->ins + in + b->nimplicit, b->norder);
	dump_paths(&d->out, " |@", b->vals, b->nvals);
	dump_vars(&d->out, b->vars, b->nvars);
	return 0;
}

static int
dump_default(void *ctx, struct str path, struct err *err)
{
	struct dump *d = ctx;

	(void)err;
	dump_paths(&d->out, "default", &path, 1);
	buf_addc(&d->out, '\n');
	return 0;
}

/* ctx: struct dump. */
static const struct ninja_ops dump_ops = {
	.scope = dump_scope,
	.variable = dump_variable,
	.pool = dump_pool,
	.rule = dump_rule,
	.build = dump_build,
	.defaults = dump_default,
	.load = dump_load,
	.warn = dump_warn,
};

#endif
