/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CLI_MADE_H
#define TG_CLI_MADE_H

#include "report/report.h"
#include "sched/sched.h"
#include "session/session.h"
#include "util/err.h"

enum made_end {
	MADE_ALL,               /* what is wanted is there */
	MADE_SOME,              /* some could not be made */
	MADE_LATER,             /* a dry run: they are still to be made */
};

/* Makes the environments of the tests that are wanted, and looks at the
 * repository again then, as what is in them decides which tests there are. opts
 * are those of the run. -1: err, with its code. */
int made_run(struct session *s, struct report *r, struct sched_opts opts,
	enum made_end *end, struct err *err);

#endif
