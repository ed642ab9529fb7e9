/* SPDX-License-Identifier: Apache-2.0 */
#include "ninja/write.h"

#include <stdlib.h>
#include <string.h>

#include "ninja/eval.h"
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
has_char(struct str s, char c)
{
	return s.n && memchr(s.p, c, s.n);
}

static int
check(struct str s, struct err *err)
{
	if (has_char(s, '\r') || has_char(s, '\0'))
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

/* ---- the writer ---- */

void
ninja_writer_init(struct ninja_writer *w)
{
	*w = (struct ninja_writer){ 0 };
	scopes_add(&w->scopes, NINJA_ROOT_SCOPE);
	map_put(&w->names, STR("phony"), NULL);
}

void
ninja_writer_release(struct ninja_writer *w)
{
	buf_release(&w->text);
	scopes_release(&w->scopes);
	free(w->rules);
	map_release(&w->names);
	arena_release(&w->mem);
	*w = (struct ninja_writer){ 0 };
}

static int
check_scope(const struct ninja_writer *w, uint32_t scope, struct err *err)
{
	return scope < w->scopes.n ? 0 :
		err_set(err, "scope %u is not known", (unsigned)scope);
}

/* Makes sure that the escapes s needs can be used. */
static void
need(struct ninja_writer *w, struct str s, bool path)
{
	if (!w->caret && has_char(s, '\n')) {
		buf_adds(&w->text, "ninja_required_version = 1.14\n");
		w->caret = true;
	}
	if (path && !w->bar && has_char(s, '|')) {
		buf_addf(&w->text, "%s = |\n", bar_name);
		w->bar = true;
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

	if (check_scope(w, parent, err) < 0)
		return -1;
	if (id != w->scopes.n)
		return err_set(err, "scope %u is out of order", (unsigned)id);
	scopes_add(&w->scopes, parent);
	return 0;
}

/* What the value means for the escapes that may be used. */
static void
keep_variable(struct ninja_writer *w, struct str name, const char *value)
{
	const char *dot = strchr(value, '.');
	int major = atoi(value);

	if (str_is(name, bar_name))
		w->bar = true;
	if (str_is(name, "ninja_required_version"))
		w->caret = major > 1 ||
			(major == 1 && dot && atoi(dot + 1) >= 14);
}

static int
write_variable(void *ctx, uint32_t scope, struct str name, struct str value,
	struct err *err)
{
	struct ninja_writer *w = ctx;

	if (check_scope(w, scope, err) < 0 || check_var(name, value, err) < 0)
		return -1;
	name = arena_dup(&w->mem, name);
	value = arena_dup(&w->mem, value);
	scopes_set(&w->scopes, scope, name, value);
	if (scope == NINJA_ROOT_SCOPE) {
		need(w, value, false);
		write_let(&w->text, name, value, false);
		keep_variable(w, name, value.p);
	}
	return 0;
}

static int
write_pool(void *ctx, struct str name, int depth, struct err *err)
{
	struct ninja_writer *w = ctx;

	if (check_name(name, err) < 0)
		return -1;
	buf_addf(&w->text, "pool %.*s\n  depth = %d\n\n", (int)name.n,
		name.p, depth);
	return 0;
}

/* The name, or one that no rule has yet. */
static struct str
free_name(struct ninja_writer *w, struct str name)
{
	struct str s = arena_dup(&w->mem, name);
	unsigned number = 2;
	int added;

	for (;;) {
		map_put(&w->names, s, &added);
		if (added)
			return s;
		s = arena_fmt(&w->mem, "%.*s.%u", (int)name.n, name.p,
			number++);
	}
}

/* Keeps the rule for the steps to come. */
static struct str
keep_rule(struct ninja_writer *w, const struct ninja_rule *rule)
{
	struct ninja_var *vars = arena_alloc(&w->mem,
		(rule->nvars + 1) * sizeof(*vars));
	size_t before = w->nrules;

	for (size_t i = 0; i < rule->nvars; i++) {
		vars[i].name = arena_dup(&w->mem, rule->vars[i].name);
		vars[i].value = arena_dup(&w->mem, rule->vars[i].value);
	}
	if (rule->id >= before) {
		w->nrules = (size_t)rule->id + 1;
		w->rules = vec_grow(w->rules, &w->rules_cap, w->nrules,
			sizeof(*w->rules));
		memset(w->rules + before, 0,
			(w->nrules - before) * sizeof(*w->rules));
	}
	w->rules[rule->id] = (struct written_rule){
		free_name(w, rule->name), vars, rule->nvars,
	};
	return w->rules[rule->id].name;
}

static int
write_rule(void *ctx, const struct ninja_rule *rule, struct err *err)
{
	struct ninja_writer *w = ctx;
	struct str name;

	if (check_scope(w, rule->scope, err) < 0 ||
	    check_name(rule->name, err) < 0)
		return -1;
	for (size_t i = 0; i < rule->nvars; i++)
		if (check_name(rule->vars[i].name, err) < 0 ||
		    check_raw(rule->vars[i].value, err) < 0)
			return -1;
	name = keep_rule(w, rule);
	buf_addf(&w->text, "rule %s\n", name.p);
	for (size_t i = 0; i < rule->nvars; i++) {
		buf_adds(&w->text, "  ");
		write_let(&w->text, rule->vars[i].name, rule->vars[i].value,
			true);
	}
	buf_addc(&w->text, '\n');
	return 0;
}

/* ---- variables of scopes other than the root ---- */

/* A step whose scope's variables are being written as bindings. */
struct binder {
	struct ninja_writer *w;
	const struct ninja_build *b;
	const struct written_rule *rule;
	struct map seen;
	struct buf out;
};

static bool
in_vars(const struct ninja_var *v, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(v[i].name, name))
			return true;
	return false;
}

/* Binds name if it has another value in the step's scope than in the root. */
static int
bind(void *ctx, struct str name)
{
	struct binder *bd = ctx;
	struct str value = scopes_get(&bd->w->scopes, bd->b->scope, name);
	struct str root = scopes_get(&bd->w->scopes, NINJA_ROOT_SCOPE, name);
	int added;

	map_put(&bd->seen, name, &added);
	if (!added || str_eq(value, root) || str_is(name, "in") ||
	    str_is(name, "out") || str_is(name, "in_newline") ||
	    in_vars(bd->b->vars, bd->b->nvars, name) ||
	    in_vars(bd->rule->vars, bd->rule->nvars, name))
		return 0;
	need(bd->w, value, false);
	buf_adds(&bd->out, "  ");
	write_let(&bd->out, name, value, false);
	return 0;
}

/* Variables that mean something for a step though nothing names them. */
static const char *const special[] = {
	"command", "depfile", "deps", "description", "dyndep", "generator",
	"msvc_deps_prefix", "pool", "restat", "rspfile", "rspfile_content",
};

/* Appends what the step's scope adds to its bindings. */
static void
bind_scope(struct ninja_writer *w, const struct ninja_build *b,
	struct buf *out)
{
	static const struct written_rule phony;
	struct binder bd = { .w = w, .b = b, .rule = &phony };

	if (b->rule != NINJA_PHONY)
		bd.rule = &w->rules[b->rule];
	for (size_t i = 0; i < bd.rule->nvars; i++)
		ninja_eval_names(bd.rule->vars[i].value, bind, &bd);
	for (size_t i = 0; i < countof(special); i++)
		bind(&bd, str_of(special[i]));
	for (uint32_t s = b->scope; s; s = w->scopes.v[s].parent) {
		const struct map *vars = &w->scopes.v[s].vars;

		for (size_t i = 0; i < vars->cap; i++)
			if (vars->slots[i].key.p &&
			    str_starts(vars->slots[i].key, "tg_"))
				bind(&bd, vars->slots[i].key);
	}
	buf_addstr(out, buf_str(&bd.out));
	buf_release(&bd.out);
	map_release(&bd.seen);
}

/* ---- steps ---- */

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
	if (check_scope(w, b->scope, err) < 0)
		return -1;
	if (b->rule != NINJA_PHONY &&
	    (b->rule >= w->nrules || !w->rules[b->rule].name.p))
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
need_build(struct ninja_writer *w, const struct ninja_build *b)
{
	for (size_t i = 0; i < b->nouts; i++)
		need(w, b->outs[i], true);
	for (size_t i = 0; i < b->nins; i++)
		need(w, b->ins[i], true);
	for (size_t i = 0; i < b->nvals; i++)
		need(w, b->vals[i], true);
	for (size_t i = 0; i < b->nvars; i++)
		need(w, b->vars[i].value, false);
}

/* The line of a step, with its newline. */
static void
write_step(struct buf *out, struct str rule, const struct ninja_build *b)
{
	size_t nin = b->nins - b->nimplicit - b->norder;
	size_t nout = b->nouts - b->nimplicit_outs, line = out->n;

	buf_adds(out, "build");
	write_paths(out, &line, b->outs, nout);
	write_section(out, &line, " |", b->outs + nout, b->nimplicit_outs);
	buf_adds(out, ": ");
	buf_addstr(out, rule);
	write_paths(out, &line, b->ins, nin);
	write_section(out, &line, " |", b->ins + nin, b->nimplicit);
	write_section(out, &line, " ||", b->ins + nin + b->nimplicit,
		b->norder);
	write_section(out, &line, " |@", b->vals, b->nvals);
	buf_addc(out, '\n');
}

static int
write_build(void *ctx, const struct ninja_build *b, struct err *err)
{
	struct ninja_writer *w = ctx;
	struct buf vars = { 0 };

	if (check_build(w, b, err) < 0)
		return -1;
	need_build(w, b);
	for (size_t i = 0; i < b->nvars; i++) {
		buf_adds(&vars, "  ");
		write_let(&vars, b->vars[i].name, b->vars[i].value, false);
	}
	if (b->scope != NINJA_ROOT_SCOPE)
		bind_scope(w, b, &vars);
	write_step(&w->text, b->rule == NINJA_PHONY ? STR("phony") :
		w->rules[b->rule].name, b);
	buf_addstr(&w->text, buf_str(&vars));
	if (vars.n)
		buf_addc(&w->text, '\n');
	buf_release(&vars);
	return 0;
}

static int
write_default(void *ctx, struct str path, struct err *err)
{
	struct ninja_writer *w = ctx;

	if (check_path(path, err) < 0)
		return -1;
	need(w, path, true);
	buf_adds(&w->text, "default ");
	ninja_write_path(&w->text, path);
	buf_addc(&w->text, '\n');
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
