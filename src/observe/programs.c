/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/internal.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/process.h"

/* ---- which began ---- */

struct program *
observe_program(struct reading *r, uint32_t start)
{
	for (size_t i = 0; i < r->nprograms; i++)
		if (r->programs[i].start == start)
			return &r->programs[i];
	return NULL;
}

static void
add_program(struct reading *r, const struct observe_record *e)
{
	size_t all = (e->head & OBSERVE_UNITS) * 8 - sizeof(*e), at;
	struct program p = {
		.start = (uint32_t)(((const char *)e - r->log) / 8),
		.pid = e->pid, .file = str_of(e->text),
	};

	at = p.file.n + 1;
	at += strnlen(e->text + at, all - at) + 1;
	/* What is left are the words, and zeros at the end. */
	if (at < all && !(e->flags & OBSERVE_FORK)) {
		p.words = (struct str){ e->text + at, all - at };
		while (p.words.n && p.words.p[p.words.n - 1] == '\0')
			p.words.n--;
		p.words.n += p.words.n != 0;
	}
	r->programs = vec_grow(r->programs, &r->programs_cap,
	                       r->nprograms + 1, sizeof(*r->programs));
	r->programs[r->nprograms++] = p;
}

/* ---- of which nothing was seen ---- */

/* Is it an ELF file, of 64 bits, that names no loader? */
static bool
is_static(const char *p, size_t n)
{
	enum { CLASS = 4, PHOFF = 32, PHENTSIZE = 54, PHNUM = 56, HEADER = 64,
	       INTERP = 3 };
	uint64_t at;
	uint32_t type;
	uint16_t size, count;

	if (n < HEADER || memcmp(p, "\177ELF", 4) != 0 || p[CLASS] != 2)
		return false;
	memcpy(&at, p + PHOFF, sizeof(at));
	memcpy(&size, p + PHENTSIZE, sizeof(size));
	memcpy(&count, p + PHNUM, sizeof(count));
	for (; count; count--, at += size) {
		if (at > n - sizeof(type))
			return false;
		memcpy(&type, p + at, sizeof(type));
		if (type == INTERP)
			return false;
	}
	return true;
}

/* What kind of file keeps a library from being loaded into it. */
static const char *
why_not(const char *path, unsigned flags)
{
	char text[4096];
	struct stat st = { 0 };
	const char *why = "what it reads cannot be seen";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text), 0);

	if (flags & OBSERVE_ASAN)
		why = "it is built with the address sanitizer";
	else if (flags & OBSERVE_FOREIGN)
		why = "it is for another machine";
	else if (fd >= 0 && fstat(fd, &st) == 0 &&
	         st.st_mode & (S_ISUID | S_ISGID))
		why = "it changes its user";
	else if (n > 0 && is_static(text, (size_t)n))
		why = "it is linked statically";
	if (fd >= 0)
		close(fd);
	return why;
}

static void
unseen(struct reading *r, struct str file, const char *why)
{
	struct buf b = { 0 };

	buf_addstr(&b, file);
	buf_addf(&b, ": %s", why);
	observe_unseen(r->o, buf_str(&b));
	buf_release(&b);
}

/* Did the program begin that was to be started here? */
static bool
has_begun(struct reading *r, const struct observe_record *exec)
{
	uint32_t from = (uint32_t)(((const char *)exec - r->log) / 8);

	for (size_t i = 0; i < r->nprograms; i++) {
		struct program *p = &r->programs[i];

		if (p->met || p->start < from || p->pid != exec->pid)
			continue;
		p->met = true;
		return true;
	}
	return false;
}

static bool
is_in_group(void *ctx, const struct process *p)
{
	return p->group == *(pid_t *)ctx && !p->zombie;
}

/* Is there such a process, or one of such a group, that has not ended? */
static bool
goes_on(pid_t pid)
{
	struct process p;

	if (process_look(pid, &p) == 1)
		return !p.zombie;
	return kill(pid, 0) == 0 || errno == EPERM;
}

static bool
group_goes_on(pid_t group)
{
	return (kill(-group, 0) == 0 || errno == EPERM) &&
	       (process_look(getpid(), &(struct process){ 0 }) == 0 ||
	        process_each(is_in_group, &group));
}

/* They call the system themselves. */
static bool
is_blind(struct str file)
{
	struct str name = path_base(file);

	return str_is(name, "bun") || str_is(name, "deno");
}

static void
check_programs(struct reading *r)
{
	for (size_t i = 0; i < r->nprograms; i++) {
		const struct program *p = &r->programs[i];
		const struct observe_record *e = observe_record_at(r, p->start,
			OBSERVE_START);

		if (e && e->flags & OBSERVE_FORK)
			continue;       /* another says when it ends */
		if (e && e->flags & OBSERVE_GO)
			unseen(r, p->file, "it is a Go program");
		else if (is_blind(p->file))
			unseen(r, p->file, "it calls the system by itself");
		if (!(r->serves && r->serves(r->ctx, (pid_t)p->pid)) &&
		    goes_on((pid_t)p->pid))
			unseen(r, p->file, "it goes on after the command");
	}
}

static void
check_event(struct reading *r, const struct observe_record *e)
{
	const struct program *p = observe_program(r, e->start);
	struct str file = p ? p->file : STR("a program");

	if (e->kind == OBSERVE_EXEC && e->error == 0 && !has_begun(r, e)) {
		unseen(r, str_of(e->text), why_not(e->text, e->flags));
	} else if (e->kind == OBSERVE_BLIND) {
		unseen(r, file, e->text);
	} else if (e->kind == OBSERVE_LEFT &&
	           !(r->serves && r->serves(r->ctx, (pid_t)e->pid)) &&
	           group_goes_on((pid_t)e->pid)) {
		unseen(r, file, "it goes on after the command");
	}
}

void
observe_programs(struct reading *r)
{
	for (size_t i = 0; i < r->nevents; i++)
		if (r->events[i].r->kind == OBSERVE_START)
			add_program(r, r->events[i].r);
	for (size_t i = 0; i < r->nevents; i++)
		check_event(r, r->events[i].r);
	if (r->nprograms == 0 && !r->counts)
		unseen(r, str_of(r->program), why_not(r->program, 0));
	else if (r->nprograms && !r->o->first.n)
		r->o->first = arena_dup(&r->o->arena, r->programs[0].file);
	check_programs(r);
	if (r->group > 0 && group_goes_on(r->group))
		unseen(r, r->o->first, "it goes on after the command");
}

/* ---- the environment ---- */

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
is_name(char c, bool first)
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
	        str_is(word, "local")) && is_name(*rest, true);
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
	while (*p < end && is_name(**p, *p == name.p))
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

void
observe_environment(struct reading *r)
{
	for (size_t i = 0; i < r->nprograms; i++) {
		const struct program *p = &r->programs[i];

		if (asks_by_name(p->file))
			continue;
		if (!is_shell(p->file) || !scan_program(r, p))
			r->o->whole_env = true;
	}
}
