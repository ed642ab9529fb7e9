/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TESTS_WAYS_H
#define TG_REPORT_TESTS_WAYS_H

#include "report/tests/testfiles.h"
#include "util/buf.h"

/* Lines ("\n" after each) that say how many of the files that ran were run in
 * which way, milliseconds a file by part of the work, and, of those that were
 * not forked, why. Appended to out; nothing if no test ran. It reads the result
 * documents. */
void ways_text(const struct testfiles *m, struct buf *out);

/* One line, if it is worth it, that says what another isolation would save of
 * the time that the tests took on end (seconds, jobs at once), by what was
 * measured of some of the files that ran. Nothing is appended else. */
void ways_advice(const struct testfiles *m, double took, int jobs,
	struct buf *out);

#endif
