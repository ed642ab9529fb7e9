/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "observe/internal.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/path.h"

/* The processes of a worker write to one log. Each that goes on for others has a
 * START of its own there, which names the one that it was forked from: a step has
 * what its own, that one and those above it have asked for, before they were
 * forked. */

enum { MOST_LINES = 16 };

/* A process that began. */
struct begun {
	uint32_t start;         /* number of its START */
	uint32_t parent;        /* where it goes on for another: of that one's */
	uint32_t pid;
	bool fork;
};

/* What a process and those above it have asked for. */
struct line {
	uint32_t start;         /* of the process; 0: free */
	uint64_t upto;          /* what of the log is in it */
	uint64_t used;
	bool ready;             /* see struct reading */
	struct observations seen;
};

struct observe_worker {
	struct observe_log log;
	int64_t since;
	const char *text;       /* of the log, as it grows */
	size_t parsed;          /* that is in begun */
	struct begun *begun;
	size_t n, cap;
	struct line lines[MOST_LINES];
	uint64_t clock;
	uint32_t wanted;        /* see counts */
};

static const size_t WHOLE = (size_t)OBSERVE_SEGMENT * OBSERVE_SEGMENTS;

struct observe_worker *
observe_worker_new(const char *path, uint64_t ticket, int64_t now,
	struct err *err)
{
	struct observe_worker *w = xcalloc(1, sizeof(*w));
	void *p;

	w->log.ticket = ticket;

	if (observe_make(&w->log, path, err) < 0) {
		free(w);
		return NULL;
	}
	p = mmap(NULL, WHOLE, PROT_READ, MAP_SHARED, w->log.fd, 0);
	w->text = p == MAP_FAILED ? NULL : p;
	w->since = now;
	return w;
}

void
observe_worker_free(struct observe_worker *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < MOST_LINES; i++)
		observations_release(&w->lines[i].seen);
	if (w->text)
		munmap((void *)(uintptr_t)w->text, WHOLE);
	observe_close(&w->log);
	free(w->begun);
	free(w);
}

const struct observe_log *
observe_worker_log(const struct observe_worker *w)
{
	return &w->log;
}

/* ---- who began ---- */

static void
find_begun(struct observe_worker *w, size_t end)
{
	const struct observe_record *e;
	size_t at = w->parsed;

	while ((e = observe_next(w->text, end, &at))) {
		if (e->kind != OBSERVE_START)
			continue;
		w->begun = vec_grow(w->begun, &w->cap, w->n + 1,
		                    sizeof(*w->begun));
		w->begun[w->n++] = (struct begun){
			.start = (uint32_t)(((const char *)e - w->text) / 8),
			.parent = e->start, .pid = e->pid,
			.fork = e->flags & OBSERVE_FORK,
		};
	}
	if (end > w->parsed)
		w->parsed = end;
}

static struct begun *
begun_of(const struct observe_worker *w, uint32_t start)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->begun[i].start == start)
			return &w->begun[i];
	return NULL;
}

/* The process that started a program; 0: nobody knows. */
static uint32_t
starter(const struct observe_worker *w, struct begun *b)
{
	const struct observe_record *e;
	size_t at = 0, end = (size_t)b->start * 8;
	uint32_t found = b->parent;

	while (!b->parent && (e = observe_next(w->text, end, &at)))
		if (e->kind == OBSERVE_EXEC && !e->error && e->pid == b->pid)
			found = e->start;
	b->parent = found;
	return found;
}

/* Is it one of the worker's processes? What they start may go on for others in
 * its turn: a test runner that a conftest calls. */
static bool
is_own(const struct observe_worker *w, const struct begun *b)
{
	while (b && b->fork)
		b = begun_of(w, b->parent);
	return b == &w->begun[0];
}

/* Is it the wanted process, or one above it, or a program that one of these has
 * started? Of whom nobody knows counts for all. */
static bool
counts_for(void *ctx, uint32_t start)
{
	struct observe_worker *w = ctx;
	struct begun *b;
	uint32_t at;

	for (;;) {
		for (at = w->wanted; at; at = b->parent) {
			if (at == start)
				return true;
			b = begun_of(w, at);
			if (!b)
				return true;
			if (!b->fork)
				break;
		}
		b = begun_of(w, start);
		if (!b)
			return true;
		if (is_own(w, b))
			return false;
		at = starter(w, b);
		if (!at || at == start)
			return true;
		start = at;
	}
}

static bool
serves(void *ctx, pid_t pid)
{
	const struct observe_worker *w = ctx;

	for (size_t i = 0; i < w->n; i++)
		if (w->begun[i].pid == (uint32_t)pid && is_own(w, &w->begun[i]))
			return true;
	return false;
}

/* ---- what they asked for ---- */

static void
clear(struct line *l, uint32_t start, struct str tmp, struct str root)
{
	observations_release(&l->seen);
	*l = (struct line){ .start = start };
	l->seen.test = true;
	l->seen.tmp = arena_dup(&l->seen.arena, tmp);
	l->seen.root = arena_dup(&l->seen.arena, root);
}

static struct line *
line_of(struct observe_worker *w, uint32_t start, uint64_t upto, struct str tmp,
	struct str root)
{
	struct line *l = &w->lines[0];

	for (size_t i = 0; i < MOST_LINES; i++) {
		if (w->lines[i].start == start && w->lines[i].upto <= upto) {
			l = &w->lines[i];
			break;
		}
		if (w->lines[i].used < l->used)
			l = &w->lines[i];
	}
	if (l->start != start || l->upto > upto)
		clear(l, start, tmp, root);
	l->used = ++w->clock;
	return l;
}

static struct line *
read_line(struct observe_worker *w, uint32_t start, uint64_t upto,
	struct str tmp, struct str root)
{
	const struct observe_header *h =
		(const struct observe_header *)(const void *)w->text;
	uint64_t tail = __atomic_load_n(&h->tail, __ATOMIC_ACQUIRE);
	uint64_t backed = __atomic_load_n(&h->backed, __ATOMIC_ACQUIRE);
	struct reading r = {
		.program = "", .log = w->text, .counts = counts_for,
		.serves = serves, .ctx = w,
	};
	struct line *l;

	if (tail > backed)
		tail = backed;
	if (upto > tail)
		upto = tail;
	if (upto > WHOLE)
		upto = WHOLE;
	find_begun(w, tail < WHOLE ? tail : WHOLE);
	l = line_of(w, start, upto, tmp, root);
	w->wanted = start;
	r.root = w->n ? w->begun[0].start : 0;
	r.o = &l->seen;
	r.from = l->upto;
	r.ready = l->ready;
	r.size = upto;
	r.dir = path_dir(buf_str(&w->log.path));
	observe_take(&r);
	l->upto = upto;
	l->ready = r.ready;
	observe_reading_release(&r);
	return l;
}

/* ---- a step ---- */

/* The log that a START refers to; 0: to its own. */
static uint64_t
refers(const struct observe_record *e)
{
	size_t n = (e->head & OBSERVE_UNITS) * 8 - sizeof(*e), at;

	if (e->kind != OBSERVE_START || !(e->flags & OBSERVE_FORK))
		return 0;
	at = strnlen(e->text, n) + 1;
	if (at < n)
		at += strnlen(e->text + at, n - at) + 1;
	return at + 16 < n ? strtoull(e->text + at, NULL, 16) : 0;
}

/* Has the process said later that it goes on for others? */
static bool
is_replaced(const struct reading *r, const struct observe_record *e,
	uint64_t nonce)
{
	const struct observe_record *later;
	size_t at = (size_t)((const char *)e - r->log);

	observe_next(r->log, r->size, &at);
	while (e->size == UINT64_MAX &&
	       (later = observe_next(r->log, r->size, &at)))
		if (later->start == e->start && refers(later) == nonce)
			return true;
	return false;
}

static void
take_worker(struct reading *r, const struct observe_record *e,
	struct observe_worker *const *workers, size_t n)
{
	uint64_t nonce = refers(e);
	struct observations *o = r->o;
	struct line *l;

	if (e->kind != OBSERVE_START || !(e->flags & OBSERVE_FORK))
		return;
	/* An interpreter that the step has for itself is ready. Others that say
	 * so are what tests call. */
	if (!r->begins)
		r->begins = nonce ? sizeof(struct observe_header)
		                  : (size_t)((const char *)e - r->log);
	if (!nonce || is_replaced(r, e, nonce))
		return;
	for (size_t i = 0; i < n; i++) {
		struct observe_worker *w = workers[i];

		if (w->log.nonce != nonce || !w->text)
			continue;
		l = read_line(w, e->start, e->size, o->tmp, o->root);
		observations_copy(o, &l->seen);
		o->early = o->n;
		if (!o->since || w->since < o->since)
			o->since = w->since;
		return;
	}
	observe_unseen(o, STR("the log of its worker is gone"));
}

static void
take_workers(struct reading *r, struct observe_worker *const *workers, size_t n)
{
	const struct observe_record *e;
	size_t at = 0;

	while ((e = observe_next(r->log, r->size, &at)))
		take_worker(r, e, workers, n);
}

static void
find_places(struct reading *r)
{
	struct observations *o = r->o;
	const char *tmp = getenv("TMPDIR");
	struct buf cwd = { 0 };

	o->test = true;
	if (os_cwd(&cwd, NULL) == 0)
		o->root = arena_dup(&o->arena, buf_str(&cwd));
	else
		o->root = STR("/");
	buf_release(&cwd);
	o->tmp = observe_resolve(r, STR("/"), str_of(tmp && *tmp ? tmp
	                                             : "/tmp"), true);
	/* That a link was crossed on the way is nothing that it asked for. */
	map_release(&o->paths);
	o->n = 0;
}

void
observe_read_test(struct observations *o, const struct observe_log *log,
	struct observe_worker *const *workers, size_t n, const char *program,
	pid_t group)
{
	struct reading r = { .o = o, .program = program, .group = group };
	struct buf text = { 0 };
	bool there = observe_reading_begin(&r, &text, log);

	find_places(&r);
	if (there) {
		take_workers(&r, workers, n);
		observe_take(&r);
	}
	observe_reading_release(&r);
	buf_release(&text);
}
