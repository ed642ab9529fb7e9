/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_DECIDE_ADOPT_NINJA_H
#define TG_DECIDE_ADOPT_NINJA_H

#include <stdint.h>

#include "state/state.h"
#include "util/err.h"

/* A build directory that was ninja's. */

/* Gives a result to each step that ninja would find up to date by its records
 * in builddir ("" is here), .ninja_log and .ninja_deps, and the files' times:
 * what is there now counts as what the step made of its inputs as they are
 * now. Reads dyndep files whose makers are up to date. For a state that holds
 * no results yet. Returns how many steps were taken over; 0 also if there are
 * no such records. warn is told, in ninja's words, of records that are there
 * and cannot be used, or not to their end. -1: what was taken over cannot be
 * written down (the results are in memory). */
int64_t adopt_ninja(struct state *s, const char *builddir,
	void (*warn)(void *ctx, struct str text), void *ctx, struct err *err);

#endif
