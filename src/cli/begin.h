/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CLI_BEGIN_H
#define TG_CLI_BEGIN_H

#include "cli/foreground.h"
#include "session/session.h"
#include "util/err.h"

/* A run: opens what it needs, tells what there is to tell of that, and brings
 * the targets of the command line up to date, or prepares them to be run in the
 * foreground once the session is closed. After session_place. Returns the exit
 * code; -1: err. */
int begin_run(struct session *s, struct foreground *f, struct err *err);

#endif
