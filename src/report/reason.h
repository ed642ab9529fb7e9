/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_REASON_H
#define TG_REPORT_REASON_H

#include <stdint.h>

#include "graph/graph.h"
#include "util/buf.h"
#include "util/str.h"

/* Appends a line of what explains a step. Of a test step it is put in the
 * user's words: not the names of its result files, of groups of modules or of
 * the environment's stamp. Other steps' lines are left as they are. */
void reason_text(const struct graph *g, uint32_t step, struct str line,
	struct buf *out);
/* Appends what a person calls a node of a Python repository: a group of modules
 * by the file that it is named after, data files by their package, the stamp of
 * an environment by that. */
void reason_name(struct str path, struct buf *out);

#endif
