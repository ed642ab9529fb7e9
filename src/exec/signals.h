/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EXEC_SIGNALS_H
#define TG_EXEC_SIGNALS_H

#include "util/err.h"

/* Signals as bytes in a pipe, so that one poll waits for all. While it is open
 * SIGCHLD, SIGINT, SIGTERM and SIGHUP do nothing but write their number into
 * it; those that were ignored stay ignored (nohup), SIGCHLD excepted. One at a
 * time in a process. */

/* Returns the descriptor to poll, close-on-exec; -1 with err. */
int signals_open(struct err *err);
/* The next signal, 0 if there is none now. */
int signals_next(void);
/* For a child between fork (or vfork) and exec, with all signals blocked: none
 * of them is written into our pipe from there. Calls only the system. */
void signals_child(void);
/* The signals do again what they did before. */
void signals_close(void);

#endif
