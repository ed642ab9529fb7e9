/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CLI_ENVIRONMENTS_H
#define TG_CLI_ENVIRONMENTS_H

#include <stdint.h>

#include "sched/sched.h"
#include "session/session.h"

/* The environments that tests of a Python repository run in. Zero-initialise.
 */
struct environments {
	struct session *s;
	uint32_t *nodes;        /* their stamps' */
	struct sched_outside outside;
};

/* For sched_opts.outside, while e and the session's graph are there; NULL: no
 * step of the graph needs one. */
const struct sched_outside *environments_begin(struct environments *e,
	struct session *s);
void environments_release(struct environments *e);

#endif
