/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/walk.h"

#include <stdlib.h>

#include "util/mem.h"

enum { NEW, ENTERED, DONE };

static void
push(struct walk *w, uint32_t node)
{
	uint32_t step = w->g->nodes.p[node].producer;

	if (step == GRAPH_NONE || w->seen[step] != NEW)
		return;
	w->stack = vec_grow(w->stack, &w->stack_cap, w->top + 1,
		sizeof(*w->stack));
	w->stack[w->top++] = step;
}

void
walk_add(struct walk *w, uint32_t node, int single)
{
	const struct graph_step *s;
	uint32_t step, i;

	if (!w->seen)
		w->seen = xcalloc(w->g->steps.n + 1, 1);
	push(w, node);
	while (w->top) {
		step = w->stack[w->top - 1];
		if (single || w->seen[step] != NEW) {
			w->top--;
			if (w->seen[step] != DONE) {
				w->steps = vec_grow(w->steps, &w->cap,
					w->n + 1, sizeof(*w->steps));
				w->steps[w->n++] = step;
			}
			w->seen[step] = DONE;
			continue;
		}
		w->seen[step] = ENTERED;
		s = &w->g->steps.p[step];
		for (i = s->nins; i > 0; i--)
			push(w, graph_ids(w->g, s->ins)[i - 1]);
	}
}

void
walk_release(struct walk *w)
{
	free(w->steps);
	free(w->seen);
	free(w->stack);
	*w = (struct walk){ 0 };
}
