/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "exec/signals.h"
#include "sched/judge.h"
#include "util/mem.h"
#include "util/os.h"

static const int64_t SECOND = 1000000000;

/* ---- setting up ---- */

static int
open_jobserver(struct build *b, struct err *err)
{
	enum jobserver_style style = JOBSERVER_AUTO;
	struct buf warning = { 0 };
	int r;

	if (!jobserver_style(b->o->jobserver, &style))
		return err_code(err, EXIT_USAGE, "unknown jobserver style '%s'",
		                b->o->jobserver);
	r = jobserver_open(&b->js, style, b->o->jobs, !b->o->jobs_given,
	                   getenv("MAKEFLAGS"), &warning, err);
	if (warning.n && b->ev->warn)
		b->ev->warn(b->ctx, buf_str(&warning));
	buf_release(&warning);
	return r;
}

/* As many steps at once as -j allows, and descriptors: each takes up to three
 * of them. */
static size_t
most_slots(const struct build *b)
{
	size_t most = b->o->jobs > 0 && !b->js.client ? (size_t)b->o->jobs
	                                              : SIZE_MAX;
	struct rlimit r;
	size_t room;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur == RLIM_INFINITY)
		return most;
	room = r.rlim_cur > 128 ? (size_t)(r.rlim_cur - 64) / 3 : 1;
	return room < most ? room : most;
}

int
build_open(struct build *b, struct err *err)
{

	b->sig_fd = -1;
	b->host.null = -1;
	b->keys = xcalloc(b->g->steps.n, sizeof(*b->keys));
	b->tries = xcalloc(b->g->steps.n, 1);
	b->running = true;
	if (b->o->dry_run)
		return 0;
	if (open_jobserver(b, err) < 0 ||
	    proc_host_init(&b->host, b->js.makeflags, err) < 0)
		return -1;
	memcpy(b->host.keep, b->js.keep, sizeof(b->host.keep));
	b->most = most_slots(b);
	b->workers = workers_new(&b->host, b->most < 256
	                                   ? (unsigned)b->most + 2 : 256);
	b->sig_fd = signals_open(err);
	return b->sig_fd < 0 ? -1 : 0;
}

void
build_close(struct build *b)
{
	if (!b->running)
		return;
	workers_free(b->workers);
	if (b->sig_fd >= 0)
		signals_close();
	proc_host_release(&b->host);
	jobserver_close(&b->js);
	free(b->keys);
	free(b->tries);
	free(b->slots);
	free(b->polls);
}

/* ---- ending early ---- */

static void
signal_slot(struct slot *s, int sig)
{
	if (s->ended)
		return;
	if (!s->worker)
		proc_kill(&s->proc, sig);
	else if (sig == SIGKILL)
		worker_kill(s->worker);
	else
		worker_signal(s->worker, sig);
}

/* Ends all that runs with this signal; the console's step has had a SIGINT of
 * the terminal's. */
static void
stop_all(struct build *b, int sig, bool from_terminal)
{
	int64_t now = os_now();

	b->stop = true;
	for (size_t i = 0; i < b->nslots; i++) {
		struct slot *s = b->slots[i];

		if (s->stopped)
			continue;
		s->stopped = true;
		s->kill_at = now + 5 * SECOND;
		if (s->worker && !worker_started(s->worker))
			worker_kill(s->worker);
		else if (!(from_terminal && !s->worker && s->proc.console))
			signal_slot(s, s->worker ? SIGTERM : sig);
	}
}

static void
interrupt(struct build *b, int sig)
{
	if (b->signal) {
		for (size_t i = 0; i < b->nslots; i++)
			signal_slot(b->slots[i], SIGKILL);
		return;
	}
	b->signal = sig;
	stop_all(b, sig, sig == SIGINT);
}

static void
fatal(struct build *b)
{
	b->broken = true;
	stop_all(b, SIGTERM, false);
}

static void
check_deadline(struct slot *s, int64_t now)
{
	if (s->deadline && now >= s->deadline && !s->kill_at &&
	    s->worker && !worker_started(s->worker)) {
		/* The step has not begun: it runs by its command. */
		worker_kill(s->worker);
	} else if (s->deadline && now >= s->deadline && !s->kill_at) {
		s->timed_out = !s->stopped;
		s->kill_at = now + 2 * SECOND;
		signal_slot(s, SIGTERM);
	} else if (s->kill_at && now >= s->kill_at) {
		/* The worker's child first; then the worker is not waited for
		 * any longer either. */
		if (s->worker && !s->killed)
			worker_signal(s->worker, SIGKILL);
		else
			signal_slot(s, SIGKILL);
		s->killed = true;
		s->kill_at = now + 2 * SECOND;
	}
}

/* ---- deciding ---- */

static bool
may_fetch(const struct build *b, uint32_t step)
{
	const struct result *r = &b->s->result[step];
	unsigned flags = b->g->steps.p[step].flags;
	struct digest key;

	if (!b->store || b->o->dry_run || decide_always(&b->decide, step) ||
	    flags & (STEP_NOCACHE | STEP_GENERATOR | STEP_CONSOLE))
		return false;
	/* What failed here with just these inputs is run again, and what lost
	 * its outputs if that is a way to ask for it. */
	if (r->status < RESULT_FAILED && !b->o->remake)
		return true;
	store_full_key(b->s, step, &b->keys[step], &key);
	return !digest_eq(&key, &r->key);
}

static void
found_clean(struct build *b, uint32_t step)
{
	plan_clean(&b->plan, step);
	build_note_dyndep(b, step);
	if (b->g->steps.p[step].flags & STEP_PHONY)
		return;
	if (b->ev->finished)
		b->ev->finished(b->ctx, step, END_CLEAN, NULL,
		                (struct str){ 0 });
}

static void
check(struct build *b, uint32_t step)
{
	bool phony = b->g->steps.p[step].flags & STEP_PHONY;
	int r;

	if (b->plan.state[step] == PLAN_HELD) {
		/* It was up to date all along. */
		plan_clean(&b->plan, step);
		build_note_dyndep(b, step);
		return;
	}
	r = phony ? decide_phony(&b->decide, step, b->err)
	          : decide_step(&b->decide, step, &b->keys[step], b->err);
	if (r < 0) {
		plan_failed(&b->plan, step);
		fatal(b);
	} else if (phony || r == 1) {
		found_clean(b, step);
	} else if (may_fetch(b, step)) {
		plan_fetch(&b->plan, step);
	} else {
		plan_ready(&b->plan, step);
	}
}

enum fetched { FETCH_NONE, FETCH_MISS, FETCH_HIT };

/* Asks the store for one step's result. */
static enum fetched
fetch_one(struct build *b)
{
	enum fetched how = FETCH_MISS;
	uint32_t step = b->stop ? GRAPH_NONE : plan_next_fetch(&b->plan);
	struct result r = { 0 };
	struct buf text = { 0 };

	if (step == GRAPH_NONE)
		return FETCH_NONE;
	if (store_fetch(b->store, b->s, step, &b->keys[step], &r, &text)
	    == 1) {
		state_grow(b->s);
		build_fetched(b, step, &r, buf_str(&text));
		how = FETCH_HIT;
	} else {
		plan_ready(&b->plan, step);
	}
	buf_release(&text);
	return how;
}

static void
read_dyndeps(struct build *b)
{
	if (b->ndyn && !b->broken && build_dyndeps(b, b->err) < 0)
		fatal(b);
}

static void
check_all(struct build *b)
{
	uint32_t step;

	for (;;) {
		/* Before anything is decided that they speak of. */
		read_dyndeps(b);
		step = plan_next_check(&b->plan);
		if (step == GRAPH_NONE)
			break;
		check(b, step);
		if (b->plan.eager)
			fetch_one(b);
	}
	/* ninja's order from the second step on. */
	b->plan.eager = b->o->ninja_exit && b->o->jobs == 1;
	build_planned(b);
}

/* Misses cost little: then the best of all steps starts. What is restored is
 * let in between others, unless there is nothing beside it. True: there may be
 * more. */
static bool
fetch_some(struct build *b)
{
	enum fetched how;

	do
		how = fetch_one(b);
	while (how == FETCH_MISS);
	return how == FETCH_HIT;
}

/* ---- starting ---- */

/* Who runs n steps holds n - 1 tokens: the first one needs none. */
static void
balance(struct build *b)
{
	while (b->js.held.n && b->js.held.n >= b->nslots)
		jobserver_give(&b->js);
}

static bool
has_room(struct build *b)
{
	b->gate_wait = b->token_wait = false;
	if (b->nslots == 0 || b->o->dry_run)
		return true;
	if (b->nslots >= b->most)
		return false;
	if (b->o->load > 0 && os_load() >= b->o->load)
		b->gate_wait = true;
	if (b->o->min_memory) {
		uint64_t free_now = os_mem_available();

		if (free_now && free_now < b->o->min_memory) {
			workers_shrink(b->workers);
			b->gate_wait = true;
		}
	}
	if (b->gate_wait)
		return false;
	if (b->js.active && !jobserver_take(&b->js))
		b->token_wait = true;
	return !b->token_wait;
}

static void
start_ready(struct build *b)
{
	while (!b->stop && plan_has_ready(&b->plan) &&
	       !plan_fetch_first(&b->plan) && has_room(b)) {
		uint32_t step = affinity_pick(&b->affinity, &b->plan,
		                          workers_family(b->workers));

		plan_take(&b->plan, step);
		build_start(b, step);
		balance(b);
	}
}

/* ---- waiting ---- */

static int
poll_time(const struct build *b, bool busy)
{
	int64_t now = os_now(), until = INT64_MAX, ms;

	if (busy)
		return 0;
	for (size_t i = 0; i < b->nslots; i++) {
		const struct slot *s = b->slots[i];

		if (s->deadline && !s->kill_at && s->deadline < until)
			until = s->deadline;
		if (s->kill_at && s->kill_at < until)
			until = s->kill_at;
	}
	if (b->ev->tick && now + SECOND / 10 < until)
		until = now + SECOND / 10;
	if (b->gate_wait && now + SECOND / 5 < until)
		until = now + SECOND / 5;
	if (until == INT64_MAX)
		return -1;
	ms = until > now ? (until - now + 999999) / 1000000 : 0;
	return ms < 3600000 ? (int)ms : 3600000;
}

static nfds_t
fill_polls(struct build *b)
{
	nfds_t n = 2;

	b->polls = vec_grow(b->polls, &b->polls_cap, b->nslots + 2,
	                    sizeof(*b->polls));
	b->polls[0] = (struct pollfd){ .fd = b->sig_fd, .events = POLLIN };
	b->polls[1] = (struct pollfd){
		.fd = b->token_wait ? b->js.rfd : -1, .events = POLLIN
	};
	for (size_t i = 0; i < b->nslots; i++) {
		const struct slot *s = b->slots[i];

		b->polls[n++] = (struct pollfd){
			.fd = s->worker ? worker_fd(s->worker) : s->proc.fd,
			.events = POLLIN
		};
	}
	return n;
}

static void
read_worker(struct slot *s)
{
	for (;;) {
		switch (worker_read(s->worker)) {
		case WORKER_NOTHING:
			return;
		case WORKER_STARTED:
			if (s->limit)
				s->deadline = os_now() + s->limit;
			if (s->stopped)
				worker_signal(s->worker, SIGTERM);
			break;
		case WORKER_DONE:
			s->ended = true;
			return;
		case WORKER_DIED:
			s->ended = s->died = true;
			return;
		}
	}
}

static void
reap(struct build *b)
{
	for (size_t i = 0; i < b->nslots; i++) {
		struct slot *s = b->slots[i];

		if (!s->worker && !s->ended)
			s->ended = proc_reap(&s->proc);
	}
}

static void
wait_for_something(struct build *b, bool busy)
{
	nfds_t n = fill_polls(b);
	bool child = false;
	int sig, ready;
	int64_t now;

	ready = poll(b->polls, n, poll_time(b, busy));
	for (nfds_t i = 2; ready > 0 && i < n; i++) {
		struct slot *s = b->slots[i - 2];

		if (!b->polls[i].revents)
			continue;
		if (s->worker)
			read_worker(s);
		else
			proc_read(&s->proc);
	}
	while ((sig = signals_next())) {
		if (sig == SIGCHLD)
			child = true;
		else
			interrupt(b, sig);
	}
	if (child)
		reap(b);
	now = os_now();
	for (size_t i = 0; i < b->nslots; i++)
		if (!b->slots[i]->ended)
			check_deadline(b->slots[i], now);
}

/* ---- ending ---- */

/* A worker died: what it ran runs once more, on its own. */
static bool
died_in_worker(struct build *b, struct slot *s)
{
	if (!s->died || s->stopped || s->timed_out)
		return false;
	workers_done(b->workers, s->worker);
	b->tries[s->step] |= TRIED_WORKER;
	plan_again(&b->plan, s->step);
	proc_release(&s->proc);
	free(s);
	return true;
}

static void
finish_ended(struct build *b)
{
	size_t i = 0;

	while (i < b->nslots) {
		struct slot *s = b->slots[i];

		if (!s->ended) {
			i++;
			continue;
		}
		b->nslots--;
		memmove(b->slots + i, b->slots + i + 1,
		        (b->nslots - i) * sizeof(struct slot *));
		balance(b);
		affinity_ended(&b->affinity, s->step);
		if (!s->worker && !s->timed_out && !s->stopped &&
		    !b->o->dry_run &&
		    !(b->g->steps.p[s->step].flags & STEP_TEST) &&
		    judge_interrupt(s->proc.status)) {
			s->stopped = true;
			interrupt(b, SIGINT);
		}
		if (!died_in_worker(b, s))
			build_finish(b, s);
		/* If one is bad, what ended at the same time does not count. */
		read_dyndeps(b);
		if (b->o->dry_run)
			break;
	}
}

void
build_tick(struct build *b, bool changed)
{
	const unsigned *n = b->plan.count;
	int64_t now = os_now();

	b->counts.total = plan_total(&b->plan);
	b->counts.running = (uint32_t)b->nslots;
	b->counts.done = n[PLAN_DONE] + n[PLAN_FAILED];
	b->counts.clean = n[PLAN_CLEAN] + n[PLAN_HELD];
	if (!b->ev->tick || (!changed && now - b->told_tick < SECOND / 10))
		return;
	b->told_tick = now;
	if (now - b->left_at > SECOND / 2) {
		b->left_at = now;
		b->counts.left_us = build_left(b);
	}
	b->ev->tick(b->ctx, &b->counts);
}

void
build_planned(struct build *b)
{
	uint32_t total = plan_total(&b->plan);

	if (total == b->told_total)
		return;
	b->told_total = total;
	if (b->ev->planned)
		b->ev->planned(b->ctx, total);
}

void
build_run(struct build *b)
{
	bool busy;

	for (;;) {
		do {
			check_all(b);
			busy = fetch_some(b);
		} while (busy && b->o->jobs == 1);
		start_ready(b);
		build_tick(b, true);
		if (b->nslots == 0 && !busy)
			break;
		if (!b->o->dry_run)
			wait_for_something(b, busy);
		finish_ended(b);
		build_tick(b, false);
	}
}
