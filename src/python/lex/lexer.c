/* SPDX-License-Identifier: Apache-2.0 */
#include "python/lex/internal.h"

void
lexer_init(struct lexer *x, const struct source *src)
{
	x->p = src->p;
	x->end = src->p + src->n;
	x->line = 1;
	x->depth = x->nindents = x->dedents = x->nfstrings = 0;
	x->bol = true;
	x->content = false;
	x->error = src->error;
	x->error_line = src->error_line;
	x->indents[0].col = x->indents[0].alt = 0;
}

void
lexer_fail(struct lexer *x, const char *error, uint32_t line)
{
	if (x->error)
		return;
	x->error = error;
	x->error_line = line;
}

const char *
lexer_give_up(struct lexer *x, const char *error)
{
	lexer_fail(x, error, x->line);
	x->depth = 0;
	x->nfstrings = 0;
	return x->end;
}

bool
lexer_push_bracket(struct lexer *x, char c)
{
	if (x->depth >= LEXER_BRACKETS) {
		x->p = lexer_give_up(x, "too many nested brackets");
		return false;
	}
	x->brackets[x->depth++] = c;
	return true;
}
