/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TESTS_TOTALS_H
#define TG_REPORT_TESTS_TOTALS_H

#include <stdint.h>

/* What the tests of the targets came to, by what is known after the build. */
struct report_totals {
	uint32_t files;         /* test steps among the targets */
	uint32_t ran, cached;   /* cached: up to date or restored */
	uint32_t passed_files, failed_files, timeout_files, crashed_files;
	uint32_t empty_files;   /* no test in it: not passed */
	uint32_t unselected_files;      /* its tests were not asked for */
	uint32_t not_run;       /* nothing is known of what is there now */
	uint32_t flaky_files;
	uint32_t failed_steps;  /* steps other than tests that failed */
	uint64_t passed, failed, errors, skipped, xfailed, xpassed, warnings;
	uint64_t saved_us;      /* recorded time of what was not run */
};

#endif
