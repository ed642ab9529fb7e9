/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EXEC_ARGV_H
#define TG_EXEC_ARGV_H

#include <stdbool.h>
#include <stddef.h>

#include "text/shell.h"
#include "util/str.h"

/* A command as words. Zero-initialise it ({0}). */
struct argv {
	char **v;               /* n words and a NULL */
	size_t n, cap;
	char *text;             /* what they point into */
};

/* Splits a command that the shell would take for one program and its
 * arguments and change nothing in them: no quotes, expansions, redirections,
 * assignments, reserved words and builtins. false: it needs a shell. */
bool argv_simple(struct argv *w, struct str command);
/* Splits words as a shell does, with its three kinds of quotes. false: there
 * is something in it that only a shell can do, or a quote does not end. */
bool argv_split(struct argv *w, struct str text);
/* Takes a command off, up to && or the end; *more: the former. false: any other
 * operator ends it, or as above. */
bool argv_command(struct argv *w, struct shell *sh, bool *more);
void argv_release(struct argv *w);

#endif
