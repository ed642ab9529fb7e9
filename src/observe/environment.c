/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "observe/internal.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

/* What programs read of the environment without calling getenv. */

/* Programs that ask for variables by name, as all that use C's library do unless
 * they have something of their own. Others may take a copy of the whole. */
static bool
asks_by_name(struct str file)
{
	static const char *const names[] = {
		"as", "ld", "ar", "nm", "ranlib", "strip", "objcopy", "objdump",
		"collect2", "cc1", "cc1plus", "lto1", "lto-wrapper",
		"basename", "cat", "chmod", "cksum", "cmp", "comm", "cp", "cut",
		"date", "dd", "diff", "dirname", "echo", "expr", "false",
		"find", "fold", "git", "grep", "gzip", "head", "install", "join", "ln",
		"ls", "md5sum", "mkdir", "mktemp", "mv", "nl", "od", "paste",
		"patch", "pr", "printf", "pwd", "readlink", "realpath", "rm",
		"rmdir", "sed", "seq", "sha1sum", "sha256sum", "sleep", "sort",
		"split", "stat", "sum", "tac", "tail", "tar", "tee", "test",
		"touch", "tr", "true", "tsort", "uname", "uniq", "wc", "which",
		"xz", "zstd",
	};
	struct str name = path_base(file);
	const char *machine = strstr(name.p, "-gnu-");

	/* as and its like, of a machine */
	if (machine)
		name = str_of(machine + strlen("-gnu-"));
	for (size_t i = 0; i < countof(names); i++)
		if (str_is(name, names[i]))
			return true;
	return str_starts(name, "gcc") || str_starts(name, "g++") ||
	       str_starts(name, "clang") || str_starts(name, "ld.") ||
	       strstr(name.p, "-gcc") || strstr(name.p, "-g++") ||
	       strstr(name.p, "-ld");
}

static bool
is_shell(struct str file)
{
	struct str name = path_base(file);

	return str_is(name, "sh") || str_is(name, "dash") ||
	       str_is(name, "bash") || str_is(name, "ash") ||
	       str_is(name, "ksh") || str_is(name, "mksh");
}

static bool
is_name_char(char c, bool first)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (!first && c >= '0' && c <= '9');
}

/* A word that may look at variables whose names are not in the text. */
static bool
is_indirect(struct str word)
{
	static const char *const words[] = {
		"eval", "set", "export", "declare", "typeset", "compgen",
		"readonly", "local",
	};

	for (size_t i = 0; i < countof(words); i++)
		if (str_is(word, words[i]))
			return true;
	return false;
}

/* What comes after such a word: options, or a name and a value, make it
 * harmless where it would list variables without. */
static bool
is_harmless(struct str word, const char *rest)
{
	rest += strspn(rest, " \t");
	if (str_is(word, "set"))
		return (*rest == '-' || *rest == '+') && rest[1] != '\0' &&
		       rest[1] != ' ' && rest[1] != '\n';
	return (str_is(word, "export") || str_is(word, "readonly") ||
	        str_is(word, "local")) && is_name_char(*rest, true);
}

/* The name after a $, or a bare word; moves *p behind it. *indirect: there is
 * none, but another way to a variable. */
static struct str
next_name(const char **p, const char *end, bool *dollar, bool *indirect)
{
	struct str name;

	*dollar = **p == '$' && *p + 1 < end;
	if (*dollar) {
		*p += (*p)[1] == '{' ? 2 : 1;
		*p += *p < end && **p == '#';
		*indirect |= *p < end && **p == '!' && (*p)[-1] == '{';
	}
	name.p = *p;
	while (*p < end && is_name_char(**p, *p == name.p))
		++*p;
	name.n = (size_t)(*p - name.p);
	if (name.n == 0 && !*dollar)
		++*p;
	return name;
}

/* Variables that a shell's text names; false: it may ask for others. Bare words
 * are names in arithmetic. */
static bool
scan_shell(struct observations *o, struct str text)
{
	struct str copy = arena_dup(&o->arena, text);
	bool arithmetic = strstr(copy.p, "((") || strstr(copy.p, "[[");
	const char *end = copy.p + copy.n, *p = copy.p;
	bool indirect = false, dollar;

	while (p < end && !indirect) {
		struct str name = next_name(&p, end, &dollar, &indirect);

		if (name.n == 0)
			continue;
		if (dollar || arithmetic)
			observe_env(o, name);
		else if (is_indirect(name) && !is_harmless(name, p))
			indirect = true;
	}
	return !indirect;
}

/* The text of -c, or else the script's name; false: neither is there. */
static bool
script_of(struct str words, struct str *text, struct str *file)
{
	bool command = false;
	size_t at = 0, n = 0;

	*text = *file = (struct str){ 0 };
	for (; at < words.n; at += n + 1) {
		const char *w = words.p + at;
		bool first = at == 0;

		n = strnlen(w, words.n - at);
		if (first)
			continue;
		if (n > 1 && (*w == '-' || *w == '+') && w[1] != '-') {
			command |= *w == '-' && memchr(w, 'c', n) != NULL;
			/* -o takes a word of its own */
			if (w[n - 1] == 'o') {
				at += n + 1;
				n = at < words.n ? strnlen(words.p + at,
					words.n - at) : 0;
			}
			continue;
		}
		if (n > 1 && *w == '-')
			continue;
		*(command ? text : file) = (struct str){ w, n };
		return true;
	}
	return false;
}

/* Text that a shell has read: scripts, and files that these read in. */
static bool
scan_read(struct reading *r, const struct program *p)
{
	bool ok = true;

	for (size_t i = 0; i < r->nevents && ok; i++) {
		const struct observe_record *e = r->events[i].r;
		struct buf text = { 0 };
		struct str path;
		const struct observe_record *cwd;

		if (e->kind != OBSERVE_READ || e->error || e->start != p->start)
			continue;
		cwd = observe_record_at(r, e->cwd, OBSERVE_START);
		path = observe_resolve(r, cwd ? str_of(cwd->text +
			strlen(cwd->text) + 1) : STR("/"), str_of(e->text),
			true);
		if (str_starts(path, "/dev/") || str_starts(path, "/proc/"))
			continue;
		if (file_read(path.p, &text, NULL) == 1)
			ok = scan_shell(r->o, buf_str(&text));
		else
			ok = false;
		buf_release(&text);
	}
	return ok;
}

static bool
scan_program(struct reading *r, const struct program *p)
{
	struct str text, file;

	if (p->words.n == 0 || !script_of(p->words, &text, &file))
		return false;
	observe_env(r->o, STR("PATH"));
	observe_env(r->o, STR("HOME"));
	observe_env(r->o, STR("ENV"));
	observe_env(r->o, STR("BASH_ENV"));
	observe_env(r->o, STR("CDPATH"));
	observe_env(r->o, STR("SHELLOPTS"));
	observe_env(r->o, STR("BASHOPTS"));
	return scan_shell(r->o, text) && scan_read(r, p);
}

/* Is it an interpreter that runs tests? It tells what it reads itself. */
static bool
tells(const struct reading *r, const struct program *p)
{
	if (!r->o->test)
		return false;
	if (p->fork || p->start == r->root || (size_t)p->start * 8 < r->begins)
		return true;
	for (size_t i = 0; i < r->nprograms; i++)
		if (r->programs[i].fork && r->programs[i].from == p->start)
			return true;
	return false;
}

void
observe_environment(struct reading *r)
{
	for (size_t i = 0; i < r->nprograms; i++) {
		const struct program *p = &r->programs[i];

		if ((asks_by_name(p->file) && !p->followed) || tells(r, p))
			continue;
		if (p->followed || !is_shell(p->file) || !scan_program(r, p))
			r->o->whole_env = true;
	}
}
