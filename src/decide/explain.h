/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_DECIDE_EXPLAIN_H
#define TG_DECIDE_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "decide/decide.h"
#include "util/buf.h"

/* Which contents changed, told to a person. */

/* Appends, a line each, what happened since before this build to the content
 * of the step's inputs. Of an input that a phony step stands for, the files
 * behind it are named. false: nothing is known to have happened. */
bool changed_explain(const struct decide *d, uint32_t step, struct buf *out);

#endif
