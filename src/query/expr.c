/* SPDX-License-Identifier: Apache-2.0 */
#include "query/expr.h"

#include <stdarg.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"

enum { DEPTH_MAX = 500 };       /* of parentheses in each other */

struct parser {
	struct arena *arena;
	struct str text;
	size_t at;
	unsigned depth;
	struct err *err;
};

int
expr_error(struct str text, size_t at, struct err *err, const char *fmt, ...)
{
	size_t from = at, to = at;
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	while (from > 0 && text.p[from - 1] != '\n')
		from--;
	while (to < text.n && text.p[to] != '\n')
		to++;
	buf_adds(&b, "\n  ");
	buf_add(&b, text.p + from, to - from);
	buf_adds(&b, "\n  ");
	for (size_t i = from; i < at; i++)
		if (((unsigned char)text.p[i] & 0xc0) != 0x80)
			buf_addc(&b, text.p[i] == '\t' ? '\t' : ' ');
	buf_addc(&b, '^');
	err_set(err, "%s", b.p);
	buf_release(&b);
	return -1;
}

static void *
fail(struct parser *p, size_t at, const char *msg)
{
	expr_error(p->text, at, p->err, "%s", msg);
	return NULL;
}

static char
peek(struct parser *p)
{
	while (p->at < p->text.n && char_is_space(p->text.p[p->at]))
		p->at++;
	return p->at < p->text.n ? p->text.p[p->at] : '\0';
}

/* Takes the character if it is next. */
static bool
take_char(struct parser *p, char c)
{
	if (peek(p) != c || p->at == p->text.n)
		return false;
	p->at++;
	return true;
}

static bool
ends_word(char c)
{
	return char_is_space(c) || strchr("(),&|", c) != NULL;
}

/* A quoted name, from its first quote on. */
static bool
take_quoted(struct parser *p, struct str *out)
{
	size_t from = p->at++;
	char quote = p->text.p[from], *to;

	to = arena_alloc(p->arena, p->text.n - from + 1);
	out->p = to;
	for (; p->at < p->text.n; p->at++) {
		char c = p->text.p[p->at];

		if (c == quote) {
			p->at++;
			*to = '\0';
			out->n = (size_t)(to - out->p);
			if (out->n)
				return true;
			return fail(p, from, "an empty name") != NULL;
		}
		if (c == '\\' && p->at + 1 < p->text.n &&
		    strchr("\\\"'", p->text.p[p->at + 1]))
			c = p->text.p[++p->at];
		*to++ = c;
	}
	return fail(p, from, "the quote is not closed") != NULL;
}

/* A word or a quoted name; what: what is expected here. */
static bool
take_name(struct parser *p, struct str *out, const char *what)
{
	char c = peek(p);
	size_t from = p->at;

	if (p->at < p->text.n && (c == '"' || c == '\''))
		return take_quoted(p, out);
	while (p->at < p->text.n && !ends_word(p->text.p[p->at]) && c != '-')
		p->at++;
	if (p->at == from) {
		expr_error(p->text, from, p->err, "expected %s", what);
		return false;
	}
	*out = arena_dup(p->arena, (struct str){ p->text.p + from,
		p->at - from });
	return true;
}

static struct expr *
new_expr(struct parser *p, enum expr_op op, size_t at)
{
	struct expr *e = arena_calloc(p->arena, sizeof(*e));

	e->op = op;
	e->at = e->text_at = e->value_at = at;
	e->depth = EXPR_ANY;
	return e;
}

static struct expr *parse_expr(struct parser *p);

static bool
expect(struct parser *p, char c, const char *what)
{
	if (take_char(p, c))
		return true;
	expr_error(p->text, p->at, p->err, "expected %s", what);
	return false;
}

static bool
take_regex(struct parser *p, struct expr *e)
{
	size_t from;
	char *to;

	if (!expect(p, '/', "a regular expression between slashes, as in "
	            "filter(/core/)"))
		return false;
	from = e->text_at = p->at;
	to = arena_alloc(p->arena, p->text.n - from + 1);
	e->text.p = to;
	for (; p->at < p->text.n && p->text.p[p->at] != '/'; p->at++) {
		/* any other escape is the regex's own */
		if (p->text.p[p->at] == '\\' && p->at + 1 < p->text.n &&
		    p->text.p[++p->at] != '/')
			*to++ = '\\';
		*to++ = p->text.p[p->at];
	}
	*to = '\0';
	e->text.n = (size_t)(to - e->text.p);
	if (p->at == p->text.n)
		return fail(p, from - 1, "the regular expression has no / at "
		            "its end") != NULL;
	p->at++;
	if (p->at < p->text.n && p->text.p[p->at] == 'i') {
		e->nocase = true;
		p->at++;
	}
	return true;
}

static bool
take_depth(struct parser *p, struct expr *e)
{
	uint32_t v = 0;
	size_t from;

	if (!take_char(p, ','))
		return true;
	peek(p);
	from = p->at;
	for (; p->at < p->text.n && p->text.p[p->at] >= '0' &&
	     p->text.p[p->at] <= '9'; p->at++)
		v = v > EXPR_ANY / 20 ? v
		  : v * 10 + (uint32_t)(p->text.p[p->at] - '0');
	if (p->at == from)
		return fail(p, from, "expected a depth, which is a number") !=
		       NULL;
	e->depth = v;
	return true;
}

/* What stands between the parentheses of a function. */
static bool
take_arguments(struct parser *p, struct expr *e)
{
	struct expr **tail = &e->list;

	switch (e->op) {
	case EXPR_SET:
		while (peek(p) != ')') {
			struct expr *name = new_expr(p, EXPR_NAME, p->at);

			if (!take_name(p, &name->text, "a name or ')'"))
				return false;
			*tail = name;
			tail = &name->next;
		}
		return true;
	case EXPR_KIND:
		peek(p);
		e->text_at = p->at;
		return take_name(p, &e->text, "a kind, as in kind(test)");
	case EXPR_FILTER:
		return take_regex(p, e);
	case EXPR_ATTR:
		peek(p);
		e->text_at = p->at;
		if (!take_name(p, &e->text, "the name of a variable, as in "
		               "attr(pool, link)") ||
		    !expect(p, ',', "',' and a value"))
			return false;
		peek(p);
		e->value_at = p->at;
		return take_name(p, &e->value, "a value");
	default:
		break;
	}
	e->a = parse_expr(p);
	if (!e->a)
		return false;
	if (e->op == EXPR_DEPS || e->op == EXPR_RDEPS)
		return take_depth(p, e);
	if (e->op == EXPR_SOMEPATH || e->op == EXPR_ALLPATHS) {
		if (!expect(p, ',', "',' and where the path ends"))
			return false;
		e->b = parse_expr(p);
		return e->b != NULL;
	}
	return true;
}

static const char *const functions[] = {
	[EXPR_NAME] = "", [EXPR_SET] = "set", [EXPR_DEPS] = "deps",
	[EXPR_RDEPS] = "rdeps", [EXPR_TESTS] = "tests",
	[EXPR_AFFECTED] = "affected", [EXPR_SOMEPATH] = "somepath",
	[EXPR_ALLPATHS] = "allpaths", [EXPR_KIND] = "kind",
	[EXPR_FILTER] = "filter", [EXPR_ATTR] = "attr",
};

static struct expr *
parse_call(struct parser *p, struct str name, size_t at)
{
	struct expr *e = NULL;
	const char *near;

	for (size_t i = EXPR_SET; i < countof(functions) && !e; i++)
		if (str_is(name, functions[i]))
			e = new_expr(p, (enum expr_op)i, at);
	if (!e) {
		near = str_nearest(name.p, functions + 1,
		                   countof(functions) - 1);
		expr_error(p->text, at, p->err, "unknown function '%s'%s%s%s",
		           name.p, near ? ", did you mean '" : " (known are "
		           "deps, rdeps, tests, affected, kind, filter, "
		           "somepath, allpaths, attr and set)",
		           near ? near : "", near ? "'?" : "");
		return NULL;
	}
	p->at++;
	if (!take_arguments(p, e) ||
	    !expect(p, ')', e->depth == EXPR_ANY && (e->op == EXPR_DEPS ||
	            e->op == EXPR_RDEPS) ? "')', an operator or ',' and a "
	            "depth" : e->a ? "')' or an operator" : "')'"))
		return NULL;
	return e;
}

static struct expr *
parse_term(struct parser *p)
{
	char c = peek(p);
	size_t at = p->at;
	struct str name;
	struct expr *e;

	if (c == '(') {
		if (p->depth == DEPTH_MAX)
			return fail(p, at, "too many parentheses in each "
			            "other");
		p->at++;
		e = parse_expr(p);
		return e && expect(p, ')', "')' or an operator") ? e : NULL;
	}
	if (!take_name(p, &name, "a name, a function or '('"))
		return NULL;
	if (c != '"' && c != '\'' && peek(p) == '(') {
		if (p->depth == DEPTH_MAX)
			return fail(p, at, "too many functions in each other");
		return parse_call(p, name, at);
	}
	e = new_expr(p, EXPR_NAME, at);
	e->text = name;
	return e;
}

static struct expr *
parse_expr(struct parser *p)
{
	struct expr *e;

	p->depth++;
	e = parse_term(p);
	while (e) {
		char c = peek(p);
		struct expr *both;

		if (p->at == p->text.n || (c != '&' && c != '|' && c != '-'))
			break;
		both = new_expr(p, c == '&' ? EXPR_AND : c == '|' ? EXPR_OR
		                   : EXPR_MINUS, p->at);
		p->at++;
		both->a = e;
		both->b = parse_term(p);
		e = both->b ? both : NULL;
	}
	p->depth--;
	return e;
}

struct expr *
expr_parse(struct arena *a, const char *text, size_t n, struct err *err)
{
	struct parser p = {
		.arena = a, .text = { text, n }, .err = err,
	};
	struct expr *e;

	if (n && memchr(text, '\0', n)) {
		err_set(err, "an expression cannot hold a NUL");
		return NULL;
	}
	e = parse_expr(&p);
	peek(&p);
	if (e && p.at < n)
		return fail(&p, p.at, "expected an operator (&, | or -) or the "
		            "end");
	return e;
}
