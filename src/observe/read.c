/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/read.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/internal.h"
#include "util/mem.h"
#include "util/path.h"

/* More than that is no set that can be asked after in each run. */
enum { MOST_PATHS = 20000 };

/* ---- the log ---- */

static const struct observe_header *
log_header(const struct reading *r)
{
	return (const struct observe_header *)(const void *)r->log;
}

static uint64_t
order_of(const struct observe_record *e, size_t at)
{
	return e->kind == OBSERVE_WRITE || e->kind == OBSERVE_TOUCH
	     ? e->size * 2 : at * 2 + 1;
}

static int
cmp_events(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return x->r < y->r ? -1 : x->r > y->r;
}

/* A START is of the program that begins. */
static bool
counts(const struct reading *r, const struct observe_record *e, size_t at)
{
	return !r->counts || r->counts(r->ctx, e->kind == OBSERVE_START ?
	                               (uint32_t)(at / 8) : e->start);
}

static void
list_events(struct reading *r)
{
	const struct observe_record *e;
	size_t at = r->from, begin, text;

	while ((e = observe_next(r->log, r->size, &at))) {
		begin = (size_t)((const char *)e - r->log);
		text = at - begin - sizeof(*e);
		if (!counts(r, e, begin) || !memchr(e->text, '\0', text))
			continue;
		r->events = vec_grow(r->events, &r->cap, r->nevents + 1,
		                     sizeof(*r->events));
		r->events[r->nevents++] = (struct event){
			e, order_of(e, begin)
		};
	}
	if (r->nevents)
		qsort(r->events, r->nevents, sizeof(*r->events), cmp_events);
}

static void
tell_lost(struct reading *r)
{
	uint32_t lost = log_header(r)->lost;

	if (lost & OBSERVE_LOST_FULL)
		observe_unseen(r->o, STR("the log of what it reads is full"));
	if (lost & OBSERVE_LOST_SPACE)
		observe_unseen(r->o, STR("no space is left for the log of what "
		                         "it reads"));
	if (lost & OBSERVE_LOST_MAP)
		observe_unseen(r->o, STR("a process could not open the log of "
		                         "what it reads"));
	if (lost & OBSERVE_LOST_PATH)
		observe_unseen(r->o, STR("a process was in a directory without "
		                         "a path, or used one that is too "
		                         "long"));
}

/* ---- events ---- */

/* Was it answered that there is nothing? A file that was asked for as a
 * directory is there. */
static bool
is_absent(const struct observation *f, int error)
{
	struct stat st;

	return error == ENOENT || (error == ENOTDIR &&
	       (lstat(f->path.p, &st) < 0 || S_ISDIR(st.st_mode)));
}

static void
on_look(struct observation *f, const struct observe_record *e)
{
	bool absent = is_absent(f, e->error);

	if (f->what & OBSERVED_LOOK && f->what & (OBSERVED_ABSENT |
	    OBSERVED_TYPED))
		return;
	f->what |= OBSERVED_LOOK;
	/* We may look everywhere. */
	if (e->error == EACCES && geteuid() == 0)
		f->what |= OBSERVED_REFUSED;
	if (absent && !(f->what & (OBSERVED_CONTENT | OBSERVED_LIST)))
		f->what |= OBSERVED_ABSENT;
	if (e->flags & OBSERVE_STAT) {
		f->what |= OBSERVED_TYPED;
		f->mode = e->mode;
		/* Who asks for size and times wants to know whether it is
		 * another. */
		if (S_ISREG(e->mode))
			f->what |= OBSERVED_CONTENT;
	}
}

static void
on_read(struct observation *f, const struct observe_record *e)
{
	struct stat st;

	if (e->error || (lstat(f->path.p, &st) == 0 && S_ISDIR(st.st_mode)))
		on_look(f, e);
	else
		f->what |= OBSERVED_CONTENT;
}

static void
on_walk(struct reading *r, struct str top)
{
	struct buf path = { 0 };
	struct dirent *e;
	struct stat st;
	DIR *d = opendir(top.p);

	observe_at(r->o, top)->what |= OBSERVED_LIST | OBSERVED_LOOK;
	while (d && (e = readdir(d)) && r->o->n <= MOST_PATHS) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		buf_clear(&path);
		buf_addf(&path, "%s/%s", top.p, e->d_name);
		if (observe_is_own(r->o, buf_str(&path)) ||
		    observe_is_no_input(r, buf_str(&path)) ||
		    lstat(path.p, &st) < 0)
			continue;
		observe_at(r->o, buf_str(&path))->what |= OBSERVED_LOOK;
		if (S_ISDIR(st.st_mode))
			on_walk(r, arena_dup(&r->o->arena, buf_str(&path)));
	}
	if (d)
		closedir(d);
	buf_release(&path);
}

/* The directories in which the matches of a pattern are looked for: up to its
 * first wildcard, and all below if there is more after that one. */
static void
on_glob(struct reading *r, struct str cwd, struct str pattern)
{
	size_t n = strcspn(pattern.p, "*?[{~\\"), dir = n;
	struct str top;

	while (dir && pattern.p[dir - 1] != '/')
		dir--;
	top = observe_resolve(r, cwd, dir ? (struct str){ pattern.p, dir }
	                                  : STR("."), true);
	if (observe_is_own(r->o, top) || observe_is_no_input(r, top))
		return;
	if (n == pattern.n)
		observe_at(r->o, observe_resolve(r, cwd, pattern, true))->what
			|= OBSERVED_LOOK;
	else if (strchr(pattern.p + n, '/'))
		on_walk(r, top);
	else
		observe_at(r->o, top)->what |= OBSERVED_LIST | OBSERVED_LOOK;
}

/* The names in its directory are others too. */
static void
on_write(struct reading *r, const struct observe_record *e, struct str path)
{
	if (e->error) {
		/* What it would have replaced is there, or its directory is
		 * not: it was looked up. */
		if (!observe_is_own(r->o, path))
			on_look(observe_at(r->o, path), e);
		return;
	}
	observe_at(r->o, path)->what |= e->kind == OBSERVE_WRITE
		? OBSERVED_MADE | OBSERVED_CHANGED : OBSERVED_CHANGED;
	if (e->flags & OBSERVE_MOVED)
		observe_at(r->o, path)->what |= OBSERVED_MOVED;
	if (e->kind == OBSERVE_WRITE && path_dir(path).n)
		observe_at(r->o, path_dir(path))->what |= OBSERVED_CHANGED;
}

static struct str
cwd_of(const struct reading *r, uint32_t number)
{
	const struct observe_record *e = observe_record_at(r, number,
		OBSERVE_CWD);

	if (e)
		return str_of(e->text);
	e = observe_record_at(r, number, OBSERVE_START);
	return e ? str_of(e->text + strlen(e->text) + 1) : STR("/");
}

/* What is compiled stands for its source: the source's path for one of these in
 * a __pycache__, in the arena; n 0: it is none. (Names may have dots.) */
static struct str
source_of(struct reading *r, struct str path)
{
	struct str dir = path_dir(path), base = path_base(path), found = { 0 };
	struct buf b = { 0 };
	struct stat st;

	if (!str_is(path_base(dir), "__pycache__") || !str_ends(base, ".pyc"))
		return found;
	for (size_t n = base.n; n-- > 1 && !found.n;) {
		if (base.p[n] != '.')
			continue;
		buf_clear(&b);
		buf_addstr(&b, path_dir(dir));
		buf_addc(&b, '/');
		buf_add(&b, base.p, n);
		buf_adds(&b, ".py");
		if (lstat(b.p, &st) == 0)
			found = arena_dup(&r->o->arena, buf_str(&b));
	}
	buf_release(&b);
	return found;
}

static void
on_compiled(struct reading *r, struct str path)
{
	struct str source = { 0 };

	if (path_dir(path).n &&
	    !observe_is_no_input(r, path_dir(path_dir(path))))
		source = source_of(r, path);
	if (source.n && !observe_is_own(r->o, source) &&
	    !observe_is_no_input(r, source))
		observe_at(r->o, source)->what |= OBSERVED_CONTENT;
}

/* A name in a directory, which may be a link. */
static void
on_find(struct reading *r, const struct observe_record *e)
{
	const char *colon = strrchr(e->text, ':');
	struct observation *f;
	struct str path;

	if (!r->o->test || !colon)
		return;
	path = observe_resolve(r, cwd_of(r, e->cwd), (struct str){
		e->text, (size_t)(colon - e->text) }, false);
	if (observe_is_no_input(r, path) || observe_is_in_own(r->o, path))
		return;
	f = observe_at(r->o, path);
	/* Different interpreters have looked: any name counts. */
	if (f->what & OBSERVED_FIND && !str_is(f->tag, colon + 1)) {
		observe_at(r->o, path_dir(path))->what |= OBSERVED_LIST;
		return;
	}
	f->what |= OBSERVED_FIND;
	f->tag = arena_dup(&r->o->arena, str_of(colon + 1));
}

/* Is it a directory that an interpreter's environment lies in? Where it would not
 * be one, nothing would run. */
static bool
leads_to_known(const struct reading *r, struct str path)
{
	for (size_t i = 0; i < r->o->nknown; i++)
		if (path_below(r->o->known[i], path))
			return true;
	return false;
}

static void
on_path(struct reading *r, const struct observe_record *e)
{
	struct str text = str_of(e->text), cwd = cwd_of(r, e->cwd), path;
	bool change = e->kind == OBSERVE_WRITE || e->kind == OBSERVE_TOUCH;

	if (e->kind == OBSERVE_GLOB) {
		on_glob(r, cwd, text);
		return;
	}
	path = observe_resolve(r, cwd, text, !change &&
	                       !(e->flags & OBSERVE_NOFOLLOW));
	if (r->in_tree && e->kind == OBSERVE_LOOK && leads_to_known(r, path))
		return;
	if (observe_is_no_input(r, path)) {
		if (r->o->test && e->kind == OBSERVE_READ && !e->error)
			on_compiled(r, path);
		/* Its directory has another name in it all the same. */
		if (e->kind == OBSERVE_WRITE && !e->error && path_dir(path).n)
			observe_at(r->o, path_dir(path))->what |=
				OBSERVED_CHANGED;
		return;
	}
	if (change) {
		on_write(r, e, path);
		return;
	}
	if (e->kind == OBSERVE_LIST ? observe_is_in_own(r->o, path)
	                            : observe_is_own(r->o, path))
		return;
	if (e->kind == OBSERVE_TREE)
		on_walk(r, path);
	else if (e->kind == OBSERVE_LIST)
		observe_at(r->o, path)->what |= observe_is_own(r->o, path) ?
			OBSERVED_LIST : OBSERVED_LIST | OBSERVED_LOOK;
	else if (e->kind == OBSERVE_LOOK)
		on_look(observe_at(r->o, path), e);
	else
		on_read(observe_at(r->o, path), e);
}

/* That it may be run counts besides. */
static void
on_exec(struct reading *r, const struct observe_record *e)
{
	struct str path = observe_resolve(r, STR("/"), str_of(e->text), true);

	on_path(r, e);
	if (!e->error && !observe_is_own(r->o, path) &&
	    !observe_is_no_input(r, path))
		observe_at(r->o, path)->what |= OBSERVED_LOOK;
}

/* One that the step has set itself is none of its inputs. */
static void
on_env(struct reading *r, const struct observe_record *e)
{
	const char *value = getenv(e->text);

	if (strcmp(e->text, "*") == 0)
		r->o->whole_env = true;
	if (r->o->test && observe_is_of_terminal(e->text))
		return;
	if (strcmp(e->text, "LD_PRELOAD") != 0 &&
	    strcmp(e->text, OBSERVE_LOG_VAR) != 0 &&
	    strcmp(e->text, "PWD") != 0 && strcmp(e->text, "MAKEFLAGS") != 0 &&
	    e->size == (value ? observe_hash(value) : 0))
		observe_env(r->o, str_of(e->text));
}

static void
add_known(struct reading *r, struct str path)
{
	struct observations *o = r->o;

	o->known = vec_grow(o->known, &o->known_cap, o->nknown + 1,
	                    sizeof(*o->known));
	o->known[o->nknown++] = path;
}

/* Where it is a link, that and what it leads to. */
static void
on_known(struct reading *r, const struct observe_record *e)
{
	struct str path = str_of(e->text), link, real;

	if (!r->o->test || e->text[0] != '/')
		return;
	link = observe_resolve(r, STR("/"), path, false);
	real = observe_resolve(r, STR("/"), path, true);
	add_known(r, real);
	if (!str_eq(link, real))
		add_known(r, link);
}

static bool
is_path(enum observe_kind kind)
{
	return kind == OBSERVE_LOOK || kind == OBSERVE_READ ||
	       kind == OBSERVE_LIST || kind == OBSERVE_TREE ||
	       kind == OBSERVE_GLOB || kind == OBSERVE_WRITE ||
	       kind == OBSERVE_TOUCH;
}

/* Variables that are no part of a test's static key (tg_env) though libc reads
 * them: what a plugin has made of them counts for all that it is loaded for. */
static bool
is_of_libc(const char *name)
{
	return strcmp(name, "TZ") == 0 || str_starts(str_of(name), "LC_");
}

/* What an interpreter reads when it starts, and what a test runner consists of,
 * is of the environment; but for what of the tree takes part in it, and for what
 * that reads there (sitecustomize). */
static void
on_early(struct reading *r, const struct observe_record *e)
{
	if (e->kind == OBSERVE_ENV && r->ready && is_of_libc(e->text))
		on_env(r, e);
	if (!is_path(e->kind))
		return;
	r->in_tree = true;
	on_path(r, e);
	r->in_tree = false;
}

static void
on_event(struct reading *r, const struct observe_record *e)
{
	size_t at = (size_t)((const char *)e - r->log);

	r->ready |= e->kind == OBSERVE_PASS && !*e->text;
	if (at < r->begins ||
	    (r->root && (e->start == r->root || at == (size_t)r->root * 8))) {
		on_early(r, e);
		return;
	}
	switch (e->kind) {
	case OBSERVE_START:
		/* The file of the program. */
		if (e->text[0] == '/' &&
		    !observe_is_own(r->o, str_of(e->text)) &&
		    !observe_is_no_input(r, str_of(e->text)))
			observe_at(r->o, str_of(e->text))->what |=
				OBSERVED_CONTENT;
		break;
	case OBSERVE_EXEC:
		on_exec(r, e);
		break;
	case OBSERVE_LOOK:
	case OBSERVE_READ:
	case OBSERVE_LIST:
	case OBSERVE_TREE:
	case OBSERVE_GLOB:
	case OBSERVE_WRITE:
	case OBSERVE_TOUCH:
		on_path(r, e);
		break;
	case OBSERVE_ENV:
		on_env(r, e);
		break;
	case OBSERVE_FIND:
		on_find(r, e);
		break;
	}
}

/* Links that were crossed, and what was known later to be none. */
static void
drop_outside(struct reading *r)
{
	for (size_t i = 0; i < r->o->n; i++)
		if (observe_is_no_input(r, r->o->v[i].path))
			r->o->v[i].what &= ~(unsigned)(OBSERVED_LOOK |
				OBSERVED_CONTENT | OBSERVED_LIST |
				OBSERVED_FIND);
}

/* Is it below what the step has seen to be a file? */
static bool
is_below_file(const struct observations *o, struct str path)
{
	for (path = path_dir(path); path.n > 1; path = path_dir(path)) {
		const struct observation *f = observation_find(o, path);

		if (f)
			return f->what & OBSERVED_LOOK &&
			       f->what & OBSERVED_TYPED &&
			       !(f->what & OBSERVED_CHANGED) &&
			       S_ISREG(f->mode);
	}
	return false;
}

/* What is not there as it would be below a file: that this is one is asked after
 * anyway. pytest looks for an environment below each test file. */
static void
drop_below_files(struct observations *o)
{
	for (size_t i = 0; i < o->n; i++) {
		struct observation *f = &o->v[i];

		if (f->what == (OBSERVED_LOOK | OBSERVED_ABSENT) &&
		    is_below_file(o, f->path))
			f->what = 0;
	}
}

void
observe_take(struct reading *r)
{
	list_events(r);
	tell_lost(r);
	observe_programs(r);
	for (size_t i = 0; i < r->nevents; i++)
		if (r->events[i].r->kind == OBSERVE_PASS)
			on_known(r, r->events[i].r);
	for (size_t i = 0; i < r->nevents; i++) {
		on_event(r, r->events[i].r);
		if (r->o->n <= MOST_PATHS)
			continue;
		observe_unseen(r->o, STR("it looks at more than 20,000 "
		                         "paths"));
		break;
	}
	observe_environment(r);
	drop_outside(r);
	drop_below_files(r->o);
}

void
observe_reading_release(struct reading *r)
{
	observe_resolve_release(r);
	free(r->events);
	free(r->programs);
	buf_release(&r->path);
}

bool
observe_reading_begin(struct reading *r, struct buf *text,
	const struct observe_log *log)
{
	observe_end_log(log->fd);
	if (observe_text(text, log->fd))
		r->log = text->p;
	r->size = text->n;
	r->dir = path_dir(buf_str(&log->path));
	if (observe_is_log(r->log, r->size))
		return true;
	observe_unseen(r->o, STR("the log of what it reads cannot be read"));
	return false;
}

void
observe_read(struct observations *o, const struct observe_log *log,
	const char *program, pid_t group)
{
	struct reading r = { .o = o, .program = program, .group = group };
	struct buf text = { 0 };

	if (observe_reading_begin(&r, &text, log))
		observe_take(&r);
	observe_reading_release(&r);
	buf_release(&text);
}
