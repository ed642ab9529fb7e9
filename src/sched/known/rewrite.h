/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SCHED_KNOWN_REWRITE_H
#define TG_SCHED_KNOWN_REWRITE_H

#include <stdbool.h>

#include "util/str.h"

/* Commands that change files in place: strip, codesign, sed -i and the like. */

enum rewrite {
	REWRITE_NONE,           /* not that the command says so */
	REWRITE_TIMES,          /* it changes the file's times, mode or links */
	REWRITE_CONTENT,        /* or its content too */
};

/* What a shell command, run in the directory cwd (absolute), says that it does
 * to the file at path (absolute and folded). */
enum rewrite rewrite_says(struct str command, struct str cwd, struct str path);

#endif
