/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TEXT_FORMAT_H
#define TG_REPORT_TEXT_FORMAT_H

#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

/* The text before a step's description, as NINJA_STATUS says. */

struct format_values {
	uint32_t started, finished, running, total;
	int64_t elapsed_ms;     /* of the build */
	int64_t left_ms;        /* expected; -1: unknown */
	double rate;            /* finished steps per second lately; -1: unknown */
};

/* Are all placeholders known? -1: "unknown placeholder '%x' in $NAME". */
int format_check(const char *format, const char *name, struct err *err);
/* Appends the format with its placeholders filled: %s %t %p %r %u %f %o %c %e
 * %E %w %W %P %%. The format must have been checked. */
void format_fill(struct buf *out, const char *format,
	const struct format_values *v);

/* A rate over the last steps: as many as run at once. Zero-initialise it. */
struct rate {
	double times[64];       /* seconds */
	unsigned n, at, last;
	double value;           /* -1: unknown */
};
/* finished steps are done ms after the start; window: steps to look back. */
void rate_update(struct rate *r, uint32_t finished, int64_t ms,
	unsigned window);

#endif
