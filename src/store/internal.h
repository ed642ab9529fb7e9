/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_STORE_INTERNAL_H
#define TG_STORE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "store/backend.h"
#include "store/store.h"
#include "util/arena.h"
#include "util/file.h"
#include "util/hash.h"

struct program {
	struct file_sig sig;
	struct digest digest;
	const char *path;       /* what PATH finds; NULL: nothing */
};

struct variant;

struct store {
	char *place;            /* the working directory, absolute */
	struct store_backend *backend;
	bool said_put;          /* that something could not be stored */
	bool said_fetch;        /* that it could not be asked, or was wrong */
	unsigned failures;      /* to answer, in a row */
	bool off;               /* it is not asked any more */
	struct map names;       /* program by name */
	struct program *programs;
	size_t nprograms, programs_cap;
	struct arena arena;
};

/* ---- assumed.c ---- */

/* If not all was seen that the step asks for, v is for what was assumed alone:
 * it is noted as observed. */
void assumed_note(const struct state *s, uint32_t step, struct variant *v,
	struct arena *a);
/* Is what v was made from assumed now, or did it not matter? Takes that note
 * off it. */
bool assumed_fits(const struct state *s, uint32_t step, struct variant *v);

/* ---- place.c ---- */

/* If something that the step left or wrote names the working directory (or may,
 * in a form of its own), v is for this directory alone: it is noted as
 * observed. The outputs are as they were when they were stored. */
void place_note(const struct store *st, struct variant *v, struct arena *a);
/* Is v for this directory, or for any? Takes that note off it. */
bool place_fits(const struct store *st, struct variant *v);

#endif
