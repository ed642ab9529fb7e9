/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CLI_TREE_CHANGED_H
#define TG_CLI_TREE_CHANGED_H

#include "report/report.h"
#include "session/session.h"

/* After a run of tests: warns of files that are inputs of tests and are no
 * longer what they were when the run began, or were not there. Tests that write
 * into their own tree make others, or themselves, run again each time. */
void tree_changed_warn(const struct session *s, struct report *r);

#endif
