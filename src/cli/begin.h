/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CLI_BEGIN_H
#define TG_CLI_BEGIN_H

#include "session/session.h"
#include "util/err.h"

/* A run: opens what it needs, tells what there is to tell of that, and brings
 * the targets of the command line up to date. After session_place. Returns the
 * exit code; -1: err. */
int begin_run(struct session *s, struct err *err);

#endif
