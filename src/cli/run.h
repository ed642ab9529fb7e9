/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CLI_RUN_H
#define TG_CLI_RUN_H

#include "cli/made.h"
#include "report/report.h"
#include "session/session.h"
#include "util/err.h"

/* Makes the environments that are wanted: see made_run. */
int run_environments(struct session *s, struct report *r, enum made_end *end,
	struct err *err);
/* Brings the targets of the command line up to date and reports. Returns the
 * exit code; -1: err. */
int run_build(struct session *s, struct report *r, struct err *err);
/* Brings the inputs of a test step up to date, where steps of the user's make
 * any. As above. */
int run_inputs(struct session *s, struct report *r, uint32_t step,
	struct err *err);

#endif
