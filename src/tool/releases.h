/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TOOL_RELEASES_H
#define TG_TOOL_RELEASES_H

#include "session/session.h"
#include "util/buf.h"
#include "util/err.h"

/* -t releases. Returns an exit code; -1: err. */
int releases_run(struct session *s, int argc, char **argv, struct err *err);
extern const char releases_usage[];

#endif
