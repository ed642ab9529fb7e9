/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SCHED_JUDGE_H
#define TG_SCHED_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "decide/deps.h"
#include "exec/executor.h"
#include "graph/graph.h"
#include "state/state.h"
#include "util/buf.h"

/* How a step ended: fills status, exit and the counts of r. output: what the step printed; to it
 * is added what a user needs to know. Variables that a test read are added to
 * deps. true: passed (or empty). */
bool judge(struct graph *g, uint32_t step, const struct exec_end *e,
	struct result *r, struct buf *output, struct deps *deps);
/* The same for one that was ended because it took too long. */
void judge_timeout(struct graph *g, uint32_t step, const struct exec_end *e,
	struct result *r, struct buf *output);

/* Does the status mean that somebody wants everything to end (ninja's rule:
 * SIGINT, SIGTERM, SIGHUP, or exit code 130)? */
bool judge_interrupt(int status);
/* The exit code that a program called ninja ends with after such a failure. */
int judge_exit(int status);

#endif
