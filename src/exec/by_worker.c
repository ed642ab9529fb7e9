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
};

struct warm {
	struct execution x;
	struct workers *workers;
	struct worker *worker;
	struct loop *loop;
	struct loop_fd answers;
};

static struct warm *
warm_of(struct execution *x)
{
	return (struct warm *)x;
}

static bool
is_over(const struct execution *x)
{
	return x->state == EXECUTION_ENDED || x->state == EXECUTION_LOST;
}

static void
set_state(struct warm *w, enum execution_state state)
{
	w->x.state = state;
	if (is_over(&w->x))
		loop_remove(w->loop, &w->answers);
	w->x.changed(w->x.ctx);
}

static void
on_answer(void *ctx, unsigned what)
{
	struct warm *w = ctx;

	(void)what;
	while (!is_over(&w->x)) {
		switch (worker_read(w->worker)) {
		case WORKER_NOTHING:
			return;
		case WORKER_STARTED:
			set_state(w, EXECUTION_RUNS);
			break;
		case WORKER_DONE:
			set_state(w, EXECUTION_ENDED);
			break;
		case WORKER_DIED:
			set_state(w, EXECUTION_LOST);
			break;
		}
	}
}

static int
warm_start(struct executor *e, const struct exec_job *job,
	struct execution **x, struct buf *warning, struct err *err)
{
	struct by_worker *b = (struct by_worker *)e;
	struct worker *worker;
	struct warm *w;

	(void)err;
	if (!job->warm)
		return 0;
	worker = workers_run(b->workers, job->warm, warning);
	if (!worker)
		return 0;
	w = xcalloc(1, sizeof(*w));
	w->x = (struct execution){
		.ops = e->ops, .state = EXECUTION_WAITS,
		.changed = job->changed, .ctx = job->ctx,
	};
	w->workers = b->workers;
	w->worker = worker;
	w->loop = job->loop;
	w->answers = (struct loop_fd){
		.fd = worker_fd(worker), .what = LOOP_READ,
		.ready = on_answer, .ctx = w,
	};
	loop_add(w->loop, &w->answers);
	*x = &w->x;
	return 1;
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
	workers_free(((struct by_worker *)e)->workers);
	free(e);
}

/* An INT would be an exception there, which tests may catch. */
static void
warm_signal(struct execution *x, int sig)
{
	if (!is_over(x))
		worker_signal(warm_of(x)->worker,
		              sig == SIGKILL ? SIGKILL : SIGTERM);
}

static void
warm_kill(struct execution *x)
{
	if (is_over(x))
		return;
	worker_kill(warm_of(x)->worker);
	set_state(warm_of(x), EXECUTION_LOST);
}

static void
warm_collect(struct execution *x, struct exec_end *end, struct buf *output)
{
	buf_clear(output);
	*end = (struct exec_end){ .quiet = true };
	worker_ending(warm_of(x)->worker, end);
}

static void
warm_release(struct execution *x)
{
	struct warm *w = warm_of(x);

	assert(is_over(x));
	workers_done(w->workers, w->worker);
	free(w);
}

struct executor *
by_worker_new(struct proc_host *host, unsigned most)
{
	static const struct executor_ops ops = {
		.start = warm_start, .shrink = warm_shrink,
		.family = warm_family, .free = warm_free,
		.signal = warm_signal, .kill = warm_kill,
		.collect = warm_collect, .release = warm_release,
	};
	struct by_worker *b = xcalloc(1, sizeof(*b));

	b->e.ops = &ops;
	b->workers = workers_new(host, most);
	return &b->e;
}
