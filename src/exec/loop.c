/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>

#include "util/mem.h"
#include "util/os.h"

struct loop {
	struct pollfd *polls;
	struct loop_fd **fds;   /* by the same index; NULL: removed */
	size_t n, polls_cap, fds_cap;
	bool holes;
	struct loop_timer **heap;
	size_t ntimers, heap_cap;
	uint64_t number;        /* of the timer set last */
	int64_t calling;        /* times up to this are being called */
};

struct loop *
loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	l->calling = INT64_MIN;
	return l;
}

void
loop_free(struct loop *l)
{
	if (!l)
		return;
	free(l->polls);
	free(l->fds);
	free(l->heap);
	free(l);
}

/* ---- descriptors ---- */

void
loop_add(struct loop *l, struct loop_fd *f)
{
	assert(f->place == 0 && f->fd >= 0);
	l->polls = vec_grow(l->polls, &l->polls_cap, l->n + 1,
	                    sizeof(*l->polls));
	l->fds = vec_grow(l->fds, &l->fds_cap, l->n + 1,
	                  sizeof(struct loop_fd *));
	l->polls[l->n] = (struct pollfd){
		.fd = f->fd,
		.events = (short)((f->what & LOOP_READ ? POLLIN : 0) |
		                  (f->what & LOOP_WRITE ? POLLOUT : 0)),
	};
	l->fds[l->n++] = f;
	f->place = l->n;
}

void
loop_remove(struct loop *l, struct loop_fd *f)
{
	if (f->place == 0)
		return;
	assert(l->fds[f->place - 1] == f);
	l->fds[f->place - 1] = NULL;
	f->place = 0;
	l->holes = true;
}

static void
close_holes(struct loop *l)
{
	size_t n = 0;

	if (!l->holes)
		return;
	for (size_t i = 0; i < l->n; i++) {
		if (!l->fds[i])
			continue;
		l->polls[n] = l->polls[i];
		l->fds[n] = l->fds[i];
		l->fds[n]->place = n + 1;
		n++;
	}
	l->n = n;
	l->holes = false;
}

static unsigned
ready_for(const struct loop_fd *f, short revents)
{
	unsigned what = 0;

	if (revents & ~(POLLIN | POLLOUT))
		return f->what;
	if (revents & POLLIN)
		what |= LOOP_READ;
	if (revents & POLLOUT)
		what |= LOOP_WRITE;
	return what & f->what;
}

static void
call_ready(struct loop *l, int ready)
{
	size_t n = l->n;

	for (size_t i = 0; ready > 0 && i < n; i++) {
		struct loop_fd *f = l->fds[i];
		short revents = l->polls[i].revents;

		if (!revents)
			continue;
		ready--;
		if (f)
			f->ready(f->ctx, ready_for(f, revents));
	}
}

/* ---- times ---- */

static bool
sooner(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static void
put_timer(struct loop *l, size_t i, struct loop_timer *t)
{
	l->heap[i] = t;
	t->place = i + 1;
}

/* Puts t where there is room at i, or above or below it. */
static void
settle_timer(struct loop *l, size_t i, struct loop_timer *t)
{
	for (; i && sooner(t, l->heap[(i - 1) / 2]); i = (i - 1) / 2)
		put_timer(l, i, l->heap[(i - 1) / 2]);
	for (;;) {
		size_t below = 2 * i + 1;

		if (below + 1 < l->ntimers &&
		    sooner(l->heap[below + 1], l->heap[below]))
			below++;
		if (below >= l->ntimers || !sooner(l->heap[below], t))
			break;
		put_timer(l, i, l->heap[below]);
		i = below;
	}
	put_timer(l, i, t);
}

void
loop_set(struct loop *l, struct loop_timer *t, int64_t at)
{
	loop_unset(l, t);
	t->at = at > l->calling ? at : l->calling + 1;
	t->number = ++l->number;
	l->heap = vec_grow(l->heap, &l->heap_cap, l->ntimers + 1,
	                   sizeof(struct loop_timer *));
	l->ntimers++;
	settle_timer(l, l->ntimers - 1, t);
}

void
loop_unset(struct loop *l, struct loop_timer *t)
{
	size_t i = t->place - 1;

	if (t->place == 0)
		return;
	assert(l->heap[i] == t);
	t->place = 0;
	l->ntimers--;
	if (i < l->ntimers)
		settle_timer(l, i, l->heap[l->ntimers]);
}

static void
call_due(struct loop *l)
{
	if (l->ntimers == 0)
		return;
	l->calling = os_now();
	while (l->ntimers && l->heap[0]->at <= l->calling) {
		struct loop_timer *t = l->heap[0];

		loop_unset(l, t);
		t->due(t->ctx);
	}
	l->calling = INT64_MIN;
}

/* ---- waiting ---- */

/* Milliseconds, rounded up: a time has come when poll ends. */
static int
time_left(const struct loop *l, int64_t until)
{
	enum { HOUR_MS = 3600 * 1000 };
	int64_t now, ms;

	if (l->ntimers && l->heap[0]->at < until)
		until = l->heap[0]->at;
	if (until == INT64_MAX)
		return -1;
	now = os_now();
	if (until <= now)
		return 0;
	ms = (until - now - 1) / 1000000 + 1;
	return ms < HOUR_MS ? (int)ms : HOUR_MS;
}

void
loop_wait(struct loop *l, int64_t until)
{
	int ready;

	close_holes(l);
	do
		ready = poll(l->polls, (nfds_t)l->n, time_left(l, until));
	while (ready < 0 && errno == EINTR);
	/* No memory for it just now. */
	if (ready < 0)
		poll(NULL, 0, 10);
	call_ready(l, ready);
	call_due(l);
}
