/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_TARGETS_MADE_H
#define TG_SESSION_TARGETS_MADE_H

#include "session/session.h"
#include "session/targets/targets.h"

/* Adds the stamps of the environments that tests could run in which these words
 * mean: one too many rather than one too few, as what tests there are is only
 * known when the environments are made. Where the graph was not made in this
 * run, all that are in it. */
void made_targets(const struct session *s, char *const *words, int n,
	struct targets *t);

#endif
