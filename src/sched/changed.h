/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_SCHED_CHANGED_H
#define TG_SCHED_CHANGED_H

#include <stdbool.h>
#include <stdint.h>

#include "sched/decide.h"
#include "util/buf.h"

/* Which contents changed, told to a person. */

/* Appends, a line each, what happened since before this build to the content
 * of the step's inputs. Of an input that a phony step stands for, the files
 * behind it are named. false: nothing is known to have happened. */
bool changed_explain(const struct decide *d, uint32_t step, struct buf *out);

#endif
