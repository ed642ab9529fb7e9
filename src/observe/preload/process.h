/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_OBSERVE_PRELOAD_PROCESS_H
#define TG_OBSERVE_PRELOAD_PROCESS_H

#include <stdbool.h>

#include "observe/preload/log.h"
#include "observe/preload/sys.h"

/* This process and its log: it begins, goes elsewhere, says what it is for. What
 * log.h says of signals, threads and children holds here too. */

/* Is there a log to write to? Finds it by the environment, the first time, and
 * notes what began, and what is loaded into it. */
bool process_on(void);
/* Reads the working directory anew: it may have changed. Does nothing in a
 * child of vfork, whose memory is its parent's. */
void process_chdir(void);
/* What follows the key in a path that begins with OBSERVE_QUIET and it; NULL: this
 * one does not, or this program has none. */
const char *process_said(const char *path);
static inline bool
process_quiet(const char *path)
{
	return text_starts(path, OBSERVE_QUIET) && process_said(path);
}
/* OBSERVE_SAY_KEY, without OBSERVE_QUIET; false: it is another one, or the wrong
 * ticket. Takes the variable that it came in out of the environment. */
bool process_take_key(const char *text);
/* Does what the other OBSERVE_SAY_* say; false: it is none of them, or cannot be done. */
bool process_say(const char *text);
/* Is this a child of vfork, or a process that is about to be told apart? */
bool process_borrowed(void);

#endif
