/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/affinity.h"

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

	return s->flags & STEP_WORKER && s->nouts && !(s->flags & STEP_POOLS) &&
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
add_family(struct affinity *a, uint32_t step, uint32_t worker)
{
	a->families = vec_grow(a->families, &a->cap, (size_t)a->n + 1,
	                       sizeof(*a->families));
	a->families[a->n++] = (struct affinity_family){
		.first = step, .worker = worker
	};
}

void
affinity_fill(struct affinity *a, const struct plan *p)
{
	struct map dirs = { 0 }, names = { 0 };
	struct arena mem = { 0 };
	uint32_t *last = NULL;
	size_t last_cap = 0;

	affinity_release(a);
	for (uint32_t step = 0; step < p->nsteps; step++) {
		struct map_slot *dir;
		uint32_t *family;
		int added;

		if (p->state[step] == PLAN_NONE || !has_family(p, step))
			continue;
		if (!a->family) {
			a->family = xcalloc(p->nsteps, sizeof(*a->family));
			a->next = xcalloc(p->nsteps, sizeof(*a->next));
		}
		dir = map_put(&dirs, path_dir(graph_path(p->g,
		              graph_step_out(p->g, step))), &added);
		family = &a->family[step];
		if (added) {
			add_family(a, step, worker_of(p, step, &names, &mem));
			dir->value = a->n;
			last = vec_grow(last, &last_cap, (size_t)a->n + 1,
			                sizeof(*last));
		} else {
			a->next[last[dir->value]] = step;
		}
		*family = dir->value;
		last[*family] = step;
		a->next[step] = GRAPH_NONE;
		if (p->state[step] == PLAN_RUN)
			a->families[*family - 1].running++;
	}
	free(last);
	map_release(&dirs);
	map_release(&names);
	arena_release(&mem);
}

void
affinity_release(struct affinity *a)
{
	free(a->family);
	free(a->next);
	free(a->families);
	*a = (struct affinity){ 0 };
}

uint32_t
affinity_family_of(const struct affinity *a, uint32_t step)
{
	return a->family ? a->family[step] : 0;
}

/* The first step of a family that is ready and as good as best, or
 * GRAPH_NONE. */
static uint32_t
of_family(struct affinity *a, const struct plan *p, uint32_t family,
	uint32_t best)
{
	struct affinity_family *f = &a->families[family - 1];
	uint32_t step;
	int looks = 0;

	while (f->first != GRAPH_NONE && p->state[f->first] >= PLAN_RUN)
		f->first = a->next[f->first];
	for (step = f->first; step != GRAPH_NONE; step = a->next[step])
		if (p->state[step] == PLAN_READY &&
		    plan_as_good(p, step, best))
			return step;
		else if (++looks == LOOKS)
			break;
	return GRAPH_NONE;
}

/* The same, of the first family that has nothing running; worker 0: any. */
static uint32_t
of_another(struct affinity *a, const struct plan *p, uint32_t worker,
	uint32_t best)
{
	while (a->at < a->n && a->families[a->at].first == GRAPH_NONE)
		a->at++;
	for (uint32_t i = a->at; i < a->n; i++) {
		const struct affinity_family *f = &a->families[i];
		uint32_t step;

		if (f->running || (worker && f->worker != worker))
			continue;
		step = of_family(a, p, i + 1, best);
		if (step != GRAPH_NONE)
			return step;
	}
	return GRAPH_NONE;
}

uint32_t
affinity_pick(struct affinity *a, struct plan *p, uint32_t family)
{
	uint32_t best = plan_best(p), step = GRAPH_NONE;

	if (best == GRAPH_NONE || !affinity_family_of(a, best))
		return best;
	if (family)
		step = of_family(a, p, family, best);
	if (family && step == GRAPH_NONE)
		step = of_another(a, p, a->families[family - 1].worker, best);
	if (step == GRAPH_NONE)
		step = of_another(a, p, 0, best);
	return step == GRAPH_NONE ? best : step;
}

void
affinity_started(struct affinity *a, uint32_t step)
{
	uint32_t family = affinity_family_of(a, step);

	if (family)
		a->families[family - 1].running++;
}

void
affinity_ended(struct affinity *a, uint32_t step)
{
	uint32_t family = affinity_family_of(a, step);

	if (family)
		a->families[family - 1].running--;
}
