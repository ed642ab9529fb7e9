/* SPDX-License-Identifier: Apache-2.0 */
#include "exec/by_command.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>

#include "exec/loop.h"
#include "exec/proc.h"
#include "util/mem.h"

struct by_command {
	struct executor e;
	struct proc_host *host;
	struct command *first;  /* those not released */
};

struct command {
	struct execution x;
	struct proc proc;
	struct proc_host *host;
	int seat;               /* SEAT_NONE: no test */
	struct loop *loop;
	struct loop_fd out;
	struct command *next, **link;   /* what points to this one */
};

static struct command *
command_behind(struct execution *x)
{
	return (struct command *)x;
}

static void
on_output(void *ctx, unsigned what)
{
	struct command *c = ctx;

	(void)what;
	proc_read(&c->proc);
	if (c->proc.fd < 0)
		loop_remove(c->loop, &c->out);
}

static void
end_command(struct command *c)
{
	if (c->seat != SEAT_NONE)
		seats_give(&c->host->seats, c->seat);
	free(c);
}

static void
enlist(struct by_command *b, struct command *c)
{
	c->next = b->first;
	c->link = &b->first;
	if (c->next)
		c->next->link = &c->next;
	b->first = c;
}

static int
command_start(struct executor *e, const struct exec_job *job,
	struct execution **x, struct buf *warning, struct err *err)
{
	struct by_command *b = (struct by_command *)e;
	struct command *c = xcalloc(1, sizeof(*c));

	(void)warning;
	c->host = b->host;
	c->seat = job->test ? seats_take(&b->host->seats) : SEAT_NONE;
	c->proc.id = job->id;
	if (proc_start(&c->proc, b->host, job->command, job->console, c->seat,
	               job->more_env, err) < 0) {
		end_command(c);
		return -1;
	}
	c->x = (struct execution){
		.ops = e->ops, .state = EXECUTION_RUNS,
		.terminal = job->console,
		.changed = job->changed, .ctx = job->ctx,
	};
	c->loop = job->loop;
	c->out = (struct loop_fd){
		.fd = c->proc.fd, .what = LOOP_READ, .ready = on_output,
		.ctx = c,
	};
	if (c->out.fd >= 0)
		loop_add(c->loop, &c->out);
	enlist(b, c);
	*x = &c->x;
	return 1;
}

static void
command_child(struct executor *e)
{
	struct by_command *b = (struct by_command *)e;

	for (struct command *c = b->first; c; c = c->next) {
		if (c->x.state != EXECUTION_RUNS || !proc_reap(&c->proc))
			continue;
		loop_remove(c->loop, &c->out);
		c->x.state = EXECUTION_ENDED;
		c->x.changed(c->x.ctx);
	}
}

static void
command_signal(struct execution *x, int sig)
{
	if (x->state == EXECUTION_RUNS)
		proc_kill(&command_behind(x)->proc, sig);
}

static void
command_kill(struct execution *x)
{
	command_signal(x, SIGKILL);
}

static void
command_collect(struct execution *x, struct exec_end *end, struct buf *output)
{
	struct command *c = command_behind(x);

	*end = (struct exec_end){
		.status = c->proc.status, .payload = -1,
		.group = c->proc.group,
	};
	capture_take(&c->proc.out, output);
}

static void
command_release(struct execution *x)
{
	struct command *c = command_behind(x);

	assert(x->state == EXECUTION_ENDED);
	proc_release(&c->proc);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	end_command(c);
}

static void
command_free(struct executor *e)
{
	free(e);
}

struct executor *
by_command_new(struct proc_host *host)
{
	static const struct executor_ops ops = {
		.start = command_start, .child = command_child,
		.free = command_free, .signal = command_signal,
		.kill = command_kill, .collect = command_collect,
		.release = command_release,
	};
	struct by_command *b = xcalloc(1, sizeof(*b));

	b->e.ops = &ops;
	b->host = host;
	return &b->e;
}
