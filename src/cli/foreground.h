/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CLI_FOREGROUND_H
#define TG_CLI_FOREGROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/report.h"
#include "session/session.h"
#include "util/err.h"

/* Test steps that are run in the foreground, with the terminal: to be debugged,
 * or to say how they are run. They run once the session is closed, so that other
 * runs need not wait for somebody who thinks. Zero-initialise. */
struct foreground {
	struct foreground_step *v;
	size_t n, cap;
	char **env;             /* what they find; or NULL */
	int answer;             /* of foreground_run if all goes well */
};

/* Takes the one test step that the targets mean; the inputs that other steps
 * make of it are made. An exit code; -1: err (several are meant, or none, or
 * its command is for a shell). */
int foreground_target(struct foreground *f, struct session *s,
	struct report *r, struct err *err);
/* Takes the tests among the targets that have failed in this session: of those
 * with items, the items. -1: err. */
int foreground_failed(struct foreground *f, struct session *s,
	struct err *err);
/* After session_close: runs them, one after the other until one ends otherwise
 * than a run with failures does. The exit code; -1: err. */
int foreground_run(const struct foreground *f, struct err *err);
void foreground_release(struct foreground *f);

#endif
