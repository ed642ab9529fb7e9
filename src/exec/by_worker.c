/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/by_worker.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>

#include "exec/loop.h"
#include "exec/worker.h"
#include "util/mem.h"

struct by_worker {
	struct executor e;
	struct workers *workers;
	struct desk **desks;
	size_t n, cap;
};

/* A worker that has steps, and the one place where its answers are read. */
struct desk {
	struct by_worker *of;
	struct worker *worker;
	struct loop *loop;
	struct loop_fd answers;
	struct warm *first;     /* its steps, in no order */
};

struct warm {
	struct execution x;
	struct desk *desk;
	uint32_t seq;
	struct worker_answer end;
	struct warm *next;
};

static struct warm *
warm_of(struct execution *x)
{
	return (struct warm *)x;
}

static bool
is_over(const struct execution *x)
{
	return x->state >= EXECUTION_ENDED;
}

static void
set_state(struct warm *w, enum execution_state state)
{
	w->x.state = state;
	w->x.changed(w->x.ctx);
}

/* The worker has died, and all that it had with it. */
static void
lose_all(struct desk *d)
{
	loop_remove(d->loop, &d->answers);
	for (struct warm *w = d->first; w; w = w->next) {
		if (is_over(&w->x))
			continue;
		w->end.status = SIGKILL;
		w->end.payload = -1;
		w->end.line = worker_line(d->worker);
		set_state(w, EXECUTION_LOST);
	}
}

static void
end_warm(struct desk *d, enum execution_state state,
	const struct worker_answer *a)
{
	struct warm *w = d->first;

	while (w && (w->seq != a->seq || is_over(&w->x)))
		w = w->next;
	if (!w)
		return;
	w->end = *a;
	set_state(w, state);
}

static void
on_worker(void *ctx, unsigned what)
{
	static const enum execution_state states[] = {
		[WORKER_STARTED] = EXECUTION_RUNS,
		[WORKER_LINGERS] = EXECUTION_LINGERS,
		[WORKER_DONE] = EXECUTION_ENDED,
		[WORKER_AGAIN] = EXECUTION_AGAIN,
	};
	struct desk *d = ctx;
	struct worker_answer a;
	enum worker_event e;

	(void)what;
	while ((e = worker_read(d->worker, &a)) != WORKER_NOTHING) {
		if (e == WORKER_DIED) {
			lose_all(d);
			return;
		}
		end_warm(d, states[e], &a);
	}
}

static struct desk *
desk_of(struct by_worker *b, struct worker *worker, struct loop *loop)
{
	struct desk *d;

	for (size_t i = 0; i < b->n; i++)
		if (b->desks[i]->worker == worker)
			return b->desks[i];
	d = xcalloc(1, sizeof(*d));
	d->of = b;
	d->worker = worker;
	d->loop = loop;
	d->answers = (struct loop_fd){
		.fd = worker_fd(worker), .what = LOOP_READ,
		.ready = on_worker, .ctx = d,
	};
	loop_add(loop, &d->answers);
	b->desks = vec_grow(b->desks, &b->cap, b->n + 1, sizeof(*b->desks));
	b->desks[b->n++] = d;
	return d;
}

static void
close_desk(struct desk *d)
{
	struct by_worker *b = d->of;
	size_t i = 0;

	loop_remove(d->loop, &d->answers);
	while (b->desks[i] != d)
		i++;
	b->desks[i] = b->desks[--b->n];
	free(d);
}

static int
warm_start(struct executor *e, const struct exec_job *job,
	struct execution **x, struct buf *warning, struct err *err)
{
	struct by_worker *b = (struct by_worker *)e;
	struct worker *worker;
	struct warm *w;
	uint32_t seq;

	(void)err;
	if (!job->warm)
		return 0;
	worker = workers_run(b->workers, job->warm, &seq, warning);
	if (!worker)
		return 0;
	w = xcalloc(1, sizeof(*w));
	w->x = (struct execution){
		.ops = e->ops, .state = EXECUTION_WAITS,
		.changed = job->changed, .ctx = job->ctx,
	};
	w->seq = seq;
	w->desk = desk_of(b, worker, job->loop);
	w->next = w->desk->first;
	w->desk->first = w;
	*x = &w->x;
	return 1;
}

static void
warm_settle(struct executor *e)
{
	struct by_worker *b = (struct by_worker *)e;

	for (size_t i = 0; i < b->n; i++)
		worker_finish(b->desks[i]->worker);
}

static void
warm_shrink(struct executor *e)
{
	workers_shrink(((struct by_worker *)e)->workers);
}

static uint32_t
warm_family(const struct executor *e)
{
	return workers_family(((const struct by_worker *)e)->workers);
}

static void
warm_free(struct executor *e)
{
	struct by_worker *b = (struct by_worker *)e;

	assert(b->n == 0);
	workers_free(b->workers);
	free(b->desks);
	free(b);
}

/* An INT would be an exception there, which tests may catch. */
static void
warm_signal(struct execution *x, int sig)
{
	if (!is_over(x))
		worker_signal(warm_of(x)->desk->worker,
		              sig == SIGKILL || sig == SIGURG ? sig : SIGTERM);
}

static void
warm_kill(struct execution *x)
{
	if (is_over(x))
		return;
	worker_kill(warm_of(x)->desk->worker);
	lose_all(warm_of(x)->desk);
}

static void
warm_collect(struct execution *x, struct exec_end *end, struct buf *output)
{
	const struct worker_answer *a = &warm_of(x)->end;

	buf_clear(output);
	*end = (struct exec_end){
		.status = a->status, .quiet = true, .payload = a->payload,
		.line = a->line, .error = a->error,
	};
}

static void
warm_release(struct execution *x)
{
	struct warm *w = warm_of(x), **link = &w->desk->first;
	struct desk *d = w->desk;
	struct worker *worker = d->worker;
	struct workers *workers = d->of->workers;

	assert(is_over(x));
	while (*link != w)
		link = &(*link)->next;
	*link = w->next;
	if (!d->first)
		close_desk(d);
	workers_done(workers, worker);
	free(w);
}

struct executor *
by_worker_new(struct proc_host *host, unsigned most)
{
	static const struct executor_ops ops = {
		.start = warm_start, .settle = warm_settle,
		.shrink = warm_shrink,
		.family = warm_family, .free = warm_free,
		.signal = warm_signal, .kill = warm_kill,
		.collect = warm_collect, .release = warm_release,
	};
	struct by_worker *b = xcalloc(1, sizeof(*b));

	b->e.ops = &ops;
	b->workers = workers_new(host, most);
	return &b->e;
}
