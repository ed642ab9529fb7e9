/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "graph/walk.h"
#include "util/mem.h"

enum mark { MARK_NEW, MARK_OPEN, MARK_CLOSED };

/* By state: the states that may follow, as bits. */
static const uint16_t follows[PLAN_STATES] = {
	[PLAN_NONE] = 1u << PLAN_WAIT,
	[PLAN_WAIT] = 1u << PLAN_CHECK | 1u << PLAN_HELD | 1u << PLAN_CLEAN,
	[PLAN_HELD] = 1u << PLAN_CLEAN,
	[PLAN_CHECK] = 1u << PLAN_CLEAN | 1u << PLAN_FETCH | 1u << PLAN_READY |
	               1u << PLAN_DONE | 1u << PLAN_FAILED | 1u << PLAN_WAIT,
	[PLAN_FETCH] = 1u << PLAN_READY | 1u << PLAN_DONE,
	[PLAN_READY] = 1u << PLAN_RUN,
	[PLAN_RUN] = 1u << PLAN_READY | 1u << PLAN_DONE | 1u << PLAN_FAILED |
	             1u << PLAN_CLEAN,
};

static bool
is_phony(const struct plan *p, uint32_t step)
{
	return p->g->steps.p[step].flags & STEP_PHONY;
}

static void
plan_set_state(struct plan *p, uint32_t step, enum plan_state to)
{
	enum plan_state from = p->state[step];

	assert(follows[from] & 1u << to);
	p->state[step] = (unsigned char)to;
	if (is_phony(p, step))
		return;
	p->count[from]--;
	p->count[to]++;
}

/* ---- heaps ---- */

static bool
before(const struct plan *p, uint32_t a, uint32_t b)
{
	if (p->first[a] != p->first[b])
		return p->first[a] > p->first[b];
	if (p->cost[a] != p->cost[b])
		return p->cost[a] > p->cost[b];
	return a < b;
}

static void
heap_push(const struct plan *p, struct plan_heap *h, uint32_t step)
{
	size_t i = h->n++;

	h->p = vec_grow(h->p, &h->cap, h->n, sizeof(*h->p));
	for (; i && before(p, step, h->p[(i - 1) / 2]); i = (i - 1) / 2)
		h->p[i] = h->p[(i - 1) / 2];
	h->p[i] = step;
}

static void
heap_sink(const struct plan *p, struct plan_heap *h, size_t i)
{
	uint32_t step = h->p[i];

	for (;;) {
		size_t kid = 2 * i + 1;

		if (kid + 1 < h->n && before(p, h->p[kid + 1], h->p[kid]))
			kid++;
		if (kid >= h->n || !before(p, h->p[kid], step))
			break;
		h->p[i] = h->p[kid];
		i = kid;
	}
	h->p[i] = step;
}

static uint32_t
heap_pop(const struct plan *p, struct plan_heap *h)
{
	uint32_t top;

	if (h->n == 0)
		return GRAPH_NONE;
	top = h->p[0];
	h->p[0] = h->p[--h->n];
	if (h->n)
		heap_sink(p, h, 0);
	return top;
}

/* Costs have changed. */
static void
heap_order(const struct plan *p, struct plan_heap *h)
{
	for (size_t i = h->n / 2; i-- > 0;)
		heap_sink(p, h, i);
}

/* ---- wanting ---- */

static void
add_more(struct plan *p, uint32_t step)
{
	struct buf names = { 0 };
	struct str rest, name;

	if (graph_binding(p->g, step, SYM_TG_POOLS, GRAPH_RAW, &names, NULL)
	    < 0)
		buf_clear(&names);
	rest = buf_str(&names);
	while (graph_word(&rest, &name)) {
		p->more = vec_grow(p->more, &p->more_cap, p->nmore + 1,
		                   sizeof(*p->more));
		p->more[p->nmore++] = (struct plan_more){
			step, graph_pool(p->g, name),
		};
	}
	buf_release(&names);
}

void
plan_init(struct plan *p, const struct graph *g)
{
	p->g = g;
	for (uint32_t i = 0; i < g->steps.n; i++)
		if (g->steps.p[i].flags & STEP_POOLS)
			add_more(p, i);
	p->pools = xcalloc(g->pools.n, sizeof(*p->pools));
	for (uint32_t i = 0; i < g->pools.n; i++)
		p->pools[i].depth = g->pools.p[i].depth;
}

void
plan_release(struct plan *p)
{
	for (uint32_t i = 0; p->pools && i < p->g->pools.n; i++)
		free(p->pools[i].held.p);
	free(p->pools);
	free(p->more);
	free(p->placed);
	free(p->state);
	free(p->left);
	free(p->cost);
	free(p->first);
	free(p->blocked);
	free(p->order);
	free(p->nodes);
	free(p->ready.p);
	free(p->fetch.p);
	free(p->check);
	free(p->seen);
	free(p->mark);
	*p = (struct plan){ 0 };
}

static void *
lengthen(void *array, uint32_t from, uint32_t to, size_t size)
{
	char *a = xreallocarray(array, to ? to : 1, size);

	memset(a + (size_t)from * size, 0, (size_t)(to - from) * size);
	return a;
}

static void
make_room(struct plan *p)
{
	uint32_t steps = p->g->steps.n, nodes = p->g->nodes.n;

	if (p->state == NULL || steps > p->nsteps) {
		p->state = lengthen(p->state, p->nsteps, steps, 1);
		p->mark = lengthen(p->mark, p->nsteps, steps, 1);
		p->first = lengthen(p->first, p->nsteps, steps, 1);
		p->placed = lengthen(p->placed, p->nsteps, steps, 1);
		p->blocked = lengthen(p->blocked, p->nsteps, steps, 1);
		p->left = lengthen(p->left, p->nsteps, steps,
		                   sizeof(*p->left));
		p->cost = lengthen(p->cost, p->nsteps, steps,
		                   sizeof(*p->cost));
		p->nsteps = steps;
	}
	if (p->seen == NULL || nodes > p->nnodes) {
		p->seen = lengthen(p->seen, p->nnodes, nodes, 1);
		p->nnodes = nodes;
	}
	memset(p->mark, MARK_NEW, p->nsteps);
	memset(p->seen, 0, p->nnodes);
}

struct frame {
	uint32_t step, next;
};

struct walk {
	struct plan *p;
	struct frame *stack;
	size_t n, cap;
	uint32_t *tops;         /* targets, then the validations met */
	size_t ntops, tops_cap;
};

static void
see_node(struct plan *p, uint32_t node)
{
	if (p->seen[node])
		return;
	p->seen[node] = 1;
	p->nodes = vec_grow(p->nodes, &p->nodes_cap,
	                    (size_t)p->nwanted_nodes + 1, sizeof(*p->nodes));
	p->nodes[p->nwanted_nodes++] = node;
}

static void
visit_step(struct walk *w, uint32_t step)
{
	struct plan *p = w->p;
	const struct graph_step *s = &p->g->steps.p[step];

	w->stack = vec_grow(w->stack, &w->cap, w->n + 1, sizeof(*w->stack));
	w->stack[w->n++] = (struct frame){ .step = step };
	p->mark[step] = MARK_OPEN;
	for (uint32_t i = 0; i < s->nouts; i++)
		see_node(p, graph_ids(p->g, s->outs)[i]);
	w->tops = vec_grow(w->tops, &w->tops_cap, w->ntops + s->nvals + 1,
	                   sizeof(*w->tops));
	for (uint32_t i = 0; i < s->nvals; i++)
		w->tops[w->ntops++] = graph_ids(p->g, s->vals)[i];
}

static void
leave(struct walk *w)
{
	struct plan *p = w->p;
	uint32_t step = w->stack[--w->n].step;

	p->mark[step] = MARK_CLOSED;
	p->order = vec_grow(p->order, &p->order_cap, (size_t)p->norder + 1,
	                    sizeof(*p->order));
	p->order[p->norder++] = step;
	if (p->state[step] == PLAN_NONE)
		plan_set_state(p, step, PLAN_WAIT);
}

/* A step on the stack was met again. */
static int
found_cycle(struct walk *w, uint32_t again, struct err *err)
{
	size_t i = w->n;

	while (i-- > 0) {
		const struct frame *f = &w->stack[i];

		if (f->next > w->p->g->steps.p[f->step].nins) {
			w->p->loop = f->step;
			return 1;
		}
		if (f->step == again)
			break;
	}
	graph_check_cycles(w->p->g, w->tops, (uint32_t)w->ntops, err);
	return err_set(err, "dependency cycle: %s",
	               graph_cpath(w->p->g, graph_step_out(w->p->g, again)));
}

static int
walk_from(struct walk *w, uint32_t root, struct err *err)
{
	const struct graph *g = w->p->g;
	struct plan *p = w->p;
	uint32_t made = g->nodes.p[root].producer;

	see_node(p, root);
	if (made == GRAPH_NONE || p->mark[made] != MARK_NEW)
		return 0;
	visit_step(w, made);
	while (w->n) {
		struct frame *f = &w->stack[w->n - 1];
		const struct graph_step *s = &g->steps.p[f->step];
		uint32_t node;

		if (f->next == graph_nall(s)) {
			leave(w);
			continue;
		}
		node = graph_any(g, s, f->next);
		f->next++;
		if (p->seen[node] && g->nodes.p[node].producer == GRAPH_NONE)
			continue;
		see_node(p, node);
		made = g->nodes.p[node].producer;
		if (made == GRAPH_NONE || p->mark[made] == MARK_CLOSED)
			continue;
		if (p->mark[made] == MARK_OPEN)
			return found_cycle(w, made, err);
		visit_step(w, made);
	}
	return 0;
}

int
plan_want(struct plan *p, const uint32_t *nodes, uint32_t n, struct err *err)
{
	struct walk w = { .p = p };
	int r = 0;

	make_room(p);
	p->norder = p->nwanted_nodes = 0;
	p->loop = GRAPH_NONE;
	w.tops = vec_grow(NULL, &w.tops_cap, (size_t)n + 1, sizeof(*w.tops));
	if (n)
		memcpy(w.tops, nodes, n * sizeof(*nodes));
	w.ntops = n;
	for (size_t i = 0; i < w.ntops && r == 0; i++)
		r = walk_from(&w, w.tops[i], err);
	free(w.tops);
	free(w.stack);
	return r;
}

/* ---- order ---- */

static bool
is_final(const struct plan *p, uint32_t step)
{
	return p->state[step] == PLAN_CLEAN || p->state[step] == PLAN_DONE;
}

bool
plan_final(const struct plan *p, uint32_t node)
{
	uint32_t made = p->g->nodes.p[node].producer;

	return made == GRAPH_NONE || is_final(p, made);
}

static bool
is_waiting(const struct plan *p, uint32_t step)
{
	return p->state[step] == PLAN_WAIT || p->state[step] == PLAN_HELD;
}

/* All inputs of a waiting step are final. */
static void
put_check(struct plan *p, uint32_t step)
{
	if (p->state[step] == PLAN_WAIT)
		plan_set_state(p, step, PLAN_CHECK);
	p->check = vec_grow(p->check, &p->check_cap, p->ncheck + 1,
	                    sizeof(*p->check));
	p->check[p->ncheck++] = step;
}

static bool
gathers(const struct plan *p, uint32_t step)
{
	return p->g->steps.p[step].flags & STEP_GATHER;
}

/* Cost of a step from those of its users, and one more thing that they wait
 * for. */
static void
link_step(struct plan *p, uint32_t step, uint32_t weight)
{
	const struct graph *g = p->g;
	const struct graph_step *s = &g->steps.p[step];
	uint64_t longest = 0;

	for (uint32_t i = 0; i < s->nouts; i++) {
		const struct graph_node *o =
			&g->nodes.p[graph_ids(g, s->outs)[i]];

		for (uint32_t j = 0; j < o->nusers; j++) {
			uint32_t u = graph_ids(g, o->users)[j];

			if (p->mark[u] == MARK_NEW || is_final(p, u))
				continue;
			if (!p->blocked[step] || !gathers(p, u))
				p->left[u]++;
			if (p->cost[u] > longest)
				longest = p->cost[u];
		}
	}
	p->cost[step] = longest + (s->flags & STEP_PHONY ? 0 : weight);
}

void
plan_link(struct plan *p, const uint32_t *weight)
{
	assert(!p->g->users_stale);
	for (uint32_t i = 0; i < p->norder; i++)
		p->left[p->order[i]] = 0;
	for (uint32_t i = p->norder; i-- > 0;) {
		uint32_t step = p->order[i];

		if (!is_final(p, step))
			link_step(p, step, weight[step]);
	}
	/* Those put up for check may have got inputs since. */
	p->check_at = p->ncheck = 0;
	for (uint32_t i = 0; i < p->norder; i++) {
		uint32_t step = p->order[i];

		if (p->state[step] == PLAN_CHECK)
			plan_set_state(p, step, PLAN_WAIT);
		if (is_waiting(p, step) && p->left[step] == 0)
			put_check(p, step);
	}
	heap_order(p, &p->ready);
	heap_order(p, &p->fetch);
	for (uint32_t i = 0; i < p->g->pools.n; i++)
		heap_order(p, &p->pools[i].held);
}

/* One thing less that this step waits for. */
static void
release_user(struct plan *p, uint32_t step)
{
	if (!is_waiting(p, step) || p->left[step] == 0)
		return;
	if (--p->left[step] == 0)
		put_check(p, step);
}

/* The outputs of a step are final. failed: only as far as they will be. */
static void
release_users(struct plan *p, uint32_t step, bool failed)
{
	const struct graph *g = p->g;
	const struct graph_step *s = &g->steps.p[step];

	for (uint32_t i = 0; i < s->nouts; i++) {
		const struct graph_node *o =
			&g->nodes.p[graph_ids(g, s->outs)[i]];

		for (uint32_t j = 0; j < o->nusers; j++) {
			uint32_t u = graph_ids(g, o->users)[j];

			if (!failed || gathers(p, u))
				release_user(p, u);
		}
	}
}

/* Those that need the step, and have not begun, never will. */
static void
push_blocked(struct plan *p, uint32_t step, struct plan_heap *todo)
{
	const struct graph *g = p->g;
	const struct graph_step *s = &g->steps.p[step];

	for (uint32_t i = 0; i < s->nouts; i++) {
		const struct graph_node *o =
			&g->nodes.p[graph_ids(g, s->outs)[i]];

		for (uint32_t j = 0; j < o->nusers; j++) {
			uint32_t u = graph_ids(g, o->users)[j];

			if (gathers(p, u) || p->blocked[u] || !is_waiting(p, u))
				continue;
			p->blocked[u] = 1;
			todo->p = vec_grow(todo->p, &todo->cap, todo->n + 1,
			                   sizeof(*todo->p));
			todo->p[todo->n++] = u;
		}
	}
}

static void
block(struct plan *p, uint32_t step)
{
	struct plan_heap todo = { 0 };

	p->blocked[step] = 1;
	for (;;) {
		release_users(p, step, true);
		push_blocked(p, step, &todo);
		if (todo.n == 0)
			break;
		step = todo.p[--todo.n];
	}
	free(todo.p);
}

/* ---- pools ---- */

/* The i-th pool with a limit that a step needs a place in; NULL: it needs no
 * more. */
static struct plan_pool *
pool_of(const struct plan *p, uint32_t step, size_t i)
{
	const struct graph_step *s = &p->g->steps.p[step];
	struct plan_pool *own = &p->pools[s->pool];
	size_t from = 0, to = p->nmore;

	if (own->depth && i-- == 0)
		return own;
	if (!(s->flags & STEP_POOLS))
		return NULL;
	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (p->more[mid].step < step)
			from = mid + 1;
		else
			to = mid;
	}
	for (; from < p->nmore && p->more[from].step == step; from++) {
		struct plan_pool *pool = &p->pools[p->more[from].pool];

		if (pool->depth && i-- == 0)
			return pool;
	}
	return NULL;
}

/* One of its pools that has no room, or NULL. */
static struct plan_pool *
full_pool(const struct plan *p, uint32_t step)
{
	struct plan_pool *pool;

	for (size_t i = 0; (pool = pool_of(p, step, i)); i++)
		if (pool->used >= pool->depth)
			return pool;
	return NULL;
}

static bool
lets_in(const struct plan_pool *pool)
{
	return pool->held.n && pool->used < pool->depth;
}

/* The best that is held is ready as the others are. If it needs another place
 * too it waits there. */
static void
let_one_in(struct plan *p, struct plan_pool *pool)
{
	uint32_t step = heap_pop(p, &pool->held);
	struct plan_pool *other = full_pool(p, step);

	if (other) {
		heap_push(p, &other->held, step);
		return;
	}
	for (size_t i = 0; (other = pool_of(p, step, i)); i++)
		other->used++;
	p->placed[step] = 1;
	heap_push(p, &p->ready, step);
}

static void
let_in(struct plan *p, struct plan_pool *pool)
{
	while (lets_in(pool))
		let_one_in(p, pool);
}

/* The same for all pools; the best first, as they may wait for each other's. */
static void
let_all_in(struct plan *p)
{
	struct plan_pool *best;

	do {
		best = NULL;
		for (uint32_t i = 0; i < p->g->pools.n; i++) {
			struct plan_pool *pool = &p->pools[i];

			if (lets_in(pool) &&
			    (!best || before(p, pool->held.p[0],
			                     best->held.p[0])))
				best = pool;
		}
		if (best)
			let_one_in(p, best);
	} while (best);
}

/* The next one is let in before the users of this one come, as in ninja. */
static void
leave_pools(struct plan *p, uint32_t step)
{
	struct plan_pool *pool;

	if (p->state[step] != PLAN_RUN || !p->placed[step])
		return;
	p->placed[step] = 0;
	for (size_t i = 0; (pool = pool_of(p, step, i)); i++)
		pool->used--;
	for (size_t i = 0; (pool = pool_of(p, step, i)); i++)
		let_in(p, pool);
}

/* What is ready waits for its places. */
static void
enter_pools(struct plan *p, uint32_t step)
{
	struct plan_pool *pool = pool_of(p, step, 0);

	heap_push(p, pool ? &pool->held : &p->ready, step);
	if (p->eager && pool)
		let_in(p, pool);
}

void
plan_held(struct plan *p, uint32_t step)
{
	plan_set_state(p, step, PLAN_HELD);
}

void
plan_clean(struct plan *p, uint32_t step)
{
	bool linked = p->state[step] != PLAN_WAIT;

	plan_set_state(p, step, PLAN_CLEAN);
	if (linked)
		release_users(p, step, false);
}

void
plan_fetch(struct plan *p, uint32_t step)
{
	plan_set_state(p, step, PLAN_FETCH);
	heap_push(p, &p->fetch, step);
}

void
plan_ready(struct plan *p, uint32_t step)
{
	plan_set_state(p, step, PLAN_READY);
	enter_pools(p, step);
}

void
plan_done(struct plan *p, uint32_t step)
{
	leave_pools(p, step);
	plan_set_state(p, step, PLAN_DONE);
	release_users(p, step, false);
}

void
plan_found(struct plan *p, uint32_t step)
{
	leave_pools(p, step);
	plan_set_state(p, step, PLAN_CLEAN);
	release_users(p, step, false);
}

void
plan_failed(struct plan *p, uint32_t step)
{
	leave_pools(p, step);
	plan_set_state(p, step, PLAN_FAILED);
	block(p, step);
}

void
plan_leaves(struct plan *p, uint32_t step)
{
	leave_pools(p, step);
}

void
plan_again(struct plan *p, uint32_t step)
{
	plan_set_state(p, step, PLAN_READY);
	if (p->placed[step])
		heap_push(p, &p->ready, step);
	else
		enter_pools(p, step);
}

uint32_t
plan_next_check(struct plan *p)
{
	while (p->check_at < p->ncheck) {
		uint32_t step = p->check[p->check_at++];

		if (p->state[step] == PLAN_CHECK ||
		    p->state[step] == PLAN_HELD)
			return step;
	}
	p->check_at = p->ncheck = 0;
	return GRAPH_NONE;
}

uint32_t
plan_next_fetch(struct plan *p)
{
	return heap_pop(p, &p->fetch);
}

uint32_t
plan_best(struct plan *p)
{
	let_all_in(p);
	/* Those that were taken from the middle. */
	while (p->ready.n && p->state[p->ready.p[0]] != PLAN_READY)
		heap_pop(p, &p->ready);
	return p->ready.n ? p->ready.p[0] : GRAPH_NONE;
}

bool
plan_has_ready(struct plan *p)
{
	return plan_best(p) != GRAPH_NONE;
}

bool
plan_fetch_first(struct plan *p)
{
	if (p->fetch.n == 0)
		return false;
	return !plan_has_ready(p) || before(p, p->fetch.p[0], p->ready.p[0]);
}

bool
plan_as_good(const struct plan *p, uint32_t a, uint32_t b)
{
	return p->first[a] == p->first[b] && p->cost[a] == p->cost[b];
}

void
plan_take(struct plan *p, uint32_t step)
{
	plan_set_state(p, step, PLAN_RUN);
}

uint32_t
plan_total(const struct plan *p)
{
	uint32_t n = 0;

	for (int i = PLAN_WAIT; i < PLAN_STATES; i++)
		if (i != PLAN_CLEAN && i != PLAN_HELD)
			n += p->count[i];
	return n;
}
