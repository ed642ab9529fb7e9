/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TOOL_DOCTOR_DOCTOR_H
#define TG_TOOL_DOCTOR_DOCTOR_H

#include "tool/env/env.h"

/* Is what tgraph runs what the runners themselves collect? And what else there
 * is to know of how the tests of this place are run. */
extern const struct tool tool_doctor;

#endif
