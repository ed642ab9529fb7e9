/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EXEC_BY_COMMAND_H
#define TG_EXEC_BY_COMMAND_H

#include "exec/executor.h"

struct proc_host;

/* Runs every job by its command: a process of its own on this machine. host
 * must outlive it. */
struct executor *by_command_new(struct proc_host *host);

#endif
