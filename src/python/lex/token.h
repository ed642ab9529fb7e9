/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_LEX_TOKEN_H
#define TG_PYTHON_LEX_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "python/lex/source.h"
#include "util/str.h"

/* Python's tokens, by CPython 3.14's rules. Nested f-strings are read as 3.12
 * and later do; what older versions accept reads the same. */

enum token_kind {
	TOK_EOF,
	TOK_NEWLINE,             /* end of a logical line */
	TOK_INDENT,
	TOK_DEDENT,
	TOK_NAME,                /* with what follows in one piece: a.b.c */
	TOK_KEYWORD,
	TOK_NUMBER,
	TOK_STRING,              /* p, n: between the quotes, as written */
	TOK_FSTRING,             /* an f- or t-string with fields begins; p, n:
	                            text before the first field. The tokens of
	                            the fields follow, then TOK_FEND */
	TOK_FEND,                /* p, n: text after the last field */
	TOK_OP,
};

enum token_keyword {
	KW_NONE,                 /* not a keyword */
	KW_AS, KW_ASYNC, KW_CLASS, KW_DEF, KW_ELIF, KW_ELSE, KW_EXCEPT,
	KW_FALSE, KW_FINALLY, KW_FOR, KW_FROM, KW_IF, KW_IMPORT, KW_LAMBDA,
	KW_NONE_VALUE, KW_NOT, KW_TRUE, KW_TRY, KW_WHILE, KW_WITH, KW_YIELD,
	KW_AND, KW_OTHER,        /* any keyword not told apart */
};

/* token.op: the character, or one of these */
enum token_op {
	OP_ASSIGN_AUG = 1,       /* += and the like */
	OP_COMPARE,              /* == != <= >= */
	OP_WALRUS,
	OP_ARROW,
	OP_ELLIPSIS,
	OP_POWER,                /* ** */
	OP_PAIR,                 /* // << >> */
};

enum token_flags {
	TOKEN_DOTTED = 1u << 0,  /* TOK_NAME with a dot in it */
	TOKEN_BYTES = 1u << 1,
	TOKEN_RAW = 1u << 2,
	TOKEN_ESCAPE = 1u << 3,  /* string with a backslash */
	TOKEN_FORMAT = 1u << 4,  /* f- or t-string */
	TOKEN_FIELD = 1u << 5,   /* stands directly in a field of an f-string */
};

struct token {
	unsigned char kind, keyword, op, flags;
	uint32_t depth;          /* open brackets and fields around it; the same
	                            for both brackets of a pair */
	uint32_t line;           /* of its first character */
	const char *p;
	size_t n;
};

/* CPython's own limits; beyond them is an error there too. */
#define LEXER_BRACKETS 200
#define LEXER_INDENTS 100
#define LEXER_FSTRINGS 150

struct lexer_fstring {
	uint32_t depth;          /* brackets open inside the present field */
	char quote;
	unsigned char flags;     /* private to fstring.c */
};

/* A lexer is plain data: a copy of it reads on from the same place. */
struct lexer {
	const char *p, *end;
	uint32_t line;
	uint32_t depth;
	uint32_t nindents, dedents, nfstrings;
	bool bol, content;
	const char *error;       /* static text, of the first error */
	uint32_t error_line;
	struct {
		uint32_t col, alt;
	} indents[LEXER_INDENTS + 1];
	char brackets[LEXER_BRACKETS];
	struct lexer_fstring fstrings[LEXER_FSTRINGS];
};

/* Reads src from its beginning; src must outlive the lexer. */
void lexer_init(struct lexer *x, const struct source *src);

/* The next token; after the end for ever TOK_EOF. Errors are noted in the
 * lexer and reading goes on where it can. Strings are bytes of the source. */
void lexer_next(struct lexer *x, struct token *t);

/* Notes an error at line unless there is one already. */
void lexer_fail(struct lexer *x, const char *error, uint32_t line);

/* Can c start, or be inside, a name? Every byte that is not ASCII can. */
bool token_name_start(char c);
bool token_name_char(char c);

static inline struct str
token_str(const struct token *t)
{
	return (struct str){ t->p, t->n };
}

static inline bool
token_op(const struct token *t, int op)
{
	return t->kind == TOK_OP && t->op == op;
}

#endif
