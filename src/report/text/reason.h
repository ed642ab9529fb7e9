/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TEXT_REASON_H
#define TG_REPORT_TEXT_REASON_H

#include "event/reason.h"
#include "graph/graph.h"
#include "util/buf.h"
#include "util/str.h"

/* Appends a line, without a newline: why a step is not up to date. In ninja's
 * words; of a test step in the user's: not the names of its result files, of
 * groups of modules or of the environment's stamp. g may be NULL if the reason
 * names neither step nor node. */
void reason_text(const struct graph *g, const struct reason *r,
	struct buf *out);
/* What kind of reason it is, for programs: "input-changed" ... */
const char *reason_word(enum reason_why why);
/* Appends what a person calls a node of a Python repository: a group of modules
 * by the file that it is named after, data files by their package, the stamp of
 * an environment by that; others by their path. */
void reason_name(const struct graph *g, uint32_t node, struct buf *out);

#endif
