/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SCHED_KNOWN_KNOWN_H
#define TG_SCHED_KNOWN_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/graph.h"

/* What is known of what a step leaves. Of most commands nothing is: they may
 * leave files that no statement names, and an output may stay as it was while
 * what it stands for changes (a stamp, a list of files, a directory, a thin
 * archive). Who needs what such a step has made runs after it, as ninja has it,
 * and it is run itself, not restored. */

enum known {
	KNOWN_CONTENT = 1,      /* it leaves nothing but its outputs, and what
	                         * they are is all in their content: if that is
	                         * as it was, who needs them need not run */
	KNOWN_FILES = 2,        /* it leaves nothing but its outputs, made of its
	                         * inputs alone: they can be restored */
};

/* Flags of enum known. By hand: tg_cache = 1, or a test step. Otherwise the
 * command tells, if it calls nothing but compilers, linkers and archivers that
 * write the one output, with no option but such as are known to write no other
 * file. */
unsigned known_leaves(const struct graph *g, uint32_t step);

#endif
