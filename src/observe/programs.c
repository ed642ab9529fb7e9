/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/internal.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/process.h"

/* ---- which began ---- */

static struct program *
find_program(struct reading *r, uint32_t start)
{
	for (size_t i = 0; i < r->nprograms; i++)
		if (r->programs[i].start == start)
			return &r->programs[i];
	return NULL;
}

static void
note_start(struct reading *r, const struct observe_record *e)
{
	size_t all = (e->head & OBSERVE_UNITS) * 8 - sizeof(*e), at;
	struct program p = {
		.start = (uint32_t)(((const char *)e - r->log) / 8),
		.pid = e->pid, .file = str_of(e->text),
		.fork = e->flags & OBSERVE_FORK, .from = e->start,
		.followed = e->flags & OBSERVE_FOLLOWED,
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

/* Did another process note what this one asks for? */
static bool
is_followed(const struct reading *r, const struct program *p)
{
	for (size_t i = 0; i < r->nprograms; i++)
		if (r->programs[i].followed && r->programs[i].pid == p->pid)
			return true;
	return false;
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
		if (e && e->flags & OBSERVE_GO && !is_followed(r, p))
			unseen(r, p->file, "it is a Go program");
		else if (is_blind(p->file))
			unseen(r, p->file, "it calls the system by itself");
		if (!(r->serves && r->serves(r->ctx, (pid_t)p->pid)) &&
		    goes_on((pid_t)p->pid))
			unseen(r, p->file, "it goes on after the command");
	}
}

/* The static program that many have anywhere: Python asks it for what libraries
 * there are, and it reads that from one file. */
static bool
is_ldconfig(const char *file)
{
	return strcmp(file, "/sbin/ldconfig") == 0 ||
	       strcmp(file, "/usr/sbin/ldconfig") == 0;
}

static void
check_event(struct reading *r, const struct observe_record *e)
{
	const struct program *p = find_program(r, e->start);
	struct str file = p ? p->file : STR("a program");

	if (e->kind == OBSERVE_EXEC && e->error == 0 && !has_begun(r, e)) {
		if (is_ldconfig(e->text))
			observe_at(r->o, STR("/etc/ld.so.cache"))->what |=
				OBSERVED_CONTENT;
		else
			unseen(r, str_of(e->text),
			       why_not(e->text, e->flags));
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
			note_start(r, r->events[i].r);
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
