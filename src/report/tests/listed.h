/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPORT_TESTS_LISTED_H
#define TG_REPORT_TESTS_LISTED_H

#include <stddef.h>

#include "report/tests/located.h"
#include "report/tests/tests.h"
#include "util/buf.h"

/* The short list of what failed: names that can be given to tgraph again, a
 * line each. */

struct listed {
	struct buf ids;         /* "FAILED FILE::TEST - MESSAGE" */
	struct buf files;       /* "FAILED FILE - 3 failed" */
	size_t nids, nfiles;
};

/* What an item is called where l has it that the user stands. */
void listed_name(const struct testfiles *m, const struct testfile *f,
	const struct located *l, const char *id, struct buf *out);
/* Adds what failed in a bad file. */
void listed_add(struct listed *l, const struct tests *t,
	const struct testfile *f);
/* All ids if they are at most that many; else files, at most as many, and how
 * many more there are. Appended. */
void listed_print(const struct listed *l, size_t most, struct buf *out);
void listed_release(struct listed *l);

#endif
