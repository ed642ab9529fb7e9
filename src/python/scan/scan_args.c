/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/scan/internal.h"

struct str
scan_join(struct scanner *s, struct str a, struct str b)
{
	buf_clear(&s->text);
	buf_addstr(&s->text, a);
	buf_addstr(&s->text, b);
	return scan_keep(s);
}

/* Strings that stand side by side as one; in moves behind them. *clean is
 * cleared if one is not plain text. */
static struct str
adjacent(struct scanner *s, struct stream *in, bool *clean)
{
	struct str first = token_str(&in->tok);
	unsigned n = 0;

	buf_clear(&s->text);
	while (in->tok.kind == TOK_STRING) {
		if (in->tok.flags & (TOKEN_BYTES | TOKEN_ESCAPE | TOKEN_FORMAT))
			*clean = false;
		buf_addstr(&s->text, token_str(&in->tok));
		n++;
		stream_next(in);
	}
	return n == 1 ? first : scan_keep(s);
}

bool
scan_ends_arg(const struct stream *in)
{
	return token_op(&in->tok, ',') || token_op(&in->tok, ')') ||
	       stream_ends(in);
}

struct arg
scan_read_arg(struct scanner *s, struct stream *in)
{
	struct arg a = { .kind = ARG_OTHER, .first = in->tok };
	struct token *t = &in->tok;

	if (token_op(t, ')')) {
		a.kind = ARG_NONE;
		return a;
	}
	if (t->kind == TOK_NAME || t->kind == TOK_NUMBER ||
	    (t->kind == TOK_KEYWORD && (t->keyword == KW_TRUE ||
	     t->keyword == KW_FALSE || t->keyword == KW_NONE_VALUE))) {
		a.text = token_str(t);
		stream_next(in);
		if (scan_ends_arg(in))
			a.kind = a.first.kind == TOK_NAME ? ARG_NAME
				: ARG_CONSTANT;
		return a;
	}
	if (t->kind == TOK_STRING) {
		bool clean = true;

		a.text = adjacent(s, in, &clean);
		if (clean && scan_ends_arg(in))
			a.kind = ARG_STRING;
	}
	return a;
}

void
scan_skip_arg(struct stream *in, uint32_t depth)
{
	struct token *t = &in->tok;

	while (t->kind != TOK_EOF && t->kind != TOK_NEWLINE) {
		if (t->depth < depth ||
		    (t->depth == depth && token_op(t, ',')))
			return;
		stream_next(in);
	}
}

struct str
scan_read_keyword(struct stream *in)
{
	struct stream ahead;
	struct str name = { 0 };

	if (in->tok.kind != TOK_NAME || in->tok.flags & TOKEN_DOTTED)
		return name;
	ahead = *in;
	stream_next(&ahead);
	if (!token_op(&ahead.tok, '='))
		return name;
	name = token_str(&in->tok);
	stream_next(&ahead);
	*in = ahead;
	return name;
}

struct arg
scan_first_arg(struct scanner *s, struct stream *at, const char *keyword)
{
	struct str name;

	*at = s->in;
	stream_next(at);
	name = scan_read_keyword(at);
	if (name.n && !str_is(name, keyword))
		return (struct arg){ .kind = ARG_OTHER, .first = at->tok };
	return scan_read_arg(s, at);
}

bool
scan_literals(struct scanner *s, struct stream in,
	void (*put)(struct scanner *, struct str, uint32_t))
{
	struct token *t = &in.tok;
	bool clean = true;

	while (!stream_ends(&in)) {
		uint32_t line = t->line;

		if (t->kind != TOK_STRING) {
			if (t->kind != TOK_OP || !strchr("[](){},+", t->op) ||
			    !t->op)
				clean = false;
			stream_next(&in);
			continue;
		}
		put(s, adjacent(s, &in, &clean), line);
	}
	return clean;
}

void
scan_add_all(struct scanner *s, struct str name, uint32_t line)
{
	(void)line;
	s->all = scan_room(s, s->all, &s->cap_all, s->nall, sizeof(*s->all));
	s->all[s->nall++] = name;
}
