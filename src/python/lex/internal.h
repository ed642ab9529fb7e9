/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_LEX_INTERNAL_H
#define TG_PYTHON_LEX_INTERNAL_H

#include "python/lex/token.h"

enum fstring_flags {
	F_TRIPLE = 1u << 0,
	F_RAW = 1u << 1,
	F_SPEC = 1u << 2,        /* in the format part of a field */
	F_NESTED = 1u << 3,      /* entry is a field inside a format part */
};

static inline void
lexer_emit(struct token *t, int kind)
{
	t->kind = (unsigned char)kind;
	t->n = 0;
}

/* Is the lexer directly in a field of an f-string? */
static inline bool
fstring_in_field(const struct lexer *x)
{
	return x->nfstrings &&
	       x->fstrings[x->nfstrings - 1].depth == x->depth;
}

/* --- lexer.c --- */

/* An error after which nothing can be told: reading ends here. The end of the
 * source. */
const char *lexer_give_up(struct lexer *x, const char *error);
/* Notes that bracket c, or 'f' for a field, is open; false: too many are. */
bool lexer_push_bracket(struct lexer *x, char c);

/* --- lines.c --- */

/* At the beginning of a line: skips lines without content, then true if the
 * line begins with an INDENT or DEDENT token. */
bool lexer_begin_line(struct lexer *x, struct token *t);
/* The tokens that stand at the end of the source, one a call. */
void lexer_at_end(struct lexer *x, struct token *t);

/* --- fstring.c --- */

/* Reads an f-string, whose text begins at body and whose flags are in t. */
void fstring_begin(struct lexer *x, struct token *t, const char *body,
	bool triple);
/* Reads the text after a field, or the format part of one, at x->p. True if
 * the f-string ended and t is its TOK_FEND; else reading goes on at x->p. */
bool fstring_resume(struct lexer *x, struct token *t);
/* The } of a field; as the above. */
bool fstring_close(struct lexer *x, struct token *t);

#endif
