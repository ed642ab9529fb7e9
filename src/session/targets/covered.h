/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_TARGETS_COVERED_H
#define TG_SESSION_TARGETS_COVERED_H

#include <stdint.h>

#include "session/session.h"
#include "session/targets/targets.h"
#include "util/err.h"

/* The report of what a run's targets have covered. */

/* Adds the report to the targets of a run, if there is one. If the targets are
 * not all tests, only what they have measured is put together: the graph is
 * read again for that, and the targets are found again. */
int covered_targets(struct session *s, struct targets *t, struct err *err);
/* The report as text that a run of these targets, begun at that time (of the
 * wall's clock, ns), has made or found up to date: its path, or NULL. */
const char *covered_report(const struct session *s, const struct targets *t,
	int64_t begun);
/* Other reports that it has made are no inputs. */
int covered_keep(struct session *s, const struct targets *t,
	struct err *err);

#endif
