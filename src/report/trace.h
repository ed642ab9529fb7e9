/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TRACE_H
#define TG_REPORT_TRACE_H

#include <stdint.h>

#include "event/event.h"
#include "graph/graph.h"
#include "util/err.h"

/* When each step ran, in the form that Chrome's tracing, Perfetto and others
 * show: {"traceEvents": [{"name", "cat": rule, "ph": "X", "ts", "dur", "pid",
 * "tid", "args": {"outputs", "command", "end", "critical"}}, ...]}. Times are
 * microseconds since the beginning; tid is a lane: steps that ran at the same
 * time are in different ones. "critical" is set on the chain of steps that the
 * end of the build waited for: from the last one backwards, always the input
 * that was made last. */
struct trace;

/* now: ns, monotonic, here and below. */
struct trace *trace_new(int64_t now);
void trace_free(struct trace *t);
/* What follows is about this graph, which must live until the next call or
 * trace_write. */
void trace_begin(struct trace *t, const struct graph *g);
void trace_started(struct trace *t, uint32_t step, int64_t now);
/* Nothing is noted of steps that did not run. */
void trace_finished(struct trace *t, uint32_t step, enum step_end how,
	int64_t now);
/* Writes all by temp + rename; -1: err. */
int trace_write(struct trace *t, const char *path, struct err *err);

#endif
