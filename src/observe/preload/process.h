/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_OBSERVE_PRELOAD_PROCESS_H
#define TG_OBSERVE_PRELOAD_PROCESS_H

#include <stdbool.h>

#include "observe/preload/log.h"

/* This process and its log: it begins, goes elsewhere, says what it is for. What
 * log.h says of signals, threads and children holds here too. */

/* Is there a log to write to? Finds it by the environment, the first time, and
 * notes what began, and what is loaded into it. */
bool process_on(void);
/* Reads the working directory anew: it may have changed. Does nothing in a
 * child of vfork, whose memory is its parent's. */
void process_chdir(void);
/* Does what OBSERVE_SAY_* say; false: it is none of them, or cannot be done. */
bool process_say(const char *text);
/* Is this a child of vfork, or a process that is about to be told apart? */
bool process_borrowed(void);

#endif
