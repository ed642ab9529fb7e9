/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SESSION_TARGETS_LACKING_H
#define TG_SESSION_TARGETS_LACKING_H

#include "session/session.h"
#include "util/err.h"

/* After session_open: do the files of the node ids on the command line lack one
 * of them for sure? What only running them can tell is left to that: names that
 * are made when a file runs, parameters. -1: err, with the nearest there is. */
int lacking_ids(struct session *s, struct err *err);

#endif
