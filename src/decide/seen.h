/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_DECIDE_SEEN_H
#define TG_DECIDE_SEEN_H

#include <stdint.h>

#include "state/state.h"

/* Does what a step was seen to use when it ran last speak for how it would run
 * now? */
enum seen {
	SEEN_NOT,               /* it did not pass, or not all that it asked for
	                         * was seen (asked_all), or its result is of
	                         * other inputs */
	SEEN_THEN,              /* all was seen, and some of it has changed */
	SEEN_NOW,               /* all was seen, and is as it was: what is
	                         * assumed of it (graph_assumed) tells nothing
	                         * more */
};

struct seen_steps {
	uint8_t *how;           /* by step: enum seen; owned */
	uint8_t *differs;       /* by node: 1, it was used by one that was seen
	                         * and has changed since; owned */
};

/* Looks at what steps have used; what the state knows stays as it is
 * (state_differs). Release x. */
void seen_find(struct seen_steps *x, struct state *s);
void seen_release(struct seen_steps *x);

#endif
