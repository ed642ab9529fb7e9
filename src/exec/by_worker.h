/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_EXEC_BY_WORKER_H
#define TG_EXEC_BY_WORKER_H

#include "exec/executor.h"

struct proc_host;

/* Runs the jobs that are for warm workers (worker.h), which live on between
 * them: as many as most at once. host must outlive it. */
struct executor *by_worker_new(struct proc_host *host, unsigned most);

#endif
