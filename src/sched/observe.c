/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "decide/observe.h"
#include "exec/executors.h"
#include "state/asked.h"
#include "util/mem.h"
#include "util/os.h"

static void
cannot_observe(struct build *b, const char *why)
{
	struct buf text = { 0 };

	if (b->said_observe || !b->ev->warn)
		return;
	b->said_observe = true;
	buf_addf(&text, "tg_observe: %s; declared inputs count alone", why);
	b->ev->warn(b->ctx, WARN_OTHER, buf_str(&text));
	buf_release(&text);
}

/* LD_PRELOAD as the user has it, and the library behind. */
static char *
preload(const char *library)
{
	const char *theirs = getenv("LD_PRELOAD");
	struct buf v = { 0 };

	buf_addf(&v, "LD_PRELOAD=%s%s%s", theirs ? theirs : "",
	         theirs && *theirs ? ":" : "", library);
	return buf_detach(&v);
}

/* ---- workers ---- */

/* Their logs live as long as they do, which may be longer than a build. */
struct worker_logs {
	struct exec_watch e;
	char *library, *dir;
	struct observe_worker **v;
	size_t n, cap;
	struct observe_follower follower;
	bool asked;             /* follower was to be started */
	struct state *s;        /* of the build that runs */
	uint64_t ticket;        /* of these, and of the logs of test steps */
	struct asked_index index; /* before the first of them was started */
};

static void
find_index(struct worker_logs *w)
{
	struct buf cwd = { 0 };

	if (os_cwd(&cwd, NULL) == 0)
		asked_index_find(&w->index, buf_str(&cwd));
	buf_release(&cwd);
}

/* Once something is to be observed. */
static void
let_follow(struct worker_logs *w, const struct observe_log *log)
{
	if (!w->asked)
		observe_follower_start(&w->follower, w->library);
	w->asked = true;
	observe_follow(log, &w->follower);
}

static char **
worker_starts(struct exec_watch *e)
{
	struct worker_logs *w = (struct worker_logs *)e;
	struct buf path = { 0 }, log = { 0 }, ticket = { 0 };
	struct observe_worker *made;
	char **env = NULL;

	buf_addf(&path, "%s/%ld.worker%zu", w->dir, (long)getpid(), w->n);
	made = observe_worker_new(path.p, w->ticket, state_clock(w->s), NULL);
	buf_release(&path);
	if (!made)
		return NULL;
	if (w->n == 0)
		find_index(w);
	w->v = vec_grow(w->v, &w->cap, w->n + 1, sizeof(*w->v));
	w->v[w->n++] = made;
	let_follow(w, observe_worker_log(made));
	env = xcalloc(OBSERVE_VARIABLES + 1, sizeof(*env));
	observe_variable(observe_worker_log(made), &log);
	env[0] = buf_detach(&log);
	env[1] = preload(w->library);
	observe_ticket(observe_worker_log(made), &ticket);
	env[2] = buf_detach(&ticket);
	return env;
}

static void
worker_logs_free(struct exec_watch *e)
{
	struct worker_logs *w = (struct worker_logs *)e;

	for (size_t i = 0; i < w->n; i++)
		observe_worker_free(w->v[i]);
	observe_follower_stop(&w->follower);
	asked_index_release(&w->index);
	free(w->v);
	free(w->library);
	free(w->dir);
	free(w);
}

void
observe_workers(struct build *b)
{
	struct worker_logs *w = (struct worker_logs *)b->ex->watch;

	if (!w && b->o->observe_library && !b->ex->open) {
		w = xcalloc(1, sizeof(*w));
		w->e = (struct exec_watch){ worker_starts, worker_logs_free };
		w->library = xstrdup(b->o->observe_library);
		w->dir = xstrdup(b->o->observe_dir);
		w->ticket = os_random();
		b->ex->watch = &w->e;
	}
	if (w)
		w->s = b->s;
}

/* ---- a step ---- */

/* 0: the step runs no tests. */
static uint64_t
ticket_of(const struct build *b, uint32_t step)
{
	const struct worker_logs *w = (struct worker_logs *)b->ex->watch;

	if (!(b->g->steps.p[step].flags & STEP_TEST))
		return 0;
	return w ? w->ticket : os_random();
}

static int
make_log(struct build *b, struct slot *slot, struct err *err)
{
	struct buf path = { 0 };
	int r;

	/* another run may be here */
	buf_addf(&path, "%s/%ld.%" PRIu32, b->o->observe_dir, (long)getpid(),
	         slot->step);
	slot->log.ticket = ticket_of(b, slot->step);
	r = observe_make(&slot->log, path.p, err);
	buf_release(&path);
	return r;
}

void
observe_begin(struct build *b, struct slot *slot, char **env)
{
	struct err err = { 0 };
	struct buf log = { 0 }, ticket = { 0 };

	env[0] = NULL;
	if (!observe_wanted(b->g, slot->step))
		return;
	if (!b->o->observe_library) {
		if (b->g->steps.p[slot->step].flags & STEP_OBSERVE)
			cannot_observe(b, "this tgraph has no library for it");
		return;
	}
	if (make_log(b, slot, &err) < 0) {
		cannot_observe(b, err.msg);
		err_release(&err);
		return;
	}
	if (b->ex->watch)
		let_follow((struct worker_logs *)b->ex->watch, &slot->log);
	observe_variable(&slot->log, &log);
	env[0] = buf_detach(&log);
	env[1] = preload(b->o->observe_library);
	if (slot->log.ticket)
		observe_ticket(&slot->log, &ticket);
	env[2] = slot->log.ticket ? buf_detach(&ticket) : NULL;
	env[3] = NULL;
}

static void
read_slot(struct build *b, const struct slot *slot, struct observations *o)
{
	const struct worker_logs *w = (struct worker_logs *)b->ex->watch;

	if (b->g->steps.p[slot->step].flags & STEP_TEST)
		observe_read_test(o, &slot->log, w ? w->v : NULL,
		                  w ? w->n : 0, "/bin/sh", slot->end.group);
	else
		observe_read(o, &slot->log, "/bin/sh", slot->end.group);
}

void
observe_end(struct build *b, struct slot *slot)
{
	const struct worker_logs *w = (struct worker_logs *)b->ex->watch;
	struct observations o = { 0 };
	struct buf cwd = { 0 };

	if (!observe_wanted(b->g, slot->step))
		return;
	if (slot->log.path.n == 0) {
		deps_unseen(&b->deps, b->g, STR("it was not observed"));
		if (b->g->steps.p[slot->step].flags & STEP_TEST)
			deps_unseen_env(&b->deps, b->g, b->o->observe_library);
		return;
	}
	read_slot(b, slot, &o);
	if (os_cwd(&cwd, NULL) == 0)
		deps_observe(&b->deps, b->s, slot->step, &o, buf_str(&cwd),
		             slot->start_file, w && w->n ? &w->index : NULL);
	else
		deps_unseen(&b->deps, b->g, STR("the working directory has no "
		                                "path"));
	buf_release(&cwd);
	observations_release(&o);
}

void
observe_tell(struct build *b, uint32_t step)
{
	const struct graph_step *st = &b->g->steps.p[step];

	if (!b->o->explain || !b->ev->explain || !observe_wanted(b->g, step))
		return;
	for (uint32_t i = 0; i < st->nobs; i++) {
		const struct reason r = {
			.why = WHY_UNSEEN, .step = step, .other = GRAPH_NONE,
			.node = graph_ids(b->g, st->obs)[i],
		};

		if (asked_after(graph_path(b->g, r.node), ASKED_UNSEEN).n)
			b->ev->explain(b->ctx, &r);
	}
}
