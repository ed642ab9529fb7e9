/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TESTS_SLOWEST_H
#define TG_REPORT_TESTS_SLOWEST_H

#include "report/tests/testfiles.h"
#include "util/buf.h"

/* Appends the slowest items of all files, those that did not run now included,
 * as o asks for them. The build has ended. */
void slowest_print(const struct report_opts *o, const struct testfiles *m,
	struct buf *out);

#endif
