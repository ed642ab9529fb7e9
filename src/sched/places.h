/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SCHED_PLACES_H
#define TG_SCHED_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/graph.h"
#include "util/buf.h"
#include "util/str.h"

/* Pools whose places have numbers: what runs in one is told which it has, by
 * variables (tg_slots). The numbers begin at 0 and are below the pool's depth;
 * no two steps that run have the same one. */
struct slot;

/* Does the step have this variable from there, rather than from the
 * environment? Then it is no input. */
bool places_tell(const struct graph *g, uint32_t step, struct str name);

/* The slot's variables, "NAME=VALUE", ended by NULL; takes its numbers if it
 * has none yet. NULL: it is told nothing. For places_free_env. */
char **places_take(struct slot *s);
void places_free_env(char **env);
/* Appends what tells workers for one place from those for another. */
void places_name(const struct slot *s, struct buf *name);
/* Others may have its numbers. */
void places_leave(struct slot *s);

#endif
