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
compare(const void *name, const void *entry)
{
	return strcmp(name, *(const char *const *)entry);
}

static bool
is_builtin(const char *name)
{
	return bsearch(name, builtins, countof(builtins), sizeof(*builtins),
	               compare) != NULL;
}

/* Bytes that mean nothing to a shell wherever they stand. */
static bool
plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("_./-+,:@%=", c)) ||
	       (unsigned char)c >= 0x80;
}

static void
begin(struct argv *w, struct str text)
{
	argv_release(w);
	w->text = xmalloc(text.n + 2);
}

static void
put(struct argv *w, char *word)
{
	w->v = vec_grow(w->v, &w->cap, w->n + 2, sizeof(*w->v));
	w->v[w->n++] = word;
	w->v[w->n] = NULL;
}

bool
argv_simple(struct argv *w, struct str command)
{
	bool inside = false;
	char *to;

	begin(w, command);
	to = w->text;
	for (size_t i = 0; i < command.n; i++) {
		char c = command.p[i];

		if (c == ' ' || c == '\t') {
			if (inside)
				*to++ = '\0';
			inside = false;
			continue;
		}
		if (!plain(c))
			return false;
		if (!inside)
			put(w, to);
		inside = true;
		*to++ = c;
	}
	*to = '\0';
	return w->n && !strchr(w->v[0], '=') && !is_builtin(w->v[0]);
}

/* Copies what is between quotes; the new place in text, or 0: no end. */
static size_t
quoted(struct str text, size_t i, char **to)
{
	char q = text.p[i++];

	for (; i < text.n && text.p[i] != q; i++) {
		if (q == '"' && (text.p[i] == '$' || text.p[i] == '`'))
			return 0;
		if (q == '"' && text.p[i] == '\\' && i + 1 < text.n &&
		    strchr("$`\"\\", text.p[i + 1]))
			i++;
		*(*to)++ = text.p[i];
	}
	return i < text.n ? i + 1 : 0;
}

bool
argv_split(struct argv *w, struct str text)
{
	bool inside = false;
	size_t i = 0;
	char *to;

	begin(w, text);
	to = w->text;
	while (i < text.n) {
		char c = text.p[i];

		if (c == ' ' || c == '\t' || c == '\n') {
			if (inside)
				*to++ = '\0';
			inside = false;
			i++;
			continue;
		}
		if (!inside)
			put(w, to);
		if (c == '\'' || c == '"') {
			i = quoted(text, i, &to);
			if (i == 0)
				return false;
		} else if (c == '\\' && i + 1 < text.n) {
			*to++ = text.p[i + 1];
			i += 2;
		} else if (!plain(c) && !(inside && strchr("#~^!{}]", c))) {
			return false;
		} else {
			*to++ = c;
			i++;
		}
		inside = true;
	}
	*to = '\0';
	return true;
}

void
argv_release(struct argv *w)
{
	free(w->v);
	free(w->text);
	*w = (struct argv){ 0 };
}
