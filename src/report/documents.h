/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_DOCUMENTS_H
#define TG_REPORT_DOCUMENTS_H

#include "report/sink/sink.h"
#include "report/tests/testfiles.h"

/* The sinks that are written to a file at the end of a build, one a file. o and
 * m stay where they are; m is told of events before. */

/* Test results for CI systems: a testsuite for each test step. */
struct report_sink *junit_new(const struct report_opts *o,
	const struct testfiles *m);

/* {"version", "name", "summary": {...}, "files": [...]}: what is in the result
 * documents, and what became of each file; if reasons are told, "why":
 * [{"kind", "node", "text"}, ...] of those that ran. */
struct report_sink *json_new(const struct report_opts *o,
	const struct testfiles *m);

/* When each step ran, in the form that Chrome's tracing, Perfetto and others
 * show: {"traceEvents": [{"name", "cat": rule, "ph": "X", "ts", "dur", "pid",
 * "tid", "args": {"command", "end", "critical"}}, ...]}. Times are
 * microseconds since the beginning; tid is a lane: steps that ran at the same
 * time are in different ones. "critical" is set on the chain of steps that the
 * end of the build waited for: from the last one backwards, always the input
 * that was made last. */
struct report_sink *trace_new(const struct report_opts *o,
	const struct testfiles *m);

#endif
