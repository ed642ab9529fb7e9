/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CLI_RUN_H
#define TG_CLI_RUN_H

#include "report/report.h"
#include "session/session.h"
#include "util/err.h"

/* Brings the targets of the command line up to date and reports. Returns the
 * exit code; -1: err. */
int run_build(struct session *s, struct report *r, struct err *err);

#endif
