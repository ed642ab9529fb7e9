/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_NINJA_LEX_H
#define TG_NINJA_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"
#include "util/str.h"

/* Tokens of ninja's format. Used by the parsers of this folder only. */
enum lex_token {
	LEX_ERROR,
	LEX_BUILD,
	LEX_COLON,
	LEX_DEFAULT,
	LEX_EQUALS,
	LEX_IDENT,
	LEX_INCLUDE,
	LEX_INDENT,
	LEX_NEWLINE,
	LEX_PIPE,
	LEX_PIPE2,
	LEX_PIPEAT,
	LEX_POOL,
	LEX_RULE,
	LEX_SUBNINJA,
	LEX_EOF,
};

struct lexer {
	struct str file;        /* for messages */
	const char *text;
	const char *end;        /* *end is NUL */
	const char *p;          /* first byte not read yet */
	const char *last;       /* where the last token starts: the place of
				 * errors */
	const char *counted;    /* lines before this place were counted */
	uint32_t line;          /* line of counted, from 1 */
	bool caret_known;       /* $^ exists in this version of the format */
	bool caret_allowed;     /* ninja_required_version is high enough */
};

/* A path or value as written. */
struct lex_raw {
	struct str s;
	bool dollar;            /* has escapes: needs ninja_eval */
};

/* text.p[text.n] must be a readable NUL; an earlier NUL ends the text. */
void lex_init(struct lexer *lx, struct str file, struct str text);
/* The next token, with the spaces after it. */
enum lex_token lex_token(struct lexer *lx);
/* Steps back over the token just read. */
void lex_unread(struct lexer *lx);
/* If the next token is that one, reads it. */
bool lex_peek(struct lexer *lx, enum lex_token token);
/* Reads a token that must be that one; else -1 with err set. */
int lex_expect(struct lexer *lx, enum lex_token token, struct err *err);
/* A name [a-zA-Z0-9_.-]+ and the spaces after it; false if there is none. */
bool lex_ident(struct lexer *lx, struct str *name);
/* Reads a path and the spaces after it; raw->s.n is 0 if there is none.
 * 0, or -1 with err set. */
int lex_path(struct lexer *lx, struct lex_raw *raw, struct err *err);
/* Reads the rest of the line, with its newline. 0, or -1 with err set. */
int lex_value(struct lexer *lx, struct lex_raw *raw, struct err *err);
/* Reads NAME = VALUE and the newline. 0, or -1 with err set. */
int lex_let(struct lexer *lx, struct str *name, struct lex_raw *value,
	struct err *err);
/* Sets the message with place and context of the last token; -1. */
int lex_error(struct lexer *lx, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds place and context of the last token to a message that has no place
 * yet; -1. */
int lex_place(struct lexer *lx, struct err *err);
/* "expected ..." and "unexpected ..." for the token just read; -1. */
int lex_unexpected(struct lexer *lx, enum lex_token token, struct err *err);
/* The message for a byte that starts no token; -1. */
int lex_bad_byte(struct lexer *lx, struct err *err);
/* The line of the last token, which must not be before the one asked for
 * last time. */
uint32_t lex_line(struct lexer *lx);

/* Is path already as path_fold would leave it? May say no for one that is. */
bool lex_is_folded(struct str path);

#endif
