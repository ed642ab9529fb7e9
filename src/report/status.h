/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_STATUS_H
#define TG_REPORT_STATUS_H

#include <stdbool.h>

#include "report/sink/sink.h"

/* ninja's display: a status for each step, its output, and if it failed its
 * outputs and command before that. */

/* o and format stay where they are; format has been checked. terminal: a smart
 * one. */
struct report_sink *status_new(const struct report_opts *o, const char *format,
	bool terminal, bool color);

#endif
