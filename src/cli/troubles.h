/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CLI_TROUBLES_H
#define TG_CLI_TROUBLES_H

#include <stdio.h>

#include "report/report.h"
#include "session/session.h"
#include "util/err.h"

/* What has to be told of a Python repository beside its results. */

/* Tells warnings, blocked packages and skipped interpreters, once each.
 * Returns the exit code they ask for: 0, EXIT_USAGE for blocked packages,
 * EXIT_ENV for missing interpreters under --require-all-pythons. */
int troubles_tell(struct session *s, struct report *r);
/* Nothing to run: why, as an error. -1; 0 if there are tests. */
int troubles_no_tests(const struct session *s, struct err *err);

#endif
