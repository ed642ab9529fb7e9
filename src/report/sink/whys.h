/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_SINK_WHYS_H
#define TG_REPORT_SINK_WHYS_H

#include <stdbool.h>
#include <stdint.h>

#include "event/reason.h"
#include "graph/graph.h"
#include "report/sink/opts.h"

/* Reasons that wait to be told with their step ("-d explain"). */
struct whys {
	const struct report_opts *o;
	struct reasons list;
};

/* Is one of the step kept? */
bool whys_have(const struct whys *w, uint32_t step);
/* Prints those of the step to o->err. As ninja they are kept for another time
 * unless this is the last. g may be NULL for step GRAPH_NONE if those of no
 * step name no node. */
void whys_print(struct whys *w, const struct graph *g, uint32_t step,
	bool last);

#endif
