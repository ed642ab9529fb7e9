/* SPDX-License-Identifier: Apache-2.0 */
#include "query/nodes.h"

#include <stdlib.h>

#include "util/mem.h"

bool
nodes_add(struct nodes *s, uint32_t node)
{
	if (!s->has)
		s->has = xcalloc(s->g->nodes.n + 1, 1);
	if (s->has[node])
		return false;
	s->has[node] = 1;
	s->v = vec_grow(s->v, &s->cap, (size_t)s->n + 1, sizeof(*s->v));
	s->v[s->n++] = node;
	return true;
}

bool
nodes_has(const struct nodes *s, uint32_t node)
{
	return s->has && s->has[node];
}

void
nodes_release(struct nodes *s)
{
	free(s->v);
	free(s->has);
	*s = (struct nodes){ 0 };
}
