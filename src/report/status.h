/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_STATUS_H
#define TG_REPORT_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "report/format.h"
#include "report/line.h"
#include "report/report.h"

/* ninja's display: a status for each step, its output, and if it failed its
 * outputs and command before that. */

struct status_running {
	uint32_t step;
	int64_t since;          /* ns */
};

struct status {
	const struct report_opts *o;
	const struct graph *g;
	const char *format;
	bool color;
	struct line line;
	uint32_t started, finished, total;
	int64_t begin, last;    /* ns; last: when something happened */
	int64_t left_at;        /* when left_us came */
	uint64_t left_us;
	struct rate rate;
	struct status_running *running;
	size_t nrunning, running_cap;
	struct reasons whys;    /* not told yet, or kept */
	struct buf failures;    /* what was shown of failed steps */
	uint32_t nfailed;
	uint32_t failed_at;     /* finished when the last one failed */
};

/* o stays where it is. terminal: a smart one. */
void status_init(struct status *st, const struct report_opts *o,
	const char *format, bool terminal, bool color);
void status_release(struct status *st);
/* now: ns of o's clock, here and below. */
void status_begin(struct status *st, const struct graph *g, int64_t now);
void status_explain(struct status *st, const struct reason *why);
void status_started(struct status *st, uint32_t step, int64_t now);
void status_finished(struct status *st, uint32_t step, enum step_end how,
	const struct result *r, struct str output, int64_t now);
void status_tick(struct status *st, const struct build_counts *c,
	int64_t now);
void status_end(struct status *st);

/* Prints what explains the step to o->err. As ninja it is kept for another time
 * unless this is the last. */
void status_whys(struct status *st, uint32_t step, bool last);

#endif
