/* SPDX-License-Identifier: Apache-2.0 */
#include "ninja/write.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

enum { COLUMNS = 78 };

static const char bar_name[] = "tg_bar";

/* ---- bytes ---- */

void
ninja_write_path(struct buf *out, struct str path)
{
	for (size_t i = 0; i < path.n; i++) {
		char c = path.p[i];

		if (c == '|') {
			buf_addf(out, "${%s}", bar_name);
			continue;
		}
		if (c == '$' || c == ' ' || c == ':' || c == '\n')
			buf_addc(out, '$');
		buf_addc(out, c == '\n' ? '^' : c);
	}
}

void
ninja_write_value(struct buf *out, struct str value)
{
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (c == '$' || c == '\n' || (c == ' ' && i == 0))
			buf_addc(out, '$');
		buf_addc(out, c == '\n' ? '^' : c);
	}
}

static bool
has(struct str s, char c)
{
	return s.n && memchr(s.p, c, s.n);
}

static int
check(struct str s, struct err *err)
{
	if (has(s, '\r') || has(s, '\0'))
		return err_set(err, "a ninja file cannot hold this value, it "
			"has a carriage return or NUL: '%.*s'",
			(int)s.n, s.p);
	return 0;
}

static int
check_path(struct str s, struct err *err)
{
	return s.n ? check(s, err) : err_set(err, "empty path");
}

static int
check_name(struct str s, struct err *err)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || (c && strchr("_.-", c))))
			return err_set(err, "'%.*s' is not a name",
				(int)s.n, s.p);
	}
	return s.n ? 0 : err_set(err, "empty name");
}

/* A variable that a statement sets. */
static int
check_var(struct str name, struct str value, struct err *err)
{
	if (str_is(name, bar_name) && !str_is(value, "|"))
		return err_set(err, "the name %s is reserved", bar_name);
	return check_name(name, err) < 0 ? -1 : check(value, err);
}

/* A raw value must stay one line: a newline needs a $ before it. */
static int
check_raw(struct str s, struct err *err)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '$')
			i += i + 2 < s.n && s.p[i + 1] == '\r' ? 2 : 1;
		else if (s.p[i] == '\n' || s.p[i] == '\r' || !s.p[i])
			return err_set(err, "a ninja file cannot hold this "
				"value: '%.*s'", (int)s.n, s.p);
	}
	return 0;
}

/* ---- parts ---- */

static struct ninja_part *
part(struct ninja_writer *w, uint32_t scope)
{
	for (size_t i = w->nparts; i-- > 0;) {
		if (w->parts[i].scope == scope) {
			w->last = i;
			return &w->parts[i];
		}
	}
	return NULL;
}

static int
no_scope(uint32_t scope, struct err *err)
{
	return err_set(err, "scope %u is not known", (unsigned)scope);
}

static void
add_part(struct ninja_writer *w, uint32_t scope, struct str name)
{
	w->parts = vec_grow(w->parts, &w->parts_cap, w->nparts + 1,
		sizeof(*w->parts));
	w->parts[w->nparts++] = (struct ninja_part){
		.scope = scope,
		.name = name,
	};
}

void
ninja_writer_init(struct ninja_writer *w, struct str root)
{
	*w = (struct ninja_writer){ 0 };
	add_part(w, NINJA_ROOT_SCOPE, arena_dup(&w->mem, root));
}

void
ninja_writer_release(struct ninja_writer *w)
{
	for (size_t i = 0; i < w->nparts; i++)
		buf_release(&w->parts[i].text);
	free(w->parts);
	free(w->rules);
	arena_release(&w->mem);
	*w = (struct ninja_writer){ 0 };
}

/* Makes sure that the escapes s needs can be used in pt. */
static void
need(struct ninja_part *pt, struct str s, bool path)
{
	if (!pt->caret && has(s, '\n')) {
		buf_adds(&pt->text, "ninja_required_version = 1.14\n");
		pt->caret = true;
	}
	if (path && !pt->bar && has(s, '|')) {
		buf_addf(&pt->text, "%s = |\n", bar_name);
		pt->bar = true;
	}
}

/* ---- statements ---- */

static void
write_let(struct buf *out, struct str name, struct str value, bool raw)
{
	buf_addstr(out, name);
	buf_adds(out, value.n ? " = " : " =");
	if (!raw) {
		ninja_write_value(out, value);
	} else {
		if (value.n && value.p[0] == ' ')
			buf_addc(out, '$');
		buf_addstr(out, value);
	}
	buf_addc(out, '\n');
}

static int
write_scope(void *ctx, uint32_t id, uint32_t parent, struct err *err)
{
	struct ninja_writer *w = ctx;
	struct ninja_part *pt = part(w, parent);
	struct str root = w->parts[0].name, name;
	size_t dot = root.n;

	if (!pt)
		return no_scope(parent, err);
	while (dot > 0 && root.p[dot - 1] != '.' && root.p[dot - 1] != '/')
		dot--;
	if (dot == 0 || root.p[dot - 1] == '/')
		dot = root.n + 1;
	name = arena_fmt(&w->mem, "%.*s.%u%s", (int)(dot - 1), root.p,
		(unsigned)id, root.p + dot - 1);
	need(pt, name, true);
	buf_adds(&pt->text, "subninja ");
	ninja_write_path(&pt->text, name);
	buf_addc(&pt->text, '\n');
	add_part(w, id, name);
	return 0;
}

/* What the value means for the escapes that may be used. */
static void
note_variable(struct ninja_part *pt, struct str name, struct str value)
{
	if (str_is(name, bar_name))
		pt->bar = true;
	if (str_is(name, "ninja_required_version")) {
		struct buf b = { 0 };
		const char *dot;
		int major;

		buf_addstr(&b, value);
		major = atoi(buf_str(&b).p);
		dot = strchr(buf_str(&b).p, '.');
		pt->caret = major > 1 ||
			(major == 1 && dot && atoi(dot + 1) >= 14);
		buf_release(&b);
	}
}

static int
write_variable(void *ctx, uint32_t scope, struct str name, struct str value,
	struct err *err)
{
	struct ninja_part *pt = part(ctx, scope);

	if (!pt)
		return no_scope(scope, err);
	if (check_var(name, value, err) < 0)
		return -1;
	need(pt, value, false);
	write_let(&pt->text, name, value, false);
	note_variable(pt, name, value);
	return 0;
}

static int
write_pool(void *ctx, struct str name, int depth, struct err *err)
{
	struct ninja_writer *w = ctx;
	struct buf *out = &w->parts[w->last].text;

	if (check_name(name, err) < 0)
		return -1;
	buf_addf(out, "pool %.*s\n  depth = %d\n\n", (int)name.n, name.p,
		depth);
	return 0;
}

static int
write_rule(void *ctx, const struct ninja_rule *rule, struct err *err)
{
	struct ninja_writer *w = ctx;
	struct ninja_part *pt = part(w, rule->scope);
	size_t before = w->nrules;

	if (!pt)
		return no_scope(rule->scope, err);
	if (check_name(rule->name, err) < 0)
		return -1;
	if (rule->id >= w->nrules) {
		w->nrules = (size_t)rule->id + 1;
		w->rules = vec_grow(w->rules, &w->rules_cap, w->nrules,
			sizeof(*w->rules));
		memset(w->rules + before, 0,
			(w->nrules - before) * sizeof(*w->rules));
	}
	w->rules[rule->id] = arena_dup(&w->mem, rule->name);

	buf_adds(&pt->text, "rule ");
	buf_addstr(&pt->text, rule->name);
	buf_addc(&pt->text, '\n');
	for (size_t i = 0; i < rule->nvars; i++) {
		const struct ninja_var *v = &rule->vars[i];

		if (check_name(v->name, err) < 0 ||
		    check_raw(v->value, err) < 0)
			return -1;
		buf_adds(&pt->text, "  ");
		write_let(&pt->text, v->name, v->value, true);
	}
	buf_addc(&pt->text, '\n');
	return 0;
}

/* Appends paths; a line that gets long is continued on the next. */
static void
write_paths(struct buf *out, size_t *line, const struct str *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && out->n - *line + v[i].n > COLUMNS) {
			buf_adds(out, " $\n   ");
			*line = out->n - 3;
		}
		buf_addc(out, ' ');
		ninja_write_path(out, v[i]);
	}
}

static void
write_section(struct buf *out, size_t *line, const char *separator,
	const struct str *v, size_t n)
{
	if (n == 0)
		return;
	buf_adds(out, separator);
	write_paths(out, line, v, n);
}

static int
check_build(const struct ninja_writer *w, const struct ninja_build *b,
	struct err *err)
{
	if (b->rule != NINJA_PHONY &&
	    (b->rule >= w->nrules || !w->rules[b->rule].p))
		return err_set(err, "rule %u is not known", (unsigned)b->rule);
	if (b->nouts == 0)
		return err_set(err, "expected path");
	for (size_t i = 0; i < b->nvars; i++)
		if (check_var(b->vars[i].name, b->vars[i].value, err) < 0)
			return -1;
	for (size_t i = 0; i < b->nouts; i++)
		if (check_path(b->outs[i], err) < 0)
			return -1;
	for (size_t i = 0; i < b->nins; i++)
		if (check_path(b->ins[i], err) < 0)
			return -1;
	for (size_t i = 0; i < b->nvals; i++)
		if (check_path(b->vals[i], err) < 0)
			return -1;
	return 0;
}

static void
need_build(struct ninja_part *pt, const struct ninja_build *b)
{
	for (size_t i = 0; i < b->nouts; i++)
		need(pt, b->outs[i], true);
	for (size_t i = 0; i < b->nins; i++)
		need(pt, b->ins[i], true);
	for (size_t i = 0; i < b->nvals; i++)
		need(pt, b->vals[i], true);
	for (size_t i = 0; i < b->nvars; i++)
		need(pt, b->vars[i].value, false);
}

static int
write_build(void *ctx, const struct ninja_build *b, struct err *err)
{
	struct ninja_writer *w = ctx;
	struct ninja_part *pt = part(w, b->scope);
	size_t nin = b->nins - b->nimplicit - b->norder;
	size_t nout = b->nouts - b->nimplicit_outs, line;
	struct buf *out;

	if (!pt)
		return no_scope(b->scope, err);
	if (check_build(w, b, err) < 0)
		return -1;
	need_build(pt, b);
	out = &pt->text;
	line = out->n;
	buf_adds(out, "build");
	write_paths(out, &line, b->outs, nout);
	write_section(out, &line, " |", b->outs + nout, b->nimplicit_outs);
	buf_adds(out, ": ");
	buf_addstr(out, b->rule == NINJA_PHONY ? STR("phony") :
		w->rules[b->rule]);
	write_paths(out, &line, b->ins, nin);
	write_section(out, &line, " |", b->ins + nin, b->nimplicit);
	write_section(out, &line, " ||", b->ins + nin + b->nimplicit,
		b->norder);
	write_section(out, &line, " |@", b->vals, b->nvals);
	buf_addc(out, '\n');
	for (size_t i = 0; i < b->nvars; i++) {
		buf_adds(out, "  ");
		write_let(out, b->vars[i].name, b->vars[i].value, false);
	}
	if (b->nvars)
		buf_addc(out, '\n');
	return 0;
}

static int
write_default(void *ctx, struct str path, struct err *err)
{
	struct ninja_writer *w = ctx;
	struct ninja_part *pt = &w->parts[w->last];

	if (check_path(path, err) < 0)
		return -1;
	need(pt, path, true);
	buf_adds(&pt->text, "default ");
	ninja_write_path(&pt->text, path);
	buf_addc(&pt->text, '\n');
	return 0;
}

const struct ninja_ops ninja_writer_ops = {
	.scope = write_scope,
	.variable = write_variable,
	.pool = write_pool,
	.rule = write_rule,
	.build = write_build,
	.defaults = write_default,
};
