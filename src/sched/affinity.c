/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/affinity.h"

#include <stdlib.h>

#include "util/arena.h"
#include "util/hash.h"
#include "util/mem.h"
#include "util/path.h"

/* How many steps of a family that are not ready are looked past. */
enum { LOOKS = 16 };

static bool
has_family(const struct plan *p, uint32_t step)
{
	const struct graph_step *s = &p->g->steps.p[step];

	return s->flags & STEP_WORKER && s->nouts &&
	       p->pools[s->pool].depth == 0;
}

/* A number for the name of the step's worker. */
static uint32_t
worker_of(const struct plan *p, uint32_t step, struct map *names,
	struct arena *mem)
{
	struct map_slot *slot;
	struct buf name = { 0 };
	int added;

	/* What can't be told apart only costs time. */
	if (graph_binding(p->g, step, SYM_TG_WORKER, GRAPH_RAW, &name, NULL)
	    < 0)
		buf_clear(&name);
	slot = map_put(names, buf_str(&name), &added);
	if (added) {
		slot->key = arena_dup(mem, buf_str(&name));
		slot->value = (uint32_t)names->n;
	}
	buf_release(&name);
	return slot->value;
}

static void
add_family(struct near *n, uint32_t step, uint32_t worker)
{
	n->families = vec_grow(n->families, &n->cap, (size_t)n->n + 1,
	                       sizeof(*n->families));
	n->families[n->n++] = (struct near_family){
		.first = step, .worker = worker
	};
}

void
near_fill(struct near *n, const struct plan *p)
{
	struct map dirs = { 0 }, names = { 0 };
	struct arena mem = { 0 };
	uint32_t *last = NULL;
	size_t last_cap = 0;

	near_release(n);
	for (uint32_t step = 0; step < p->nsteps; step++) {
		struct map_slot *dir;
		uint32_t *family;
		int added;

		if (p->state[step] == PLAN_NONE || !has_family(p, step))
			continue;
		if (!n->family) {
			n->family = xcalloc(p->nsteps, sizeof(*n->family));
			n->next = xcalloc(p->nsteps, sizeof(*n->next));
		}
		dir = map_put(&dirs, path_dir(graph_path(p->g,
		              graph_step_out(p->g, step))), &added);
		family = &n->family[step];
		if (added) {
			add_family(n, step, worker_of(p, step, &names, &mem));
			dir->value = n->n;
			last = vec_grow(last, &last_cap, (size_t)n->n + 1,
			                sizeof(*last));
		} else {
			n->next[last[dir->value]] = step;
		}
		*family = dir->value;
		last[*family] = step;
		n->next[step] = GRAPH_NONE;
		if (p->state[step] == PLAN_RUN)
			n->families[*family - 1].running++;
	}
	free(last);
	map_release(&dirs);
	map_release(&names);
	arena_release(&mem);
}

void
near_release(struct near *n)
{
	free(n->family);
	free(n->next);
	free(n->families);
	*n = (struct near){ 0 };
}

uint32_t
near_family_of(const struct near *n, uint32_t step)
{
	return n->family ? n->family[step] : 0;
}

/* The first step of a family that is ready and as good as best, or
 * GRAPH_NONE. */
static uint32_t
of_family(struct near *n, const struct plan *p, uint32_t family,
	uint32_t best)
{
	struct near_family *f = &n->families[family - 1];
	uint32_t step;
	int looks = 0;

	while (f->first != GRAPH_NONE && p->state[f->first] >= PLAN_RUN)
		f->first = n->next[f->first];
	for (step = f->first; step != GRAPH_NONE; step = n->next[step])
		if (p->state[step] == PLAN_READY &&
		    plan_as_good(p, step, best))
			return step;
		else if (++looks == LOOKS)
			break;
	return GRAPH_NONE;
}

/* The same, of the first family that has nothing running; worker 0: any. */
static uint32_t
of_another(struct near *n, const struct plan *p, uint32_t worker,
	uint32_t best)
{
	while (n->at < n->n && n->families[n->at].first == GRAPH_NONE)
		n->at++;
	for (uint32_t i = n->at; i < n->n; i++) {
		const struct near_family *f = &n->families[i];
		uint32_t step;

		if (f->running || (worker && f->worker != worker))
			continue;
		step = of_family(n, p, i + 1, best);
		if (step != GRAPH_NONE)
			return step;
	}
	return GRAPH_NONE;
}

uint32_t
near_pick(struct near *n, struct plan *p, uint32_t family)
{
	uint32_t best = plan_best(p), step = GRAPH_NONE;

	if (best == GRAPH_NONE || !near_family_of(n, best))
		return best;
	if (family)
		step = of_family(n, p, family, best);
	if (family && step == GRAPH_NONE)
		step = of_another(n, p, n->families[family - 1].worker, best);
	if (step == GRAPH_NONE)
		step = of_another(n, p, 0, best);
	return step == GRAPH_NONE ? best : step;
}

void
near_started(struct near *n, uint32_t step)
{
	uint32_t family = near_family_of(n, step);

	if (family)
		n->families[family - 1].running++;
}

void
near_ended(struct near *n, uint32_t step)
{
	uint32_t family = near_family_of(n, step);

	if (family)
		n->families[family - 1].running--;
}
