/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_SINK_SINK_H
#define TG_REPORT_SINK_SINK_H

#include <stdint.h>

#include "event/event.h"
#include "report/sink/opts.h"
#include "util/err.h"

/* Where events of builds go: a display, or a file that is written at the end.
 * A report hands each event to all its sinks in the order of their list. A sink
 * begins with a struct report_sink; it knows no other sink. */

/* What is built. All outlives the build. */
struct report_build {
	const struct graph *g;
	const struct state *s;
	const uint32_t *targets;
	uint32_t ntargets;
};

struct report_sink;

/* Any but free may be NULL. now: ns of the report's clock. */
struct report_sink_ops {
	void (*begin)(struct report_sink *sink, const struct report_build *b,
		int64_t now);
	/* These are the events of struct build_events. */
	void (*planned)(struct report_sink *sink, uint32_t total, int64_t now);
	void (*explain)(struct report_sink *sink, const struct reason *why);
	void (*started)(struct report_sink *sink, uint32_t step, int64_t now);
	void (*finished)(struct report_sink *sink, uint32_t step,
		enum step_end how, const struct result *r, struct str output,
		int64_t now);
	void (*again)(struct report_sink *sink, uint32_t step);
	void (*aside)(struct report_sink *sink, uint32_t step);
	void (*tick)(struct report_sink *sink, const struct build_counts *c,
		int64_t now);
	/* A line of somebody else's follows: what is drawn must go. */
	void (*clear)(struct report_sink *sink);
	void (*end)(struct report_sink *sink, int64_t now);
	/* Appends the document that is written to a file. */
	void (*write)(struct report_sink *sink, struct buf *out);
	void (*free)(struct report_sink *sink);
};

struct report_sink {
	const struct report_sink_ops *ops;
};

#endif
