/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TEXT_STEP_H
#define TG_REPORT_TEXT_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graph/graph.h"
#include "state/state.h"
#include "util/buf.h"

/* What there is to say of a step, whoever says it. */

/* What a step says of itself: its description, or its command if that is
 * empty or wanted. Appended. */
void step_title(const struct graph *g, uint32_t step, bool command,
	struct buf *out);
/* The lines of a failed step before its output: "FAILED: [code=1] OUTPUTS"
 * and the command. */
void step_failed(const struct graph *g, uint32_t step,
	const struct result *r, bool color, struct buf *out);
/* The exit code in a result, as a shell would say it. */
int result_code(const struct result *r);

/* Bindings of a test step, NUL-terminated in out, which is cleared first;
 * returns out's text, "" if unset. */
const char *step_binding(const struct graph *g, uint32_t step, uint32_t sym,
	struct buf *out);

/* "passed", "failed", "timeout" ... of a status. */
const char *status_word(unsigned status);

/* Appends the first limit bytes of the file that tg_log names, or all; false
 * if there is none or it is empty. */
bool log_head(const struct graph *g, uint32_t step, size_t limit,
	struct buf *out);
/* Appends the last part (at most limit bytes, from a line's start) of the file
 * that tg_log names; false if there is none or it is empty. */
bool log_tail(const struct graph *g, uint32_t step, size_t limit,
	struct buf *out);

#endif
