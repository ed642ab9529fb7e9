/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_DECIDE_STAMP_TEXT_H
#define TG_DECIDE_STAMP_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/graph.h"

/* Is the file at path a text that names an input of the step: declared (not
 * order-only), observed, or behind a phony step? By the last part of its path,
 * wherever it lies. Who reads such a text may go on to read what it names. In
 * doubt (a long text, a name that is no plain word) it does. false too if the
 * file cannot be read. */
bool stamp_text_names(const struct graph *g, uint32_t step, const char *path);

#endif
