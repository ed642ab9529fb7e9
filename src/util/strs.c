/* SPDX-License-Identifier: Apache-2.0 */
#include "util/strs.h"

#include <stdlib.h>

#include "util/mem.h"

void
strs_add(struct strs *l, struct str s)
{
	l->v = vec_grow(l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = s;
}

void
strs_sort(struct strs *l)
{
	size_t n = 0;

	if (!l->n)
		return;
	qsort(l->v, l->n, sizeof(*l->v), str_cmp_qsort);
	for (size_t i = 0; i < l->n; i++)
		if (!n || !str_eq(l->v[n - 1], l->v[i]))
			l->v[n++] = l->v[i];
	l->n = n;
}

void
strs_release(struct strs *l)
{
	free(l->v);
	*l = (struct strs){ 0 };
}
