/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_INTERNAL_H
#define TG_REPORT_INTERNAL_H

#include "report/report.h"
#include "report/status.h"
#include "report/tests.h"
#include "report/trace.h"

/* status has the terminal and the explanations also when tests are shown. */
struct report {
	struct report_opts o;
	struct status status;
	struct tests tests;
	struct trace *trace;    /* NULL: none is kept */
	bool state_told;        /* see report_warn_state */
};

#endif
