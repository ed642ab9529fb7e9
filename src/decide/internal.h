/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_DECIDE_INTERNAL_H
#define TG_DECIDE_INTERNAL_H

#include "decide/decide.h"

/* What deciding and explaining share. */

/* Flags of the step that makes a node, enum decide_flag; 0: there is none. */
unsigned decide_maker(const struct decide *d, uint32_t node);
/* Must the step run because the user wants it run again? */
bool decide_rerun(const struct decide *d, uint32_t step);

/* A result that can make a step up to date. */
static inline bool
decide_good(const struct result *r)
{
	return r->status == RESULT_PASSED || r->status == RESULT_EMPTY;
}

/* Was the result gained in company that the step is not to have? One that was
 * gained alone counts for all, one of a batch for shared processes too. */
bool decide_mixed(const struct state *s, uint32_t step);

#endif
