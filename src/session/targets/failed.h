/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_TARGETS_FAILED_H
#define TG_SESSION_TARGETS_FAILED_H

#include <stdbool.h>
#include <stdint.h>

#include "session/session.h"
#include "util/err.h"

/* What failed last time, item by item. Where all is known of how a file failed,
 * only the items that did are run again; that is a partial run, and the file
 * itself stays failed until it has run whole. */

/* Before session_open, for --failed: notes in the session what the last run of
 * whole files came to, and the items that failed; nothing if there are none such.
 * -1: err. */
int failed_items(struct session *s, struct err *err);
/* After session_open: did the step's file fail in that run, or was it in none? */
bool failed_step(const struct session *s, uint32_t step);

#endif
