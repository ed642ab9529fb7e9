/* SPDX-License-Identifier: Apache-2.0 */
#include "python/lex/internal.h"

/* f- and t-strings, whose text and fields take turns. */

enum flit { FLIT_FIELD, FLIT_END };

/* Text of the innermost f-string from p on, up to a field or its end; *stop is
 * where the text ends; returns where to read on. */
static const char *
fstring_text(struct lexer *x, const char *p, enum flit *what,
	const char **stop)
{
	struct lexer_fstring *f = &x->fstrings[x->nfstrings - 1];
	bool triple = f->flags & F_TRIPLE;

	*what = FLIT_END;
	for (; p < x->end; p++) {
		*stop = p;
		switch (*p) {
		case '\\':
			if (p[1] == '\n')
				x->line++;
			else if (p[1] == '{' || p[1] == '}')
				break;
			else if (p[1] == 'N' && p[2] == '{' &&
				 !(f->flags & F_RAW)) {
				while (*p != '}' && *p != f->quote &&
				       *p != '\n')
					p++;
				p -= *p != '}';
				break;
			}
			p++;
			break;
		case '\n':
			if (!triple) {
				lexer_fail(x, "unterminated f-string",
					x->line);
				return p;
			}
			x->line++;
			break;
		case '{':
			if (p[1] == '{' && !(f->flags & F_SPEC)) {
				p++;
				break;
			}
			*what = FLIT_FIELD;
			return p + 1;
		case '}':
			if (f->flags & F_SPEC)
				return p;
			if (p[1] == '}')
				p++;
			else
				lexer_fail(x, "single } in f-string", x->line);
			break;
		case '"':
		case '\'':
			if (*p != f->quote)
				break;
			if (!triple)
				return p + 1;
			if (p[1] == f->quote && p[2] == f->quote)
				return p + 3;
			break;
		}
	}
	*stop = x->end;
	return lexer_give_up(x, "unterminated f-string");
}

static bool
push_fstring(struct lexer *x, char quote, unsigned flags)
{
	if (x->nfstrings >= LEXER_FSTRINGS) {
		x->p = lexer_give_up(x, "too many nested f-strings");
		return false;
	}
	x->fstrings[x->nfstrings++] = (struct lexer_fstring){
		.quote = quote, .flags = (unsigned char)flags,
	};
	return true;
}

static bool
open_field(struct lexer *x)
{
	if (!lexer_push_bracket(x, 'f'))
		return false;
	x->fstrings[x->nfstrings - 1].depth = x->depth;
	return true;
}

bool
fstring_resume(struct lexer *x, struct token *t)
{
	for (;;) {
		struct lexer_fstring *f = &x->fstrings[x->nfstrings - 1];
		const char *from = x->p, *stop = from;
		enum flit what;

		t->line = x->line;
		x->p = fstring_text(x, from, &what, &stop);
		if (!x->nfstrings)
			return false;
		if (what == FLIT_FIELD) {
			if (f->flags & F_SPEC) {
				if (!push_fstring(x, f->quote, F_NESTED |
				    (f->flags & (F_TRIPLE | F_RAW))))
					return false;
			}
			open_field(x);
			return false;
		}
		if ((f->flags & F_SPEC) && *stop == '}') {
			x->p = stop + 1;
			x->depth = f->depth - 1;
			if (f->flags & F_NESTED)
				x->nfstrings--;
			else
				f->flags &= (unsigned char)~F_SPEC;
			continue;
		}
		if (f->flags & (F_SPEC | F_NESTED)) {
			lexer_fail(x, "f-string: expected '}'", x->line);
			while (x->nfstrings > 1 &&
			       (x->fstrings[x->nfstrings - 1].flags & F_NESTED))
				x->nfstrings--;
			f = &x->fstrings[x->nfstrings - 1];
			x->depth = f->depth - 1;
		}
		x->nfstrings--;
		t->p = from;
		t->n = (size_t)(stop - from);
		t->kind = TOK_FEND;
		t->depth = x->depth;
		return true;
	}
}

bool
fstring_close(struct lexer *x, struct token *t)
{
	struct lexer_fstring *f = &x->fstrings[x->nfstrings - 1];

	x->depth = f->depth - 1;
	if (f->flags & F_NESTED)
		x->nfstrings--;
	return fstring_resume(x, t);
}

void
fstring_begin(struct lexer *x, struct token *t, const char *body, bool triple)
{
	unsigned flags = (triple ? F_TRIPLE : 0) |
		(t->flags & TOKEN_RAW ? F_RAW : 0);
	const char *stop = body;
	enum flit what;

	t->kind = TOK_STRING;
	t->p = body;
	t->n = 0;
	if (!push_fstring(x, body[-1], flags))
		return;
	x->p = fstring_text(x, body, &what, &stop);
	t->n = (size_t)(stop - body);
	if (!x->nfstrings)
		return;
	if (what == FLIT_END) {
		x->nfstrings--;
		t->flags |= TOKEN_ESCAPE;
		return;
	}
	t->kind = TOK_FSTRING;
	open_field(x);
}
