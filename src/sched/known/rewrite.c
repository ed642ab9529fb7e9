/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/known/rewrite.h"

#include <stdlib.h>
#include <string.h>

#include "text/shell.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/path.h"

enum { MAX_NESTED = 16 };

enum place {
	ANY,                    /* one of its arguments */
	LAST,
	OF,                     /* of=FILE */
	HIDDEN,                 /* another command: its arguments */
};

/* Names may have another before them: llvm-strip. with: an option that makes it
 * so, or what it begins with; NULL: always. */
static const struct program {
	const char *name;
	const char *with;
	enum place place;
	enum rewrite does;
} programs[] = {
	{ "strip", NULL, ANY, REWRITE_CONTENT },
	{ "objcopy", NULL, ANY, REWRITE_CONTENT },
	{ "elfedit", NULL, ANY, REWRITE_CONTENT },
	{ "patchelf", NULL, ANY, REWRITE_CONTENT },
	{ "chrpath", NULL, ANY, REWRITE_CONTENT },
	{ "prelink", NULL, ANY, REWRITE_CONTENT },
	{ "debugedit", NULL, ANY, REWRITE_CONTENT },
	{ "install_name_tool", NULL, ANY, REWRITE_CONTENT },
	{ "codesign", NULL, ANY, REWRITE_CONTENT },
	{ "ldid", NULL, ANY, REWRITE_CONTENT },
	{ "osslsigncode", NULL, ANY, REWRITE_CONTENT },
	{ "signtool", NULL, ANY, REWRITE_CONTENT },
	{ "upx", NULL, ANY, REWRITE_CONTENT },
	{ "ranlib", NULL, ANY, REWRITE_CONTENT },
	{ "sed", "-i", ANY, REWRITE_CONTENT },
	{ "sed", "-Ei", ANY, REWRITE_CONTENT },
	{ "sed", "-ni", ANY, REWRITE_CONTENT },
	{ "sed", "--in-place", ANY, REWRITE_CONTENT },
	{ "perl", "-i", ANY, REWRITE_CONTENT },
	{ "perl", "-pi", ANY, REWRITE_CONTENT },
	{ "perl", "-ni", ANY, REWRITE_CONTENT },
	{ "awk", "inplace", ANY, REWRITE_CONTENT },
	{ "gawk", "inplace", ANY, REWRITE_CONTENT },
	{ "ruby", "-i", ANY, REWRITE_CONTENT },
	{ "clang-format", "-i", ANY, REWRITE_CONTENT },
	{ "gofmt", "-w", ANY, REWRITE_CONTENT },
	{ "prettier", "--write", ANY, REWRITE_CONTENT },
	{ "black", NULL, ANY, REWRITE_CONTENT },
	{ "isort", NULL, ANY, REWRITE_CONTENT },
	{ "ruff", NULL, ANY, REWRITE_CONTENT },
	{ "rustfmt", NULL, ANY, REWRITE_CONTENT },
	{ "dos2unix", NULL, ANY, REWRITE_CONTENT },
	{ "unix2dos", NULL, ANY, REWRITE_CONTENT },
	{ "ed", NULL, ANY, REWRITE_CONTENT },
	{ "ex", NULL, ANY, REWRITE_CONTENT },
	{ "patch", NULL, ANY, REWRITE_CONTENT },
	{ "truncate", NULL, ANY, REWRITE_CONTENT },
	{ "shuf", "-o", ANY, REWRITE_CONTENT },
	{ "sort", "-o", ANY, REWRITE_CONTENT },
	{ "tee", NULL, ANY, REWRITE_CONTENT },
	{ "sponge", NULL, ANY, REWRITE_CONTENT },
	{ "dd", NULL, OF, REWRITE_CONTENT },
	{ "cp", "-l", ANY, REWRITE_TIMES },
	{ "cp", "--link", ANY, REWRITE_TIMES },
	{ "cp", "-al", ANY, REWRITE_TIMES },
	{ "cp", "-rl", ANY, REWRITE_TIMES },
	{ "cp", NULL, LAST, REWRITE_CONTENT },
	{ "mv", NULL, LAST, REWRITE_CONTENT },
	{ "install", NULL, LAST, REWRITE_CONTENT },
	{ "rsync", NULL, LAST, REWRITE_CONTENT },
	{ "ln", NULL, ANY, REWRITE_TIMES },
	{ "link", NULL, ANY, REWRITE_TIMES },
	{ "touch", NULL, ANY, REWRITE_TIMES },
	{ "chmod", NULL, ANY, REWRITE_TIMES },
	{ "chown", NULL, ANY, REWRITE_TIMES },
	{ "chgrp", NULL, ANY, REWRITE_TIMES },
	{ "setcap", NULL, ANY, REWRITE_TIMES },
	{ "setfacl", NULL, ANY, REWRITE_TIMES },
	{ "setfattr", NULL, ANY, REWRITE_TIMES },
	{ "xattr", NULL, ANY, REWRITE_TIMES },
	{ "cmake", "copy", LAST, REWRITE_CONTENT },
	{ "cmake", "rename", LAST, REWRITE_CONTENT },
	{ "cmake", "touch", ANY, REWRITE_TIMES },
	{ "cmake", "env", HIDDEN, REWRITE_NONE },
	{ "cmake", "time", HIDDEN, REWRITE_NONE },
	{ "env", NULL, HIDDEN, REWRITE_NONE },
	{ "nice", NULL, HIDDEN, REWRITE_NONE },
	{ "sudo", NULL, HIDDEN, REWRITE_NONE },
	{ "exec", NULL, HIDDEN, REWRITE_NONE },
	{ "command", NULL, HIDDEN, REWRITE_NONE },
	{ "xcrun", NULL, HIDDEN, REWRITE_NONE },
};

/* ---- one command ---- */

struct look {
	struct buf cwd;         /* after cd */
	struct str path;        /* that is asked for */
	struct buf at;          /* scratch */
	char **v;               /* words of a command */
	size_t n, cap;
	enum rewrite says;
};

static bool
is_it(struct look *l, const char *word)
{
	buf_clear(&l->at);
	path_join(&l->at, buf_str(&l->cwd), str_of(word));
	return str_eq(buf_str(&l->at), l->path);
}

static void
note_rewrite(struct look *l, enum rewrite what)
{
	if (what > l->says)
		l->says = what;
}

static bool
is_named(struct str base, const char *name)
{
	size_t n = strlen(name);

	return str_ends(base, name) &&
	       (base.n == n || base.p[base.n - n - 1] == '-');
}

static bool
has_option(const struct look *l, size_t from, const char *with)
{
	for (size_t i = from; with && i < l->n; i++)
		if (str_starts(str_of(l->v[i]), with))
			return true;
	return !with;
}

static void
arguments(struct look *l, const struct program *p, size_t from)
{
	for (size_t i = p->place == LAST ? l->n - 1 : from; i < l->n; i++) {
		const char *word = l->v[i];

		if (p->place == OF && strncmp(word, "of=", 3) != 0)
			continue;
		if (is_it(l, p->place == OF ? word + 3 : word))
			note_rewrite(l, p->does);
	}
}

static void
follow_cd(struct look *l, const char *to)
{
	buf_clear(&l->at);
	path_join(&l->at, buf_str(&l->cwd), str_of(to));
	buf_clear(&l->cwd);
	buf_addstr(&l->cwd, buf_str(&l->at));
}

static void
look_command(struct look *l)
{
	size_t at = 0;

	while (at < l->n) {
		struct str base = path_base(str_of(l->v[at]));
		bool hidden = strchr(l->v[at], '=');

		if (str_is(base, "cd") && at + 1 < l->n)
			follow_cd(l, l->v[at + 1]);
		for (size_t i = 0; i < countof(programs); i++) {
			const struct program *p = &programs[i];

			if (!is_named(base, p->name) ||
			    !has_option(l, at + 1, p->with))
				continue;
			if (p->place == HIDDEN)
				hidden = true;
			else if (at + 1 < l->n)
				arguments(l, p, at + 1);
		}
		if (!hidden)
			break;
		at++;
		while (at < l->n && (*l->v[at] == '-' ||
		       strcmp(l->v[at], "env") == 0))
			at++;
	}
}

static void
ends(struct look *l)
{
	look_command(l);
	while (l->n)
		free(l->v[--l->n]);
}

static void
add_command_word(struct look *l, const struct buf *word)
{
	l->v = vec_grow(l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = xstrdup(word->p);
}

static enum rewrite
look_commands(struct str text, struct str cwd, struct str path, unsigned depth)
{
	struct look l = { .path = path };
	struct shell sh = { .rest = text };
	enum shell_token t, before = SHELL_END;
	bool into = false;

	buf_addstr(&l.cwd, cwd);
	do {
		t = shell_next(&sh);
		for (size_t i = 0; depth && t == SHELL_WORD && i < sh.nsubs;
		     i++)
			note_rewrite(&l, look_commands(sh.subs[i],
				buf_str(&l.cwd), path, depth - 1));
		if (t == SHELL_WORD && before != SHELL_REDIRECT)
			add_command_word(&l, &sh.word);
		else if (t == SHELL_WORD && into && is_it(&l, sh.word.p))
			note_rewrite(&l, REWRITE_CONTENT);
		else if (t == SHELL_OPERATOR || t == SHELL_END)
			ends(&l);
		into = t == SHELL_REDIRECT && *sh.word.p == '>' &&
		       sh.word.p[sh.word.n - 1] != '&';
		before = t;
	} while (t != SHELL_END);
	free(l.v);
	buf_release(&l.cwd);
	buf_release(&l.at);
	shell_release(&sh);
	return l.says;
}

enum rewrite
rewrite_says(struct str text, struct str cwd, struct str path)
{
	return look_commands(text, cwd, path, MAX_NESTED);
}
