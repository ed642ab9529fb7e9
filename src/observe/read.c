/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/read.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/internal.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

/* More than that is no set that can be asked after in each run. */
enum { MOST_PATHS = 20000 };

/* ---- what is found ---- */

void
observe_unseen(struct observations *o, struct str why)
{
	for (size_t i = 0; i < o->nunseen; i++)
		if (str_eq(o->unseen[i], why))
			return;
	o->unseen = vec_grow(o->unseen, &o->unseen_cap, o->nunseen + 1,
	                     sizeof(*o->unseen));
	o->unseen[o->nunseen++] = arena_dup(&o->arena, why);
}

struct observation *
observe_at(struct observations *o, struct str path)
{
	struct map_slot *slot = map_get(&o->paths, path);

	if (slot)
		return &o->v[slot->value];
	o->v = vec_grow(o->v, &o->cap, o->n + 1, sizeof(*o->v));
	o->v[o->n] = (struct observation){ .path = arena_dup(&o->arena, path) };
	map_put(&o->paths, o->v[o->n].path, NULL)->value = (uint32_t)o->n;
	return &o->v[o->n++];
}

const struct observation *
observation_find(const struct observations *o, struct str path)
{
	const struct map_slot *slot = map_get(&o->paths, path);

	return slot ? &o->v[slot->value] : NULL;
}

void
observe_env(struct observations *o, struct str name)
{
	int added;
	struct str copy = arena_dup(&o->arena, name);

	map_put(&o->names, copy, &added);
	if (!added)
		return;
	o->env = vec_grow(o->env, &o->env_cap, o->nenv + 1, sizeof(*o->env));
	o->env[o->nenv++] = copy;
}

/* Text stays where it is. */
void
observations_copy(struct observations *o, const struct observations *from)
{
	for (size_t i = 0; i < from->n; i++) {
		struct map_slot *slot = map_get(&o->paths, from->v[i].path);

		if (slot) {
			o->v[slot->value].what |= from->v[i].what;
			continue;
		}
		o->v = vec_grow(o->v, &o->cap, o->n + 1, sizeof(*o->v));
		o->v[o->n] = from->v[i];
		map_put(&o->paths, o->v[o->n].path, NULL)->value =
			(uint32_t)o->n;
		o->n++;
	}
	for (size_t i = 0; i < from->nenv; i++)
		observe_env(o, from->env[i]);
	for (size_t i = 0; i < from->nunseen; i++)
		observe_unseen(o, from->unseen[i]);
	for (size_t i = 0; i < from->nknown; i++) {
		o->known = vec_grow(o->known, &o->known_cap, o->nknown + 1,
		                    sizeof(*o->known));
		o->known[o->nknown++] = from->known[i];
	}
}

void
observations_release(struct observations *o)
{
	arena_release(&o->arena);
	free(o->v);
	free(o->env);
	free(o->unseen);
	free(o->known);
	map_release(&o->paths);
	map_release(&o->names);
	*o = (struct observations){ 0 };
}

/* ---- the log ---- */

static const struct observe_header *
log_header(const struct reading *r)
{
	return (const struct observe_header *)(const void *)r->log;
}

const struct observe_record *
observe_record_at(const struct reading *r, uint32_t number,
	enum observe_kind kind)
{
	const struct observe_record *e;
	size_t at = (size_t)number * 8;

	if (number == 0 || at + sizeof(*e) > r->size)
		return NULL;
	e = (const struct observe_record *)(const void *)(r->log + at);
	if (!(e->head & OBSERVE_DONE) || e->kind != kind ||
	    at + (e->head & OBSERVE_UNITS) * 8 > r->size)
		return NULL;
	return e;
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
	size_t at = sizeof(struct observe_header), n;

	if (r->from > at)
		at = r->from;
	while (at + sizeof(struct observe_record) <= r->size) {
		const struct observe_record *e =
			(const struct observe_record *)(const void *)
			(r->log + at);

		n = (e->head & OBSERVE_UNITS) * 8;
		if (n < sizeof(*e) || n > r->size - at) {
			at += 8;        /* taken and not used */
			continue;
		}
		if (e->head & OBSERVE_DONE && counts(r, e, at) &&
		    memchr(e->text, '\0', n - sizeof(*e))) {
			r->events = vec_grow(r->events, &r->cap,
				r->nevents + 1, sizeof(*r->events));
			r->events[r->nevents++] = (struct event){
				e, order_of(e, at)
			};
		}
		at += n;
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

/* A directory that the step has made, and that is not there any more; of a test,
 * one that lies where such are made. */
static bool
is_temporary(const struct observations *o, struct observation *f)
{
	struct stat st;

	if (!(f->what & OBSERVED_MADE))
		return false;
	if (o->test && path_below(f->path, o->tmp) &&
	    !path_below(f->path, o->root))
		return true;
	if (!(f->what & OBSERVED_ASKED)) {
		f->what |= OBSERVED_ASKED;
		if (lstat(f->path.p, &st) < 0)
			f->what |= OBSERVED_GONE;
	}
	return f->what & OBSERVED_GONE;
}

/* Is it of the step's own making? In a directory that it has made and left others
 * may write too; in one that it has moved there, all is as it was. */
static bool
is_in_own(const struct observations *o, struct str path)
{
	for (; path.n > 1; path = path_dir(path)) {
		const struct map_slot *slot = map_get(&o->paths, path);

		if (slot && (o->v[slot->value].what & OBSERVED_MOVED ||
		             is_temporary(o, &o->v[slot->value])))
			return true;
	}
	return false;
}

static bool
is_own_file(const struct observations *o, struct str path)
{
	const struct observation *f = observation_find(o, path);

	return (f && f->what & OBSERVED_MADE) || is_in_own(o, path);
}

/* Libraries of the system, and what it keeps to find them. */
static bool
is_library(struct str path)
{
	static const char *const dirs[] = {
		"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib",
	};

	if (!strstr(path_base(path).p, ".so"))
		return false;
	for (size_t i = 0; i < countof(dirs); i++)
		if (path_below(path, str_of(dirs[i])))
			return true;
	return false;
}

/* Is one of these the path's end, or does a slash follow it there? */
static bool
has_name(const char *path, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *at = strstr(path, names[i]);

		if (at && (at[strlen(names[i])] == '/' ||
		           at[strlen(names[i])] == '\0'))
			return true;
	}
	return false;
}

/* Is it in what Python and test runners keep for themselves? path: the end of
 * one, from a slash. */
static bool
is_cache(const char *path)
{
	static const char *const names[] = {
		"/__pycache__", "/.pytest_cache", "/.hypothesis", "/.tgraph",
	};

	return has_name(path, names, countof(names));
}

/* Is it below a directory that pytest, or pytgraph for it, has for temporary
 * files? */
static bool
is_pytest_tmp(const struct observations *o, struct str path)
{
	const char *name = path.p + o->tmp.n;
	size_t n;

	if (!path_below(path, o->tmp) || path_below(o->root, path) ||
	    path_below(path, o->root))
		return false;
	if (strncmp(name, "/pytest-of-", 11) == 0)
		return true;
	n = strncmp(name, "/tgraph-", 8) == 0 ? strspn(name + 8, "0123456789")
	                                      : 0;
	return n && (name[8 + n] == '\0' || name[8 + n] == '/');
}

/* What a terminal is like is for reports: test runners load a line editor that
 * asks for it. */
static bool
is_of_terminal(struct str path)
{
	static const char *const names[] = {
		"/terminfo", "/.terminfo", "/inputrc", "/.inputrc",
	};

	return has_name(path.p, names, countof(names));
}

static bool
is_terminal_variable(const char *name)
{
	static const char *const names[] = {
		"TERM", "TERMINFO", "TERMINFO_DIRS", "LINES", "COLUMNS",
		"NCURSES_NO_PADDING", "INPUTRC",
	};

	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* The cache of a tgraph that a test runs. */
static bool
is_store(struct str path)
{
	static const char *const names[] = { "/cache/tgraph", "/.cache/tgraph" };

	return has_name(path.p, names, countof(names));
}

/* Below the working directory nothing is one for its name but for caches, and
 * where that itself lies does not count. */
static bool
is_no_input(const struct observations *o, struct str path)
{
	for (size_t i = 0; i < o->nknown; i++)
		if (path_below(path, o->known[i]))
			return true;
	if (path_below(path, o->root))
		return is_cache(path.p + (o->root.n > 1 ? o->root.n : 0));
	return is_store(path) || is_library(path) || is_cache(path.p) ||
	       is_pytest_tmp(o, path) || is_of_terminal(path);
}

static bool
is_outside(const struct reading *r, struct str path)
{
	return path_below(path, STR("/proc")) ||
	       path_below(path, STR("/sys")) ||
	       path_below(path, STR("/dev")) || path_below(path, r->dir) ||
	       (r->o->test && is_no_input(r->o, path));
}

static void
on_look(struct observation *f, const struct observe_record *e)
{
	bool absent = e->error == ENOENT || e->error == ENOTDIR;

	if (f->what & OBSERVED_LOOK && f->what & (OBSERVED_ABSENT |
	    OBSERVED_TYPED))
		return;
	f->what |= OBSERVED_LOOK;
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
		if (is_own_file(r->o, buf_str(&path)) ||
		    is_outside(r, buf_str(&path)) || lstat(path.p, &st) < 0)
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
	if (is_own_file(r->o, top) || is_outside(r, top))
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
		if (!is_own_file(r->o, path))
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
	if (is_outside(r, path)) {
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
	if (e->kind == OBSERVE_LIST ? is_in_own(r->o, path)
	                            : is_own_file(r->o, path))
		return;
	if (e->kind == OBSERVE_TREE)
		on_walk(r, path);
	else if (e->kind == OBSERVE_LIST)
		observe_at(r->o, path)->what |= is_own_file(r->o, path) ?
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
	if (!e->error && !is_own_file(r->o, path) && !is_outside(r, path))
		observe_at(r->o, path)->what |= OBSERVED_LOOK;
}

/* One that the step has set itself is none of its inputs. */
static void
on_env(struct reading *r, const struct observe_record *e)
{
	const char *value = getenv(e->text);

	if (r->o->test && is_terminal_variable(e->text))
		return;
	if (strcmp(e->text, "LD_PRELOAD") != 0 &&
	    strcmp(e->text, OBSERVE_LOG_VAR) != 0 &&
	    strcmp(e->text, "PWD") != 0 && strcmp(e->text, "MAKEFLAGS") != 0 &&
	    e->size == (value ? observe_hash(value) : 0))
		observe_env(r->o, str_of(e->text));
}

static void
on_known(struct reading *r, const struct observe_record *e)
{
	struct observations *o = r->o;

	if (!o->test || e->text[0] != '/')
		return;
	o->known = vec_grow(o->known, &o->known_cap, o->nknown + 1,
	                    sizeof(*o->known));
	o->known[o->nknown++] = observe_resolve(r, STR("/"), str_of(e->text),
	                                        true);
}

static void
on_event(struct reading *r, const struct observe_record *e)
{
	size_t at = (size_t)((const char *)e - r->log);

	/* What an interpreter reads when it starts, and what a test runner
	 * consists of, is of the environment. */
	if (e->kind != OBSERVE_PASS && (at < r->begins ||
	    (r->root && (e->start == r->root || at == (size_t)r->root * 8))))
		return;
	switch (e->kind) {
	case OBSERVE_START:
		/* The file of the program. */
		if (e->text[0] == '/' && !is_own_file(r->o, str_of(e->text)) &&
		    !is_outside(r, str_of(e->text)))
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
	case OBSERVE_PASS:
		on_known(r, e);
		break;
	}
}

/* Links that were crossed, and what was known later to be none. */
static void
drop_outside(struct reading *r)
{
	for (size_t i = 0; i < r->o->n; i++)
		if (is_outside(r, r->o->v[i].path))
			r->o->v[i].what &= ~(unsigned)(OBSERVED_LOOK |
				OBSERVED_CONTENT | OBSERVED_LIST);
}

void
observe_take(struct reading *r)
{
	list_events(r);
	tell_lost(r);
	observe_programs(r);
	for (size_t i = 0; i < r->nevents; i++) {
		on_event(r, r->events[i].r);
		if (r->o->n <= MOST_PATHS)
			continue;
		observe_unseen(r->o, STR("it looks at more than 20,000 "
		                         "paths"));
		break;
	}
	if (!r->o->test)
		observe_environment(r);
	drop_outside(r);
}

bool
observe_is_log(const char *text, size_t size)
{
	const struct observe_header *h =
		(const struct observe_header *)(const void *)text;

	return text && size >= sizeof(*h) &&
	       memcmp(h->magic, OBSERVE_MAGIC, 8) == 0 &&
	       h->size == sizeof(*h);
}

void
observe_end_log(int fd)
{
	uint32_t one = 1;

	if (pwrite(fd, &one, sizeof(one), offsetof(struct observe_header,
	           closed)) < 0)
		one = 0;        /* it goes on writing: to a file that is gone */
}

bool
observe_text(struct buf *text, int fd)
{
	struct observe_header h;
	ssize_t n = pread(fd, &h, sizeof(h), 0);
	size_t want = n == (ssize_t)sizeof(h) ? h.tail : 0, at = 0;

	if (want > (size_t)OBSERVE_SEGMENT * OBSERVE_SEGMENTS)
		want = (size_t)OBSERVE_SEGMENT * OBSERVE_SEGMENTS;
	buf_reserve(text, want + 8);
	while (at < want && (n = pread(fd, text->p + at, want - at,
	       (off_t)at)) > 0)
		at += (size_t)n;
	text->n = at;
	return n >= 0;
}

void
observe_reading_release(struct reading *r)
{
	observe_resolve_release(r);
	free(r->events);
	free(r->programs);
	buf_release(&r->path);
}

void
observe_read(struct observations *o, const struct observe_log *log,
	const char *program, pid_t group)
{
	struct reading r = { .o = o, .program = program, .group = group };
	struct buf text = { 0 };

	observe_end_log(log->fd);
	if (observe_text(&text, log->fd))
		r.log = text.p;
	r.size = text.n;
	r.dir = path_dir(buf_str(&log->path));
	if (observe_is_log(r.log, r.size))
		observe_take(&r);
	else
		observe_unseen(o, STR("the log of what it reads cannot be "
		                      "read"));
	observe_reading_release(&r);
	buf_release(&text);
}
