/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SCHED_ASIDE_H
#define TG_SCHED_ASIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state/state.h"
#include "util/buf.h"
#include "util/digest.h"

/* Tests that run when nothing else does: those that failed while others ran,
 * and those of which that is known. Their plan state is PLAN_RUN. */
struct build;
struct slot;

struct aside_step {
	uint32_t step;
	bool failed;            /* so it has, beside others: then */
	bool timed_out;
	struct result r;        /* how it ended, */
	struct digest static_key;
	struct buf output;      /* and what it wrote */
};

/* Steps that failed in company and passed alone. */
struct aside_found {
	uint32_t *v;
	size_t n, cap;
};

struct aside {
	struct aside_step *v;   /* in the order they came, from at on */
	size_t at, n, cap;
	bool alone, again;      /* one runs; it had failed beside others */
	unsigned failed;        /* in a row, alone too */
	int64_t spent, since;   /* ns: for those; when the build began */
	struct aside_found beside;      /* others, in processes of their own */
	struct aside_found behind;      /* others, in the same process */
};

void aside_begin(struct build *b);
/* A step was taken to run: is it one that has to wait until the others are
 * done? */
bool aside_holds(struct build *b, uint32_t step);
/* One has failed (r): is it to run again, alone, before that counts? Then its
 * output is taken from the slot. */
bool aside_takes(struct build *b, struct slot *slot, const struct result *r);
/* One has ended and that counts: says so in r's flags if it ran alone. */
void aside_ended(struct build *b, const struct slot *slot, struct result *r);
/* Nothing runs, and nothing is ready or may start: takes the next one, whose
 * output is the caller's then. false: there is none. */
bool aside_next(struct build *b, struct aside_step *s);
/* Does it count as it had ended beside others, as enough has failed alone too? */
bool aside_believes(const struct build *b, const struct aside_step *s);
/* It is about to start. */
void aside_starts(struct build *b, const struct aside_step *s);
/* May no other step start now? */
bool aside_blocks(struct build *b);
/* Tells the user which were found. */
void aside_tell(struct build *b);
void aside_release(struct aside *a);

/* A step runs again: as plan_again has it, or alone if it was. */
void build_again(struct build *b, uint32_t step);

#endif
