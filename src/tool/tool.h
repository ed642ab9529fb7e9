/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TOOL_TOOL_H
#define TG_TOOL_TOOL_H

#include <stdbool.h>

#include "session/session.h"
#include "util/err.h"

/* -t TOOL: opens what the tool that the options name needs, and runs it; "list"
 * lists all. After session_place. Returns an exit code; -1: err. */
int tool_main(struct session *s, struct err *err);
/* Is there a tool of that name? */
bool tool_is(const char *name);

#endif
