/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TEXT_SHELL_H
#define TG_TEXT_SHELL_H

#include <stddef.h>

#include "util/buf.h"
#include "util/str.h"

/* The words of a command, as sh tells them apart (POSIX, Shell Command
 * Language, 2.3) before it expands anything. */

enum shell_token {
	SHELL_END,
	SHELL_WORD,             /* without its quotes; what is expanded stays as
	                         * it is written */
	SHELL_OPERATOR,         /* && || & | ; ;; ( ) or a newline */
	SHELL_REDIRECT,         /* < > >> >| <> << <<- <& >&, without a number
	                         * before it: the next word is not one of the
	                         * command's */
	SHELL_COMMENT,          /* up to the end of the line */
};

/* Of a word. */
enum shell_flag {
	SHELL_QUOTED = 1u << 0, /* it had quotes, or a backslash */
	SHELL_ODD = 1u << 1,    /* it has bytes, not quoted, that one shell or
	                         * another may take for more than themselves */
	SHELL_EXPANDS = 1u << 2,        /* sh may put another in its place:
	                         * parameters, commands, patterns; or it is one
	                         * of { } ! and the like */
	SHELL_OPEN = 1u << 3,   /* a quote, a parameter or a command in it does
	                         * not end, or a backslash has nothing to
	                         * follow it */
};

/* Zero-initialise it ({0}) but for rest. */
struct shell {
	struct str rest;        /* still to be read */
	struct buf word;        /* the last token */
	unsigned flags;         /* of the last word */
	struct str *subs;       /* commands of the last word that are run for
	                         * what they print, between $( ) or ` `; they
	                         * point into the text */
	size_t nsubs, cap;
	unsigned depth;
};

/* Takes the next token off. */
enum shell_token shell_next(struct shell *sh);
/* Frees; rest is set to nothing. */
void shell_release(struct shell *sh);

#endif
