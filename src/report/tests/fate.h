/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TESTS_FATE_H
#define TG_REPORT_TESTS_FATE_H

#include "report/tests/tests.h"
#include "util/buf.h"

/* What became of a test file, in words. */

/* "FAILED", and its colour on a terminal. */
const char *fate_word(const struct tests *t, const struct testfile *f);
const char *fate_color(const struct tests *t, const struct testfile *f);
/* "2 passed, 1 failed", or why it has no such counts. Appended. */
void fate_text(const struct tests *t, const struct testfile *f,
	struct buf *out);

#endif
