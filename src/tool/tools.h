/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TOOL_TOOLS_H
#define TG_TOOL_TOOLS_H

#include <stdbool.h>

#include "session/session.h"
#include "util/err.h"

/* Runs the tool of -t: opens what it needs. Returns an exit code; -1: err. */
int tools_run(struct session *s, struct err *err);

/* Is there a -t tool of this name? */
bool tools_is(const char *name);

#endif
