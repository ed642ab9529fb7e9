/* SPDX-License-Identifier: Apache-2.0 */
#include "python/pytest/keyword.h"

#include <string.h>

#include "util/str.h"

/*	expression = [or]
 *	or         = and {"or" and}
 *	and        = not {"and" not}
 *	not        = "not" not | "(" or ")" | NAME [call]
 *	call       = "(" [NAME "=" value {"," NAME "=" value}] ")"
 *	value      = NAME | STRING
 */

enum { DEPTH = 500 };

enum kind { END, NAME, STRING, OR, AND, NOT, OPEN, CLOSE, EQUAL, COMMA, BAD };

struct reader {
	const char *p;
	size_t n, at;           /* at: behind the token */
	size_t from;            /* where the token begins */
	enum kind kind;
	bool calls;
	unsigned depth;
	struct err *err;
};

static bool
is_keyword_char(char c)
{
	unsigned char u = (unsigned char)c;

	return (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') ||
	       (u >= 'A' && u <= 'Z') || u >= 0x80 ||
	       (u && strchr("_:+-.[]\\/", c));
}

static enum kind
word_kind(struct str word)
{
	return str_is(word, "or") ? OR : str_is(word, "and") ? AND :
	       str_is(word, "not") ? NOT : NAME;
}

static enum kind
read_string(struct reader *r)
{
	const char *end = memchr(r->p + r->at + 1, r->p[r->at],
		r->n - r->at - 1);

	if (!end)
		return BAD;
	r->at = (size_t)(end - r->p) + 1;
	return STRING;
}

static void
next(struct reader *r)
{
	static const char signs[] = "()=,";
	static const enum kind kinds[] = { OPEN, CLOSE, EQUAL, COMMA };
	const char *sign;

	while (r->at < r->n && strchr(" \t", r->p[r->at]) && r->p[r->at])
		r->at++;
	r->from = r->at;
	if (r->at == r->n) {
		r->kind = END;
		return;
	}
	if (is_keyword_char(r->p[r->at])) {
		while (r->at < r->n && is_keyword_char(r->p[r->at]))
			r->at++;
		r->kind = word_kind((struct str){ r->p + r->from,
			r->at - r->from });
		return;
	}
	sign = r->p[r->at] ? strchr(signs, r->p[r->at]) : NULL;
	if (r->calls && strchr("'\"", r->p[r->at]) && r->p[r->at]) {
		r->kind = read_string(r);
	} else if (sign && (r->calls || sign < signs + 2)) {
		r->kind = kinds[sign - signs];
		r->at++;
	} else {
		r->kind = BAD;
	}
}

static int
expected(struct reader *r, const char *what)
{
	if (r->kind == END)
		err_set(r->err, "expected %s at the end", what);
	else
		err_set(r->err, "expected %s at column %zu", what,
			r->from + 1);
	if (r->err)
		r->err->col = (int)r->from + 1;
	return -1;
}

static int
read_call(struct reader *r)
{
	next(r);
	while (r->kind != CLOSE) {
		if (r->kind != NAME)
			return expected(r, "a keyword or ')'");
		next(r);
		if (r->kind != EQUAL)
			return expected(r, "'='");
		next(r);
		if (r->kind != NAME && r->kind != STRING)
			return expected(r, "a value");
		next(r);
		if (r->kind == COMMA)
			next(r);
		else if (r->kind != CLOSE)
			return expected(r, "',' or ')'");
	}
	next(r);
	return 0;
}

static int read_or(struct reader *r);

static int
read_not(struct reader *r)
{
	while (r->kind == NOT)
		next(r);
	if (r->kind == NAME) {
		next(r);
		return r->calls && r->kind == OPEN ? read_call(r) : 0;
	}
	if (r->kind != OPEN)
		return expected(r, "a name, 'not' or '('");
	if (++r->depth > DEPTH)
		return err_set(r->err, "nested too deeply");
	next(r);
	if (read_or(r) < 0)
		return -1;
	if (r->kind != CLOSE)
		return expected(r, "'and', 'or' or ')'");
	r->depth--;
	next(r);
	return 0;
}

static int
read_or(struct reader *r)
{
	for (;;) {
		if (read_not(r) < 0)
			return -1;
		if (r->kind != OR && r->kind != AND)
			return 0;
		next(r);
	}
}

int
keyword_check(const char *text, size_t n, bool calls, struct err *err)
{
	struct reader r = { .p = text, .n = n, .calls = calls, .err = err };

	next(&r);
	if (r.kind == END)
		return 0;
	if (read_or(&r) < 0)
		return -1;
	return r.kind == END ? 0 : expected(&r, "'and', 'or' or the end");
}
