/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PLAN_AFFINITY_H
#define TG_PLAN_AFFINITY_H

#include <stdint.h>

#include "plan/plan.h"

/* Which of several equally good steps a worker is best given: one beside those
 * it has run, as it has loaded what they share (conftests); else one that needs
 * no other worker. Families are the steps for workers whose first outputs lie
 * in one directory; steps in pools with a depth are in none. */

struct affinity_family {
	uint32_t first;         /* that has not run; others follow by next */
	uint32_t running;       /* of its steps */
	uint32_t worker;        /* the same number: workers of one name */
};

struct affinity {
	uint32_t *family;       /* by step: 1 + index into families; 0: none */
	uint32_t *next;         /* by step: the next of its family */
	struct affinity_family *families;
	uint32_t n;
	size_t cap;
	uint32_t at;            /* families before it are done with */
};

/* Fills it from the wanted steps of a plan, in place of what it held; a must be
 * zeroed at first. Call it after plan_link. */
void affinity_fill(struct affinity *a, const struct plan *p);
void affinity_release(struct affinity *a);

/* The family of a step; 0: none. */
uint32_t affinity_family_of(const struct affinity *a, uint32_t step);
/* Which ready step to start for a worker that has run one of a family before
 * (0: none has): the plan's best, or another that the plan holds to be as good.
 * GRAPH_NONE if nothing is ready. */
uint32_t affinity_pick(struct affinity *a, struct plan *p, uint32_t family);
/* A step has started, has ended. */
void affinity_started(struct affinity *a, uint32_t step);
void affinity_ended(struct affinity *a, uint32_t step);

#endif
