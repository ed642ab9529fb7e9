/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/lex/bytes.h"
#include "python/lex/internal.h"

/* Where lines begin, by their indentation, and how the last one ends. */

/* Compares the indentation of a line that has content with the open blocks;
 * true if t was set. */
static bool
indent_to(struct lexer *x, struct token *t, uint32_t col, uint32_t alt)
{
	uint32_t i = x->nindents;

	if (col == x->indents[i].col) {
		if (alt != x->indents[i].alt)
			lexer_fail(x, "inconsistent use of tabs and spaces",
				x->line);
		return false;
	}
	if (col > x->indents[i].col) {
		if (alt <= x->indents[i].alt)
			lexer_fail(x, "inconsistent use of tabs and spaces",
				x->line);
		if (i + 1 >= LEXER_INDENTS) {
			x->p = lexer_give_up(x,
				"too many levels of indentation");
			return false;
		}
		x->nindents++;
		x->indents[i + 1].col = col;
		x->indents[i + 1].alt = alt;
		lexer_emit(t, TOK_INDENT);
		return true;
	}
	while (x->nindents && col < x->indents[x->nindents].col) {
		x->nindents--;
		x->dedents++;
	}
	if (col != x->indents[x->nindents].col)
		lexer_fail(x, "unindent matches no outer level", x->line);
	else if (alt != x->indents[x->nindents].alt)
		lexer_fail(x, "inconsistent use of tabs and spaces", x->line);
	x->dedents--;
	lexer_emit(t, TOK_DEDENT);
	return true;
}

bool
lexer_begin_line(struct lexer *x, struct token *t)
{
	uint32_t col = 0, alt = 0, split = 0, split_alt = 0;
	const char *p = x->p, *from;

	for (;;) {
		switch (*p) {
		case ' ':
			from = p;
			p = bytes_skip_spaces(p);
			col += (uint32_t)(p - from);
			alt += (uint32_t)(p - from);
			continue;
		case '\t':
			col = (col / 8 + 1) * 8;
			alt++;
			p++;
			continue;
		case '\f':
			col = alt = 0;
			p++;
			continue;
		case '#':
			p = memchr(p, '\n', (size_t)(x->end - p));
			if (!p)
				p = x->end - 1;
			/* fall through */
		case '\n':
			if (p >= x->end)
				break;
			p++;
			x->line++;
			col = alt = split = split_alt = 0;
			continue;
		case '\\':
			if (p[1] != '\n' || p + 2 >= x->end)
				break;
			if (!split) {
				split = col;
				split_alt = alt;
			}
			p += 2;
			x->line++;
			col = alt = 0;
			continue;
		}
		break;
	}
	x->p = p;
	x->bol = false;
	t->p = p;
	t->line = x->line;
	if (p >= x->end)
		return false;
	return split ? indent_to(x, t, split, split_alt)
		: indent_to(x, t, col, alt);
}

void
lexer_at_end(struct lexer *x, struct token *t)
{
	x->p = x->end;
	if (x->nfstrings)
		lexer_fail(x, "unterminated f-string", x->line);
	else if (x->depth)
		lexer_fail(x, "bracket was never closed", x->line);
	x->nfstrings = 0;
	x->depth = 0;
	t->depth = 0;
	t->p = x->end;
	t->line = x->line;
	if (x->content) {
		x->content = false;
		lexer_emit(t, TOK_NEWLINE);
	} else if (x->nindents || x->dedents) {
		if (x->dedents)
			x->dedents--;
		else
			x->nindents--;
		lexer_emit(t, TOK_DEDENT);
	} else {
		lexer_emit(t, TOK_EOF);
	}
}
