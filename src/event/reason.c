/* SPDX-License-Identifier: Apache-2.0 */
#include "event/reason.h"

#include <stdlib.h>

#include "util/mem.h"

void
reasons_add(struct reasons *rs, const struct reason *r)
{
	rs->v = vec_grow(rs->v, &rs->cap, rs->n + 1, sizeof(*rs->v));
	rs->v[rs->n++] = *r;
}

void
reasons_release(struct reasons *rs)
{
	free(rs->v);
	*rs = (struct reasons){ 0 };
}
