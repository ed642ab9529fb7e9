/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/argv.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* What sh would not look for in PATH: reserved words, and the builtins of
 * POSIX, dash, bash, ksh and zsh. Sorted. */
static const char *const builtins[] = {
	".", ":", "alias", "autoload", "bg", "bind", "break", "builtin",
	"caller", "case", "cd", "chdir", "command", "compgen", "complete",
	"compopt", "continue", "declare", "dirs", "disown", "do", "done",
	"echo", "elif", "else", "enable", "esac", "eval", "exec", "exit",
	"export", "false", "fc", "fg", "fi", "float", "for", "function",
	"getopts", "hash", "help", "hist", "history", "if", "in", "integer",
	"jobs", "kill", "let", "limit", "local", "logout", "mapfile", "nameref",
	"newgrp", "nocorrect", "noglob", "popd", "print", "printf", "pushd",
	"pwd", "read", "readarray", "readonly", "rehash", "repeat", "return",
	"select", "set", "setopt", "shift", "shopt", "sleep", "source",
	"suspend", "test", "then", "time", "times", "trap", "true", "type",
	"typeset", "ulimit", "umask", "unalias", "unhash", "unlimit", "unset",
	"unsetopt", "until", "wait", "whence", "where", "which", "while",
};

static int
name_order(const void *name, const void *entry)
{
	return strcmp(name, *(const char *const *)entry);
}

static bool
is_builtin(const char *name)
{
	return bsearch(name, builtins, countof(builtins), sizeof(*builtins),
	               name_order) != NULL;
}

static void
begin_words(struct argv *w, struct str text)
{
	argv_release(w);
	w->text = xmalloc(text.n + 2);
}

static void
put_word(struct argv *w, char **to, const struct buf *word)
{
	w->v = vec_grow(w->v, &w->cap, w->n + 2, sizeof(*w->v));
	w->v[w->n++] = *to;
	w->v[w->n] = NULL;
	memcpy(*to, word->p, word->n + 1);
	*to += word->n + 1;
}

/* Words up to the token that is none: *end. false: one that has a flag of
 * `refused`. */
static bool
take_words(struct argv *w, char **to, struct shell *sh, unsigned refused,
	enum shell_token *end)
{
	while ((*end = shell_next(sh)) == SHELL_WORD) {
		if (sh->flags & refused)
			return false;
		put_word(w, to, &sh->word);
	}
	return true;
}

bool
argv_simple(struct argv *w, struct str command)
{
	struct shell sh = { .rest = command };
	enum shell_token end;
	char *to;
	bool ok;

	begin_words(w, command);
	to = w->text;
	ok = take_words(w, &to, &sh, ~0u, &end) && end == SHELL_END;
	shell_release(&sh);
	return ok && w->n && !strchr(w->v[0], '=') && !is_builtin(w->v[0]);
}

bool
argv_split(struct argv *w, struct str text)
{
	struct shell sh = { .rest = text };
	enum shell_token end;
	char *to;
	bool ok;

	begin_words(w, text);
	to = w->text;
	do
		ok = take_words(w, &to, &sh, SHELL_EXPANDS | SHELL_OPEN, &end);
	while (ok && end == SHELL_OPERATOR && str_is(buf_str(&sh.word), "\n"));
	shell_release(&sh);
	return ok && end == SHELL_END;
}

bool
argv_command(struct argv *w, struct shell *sh, bool *more)
{
	enum shell_token end;
	char *to;

	begin_words(w, sh->rest);
	to = w->text;
	if (!take_words(w, &to, sh, SHELL_EXPANDS | SHELL_OPEN, &end))
		return false;
	*more = end == SHELL_OPERATOR && str_is(buf_str(&sh->word), "&&");
	return end == SHELL_END || *more;
}

void
argv_release(struct argv *w)
{
	free(w->v);
	free(w->text);
	*w = (struct argv){ 0 };
}
