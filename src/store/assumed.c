/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "state/asked.h"
#include "store/entry.h"
#include "store/internal.h"
#include "util/arena.h"

/* The entry of a step is found without what is assumed: a variant of which all
 * was seen does without it, another has it among what it has observed. */

static const char NAME[] = "assumed:";

void
assumed_note(const struct state *s, uint32_t step, struct variant *v,
	struct arena *a)
{
	struct observed *obs;

	if (!(s->g->steps.p[step].flags & STEP_ASSUMED) ||
	    asked_all(s->g, step))
		return;
	obs = arena_calloc(a, (v->nobs + 1) * sizeof(*obs));
	if (v->nobs)
		memcpy(obs, v->obs, v->nobs * sizeof(*obs));
	obs[v->nobs].path = str_of(NAME);
	store_assumed(s, step, &obs[v->nobs++].digest);
	v->obs = obs;
}

bool
assumed_fits(const struct state *s, uint32_t step, struct variant *v)
{
	struct digest now;

	if (!v->nobs || !str_is(v->obs[v->nobs - 1].path, NAME))
		return true;
	store_assumed(s, step, &now);
	return digest_eq(&v->obs[--v->nobs].digest, &now);
}
